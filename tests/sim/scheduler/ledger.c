/* ledger - who has got what, and why not. The servers know what they took, the
 * spool shows what is left; each accepted message and recipient must be
 * somewhere, and nowhere twice. */
#include <string.h>

#include "../../../applets/send/sender.h"
#include "sim.h"
#include "spool.h"

#define PROBATION 3600		/* s */

struct mail mail[MAILS];
int mails;
static long taken_by[SERVERS];	/* messages so far */

void
ledger_begin(void)
{
	memset(mail, 0, sizeof mail);
	memset(taken_by, 0, sizeof taken_by);
	mails = 0;
}

/* The sender reads it at the next run. */
long long
lifetime_now(void)
{
	int s = w.sender ? w.sender->set.queuelifetime : 0;

	return s > 0 && s < conf.queuelifetime ? s : conf.queuelifetime;
}

int
new_mail(int is_report, int null_sender)
{
	struct mail *m = &mail[mails];
	int s;

	check(mails < MAILS, "there is more and more mail");
	memset(m, 0, sizeof *m);
	m->used = 1;
	m->report = is_report;
	m->null_sender = null_sender;
	m->queued = m->born = w.now;
	m->lifetime = lifetime_now();
	m->doubt = wall_now() < BUILD_DATE;
	for (s = 0; s < SERVERS; s++)
		m->last_result[s] = -1;
	w.news++;
	return mails++;
}

void
release_mail(int m)
{
	mail[m].released = 1;
}

int
mail_of_name(struct str name)
{
	int m = mails;

	while (--m >= 0)
		if (str_eq(name, str_of(mail[m].name)))
			return m;
	return -1;
}

/* ---- taken ---- */

void
ledger_taken(int m, int r, int how_many)
{
	struct account *a = &mail[m].account[r];

	a->taken = (short)(a->taken + how_many);
	if (mail[m].released)
		return;
	check(a->taken <= a->due + a->excused,
	    "m%d was sent to r%d %d times, %d is right", m, r, a->taken,
	    a->due + a->excused);
	check(a->taken <= a->due || !mail[m].excuses || mail[m].named,
	    "m%d was sent to r%d again, and no line of the log names it", m,
	    r);
}

void
ledger_lost(int m, const short took[RCPTS], int marked, int orphan)
{
	int r;

	for (r = 0; m >= 0 && r < RCPTS; r++) {
		if (!took[r] || marked)
			continue;
		mail[m].account[r].excused =
		    (short)(mail[m].account[r].excused + took[r]);
		mail[m].excuses += w.sender && !orphan;
		say("ledger: the answer for m%d r%d is lost", m, r);
	}
}

/* The mark alone says that the server took one. */
void
ledger_took_unheard(int s)
{
	taken_by[s]++;
}

void
ledger_read(int m, const short took[RCPTS])
{
	int r;

	for (r = 0; m >= 0 && r < RCPTS; r++)
		mail[m].account[r].unsettled =
		    (short)(mail[m].account[r].unsettled + took[r]);
}

/* ---- refused ---- */

static long long
age_of(int m)
{
	return (w.now - mail[m].born) / 1000;
}

/* Those of this run that take the recipient. */
static unsigned
servers_now(int m, int r)
{
	const struct sender *to = w.sender;
	unsigned set = 0;
	size_t i;

	for (i = 0; to && i < to->route_count; i++)
		if (choice_takes(&to->set.remotes, i, choice_sender(m)) &
		    1u << r)
			set |= 1u << (to->routes[i].remote->host.p[1] - '0');
	return set;
}

/* The bit of the port in use. */
static unsigned
port_of(int s)
{
	const struct route *r = route_of(s);

	return r ? 1u << (r->remote->options.port & 1) : 3;
}

/* A refusal that may be the remote's own convicts the message only if it has
 * taken another one since. */
static void
on_witness(int s, int m, int r, int key)
{
	if (mail[m].witness_key[s] == key &&
	    taken_by[s] > mail[m].witness_at[s])
		mail[m].account[r].may_fail |= MAY_WITNESS;
}

/* Once for all of its recipients. What is convicted stays so in this run. */
void
ledger_witness(int s, int m, const struct result *r)
{
	int key = fault_key(r->reply, r->text);

	if (mail[m].witness_key[s] == key &&
	    taken_by[s] > mail[m].witness_at[s])
		return;
	mail[m].witness_key[s] = key;
	mail[m].witness_at[s] = taken_by[s];
}

void
ledger_new_run(void)
{
	int m;

	for (m = 0; m < mails; m++)
		memset(mail[m].witness_key, 0, sizeof mail[m].witness_key);
}

static void
on_permanent(int s, int m, int r, const struct answer *a)
{
	struct account *to = &mail[m].account[r];
	struct str text = str_of(a->text);

	switch (a->verdict.fault) {
	case FAULT_WITNESS:
		on_witness(s, m, r, fault_key(a->reply, text));
		break;
	case FAULT_ROUTE:
		to->route |= 1u << s;
		if (!(servers_now(m, r) & ~to->route))
			to->may_fail |= MAY_ROUTE;
		break;
	case FAULT_RECIPIENT:
	case FAULT_MESSAGE:
		if (server[s].proven & port_of(s) || mail[m].doubt ||
		    (w.now - mail[m].queued) / 1000 > PROBATION - 2 ||
		    !fault_softened_on_probation(a->reply, text))
			to->may_fail |= MAY_REPLY;
		break;
	default:
		break;
	}
}

void
ledger_answer(int s, int m, int r, const struct answer *a)
{
	if (a->reply && (a->code == ERR_OK || a->stage == STAGE_data ||
	    a->stage == STAGE_dot))
		server[s].proven |= port_of(s);
	if (a->code == ERR_OK)
		taken_by[s]++;
	else if (a->code == ERR_MSG_PERM)
		on_permanent(s, m, r, a);
}

static int
may_expire(int m)
{
	return mail[m].doubt || age_of(m) >= mail[m].lifetime - 2;
}

/* The number after a blank and a letter in a server's words, -1 if there is
 * none. */
static int
number_in(struct str text, char letter)
{
	int n = -1;

	for (; text.n > 1 && n < 0; text = str_skip(text, 1)) {
		if (text.p[0] != ' ' || text.p[1] != letter)
			continue;
		for (text = str_skip(text, 2); text.n && text.p[0] >= '0' &&
		    text.p[0] <= '9'; text = str_skip(text, 1))
			n = (n < 0 ? 0 : n) * 10 + text.p[0] - '0';
	}
	return n;
}

/* A sender reports that r has failed, with these words. */
void
ledger_failing(int m, int r, struct str text, int expired)
{
	struct account *a = &mail[m].account[r];
	int about = number_in(text, 'm'), whom = number_in(text, 'r');

	if (mail[m].released)
		return;
	check(about < 0 || about == m || expired, "m%d is charged with what "
	    "was said of m%d", m, about);
	check(whom < 0 || whom == r || expired, "r%d of m%d is charged with "
	    "what was said of r%d", r, m, whom);
	if (expired)
		check(may_expire(m), "m%d is given up at the age of %lld s", m,
		    age_of(m));
	if (expired)
		a->may_fail |= MAY_EXPIRE;
	check(a->may_fail, "r%d of m%d is failed, and nothing allows that", r,
	    m);
}

/* ---- what the spool shows ---- */

static short
least(short a, short b)
{
	return a < b ? a : b;
}

/* What a sender knew is gone; what it has done may be half done. */
static void
forget(struct account *a, short in_queue)
{
	a->excused = (short)(a->excused + least(a->unsettled, in_queue));
	a->unsettled = 0;
	if (!in_queue)
		return;
	a->fail_excused = (short)(a->fail_excused + a->failed);
	a->reports_excused = (short)(a->reports_excused + a->reports);
}

/* A sender that sees the file no more knows nothing of it when it comes
 * back. */
void
ledger_forget(int m)
{
	int r, s;

	spool_look_around();
	for (r = 0; r < RCPTS; r++) {
		mail[m].account[r].failed = found.failed[m][r];
		forget(&mail[m].account[r], found.queue[m][r]);
	}
	mail[m].suspect = 0;
	mail[m].not_before = 0;
	mail[m].unanswered = 0;
	mail[m].delays = 0;
	for (s = 0; s < SERVERS; s++)
		mail[m].last_result[s] = -1;
}

void
ledger_death(void)
{
	int m, r;

	spool_look_around();
	for (m = 0; m < mails; m++) {
		for (r = 0; r < RCPTS; r++) {
			mail[m].account[r].failed = found.failed[m][r];
			forget(&mail[m].account[r], found.queue[m][r]);
		}
		mail[m].suspect = 0;
		mail[m].not_before = 0;
		mail[m].unanswered = 0;
		mail[m].excuses = 0;
		if (mail[m].edited)
			mail[m].released = 1;
		mail[m].doubt |= w.step_in_life;
	}
	w.step_in_life = 0;
}

static void
check_failed(int m, int r, const struct account *a)
{
	if (!a->failed)
		return;
	check(a->may_fail || may_expire(m),
	    "r%d of m%d is in failed/, and nothing allows that", r, m);
	check(mail[m].null_sender || a->reports,
	    "r%d of m%d is in failed/, and nothing was reported", r, m);
}

static void
check_account(int m, int r, struct account *a, const char *when)
{
	int in_queue = found.queue[m][r];

	check(found.failed[m][r] >= a->failed,
	    "%s: m%d for r%d was in failed/ and is not", when, m, r);
	a->failed = found.failed[m][r];
	check(a->due <= a->taken + a->failed + in_queue,
	    "%s: m%d for r%d is lost: %d due, %d taken, %d failed, %d in "
	    "queue/", when, m, r, a->due, a->taken, a->failed, in_queue);
	check(w.kept_failed || a->taken + a->failed <=
	    a->due + a->excused + a->fail_excused,
	    "%s: m%d for r%d: %d due, but %d taken, %d failed, %d excused",
	    when, m, r, a->due, a->taken, a->failed,
	    a->excused + a->fail_excused);
	check(a->reports <= a->due + a->reports_excused,
	    "%s: %d reports on m%d r%d", when, a->reports, m, r);
	check_failed(m, r, a);
}

/* Of what was found at the last look around. */
void
ledger_check(const char *when)
{
	int m, r;

	for (m = 0; m < mails; m++) {
		if (mail[m].released)
			continue;
		for (r = 0; r < RCPTS; r++)
			check_account(m, r, &mail[m].account[r], when);
		check(mail[m].delays <= 1 + w.died + w.root_failed,
		    "m%d: %d reports of its delay", m, mail[m].delays);
	}
}

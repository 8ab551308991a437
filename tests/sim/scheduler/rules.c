/* rules - what may be tried when, and how much may be said about it. */
#include <string.h>

#include "../../../applets/send/sender.h"
#include "proc.h"
#include "sim.h"

#define LOGIN_PAUSE 300000	/* ms */
#define GIVEN 16
#define SLACK 2000		/* ms by which seconds are rounded */

static struct {
	int all;		/* the next run may try everything ... */
	int urgent;		/* ... and ask where a login was refused */
	unsigned long news, lines;
	int faults, failing;	/* waits in a row between which calls failed */
	long long run_began;
	long long login[SERVERS];	/* refused at, ms; 0 not */
	unsigned second[MAILS];	/* servers that may see it once more ... */
	unsigned had_second[MAILS];	/* ... in this run */
	long long given[SERVERS][GIVEN];	/* ms, the last first ... */
	int port[SERVERS];	/* ... at this port */
} rules;

void
rules_begin(void)
{
	memset(&rules, 0, sizeof rules);
}

void
rules_all(int login)
{
	rules.all = 1;
	rules.urgent |= login;
}

static void
forget_results(void)
{
	int m, s;

	for (m = 0; m < mails; m++)
		for (s = 0; s < SERVERS; s++)
			mail[m].last_result[s] = -1;
	if (rules.urgent)
		memset(rules.login, 0, sizeof rules.login);
	rules.all = rules.urgent = 0;
}

void
rules_end_of_life(void)
{
	rules_all(1);
	forget_results();
	memset(rules.second, 0, sizeof rules.second);
	memset(rules.given, 0, sizeof rules.given);
	rules.lines = w.lines;
}

/* ---- a connection ---- */

void
rules_login_refused(int s)
{
	rules.login[s] = w.now;
}

void
rules_start(int s, const struct remote *r, int alive)
{
	check(alive < r->sessions, "h%d gets %d sessions, %d are allowed", s,
	    alive + 1, r->sessions);
	check(!rules.login[s] || w.now - rules.login[s] >=
	    LOGIN_PAUSE - SLACK, "h%d is asked %lld ms after it refused the "
	    "login", s, w.now - rules.login[s]);
}

/* ---- an attempt ---- */

static void
check_pause(int s, int m, unsigned whom)
{
	long long since = w.now - mail[m].last_result[s];

	if (mail[m].last_result[s] >= 0 && !(rules.second[m] & 1u << s) &&
	    !mail[m].grown && !w.trigger_late &&
	    since < conf.least_pause * 1000LL - SLACK) {
		check(mail[m].touched & 1u << s,
		    "m%d is tried at h%d again after %lld ms", m, s, since);
		mail[m].early |= 1u << s;
	}
	check(!(mail[m].blocked & whom) ||
	    w.now >= mail[m].not_before - SLACK,
	    "m%d is tried %lld ms too early after it had no answer", m,
	    mail[m].not_before - w.now);
}

const struct route *
route_of(int s)
{
	size_t i;

	for (i = 0; w.sender && i < w.sender->route_count; i++)
		if (buf_str(&w.sender->routes[i].remote->host).p[1] - '0' == s)
			return &w.sender->routes[i];
	return NULL;
}

/* Suspects go last and alone. */
static void
check_suspect(int s, int m)
{
	const struct route *r = route_of(s);

	if (!mail[m].suspect || !r || r->external)
		return;
	check(!r->line.count, "m%d is suspect and tried before %zu others", m,
	    r->line.count);
	check(workers_holding(s) == 1, "m%d is suspect and not alone", m);
}

/* rate=N/TIME */
static void
check_rate(int s)
{
	const struct route *r = route_of(s);
	int n = r ? r->remote->options.rate_messages : 0;
	long long *given = rules.given[s], ms;

	if (!n || n > GIVEN)
		return;
	/* To the sender it is another remote. */
	if (rules.port[s] != r->remote->options.port)
		memset(given, 0, GIVEN * sizeof *given);
	rules.port[s] = r->remote->options.port;
	ms = 1000LL * r->remote->options.rate_seconds;
	check(!given[n - 1] || w.now - given[n - 1] >= ms,
	    "h%d gets more than %d messages in %lld ms", s, n, ms);
	memmove(given + 1, given, (GIVEN - 1) * sizeof *given);
	given[0] = w.now;
}

void
rules_try(int s, int m, int recipients, unsigned whom)
{
	w.news++;
	check_rate(s);
	check(recipients < 2 || disk_full_since() >= rules.run_began,
	    "m%d for %d recipients is sent while its file could not be "
	    "rewritten", m, recipients);
	if (mail[m].released)
		return;
	check(mail[m].in_hand <= 1 || w.no_locks || w.lock_failed,
	    "m%d is in %d hands", m, mail[m].in_hand);
	check_pause(s, m, whom);
	check_suspect(s, m);
}

/* One that may be taken for the end of a session too many, so that another one
 * of the same server may have the message at once. */
static int
is_no_result(const struct result *r, int sister)
{
	return sister && r->fault != FAULT_NONE && r->fault != FAULT_OURS &&
	    r->fault < FAULT_WITNESS && !r->unanswered;
}

void
rules_result(int s, int m, const struct result *r, int sister,
    unsigned whom)
{
	int doubled = mail[m].unanswered < 16 ? mail[m].unanswered : 16;

	if (is_no_result(r, sister)) {
		mail[m].suspect = 0;
		mail[m].last_result[s] = -1;
		return;
	}
	mail[m].last_result[s] = w.now;
	mail[m].touched &= ~(mail[m].early & 1u << s);
	mail[m].early &= ~(1u << s);
	if (r->fault == FAULT_CONNECTION)
		mail[m].suspect = 1;
	else if (r->reply || !r->code)
		mail[m].suspect = 0;
	rules.second[m] &= ~(1u << s);
	if (r->fault == FAULT_WITNESS) {
		rules.second[m] |= 1u << s & ~rules.had_second[m];
		rules.had_second[m] |= 1u << s;
		ledger_witness(s, m, r);
	}
	if (!r->unanswered)
		return;
	if (w.now >= mail[m].not_before)
		mail[m].blocked = 0;
	mail[m].blocked |= whom;
	mail[m].unanswered++;
	mail[m].not_before = w.now +
	    (conf.least_pause * 1000LL << doubled);
}

/* ---- the log ---- */

static struct str
word_after(struct str line, const char *label)
{
	const char *at = memmem(line.p, line.n, label, strlen(label));
	struct str rest = { NULL, 0 };

	if (!at)
		return rest;
	rest.p = at + strlen(label);
	rest.n = line.n - (size_t)(rest.p - line.p);
	return str_head(rest, str_find(rest, ' '));
}

/* The number after a blank and a letter, from the server's words on. */
static int
number_after(struct str line, const char *label)
{
	struct str word = word_after(line, label);
	int n = 0;

	if (!word.n || word.p[0] < '0' || word.p[0] > '9')
		return -1;
	for (; word.n && word.p[0] >= '0' && word.p[0] <= '9';
	    word = str_skip(word, 1))
		n = n * 10 + word.p[0] - '0';
	return n;
}

static void
check_charge(struct str line, struct str name)
{
	int m = mail_of_name(name), about = number_after(line, " m");
	struct str to = word_after(line, " to: <r");
	int whom = number_after(line, " r");

	if (m < 0 || mail[m].released || mail[m].took_place)
		return;
	mail[m].named = 1;
	check(about < 0 || about == m, "the log charges m%d with what was "
	    "said of m%d", m, about);
	check(!to.n || whom < 0 || number_after(line, " to: <r") == whom,
	    "the log charges another recipient of m%d than r%d", m, whom);
}

void
rules_line(struct str line)
{
	struct str name;

	if (str_eq(line, STR("Rescanning queue."))) {
		memset(rules.had_second, 0, sizeof rules.had_second);
		rules.run_began = w.now;
		ledger_new_run();
		if (rules.all)
			forget_results();
	}
	if (str_starts(line, STR("Attempt failed: file: ")) ||
	    str_starts(line, STR("Recipient refused: file: "))) {
		name = word_after(line, " file: ");
		check_charge(line, name);
	} else if (str_starts(line, STR("Delivery of "))) {
		name = word_after(line, "Delivery of ");
		check_charge(line, name);
	}
	check(w.lines - rules.lines <= 100 + 12ul * (unsigned long)mails,
	    "the log says more and more without news");
}

/* News, or time, allow new lines and new looks. */
void
rules_poll(long long before)
{
	rules.failing = w.faults != rules.faults && w.now - before < 100 ?
	    rules.failing + 1 : 0;
	rules.faults = w.faults;
	check(rules.failing < 1000, "the sender fails again and again without "
	    "a pause");
	if (w.news != rules.news || w.now - before >= 900) {
		rules.news = w.news;
		rules.lines = w.lines;
		w.quiet_polls = 0;
		return;
	}
	w.quiet_polls++;
	if (w.quiet_polls > w.most_quiet)
		w.most_quiet = w.quiet_polls;
	check(w.quiet_polls < 1000, "the sender wakes again and again "
	    "without news");
}

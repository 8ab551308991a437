/* send - deliver the queue to the smart hosts.
 *
 * One thread around one poll(): signals, the trigger, a descriptor for each
 * session. It waits for nothing else and, once it runs, ends only on TERM or
 * INT or, with pausetime 0, after one queue run.
 *
 * A queue run offers each message to each remote once, in the order of
 * `remotes`; a remote that fails as such is left out for the rest of the run.
 * Log lines: nullmailer-send(8); progress on stdout, what modules say on
 * stderr. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../ssl/ssl.h"
#include "../lib/send/messages.h"
#include "../lib/base/buf.h"
#include "../lib/base/clock.h"
#include "../lib/conf/conf.h"
#include "../lib/mail/dsn.h"
#include "../lib/mail/envelope.h"
#include "../lib/base/err.h"
#include "../lib/send/delivery.h"
#include "../lib/conf/hostname.h"
#include "../lib/base/mem.h"
#include "../lib/smtp/module.h"
#include "../lib/base/opt.h"
#include "../lib/conf/path.h"
#include "../lib/smtp/remote.h"
#include "../lib/send/report.h"
#include "../lib/net/sandbox.h"
#include "../lib/send/session.h"
#include "../lib/send/settings.h"
#include "../lib/queue/spool.h"
#include "applets.h"
#include "cli.h"
#include "log.h"

#define GRACE 5000		/* ms from TERM to KILL, and at our own end */
#define JOIN_TIME 60000		/* ms after which new mail waits for the next
				 * run, lest a busy run never end */
#define POLL_PAUSE 300		/* s between looks without a trigger */
#define HEADER_MAX 65536	/* where a Message-Id is looked for */
#define CLOCK_SLACK 60		/* s by which clocks may drift apart */
#define REPORTS 4		/* written at a time */
#define CROWD 10		/* messages that may deserve another session */
#define SLOW 1000		/* ms the waiting would take one by one */
#define LOOK 20			/* ms between looks at the pace */

/* A remote in this run. */
struct place {
	const struct remote *remote;
	int sessions;		/* now */
	int most;		/* at a time, as far as known */
	size_t cursor;		/* no message before it is for this remote */
	int lates;		/* nor, if set, a late one */
	int foreign;
	int dead;
};

struct sender {
	struct spool spool;
	struct buf me;
	struct settings set;
	struct messages messages;
	struct place *places;
	size_t place_count;
	struct session *sessions;
	struct report *reports;
	int signals, trigger, watch, errors;
	int once;		/* --once */
	int running;		/* a queue run is going on */
	long long joins_until;
	int again;		/* another run is wanted after this one */
	int stop;		/* TERM or INT came */
	long long stop_at;
	long long next_run;
	long long pause;	/* s */
	long long clock_offset;	/* wall clock minus monotonic, s */
	unsigned long last_id;
	unsigned long long status;	/* digest of what was last written */
	int recalled;		/* what an earlier sender wrote */
};

/* ---- settings and time ---- */

/* Reads all control files, or keeps what there was. 0 if there is something
 * to work with. */
static int
configure(struct sender *s, int first)
{
	struct settings set = { 0 };
	struct buf notes = { 0 };
	int rc = settings_load(&set, buf_str(&s->me), &notes);

	log_faults(buf_str(&notes));
	buf_free(&notes);
	if (rc < 0) {
		cli_warn("Error: %s", conf_why());
		if (first)
			exit(ERR_CONFIG);
		log_fault("Could not load the config");
		return -1;
	}
	if (first || set.pausetime != s->set.pausetime)
		s->pause = set.pausetime;
	settings_free(&s->set);
	s->set = set;
	if (set.remotes.count)
		return 0;
	log_fault("No remote hosts listed for delivery");
	if (!first)
		log_fault("Could not load the config");
	return -1;
}

static int
one_shot(const struct sender *s)
{
	return s->once || !s->set.pausetime;
}

static long long
wall_time(void)
{
	return (long long)time(NULL);
}

/* A message is not older because somebody set the clock. */
static void
watch_clock(struct sender *s)
{
	long long offset = wall_time() - clock_ms() / 1000;
	long long jump = offset - s->clock_offset;

	if (jump > -CLOCK_SLACK && jump < CLOCK_SLACK)
		return;
	s->clock_offset = offset;
	log_say("The clock was set %s by %lld seconds",
	    jump > 0 ? "forward" : "back", jump > 0 ? jump : -jump);
	messages_clock_jumped(&s->messages, jump);
}

static int
expired(const struct sender *s, const struct message *m)
{
	return message_age(m, wall_time()) > s->set.queuelifetime ||
	    s->set.queuelifetime < 0;
}

static int
delayed(const struct sender *s, const struct message *m)
{
	return s->set.delaywarn && !m->warned &&
	    message_age(m, wall_time()) > s->set.delaywarn;
}

/* ---- the spool ---- */

static void
scan(struct sender *s)
{
	struct buf notes = { 0 };
	size_t i;

	log_say("Rescanning queue.");
	if (messages_scan(&s->messages, &s->spool, wall_time(), &notes) < 0)
		log_fault("Cannot open queue directory: %s", strerror(errno));
	log_faults(buf_str(&notes));
	buf_free(&notes);
	for (i = 0; i < s->place_count; i++)
		s->places[i].cursor = s->places[i].lates = 0;
}

/* FNV-1a: of a long queue the text itself would be most of our memory. */
static unsigned long long
digest(struct str text)
{
	unsigned long long sum = 0xcbf29ce484222325;

	for (; text.n; text = str_skip(text, 1))
		sum = (sum ^ (unsigned char)text.p[0]) * 0x100000001b3;
	return sum;
}

static void
write_status(struct sender *s, long long next)
{
	struct buf text = { 0 }, name = { 0 };
	int fd;

	messages_status(&s->messages, next, &text);
	if (digest(buf_str(&text)) == s->status) {
		buf_free(&text);
		return;
	}
	s->status = digest(buf_str(&text));
	if (!text.n) {
		unlinkat(s->spool.root, "status", 0);
	} else if ((fd = spool_temporary(&s->spool, &name)) >= 0) {
		if (cli_write(fd, &text) < 0 || renameat(s->spool.tmp,
		    buf_z(&name), s->spool.root, "status") < 0)
			unlinkat(s->spool.tmp, buf_z(&name), 0);
		close(fd);
	}
	buf_free(&text);
	buf_free(&name);
}

static void
recall_status(struct sender *s)
{
	int fd = openat(s->spool.root, "status",
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct buf text = { 0 };
	ssize_t n;

	s->recalled = 1;
	if (fd < 0)
		return;
	while ((n = read(fd, buf_room(&text, 65536), 65536)) > 0)
		text.n += (size_t)n;
	close(fd);
	messages_recall(&s->messages, buf_str(&text));
	buf_free(&text);
}

/* Opens a queue file. 0; -1 if it is not to be had, in this run or at all. */
static int
open_queue_file(struct sender *s, struct message *m, struct delivery *d)
{
	if (delivery_open(d, &s->spool, m) == 0)
		return 0;
	if (errno == ENOENT) {
		m->state = MESSAGE_GONE;
	} else if (errno == EINVAL || errno == ELOOP) {
		log_fault("Can't read message: %s is no queue file, "
		    "skipping it", log_clean(0, str_of(m->name)));
		m->state = MESSAGE_BAD;
	} else {
		log_fault("Can't open file '%s': %s",
		    log_clean(0, str_of(m->name)), strerror(errno));
		m->turn = (unsigned short)s->place_count;
	}
	return -1;
}

/* Opens a message for delivery, after what is left to be done to its file. */
static int
open_message(struct sender *s, struct message *m, struct delivery *d)
{
	int changed;

	if (open_queue_file(s, m, d) < 0)
		return -1;
	changed = delivery_catch_up(d, &s->spool);
	if (!changed)
		return 0;
	if (changed < 0) {
		log_fault("Can't rewrite file %s: %s", m->name,
		    strerror(errno));
		m->turn = (unsigned short)s->place_count;
	}
	delivery_free(d);
	return changed > 0 && m->state == MESSAGE_READY ?
	    open_queue_file(s, m, d) : -1;
}

/* ---- what the log says of a message ---- */

static void
say_message_id(const struct delivery *d)
{
	char block[HEADER_MAX];
	ssize_t n = pread(d->fd, block, sizeof block, d->e.body);
	struct str header = { block, n > 0 ? (size_t)n : 0 }, line;

	while (header.n && (line = str_trim(str_cut(&header, '\n'))).n)
		if (str_istarts(line, STR("message-id:")))
			log_say("%s", log_clean(0, line));
}

/* The log speaks of one message of a session at a time, so one that was
 * handed over ahead is announced when its predecessor is done. */
static void
announce(struct session *n)
{
	struct delivery *d = &n->delivery[0];
	struct buf line = { 0 };
	struct str recipient;
	const char *separator = " <";
	size_t at = 0;

	if (d->announced)
		return;
	d->announced = 1;
	log_say("Starting delivery: host: %s protocol: %s file: %s",
	    log_clean(0, buf_str(&n->host)),
	    log_clean(1, buf_str(&n->protocol)), d->m->name);
	buf_cat(&line, STR("From: <"), envelope_sender(&d->e), STR("> to:"));
	while ((recipient = envelope_next(&d->e, &at)).p) {
		buf_cat(&line, str_of(separator), recipient, STR(">"));
		separator = ", <";
	}
	log_say("%s", buf_z(&line));
	buf_free(&line);
	say_message_id(d);
}

static void
say_refused(const struct delivery *d)
{
	const struct refusal *r;
	struct str recipient;
	size_t i, at = 0;

	for (i = 0; (recipient = envelope_next(&d->e, &at)).p; i++)
		if ((r = delivery_refusal(d, i)) != NULL)
			log_fault("Recipient refused: file: %s to: <%s> "
			    "reply: %s", d->m->name, log_clean(0, recipient),
			    log_clean(1, buf_str(&r->text)));
}

static const char *
what_next(const struct sender *s, const struct message *m)
{
	static char text[48];
	size_t i;

	for (i = m->turn + 1u; i < s->place_count; i++)
		if (!s->places[i].dead)
			return "the next remote";
	if (one_shot(s))
		return "the next run";
	snprintf(text, sizeof text, "try again in %lld s", s->pause);
	return text;
}

static void
say_failed(const struct sender *s, const struct session *n, int code,
    enum stage stage, struct str text)
{
	const struct delivery *d = &n->delivery[0];

	log_fault("Attempt failed: file: %s host: %s address: %s stage: %s "
	    "reply: %s next: %s", d->m->name,
	    log_clean(0, buf_str(&n->host)),
	    n->peer.n ? buf_z(&n->peer) : "none", stage_name(stage),
	    text.n ? log_clean(1, text) : err_text(code),
	    err_is_permanent(code) ? "none" : what_next(s, d->m));
}

/* ---- reports ---- */

/* Somebody let go of m: its turn may have come at another remote. */
static void
look_from(struct sender *s, struct message *m)
{
	struct place *p;

	while (m->turn < s->place_count && s->places[m->turn].dead)
		m->turn++;
	p = s->places + m->turn;
	if (m->turn < s->place_count && p->cursor > m->index)
		p->cursor = m->index;
}

static void
move_failed(struct sender *s, struct report *r)
{
	if (delivery_move_failed(&r->d, &s->spool, r->result) < 0)
		log_fault("Can't rename file: %s", strerror(errno));
}

/* The report is in the queue, or there is to be none: only now may the
 * message leave it. */
static void
finish_report(struct sender *s, struct report *r, int failed)
{
	struct message *m = r->d.m;
	struct report **at = &s->reports;

	m->state = MESSAGE_READY;
	if (failed)
		m->turn = (unsigned short)s->place_count;
	else if (r->kind == DSN_DELAYED)
		m->warned = 1;
	else
		move_failed(s, r);
	look_from(s, m);
	while (*at != r)
		at = &(*at)->next;
	*at = r->next;
	report_free(r);
}

static void
report_ended(struct sender *s, struct report *r, int status)
{
	if (status)
		cli_warn("nullmailer-queue failed: %d", WIFEXITED(status) ?
		    WEXITSTATUS(status) : status);
	if (status)
		log_fault("No report on %s could be queued, it stays and is "
		    "tried again", r->d.m->name);
	else if (s->trigger < 0)
		s->again = 1;	/* or nobody would tell of it */
	finish_report(s, r, status);
}

/* Begins a report and takes it over. Recipients who failed leave the queue as
 * soon as whoever must know of it will. */
static void
begin_report(struct sender *s, struct report *r)
{
	const struct message *m = r->d.m;
	struct report_times times = { m->mtime, wall_time(),
		m->mtime + s->set.queuelifetime };
	struct buf why = { 0 };
	int rc;

	if (m->outcome && m->outcome->last)
		times.last_attempt = m->outcome->last;
	r->d.m->state = MESSAGE_BUSY;
	r->next = s->reports;
	s->reports = r;
	if (r->kind == DSN_FAILED)
		log_fault("Moving message %s into failed", m->name);
	rc = report_start(r, &times, queue_main, &why);
	if (rc > 0)
		log_say("Generating %s for %s", r->kind == DSN_FAILED ?
		    "bounce" : "delay notification", m->name);
	if (rc == 0 && r->kind == DSN_FAILED && !envelope_sender(&r->d.e).n)
		log_say("Not generating double bounce for %s", m->name);
	if (rc <= 0) {
		log_say("No report on %s: %s", m->name, buf_z(&why));
		finish_report(s, r, rc < 0);
	}
	buf_free(&why);
}

static struct report *
new_report(const struct delivery *d, unsigned char *result, enum dsn_kind kind,
    struct str text)
{
	struct report *r = mem_new(1, sizeof *r);

	r->d = *d;
	r->result = result;
	r->kind = kind;
	buf_set(&r->text, text);
	return r;
}

static int
report_room(const struct sender *s)
{
	const struct report *r;
	int n = 0;

	for (r = s->reports; r; r = r->next)
		n++;
	return n < REPORTS;
}

/* ---- how an attempt ends ---- */

/* What to call it when recipients were refused one by one: it is permanent
 * only if nobody is to be tried again. */
static int
refused_code(const struct delivery *d)
{
	size_t i;

	for (i = 0; i < d->refusals; i++)
		if (!err_is_permanent(d->refused[i].code))
			return d->refused[i].code;
	return d->refused[0].code;
}

static void
remote_is_dead(struct sender *s, struct place *p, int code, enum stage stage,
    struct str text)
{
	size_t i;

	if (p->dead)
		return;
	p->dead = 1;
	for (i = 0; i < s->place_count; i++)
		s->places[i].cursor = 0;
	log_fault("Remote %s is left out for the rest of this run: stage: %s "
	    "reply: %s", log_clean(0, buf_str(&p->remote->host)),
	    stage_name(stage), text.n ? log_clean(1, text) : err_text(code));
}

/* The oldest delivery leaves the session; its turn here is over, unless it is
 * to have it again. */
static struct delivery
land(struct session *n, int again)
{
	struct delivery d = session_take(n);

	if (d.m->state == MESSAGE_BUSY)
		d.m->state = MESSAGE_READY;
	d.m->turn += !again;
	return d;
}

/* Sees to the file of a message that is not simply deferred. */
static void
divide(struct sender *s, struct delivery *d, const struct session *n,
    const size_t *count, unsigned char *result, struct str text)
{
	struct report *r;

	if (delivery_drop_delivered(d, &s->spool, result) < 0)
		log_fault("Can't rewrite file %s: %s; it waits until that "
		    "works", d->m->name, strerror(errno));
	else if (count[FAILED]) {
		r = new_report(d, result, DSN_FAILED, text);
		r->otherwise = STR("5.0.0");
		buf_set(&r->host, buf_str(&n->host));
		buf_set(&r->protocol, buf_str(&n->protocol));
		begin_report(s, r);
		return;
	}
	look_from(s, d->m);
	delivery_free(d);
	free(result);
}

/* The oldest delivery's attempt is over: tells, and sees to the file. */
static void
conclude(struct sender *s, struct session *n, int code, enum stage stage,
    struct str text)
{
	struct delivery *oldest = &n->delivery[0], d;
	size_t count[RESULTS];
	unsigned char *result = delivery_results(oldest, code, count);

	announce(n);
	if (count[DELIVERED])
		log_say("Sent file.");
	if (oldest->refusals && (!code || oldest->refusals ==
	    oldest->e.count)) {
		code = refused_code(oldest);
		text = buf_str(&oldest->refused[oldest->refusals - 1].text);
		stage = STAGE_rcpt;
	}
	if (!count[DELIVERED])
		log_fault("Sending failed: %s", err_text(code));
	say_refused(oldest);
	if (code) {
		say_failed(s, n, code, stage, text);
		message_failed(oldest->m, buf_str(&n->host), code, text,
		    wall_time());
	}
	d = land(n, 0);
	divide(s, &d, n, count, result, text);
}

/* The session is over: its first delivery failed with it, the others were not
 * tried. */
static void
fail_session(struct sender *s, struct session *n, int code, enum stage stage,
    struct str text)
{
	if (n->deliveries)
		conclude(s, n, code, stage, text);
	while (n->deliveries) {
		struct delivery d = land(n, 1);

		look_from(s, d.m);
		delivery_free(&d);
	}
}

/* Names what the server may have without our having its word. */
static void
say_cut_off(const struct session *n, size_t first)
{
	size_t i;

	for (i = first; i < n->deliveries; i++)
		log_fault("Delivery of %s was cut off, it may have been taken",
		    n->delivery[i].m->name);
}

static void
crashed(struct sender *s, struct session *n)
{
	struct message *m = n->delivery[0].m;

	if (s->stop) {
		log_say("Delivery of %s was interrupted, it stays in the "
		    "queue", m->name);
		return;
	}
	m->late = 1;
	say_cut_off(n, 1);
	if (n->signals) {
		cli_warn("%s crashed or was killed",
		    log_clean(0, buf_str(&n->protocol)));
		/* A worker minds its time itself, but for the resolver's. */
		if (!n->foreign && n->owner)
			remote_is_dead(s, n->owner, ERR_TIMED_OUT,
			    STAGE_session, STR("The name server does not "
			    "answer in time"));
		fail_session(s, n, ERR_TIMED_OUT, STAGE_session,
		    STR("It took longer than sendtimeout"));
	} else {
		log_fault("Sending process crashed or was killed.");
		fail_session(s, n, ERR_UNKNOWN, STAGE_session,
		    STR("The process that was sending it died"));
	}
}

/* ---- handing out ---- */

static void
set_patience(const struct sender *s, struct session *n)
{
	long long ms = (long long)s->set.sendtimeout * 1000;

	session_patience(n, !n->deliveries || !ms ? -1 :
	    ms + (n->foreign ? 0 : GRACE));
}

static struct session *
start_module(struct sender *s, struct place *p, const struct delivery *d)
{
	struct buf path = { 0 };
	struct session *n;
	int cut = 0;

	path_set(&path, PATH_MODULES, buf_z(&p->remote->protocol));
	n = session_module(p->remote, buf_z(&path), d,
	    buf_z(&s->set.helohost), &cut);
	buf_free(&path);
	if (cut)
		log_fault("Warning: Writing options to protocol failed");
	return n;
}

static long long
left_for(const struct sender *s, const struct place *p)
{
	return (long long)(s->messages.count - p->cursor);
}

static int
can_grow(const struct sender *s, const struct place *p)
{
	return !p->dead && !p->foreign && p->sessions &&
	    p->sessions < p->most && left_for(s, p) >= CROWD;
}

/* Milliseconds for what is left, one by one, at the pace of the slowest
 * session. */
static long long
one_by_one(const struct sender *s, const struct place *p)
{
	const struct session *n;
	long long pace = 0;

	for (n = s->sessions; n; n = n->next)
		if (n->owner == p && session_pace(n) > pace)
			pace = session_pace(n);
	return left_for(s, p) * pace;
}

/* Another session is opened when at least CROWD messages would take longer than
 * SLOW and the one before has its connection. */
static int
may_open(const struct sender *s, const struct place *p)
{
	const struct session *n;

	if (!can_grow(s, p))
		return !p->sessions;
	for (n = s->sessions; n; n = n->next)
		if (n->owner == p && !n->peer.n)
			return 0;
	return one_by_one(s, p) > SLOW;
}

/* The session of p that is to have the next message: the least busy. None
 * gets a second one in hand that sessions still to be opened could have. */
static struct session *
session_with_room(const struct sender *s, const struct place *p)
{
	struct session *n, *best = NULL;

	for (n = s->sessions; n; n = n->next)
		if (n->owner == p && session_has_room(n) &&
		    (!best || n->deliveries < best->deliveries))
			best = n;
	return best && best->deliveries && can_grow(s, p) &&
	    left_for(s, p) <= CROWD * (p->most - p->sessions) &&
	    one_by_one(s, p) > SLOW / 2 ? NULL : best;
}

/* The session that is to have d; NULL if a new one is needed and cannot be
 * had. */
static struct session *
session_for(struct sender *s, struct place *p, const struct delivery *d)
{
	struct session *n = session_with_room(s, p);

	if (n)
		return n;
	n = p->foreign ? start_module(s, p, d) : session_worker(p->remote,
	    buf_z(&s->set.helohost), s->set.sendtimeout);
	if (!n) {
		cli_warn("Could not fork:");
		if (!p->sessions)
			remote_is_dead(s, p, ERR_EXEC, STAGE_session,
			    str_of(strerror(errno)));
		return NULL;
	}
	n->owner = p;
	n->next = s->sessions;
	s->sessions = n;
	p->sessions++;
	return n;
}

/* Offers m to p. 0 if it is on its way or cannot be, -1 if p cannot take it
 * now. */
static int
offer(struct sender *s, struct place *p, struct message *m)
{
	struct session *n;
	struct delivery d;

	if (open_message(s, m, &d) < 0)
		return 0;
	n = session_for(s, p, &d);
	d.id = ++s->last_id;
	if (!n || session_give(n, &d) < 0) {
		delivery_free(&d);
		return -1;
	}
	m->state = MESSAGE_BUSY;
	if (n->deliveries == 1) {
		announce(n);
		set_patience(s, n);
	}
	return 0;
}

static int
is_turn_of(const struct sender *s, const struct place *p, struct message *m)
{
	if (m->state != MESSAGE_READY || (m->late && !p->lates))
		return 0;
	while (m->turn < s->place_count && s->places[m->turn].dead)
		m->turn++;
	return m->turn == p - s->places;
}

/* Hands messages to p while it takes them. */
static void
deal(struct sender *s, struct place *p)
{
	while (!p->dead && report_room(s) &&
	    (session_with_room(s, p) || may_open(s, p))) {
		if (p->cursor == s->messages.count) {
			if (p->lates)
				return;
			p->lates = 1;
			p->cursor = 0;
			continue;
		}
		if (is_turn_of(s, p, s->messages.list[p->cursor]) &&
		    offer(s, p, s->messages.list[p->cursor]) < 0)
			return;
		p->cursor++;
	}
}

/* ---- sessions ---- */

static void
dismiss(struct session *n)
{
	if (n->owner)
		((struct place *)n->owner)->sessions--;
	session_dismiss(n, GRACE);
}

/* A session that ended in the middle of a message may have ended because of
 * it: next time others go first. */
static void
blame(struct session *n, const struct session_news *news)
{
	if (n->deliveries && news->stage >= STAGE_mail &&
	    news->stage <= STAGE_dot && (news->event == SESSION_DOWN ||
	    news->code == ERR_PROTOCOL || news->code == ERR_TIMED_OUT))
		n->delivery[0].m->late = 1;
}

static void
on_result(struct sender *s, struct session *n,
    const struct session_news *news)
{
	struct place *p = n->owner;

	if (n->foreign && news->code == ERR_EXEC && news->text.n)
		cli_warn("%s", log_clean(0, news->text));
	if (!n->foreign)
		log_module(buf_str(&n->protocol), news->code, news->text);
	if (n->foreign && p && err_is_remote(news->code))
		remote_is_dead(s, p, news->code, news->stage, news->text);
	blame(n, news);
	conclude(s, n, news->code, news->stage, news->text);
	if (n->deliveries)
		announce(n);
	set_patience(s, n);
}

/* 1 if p has another session that is doing well. */
static int
others_do_well(const struct sender *s, const struct session *n)
{
	const struct session *other;

	for (other = s->sessions; other; other = other->next)
		if (other != n && other->owner == n->owner && other->ready &&
		    !other->signals)
			return n->owner != NULL;
	return 0;
}

/* A server that does not want so many sessions is not at fault. */
static void
one_too_many(struct sender *s, struct session *n,
    const struct session_news *news)
{
	struct place *p = n->owner;

	p->most = p->sessions - 1;
	log_say("Remote %s takes no more than %d session(s): stage: %s "
	    "reply: %s", log_clean(0, buf_str(&n->host)), p->most,
	    stage_name(news->stage), log_clean(1, news->text));
	while (n->deliveries) {
		struct delivery d = land(n, 1);

		look_from(s, d.m);
		delivery_free(&d);
	}
	dismiss(n);
}

static void
on_down(struct sender *s, struct session *n, const struct session_news *news)
{
	if (others_do_well(s, n)) {
		one_too_many(s, n, news);
		return;
	}
	log_module(buf_str(&n->protocol), news->code, news->text);
	if (n->owner)
		remote_is_dead(s, n->owner, news->code, news->stage,
		    news->text);
	blame(n, news);
	fail_session(s, n, news->code, news->stage, news->text);
}

static void
on_news(struct sender *s, struct session *n, const struct session_news *news)
{
	switch (news->event) {
	case SESSION_NOTHING:
		break;
	case SESSION_READY:
		if (n->owner && !s->stop)
			deal(s, n->owner);
		session_go(n);
		break;
	case SESSION_NOTE:
		log_fault("%s: %s", log_clean(0, buf_str(&n->host)),
		    log_clean(1, news->text));
		break;
	case SESSION_RESULT:
		on_result(s, n, news);
		break;
	case SESSION_DOWN:
		on_down(s, n, news);
		break;
	case SESSION_CRASHED:
		crashed(s, n);
		dismiss(n);
		break;
	case SESSION_END:
		dismiss(n);
		break;
	}
}

static void
read_session(struct sender *s, struct session *n)
{
	struct session_news news;

	do {
		news = session_hear(n);
		on_news(s, n, &news);
	} while (news.event != SESSION_NOTHING);
}

static void
forget_session(struct sender *s, struct session *n)
{
	struct session **at = &s->sessions;

	while (n->deliveries) {
		struct delivery d = land(n, 1);

		look_from(s, d.m);
		delivery_free(&d);
	}
	while (*at != n)
		at = &(*at)->next;
	*at = n->next;
	if (n->owner)
		((struct place *)n->owner)->sessions--;
	session_free(n);
}

static void
session_is_over(struct sender *s, struct session *n, int status)
{
	struct session_news news;
	pid_t pid = n->pid;

	if (n->foreign) {
		news = session_ended(n, status);
		on_news(s, n, &news);
	} else {
		read_session(s, n);
	}
	/* Another process may have taken over. */
	if (n->pid == pid)
		forget_session(s, n);
}

static void
reap(struct sender *s)
{
	struct session *n;
	struct report *r;
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		for (n = s->sessions; n && n->pid != pid; n = n->next)
			continue;
		for (r = s->reports; r && r->pid != pid; r = r->next)
			continue;
		if (n)
			session_is_over(s, n, status);
		else if (r)
			report_ended(s, r, status);
	}
}

static void
timed_out(struct session *n)
{
	if (n->deliveries && !n->signals)
		log_fault("Sending timed out, killing protocol");
	session_kill(n, GRACE);
}

/* ---- queue runs ---- */

/* 1 if the module is another program than this one. */
static int
is_foreign(const struct buf *protocol)
{
	struct buf path = { 0 };
	struct stat module, self;
	int there, same;

	if (!module_protocol(buf_str(protocol)))
		return 1;
	path_set(&path, PATH_MODULES, buf_z(protocol));
	there = stat(buf_z(&path), &module) == 0;
	buf_free(&path);
	same = there && (stat("/proc/self/exe", &self) == 0 ||
	    stat((const char *)getauxval(AT_EXECFN), &self) == 0) &&
	    module.st_dev == self.st_dev && module.st_ino == self.st_ino;
	return there && !same;
}

static void
make_places(struct sender *s)
{
	size_t i;

	s->place_count = s->set.remotes.count;
	s->places = mem_new(s->place_count, sizeof *s->places);
	for (i = 0; i < s->place_count; i++) {
		s->places[i].remote = &s->set.remotes.list[i];
		s->places[i].most = s->set.remotes.list[i].sessions;
		s->places[i].foreign =
		    is_foreign(&s->set.remotes.list[i].protocol);
	}
}

static void
free_places(struct sender *s)
{
	struct session *n;

	for (n = s->sessions; n; n = n->next)
		if (n->owner)
			dismiss(n);
	free(s->places);
	s->places = NULL;
	s->place_count = 0;
}

/* Tells of a message as a whole what its last attempt left. */
static void
report_outcome(struct sender *s, const struct delivery *d, enum dsn_kind kind)
{
	const struct outcome *o = d->m->outcome;
	unsigned char *result = mem_new(d->e.count, 1);
	struct report *r;

	memset(result, FAILED, d->e.count);
	r = new_report(d, result, kind, o && o->text.n ? buf_str(&o->text) :
	    STR("no remote could be tried"));
	r->otherwise = kind == DSN_FAILED ? STR("5.4.7") : STR("4.0.0");
	buf_set(&r->protocol, STR("smtp"));
	if (o)
		buf_set(&r->host, buf_str(&o->remote));
	begin_report(s, r);
}

static void
see_to(struct sender *s, struct message *m)
{
	int old = expired(s, m);
	struct delivery d;

	if (m->state != MESSAGE_READY || m->turn > s->place_count ||
	    (!old && !delayed(s, m)) || open_message(s, m, &d) < 0)
		return;
	m->turn = (unsigned short)(s->place_count + 1);
	if (old)
		log_fault("Giving up on %s: it waited longer than "
		    "queuelifetime", m->name);
	report_outcome(s, &d, old ? DSN_FAILED : DSN_DELAYED);
}

/* Sees to what has waited too long, now that every remote has had its chance,
 * a few reports at a time. 1 when all is done. */
static int
see_to_old(struct sender *s)
{
	size_t i;

	for (i = 0; i < s->messages.count && report_room(s); i++)
		see_to(s, s->messages.list[i]);
	return i == s->messages.count && !s->reports;
}

static void
schedule(struct sender *s)
{
	long long wait;

	if (!messages_size(&s->messages))
		s->pause = s->set.maxpause;
	wait = s->pause;
	if (s->trigger < 0 && wait > POLL_PAUSE)
		wait = POLL_PAUSE;
	s->next_run = clock_in(wait * 1000);
	write_status(s, wall_time() + wait);
	s->pause = s->pause * 2 < s->set.maxpause ? s->pause * 2 :
	    s->set.maxpause;
}

static void
end_run(struct sender *s)
{
	if (s->running)
		log_say("Delivery complete, %zu message(s) remain.",
		    messages_size(&s->messages));
	s->running = 0;
	free_places(s);
	messages_sweep(&s->messages);
	schedule(s);
}

static void
begin_run(struct sender *s)
{
	size_t i;

	s->again = 0;
	scan(s);
	if (!s->recalled)
		recall_status(s);
	if (configure(s, 0) < 0 || !messages_size(&s->messages)) {
		end_run(s);
		return;
	}
	for (i = 0; i < s->messages.count; i++)
		s->messages.list[i]->turn = 0;
	make_places(s);
	s->running = 1;
	s->joins_until = clock_in(JOIN_TIME);
	log_say("Starting delivery, %zu message(s) in queue.",
	    messages_size(&s->messages));
}

static int
run_is_over(const struct sender *s)
{
	const struct session *n;
	size_t i;

	for (n = s->sessions; n; n = n->next)
		if (n->deliveries)
			return 0;
	for (i = 0; i < s->place_count; i++)
		if (!s->places[i].dead &&
		    s->places[i].cursor < s->messages.count)
			return 0;
	return 1;
}

static void
go_on(struct sender *s)
{
	size_t i;

	for (i = 0; i < s->place_count && !s->stop; i++)
		deal(s, &s->places[i]);
	if (s->running && run_is_over(s) && see_to_old(s))
		end_run(s);
}

/* ---- events ---- */

/* The new one before the old one goes: a writer in between would find no
 * reader and believe that nobody is at work. */
static void
reopen_trigger(struct sender *s)
{
	int old = s->trigger;

	s->trigger = spool_open_trigger(&s->spool);
	if (s->trigger < 0)
		log_fault("Could not open trigger file: %s; looking every "
		    "%d s", strerror(errno), POLL_PAUSE);
	if (old >= 0)
		close(old);
}

static void
trigger_pulled(struct sender *s)
{
	log_say("Trigger pulled.");
	s->pause = s->set.pausetime;
	if (s->running && clock_ms() < s->joins_until)
		scan(s);
	else
		s->again = 1;
}

/* A writer that leaves after its byte was read is no news. */
static void
read_trigger(struct sender *s)
{
	char bytes[1024];
	ssize_t n = read(s->trigger, bytes, sizeof bytes);

	if (n < 0 && errno != EAGAIN)
		log_fault("Could not read trigger file: %s", strerror(errno));
	reopen_trigger(s);
	if (n > 0)
		trigger_pulled(s);
}

/* Somebody may have put another trigger where ours was. */
static void
folder_changed(struct sender *s)
{
	union {
		struct inotify_event event;
		char space[4096];
	} u;
	ssize_t n = read(s->watch, &u, sizeof u);
	ssize_t at = 0;
	int replaced = 0;

	while (at + (ssize_t)sizeof u.event <= n) {
		const struct inotify_event *e = (void *)(u.space + at);

		replaced |= e->len && !strcmp(e->name, "trigger");
		at += (ssize_t)(sizeof *e + e->len);
	}
	if (!replaced)
		return;
	reopen_trigger(s);
	trigger_pulled(s);
}

static void
begin_stop(struct sender *s)
{
	struct session *n;

	if (s->stop)
		return;
	s->stop = 1;
	s->stop_at = clock_in(GRACE);
	for (n = s->sessions; n; n = n->next)
		session_kill(n, GRACE);
}

static void
on_signals(struct sender *s)
{
	struct signalfd_siginfo info;

	while (read(s->signals, &info, sizeof info) == sizeof info) {
		switch (info.ssi_signo) {
		case SIGTERM:
		case SIGINT:
			begin_stop(s);
			break;
		case SIGALRM:
		case SIGHUP:
			s->again = 1;
			break;
		case SIGCHLD:
			reap(s);
			break;
		}
	}
}

static void
check_deadlines(struct sender *s)
{
	struct session *n;

	for (n = s->sessions; n; n = n->next)
		if (clock_left(n->deadline) == 0)
			timed_out(n);
}

/* 1 if time alone may make another session worth while. */
static int
may_grow(const struct sender *s)
{
	size_t i;

	for (i = 0; i < s->place_count; i++)
		if (can_grow(s, &s->places[i]))
			return 1;
	return 0;
}

static int
time_to_wait(const struct sender *s)
{
	long long until = s->running ? CLOCK_NEVER : s->next_run;
	const struct session *n;

	if (s->stop)
		until = s->stop_at;
	else if (may_grow(s))
		until = clock_in(LOOK);
	for (n = s->sessions; n; n = n->next)
		until = clock_first(until, n->deadline);
	return clock_left(until);
}

/* Descriptors that are always polled, before those of the sessions. */
enum { ON_SIGNAL, ON_TRIGGER, ON_FOLDER, ON_STDERR, ON_SESSION };

/* Waits for something to happen and deals with it. */
static void
wait_for_events(struct sender *s)
{
	struct session *n, *next;
	struct pollfd *p;
	size_t count = ON_SESSION, i = ON_SESSION;

	for (n = s->sessions; n; n = n->next)
		count++;
	p = mem_new(count, sizeof *p);
	p[ON_SIGNAL].fd = s->signals;
	p[ON_TRIGGER].fd = s->trigger;
	p[ON_FOLDER].fd = s->watch;
	p[ON_STDERR].fd = s->errors;
	for (n = s->sessions; n; n = n->next)
		p[i++].fd = n->fd;
	for (i = 0; i < count; i++)
		p[i].events = POLLIN;
	poll(p, (nfds_t)count, time_to_wait(s));
	for (i = ON_SESSION, n = s->sessions; i < count; n = next, i++) {
		next = n->next;
		if (p[i].revents)
			read_session(s, n);
	}
	if (p[ON_STDERR].revents)
		log_stderr();
	if (p[ON_FOLDER].revents)
		folder_changed(s);
	if (p[ON_TRIGGER].revents && s->trigger >= 0)
		read_trigger(s);
	if (p[ON_SIGNAL].revents)
		on_signals(s);
	free(p);
}

static void
loop(struct sender *s)
{
	while (!s->stop) {
		watch_clock(s);
		if (!s->running && (s->again || clock_left(s->next_run) == 0))
			begin_run(s);
		go_on(s);
		if (!s->running && one_shot(s))
			break;
		if (s->running || !s->again)
			wait_for_events(s);
		check_deadlines(s);
	}
}

/* The passwords above all. */
static void
release_sender(struct sender *s)
{
	free_places(s);
	settings_free(&s->set);
	messages_free(&s->messages);
	spool_close(&s->spool);
	buf_free(&s->me);
}

/* Lets the children come to an end, but not for long. */
static void
wind_up(struct sender *s)
{
	struct session *n;

	if (!s->stop)
		s->stop_at = clock_in(GRACE);
	s->stop = 1;
	while ((s->sessions || s->reports) && clock_left(s->stop_at) > 0)
		wait_for_events(s);
	while ((n = s->sessions) != NULL) {
		say_cut_off(n, 0);
		n->signals++;
		session_kill(n, 0);
		forget_session(s, n);
	}
	if (s->errors >= 0)
		log_stderr();
}

/* ---- start ---- */

static void
catch_signals(struct sender *s)
{
	static const int caught[] = { SIGTERM, SIGINT, SIGHUP, SIGALRM,
		SIGCHLD };
	sigset_t set;
	size_t i;

	sigemptyset(&set);
	for (i = 0; i < sizeof caught / sizeof caught[0]; i++)
		sigaddset(&set, caught[i]);
	sigprocmask(SIG_SETMASK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	s->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (s->signals < 0)
		cli_die(1, "Could not set up signals:");
}

static void
open_spool(struct sender *s)
{
	struct buf why = { 0 };

	if (spool_create(&s->spool, &why) < 0)
		cli_die(1, "%s", buf_z(&why));
	if (why.n)
		cli_warn("%s", buf_z(&why));
	if (fchdir(s->spool.queue) < 0)
		cli_die(1, "Could not chdir to queue message directory.");
	reopen_trigger(s);
	s->watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	path_set(&why, PATH_SPOOL, "");
	if (s->watch >= 0)
		inotify_add_watch(s->watch, buf_z(&why),
		    IN_CREATE | IN_MOVED_TO);
	buf_free(&why);
}

/* One sender a spool. A daemon waits for its turn, TERM ends that. */
static void
lock_spool(struct sender *s)
{
	struct pollfd p = { s->signals, POLLIN, 0 };
	int said = 0, rc;

	while (!s->stop && (rc = spool_lock(&s->spool, 0)) != 0) {
		if (rc < 0)
			cli_die(1, "Could not lock the spool:");
		if (one_shot(s))
			cli_die(75, "another nullmailer-send is at work");
		if (!said++)
			cli_warn("another nullmailer-send is at work, waiting");
		if (poll(&p, 1, 1000) > 0)
			on_signals(s);
	}
}

/* What can go wrong at the start has not: the shell may have its prompt. */
static void
go_to_background(void)
{
	pid_t pid = fork();

	if (pid < 0)
		cli_die(1, "Could not fork:");
	if (pid > 0)
		_exit(0);
	setsid();
	log_to_syslog_only();
}

static void
say_sandbox(void)
{
	const char *lacks = sandbox_lacks();

	if (lacks)
		log_say("This kernel has no %s to confine sessions with",
		    lacks);
}

static void
begin_sender(struct sender *s)
{
	umask(077);
	if (hostnames_me(&s->me) < 0)
		cli_die(ERR_CONFIG, "Error: %s", conf_why());
	catch_signals(s);
	open_spool(s);
	configure(s, 1);
}

static void
warn_of_exposure(const struct sender *s)
{
	struct buf path = { 0 };

	if (remotes_exposed(&s->set.remotes, &path))
		log_fault("Warning: %s holds a password and everybody may "
		    "read it", buf_z(&path));
	buf_free(&path);
}

int
send_main(int argc, char **argv)
{
	static const struct cli about = { "nullmailer-send", "",
		"Deliver the queue to the smart hosts.", 0, -1 };
	struct sender s = { 0 };
	int background = 0, to_syslog = 0;
	const struct opt rows[] = {
		{ 'd', "daemon", OPT_FLAG, &background,
		    "go to the background, log to syslog only", 0 },
		{ 's', "syslog", OPT_FLAG, &to_syslog,
		    "log to syslog too", 0 },
		{ 0, "once", OPT_FLAG, &s.once,
		    "end after one queue run", 0 },
	};
	const struct opts all = { rows, sizeof rows / sizeof rows[0], 0 };

	cli_begin("nullmailer-send");
	cli_options(&about, &all, argc, argv);
	s.trigger = s.watch = s.signals = s.errors = -1;
	/* The passwords of all remotes are in here. */
	prctl(PR_SET_DUMPABLE, 0);
	begin_sender(&s);
	if ((background || to_syslog) && (s.errors = log_to_syslog()) < 0)
		cli_die(1, "Could not create pipe:");
	if (background)
		go_to_background();
	lock_spool(&s);
	warn_of_exposure(&s);
	say_sandbox();
	s.clock_offset = wall_time() - clock_ms() / 1000;
	s.again = 1;
	if (!s.stop)
		loop(&s);
	wind_up(&s);
	release_sender(&s);
	return 0;
}

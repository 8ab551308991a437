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
#include "../lib/base/opt.h"
#include "../lib/conf/path.h"
#include "../lib/smtp/remote.h"
#include "../lib/send/bounce.h"
#include "../lib/net/sandbox.h"
#include "../lib/send/agent.h"
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
#define MAX_BOUNCES 4		/* written at a time */
#define OPEN_MESSAGES 10		/* messages that may deserve another session */
#define OPEN_MS 1000		/* ms the waiting would take one by one */
#define PACE_CHECK_MS 20			/* ms between looks at the pace */

/* A remote in this run. */
struct place {
	const struct remote *remote;
	int sessions;		/* now */
	int max_sessions;		/* at a time, as far as known */
	size_t next;		/* no message before it is for this remote */
	int second_pass;		/* nor, if set, a late one */
	int external;
	int dead;
};

struct sender {
	struct spool spool;
	struct buf me;
	struct settings set;
	struct messages messages;
	struct place *places;
	size_t place_count;
	struct agent *sessions;
	struct bounce *bounces;
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
		s->places[i].next = s->places[i].second_pass = 0;
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
	ssize_t a;

	s->recalled = 1;
	if (fd < 0)
		return;
	while ((a = read(fd, buf_room(&text, 65536), 65536)) > 0)
		text.n += (size_t)a;
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
		m->remotes_tried = (unsigned short)s->place_count;
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
		m->remotes_tried = (unsigned short)s->place_count;
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
	ssize_t a = pread(d->fd, block, sizeof block, d->e.body);
	struct str header = { block, a > 0 ? (size_t)a : 0 }, line;

	while (header.n && (line = str_trim(str_cut(&header, '\n'))).n)
		if (str_istarts(line, STR("message-id:")))
			log_say("%s", log_clean(0, line));
}

/* The log speaks of one message of a session at a time, so one that was
 * handed over ahead is announced when its predecessor is done. */
static void
announce(struct agent *a)
{
	struct delivery *d = &a->delivery[0];
	struct buf line = { 0 };
	struct str recipient;
	const char *separator = " <";
	size_t at = 0;

	if (d->announced)
		return;
	d->announced = 1;
	log_say("Starting delivery: host: %s protocol: %s file: %s",
	    log_clean(0, buf_str(&a->host)),
	    log_clean(1, buf_str(&a->protocol)), d->m->name);
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

	for (i = m->remotes_tried + 1u; i < s->place_count; i++)
		if (!s->places[i].dead)
			return "the next remote";
	if (one_shot(s))
		return "the next run";
	snprintf(text, sizeof text, "try again in %lld s", s->pause);
	return text;
}

static void
say_failed(const struct sender *s, const struct agent *a, int code,
    enum stage stage, struct str text)
{
	const struct delivery *d = &a->delivery[0];

	log_fault("Attempt failed: file: %s host: %s address: %s stage: %s "
	    "reply: %s next: %s", d->m->name,
	    log_clean(0, buf_str(&a->host)),
	    a->peer.n ? buf_z(&a->peer) : "none", stage_name(stage),
	    text.n ? log_clean(1, text) : err_text(code),
	    err_is_permanent(code) ? "none" : what_next(s, d->m));
}

/* ---- bounces ---- */

/* Somebody let go of m: its turn may have come at another remote. */
static void
make_available(struct sender *s, struct message *m)
{
	struct place *p;

	while (m->remotes_tried < s->place_count && s->places[m->remotes_tried].dead)
		m->remotes_tried++;
	p = s->places + m->remotes_tried;
	if (m->remotes_tried < s->place_count && p->next > m->index)
		p->next = m->index;
}

static void
move_failed(struct sender *s, struct bounce *r)
{
	if (delivery_move_failed(&r->d, &s->spool, r->result) < 0)
		log_fault("Can't rename file: %s", strerror(errno));
}

/* The report is in the queue, or there is to be none: only now may the
 * message leave it. */
static void
finish_bounce(struct sender *s, struct bounce *r, int failed)
{
	struct message *m = r->d.m;
	struct bounce **at = &s->bounces;

	m->state = MESSAGE_READY;
	if (failed)
		m->remotes_tried = (unsigned short)s->place_count;
	else if (r->kind == DSN_DELAYED)
		m->warned = 1;
	else
		move_failed(s, r);
	make_available(s, m);
	while (*at != r)
		at = &(*at)->next;
	*at = r->next;
	bounce_free(r);
}

static void
bounce_ended(struct sender *s, struct bounce *r, int status)
{
	if (status)
		cli_warn("nullmailer-queue failed: %d", WIFEXITED(status) ?
		    WEXITSTATUS(status) : status);
	if (status)
		log_fault("No report on %s could be queued, it stays and is "
		    "tried again", r->d.m->name);
	else if (s->trigger < 0)
		s->again = 1;	/* or nobody would tell of it */
	finish_bounce(s, r, status);
}

/* Begins a report and takes it over. Recipients who failed leave the queue as
 * soon as whoever must know of it will. */
static void
begin_bounce(struct sender *s, struct bounce *r)
{
	const struct message *m = r->d.m;
	struct bounce_times times = { m->mtime, wall_time(),
		m->mtime + s->set.queuelifetime };
	struct buf why = { 0 };
	int rc;

	if (m->attempt && m->attempt->last)
		times.last_attempt = m->attempt->last;
	r->d.m->state = MESSAGE_BUSY;
	r->next = s->bounces;
	s->bounces = r;
	if (r->kind == DSN_FAILED)
		log_fault("Moving message %s into failed", m->name);
	rc = bounce_start(r, &times, queue_main, &why);
	if (rc > 0)
		log_say("Generating %s for %s", r->kind == DSN_FAILED ?
		    "bounce" : "delay notification", m->name);
	if (rc == 0 && r->kind == DSN_FAILED && !envelope_sender(&r->d.e).n)
		log_say("Not generating double bounce for %s", m->name);
	if (rc <= 0) {
		log_say("No report on %s: %s", m->name, buf_z(&why));
		finish_bounce(s, r, rc < 0);
	}
	buf_free(&why);
}

static struct bounce *
new_bounce(const struct delivery *d, unsigned char *result, enum dsn_kind kind,
    struct str text)
{
	struct bounce *r = mem_new(1, sizeof *r);

	r->d = *d;
	r->result = result;
	r->kind = kind;
	buf_set(&r->text, text);
	return r;
}

static int
bounce_room(const struct sender *s)
{
	const struct bounce *r;
	int a = 0;

	for (r = s->bounces; r; r = r->next)
		a++;
	return a < MAX_BOUNCES;
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
		s->places[i].next = 0;
	log_fault("Remote %s is left out for the rest of this run: stage: %s "
	    "reply: %s", log_clean(0, buf_str(&p->remote->host)),
	    stage_name(stage), text.n ? log_clean(1, text) : err_text(code));
}

/* The oldest delivery leaves the session; its turn here is over, unless it is
 * to have it again. */
static struct delivery
take_oldest(struct agent *a, int again)
{
	struct delivery d = agent_take(a);

	if (d.m->state == MESSAGE_BUSY)
		d.m->state = MESSAGE_READY;
	d.m->remotes_tried += !again;
	return d;
}

/* Sees to the file of a message that is not simply deferred. */
static void
update_file(struct sender *s, struct delivery *d, const struct agent *a,
    const size_t *count, unsigned char *result, struct str text)
{
	struct bounce *r;

	if (delivery_drop_delivered(d, &s->spool, result) < 0)
		log_fault("Can't rewrite file %s: %s; it waits until that "
		    "works", d->m->name, strerror(errno));
	else if (count[FAILED]) {
		r = new_bounce(d, result, DSN_FAILED, text);
		r->otherwise = STR("5.0.0");
		buf_set(&r->host, buf_str(&a->host));
		buf_set(&r->protocol, buf_str(&a->protocol));
		begin_bounce(s, r);
		return;
	}
	make_available(s, d->m);
	delivery_free(d);
	free(result);
}

/* The oldest delivery's attempt is over: tells, and sees to the file. */
static void
delivery_done(struct sender *s, struct agent *a, int code, enum stage stage,
    struct str text)
{
	struct delivery *oldest = &a->delivery[0], d;
	size_t count[RESULTS];
	unsigned char *result = delivery_results(oldest, code, count);

	announce(a);
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
		say_failed(s, a, code, stage, text);
		message_failed(oldest->m, buf_str(&a->host), code, text,
		    wall_time());
	}
	d = take_oldest(a, 0);
	update_file(s, &d, a, count, result, text);
}

/* The session is over: its first delivery failed with it, the others were not
 * tried. */
static void
fail_agent(struct sender *s, struct agent *a, int code, enum stage stage,
    struct str text)
{
	if (a->deliveries)
		delivery_done(s, a, code, stage, text);
	while (a->deliveries) {
		struct delivery d = take_oldest(a, 1);

		make_available(s, d.m);
		delivery_free(&d);
	}
}

/* Names what the server may have without our having its word. */
static void
say_cut_off(const struct agent *a, size_t first)
{
	size_t i;

	for (i = first; i < a->deliveries; i++)
		log_fault("Delivery of %s was cut off, it may have been taken",
		    a->delivery[i].m->name);
}

static void
crashed(struct sender *s, struct agent *a)
{
	struct message *m = a->delivery[0].m;

	if (s->stop) {
		log_say("Delivery of %s was interrupted, it stays in the "
		    "queue", m->name);
		return;
	}
	m->suspect = 1;
	say_cut_off(a, 1);
	if (a->signals) {
		cli_warn("%s crashed or was killed",
		    log_clean(0, buf_str(&a->protocol)));
		/* A worker minds its time itself, but for the resolver's. */
		if (!a->external && a->owner)
			remote_is_dead(s, a->owner, ERR_TIMED_OUT,
			    STAGE_session, STR("The name server does not "
			    "answer in time"));
		fail_agent(s, a, ERR_TIMED_OUT, STAGE_session,
		    STR("It took longer than sendtimeout"));
	} else {
		log_fault("Sending process crashed or was killed.");
		fail_agent(s, a, ERR_UNKNOWN, STAGE_session,
		    STR("The process that was sending it died"));
	}
}

/* ---- handing out ---- */

static void
set_patience(const struct sender *s, struct agent *a)
{
	long long ms = (long long)s->set.sendtimeout * 1000;

	agent_patience(a, !a->deliveries || !ms ? -1 :
	    ms + (a->external ? 0 : GRACE));
}

static struct agent *
start_module(struct sender *s, struct place *p, const struct delivery *d)
{
	struct buf path = { 0 };
	struct agent *a;
	int cut = 0;

	path_set(&path, PATH_MODULES, buf_z(&p->remote->name));
	a = agent_module(p->remote, buf_z(&path), d,
	    buf_z(&s->set.helohost), &cut);
	buf_free(&path);
	if (cut)
		log_fault("Warning: Writing options to protocol failed");
	return a;
}

static long long
left_for(const struct sender *s, const struct place *p)
{
	return (long long)(s->messages.count - p->next);
}

static int
below_limit(const struct sender *s, const struct place *p)
{
	return !p->dead && !p->external && p->sessions &&
	    p->sessions < p->max_sessions && left_for(s, p) >= OPEN_MESSAGES;
}

/* Milliseconds for what is left, one by one, at the pace of the slowest
 * session. */
static long long
serial_ms(const struct sender *s, const struct place *p)
{
	const struct agent *a;
	long long pace = 0;

	for (a = s->sessions; a; a = a->next)
		if (a->owner == p && agent_pace(a) > pace)
			pace = agent_pace(a);
	return left_for(s, p) * pace;
}

/* Another session is opened when at least OPEN_MESSAGES messages would take longer than
 * OPEN_MS and the one before has its connection. */
static int
should_open(const struct sender *s, const struct place *p)
{
	const struct agent *a;

	if (!below_limit(s, p))
		return !p->sessions;
	for (a = s->sessions; a; a = a->next)
		if (a->owner == p && !a->peer.n)
			return 0;
	return serial_ms(s, p) > OPEN_MS;
}

/* The session of p that is to have the next message: the least busy. None
 * gets a second one in hand that sessions still to be opened could have. */
static struct agent *
agent_with_room(const struct sender *s, const struct place *p)
{
	struct agent *a, *best = NULL;

	for (a = s->sessions; a; a = a->next)
		if (a->owner == p && agent_has_room(a) &&
		    (!best || a->deliveries < best->deliveries))
			best = a;
	return best && best->deliveries && below_limit(s, p) &&
	    left_for(s, p) <= OPEN_MESSAGES * (p->max_sessions - p->sessions) &&
	    serial_ms(s, p) > OPEN_MS / 2 ? NULL : best;
}

/* The session that is to have d; NULL if a new one is needed and cannot be
 * had. */
static struct agent *
agent_for(struct sender *s, struct place *p, const struct delivery *d)
{
	struct agent *a = agent_with_room(s, p);

	if (a)
		return a;
	a = p->external ? start_module(s, p, d) : agent_worker(p->remote,
	    buf_z(&s->set.helohost), s->set.sendtimeout);
	if (!a) {
		cli_warn("Could not fork:");
		if (!p->sessions)
			remote_is_dead(s, p, ERR_EXEC, STAGE_session,
			    str_of(strerror(errno)));
		return NULL;
	}
	a->owner = p;
	a->next = s->sessions;
	s->sessions = a;
	p->sessions++;
	return a;
}

/* Offers m to p. 0 if it is on its way or cannot be, -1 if p cannot take it
 * now. */
static int
start_delivery(struct sender *s, struct place *p, struct message *m)
{
	struct agent *a;
	struct delivery d;

	if (open_message(s, m, &d) < 0)
		return 0;
	a = agent_for(s, p, &d);
	d.id = ++s->last_id;
	if (!a || agent_give(a, &d) < 0) {
		delivery_free(&d);
		return -1;
	}
	m->state = MESSAGE_BUSY;
	if (a->deliveries == 1) {
		announce(a);
		set_patience(s, a);
	}
	return 0;
}

static int
is_turn_of(const struct sender *s, const struct place *p, struct message *m)
{
	if (m->state != MESSAGE_READY || (m->suspect && !p->second_pass))
		return 0;
	while (m->remotes_tried < s->place_count && s->places[m->remotes_tried].dead)
		m->remotes_tried++;
	return m->remotes_tried == p - s->places;
}

/* Hands messages to p while it takes them. */
static void
dispatch(struct sender *s, struct place *p)
{
	while (!p->dead && bounce_room(s) &&
	    (agent_with_room(s, p) || should_open(s, p))) {
		if (p->next == s->messages.count) {
			if (p->second_pass)
				return;
			p->second_pass = 1;
			p->next = 0;
			continue;
		}
		if (is_turn_of(s, p, s->messages.list[p->next]) &&
		    start_delivery(s, p, s->messages.list[p->next]) < 0)
			return;
		p->next++;
	}
}

/* ---- sessions ---- */

static void
retire(struct agent *a)
{
	if (a->owner)
		((struct place *)a->owner)->sessions--;
	agent_retire(a, GRACE);
}

/* A session that ended in the middle of a message may have ended because of
 * it: next time others go first. */
static void
mark_suspect(struct agent *a, const struct agent_event *event)
{
	if (a->deliveries && event->stage >= STAGE_mail &&
	    event->stage <= STAGE_dot && (event->kind == AGENT_DOWN ||
	    event->code == ERR_PROTOCOL || event->code == ERR_TIMED_OUT))
		a->delivery[0].m->suspect = 1;
}

static void
on_result(struct sender *s, struct agent *a,
    const struct agent_event *event)
{
	struct place *p = a->owner;

	if (a->external && event->code == ERR_EXEC && event->text.n)
		cli_warn("%s", log_clean(0, event->text));
	if (!a->external)
		log_module(buf_str(&a->protocol), event->code, event->text);
	if (a->external && p && err_is_remote(event->code))
		remote_is_dead(s, p, event->code, event->stage, event->text);
	mark_suspect(a, event);
	delivery_done(s, a, event->code, event->stage, event->text);
	if (a->deliveries)
		announce(a);
	set_patience(s, a);
}

/* 1 if p has another session that is doing well. */
static int
others_do_well(const struct sender *s, const struct agent *a)
{
	const struct agent *other;

	for (other = s->sessions; other; other = other->next)
		if (other != a && other->owner == a->owner && other->ready &&
		    !other->signals)
			return a->owner != NULL;
	return 0;
}

/* A server that does not want so many sessions is not at fault. */
static void
one_too_many(struct sender *s, struct agent *a,
    const struct agent_event *event)
{
	struct place *p = a->owner;

	p->max_sessions = p->sessions - 1;
	log_say("Remote %s takes no more than %d session(s): stage: %s "
	    "reply: %s", log_clean(0, buf_str(&a->host)), p->max_sessions,
	    stage_name(event->stage), log_clean(1, event->text));
	while (a->deliveries) {
		struct delivery d = take_oldest(a, 1);

		make_available(s, d.m);
		delivery_free(&d);
	}
	retire(a);
}

static void
on_down(struct sender *s, struct agent *a, const struct agent_event *event)
{
	if (others_do_well(s, a)) {
		one_too_many(s, a, event);
		return;
	}
	log_module(buf_str(&a->protocol), event->code, event->text);
	if (a->owner)
		remote_is_dead(s, a->owner, event->code, event->stage,
		    event->text);
	mark_suspect(a, event);
	fail_agent(s, a, event->code, event->stage, event->text);
}

static void
on_event(struct sender *s, struct agent *a, const struct agent_event *event)
{
	switch (event->kind) {
	case AGENT_NOTHING:
		break;
	case AGENT_READY:
		if (a->owner && !s->stop)
			dispatch(s, a->owner);
		agent_go(a);
		break;
	case AGENT_NOTE:
		log_fault("%s: %s", log_clean(0, buf_str(&a->host)),
		    log_clean(1, event->text));
		break;
	case AGENT_RESULT:
		on_result(s, a, event);
		break;
	case AGENT_DOWN:
		on_down(s, a, event);
		break;
	case AGENT_CRASHED:
		crashed(s, a);
		retire(a);
		break;
	case AGENT_END:
		retire(a);
		break;
	}
}

static void
read_agent(struct sender *s, struct agent *a)
{
	struct agent_event event;

	do {
		event = agent_read(a);
		on_event(s, a, &event);
	} while (event.kind != AGENT_NOTHING);
}

static void
forget_agent(struct sender *s, struct agent *a)
{
	struct agent **at = &s->sessions;

	while (a->deliveries) {
		struct delivery d = take_oldest(a, 1);

		make_available(s, d.m);
		delivery_free(&d);
	}
	while (*at != a)
		at = &(*at)->next;
	*at = a->next;
	if (a->owner)
		((struct place *)a->owner)->sessions--;
	agent_free(a);
}

static void
agent_is_over(struct sender *s, struct agent *a, int status)
{
	struct agent_event event;
	pid_t pid = a->pid;

	if (a->external) {
		event = agent_ended(a, status);
		on_event(s, a, &event);
	} else {
		read_agent(s, a);
	}
	/* Another process may have taken over. */
	if (a->pid == pid)
		forget_agent(s, a);
}

static void
reap(struct sender *s)
{
	struct agent *a;
	struct bounce *r;
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		for (a = s->sessions; a && a->pid != pid; a = a->next)
			continue;
		for (r = s->bounces; r && r->pid != pid; r = r->next)
			continue;
		if (a)
			agent_is_over(s, a, status);
		else if (r)
			bounce_ended(s, r, status);
	}
}

static void
timed_out(struct agent *a)
{
	if (a->deliveries && !a->signals)
		log_fault("Sending timed out, killing protocol");
	agent_kill(a, GRACE);
}

/* ---- queue runs ---- */

/* 1 if the module is another program than this one. */
static int
is_external(const struct remote *r)
{
	struct buf path = { 0 };
	struct stat module, self;
	int there, same;

	if (!r->protocol)
		return 1;
	path_set(&path, PATH_MODULES, buf_z(&r->name));
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
		s->places[i].max_sessions = s->set.remotes.list[i].sessions;
		s->places[i].external =
		    is_external(&s->set.remotes.list[i]);
	}
}

static void
free_places(struct sender *s)
{
	struct agent *a;

	for (a = s->sessions; a; a = a->next)
		if (a->owner)
			retire(a);
	free(s->places);
	s->places = NULL;
	s->place_count = 0;
}

/* Tells of a message as a whole what its last attempt left. */
static void
bounce_message(struct sender *s, const struct delivery *d, enum dsn_kind kind)
{
	const struct attempt *o = d->m->attempt;
	unsigned char *result = mem_new(d->e.count, 1);
	struct bounce *r;

	memset(result, FAILED, d->e.count);
	r = new_bounce(d, result, kind, o && o->text.n ? buf_str(&o->text) :
	    STR("no remote could be tried"));
	r->otherwise = kind == DSN_FAILED ? STR("5.4.7") : STR("4.0.0");
	buf_set(&r->protocol, STR("smtp"));
	if (o)
		buf_set(&r->host, buf_str(&o->remote));
	begin_bounce(s, r);
}

static void
expire_one(struct sender *s, struct message *m)
{
	int old = expired(s, m);
	struct delivery d;

	if (m->state != MESSAGE_READY || m->remotes_tried > s->place_count ||
	    (!old && !delayed(s, m)) || open_message(s, m, &d) < 0)
		return;
	m->remotes_tried = (unsigned short)(s->place_count + 1);
	if (old)
		log_fault("Giving up on %s: it waited longer than "
		    "queuelifetime", m->name);
	bounce_message(s, &d, old ? DSN_FAILED : DSN_DELAYED);
}

/* Sees to what has waited too long, now that every remote has had its chance,
 * a few bounces at a time. 1 when all is done. */
static int
expire(struct sender *s)
{
	size_t i;

	for (i = 0; i < s->messages.count && bounce_room(s); i++)
		expire_one(s, s->messages.list[i]);
	return i == s->messages.count && !s->bounces;
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
		s->messages.list[i]->remotes_tried = 0;
	make_places(s);
	s->running = 1;
	s->joins_until = clock_in(JOIN_TIME);
	log_say("Starting delivery, %zu message(s) in queue.",
	    messages_size(&s->messages));
}

static int
run_is_over(const struct sender *s)
{
	const struct agent *a;
	size_t i;

	for (a = s->sessions; a; a = a->next)
		if (a->deliveries)
			return 0;
	for (i = 0; i < s->place_count; i++)
		if (!s->places[i].dead &&
		    s->places[i].next < s->messages.count)
			return 0;
	return 1;
}

static void
advance_run(struct sender *s)
{
	size_t i;

	for (i = 0; i < s->place_count && !s->stop; i++)
		dispatch(s, &s->places[i]);
	if (s->running && run_is_over(s) && expire(s))
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

/* A writer that leaves after its byte was read is no event. */
static void
read_trigger(struct sender *s)
{
	char bytes[1024];
	ssize_t a = read(s->trigger, bytes, sizeof bytes);

	if (a < 0 && errno != EAGAIN)
		log_fault("Could not read trigger file: %s", strerror(errno));
	reopen_trigger(s);
	if (a > 0)
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
	ssize_t a = read(s->watch, &u, sizeof u);
	ssize_t at = 0;
	int replaced = 0;

	while (at + (ssize_t)sizeof u.event <= a) {
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
	struct agent *a;

	if (s->stop)
		return;
	s->stop = 1;
	s->stop_at = clock_in(GRACE);
	for (a = s->sessions; a; a = a->next)
		agent_kill(a, GRACE);
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
	struct agent *a;

	for (a = s->sessions; a; a = a->next)
		if (clock_left(a->deadline) == 0)
			timed_out(a);
}

/* 1 if time alone may make another session worth while. */
static int
recheck_needed(const struct sender *s)
{
	size_t i;

	for (i = 0; i < s->place_count; i++)
		if (below_limit(s, &s->places[i]))
			return 1;
	return 0;
}

static int
time_to_wait(const struct sender *s)
{
	long long until = s->running ? CLOCK_NEVER : s->next_run;
	const struct agent *a;

	if (s->stop)
		until = s->stop_at;
	else if (recheck_needed(s))
		until = clock_in(PACE_CHECK_MS);
	for (a = s->sessions; a; a = a->next)
		until = clock_first(until, a->deadline);
	return clock_left(until);
}

/* Descriptors that are always polled, before those of the sessions. */
enum { ON_SIGNAL, ON_TRIGGER, ON_FOLDER, ON_STDERR, ON_SESSION };

/* Waits for something to happen and deals with it. */
static void
wait_for_events(struct sender *s)
{
	struct agent *a, *next;
	struct pollfd *p;
	size_t count = ON_SESSION, i = ON_SESSION;

	for (a = s->sessions; a; a = a->next)
		count++;
	p = mem_new(count, sizeof *p);
	p[ON_SIGNAL].fd = s->signals;
	p[ON_TRIGGER].fd = s->trigger;
	p[ON_FOLDER].fd = s->watch;
	p[ON_STDERR].fd = s->errors;
	for (a = s->sessions; a; a = a->next)
		p[i++].fd = a->fd;
	for (i = 0; i < count; i++)
		p[i].events = POLLIN;
	poll(p, (nfds_t)count, time_to_wait(s));
	for (i = ON_SESSION, a = s->sessions; i < count; a = next, i++) {
		next = a->next;
		if (p[i].revents)
			read_agent(s, a);
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
		advance_run(s);
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
	struct agent *a;

	if (!s->stop)
		s->stop_at = clock_in(GRACE);
	s->stop = 1;
	while ((s->sessions || s->bounces) && clock_left(s->stop_at) > 0)
		wait_for_events(s);
	while ((a = s->sessions) != NULL) {
		say_cut_off(a, 0);
		a->signals++;
		agent_kill(a, 0);
		forget_agent(s, a);
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

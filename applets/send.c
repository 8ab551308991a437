/* send - deliver the queue to the smart hosts.
 *
 * One thread around one poll(): signals, the trigger, a socket for each
 * worker, a pipe for each foreign module. It waits for nothing else and, once
 * it runs, ends only on TERM or INT or, with pausetime 0, after one queue run.
 *
 * A queue run offers each message to each remote once, in the order of
 * `remotes`; a remote that fails as such is left out for the rest of the run.
 * Log lines: spec/send.md; progress on stdout, what modules say on stderr. */
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
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../lib/backlog.h"
#include "../lib/buf.h"
#include "../lib/child.h"
#include "../lib/chr.h"
#include "../lib/clock.h"
#include "../lib/conf.h"
#include "../lib/dsn.h"
#include "../lib/enqueue.h"
#include "../lib/envelope.h"
#include "../lib/err.h"
#include "../lib/foreign.h"
#include "../lib/hostname.h"
#include "../lib/logger.h"
#include "../lib/mem.h"
#include "../lib/opt.h"
#include "../lib/path.h"
#include "../lib/remote.h"
#include "../lib/spool.h"
#include "../lib/worker.h"
#include "applets.h"
#include "cli.h"

#define GRACE 5000		/* ms between TERM and KILL, and at our end */
#define WORKER_GRACE 5000	/* ms a worker may exceed its own limit */
#define JOIN_TIME 60000		/* ms after which new mail waits for the next
				 * run, lest a busy run never end */
#define POLL_PAUSE 300		/* s between looks without a trigger */
#define MODULE_TEXT 65536	/* what is kept of a module's stdout */
#define HEADER_MAX 65536	/* where a Message-Id is looked for */
#define REPORTS 4		/* written at a time */
#define LOG_TEXT 1024		/* of what others say in a log line */
#define CLOCK_SLACK 60		/* s by which clocks may drift apart */

/* Why a recipient was refused while others were not. */
struct refusal {
	size_t index;
	int code;
	struct buf text;
};

/* A message on its way. */
struct flight {
	struct waiting *w;
	unsigned long id;
	int fd;
	struct envelope e;
	struct refusal *refused;
	size_t refusals;
	int announced;
};

/* A child that delivers to one remote: a worker with up to WORKER_HOLDS
 * messages, or a foreign module with one. */
struct session {
	struct session *next;
	struct place *place;	/* NULL once it is on its way out */
	pid_t pid;
	int fd;
	int foreign;
	struct flight flight[WORKER_HOLDS];
	size_t flights;
	long long deadline;	/* for what it does now */
	int stopping;		/* TERM was sent */
	int timed_out;
	struct buf output;	/* of a module */
	struct buf peer;
	struct buf host, protocol;
};

/* A recipient's share of the outcome. */
enum fate { DELIVERED, FAILED, DEFERRED, FATES };

/* A notification that a child is writing into the queue. */
struct report {
	struct report *next;
	pid_t pid;
	struct flight f;
	unsigned char *fate;	/* enum fate, a recipient each */
	enum dsn_kind kind;
	struct str otherwise;	/* status code if the text has none */
	struct buf text;	/* why, but for those in f.refused */
	struct buf host, protocol;
};

/* A remote in this run. */
struct place {
	const struct remote *remote;
	struct session *session;
	size_t cursor;		/* no message before it is for this remote */
	int lates;		/* nor, if set, a late one */
	int foreign;
	int dead;
	int code;		/* why it is dead */
	struct buf text;
};

struct settings {
	struct buf helohost;
	int pausetime, maxpause, sendtimeout, queuelifetime, delaywarn;
	struct remotes remotes;
};

struct sender {
	struct spool spool;
	struct buf me;
	struct settings set;
	struct backlog backlog;
	struct place *places;
	size_t place_count;
	struct session *sessions;
	struct report *reports;
	int signals, trigger, watch;
	int once;		/* --once */
	int hum;		/* what children and we write to stderr, read
				 * here if it has to go to syslog; or -1 */
	int errors;		/* the real stderr then; -1 as a daemon */
	int running;		/* a queue run is going on */
	long long joins_until;
	int again;		/* another run is wanted after this one */
	int stop;		/* TERM or INT came */
	long long stop_at;
	long long next_run;
	long long pause;	/* s */
	long long clock_offset;	/* wall clock minus monotonic, s */
	unsigned long last_id;
	struct buf status;	/* as last written */
	int recalled;		/* what an earlier sender wrote */
};

/* ---- what it says ---- */

/* Where lines go: stdout, syslog, or both. */
static struct {
	int to_stdout;
	int to_syslog;
	struct logger logger;
} voice = { 1, 0, { -1 } };

static void
utter(enum logger_level level, struct buf *line)
{
	if (voice.to_syslog)
		logger_line(&voice.logger, level, buf_str(line));
	buf_addc(line, '\n');
	if (voice.to_stdout)
		cli_write(1, line);
}

static void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void fault(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/* Progress. */
static void
say(const char *format, ...)
{
	struct buf line = { 0 };
	va_list ap;

	va_start(ap, format);
	buf_vfmt(&line, format, ap);
	va_end(ap);
	utter(LOGGER_INFO, &line);
	buf_free(&line);
}

/* Trouble. */
static void
fault(const char *format, ...)
{
	struct buf line = { 0 };
	va_list ap;

	va_start(ap, format);
	buf_vfmt(&line, format, ap);
	va_end(ap);
	utter(LOGGER_WARNING, &line);
	buf_free(&line);
}

/* Each line of text by itself. */
static void
say_lines(enum logger_level level, struct str text)
{
	struct buf line = { 0 };

	while (text.n) {
		buf_clear(&line);
		buf_clean(&line, str_cut(&text, '\n'), LOG_TEXT);
		utter(level, &line);
	}
	buf_free(&line);
}

/* Text of others made fit for a log; the result lives until the next call
 * with the same slot. */
static const char *
clean(int slot, struct str text)
{
	static struct buf slots[3];

	buf_clear(&slots[slot]);
	buf_clean(&slots[slot], text, LOG_TEXT);
	return buf_z(&slots[slot]);
}

static void
say_refused(const struct flight *f)
{
	size_t i, at = 0, k = 0;
	struct str recipient = { 0 };

	for (i = 0; i < f->refusals; i++) {
		while (k <= f->refused[i].index) {
			recipient = envelope_next(&f->e, &at);
			k++;
		}
		fault("Recipient refused: file: %s to: <%s> reply: %s",
		    f->w->name, clean(0, recipient),
		    clean(1, buf_str(&f->refused[i].text)));
	}
}

/* ---- control files ---- */

static int
load_number(const char *name, int fallback, int least, int *value)
{
	if (conf_int(name, fallback, value) < 0)
		return -1;
	if (*value < least) {
		fault("%s: %d makes no sense, using %d", name, *value, fallback);
		*value = fallback;
	}
	return 0;
}

static int
load_settings(struct settings *set, const struct buf *me)
{
	int rc = conf_line("helohost", &set->helohost);

	if (rc == 0)
		buf_set(&set->helohost, buf_str(me));
	if (rc < 0 || load_number("pausetime", 60, 0, &set->pausetime) < 0 ||
	    load_number("maxpause", 86400, 1, &set->maxpause) < 0 ||
	    load_number("sendtimeout", 3600, 0, &set->sendtimeout) < 0 ||
	    load_number("delaywarn", 0, 0, &set->delaywarn) < 0 ||
	    conf_int("queuelifetime", 604800, &set->queuelifetime) < 0)
		return -1;
	return remotes_load(&set->remotes);
}

static void
free_settings(struct settings *set)
{
	remotes_free(&set->remotes);
	buf_free(&set->helohost);
}

/* Reads all control files, or keeps what there was. 0 if there is something
 * to work with. */
static int
configure(struct sender *s, int first)
{
	struct settings set = { 0 };

	if (load_settings(&set, &s->me) < 0) {
		free_settings(&set);
		cli_warn("Error: %s", conf_why());
		if (first)
			exit(ERR_CONFIG);
		fault("Could not load the config");
		return -1;
	}
	if (first || set.pausetime != s->set.pausetime)
		s->pause = set.pausetime;
	free_settings(&s->set);
	s->set = set;
	if (set.remotes.count)
		return 0;
	fault("No remote hosts listed for delivery");
	if (!first)
		fault("Could not load the config");
	return -1;
}

static int
one_shot(const struct sender *s)
{
	return s->once || !s->set.pausetime;
}

/* ---- time ---- */

static long long
now(void)
{
	return (long long)time(NULL);
}

/* A message is not older because somebody set the clock. */
static void
watch_clock(struct sender *s)
{
	long long offset = now() - clock_ms() / 1000;
	long long jump = offset - s->clock_offset;

	if (jump > -CLOCK_SLACK && jump < CLOCK_SLACK)
		return;
	s->clock_offset = offset;
	say("The clock was set %s by %lld seconds",
	    jump > 0 ? "forward" : "back", jump > 0 ? jump : -jump);
	backlog_clock_jumped(&s->backlog, jump);
}

static int
expired(const struct sender *s, const struct waiting *w)
{
	return backlog_age(w, now()) > s->set.queuelifetime ||
	    s->set.queuelifetime < 0;
}

static int
delayed(const struct sender *s, const struct waiting *w)
{
	return s->set.delaywarn && !w->warned &&
	    backlog_age(w, now()) > s->set.delaywarn;
}

/* ---- the spool ---- */

static void
scan(struct sender *s)
{
	struct buf notes = { 0 };
	size_t i;

	say("Rescanning queue.");
	if (backlog_scan(&s->backlog, &s->spool, now(), &notes) < 0)
		fault("Cannot open queue directory: %s", strerror(errno));
	say_lines(LOGGER_WARNING, buf_str(&notes));
	buf_free(&notes);
	for (i = 0; i < s->place_count; i++)
		s->places[i].cursor = s->places[i].lates = 0;
}

static void
write_status(struct sender *s, long long next)
{
	struct buf text = { 0 }, name = { 0 };
	int fd;

	backlog_status(&s->backlog, next, &text);
	if (str_eq(buf_str(&text), buf_str(&s->status))) {
		buf_free(&text);
		return;
	}
	buf_set(&s->status, buf_str(&text));
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
	backlog_recall(&s->backlog, buf_str(&text));
	buf_free(&text);
}

/* Sets mask to the recipients whose fate is a or b; returns their number. */
static size_t
select_fates(const unsigned char *fate, size_t count, enum fate a,
    enum fate b, unsigned char *mask)
{
	size_t i, n = 0;

	for (i = 0; i < count; i++)
		n += mask[i] = fate[i] == a || fate[i] == b;
	return n;
}

/* Rewrites the queue file for the n recipients in mask, or removes it when
 * there are none. */
static int
keep_recipients(struct sender *s, struct waiting *w, const struct flight *f,
    const unsigned char *mask, size_t n)
{
	if (n)
		return spool_copy(&s->spool, f->fd, &f->e, mask,
		    s->spool.queue, w->name);
	if (unlinkat(s->spool.queue, w->name, 0) < 0 && errno != ENOENT)
		return -1;
	w->state = WAITING_GONE;
	return 0;
}

/* What has been delivered must not be sent again although the file names it.
 * The file names all recipients, or all but those delivered. */
static void
remember(struct waiting *w, const unsigned char *fate, size_t count,
    int all_named)
{
	size_t i, n = 0;

	fault("Can't rewrite file %s: %s; it waits until that works", w->name,
	    strerror(errno));
	if (!w->outcome)
		backlog_failed(w, STR(""), ERR_OK, STR(""), now());
	free(w->outcome->keep);
	w->outcome->keep = mem_new(count, 1);
	for (i = 0; i < count; i++)
		if (all_named || fate[i] != DELIVERED)
			w->outcome->keep[n++] = all_named ?
			    fate[i] != DELIVERED : fate[i] == DEFERRED;
}

/* The delivered are taken off the queue file at once, so that no crash sends
 * to them again. 0, or -1 when that must wait. */
static int
drop_delivered(struct sender *s, struct flight *f, const unsigned char *fate)
{
	unsigned char *mask = mem_new(f->e.count, 1);
	size_t n = select_fates(fate, f->e.count, FAILED, DEFERRED, mask);
	int rc = 0;

	if (n < f->e.count)
		rc = keep_recipients(s, f->w, f, mask, n);
	if (rc < 0)
		remember(f->w, fate, f->e.count, 1);
	free(mask);
	return rc;
}

/* The failed move to failed/: with the file if nobody else is left in it,
 * else with a copy of their own. */
static void
move_failed(struct sender *s, struct flight *f, const unsigned char *fate)
{
	unsigned char *mask = mem_new(f->e.count, 1);
	size_t deferred = select_fates(fate, f->e.count, DEFERRED, DEFERRED,
	    mask);
	int rc;

	if (!deferred) {
		rc = renameat(s->spool.queue, f->w->name, s->spool.failed,
		    f->w->name);
		f->w->state = rc < 0 ? f->w->state : WAITING_GONE;
	} else {
		select_fates(fate, f->e.count, FAILED, FAILED, mask);
		rc = spool_copy(&s->spool, f->fd, &f->e, mask,
		    s->spool.failed, f->w->name);
		select_fates(fate, f->e.count, DEFERRED, DEFERRED, mask);
		if (rc == 0 && keep_recipients(s, f->w, f, mask,
		    deferred) < 0)
			remember(f->w, fate, f->e.count, 0);
	}
	if (rc < 0)
		fault("Can't rename file: %s", strerror(errno));
	free(mask);
}

/* Tries again what remember noted. 0 if the file is right, 1 if it is so only
 * now and has to be opened again, -1 if it is not. */
static int
catch_up(struct sender *s, struct waiting *w, const struct flight *f)
{
	struct outcome *o = w->outcome;
	size_t i, n = 0;

	if (!o || !o->keep)
		return 0;
	for (i = 0; i < f->e.count; i++)
		n += o->keep[i];
	if (keep_recipients(s, w, f, o->keep, n) < 0) {
		fault("Can't rewrite file %s: %s", w->name, strerror(errno));
		return -1;
	}
	free(o->keep);
	o->keep = NULL;
	return 1;
}

/* ---- one message ---- */

static void
say_message_id(const struct flight *f)
{
	char block[HEADER_MAX];
	ssize_t n = pread(f->fd, block, sizeof block, f->e.body);
	struct str header = { block, n > 0 ? (size_t)n : 0 }, line;

	while (header.n && (line = str_trim(str_cut(&header, '\n'))).n)
		if (str_istarts(line, STR("message-id:")))
			say("%s", clean(0, line));
}

/* The log speaks of one message of a session at a time, so one that was
 * handed over ahead is announced when its predecessor is done. */
static void
announce(struct flight *f, const struct session *n)
{
	struct buf line = { 0 };
	struct str recipient;
	const char *separator = " <";
	size_t at = 0;

	if (f->announced)
		return;
	f->announced = 1;
	say("Starting delivery: host: %s protocol: %s file: %s",
	    clean(0, buf_str(&n->host)), clean(1, buf_str(&n->protocol)),
	    f->w->name);
	buf_cat(&line, STR("From: <"), envelope_sender(&f->e), STR("> to:"));
	while ((recipient = envelope_next(&f->e, &at)).p) {
		buf_cat(&line, str_of(separator), recipient, STR(">"));
		separator = ", <";
	}
	say("%s", buf_z(&line));
	buf_free(&line);
	say_message_id(f);
}

static void
free_flight(struct flight *f)
{
	size_t i;

	for (i = 0; i < f->refusals; i++)
		buf_free(&f->refused[i].text);
	free(f->refused);
	if (f->fd >= 0)
		close(f->fd);
	envelope_free(&f->e);
}

/* No message before w needs to be looked at for the remote whose turn it is. */
static void
look_from(struct sender *s, struct waiting *w)
{
	struct place *p;

	while (w->turn < s->place_count && s->places[w->turn].dead)
		w->turn++;
	p = s->places + w->turn;
	if (w->turn < s->place_count && p->cursor > w->index)
		p->cursor = w->index;
}

/* The message leaves the session. Its turn with this remote is over, unless
 * again is set. */
static void
land(struct sender *s, struct session *n, int again)
{
	struct waiting *w = n->flight[0].w;
	int reported = n->flight[0].fd < 0;

	free_flight(&n->flight[0]);
	n->flights--;
	memmove(n->flight, n->flight + 1, n->flights * sizeof n->flight[0]);
	if (w->state == WAITING_BUSY && !reported)
		w->state = WAITING_READY;
	w->turn += !again;
	look_from(s, w);
	if (n->flights && !n->stopping && n->place && !n->place->dead)
		announce(&n->flight[0], n);
}

static const char *
what_next(const struct sender *s, const struct waiting *w)
{
	static char text[48];
	size_t i;

	for (i = w->turn + 1u; i < s->place_count; i++)
		if (!s->places[i].dead)
			return "the next remote";
	if (one_shot(s))
		return "the next run";
	snprintf(text, sizeof text, "try again in %lld s", s->pause);
	return text;
}

static void
say_failed(const struct sender *s, const struct session *n,
    const struct flight *f, int code, const char *stage, struct str text)
{
	fault("Attempt failed: file: %s host: %s address: %s stage: %s "
	    "reply: %s next: %s", f->w->name, clean(0, buf_str(&n->host)),
	    n->peer.n ? buf_z(&n->peer) : "none", stage,
	    text.n ? clean(1, text) : err_text(code),
	    err_is_permanent(code) ? "none" : what_next(s, f->w));
}

static void
count_fates(const struct flight *f, int code, unsigned char *fate,
    size_t *count)
{
	size_t i;

	for (i = 0; i < f->e.count; i++)
		fate[i] = !code ? DELIVERED : err_is_permanent(code) ? FAILED :
		    DEFERRED;
	for (i = 0; i < f->refusals; i++)
		if (f->refused[i].index < f->e.count)
			fate[f->refused[i].index] =
			    err_is_permanent(f->refused[i].code) ? FAILED :
			    DEFERRED;
	for (i = 0; i < f->e.count; i++)
		count[fate[i]]++;
}

/* What to call it when recipients were refused one by one: it is permanent
 * only if nobody is to be tried again. */
static int
worst_code(const struct flight *f)
{
	size_t i;

	for (i = 0; i < f->refusals; i++)
		if (!err_is_permanent(f->refused[i].code))
			return f->refused[i].code;
	return f->refused[0].code;
}

/* ---- reports ---- */

/* The text that is a recipient's own, else the message's. */
static struct str
reason_of(const struct report *r, size_t index)
{
	size_t i;

	for (i = 0; i < r->f.refusals; i++)
		if (r->f.refused[i].index == index)
			return buf_str(&r->f.refused[i].text);
	return buf_str(&r->text);
}

/* "SMTP; 550 5.1.1 no such user" */
static void
diagnose(struct buf *b, const struct report *r, size_t index)
{
	size_t i;

	for (i = 0; i < r->protocol.n; i++)
		buf_addc(b, chr_upper(r->protocol.p[i]));
	buf_cat(b, STR("; "), reason_of(r, index));
}

/* Tells of all recipients with fate FAILED, or for a delay of all. */
static void
describe(const struct report *r, struct dsn *d)
{
	struct dsn_recipient *list = mem_new(r->f.e.count, sizeof *list);
	struct str address;
	size_t at = 0, i;

	for (i = 0; (address = envelope_next(&r->f.e, &at)).p; i++) {
		struct buf status = { 0 }, diagnostic = { 0 };

		if (r->kind == DSN_FAILED && r->fate[i] != FAILED)
			continue;
		dsn_status(&status, r->kind, reason_of(r, i),
		    r->otherwise);
		diagnose(&diagnostic, r, i);
		list[d->count++] = (struct dsn_recipient){ address,
			buf_str(&status), buf_str(&diagnostic) };
	}
	d->recipients = list;
}

static int
put(void *context, struct str bytes)
{
	enqueue_write(context, bytes);
	return 0;
}

/* In a child: writes the report into the queue and exits. What it allocates
 * goes with it. */
static void
write_report(struct dsn *d, const struct report *r,
    const struct dsn_rules *rules, struct str target)
{
	struct enqueue q;
	int status;

	if (dup2(d->message, 3) < 0)
		_exit(1);
	d->message = 3;
	child_clean(4);
	signal(SIGPIPE, SIG_IGN);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	describe(r, d);
	if (enqueue_open(&q, queue_main) < 0)
		cli_die(1, "Could not run nullmailer-queue:");
	if (dsn_write(d, rules, target, put, &q) < 0) {
		cli_warn("Could not write a bounce:");
		enqueue_abort(&q);
		_exit(1);
	}
	status = enqueue_commit(&q);
	_exit(status > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : !!status);
}

/* Finds out who has to know. 1; 0 if nobody, which is said; -1 if that could
 * not be found out. */
static int
find_target(const struct report *r, struct dsn *d, struct dsn_rules *rules,
    struct buf *target)
{
	struct buf why = { 0 };
	int rc = dsn_rules_load(rules);

	if (rc < 0)
		fault("Error: %s", conf_why());
	d->lines = rules->bouncelines;
	if (rc == 0)
		rc = dsn_wanted(d, &why);
	if (rc > 0 && (rc = dsn_target(d, rules, target)) == 0)
		buf_set(&why, STR("neither doublebounceto nor adminaddr "
		    "names anybody"));
	if (rc == 0) {
		if (!d->sender.n)
			say("Not generating double bounce for %s",
			    r->f.w->name);
		say("No report on %s: %s", r->f.w->name, buf_z(&why));
	}
	buf_free(&why);
	return rc;
}

/* Starts the report. 1 it is on its way, 0 there is none to be written, -1 it
 * has to be tried again later. */
static int
start_report(struct sender *s, struct report *r)
{
	struct dsn d = { 0 };
	struct dsn_rules rules = { 0 };
	struct buf target = { 0 };
	int rc;

	d.kind = r->kind;
	d.sender = envelope_sender(&r->f.e);
	d.remote = buf_str(&r->host);
	d.arrival = r->f.w->mtime;
	d.last_attempt = r->f.w->last ? r->f.w->last : now();
	d.retry_until = r->f.w->mtime + s->set.queuelifetime;
	d.message = r->f.fd;
	d.header = r->f.e.body;
	rc = find_target(r, &d, &rules, &target);
	if (rc > 0) {
		say("Generating %s for %s", r->kind == DSN_FAILED ?
		    "bounce" : "delay notification", r->f.w->name);
		r->pid = fork();
		if (r->pid == 0)
			write_report(&d, r, &rules, buf_str(&target));
		rc = r->pid < 0 ? -1 : 1;
	}
	dsn_rules_free(&rules);
	buf_free(&target);
	return rc;
}

static void
free_report(struct sender *s, struct report *r)
{
	struct report **at = &s->reports;

	while (*at && *at != r)
		at = &(*at)->next;
	if (*at)
		*at = r->next;
	free_flight(&r->f);
	free(r->fate);
	buf_free(&r->text);
	buf_free(&r->host);
	buf_free(&r->protocol);
	free(r);
}

/* The report is in the queue, or there is to be none: only now may the
 * message leave it. */
static void
finish_report(struct sender *s, struct report *r, int status)
{
	struct waiting *w = r->f.w;

	w->state = WAITING_READY;
	if (status) {
		cli_warn("nullmailer-queue failed: %d", WIFEXITED(status) ?
		    WEXITSTATUS(status) : status);
		fault("No report on %s could be queued, it stays and is "
		    "tried again", w->name);
		w->turn = (unsigned short)s->place_count;
	} else if (r->kind == DSN_FAILED) {
		move_failed(s, &r->f, r->fate);
	} else {
		w->warned = 1;
	}
	look_from(s, w);
	free_report(s, r);
}

/* Takes over f and fate. Recipients with fate FAILED leave the queue as soon
 * as whoever must know of it will. */
static void
report(struct sender *s, struct flight *f, unsigned char *fate,
    const struct report *about)
{
	struct report *r = mem_new(1, sizeof *r);
	int rc;

	r->f = *f;
	r->fate = fate;
	r->kind = about->kind;
	r->otherwise = about->otherwise;
	buf_set(&r->text, buf_str(&about->text));
	buf_set(&r->host, buf_str(&about->host));
	buf_set(&r->protocol, buf_str(&about->protocol));
	r->f.w->state = WAITING_BUSY;
	r->next = s->reports;
	s->reports = r;
	if (r->kind == DSN_FAILED)
		fault("Moving message %s into failed", r->f.w->name);
	rc = start_report(s, r);
	if (rc <= 0)
		finish_report(s, r, rc < 0);
}

static void
reap_report(struct sender *s, pid_t pid, int status)
{
	struct report *r;

	for (r = s->reports; r && r->pid != pid; r = r->next)
		continue;
	if (r)
		finish_report(s, r, status);
}

/* ---- how an attempt ends ---- */

static void
say_outcome(const struct sender *s, const struct session *n,
    const struct flight *f, const size_t *count, int code,
    const char *stage, struct str text)
{
	if (count[DELIVERED])
		say("Sent file.");
	else
		fault("Sending failed: %s", err_text(code));
	say_refused(f);
	if (code)
		say_failed(s, n, f, code, stage, text);
}

/* Sees to the file of a message that was not simply delivered or deferred. */
static void
divide(struct sender *s, struct session *n, unsigned char *fate,
    const size_t *count, struct str text)
{
	struct flight *f = &n->flight[0];
	struct report about = { 0 };

	if (drop_delivered(s, f, fate) < 0 || !count[FAILED]) {
		free(fate);
		return;
	}
	about.kind = DSN_FAILED;
	about.otherwise = STR("5.0.0");
	buf_set(&about.text, text);
	about.host = n->host;
	about.protocol = n->protocol;
	report(s, f, fate, &about);
	buf_free(&about.text);
	f->fd = -1;
	f->refused = NULL;
	f->refusals = 0;
	f->e = (struct envelope){ 0 };
}

/* A message's attempt is over: tells, and sees to the file. */
static void
conclude(struct sender *s, struct session *n, int code, const char *stage,
    struct str text)
{
	struct flight *f = &n->flight[0];
	unsigned char *fate = mem_new(f->e.count, 1);
	size_t count[FATES] = { 0 };

	announce(f, n);
	count_fates(f, code, fate, count);
	if (f->refusals && (!code || f->refusals == f->e.count)) {
		code = worst_code(f);
		text = buf_str(&f->refused[f->refusals - 1].text);
		stage = stage_name(STAGE_rcpt);
	}
	say_outcome(s, n, f, count, code, stage, text);
	if (code)
		backlog_failed(f->w, buf_str(&n->host), code, text, now());
	if (count[DEFERRED] < f->e.count)
		divide(s, n, fate, count, text);
	else
		free(fate);
	land(s, n, 0);
}

/* ---- sessions ---- */

static void
free_session(struct sender *s, struct session *n)
{
	struct session **at = &s->sessions;

	while (n->flights)
		land(s, n, 1);
	while (*at != n)
		at = &(*at)->next;
	*at = n->next;
	if (n->place)
		n->place->session = NULL;
	if (n->fd >= 0)
		close(n->fd);
	buf_free(&n->output);
	buf_free(&n->peer);
	buf_free(&n->host);
	buf_free(&n->protocol);
	free(n);
}

static struct session *
new_session(struct sender *s, struct place *p)
{
	struct session *n = mem_new(1, sizeof *n);

	n->next = s->sessions;
	s->sessions = n;
	n->place = p;
	n->fd = -1;
	n->foreign = p->foreign;
	n->deadline = CLOCK_NEVER;
	buf_set(&n->host, buf_str(&p->remote->host));
	buf_set(&n->protocol, buf_str(&p->remote->protocol));
	p->session = n;
	return n;
}

/* No more messages for it; end of file tells a worker to finish. */
static void
dismiss(struct session *n)
{
	if (n->place)
		n->place->session = NULL;
	n->place = NULL;
	if (n->fd >= 0)
		close(n->fd);
	n->fd = -1;
	n->deadline = clock_in(GRACE);
}

static void
kill_session(struct session *n)
{
	int signal = n->stopping ? SIGKILL : SIGTERM;

	kill(n->foreign ? -n->pid : n->pid, signal);
	n->stopping = 1;
	n->deadline = clock_in(GRACE);
}

static void
set_deadline(const struct sender *s, struct session *n)
{
	long long ms = (long long)s->set.sendtimeout * 1000;

	n->deadline = ms ? clock_in(ms + (n->foreign ? 0 : WORKER_GRACE)) :
	    CLOCK_NEVER;
}

/* The remote is of no use in this run; what was not sent goes elsewhere. */
static void
give_up(struct sender *s, struct place *p, int code, const char *stage,
    struct str text)
{
	size_t i;

	if (p->dead)
		return;
	p->dead = 1;
	p->code = code;
	buf_set(&p->text, text);
	for (i = 0; i < s->place_count; i++)
		s->places[i].cursor = 0;
	fault("Remote %s is left out for the rest of this run: stage: %s "
	    "reply: %s", clean(0, buf_str(&p->remote->host)), stage,
	    text.n ? clean(1, text) : err_text(code));
}

/* The session is over and holds messages: the first one failed with it, the
 * others were not tried. */
static void
fail_session(struct sender *s, struct session *n, int code,
    const char *stage, struct str text)
{
	if (n->flights)
		conclude(s, n, code, stage, text);
	while (n->flights)
		land(s, n, 1);
}

/* What a module says about itself: its own stderr, or ours in its place. */
static void
echo(const struct session *n, int code, struct str text)
{
	struct buf line = { 0 };

	buf_cat(&line, buf_str(&n->protocol), code ? STR(": Failed: ") :
	    STR(": Succeeded: "));
	buf_clean(&line, text, LOG_TEXT);
	buf_addc(&line, '\n');
	cli_write(2, &line);
	buf_free(&line);
}

static void
note_refusal(struct session *n, const struct worker_packet *p)
{
	struct flight *f = &n->flight[0];
	struct refusal *r;
	size_t i;

	for (i = 0; i < n->flights; i++)
		if (n->flight[i].id == p->id)
			f = &n->flight[i];
	f->refused = mem_resize(f->refused,
	    (f->refusals + 1) * sizeof *f->refused);
	r = &f->refused[f->refusals++];
	*r = (struct refusal){ p->index, p->code, { 0 } };
	buf_set(&r->text, (struct str){ p->text, p->n });
}

static void
on_packet(struct sender *s, struct session *n, const struct worker_packet *p)
{
	struct str text = { p->text, p->n };
	struct place *place = n->place;

	if (n->flights && p->stage >= STAGE_mail &&
	    (p->code == ERR_PROTOCOL || p->code == ERR_TIMED_OUT))
		n->flight[0].w->late = 1;
	switch (p->kind) {
	case WORKER_PEER:
		buf_set(&n->peer, text);
		break;
	case WORKER_NOTE:
		say("%s: %s", clean(0, buf_str(&n->host)), clean(1, text));
		break;
	case WORKER_RECIPIENT:
		if (n->flights)
			note_refusal(n, p);
		break;
	case WORKER_MESSAGE:
		if (!n->flights || n->flight[0].id != p->id)
			break;
		echo(n, p->code, text);
		conclude(s, n, p->code, stage_name(p->stage), text);
		set_deadline(s, n);
		break;
	case WORKER_DOWN:
		echo(n, p->code, text);
		if (place)
			give_up(s, place, p->code, stage_name(p->stage),
			    text);
		fail_session(s, n, p->code, stage_name(p->stage), text);
		break;
	}
}

static void
crashed(struct sender *s, struct session *n)
{
	if (s->stop && n->flights) {
		fault("Delivery of %s was interrupted, it stays in the queue",
		    n->flight[0].w->name);
		return;
	}
	if (!n->flights)
		return;
	n->stopping = 1;
	n->flight[0].w->late = 1;
	if (n->timed_out)
		cli_warn("%s crashed or was killed",
		    clean(0, buf_str(&n->protocol)));
	else
		fault("Sending process crashed or was killed.");
	fail_session(s, n, n->timed_out ? ERR_TIMED_OUT : ERR_UNKNOWN,
	    "session", n->timed_out ? STR("It took longer than sendtimeout") :
	    STR("The process that was sending it died"));
}

/* Takes what a worker has to say; at its end of file it is through. */
static void
hear_worker(struct sender *s, struct session *n)
{
	struct worker_packet p;
	int got = 0;

	while (n->fd >= 0 && (got = worker_packet(n->fd, &p)) > 0)
		on_packet(s, n, &p);
	if (got < 0) {
		crashed(s, n);
		dismiss(n);
	}
}

static void
hear_module(struct session *n)
{
	char block[4096];
	ssize_t got;

	while (n->fd >= 0 && (got = read(n->fd, block, sizeof block)) != 0) {
		if (got < 0 && errno != EINTR && errno != EAGAIN)
			break;
		if (got < 0)
			return;
		if (n->output.n < MODULE_TEXT)
			buf_add(&n->output, (struct str){ block, (size_t)got });
	}
	if (n->fd >= 0)
		close(n->fd);
	n->fd = -1;
}

static void
module_ended(struct sender *s, struct session *n, int status)
{
	struct str text;
	int code;

	hear_module(n);
	text = str_trim(buf_str(&n->output));
	kill(-n->pid, SIGKILL);
	if (n->timed_out || WIFSIGNALED(status)) {
		crashed(s, n);
	} else if (n->flights) {
		code = WEXITSTATUS(status);
		if (code == ERR_EXEC && text.n)
			cli_warn("%s", clean(0, text));
		if (err_is_remote(code) && n->place)
			give_up(s, n->place, code, "module", text);
		conclude(s, n, code, "module", text);
	}
	dismiss(n);
}

static void
reap(struct sender *s)
{
	struct session *n;
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		for (n = s->sessions; n && n->pid != pid; n = n->next)
			continue;
		if (!n) {
			reap_report(s, pid, status);
			continue;
		}
		if (n->foreign)
			module_ended(s, n, status);
		else
			hear_worker(s, n);
		free_session(s, n);
	}
}

static void
timed_out(struct session *n)
{
	if (n->flights && !n->stopping) {
		fault("Sending timed out, killing protocol");
		n->timed_out = 1;
	}
	kill_session(n);
}

/* ---- handing out ---- */

static int
cannot_start(struct sender *s, struct place *p, struct session *n,
    const char *what)
{
	cli_warn("%s:", what);
	free_session(s, n);
	give_up(s, p, ERR_EXEC, "start", str_of(strerror(errno)));
	return -1;
}

static int
start_worker(struct sender *s, struct place *p)
{
	struct session *n = new_session(s, p);

	n->pid = worker_start(p->remote, buf_z(&s->set.helohost),
	    s->set.sendtimeout, &n->fd);
	return n->pid < 0 ? cannot_start(s, p, n, "Could not fork") : 0;
}

static int
start_module(struct sender *s, struct place *p, const struct flight *f)
{
	struct session *n = new_session(s, p);
	struct foreign module;
	struct buf path = { 0 };
	int rc;

	path_set(&path, PATH_MODULES, buf_z(&p->remote->protocol));
	rc = foreign_start(&module, buf_z(&path),
	    buf_str(&p->remote->options), f->fd, buf_z(&s->set.helohost));
	buf_free(&path);
	if (rc < 0)
		return cannot_start(s, p, n, "Could not fork");
	n->pid = module.pid;
	n->fd = module.out;
	if (module.options_cut)
		fault("Warning: Writing options to protocol failed");
	return 0;
}

/* Opens a queue file. 0; -1 if it is not to be had, in this run or at all. */
static int
open_file(struct sender *s, struct waiting *w, struct flight *f)
{
	*f = (struct flight){ 0 };
	f->w = w;
	f->fd = spool_message(&s->spool, w->name, NULL);
	if (f->fd >= 0 && envelope_read(f->fd, &f->e) == 0)
		return 0;
	if (errno == ENOENT) {
		w->state = WAITING_GONE;
	} else if (errno == EINVAL || errno == ELOOP) {
		fault("Can't read message: %s is no queue file, skipping it",
		    clean(0, str_of(w->name)));
		w->state = WAITING_BAD;
	} else {
		fault("Can't open file '%s': %s", w->name, strerror(errno));
		w->turn = (unsigned short)s->place_count;
	}
	free_flight(f);
	return -1;
}

/* Opens a message for delivery, after what is left to be done to its file. */
static int
open_message(struct sender *s, struct waiting *w, struct flight *f)
{
	int changed;

	if (open_file(s, w, f) < 0)
		return -1;
	changed = catch_up(s, w, f);
	if (!changed)
		return 0;
	free_flight(f);
	if (changed < 0)
		w->turn = (unsigned short)s->place_count;
	return changed > 0 && w->state == WAITING_READY ?
	    open_file(s, w, f) : -1;
}

/* Offers w to p. 0 if it is on its way, -1 if p cannot take it now. */
static int
offer(struct sender *s, struct place *p, struct waiting *w)
{
	struct flight f;
	struct session *n;

	if (open_message(s, w, &f) < 0)
		return 0;
	if (p->foreign ? start_module(s, p, &f) < 0 :
	    !p->session && start_worker(s, p) < 0) {
		free_flight(&f);
		return -1;
	}
	n = p->session;
	f.id = ++s->last_id;
	if (!n->foreign && worker_give(n->fd, f.id, f.fd) < 0) {
		free_flight(&f);
		return -1;
	}
	w->state = WAITING_BUSY;
	n->flight[n->flights++] = f;
	if (n->flights == 1) {
		announce(&n->flight[0], n);
		set_deadline(s, n);
	}
	return 0;
}

/* Reports are written one by one or nearly so. */
static int
report_room(const struct sender *s)
{
	const struct report *r;
	int n = 0;

	for (r = s->reports; r; r = r->next)
		n++;
	return n < REPORTS;
}

static int
has_room(const struct place *p)
{
	const struct session *n = p->session;

	if (!n)
		return 1;
	return !n->foreign && !n->stopping && n->flights < WORKER_HOLDS;
}

static int
is_turn_of(const struct sender *s, const struct place *p,
    struct waiting *w)
{
	if (w->state != WAITING_READY || (w->late && !p->lates))
		return 0;
	while (w->turn < s->place_count && s->places[w->turn].dead)
		w->turn++;
	return w->turn == p - s->places;
}

/* Hands messages to p while it takes them. */
static void
deal(struct sender *s, struct place *p)
{
	while (!p->dead && has_room(p) && report_room(s)) {
		if (p->cursor == s->backlog.count) {
			if (p->lates)
				return;
			p->lates = 1;
			p->cursor = 0;
			continue;
		}
		if (is_turn_of(s, p, s->backlog.list[p->cursor]) &&
		    offer(s, p, s->backlog.list[p->cursor]) < 0)
			return;
		p->cursor++;
	}
}

/* ---- queue runs ---- */

static int
is_builtin(const struct str protocol)
{
	return str_eq(protocol, STR("smtp"));
}

/* 1 if the module is another program than this one. */
static int
is_foreign(const struct str protocol)
{
	struct buf path = { 0 };
	struct stat module, self;
	int there, same;

	path_set(&path, PATH_MODULES, protocol.p);
	there = stat(buf_z(&path), &module) == 0;
	buf_free(&path);
	same = there && (stat("/proc/self/exe", &self) == 0 ||
	    stat((const char *)getauxval(AT_EXECFN), &self) == 0) &&
	    module.st_dev == self.st_dev && module.st_ino == self.st_ino;
	return !is_builtin(protocol) || (there && !same);
}

static void
make_places(struct sender *s)
{
	size_t i;

	s->place_count = s->set.remotes.count;
	s->places = mem_new(s->place_count, sizeof *s->places);
	for (i = 0; i < s->place_count; i++) {
		s->places[i].remote = &s->set.remotes.list[i];
		s->places[i].foreign =
		    is_foreign(buf_str(&s->set.remotes.list[i].protocol));
	}
}

static void
free_places(struct sender *s)
{
	size_t i;

	for (i = 0; i < s->place_count; i++) {
		if (s->places[i].session)
			dismiss(s->places[i].session);
		buf_free(&s->places[i].text);
	}
	free(s->places);
	s->places = NULL;
	s->place_count = 0;
}

/* What the last attempt left, as a report tells it. */
static void
report_outcome(struct sender *s, struct flight *f, enum dsn_kind kind)
{
	static const char untried[] = "no remote could be tried";
	struct outcome *o = f->w->outcome;
	struct report about = { 0 };
	unsigned char *fate = mem_new(f->e.count, 1);

	memset(fate, FAILED, f->e.count);
	about.kind = kind;
	about.otherwise = kind == DSN_FAILED ? STR("5.4.7") : STR("4.0.0");
	buf_set(&about.text, o && o->text.n ? buf_str(&o->text) :
	    str_of(untried));
	buf_set(&about.host, o ? buf_str(&o->remote) : STR(""));
	buf_set(&about.protocol, STR("smtp"));
	report(s, f, fate, &about);
	buf_free(&about.text);
	buf_free(&about.host);
	buf_free(&about.protocol);
}

/* Sees to what has waited too long, now that every remote has had its chance,
 * as far as reports may be written at a time. 1 when all is seen to. */
static int
see_to_old(struct sender *s)
{
	struct flight f;
	size_t i;
	int old;

	for (i = 0; i < s->backlog.count && report_room(s); i++) {
		struct waiting *w = s->backlog.list[i];

		old = expired(s, w);
		if (w->state != WAITING_READY || w->turn > s->place_count ||
		    (!old && !delayed(s, w)) || open_message(s, w, &f) < 0)
			continue;
		w->turn = (unsigned short)(s->place_count + 1);
		if (old)
			fault("Giving up on %s: it waited longer than "
			    "queuelifetime", w->name);
		report_outcome(s, &f, old ? DSN_FAILED : DSN_DELAYED);
	}
	return i == s->backlog.count;
}

static void
schedule(struct sender *s)
{
	long long wait;

	if (!backlog_size(&s->backlog))
		s->pause = s->set.maxpause;
	wait = s->pause;
	if (s->trigger < 0 && wait > POLL_PAUSE)
		wait = POLL_PAUSE;
	s->next_run = clock_in(wait * 1000);
	write_status(s, now() + wait);
	s->pause = s->pause * 2 < s->set.maxpause ? s->pause * 2 :
	    s->set.maxpause;
}

static void
end_run(struct sender *s)
{
	if (s->running) {
		say("Delivery complete, %zu message(s) remain.",
		    backlog_size(&s->backlog));
	}
	s->running = 0;
	free_places(s);
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
	if (configure(s, 0) == 0 && backlog_size(&s->backlog)) {
		for (i = 0; i < s->backlog.count; i++)
			s->backlog.list[i]->turn = 0;
		make_places(s);
		s->running = 1;
		s->joins_until = clock_in(JOIN_TIME);
		say("Starting delivery, %zu message(s) in queue.",
		    backlog_size(&s->backlog));
	} else {
		end_run(s);
	}
}

static int
run_is_over(const struct sender *s)
{
	const struct session *n;
	size_t i;

	for (n = s->sessions; n; n = n->next)
		if (n->flights || (n->place && n->foreign))
			return 0;
	for (i = 0; i < s->place_count; i++)
		if (!s->places[i].dead &&
		    s->places[i].cursor < s->backlog.count)
			return 0;
	return 1;
}

static void
go_on(struct sender *s)
{
	size_t i;

	for (i = 0; i < s->place_count && !s->stop; i++)
		deal(s, &s->places[i]);
	if (!s->running || !run_is_over(s))
		return;
	if (see_to_old(s) && !s->reports)
		end_run(s);
}

/* ---- events ---- */

static void
reopen_trigger(struct sender *s)
{
	if (s->trigger >= 0)
		close(s->trigger);
	s->trigger = spool_open_trigger(&s->spool);
	if (s->trigger < 0)
		fault("Could not open trigger file: %s; looking every %d s",
		    strerror(errno), POLL_PAUSE);
}

static void
trigger_pulled(struct sender *s)
{
	char bytes[1024];

	say("Trigger pulled.");
	if (s->trigger >= 0 && read(s->trigger, bytes, sizeof bytes) < 0 &&
	    errno != EAGAIN)
		fault("Could not read trigger file: %s", strerror(errno));
	reopen_trigger(s);
	s->pause = s->set.pausetime;
	if (s->running && clock_ms() < s->joins_until)
		scan(s);
	else
		s->again = 1;
}

/* Somebody put another trigger where ours was. */
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
	if (replaced)
		trigger_pulled(s);
}

/* Lines on stderr, ours and those of modules, as they come. */
static void
hear_errors(struct sender *s)
{
	char text[4096];
	ssize_t n = read(s->hum, text, sizeof text);
	struct str rest = { text, n > 0 ? (size_t)n : 0 }, line;
	struct buf copy = { 0 }, clear = { 0 };

	buf_set(&copy, rest);
	if (s->errors >= 0)
		cli_write(s->errors, &copy);
	while (rest.n) {
		line = str_cut(&rest, '\n');
		buf_clear(&clear);
		buf_clean(&clear, line, LOG_TEXT);
		logger_line(&voice.logger, memmem(line.p, line.n,
		    ": Succeeded:", 12) ? LOGGER_INFO : LOGGER_WARNING,
		    buf_str(&clear));
	}
	buf_free(&copy);
	buf_free(&clear);
}

static void
begin_stop(struct sender *s)
{
	struct session *n;

	s->stop = 1;
	s->stop_at = clock_in(GRACE);
	for (n = s->sessions; n; n = n->next)
		kill_session(n);
}

static void
on_signal(struct sender *s)
{
	struct signalfd_siginfo info;

	while (read(s->signals, &info, sizeof info) == sizeof info) {
		switch (info.ssi_signo) {
		case SIGTERM:
		case SIGINT:
			if (!s->stop)
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

static int
time_to_wait(const struct sender *s)
{
	long long until = s->running ? CLOCK_NEVER : s->next_run;
	const struct session *n;

	if (s->stop)
		until = s->stop_at;
	for (n = s->sessions; n; n = n->next)
		until = clock_first(until, n->deadline);
	return clock_left(until);
}

#define FIXED 4

/* Waits for something to happen and deals with it. */
static void
wait_for_events(struct sender *s)
{
	struct pollfd *p;
	struct session *n, *next;
	size_t count = FIXED, i;

	for (n = s->sessions; n; n = n->next)
		count++;
	p = mem_new(count, sizeof *p);
	p[0] = (struct pollfd){ s->signals, POLLIN, 0 };
	p[1] = (struct pollfd){ s->trigger, POLLIN, 0 };
	p[2] = (struct pollfd){ s->watch, POLLIN, 0 };
	p[3] = (struct pollfd){ s->hum, POLLIN, 0 };
	for (i = FIXED, n = s->sessions; n; n = n->next)
		p[i++] = (struct pollfd){ n->fd, POLLIN, 0 };
	poll(p, (nfds_t)count, time_to_wait(s));
	for (i = FIXED, n = s->sessions; n; n = next, i++) {
		next = n->next;
		if (!p[i].revents)
			continue;
		if (n->foreign)
			hear_module(n);
		else
			hear_worker(s, n);
	}
	if (p[3].revents)
		hear_errors(s);
	if (p[2].revents)
		folder_changed(s);
	if (p[1].revents)
		trigger_pulled(s);
	if (p[0].revents)
		on_signal(s);
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
		if (n->flights)
			fault("Delivery of %s was cut off, it may have been "
			    "taken", n->flight[0].w->name);
		kill(n->foreign ? -n->pid : n->pid, SIGKILL);
		free_session(s, n);
	}
	if (s->hum >= 0)
		hear_errors(s);
}

/* ---- start ---- */

static void
catch_signals(struct sender *s)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGALRM);
	sigaddset(&set, SIGCHLD);
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
	buf_free(&why);
	if (fchdir(s->spool.queue) < 0)
		cli_die(1, "Could not chdir to queue message directory.");
	s->trigger = spool_open_trigger(&s->spool);
	s->watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (s->watch >= 0) {
		struct buf path = { 0 };

		path_set(&path, PATH_SPOOL, "");
		inotify_add_watch(s->watch, buf_z(&path),
		    IN_CREATE | IN_MOVED_TO);
		buf_free(&path);
	}
}

/* One sender a spool. A daemon waits for its turn, TERM ends that. */
static void
lock_spool(struct sender *s)
{
	struct pollfd p = { s->signals, POLLIN, 0 };
	int said = 0, rc;

	while ((rc = spool_lock(&s->spool, 0)) != 0 && !s->stop) {
		if (rc < 0)
			cli_die(1, "Could not lock the spool:");
		if (one_shot(s))
			cli_die(75, "another nullmailer-send is at work");
		if (!said++)
			cli_warn("another nullmailer-send is at work, waiting");
		if (poll(&p, 1, 1000) > 0)
			on_signal(s);
	}
}

/* stderr becomes a pipe that the loop reads, so that what a module says there
 * reaches syslog too. Writing into it never waits. */
static void
divert_errors(struct sender *s)
{
	int fd[2];

	if (pipe2(fd, O_CLOEXEC | O_NONBLOCK) < 0)
		cli_die(1, "Could not create pipe:");
	s->errors = fcntl(2, F_DUPFD_CLOEXEC, 3);
	s->hum = fd[0];
	dup2(fd[1], 2);
	close(fd[1]);
	voice.to_syslog = 1;
}

/* What could go wrong has not: the shell may have its prompt back. */
static void
go_to_background(struct sender *s)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	pid_t pid = fork();

	if (pid < 0)
		cli_die(1, "Could not fork:");
	if (pid > 0)
		_exit(0);
	setsid();
	voice.to_stdout = 0;
	close(s->errors);
	s->errors = -1;
	if (null >= 0) {
		dup2(null, 0);
		dup2(null, 1);
		close(null);
	}
}

static void
begin(struct sender *s)
{
	umask(077);
	if (hostnames_me(&s->me) < 0)
		cli_die(ERR_CONFIG, "Error: %s", conf_why());
	catch_signals(s);
	open_spool(s);
	configure(s, 1);
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
	s.trigger = s.watch = s.signals = s.hum = s.errors = -1;
	begin(&s);
	if (background || to_syslog)
		divert_errors(&s);
	if (background)
		go_to_background(&s);
	lock_spool(&s);
	s.clock_offset = now() - clock_ms() / 1000;
	s.again = 1;
	if (!s.stop)
		loop(&s);
	wind_up(&s);
	return 0;
}

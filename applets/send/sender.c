/* sender - control files, clock and queue as the sender sees them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../../lib/base/clock.h"
#include "../../lib/base/mem.h"
#include "../../lib/conf/conf.h"
#include "../../lib/queue/rules.h"
#include "../cli.h"
#include "../log.h"
#include "sender.h"

#define CLOCK_SLACK 60		/* s by which clocks may drift apart */
#define SHORTAGES 10		/* pauses in a row */
#define SETTLE 1000		/* ms a name waits for its trigger */

int
sender_configure(struct sender *s, int first)
{
	struct settings set = { 0 };
	struct buf notes = { 0 };
	int rc = settings_load(&set, buf_str(&s->me), &notes);

	if (first || !remotes_equal(&set.remotes, &s->set.remotes))
		remotes_notes(&set.remotes, &notes);
	if (first)
		store_rules_check(&notes);
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
	if (!first && !remotes_equal(&set.remotes, &s->set.remotes)) {
		s->urgent = 1;
		messages_forget_lines(&s->messages);
	}
	settings_free(&s->set);
	s->set = set;
	if (set.remotes.count)
		return 0;
	log_fault("No remote hosts listed for delivery");
	if (!first)
		log_fault("Could not load the config");
	return -1;
}

int
sender_one_shot(const struct sender *s)
{
	return s->once || !s->set.pausetime;
}

int
sender_first(struct sender *s, enum said what)
{
	int first = !(s->said & (int)what);

	s->said |= (int)what;
	return first;
}

void
sender_over(struct sender *s, enum said what)
{
	s->said &= ~(int)what;
}

/* ---- time ---- */

long long
sender_now(void)
{
	return (long long)time(NULL);
}

/* A message is not older because the clock was set. */
void
sender_watch_clock(struct sender *s)
{
	long long offset = sender_now() - clock_ms() / 1000;
	long long jump = offset - s->clock_offset;

	if (jump > -CLOCK_SLACK && jump < CLOCK_SLACK)
		return;
	s->clock_offset = offset;
	s->status_changed = 1;
	log_say("The clock was set %s by %lld seconds",
	    jump > 0 ? "forward" : "back", jump > 0 ? jump : -jump);
	messages_clock_jumped(&s->messages, jump);
}

int
sender_expired(const struct sender *s, const struct message *m, long long now)
{
	return message_age(m, now) > s->set.queuelifetime ||
	    s->set.queuelifetime < 0;
}

int
sender_delayed(const struct sender *s, const struct message *m, long long now)
{
	return s->set.delaywarn && !m->warned &&
	    message_age(m, now) > s->set.delaywarn;
}

/* ---- the queue ---- */

static void
note_fresh(struct sender *s, struct message *m)
{
	if ((s->fresh_count & (s->fresh_count - 1)) == 0)
		s->fresh = mem_resize(s->fresh, (s->fresh_count ?
		    s->fresh_count * 2 : 1) * sizeof *s->fresh);
	if (!s->fresh_count)
		s->fresh_at = clock_in(SETTLE);
	s->fresh[s->fresh_count++] = m;
}

static struct messages_look
look(const struct sender *s)
{
	struct messages_look l = { sender_now(), s->set.queuelifetime,
		!sender_one_shot(s) };

	return l;
}

/* What could not be looked at may be new. */
static void
scan_later(struct sender *s)
{
	if (s->rescan)
		return;
	s->rescan = 1;
	s->fresh_at = clock_in(SETTLE);
}

/* An error of the folder is an error, and no empty queue: what was known
 * stays. */
void
sender_scan(struct sender *s)
{
	struct messages_look how = look(s);
	struct buf notes = { 0 };
	size_t i;

	s->fresh_count = 0;
	if (messages_scan(&s->messages, &s->spool, &how, &notes) == 0) {
		sender_over(s, SAID_SCAN);
		if (s->messages.unsure)
			scan_later(s);
	} else {
		if (sender_first(s, SAID_SCAN))
			log_fault("Cannot read queue directory: %s",
			    strerror(errno));
		scan_later(s);
	}
	log_faults(buf_str(&notes));
	buf_free(&notes);
	/* The list is another one. */
	if (s->running && s->all)
		s->expiring = 0;
	for (i = 0; i < s->messages.count; i++) {
		struct message *m = s->messages.list[i];

		if (!m->fresh || m->state != MESSAGE_WAITING)
			continue;
		note_fresh(s, m);
		s->named |= how.now - m->mtime <= PULL_TIME / 1000;
	}
}

void
sender_look_at(struct sender *s, const char *name)
{
	struct messages_look how = look(s);
	struct buf notes = { 0 };
	struct message *m = messages_see(&s->messages, &s->spool, name, &how,
	    &notes);

	log_faults(buf_str(&notes));
	buf_free(&notes);
	if (s->messages.unsure)
		scan_later(s);
	if (m)
		note_fresh(s, m);
}

void
sender_look(struct sender *s)
{
	char name[256];
	int rc = -1;

	if (!s->rescan)
		while ((rc = trigger_name(&s->trigger, name)) > 0) {
			sender_look_at(s, name);
			s->named |= s->fresh_count != 0;
		}
	if (rc < 0) {
		s->rescan = 0;
		sender_scan(s);
	}
	sender_recall(s);
}

void
sender_look_locked(struct sender *s)
{
	size_t i, others = s->fresh_count;

	s->locked_at = CLOCK_NEVER;
	for (i = 0; i < s->messages.count; i++) {
		struct message *m = s->messages.list[i];

		if (!m->locked || m->state != MESSAGE_WAITING)
			continue;
		m->locked = 0;
		m->fresh = 1;
		note_fresh(s, m);
	}
	if (!others && s->fresh_count)
		s->fresh_at = clock_ms();
}

/* ---- a message's file ---- */

/* Descriptors or memory are short: not now, and that is no result; but no run
 * waits for ever. As sender_open, and 0 if it is something else. */
static int
not_now(struct sender *s, struct message *m, int error)
{
	if (error != EMFILE && error != ENFILE && error != ENOMEM &&
	    error != ENOBUFS)
		return 0;
	if (sender_first(s, SAID_NOT_NOW))
		log_fault("Cannot open more files now: %s", strerror(error));
	if (++s->shortages > SHORTAGES) {
		routes_over(s, m);
		return -1;
	}
	s->not_before = clock_in(NOT_NOW);
	return 1;
}

/* Its injector is about to let go of it; or an earlier sender's worker has it,
 * which takes its time. */
static void
on_locked(struct sender *s, struct message *m)
{
	static const int pause[] = { 100, 400, 1600, 5000 };	/* ms */

	if (m->met == 2)
		log_say("%s is still being sent by a worker of an earlier "
		    "nullmailer-send", m->name);
	s->locked_at = clock_first(s->locked_at,
	    clock_in(pause[m->met]));
	m->met += m->met < 3;
	m->locked = 1;
	routes_over(s, m);
}

/* What an earlier sender's worker has delivered. */
static void
on_delivered_before(struct sender *s, struct message *m)
{
	if (spool_remove_marked(&s->spool, m->name) < 0) {
		log_fault("Can't unlink file %s: %s", m->name,
		    strerror(errno));
		routes_over(s, m);
		return;
	}
	log_say("%s was delivered by an earlier nullmailer-send", m->name);
	message_state(&s->messages, m, MESSAGE_GONE);
	sender_unsynced(s, 1);
}

/* As sender_open. */
static int
cannot_open(struct sender *s, struct message *m)
{
	int error = errno, rc;

	if ((rc = not_now(s, m, error)) != 0)
		return rc;
	if (error == ENOENT) {
		message_state(&s->messages, m, MESSAGE_GONE);
	} else if (error == EBUSY) {
		on_locked(s, m);
	} else if (error == EALREADY) {
		on_delivered_before(s, m);
	} else if (error == EINVAL || error == ELOOP) {
		log_fault("Can't read message: %s is no queue file, "
		    "skipping it", log_clean(0, str_of(m->name)));
		message_state(&s->messages, m, MESSAGE_BAD);
	} else {
		log_fault("Can't open file '%s': %s",
		    log_clean(0, str_of(m->name)), strerror(error));
		routes_over(s, m);
	}
	return -1;
}

static int
open_queued(struct sender *s, struct message *m, struct delivery *d)
{
	int unlockable = 0;

	if (delivery_open(d, &s->spool, m, &unlockable) < 0)
		return cannot_open(s, m);
	s->shortages = 0;
	if (unlockable && sender_first(s, SAID_LOCKS))
		log_fault("Warning: queue/ has no file locks, a message may "
		    "be sent twice when a sender is killed");
	return 0;
}

/* An administrator may have removed a folder. 1 if it is there again. */
static int
repair(struct sender *s)
{
	struct buf why = { 0 };
	int error = errno, rc;

	if (error != ENOENT)
		return 0;
	rc = spool_repair(&s->spool, &why);
	if (rc < 0)
		log_fault("%s", buf_z(&why));
	trigger_replaced(&s->trigger, &s->spool);
	buf_free(&why);
	errno = error;
	return rc == 0;
}

static void
cannot_rewrite(struct sender *s, struct message *m)
{
	sender_note_full(s, errno);
	log_fault("Can't rewrite file %s: %s; it waits until that works",
	    m->name, strerror(errno));
	routes_over(s, m);
}

/* Whether the name of a message that is gone is another file's. */
static int
is_another(struct sender *s, struct message *m)
{
	sender_look_at(s, m->name);
	return m->state != MESSAGE_GONE;
}

int
sender_settle(struct sender *s, struct delivery *d, enum rcpt_result which)
{
	int rc = delivery_settle(d, &s->spool, &s->messages, which);

	if (rc < 0 && repair(s)) {
		rc = delivery_catch_up(d, &s->spool, &s->messages);
		if (rc > 0 && d->m->state == MESSAGE_GONE)
			rc = is_another(s, d->m) ? 2 : 1;
	}
	if (rc < 0)
		cannot_rewrite(s, d->m);
	sender_unsynced(s, rc);
	return rc;
}

int
sender_open(struct sender *s, struct message *m, struct delivery *d)
{
	int rc, changed;

	if (sender_keep_reserve(s) < 0)
		return not_now(s, m, ENOMEM);
	rc = open_queued(s, m, d);
	if (rc)
		return rc;
	changed = delivery_catch_up(d, &s->spool, &s->messages);
	if (changed < 0 && repair(s))
		changed = delivery_catch_up(d, &s->spool, &s->messages);
	if (!changed)
		return 0;
	if (changed < 0)
		cannot_rewrite(s, m);
	delivery_free(d);
	return changed > 0 && m->state != MESSAGE_GONE ?
	    open_queued(s, m, d) : -1;
}

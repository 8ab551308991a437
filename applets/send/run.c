/* run - a queue run: every message whose turn it is is offered to each remote
 * once, in the order of `remotes`; a remote that fails as such is left out for
 * the rest of it. A run for new mail offers the new messages, and those whose
 * last attempt was a pausetime ago; others offer all. */
#include <stdlib.h>

#include "../../lib/base/clock.h"
#include "../../lib/base/mem.h"
#include "../../lib/queue/status.h"
#include "../log.h"
#include "sender.h"

#define JOIN_TIME 60000		/* ms in which new mail joins a run at least;
				 * then only if nothing waits for its end ... */
#define JOIN_MAX 3600000	/* ... and never after these */

void
run_write_status(struct sender *s)
{
	const struct attempt *reason = s->reason.text.n ? &s->reason : NULL;
	struct buf text = { 0 };
	long long next = s->running ? sender_now() + s->pause :
	    sender_now() + (s->next_run - clock_ms() + 999) / 1000;

	if (!s->status_changed)
		return;
	history_write(&s->messages, &s->histories, reason, next, &text);
	buf_add(&text, buf_str(&s->unknown));
	s->status_changed = status_write(&s->spool, &text, &s->status) < 0;
	buf_free(&text);
}

/* ---- the end ---- */

/* When the next run begins by itself. The pause doubles after one that
 * delivered nothing; one for new mail moves no timer but to an earlier time. */
static void
schedule(struct sender *s)
{
	long long wait, at;

	if (!s->messages.waiting)
		s->pause = s->set.maxpause;
	else if (s->delivered)
		s->pause = s->set.pausetime;
	wait = s->pause;
	if (s->trigger.fd < 0 && wait > POLL_PAUSE)
		wait = POLL_PAUSE;
	at = clock_in(wait * 1000);
	at = clock_first(at, s->due_at);
	if (s->all || !s->messages.waiting || s->next_run < clock_ms())
		s->next_run = at;
	else
		s->next_run = clock_first(at, s->next_run);
	if (s->all && !s->delivered)
		s->pause = s->pause * 2 < s->set.maxpause ? s->pause * 2 :
		    s->set.maxpause;
}

static void
end_run(struct sender *s)
{
	if (s->running)
		log_say("Delivery complete, %zu message(s) remain.",
		    s->messages.waiting);
	s->running = 0;
	routes_free(s);
	messages_sweep(&s->messages);
	if (s->sync_at != CLOCK_NEVER)
		sender_sync(s);
	schedule(s);
	s->status_changed |= s->all;
	run_write_status(s);
}

/* ---- the beginning ---- */

/* What was tried less than a pausetime ago is not, unless an administrator
 * wants it. */
static int
is_due(struct sender *s, const struct message *m, int wanted)
{
	const struct attempt *a = m->attempt;
	long long age = a ? sender_now() - a->last : -1;
	int pause = s->set.pausetime < s->set.maxpause ? s->set.pausetime :
	    s->set.maxpause;

	if (wanted == RUN_ALL || m->fresh || age < 0 || age >= pause)
		return 1;
	s->due_at = clock_first(s->due_at, clock_in((pause - age) * 1000));
	return 0;
}

static void
begin_turn(struct sender *s, struct message *m)
{
	if (m->attempt)
		buf_clear(&m->attempt->unfit);
	if (m->attempt && m->attempt->not_before <= clock_ms())
		m->attempt->over = 0;
	m->turn = m->fresh = 0;
	m->looked = m->again = m->locked = 0;
	routes_offer(s, m, ROUTE_END);
}

/* Those of the list that wait and are due, oldest first. One that has changed
 * several times may stand in it several times. */
static void
offer_list(struct sender *s, struct message *const *list, size_t count,
    int wanted)
{
	struct message **due = mem_new(count ? count : 1, sizeof *due);
	size_t i, n = 0;

	for (i = 0; i < count; i++)
		if (list[i]->state == MESSAGE_WAITING &&
		    is_due(s, list[i], wanted))
			due[n++] = list[i];
	messages_sort(due, n);
	for (i = 0; i < n; i++)
		if (due[i]->state == MESSAGE_WAITING)
			begin_turn(s, due[i]);
	free(due);
}

/* All are offered, or there is nothing to offer them to. */
static void
forget_fresh(struct sender *s)
{
	free(s->fresh);
	s->fresh = NULL;
	s->fresh_count = 0;
}

static void
offer_fresh(struct sender *s)
{
	struct message **list = s->fresh;
	size_t count = s->fresh_count;

	s->fresh = NULL;
	s->fresh_count = 0;
	offer_list(s, list, count, RUN_NEW);
	free(list);
}

void
run_begin(struct sender *s)
{
	int wanted = s->wanted;
	long long ms = clock_ms();

	s->wanted = RUN_NONE;
	s->all = wanted != RUN_NEW || !s->all_began ||
	    ms - s->all_began >= (long long)s->set.pausetime * 1000;
	s->deferred = 0;
	sender_look_for_room(s);
	sender_over(s, SAID_NOT_NOW);
	s->due_at = CLOCK_NEVER;
	s->delivered = 0;
	s->run_began = ms;
	buf_clear(&s->reason.text);
	log_say("Rescanning queue.");
	sender_look(s);
	if (s->named)
		s->pulls_until = clock_in(PULL_TIME);
	s->named = 0;
	if (sender_configure(s, 0) < 0 || !s->messages.waiting) {
		forget_fresh(s);
		end_run(s);
		return;
	}
	s->running = 1;
	log_say("Starting delivery, %zu message(s) in queue.",
	    s->messages.waiting);
	routes_make(s);
	s->expiring = s->all ? 0 : s->messages.count;
	if (s->all) {
		s->all_began = ms ? ms : 1;
		forget_fresh(s);
		offer_list(s, s->messages.list, s->messages.count, wanted);
	} else {
		offer_fresh(s);
	}
}

/* ---- while it goes on ---- */

static int
may_join(const struct sender *s)
{
	long long age = clock_ms() - s->run_began;
	long long least = (long long)s->set.pausetime * 1000;

	if (least < JOIN_TIME)
		least = JOIN_TIME;
	return sender_one_shot(s) || (age < JOIN_MAX && (age < least ||
	    (!s->deferred && s->wanted == RUN_NONE)));
}

void
run_join(struct sender *s)
{
	if (!s->fresh_count)
		return;
	if (s->running && may_join(s)) {
		offer_fresh(s);
		return;
	}
	if (!s->rescan)
		s->fresh_at = CLOCK_NEVER;
	if (s->wanted == RUN_NONE)
		s->wanted = RUN_NEW;
}

static int
run_is_over(const struct sender *s)
{
	const struct agent *a;
	size_t i;

	for (a = s->agents; a; a = a->next)
		if (a->deliveries)
			return 0;
	for (i = 0; i < s->route_count; i++)
		if (!s->routes[i].dead && route_waiting(&s->routes[i]))
			return 0;
	return 1;
}

void
run_advance(struct sender *s)
{
	size_t i;

	s->expire_at = CLOCK_NEVER;
	if (s->look) {
		s->look = 0;
		s->pulls_until = clock_in(PULL_TIME);
		sender_look(s);
		run_join(s);
	}
	for (i = 0; i < s->route_count && !s->stop; i++)
		dispatch(s, &s->routes[i]);
	if (s->running && run_is_over(s) && reports_expire(s) && !s->look)
		end_run(s);
}

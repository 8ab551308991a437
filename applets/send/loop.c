/* loop - what comes next: queue runs, timers, and what signals and the trigger
 * ask for. */
#include <signal.h>

#include "../../lib/base/clock.h"
#include "../log.h"
#include "sender.h"

#define CLEAN 3600000		/* ms between looks at tmp/ */
#define SCANS 3			/* tries of a one-shot sender to read queue/ */
#define SHOW 200		/* ms between moves of the line for progress */

static void
begin_stop(struct sender *s)
{
	struct agent *a;

	if (s->stop)
		return;
	s->stop = 1;
	s->stop_at = clock_in(GRACE);
	for (a = s->agents; a; a = a->next)
		agent_kill(a, GRACE);
}

void
loop_signal(struct sender *s, int signal)
{
	switch (signal) {
	case SIGTERM:
	case SIGINT:
		begin_stop(s);
		break;
	case SIGALRM:
	case SIGHUP:
		s->urgent = 1;
		s->wanted = RUN_ALL;
		break;
	case SIGCHLD:
		deliver_reap(s);
		break;
	}
}

/* With nothing new, and none offered just now, the administrator wants all to
 * be tried. */
void
loop_pulled(struct sender *s)
{
	log_say("Trigger pulled.");
	s->pause = s->set.pausetime;
	sender_look(s);
	if (s->trigger.all) {
		s->trigger.all = 0;
		s->urgent = 1;
		s->wanted = RUN_ALL;
	} else if (s->fresh_count) {
		/* The pulls of the others are still to come. */
		if (s->fresh_count > 1 || clock_ms() < s->pulls_until)
			s->pulls_until = clock_in(PULL_TIME);
		run_join(s);
	} else if (!s->rescan && clock_ms() >= s->pulls_until)
		s->wanted = RUN_ALL;
	s->named = 0;
}

static void
check_deadlines(struct sender *s)
{
	struct agent *a;

	for (a = s->agents; a; a = a->next)
		if (clock_left(a->deadline) == 0)
			deliver_timed_out(a);
}

/* The spool as it should be: synced, without debris, with its folders. */
static void
keep_house(struct sender *s)
{
	struct buf why = { 0 };

	if (s->sync_at != CLOCK_NEVER && clock_left(s->sync_at) == 0)
		sender_sync(s);
	if (clock_left(s->clean_at) != 0)
		return;
	s->clean_at = clock_in(CLEAN);
	spool_clean(&s->spool);
	sender_clean_failed(s, FAILURES_MAX);
	if (spool_repair(&s->spool, &why) < 0)
		log_fault("%s", buf_z(&why));
	/* A trigger that was made again is no pull. */
	trigger_replaced(&s->trigger, &s->spool);
	buf_free(&why);
}

/* The line moves at events, and makes none. */
static void
show_progress(struct sender *s, const char *end)
{
	struct buf line = { 0 };

	if (!s->watched || (!*end && clock_left(s->shown_at) > 0))
		return;
	progress_line(&s->progress, s->messages.waiting, &line);
	buf_add(&line, str_of(end));
	str_write(2, buf_str(&line));
	buf_free(&line);
	s->shown_at = clock_in(SHOW);
}

static long long
wait_until(const struct sender *s)
{
	long long until = s->running ? CLOCK_NEVER : s->next_run;
	const struct agent *a;

	if (s->running)
		until = clock_first(dispatch_again_at(s), s->expire_at);
	if (s->fresh_count)
		until = clock_first(until, s->fresh_at);
	if (s->rescan)
		until = clock_first(until, s->fresh_at);
	until = clock_first(until, s->locked_at);
	until = clock_first(until, s->sync_at);
	for (a = s->agents; a; a = a->next)
		until = clock_first(until, a->deadline);
	return until;
}

/* A one-shot sender has done its run; but where the folder could not be read
 * that was no run. */
static int
try_again(struct sender *s)
{
	if (!s->rescan || s->scans++ >= SCANS)
		return 0;
	events_wait(s, s->fresh_at);
	s->wanted = RUN_DUE;
	return 1;
}

void
loop(struct sender *s)
{
	while (!s->stop) {
		sender_watch_clock(s);
		if (!s->running && s->wanted == RUN_NONE &&
		    clock_left(s->next_run) == 0)
			s->wanted = RUN_DUE;
		if (!s->running && s->wanted != RUN_NONE)
			run_begin(s);
		if (s->rescan && clock_left(s->fresh_at) == 0)
			sender_look(s);
		if (clock_left(s->locked_at) == 0)
			sender_look_locked(s);
		if (s->fresh_count && clock_left(s->fresh_at) == 0)
			run_join(s);
		run_advance(s);
		show_progress(s, "");
		if (!s->running && sender_one_shot(s) && !try_again(s))
			break;
		keep_house(s);
		if (s->running || s->wanted == RUN_NONE)
			events_wait(s, wait_until(s));
		check_deadlines(s);
	}
}

/* Waits up to GRACE ms for children, then kills them. */
void
loop_end(struct sender *s)
{
	struct agent *a;

	if (!s->stop)
		s->stop_at = clock_in(GRACE);
	s->stop = 1;
	while ((s->agents || s->bounces) && clock_left(s->stop_at) > 0)
		events_wait(s, s->stop_at);
	while ((a = s->agents) != NULL) {
		while (a->deliveries) {
			struct delivery d;

			journal_cut_off(a);
			d = agent_take(a, 0);
			delivery_free(&d);
		}
		a->signals++;
		agent_kill(a, 0);
		route_forget(s, a);
	}
	show_progress(s, "\n");
	sender_sync(s);
	/* The run may not be over. */
	run_write_status(s);
}

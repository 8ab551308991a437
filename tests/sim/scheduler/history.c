/* history - lives of senders, one after the other, and the end of it all. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../../../applets/applets.h"
#include "../../../applets/send/sender.h"
#include "real.h"
#include "spool.h"
#include "sim.h"

#define CALM_LOOK 20000		/* ms between looks whether all is done: at
				 * first, and at most */
#define CALM_LOOK_MOST 900000
#define LEAK 16384		/* bytes */
#define CALM_MOST (48 * 3600000LL)

static long long calm_since;
static int ending;

/* ---- the end ---- */

static void
must_have_ended(int unused)
{
	(void)unused;
	check(!w.sender, "TERM does not end the sender");
}

static void
end_history(void)
{
	ending = 1;
	if (!w.sender) {
		w.over = 1;
		return;
	}
	say("machine: TERM");
	send_signal(SIGTERM);
	later(30000, must_have_ended, 0);
}

/* What a sender that does nothing waits for. */
static void
say_stuck(void)
{
	const struct sender *s = w.sender;
	const struct agent *a;
	size_t i;

	if (!s)
		return;
	say("stuck: running %d all %d fresh %zu rescan %d look %d expiring "
	    "%zu of %zu bounces %d next_run %lld", s->running, s->all,
	    s->fresh_count, s->rescan, s->look, s->expiring,
	    s->messages.count, s->bounces != NULL, s->next_run);
	for (i = 0; i < s->route_count; i++)
		say("stuck: route %zu dead %d sessions %d of %d line %zu last "
		    "%zu not before %lld", i, s->routes[i].dead,
		    s->routes[i].sessions, s->routes[i].max_sessions,
		    s->routes[i].line.count, s->routes[i].last.count,
		    s->routes[i].not_before);
	for (a = s->agents; a; a = a->next)
		say("stuck: agent %d deliveries %zu window %zu ready %lld "
		    "signals %d deadline %lld", a->pid, a->deliveries,
		    a->window, a->ready, a->signals, a->deadline);
}

static void
look_calm(int ms)
{
	int first = -1, left = spool_left(&first);

	if (!left) {
		end_history();
		return;
	}
	if (w.now - calm_since >= CALM_MOST)
		say_stuck();
	check(w.now - calm_since < CALM_MOST, "all is well for two days, and "
	    "%d messages still wait, m%d the first", left, first);
	later(ms, look_calm, 2 * ms < CALM_LOOK_MOST ? 2 * ms :
	    CALM_LOOK_MOST);
}

static void
begin_calm(int unused)
{
	say("all is well from now on");
	w.calm = 1;
	w.step_left = 0;
	calm_since = w.now;
	faults_end();
	servers_calm();
	admin_calm();
	later(CALM_LOOK, look_calm, CALM_LOOK);
	(void)unused;
}

/* ---- a life ---- */

/* Calls until a kill: most senders die early, if at all. */
static int
steps_to_live(void)
{
	unsigned most = 30;

	if (w.calm || chance(400))
		return 0;
	while (most < 20000 && chance(750))
		most *= 2;
	return 1 + (int)pick(most);
}

static int
live(void)
{
	char name[] = "nullmailer-send", once[] = "--once";
	char *argv[] = { name, once, NULL };
	int how = setjmp(w.life);

	if (how)
		return how;
	system_begin();
	files_reset();
	w.lives++;
	w.step_left = steps_to_live();
	w.inside = 1;
	argv[1] = w.one_shot && !w.calm ? once : NULL;
	send_main(argv[1] ? 2 : 1, argv);
	w.inside = 0;
	return EXITED;
}

/* In one call, as it is asked after each life. */
static int
count_descriptors(void)
{
	struct pollfd all[HIGH];
	int i, n = 0;

	for (i = 0; i < HIGH; i++)
		all[i] = (struct pollfd){ .fd = i };
	__real_poll(all, HIGH, 0);
	for (i = 3; i < HIGH; i++)
		n += !(all[i].revents & POLLNVAL);
	return n;
}

/* What a sender that has ended leaves: a few buffers that stay for the next
 * use, the lock, and reports that took too long. */
static void
check_leaks(void)
{
	int n = count_descriptors(), reports = reports_unread();

	check(w.memory < LEAK * (1 + reports), "the sender has left %ld bytes",
	    w.memory);
	check(n <= 8 + 2 * reports, "the sender has left %d descriptors", n);
}

static void
bury(int how)
{
	w.inside = 0;
	if (how == EXITED && !exit_code)
		check_leaks();
	w.sender = NULL;
	syscall(SYS_close_range, 3, HIGH - 1, 0);
	say("sender: %s", how == KILLED ? "killed" : "ended");
	w.died += how == KILLED || exit_code;
	workers_orphan();
	ledger_death();
	ledger_check(how == KILLED ? "after a kill" : "after an end");
	rules_end_of_life();
}

/* Time without a sender. */
static void
pass_time(long long ms)
{
	long long until = w.now + ms, next;

	while (!w.over && w.now < until) {
		next = next_event();
		w.now = next < until ? next > w.now ? next : w.now : until;
		run_events();
	}
}

static void
live_and_die(void)
{
	int how;

	exit_code = 0;
	say("sender: life %d begins", w.lives + 1);
	how = live();
	bury(how);
	check(how != EXITED || !exit_code || w.faults || !conf.lines ||
	    !w.calm, "the sender ends with %d", exit_code);
	if (ending)
		w.over = 1;
	else
		pass_time(pick(chance(500) ? 2000 : 60000));
}

/* ---- the plan ---- */

static void
choose_world(void)
{
	w.now = 100000 + pick(1000000);
	w.wall = chance(950) ? BUILD_DATE + 1000000 + (long long)pick(1000000)
	    : 1000;
	w.no_locks = chance(50);
	w.no_marks = chance(50);
	w.no_links = chance(50);
	w.no_watch = chance(100);
	w.wrong = chance(100);
	w.one_shot = chance(100);
}

static void
say_world(void)
{
	int i;

	say("world:%s%s%s%s%s", w.no_locks ? " no locks" : "",
	    w.no_marks ? " no marks" : "", w.no_links ? " no links" : "",
	    w.no_watch ? " no inotify" : "", w.one_shot ? " --once" : "");
	for (i = 0; i < conf.lines; i++)
		say("world: remote h%d, %d addresses, sick %x, window %d, "
		    "limit %d", conf.order[i], server[conf.order[i]].addresses,
		    server[conf.order[i]].sick, server[conf.order[i]].window,
		    server[conf.order[i]].limit);
}

static void
plan(void)
{
	int i, n, ms = chance(300) ? 20000 : chance(500) ? 300000 : 2000000;

	inject_event((int)pick(6));
	n = 1 + (int)pick(chance(300) ? 12 : 4);
	for (i = 0; i < n; i++)
		later(pick((unsigned)ms), inject_event, chance(50) ?
		    1 + (int)pick(25) : 1 + (int)pick(3));
	n = chance(400) ? 0 : (int)pick(12);
	for (i = 0; i < n; i++)
		later(pick((unsigned)ms), admin_event, 0);
	n = chance(300) ? 0 : 1 + (int)pick(6);
	for (i = 0; i < n; i++)
		later(pick((unsigned)ms), server_mood, 0);
	faults_begin();
	later(ms + pick(1000), begin_calm, 0);
}

static void
begin(unsigned long seed)
{
	struct world kept = w;

	memset(&w, 0, sizeof w);
	w.trace = kept.trace;
	w.folder = kept.folder;
	w.seed = seed;
	w.random = nature(0xffffffff, 0, 0, 0) * 0x100000001ull + seed;
	ending = 0;
	clear_events();
	workers_begin();
	choose_world();
	spool_begin();
	ledger_begin();
	rules_begin();
	servers_begin();
	admin_begin();
}

int
run_history(unsigned long seed)
{
	begin(seed);
	if (setjmp(w.history)) {
		w.inside = 0;
		syscall(SYS_close_range, 3, HIGH - 1, 0);
		workers_end();
		return 1;
	}
	say_world();
	plan();
	while (!w.over)
		live_and_die();
	workers_end();
	spool_look_around();
	ledger_check("at the end");
	return 0;
}

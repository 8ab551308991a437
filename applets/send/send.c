/* send - deliver the queue to the smart hosts.
 *
 * One thread around one poll(): signals, the trigger, a descriptor for each
 * agent. It waits for nothing else and, once it runs, ends only on TERM or
 * INT or, with pausetime 0, after one queue run. Log lines:
 * nullmailer-send(8); progress on stdout, what modules say on stderr. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../lib/base/clock.h"
#include "../../lib/base/mem.h"
#include "../../lib/base/opt.h"
#include "../../lib/conf/conf.h"
#include "../../lib/conf/hostname.h"
#include "../../lib/net/sandbox.h"
#include "../applets.h"
#include "../cli.h"
#include "../log.h"
#include "sender.h"

#define PACE_CHECK_MS 20	/* ms between looks at the pace */

/* ---- events ---- */

static void
check_trigger(const struct sender *s)
{
	if (s->trigger.fd < 0)
		log_fault("Could not open trigger file: %s; looking every "
		    "%d s", strerror(errno), POLL_PAUSE);
}

static void
trigger_pulled(struct sender *s)
{
	log_say("Trigger pulled.");
	s->pause = s->set.pausetime;
	if (s->running && clock_ms() < s->joins_until)
		sender_scan(s);
	else
		s->again = 1;
}

static void
read_trigger(struct sender *s)
{
	int error, pulled = trigger_read(&s->trigger, &s->spool, &error);

	if (error)
		log_fault("Could not read trigger file: %s", strerror(error));
	check_trigger(s);
	if (pulled)
		trigger_pulled(s);
}

static void
folder_changed(struct sender *s)
{
	if (!trigger_replaced(&s->trigger, &s->spool))
		return;
	check_trigger(s);
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
	for (a = s->agents; a; a = a->next)
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
			deliver_reap(s);
			break;
		}
	}
}

static void
check_deadlines(struct sender *s)
{
	struct agent *a;

	for (a = s->agents; a; a = a->next)
		if (clock_left(a->deadline) == 0)
			deliver_timed_out(a);
}

static int
time_to_wait(const struct sender *s)
{
	long long until = s->running ? CLOCK_NEVER : s->next_run;
	const struct agent *a;

	if (s->stop)
		until = s->stop_at;
	else if (dispatch_recheck_needed(s))
		until = clock_in(PACE_CHECK_MS);
	for (a = s->agents; a; a = a->next)
		until = clock_first(until, a->deadline);
	return clock_left(until);
}

/* Descriptors that are always polled, before those of the agents. */
enum { ON_SIGNAL, ON_TRIGGER, ON_FOLDER, ON_STDERR, ON_AGENT };

/* Waits for something to happen and deals with it. */
static void
wait_for_events(struct sender *s)
{
	struct agent *a, *next;
	struct pollfd *p;
	size_t count = ON_AGENT, i = ON_AGENT;

	for (a = s->agents; a; a = a->next)
		count++;
	p = mem_new(count, sizeof *p);
	p[ON_SIGNAL].fd = s->signals;
	p[ON_TRIGGER].fd = s->trigger.fd;
	p[ON_FOLDER].fd = s->trigger.watch;
	p[ON_STDERR].fd = s->errors;
	for (a = s->agents; a; a = a->next)
		p[i++].fd = a->fd;
	for (i = 0; i < count; i++)
		p[i].events = POLLIN;
	poll(p, (nfds_t)count, time_to_wait(s));
	for (i = ON_AGENT, a = s->agents; i < count; a = next, i++) {
		next = a->next;
		if (p[i].revents)
			deliver_read(s, a);
	}
	if (p[ON_STDERR].revents)
		log_stderr();
	if (p[ON_FOLDER].revents)
		folder_changed(s);
	if (p[ON_TRIGGER].revents && s->trigger.fd >= 0)
		read_trigger(s);
	if (p[ON_SIGNAL].revents)
		on_signals(s);
	free(p);
}

static void
loop(struct sender *s)
{
	while (!s->stop) {
		sender_watch_clock(s);
		if (!s->running && (s->again || clock_left(s->next_run) == 0))
			run_begin(s);
		run_advance(s);
		if (!s->running && sender_one_shot(s))
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
	routes_free(s);
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
	while ((s->agents || s->bounces) && clock_left(s->stop_at) > 0)
		wait_for_events(s);
	while ((a = s->agents) != NULL) {
		journal_cut_off(a, 0);
		a->signals++;
		agent_kill(a, 0);
		route_forget(s, a);
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
	trigger_open(&s->trigger, &s->spool);
	check_trigger(s);
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
		if (sender_one_shot(s))
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
	sender_configure(s, 1);
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
	s.signals = s.errors = -1;
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
	s.clock_offset = sender_now() - clock_ms() / 1000;
	s.again = 1;
	if (!s.stop)
		loop(&s);
	wind_up(&s);
	release_sender(&s);
	return 0;
}

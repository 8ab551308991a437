/* events - waiting: one poll for signals, the trigger and the folders, time,
 * what modules write to standard error, and the agents. poll's own timeout
 * stands still while the machine is suspended, so time is a descriptor too. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "../../lib/base/clock.h"
#include "../../lib/base/mem.h"
#include "../cli.h"
#include "../log.h"
#include "sender.h"

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
	signal(SIGXFSZ, SIG_IGN);
	s->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (s->signals < 0)
		cli_die(1, "Could not set up signals:");
}

/* A timer that is cancelled when the clock is set; it never expires. */
static int
clock_steps(void)
{
	struct itimerspec never = { { 0, 0 }, { 0x7fffffff, 0 } };
	int fd = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);

	if (fd >= 0)
		timerfd_settime(fd, TFD_TIMER_ABSTIME |
		    TFD_TIMER_CANCEL_ON_SET, &never, NULL);
	return fd;
}

void
events_open(struct sender *s)
{
	catch_signals(s);
	s->timer = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	s->timer_set = CLOCK_NEVER;
	s->clock = clock_steps();
}

/* What is left for poll's own timeout. */
static int
set_timer(struct sender *s, long long until)
{
	struct itimerspec at = { { 0, 0 }, { 0, 0 } };

	if (s->timer < 0 || clock_left(until) == 0)
		return clock_left(until);
	if (until == s->timer_set)
		return -1;
	s->timer_set = until;
	if (until != CLOCK_NEVER) {
		at.it_value.tv_sec = (time_t)(until / 1000);
		at.it_value.tv_nsec = (long)(until % 1000) * 1000000;
	}
	timerfd_settime(s->timer, TFD_TIMER_ABSTIME, &at, NULL);
	return -1;
}

/* After an error, which is no news that may come again at once. */
static const struct timespec moment = { 1, 0 };

static void
wait_after_error(struct sender *s, const char *what)
{
	if (errno == EINTR || errno == EAGAIN)
		return;
	if (sender_first(s, SAID_NOT_NOW))
		log_fault("Cannot %s: %s", what, strerror(errno));
	nanosleep(&moment, NULL);
}

static void
read_signals(struct sender *s)
{
	struct signalfd_siginfo info;
	ssize_t n;

	while ((n = read(s->signals, &info, sizeof info)) == sizeof info)
		loop_signal(s, (int)info.ssi_signo);
	if (n < 0)
		wait_after_error(s, "read signals");
}

static void
read_timer(struct sender *s, int fd)
{
	uint64_t times;

	if (read(fd, &times, sizeof times) < 0 && errno != ECANCELED) {
		wait_after_error(s, "read the clock");
		return;
	}
	if (fd == s->timer)
		s->timer_set = CLOCK_NEVER;
}

static void
check_trigger(const struct sender *s)
{
	if (s->trigger.fd < 0)
		log_fault("Could not open trigger file: %s; looking every "
		    "%d s", strerror(errno), POLL_PAUSE);
}

static void
read_trigger(struct sender *s)
{
	int error, pulled = trigger_read(&s->trigger, &s->spool, &error);

	if (!error)
		sender_over(s, SAID_TRIGGER);
	else if (sender_first(s, SAID_TRIGGER))
		log_fault("Could not read trigger file: %s", strerror(error));
	check_trigger(s);
	if (pulled)
		loop_pulled(s);
}

/* Names in queue/ wait for their trigger; another trigger is a pull. */
static void
folder_changed(struct sender *s)
{
	if (trigger_replaced(&s->trigger, &s->spool)) {
		check_trigger(s);
		loop_pulled(s);
	} else {
		sender_look(s);
	}
}

/* Descriptors that are always polled, before those of the agents. */
enum { ON_SIGNAL, ON_TIMER, ON_CLOCK, ON_TRIGGER, ON_FOLDER, ON_STDERR,
	ON_AGENT };

static struct pollfd *
list(const struct sender *s, size_t *count)
{
	const struct agent *a;
	struct pollfd *p;
	size_t i = ON_AGENT;

	*count = ON_AGENT;
	for (a = s->agents; a; a = a->next)
		++*count;
	p = mem_new(*count, sizeof *p);
	p[ON_SIGNAL].fd = s->signals;
	p[ON_TIMER].fd = s->timer;
	p[ON_CLOCK].fd = s->clock;
	p[ON_TRIGGER].fd = s->trigger.fd;
	p[ON_FOLDER].fd = s->trigger.watch;
	p[ON_STDERR].fd = s->errors;
	for (a = s->agents; a; a = a->next)
		p[i++].fd = a->fd;
	for (i = 0; i < *count; i++)
		p[i].events = POLLIN;
	return p;
}

static void
read_agents(struct sender *s, const struct pollfd *p, size_t count)
{
	struct agent *a, *next;
	size_t i = ON_AGENT;

	for (a = s->agents; i < count; a = next, i++) {
		next = a->next;
		if (p[i].revents)
			deliver_read(s, a);
	}
}

void
events_wait(struct sender *s, long long until)
{
	size_t count;
	struct pollfd *p = list(s, &count);

	if (poll(p, (nfds_t)count, set_timer(s, until)) < 0) {
		wait_after_error(s, "wait");
		free(p);
		return;
	}
	/* What is found below has the new clock's time. */
	sender_watch_clock(s);
	read_agents(s, p, count);
	if (p[ON_STDERR].revents)
		log_stderr();
	if (p[ON_TIMER].revents)
		read_timer(s, s->timer);
	if (p[ON_CLOCK].revents)
		read_timer(s, s->clock);
	if (p[ON_FOLDER].revents)
		folder_changed(s);
	if (p[ON_TRIGGER].revents && s->trigger.fd >= 0)
		read_trigger(s);
	if (p[ON_SIGNAL].revents)
		read_signals(s);
	if (s->trigger.broken)
		nanosleep(&moment, NULL);
	s->trigger.broken = 0;
	free(p);
}

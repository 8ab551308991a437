/* system - modelled time, poll, timers, signals, processes and output. */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "../../../applets/send/sender.h"
#include "real.h"
#include "sim.h"

enum { FD_SIGNAL = MODELLED, FD_TIMER, FD_CLOCK, FD_AGENTS };

int exit_code;

static struct {
	unsigned signals;	/* pending, a bit each */
	long long timer;	/* ms, or NEVER */
	int clock_set;
	int watch;		/* inotify, one for all senders */
	char line[4096];	/* of output, not ended yet */
	size_t n;
} sys = { 0, 0, 0, -1, "", 0 };

/* ---- the end of a life ---- */

void
end_life(int how)
{
	w.inside = 0;
	longjmp(w.life, how);
}

void
__wrap_exit(int code)
{
	if (!w.inside)
		__real_exit(code);
	exit_code = code;
	end_life(EXITED);
}

void
__wrap__exit(int code)
{
	if (w.inside)
		violate("the sender leaves by _exit(%d)", code);
	__real__exit(code);
}

/* ---- time ---- */

time_t
__wrap_time(time_t *t)
{
	if (!w.inside)
		return __real_time(t);
	return (time_t)wall_now();
}

int
__wrap_clock_gettime(clockid_t id, struct timespec *t)
{
	if (!w.inside)
		return __real_clock_gettime(id, t);
	t->tv_sec = (time_t)(id == CLOCK_REALTIME ? wall_now() :
	    w.now / 1000);
	t->tv_nsec = (long)(w.now % 1000) * 1000000;
	return 0;
}

int
__wrap_nanosleep(const struct timespec *t, struct timespec *left)
{
	(void)left;
	w.now += (long long)t->tv_sec * 1000 + t->tv_nsec / 1000000;
	step(ON_OTHER, IN_NONE);
	return 0;
}

void
set_clock(long long seconds)
{
	say("clock: set by %lld s", seconds);
	w.wall += seconds;
	w.step_in_life = 1;
	sys.clock_set = 1;
	w.news++;
}

int
__wrap_timerfd_create(int clock, int how)
{
	(void)how;
	return clock == CLOCK_REALTIME ? FD_CLOCK : FD_TIMER;
}

int
__wrap_timerfd_settime(int fd, int how, const struct itimerspec *at,
    struct itimerspec *old)
{
	(void)how;
	(void)old;
	if (fd != FD_TIMER)
		return 0;
	sys.timer = at->it_value.tv_sec || at->it_value.tv_nsec ?
	    (long long)at->it_value.tv_sec * 1000 +
	    at->it_value.tv_nsec / 1000000 : NEVER;
	return 0;
}

/* ---- memory ---- */

static void
count_memory(long bytes)
{
	w.memory += bytes;
	if (w.memory > w.most_memory)
		w.most_memory = w.memory;
	check(w.memory < 8 * 1024 * 1024, "the sender has %ld bytes",
	    w.memory);
}

void *
__wrap_calloc(size_t count, size_t n)
{
	void *p = __real_calloc(count, n);

	if (w.inside)
		count_memory((long)malloc_usable_size(p));
	return p;
}

void *
__wrap_realloc(void *old, size_t n)
{
	long before = old ? (long)malloc_usable_size(old) : 0;
	void *p = __real_realloc(old, n);

	if (w.inside)
		count_memory((long)malloc_usable_size(p) - before);
	return p;
}

void
__wrap_free(void *p)
{
	if (w.inside && p)
		count_memory(-(long)malloc_usable_size(p));
	__real_free(p);
}

/* ---- signals and processes ---- */

void
send_signal(int number)
{
	if (w.sender)
		sys.signals |= 1u << number;
	w.news++;
}

int
__wrap_sigprocmask(int how, const sigset_t *set, sigset_t *old)
{
	(void)how;
	(void)set;
	(void)old;
	return 0;
}

int
__wrap_signalfd(int fd, const sigset_t *set, int how)
{
	(void)fd;
	(void)set;
	(void)how;
	return FD_SIGNAL;
}

int
__wrap_prctl(int what, ...)
{
	(void)what;
	return 0;
}

/* They are asked for each path. */
uid_t
__wrap_getuid(void)
{
	return 0;
}

uid_t
__wrap_geteuid(void)
{
	return 0;
}

gid_t
__wrap_getgid(void)
{
	return 0;
}

gid_t
__wrap_getegid(void)
{
	return 0;
}

pid_t
__wrap_getpid(void)
{
	return w.inside ? 100 + w.lives % 3 : __real_getpid();
}

/* The sender itself forks for reports only. */
pid_t
__wrap_fork(void)
{
	pid_t pid;
	int error;

	if (!w.inside)
		return __real_fork();
	error = step(ON_FORK, IN_NONE);
	w.inside = 0;
	pid = error ? -1 : report_begin();
	w.inside = 1;
	errno = error;
	return pid;
}

pid_t
__wrap_waitpid(pid_t pid, int *status, int how)
{
	if (!w.inside)
		return __real_waitpid(pid, status, how);
	step(ON_OTHER, IN_NONE);
	return proc_wait(status);
}

int
__wrap_kill(pid_t pid, int number)
{
	if (!w.inside)
		return __real_kill(pid, number);
	step(ON_OTHER, IN_NONE);
	return proc_kill(pid, number);
}

/* One watch serves all senders, as to give one back takes the kernel long. */
int
__wrap_inotify_init1(int how)
{
	char events[4096];

	if (!w.inside)
		return __real_inotify_init1(how);
	if (sys.watch < 0)
		sys.watch = fcntl(__real_inotify_init1(how), F_DUPFD_CLOEXEC,
		    HIGH);
	while (__real_read(sys.watch, events, sizeof events) > 0)
		continue;
	if (w.no_watch) {
		errno = EMFILE;
		return -1;
	}
	return dup(sys.watch);
}

/* ---- reading ---- */

static ssize_t
read_signal(void *p)
{
	struct signalfd_siginfo info = { 0 };
	unsigned number = 0;

	if (!sys.signals) {
		errno = EAGAIN;
		return -1;
	}
	while (!(sys.signals & 1u << number))
		number++;
	sys.signals &= ~(1u << number);
	info.ssi_signo = number;
	memcpy(p, &info, sizeof info);
	return sizeof info;
}

static ssize_t
read_time(int fd, void *p)
{
	uint64_t times = 1;

	if (fd == FD_CLOCK) {
		errno = sys.clock_set ? ECANCELED : EAGAIN;
		sys.clock_set = 0;
		return -1;
	}
	if (w.now < sys.timer) {
		errno = EAGAIN;
		return -1;
	}
	sys.timer = NEVER;
	memcpy(p, &times, sizeof times);
	return sizeof times;
}

static ssize_t
read_modelled(int fd, void *p, size_t n)
{
	if (fd == FD_SIGNAL)
		return read_signal(p);
	if (fd == FD_TIMER || fd == FD_CLOCK)
		return read_time(fd, p);
	return agent_fd_read(fd, p, n);
}

ssize_t
__wrap_read(int fd, void *p, size_t n)
{
	int error;

	if (!w.inside)
		return __real_read(fd, p, n);
	if (fd >= MODELLED && fd < CONTROL)
		return read_modelled(fd, p, n);
	error = step(ON_READ, fd_place(fd));
	if (error) {
		errno = error;
		return -1;
	}
	return fd >= CONTROL ? control_read(fd, p, n) :
	    __real_read(fd, p, n);
}

/* ---- output ---- */

static void
take_output(const char *p, size_t n)
{
	struct str line;

	for (; n; n--, p++) {
		if (*p != '\n' && sys.n < sizeof sys.line - 1) {
			sys.line[sys.n++] = *p;
			continue;
		}
		sys.line[sys.n] = '\0';
		line = (struct str){ sys.line, sys.n };
		sys.n = 0;
		w.lines++;
		say("send: %s", sys.line);
		rules_line(line);
	}
}

ssize_t
__wrap_write(int fd, const void *p, size_t n)
{
	struct timespec times[2];
	ssize_t done;
	int error, inside = w.inside;

	if (!inside)
		return __real_write(fd, p, n);
	if (fd == 1 || fd == 2) {
		w.inside = 0;
		take_output(p, n);
		w.inside = 1;
		return (ssize_t)n;
	}
	error = step(ON_WRITE, fd_place(fd));
	if (error) {
		errno = error;
		return -1;
	}
	done = __real_write(fd, p, n > 1 && chance(50) ? 1 + pick(20) % n :
	    n);
	times[0] = times[1] = (struct timespec){ (time_t)wall_now(), 0 };
	if (fd_place(fd) != IN_NONE)
		__real_futimens(fd, times);
	return done;
}

/* ---- waiting ---- */

static int
is_ready(const struct pollfd *p)
{
	struct pollfd real = *p;

	switch (p->fd) {
	case FD_SIGNAL:
		return sys.signals != 0;
	case FD_TIMER:
		return w.now >= sys.timer;
	case FD_CLOCK:
		return sys.clock_set;
	}
	if (p->fd >= MODELLED)
		return agent_fd_ready(p->fd);
	return p->fd >= 0 && __real_poll(&real, 1, 0) > 0;
}

static int
mark_ready(struct pollfd *p, nfds_t n)
{
	int ready = 0;
	nfds_t i;

	for (i = 0; i < n; i++) {
		p[i].revents = is_ready(&p[i]) ? POLLIN : 0;
		ready += p[i].revents != 0;
	}
	return ready;
}

/* Time goes on until something is to be read, or to the limit. */
static int
wait_ready(struct pollfd *p, nfds_t n, long long until)
{
	long long next;
	int ready;

	for (;;) {
		run_events();
		if (w.over)
			end_life(ENDED);
		ready = mark_ready(p, n);
		if (ready || w.now >= until)
			return ready;
		next = next_event();
		if (sys.timer < next)
			next = sys.timer;
		if (until < next)
			next = until;
		check(next != NEVER, "the sender waits for ever");
		if (next > w.now)
			w.now = next;
	}
}

int
__wrap_poll(struct pollfd *p, nfds_t n, int timeout)
{
	long long before = w.now;
	int ready, error;

	if (!w.inside)
		return __real_poll(p, n, timeout);
	w.polls++;
	w.calls = 0;
	error = step(ON_POLL, IN_NONE);
	if (error) {
		errno = error;
		return -1;
	}
	w.inside = 0;
	w.waits_since = w.now;
	ready = wait_ready(p, n, timeout < 0 ? NEVER : w.now + timeout);
	rules_poll(before);
	w.now += pick(2);
	w.inside = 1;
	return ready;
}

/* ---- the beginning of a life ---- */

void
system_begin(void)
{
	sys.signals = 0;
	sys.timer = NEVER;
	sys.clock_set = 0;
	sys.n = 0;
	w.calls = 0;
	w.memory = 0;
}

/* The sender is known by its first call of the kind. */
void
__wrap_events_open(struct sender *s)
{
	w.sender = s;
	__real_events_open(s);
}

/* seed - random numbers from the kernel; see seed.h. */
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/random.h>
#include <sys/time.h>

#include "seed.h"

static void
wake_up(int signal)
{
	(void)signal;
}

/* In a first boot the kernel has no entropy to give, and begins to make some
 * only when a process waits for it: a second on today's kernels, on old ones
 * perhaps for ever. A seed from elsewhere would be a weak one. */
int
seed_get(void *seed, size_t n)
{
	struct itimerval patience = { { 1, 0 }, { 10, 0 } }, none = { 0 };
	struct sigaction wake = { 0 }, old;
	ssize_t got = getrandom(seed, n, GRND_NONBLOCK);
	int error;

	if (got == (ssize_t)n)
		return 0;
	wake.sa_handler = wake_up;
	sigaction(SIGALRM, &wake, &old);
	setitimer(ITIMER_REAL, &patience, NULL);
	got = getrandom(seed, n, 0);
	error = errno;
	setitimer(ITIMER_REAL, &none, NULL);
	sigaction(SIGALRM, &old, NULL);
	errno = error == EINTR ? EAGAIN : error;
	return got == (ssize_t)n ? 0 : -1;
}

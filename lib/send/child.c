/* child - what every child of the sender does first. */
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../base/mem.h"
#include "child.h"

void
child_clean(int first)
{
	static const int caught[] = { SIGTERM, SIGINT, SIGHUP, SIGALRM,
		SIGCHLD, SIGPIPE };
	sigset_t none;
	size_t i;
	int fd;

	mem_at_end(NULL);
	for (i = 0; i < sizeof caught / sizeof caught[0]; i++)
		signal(caught[i], SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (syscall(SYS_close_range, first, ~0U, 0) == 0)
		return;
	for (fd = first; fd < 1024; fd++)
		close(fd);
}

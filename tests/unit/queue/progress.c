/* progress - what is gone is sent, what came is not, and when it will end. */
#include <string.h>

#include "../../../lib/base/buf.h"
#include "../../../lib/queue/progress.h"
#include "../t.h"

static struct progress p;
static struct buf line;

/* The line for so many, ms after the one before. */
static int
shows(size_t waiting, long long ms, const char *want)
{
	p.began -= ms;
	progress_line(&p, waiting, &line);
	return !strcmp(buf_z(&line), want);
}

int
main(void)
{
	T(shows(10, 0, "\r10 waiting, 0 sent\033[K"));
	T(shows(8, 0, "\r8 waiting, 2 sent\033[K"));
	T(shows(9, 0, "\r9 waiting, 2 sent\033[K"));
	T(shows(5, 2900, "\r5 waiting, 6 sent, 2/s, 2 s left\033[K"));
	T(shows(0, 100000, "\r0 waiting, 11 sent, 0/s, 0 s left\033[K"));
	buf_free(&line);
	return T_END();
}

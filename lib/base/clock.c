/* clock - time that only goes forward. */
#include <limits.h>
#include <time.h>

#include "clock.h"

long long
clock_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

long long
clock_in(long long ms)
{
	return ms < 0 ? CLOCK_NEVER : clock_ms() + ms;
}

int
clock_left(long long deadline)
{
	long long left;

	if (deadline == CLOCK_NEVER)
		return -1;
	left = deadline - clock_ms();
	if (left < 0)
		return 0;
	return left < INT_MAX ? (int)left : INT_MAX;
}

long long
clock_first(long long a, long long b)
{
	return a < b ? a : b;
}

/* clock - deadlines. */
#include <limits.h>
#include <unistd.h>

#include "../../../lib/base/clock.h"
#include "../t.h"

int
main(void)
{
	long long then = clock_ms(), soon = clock_in(50);

	T(then > 0 && clock_ms() >= then);
	T(clock_in(0) >= then && clock_in(0) < then + 1000);
	T(clock_in(-1) == CLOCK_NEVER);
	T(clock_left(CLOCK_NEVER) == -1);
	T(clock_left(0) == 0 && clock_left(then - 1) == 0);
	T(clock_left(soon) > 0 && clock_left(soon) <= 50);
	usleep(60000);
	T(clock_left(soon) == 0 && clock_ms() >= then + 60);
	T(clock_left(CLOCK_NEVER - 1) == INT_MAX);
	T(clock_first(1, 2) == 1 && clock_first(2, 1) == 1);
	T(clock_first(CLOCK_NEVER, 5) == 5);
	return T_END();
}

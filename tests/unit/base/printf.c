/* printf - our vsnprintf says what C99 says, directive by directive. Under a
 * sanitizer it is the C library that is asked, which must agree. */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "../t.h"

static char out[64];

#define SAYS(want, ...) \
	T(snprintf(out, sizeof out, __VA_ARGS__) == (int)strlen(want) && \
	    !strcmp(out, want))

int
main(void)
{
	char *const none = NULL;
	size_t room;

	SAYS("", "%s", "");
	SAYS("100%", "%d%%", 100);
	SAYS("-2147483648 2147483647", "%d %i", INT_MIN, INT_MAX);
	SAYS("4294967295", "%u", UINT_MAX);
	SAYS("18446744073709551615", "%llu", ULLONG_MAX);
	SAYS("-9223372036854775808", "%lld", LLONG_MIN);
	SAYS("18446744073709551615", "%zu", (size_t)ULLONG_MAX);
	SAYS("-1 1", "%ld %lu", -1L, 1UL);
	SAYS("00ff ff", "%04x %x", 255U, 255U);
	SAYS("07 7", "%02d %d", 7, 7);
	SAYS("-07", "%03d", -7);
	SAYS("  ab|ab  |", "%4s|%-4s|", "ab", "ab");
	SAYS("ab", "%.2s", "abc");
	SAYS("ab", "%.*s", 2, "abc");
	SAYS("x", "%c", 'x');
	for (room = 1; room < 9; room++) {
		T(snprintf(out, room, "%s%d", "abcd", 5) == 5);
		T(strlen(out) == (room < 6 ? room - 1 : 5));
	}
	T(snprintf(none, 0, "%s", "abc") == 3);
	return T_END();
}

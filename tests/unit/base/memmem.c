/* The C library's own may be what is tested: with SAN=1. */
#include <string.h>

#include "../t.h"

static const char text[] = "aab\0aabaac";

/* Offset of the first, or -1. */
static int
find(size_t from, size_t n, const char *what, size_t m)
{
	const char *at = memmem(text + from, n, what, m);

	return at ? (int)(at - text) : -1;
}

int
main(void)
{
	T(find(0, 10, "aab", 3) == 0);
	T(find(1, 9, "aab", 3) == 4);
	T(find(0, 10, "aac", 3) == 7);
	T(find(0, 9, "aac", 3) == -1);
	T(find(0, 10, "b\0a", 3) == 2);
	T(find(0, 10, "c", 1) == 9);
	T(find(0, 10, "d", 1) == -1);
	T(find(0, 10, text, 10) == 0);
	T(find(0, 9, text, 10) == -1);
	T(find(3, 0, "a", 1) == -1);
	T(find(3, 5, "", 0) == 3);
	T(find(3, 0, "", 0) == 3);
	return T_END();
}

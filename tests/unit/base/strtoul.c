/* The C library's own is what is tested with SAN=1. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "../t.h"

/* The number, if that is all but so many characters. */
static int
reads(const char *text, int base, unsigned long long want, size_t left)
{
	char *end;
	unsigned long long n = strtoull(text, &end, base);

	return n == want && strlen(end) == left;
}

int
main(void)
{
	T(reads("0", 10, 0, 0));
	T(reads("127.0.0.1", 0, 127, 6));
	T(reads("65536", 10, 65536, 0));
	T(reads("010", 10, 10, 0));
	T(reads("010", 0, 8, 0));
	T(reads("08", 0, 0, 1));
	T(reads("7x1", 8, 7, 2) && reads("0x1", 8, 0, 2));
	T(reads("0x7f.1", 0, 127, 2));
	T(reads("0XfFg", 0, 255, 1));
	T(reads("0x", 0, 0, 1) && reads("0xg", 0, 0, 2));
	T(reads("fe80", 16, 0xfe80, 0));
	T(reads("25/tcp", 10, 25, 4));
	T(reads("", 10, 0, 0) && reads("a", 10, 0, 1) && reads("/", 10, 0, 1));
	T(reads("18446744073709551615", 10, ULLONG_MAX, 0));
	T(reads("18446744073709551616", 10, ULLONG_MAX, 0));
	T(reads("18446744073709551617.1", 0, ULLONG_MAX, 2));
	T(reads("99999999999999999999999", 10, ULLONG_MAX, 0));
	T(strtoul("4294967295", NULL, 10) == 4294967295ul);
	T(strtoul("18446744073709551617", NULL, 10) == ULONG_MAX);
	return T_END();
}

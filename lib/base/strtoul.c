/* strtoul, strtoull - digits as a number.
 *
 * They replace the C library's, which read through a buffered file. Only the
 * library's resolver calls them, for ports, scopes and the parts of an IPv4
 * address: no blanks, no signs. C99 7.20.1.4. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "chr.h"

static unsigned
numeral(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	c = chr_lower(c);
	return c >= 'a' && c <= 'z' ? (unsigned)(c - 'a') + 10 : UINT_MAX;
}

/* Base 0: a prefix says which, 0x or 0. */
static unsigned
base_of(const char **s, unsigned base)
{
	int zero = **s == '0';

	if ((base == 0 || base == 16) && zero && chr_lower((*s)[1]) == 'x'
	    && numeral((*s)[2]) < 16) {
		*s += 2;
		return 16;
	}
	return base ? base : zero ? 8 : 10;
}

unsigned long long
strtoull(const char *restrict s, char **restrict end, int base)
{
	const char *at = s;
	unsigned long long v = 0;
	unsigned d, b = base_of(&at, (unsigned)base);

	for (; (d = numeral(*at)) < b; at++) {
		if (v > (ULLONG_MAX - d) / b) {
			errno = ERANGE;
			v = ULLONG_MAX;
		} else
			v = v * b + d;
	}
	if (end)
		*end = (char *)at;
	return v;
}

unsigned long
strtoul(const char *restrict s, char **restrict end, int base)
{
	unsigned long long v = strtoull(s, end, base);

	return v < ULONG_MAX ? (unsigned long)v : ULONG_MAX;
}

/* strtoul - numbers of base 8, 10 and 16, without blanks or signs before them.
 *
 * It replaces the C library's, which is ten times its size. Nothing here uses
 * it but the library's resolver: for an address, a port, and resolv.conf. It is
 * weak, as a test program that needs the whole family has the library's. */
#include <limits.h>
#include <stdlib.h>

#pragma weak strtoull
#pragma weak strtoul

static unsigned
worth(unsigned char c)
{
	unsigned letter = (c | 32u) - 'a';

	return letter < 26 ? letter + 10 : c - '0' + 0u;
}

unsigned long long
strtoull(const char *restrict text, char **restrict end, int base)
{
	unsigned long long n = 0, radix = (unsigned)base;
	const char *p = text;
	unsigned digit;

	if (!base)
		radix = *p == '0' ? 8 : 10;
	if (!base && radix == 8 && (p[1] | 32) == 'x' && worth(p[2]) < 16) {
		radix = 16;
		p += 2;
	}
	for (; (digit = worth(*p)) < radix; p++)
		n = n > (ULLONG_MAX - digit) / radix ? ULLONG_MAX :
		    n * radix + digit;
	if (end)
		*end = (char *)p;
	return n;
}

unsigned long
strtoul(const char *restrict text, char **restrict end, int base)
{
	unsigned long long n = strtoull(text, end, base);

	return n > ULONG_MAX ? ULONG_MAX : (unsigned long)n;
}

/* str - borrowed runs of bytes: compare, find, cut. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "chr.h"
#include "str.h"

struct str
str_of(const char *z)
{
	return (struct str){ z ? z : "", z ? strlen(z) : 0 };
}

int
str_eq(struct str a, struct str b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

int
str_ieq(struct str a, struct str b)
{
	return a.n == b.n && str_istarts(a, b);
}

int
str_starts(struct str s, struct str prefix)
{
	return s.n >= prefix.n && str_eq(str_head(s, prefix.n), prefix);
}

int
str_istarts(struct str s, struct str prefix)
{
	size_t i;

	if (s.n < prefix.n)
		return 0;
	for (i = 0; i < prefix.n; i++)
		if (chr_lower(s.p[i]) != chr_lower(prefix.p[i]))
			return 0;
	return 1;
}

size_t
str_find(struct str s, char c)
{
	const char *at = s.n ? memchr(s.p, c, s.n) : NULL;

	return at ? (size_t)(at - s.p) : s.n;
}

size_t
str_rfind(struct str s, char c)
{
	const char *at = s.n ? memrchr(s.p, c, s.n) : NULL;

	return at ? (size_t)(at - s.p) : s.n;
}

struct str
str_skip(struct str s, size_t n)
{
	if (n > s.n)
		n = s.n;
	/* C does not define NULL + 0. */
	return (struct str){ n ? s.p + n : s.p, s.n - n };
}

struct str
str_head(struct str s, size_t n)
{
	return (struct str){ s.p, n < s.n ? n : s.n };
}

struct str
str_trim(struct str s)
{
	while (s.n && chr_is(s.p[0], CHR_SPACE))
		s = str_skip(s, 1);
	while (s.n && chr_is(s.p[s.n - 1], CHR_SPACE))
		s.n--;
	return s;
}

struct str
str_cut(struct str *rest, char sep)
{
	size_t n = str_find(*rest, sep);
	struct str head = str_head(*rest, n);

	if (n == rest->n)
		*rest = (struct str){ NULL, 0 };
	else
		*rest = str_skip(*rest, n + 1);
	return head;
}

size_t
str_character(struct str s, unsigned long *code)
{
	static const unsigned long least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned char c = (unsigned char)s.p[0];
	size_t i, n = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;

	if ((c >= 0x80 && c < 0xc2) || c > 0xf4 || s.n < n)
		return 0;
	*code = n == 1 ? c : c & (0xffu >> (n + 1));
	for (i = 1; i < n; i++) {
		if (((unsigned char)s.p[i] & 0xc0) != 0x80)
			return 0;
		*code = *code << 6 | ((unsigned char)s.p[i] & 0x3f);
	}
	if (*code < least[n] || *code > 0x10ffff ||
	    (*code >= 0xd800 && *code < 0xe000))
		return 0;
	return n;
}

int
str_number(struct str s, unsigned long max, unsigned long *out)
{
	unsigned long v = 0;
	size_t i;

	if (s.n == 0)
		return -1;
	for (i = 0; i < s.n; i++) {
		unsigned digit = (unsigned)(s.p[i] - '0');

		if (digit > 9 || v > max / 10 || digit > max - v * 10)
			return -1;
		v = v * 10 + digit;
	}
	*out = v;
	return 0;
}

int
str_write(int fd, struct str s)
{
	ssize_t n;

	while (s.n) {
		n = write(fd, s.p, s.n);
		if (n == 0)
			errno = EIO;
		if (n == 0 || (n < 0 && errno != EINTR))
			return -1;
		if (n > 0)
			s = str_skip(s, (size_t)n);
	}
	return 0;
}

ssize_t
str_read(int fd, void *to, size_t n)
{
	ssize_t got;

	do
		got = read(fd, to, n);
	while (got < 0 && errno == EINTR);
	return got;
}

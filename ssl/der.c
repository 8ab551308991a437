/* der - walks ITU-T X.690 DER without copying and without trusting a length.
 * Refused as not DER: indefinite and non-minimal lengths, tags of more than
 * one byte, lengths of 4 GB and up. X.509 needs none of them. */
#include <string.h>

#include "der.h"

int
der_tag(const struct der *in)
{
	return in->n ? in->p[0] : -1;
}

/* Bytes of tag and length, 0 when they are not DER; the rest in *len. */
static size_t
header(const struct der *in, size_t *len)
{
	size_t i, k;

	if (in->n < 2 || (in->p[0] & 0x1F) == 0x1F)
		return 0;
	*len = in->p[1];
	if (*len < 0x80)
		return 2;
	k = *len & 0x7F;
	if (k == 0 || k > 4 || in->n < 2 + k || in->p[2] == 0)
		return 0;
	for (*len = 0, i = 0; i < k; i++)
		*len = *len << 8 | in->p[2 + i];
	return *len < 0x80 ? 0 : 2 + k;
}

int
der_next(struct der *in, struct der *body, struct der *all)
{
	size_t head, len;
	int tag;

	head = header(in, &len);
	if (head == 0 || len > in->n || head + len > in->n)
		return -1;
	tag = in->p[0];
	if (all) {
		all->p = in->p;
		all->n = head + len;
	}
	in->p += head;
	in->n -= head;
	body->p = in->p;
	body->n = len;
	in->p += len;
	in->n -= len;
	return tag;
}

int
der_take(struct der *in, int tag, struct der *body)
{
	if (der_tag(in) != tag)
		return -1;
	return der_next(in, body, NULL) < 0 ? -1 : 0;
}

struct der
der_unsigned(struct der in)
{
	for (; in.n && *in.p == 0; in.n--)
		in.p++;
	return in;
}

long
der_small(struct der body)
{
	long v = 0;

	if (body.n == 0 || body.p[0] & 0x80)
		return -1;
	if (body.n > 1 && body.p[0] == 0 && !(body.p[1] & 0x80))
		return -1;
	if (body.n > 4)
		return -1;
	for (; body.n; body.p++, body.n--)
		v = v << 8 | body.p[0];
	return v;
}

static int
decimal(const unsigned char *p, int n)
{
	int v = 0;

	for (; n > 0; n--, p++) {
		if (*p < '0' || *p > '9')
			return -1;
		v = v * 10 + (*p - '0');
	}
	return v;
}

/* Days since 1970 of a date in the Gregorian calendar; March begins the year
 * so that the leap day is its last. */
static int64_t
days(int y, int m, int d)
{
	y -= m <= 2;
	m += m <= 2 ? 9 : -3;
	return 365 * (int64_t)y + y / 4 - y / 100 + y / 400
	    + (153 * m + 2) / 5 + d - 1 - 719468;
}

int
der_time(int tag, struct der body, int64_t *out)
{
	static const unsigned char len[] = {
		31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31
	};
	int year, f[5], i;
	size_t yn = tag == DER_UTCTIME ? 2 : 4;

	if (tag != DER_UTCTIME && tag != DER_GENTIME)
		return -1;
	if (body.n != yn + 11 || body.p[yn + 10] != 'Z')
		return -1;
	year = decimal(body.p, (int)yn);
	for (i = 0; i < 5; i++) {
		f[i] = decimal(body.p + yn + 2 * i, 2);
		if (f[i] < 0)
			return -1;
	}
	if (year < 0 || f[0] < 1 || f[0] > 12 || f[1] < 1
	    || f[1] > len[f[0] - 1] || f[2] > 23 || f[3] > 59 || f[4] > 60)
		return -1;
	if (tag == DER_UTCTIME)
		year += year < 50 ? 2000 : 1900;
	*out = days(year, f[0], f[1]) * 86400
	    + f[2] * 3600 + f[3] * 60 + f[4];
	return 0;
}

int
der_is(struct der a, const void *p, size_t n)
{
	return a.n == n && (n == 0 || memcmp(a.p, p, n) == 0);
}

int
der_same(struct der a, struct der b)
{
	return der_is(a, b.p, b.n);
}

int
der_lower(int c)
{
	return c >= 'A' && c <= 'Z' ? c + 32 : c;
}

int
der_alike(struct der a, struct der b)
{
	if (a.n != b.n)
		return 0;
	for (; a.n; a.n--)
		if (der_lower(*a.p++) != der_lower(*b.p++))
			return 0;
	return 1;
}

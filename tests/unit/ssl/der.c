/* der - lengths that lie, times at their edges. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "../../../ssl/der.h"
#include "../t.h"

#define DER(s) ((struct der){ (const unsigned char *)(s), sizeof(s) - 1 })

static int
tag_of(struct der in)
{
	struct der body, all, before = in;
	int tag = der_next(&in, &body, &all);

	if (tag < 0)
		return in.p == before.p && in.n == before.n ? -1 : -2;
	if (body.n > all.n || all.n + in.n != before.n)
		return -3;
	return tag;
}

static int64_t
utc(int tag, const char *s)
{
	struct der d = { (const unsigned char *)s, strlen(s) };
	int64_t t = -1;

	return der_time(tag, d, &t) < 0 ? -1 : t;
}

static void
lengths(void)
{
	unsigned char big[300] = { 0x30, 0x82, 0x01, 0x28 };
	struct der d = { big, sizeof big };

	T(tag_of(DER("")) == -1);
	T(tag_of(DER("\x30")) == -1);
	T(tag_of(DER("\x30\x00")) == DER_SEQ);
	T(tag_of(DER("\x30\x01")) == -1);
	T(tag_of(DER("\x30\x01x")) == DER_SEQ);
	T(tag_of(DER("\x30\x01xy")) == DER_SEQ);
	T(tag_of(DER("\x30\x80xy\0\0")) == -1);
	T(tag_of(DER("\x30\x81\x01x")) == -1);
	T(tag_of(DER("\x30\x82\x00\x81")) == -1);
	T(tag_of(DER("\x30\x84\xff\xff\xff\xffx")) == -1);
	T(tag_of(DER("\x30\x84\xff\xff\xff\xfax")) == -1);
	T(tag_of(DER("\x30\x85\x01\x00\x00\x00\x00x")) == -1);
	T(tag_of(DER("\x30\x84\x01\x00\x00")) == -1);
	T(tag_of(DER("\x3f\x01x")) == -1);
	T(tag_of(d) == DER_SEQ);
	d.n--;
	T(tag_of(d) == -1);
}

static void
taking(void)
{
	struct der in = DER("\x02\x01\x05\x04\x00"), body;

	T(der_tag(&in) == DER_INT);
	T(der_take(&in, DER_SEQ, &body) < 0 && in.n == 5);
	T(der_take(&in, DER_INT, &body) == 0 && body.n == 1);
	T(der_take(&in, DER_OCTETS, &body) == 0 && body.n == 0);
	T(der_tag(&in) == -1);
	T(der_take(&in, DER_OCTETS, &body) < 0);
	T(der_same(DER("ab"), DER("ab")) && !der_same(DER("ab"), DER("ac")));
	T(!der_same(DER("ab"), DER("a")) && der_same(DER(""), DER("")));
	T(der_is(DER("ab"), "abc", 2) && !der_is(DER("ab"), "abc", 3));
	T(der_alike(DER("aZ[`"), DER("Az[`")) && der_alike(DER(""), DER("")));
	T(!der_alike(DER("a"), DER("ab")) && !der_alike(DER("@"), DER("`")));
	T(!der_alike(DER("["), DER("{")) && !der_alike(DER("ab"), DER("ac")));
	T(der_lower('A') == 'a' && der_lower('Z') == 'z');
	T(der_lower('[') == '[' && der_lower(0xC4) == 0xC4);
}

static void
integers(void)
{
	T(der_small(DER("")) == -1);
	T(der_small(DER("\0")) == 0);
	T(der_small(DER("\x7f")) == 127);
	T(der_small(DER("\x80")) == -1);
	T(der_small(DER("\0\x80")) == 128);
	T(der_small(DER("\0\x7f")) == -1);
	T(der_small(DER("\x7f\xff\xff\xff")) == 2147483647);
	T(der_small(DER("\0\xff\xff\xff\xff")) == -1);
}

static void
times(void)
{
	T(utc(DER_UTCTIME, "700101000000Z") == 0);
	T(utc(DER_UTCTIME, "491231235959Z") == INT64_C(2524607999));
	T(utc(DER_GENTIME, "20500101000000Z") == INT64_C(2524608000));
	T(utc(DER_GENTIME, "99991231235959Z") == INT64_C(253402300799));
	T(utc(DER_GENTIME, "20000229120000Z") == 951825600);
	T(utc(DER_UTCTIME, "261121210000Z") == 1795294800);
	T(utc(DER_UTCTIME, "20500101000000Z") == -1);
	T(utc(DER_GENTIME, "500101000000Z") == -1);
	T(utc(DER_UTCTIME, "7001010000Z") == -1);
	T(utc(DER_UTCTIME, "700101000000+") == -1);
	T(utc(DER_UTCTIME, "701301000000Z") == -1);
	T(utc(DER_UTCTIME, "700132000000Z") == -1);
	T(utc(DER_UTCTIME, "700101240000Z") == -1);
	T(utc(DER_UTCTIME, "7001010000 0Z") == -1);
	T(utc(DER_OCTETS, "700101000000Z") == -1);
}

int
main(void)
{
	lengths();
	taking();
	integers();
	times();
	return T_END();
}

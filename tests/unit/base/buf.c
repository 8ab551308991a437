/* buf - the empty case first: a buf set to "" must not keep what it held. */
#include <string.h>

#include "../../../lib/base/buf.h"
#include "../t.h"

static struct buf b;

static int
holds(const char *text)
{
	return b.n == strlen(text) && !strcmp(buf_z(&b), text);
}

static int
cleaned(const char *in, size_t max, const char *want)
{
	buf_clear(&b);
	buf_clean(&b, str_of(in), max);
	return holds(want);
}

static void
forms(void)
{
	buf_clear(&b);
	buf_fmt(&b, "%s-%d", "x", 7);
	buf_fmt(&b, "%s", "");
	buf_cat(&b, STR("1"), STR(""), STR("2"));
	T(holds("x-712"));
	buf_clear(&b);
	buf_put(&b, "a%b%%", STR("1"), STR(""), STR("2%"));
	T(holds("a1b2%"));
	buf_put(&b, "<%", STR("x\0y"));
	T(b.n == 9 && !memcmp(b.p, "a1b2%<x\0y", 10));
	buf_clear(&b);
	buf_put(&b, "%-%>", STR("1"));
	T(holds("1-%>"));
	buf_clear(&b);
	buf_put(&b, "a", STR("1"), STR("2"));
	T(holds("a12"));
}

int
main(void)
{
	struct buf none = { 0 };
	size_t i;

	buf_set(&b, STR("hello"));
	buf_set(&b, STR(""));
	T(b.n == 0);
	T(b.p[0] == '\0' && holds(""));
	T(buf_str(&none).n == 0 && buf_str(&none).p && !*buf_z(&none));
	buf_set(&none, STR(""));
	T(none.n == 0 && none.p && none.p[0] == '\0');
	buf_free(&none);
	T(!none.p && none.n == 0 && none.cap == 0);

	buf_set(&b, STR("a"));
	buf_add(&b, STR(""));
	buf_addc(&b, 'b');
	buf_addu(&b, 0);
	buf_addu(&b, 18446744073709551615ull);
	T(holds("ab018446744073709551615"));
	forms();
	buf_set(&b, STR("a\0b"));
	T(b.n == 3 && !memcmp(b.p, "a\0b", 4));

	buf_clear(&b);
	for (i = 0; i < 100000; i++)
		buf_addc(&b, (char)('a' + i % 26));
	T(b.n == 100000 && b.cap > b.n && b.p[99999] == 'a' + 99999 % 26);
	T(b.p[b.n] == '\0');
	buf_wipe(&b);
	for (i = 0; i < b.cap && b.p[i] == 0; i++)
		;
	T(b.n == 0 && i == b.cap);

	buf_room(&b, 200);
	T(b.cap > 200);
	T(cleaned(" a\tb\x1b[1m\x7f \r\n", 100, "a?b?[1m?"));
	T(cleaned("550 no\r\n550-way\n", 100, "550 no / 550-way"));
	T(cleaned("\xc3\xa9", 100, "\xc3\xa9"));
	T(cleaned("abcdef", 3, "abc"));
	buf_clear(&b);
	buf_escape(&b, STR("a\"b\\\"\xff "));
	T(holds("a\\\"b\\\\\\\"\xff "));
	buf_set(&b, STR("12"));
	buf_clean(&b, STR("abcdef"), 3);
	T(holds("12abc"));
	buf_free(&b);
	return T_END();
}

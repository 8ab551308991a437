/* str - borrowed runs of bytes. */
#include <limits.h>
#include <string.h>

#include "../../../lib/base/str.h"
#include "../t.h"

static int
is(struct str s, const char *text)
{
	return s.n == strlen(text) && (s.n == 0 || !memcmp(s.p, text, s.n));
}

static void
compare(void)
{
	T(str_of(NULL).n == 0 && str_of(NULL).p);
	T(STR("a\0b").n == 3);
	T(str_eq(STR(""), (struct str){ NULL, 0 }));
	T(str_eq(STR("a\0b"), STR("a\0b")));
	T(!str_eq(STR("a\0b"), STR("a\0c")));
	T(!str_eq(STR("a"), STR("A")) && str_ieq(STR("aZ@["), STR("Az@[")));
	T(!str_ieq(STR("@"), STR("`")) && !str_ieq(STR("ab"), STR("a")));
	T(!str_ieq(STR("\xc4"), STR("\xe4")));
	T(str_starts(STR("ab"), STR("")) && str_starts(STR("ab"), STR("ab")));
	T(!str_starts(STR("a"), STR("ab")) && !str_starts(STR("ab"), STR("b")));
	T(str_istarts(STR("FROM:"), STR("from")));
	T(!str_istarts(STR("f"), STR("from")));
}

static void
find_and_cut(void)
{
	struct str rest = STR("a:b::c");

	T(str_find(rest, ':') == 1 && str_rfind(rest, ':') == 4);
	T(str_find(rest, 'x') == 6 && str_rfind(rest, 'x') == 6);
	T(str_find((struct str){ NULL, 0 }, 'x') == 0);
	T(str_rfind((struct str){ NULL, 0 }, 'x') == 0);
	T(is(str_skip(rest, 2), "b::c") && is(str_skip(rest, 99), ""));
	T(is(str_skip((struct str){ NULL, 0 }, 2), ""));
	T(is(str_head(rest, 2), "a:") && is(str_head(rest, 99), "a:b::c"));
	T(is(str_cut(&rest, ':'), "a") && is(rest, "b::c"));
	T(is(str_cut(&rest, ':'), "b"));
	T(is(str_cut(&rest, ':'), "") && is(rest, "c"));
	T(is(str_cut(&rest, ':'), "c") && rest.n == 0 && !rest.p);
	rest = STR("a:");
	T(is(str_cut(&rest, ':'), "a") && rest.n == 0 && rest.p);
	T(is(str_trim(STR(" \t\n\v\f\ra b\r\n")), "a b"));
	T(is(str_trim(STR("  ")), "") && is(str_trim(STR("")), ""));
}

static void
numbers(void)
{
	unsigned long n = 7;

	T(str_number(STR(""), 9, &n) == -1);
	T(str_number(STR("-1"), 9, &n) == -1);
	T(str_number(STR("1x"), 99, &n) == -1);
	T(str_number(STR(" 1"), 9, &n) == -1);
	T(str_number(STR("10"), 9, &n) == -1 && n == 7);
	T(str_number(STR("0009"), 9, &n) == 0 && n == 9);
	T(str_number(STR("65535"), 65535, &n) == 0 && n == 65535);
	T(str_number(STR("65536"), 65535, &n) == -1);
	T(str_number(STR("99999999999999999999999"), ULONG_MAX, &n) == -1);
	T(str_number(STR("18446744073709551615"), ULONG_MAX, &n) ==
	    (ULONG_MAX > 0xffffffff ? 0 : -1));
}

int
main(void)
{
	compare();
	find_and_cut();
	numbers();
	return T_END();
}

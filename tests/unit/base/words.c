/* words - a line as the shell splits it. The table of whole lines is
 * tests/data/remotes.txt, see remote.c. */
#include "../../../lib/base/words.h"
#include "../t.h"

static struct buf word;

/* The words joined by "|", each with "." behind it. */
static int
is(struct str line, struct str want)
{
	struct buf all = { 0 };
	int ok;

	while (words_next(&line, &word))
		buf_cat(&all, all.n ? STR("|") : STR(""), buf_str(&word),
		    STR("."));
	ok = str_eq(buf_str(&all), want) && words_next(&line, &word) == 0 &&
	    word.n == 0;
	buf_free(&all);
	return ok;
}

int
main(void)
{
	T(is(STR(""), STR("")));
	T(is(STR(" \t\r\n\v\f"), STR("")));
	T(is(STR("a"), STR("a.")));
	T(is(STR(" a\t\tb \r"), STR("a.|b.")));
	T(is(STR("''"), STR(".")));
	T(is(STR("\"\" a ''"), STR(".|a.|.")));
	T(is(STR("a''b\"\"c"), STR("abc.")));
	T(is(STR("'a b'c\"d e\"f\\ g"), STR("a bcd ef g.")));
	T(is(STR("'a\\'b"), STR("a\\b.")));
	T(is(STR("\"a\\\"b\\\\c\\d\""), STR("a\"b\\cd.")));
	T(is(STR("'it'\\''s' x"), STR("it's.|x.")));
	T(is(STR("\"a\\\\\" b"), STR("a\\.|b.")));
	T(is(STR("\\\\\\\\ \\'\\\""), STR("\\\\.|'\".")));
	T(is(STR("\\ a"), STR(" a.")));
	T(is(STR("'open a"), STR("open a.")));
	T(is(STR("\"open a"), STR("open a.")));
	T(is(STR("\"open\\"), STR("open\\.")));
	T(is(STR("'"), STR(".")));
	T(is(STR("a\\"), STR("a.")));
	T(is(STR("a #b #"), STR("a.|#b.|#.")));
	T(is(STR("a\0b \377"), STR("a\0b.|\377.")));
	T(is(STR("$x `y` *"), STR("$x.|`y`.|*.")));
	buf_free(&word);
	return T_END();
}

/* base64 - the examples of RFC 4648 section 10, all lengths, and rubbish. */
#include "../../../lib/base/base64.h"
#include "../t.h"

static struct buf b;

static int
gives(struct str raw, struct str text)
{
	int ok;

	buf_clear(&b);
	base64_add(&b, raw);
	ok = str_eq(buf_str(&b), text);
	buf_clear(&b);
	return ok && base64_decode(&b, text) == 0 &&
	    str_eq(buf_str(&b), raw);
}

static int
bad(struct str text)
{
	buf_clear(&b);
	return base64_decode(&b, text) == -1;
}

static int
all_lengths(void)
{
	char raw[256];
	struct buf text = { 0 };
	size_t n;
	int ok = 1;

	for (n = 0; n < sizeof raw; n++)
		raw[n] = (char)(255 - n);
	for (n = 0; n <= sizeof raw; n++) {
		buf_clear(&text);
		base64_add(&text, (struct str){ raw, n });
		buf_clear(&b);
		ok &= text.n == (n + 2) / 3 * 4 &&
		    base64_decode(&b, buf_str(&text)) == 0 &&
		    str_eq(buf_str(&b), (struct str){ raw, n });
	}
	buf_free(&text);
	return ok;
}

int
main(void)
{
	T(gives(STR(""), STR("")));
	T(gives(STR("f"), STR("Zg==")));
	T(gives(STR("fo"), STR("Zm8=")));
	T(gives(STR("foo"), STR("Zm9v")));
	T(gives(STR("foob"), STR("Zm9vYg==")));
	T(gives(STR("fooba"), STR("Zm9vYmE=")));
	T(gives(STR("foobar"), STR("Zm9vYmFy")));
	T(gives(STR("\0u\0p w"), STR("AHUAcCB3")));
	T(gives(STR("\373\377\277"), STR("+/+/")));
	T(all_lengths());
	buf_set(&b, STR("kept "));
	base64_add(&b, STR("f"));
	T(str_eq(buf_str(&b), STR("kept Zg==")));
	T(bad(STR("Z")) && bad(STR("Zg")) && bad(STR("Zg=")));
	T(bad(STR("Zg==Zg==")) && bad(STR("Z===")) && bad(STR("====")));
	T(bad(STR("Zm9v\n")) && bad(STR("Z m9")) && bad(STR("Zm\0v")));
	T(bad(STR("Zm-_")) && bad(STR("Zm9\377")));
	buf_free(&b);
	return T_END();
}

/* json - what is put together is what a reader takes, whatever the text. */
#include "../../../lib/base/json.h"
#include "../t.h"

static int
becomes(struct str text, const char *want)
{
	struct buf b = { 0 };
	int rc;

	json_begin(&b, '{');
	json_text(&b, "k", text);
	json_end(&b, '}');
	rc = str_eq(buf_str(&b), str_of(want));
	if (!rc)
		printf("# %s\n", buf_z(&b));
	buf_free(&b);
	return rc;
}

static void
texts(void)
{
	T(becomes(STR(""), "{\"k\":\"\"}"));
	T(becomes(STR("plain {[:,"), "{\"k\":\"plain {[:,\"}"));
	T(becomes(STR("a\"b\\c\n\033\177"),
	    "{\"k\":\"a\\u0022b\\u005cc\\u000a\\u001b\\u007f\"}"));
	T(becomes(STR("\303\274"), "{\"k\":\"\\u00fc\"}"));
	T(becomes(STR("\360\237\230\200"), "{\"k\":\"\\ud83d\\ude00\"}"));
	T(becomes(STR("a\377b"),
	    "{\"k\":\"a\\ufffdb\",\"k_hex\":\"61ff62\"}"));
	T(becomes(STR("\303"), "{\"k\":\"\\ufffd\",\"k_hex\":\"c3\"}"));
	T(becomes(STR("\355\240\200"), "{\"k\":\"\\ufffd\\ufffd\\ufffd\","
	    "\"k_hex\":\"eda080\"}"));
}

static void
commas(void)
{
	struct buf b = { 0 };

	json_begin(&b, '{');
	json_number(&b, "a", -1);
	json_key(&b, "list");
	json_begin(&b, '[');
	json_begin(&b, '{');
	json_text(&b, "x", STR("["));
	json_end(&b, '}');
	json_begin(&b, '{');
	json_end(&b, '}');
	json_end(&b, ']');
	json_number(&b, "b", 2);
	json_end(&b, '}');
	T(str_eq(buf_str(&b),
	    STR("{\"a\":-1,\"list\":[{\"x\":\"[\"},{}],\"b\":2}")));
	buf_addc(&b, '\n');
	json_begin(&b, '{');
	T(str_eq(buf_str(&b), STR("{\"a\":-1,\"list\":[{\"x\":\"[\"},{}],"
	    "\"b\":2}\n{")));
	buf_free(&b);
}

int
main(void)
{
	texts();
	commas();
	return T_END();
}

/* addr - every row of tests/data/addresses.txt, and what has no row. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../../../lib/mail/addr.h"
#include "../../../lib/conf/hostname.h"
#include "../t.h"

static struct hostnames names;
static struct addr_list list;

static int
hex(char c)
{
	const char *digits = "0123456789abcdef";
	const char *at = strchr(digits, c);

	return at ? (int)(at - digits) : 0;
}

/* C escapes in place. */
static struct str
unescape(struct str s)
{
	char *p = (char *)s.p;
	size_t i, n = 0;

	for (i = 0; i < s.n; i++) {
		if (p[i] != '\\' || i + 1 == s.n)
			p[n++] = p[i];
		else if (p[++i] == 'x' && i + 2 < s.n) {
			p[n++] = (char)(hex(p[i + 1]) * 16 + hex(p[i + 2]));
			i += 2;
		} else
			p[n++] = p[i] == 'n' ? '\n' : p[i] == 'r' ? '\r'
			    : p[i] == 't' ? '\t' : p[i];
	}
	return (struct str){ p, n };
}

static struct str
column(struct str *rest)
{
	return unescape(str_trim(str_cut(rest, '|')));
}

static void
joined(struct buf *b, struct str lines, struct str glue)
{
	buf_clear(b);
	while (lines.n) {
		if (b->n)
			buf_add(b, glue);
		buf_add(b, str_cut(&lines, '\n'));
	}
}

/* What the row says against what the parser does, in the form of a row. */
static int
row_holds(struct str row)
{
	struct str input = column(&row), want = column(&row);
	struct str recipients = column(&row);
	struct buf got = { 0 };
	int rc = addr_parse(&list, input, &names), ok;

	joined(&got, buf_str(&list.items), STR(", "));
	if (rc < 0)
		buf_set(&got, STR("ERROR"));
	else if (got.n == 0)
		buf_set(&got, STR("REMOVED"));
	ok = str_eq(buf_str(&got), want);
	if (rc == 0) {
		if (!ok)
			printf("# got: %s\n", buf_z(&got));
		joined(&got, buf_str(&list.recipients), STR("\n"));
		ok = ok && str_eq(buf_str(&got), recipients);
	}
	if (!ok)
		printf("# got: %s\n", buf_z(&got));
	buf_free(&got);
	return ok;
}

static void
rows(void)
{
	FILE *f = fopen("tests/data/addresses.txt", "r");
	char line[1024], name[1024];
	int count = 0;

	T(f != NULL);
	while (f && fgets(line, sizeof line, f)) {
		line[strcspn(line, "\n")] = '\0';
		if (line[0] == '#' || line[0] == '\0')
			continue;
		memcpy(name, line, sizeof name);
		t_line(row_holds(str_of(line)), "addresses.txt", ++count, name);
	}
	T(count > 200);
	if (f)
		fclose(f);
}

static int
gives(void (*put)(struct buf *, struct str), struct str in, const char *want)
{
	struct buf b = { 0 };
	int ok;

	put(&b, in);
	ok = !strcmp(buf_z(&b), want);
	if (!ok)
		printf("# got: %s\n", buf_z(&b));
	buf_free(&b);
	return ok;
}

static void
envelope_to_header(void)
{
	T(gives(addr_put, STR("a.b@c.d"), "a.b@c.d"));
	T(gives(addr_put, STR("a b@c.d"), "\"a b\"@c.d"));
	T(gives(addr_put, STR("a@b@c.d"), "\"a@b\"@c.d"));
	T(gives(addr_put, STR(".a@c.d"), "\".a\"@c.d"));
	T(gives(addr_put, STR("@c.d"), "\"\"@c.d"));
	T(gives(addr_put, STR("a\\\"@c.d"), "\"a\\\\\\\"\"@c.d"));
	T(gives(addr_put, STR("\xc3\xa9@c.d"), "\xc3\xa9@c.d"));
}

static void
people(void)
{
	T(gives(addr_put_phrase, STR("Joe Smith"), "Joe Smith"));
	T(gives(addr_put_phrase, STR("Doe, John (ops)"),
	    "\"Doe, John (ops)\""));
	T(gives(addr_put_phrase, STR("J \"x\" \\"), "\"J \\\"x\\\" \\\\\""));
	T(gives(addr_put_phrase, STR("a\r\nBcc: b"), "\"a  Bcc: b\""));
	T(gives(addr_put_phrase, STR(""), "\"\""));
	T(gives(addr_put_phrase, STR("Jos\xc3\xa9, x"),
	    "=?UTF-8?Q?Jos=C3=A9=2C_x?="));
	T(gives(addr_put_phrase, STR("Jos\xe9"), "=?UTF-8?Q?Jos=C3=A9?="));
	T(gives(addr_put_phrase, STR("\xc0\xaf"),
	    "=?UTF-8?Q?=C3=80=C2=AF?="));
	T(gives(addr_put_phrase, STR("\xed\xa0\x80"),
	    "=?UTF-8?Q?=C3=AD=C2=A0=C2=80?="));
	T(gives(addr_put_phrase, STR("\xf0\x9f\x93\xa7"),
	    "=?UTF-8?Q?=F0=9F=93=A7?="));
	T(gives(addr_put_comment, STR("Joe (x) \\"), "(Joe \\(x\\) \\\\)"));
	T(gives(addr_put_comment, STR("(\xc3\xa9"), "(=?UTF-8?Q?=28=C3=A9?=)"));
}

/* Long names are many encoded words; none is over 75 or cuts a character. */
static void
long_name(void)
{
	struct buf name = { 0 }, out = { 0 };
	struct str rest, word;
	size_t i, words = 0, bad = 0, bytes = 0;

	for (i = 0; i < 100; i++)
		buf_add(&name, STR("\xe2\x82\xac"));
	addr_put_phrase(&out, buf_str(&name));
	for (rest = buf_str(&out); rest.n; words++) {
		word = str_cut(&rest, ' ');
		bad += word.n > 75 || (word.n - 12) % 9 != 0 ||
		    !str_starts(word, STR("=?UTF-8?Q?=E2"));
		bytes += (word.n - 12) / 3;
	}
	T(words == 15 && bad == 0 && bytes == 300);
	buf_free(&name);
	buf_free(&out);
}

/* Seconds of processor time to parse text, repeated to n bytes. */
static double
cost(const char *text, size_t n)
{
	struct buf in = { 0 };
	clock_t start;

	while (in.n < n)
		buf_add(&in, str_of(text));
	start = clock();
	addr_parse(&list, buf_str(&in), &names);
	buf_free(&in);
	return (double)(clock() - start) / CLOCKS_PER_SEC;
}

/* Twenty times as much may not take two hundred times as long. */
static void
linear(void)
{
	static const char *const texts[] = {
		"a ", "a,", "a.", "(", "((x))", "\"", "\"a\"", "<", "a <b>",
		"a:b;", "a:", "[", "=?", "=?a?q?", "=?a?q?x?=", "a (c) .", "@",
		"<@a,", "\\", "(a) ", "a\" \"", ".", "a@", "a(", "=?a?q?x?= ",
	};
	size_t i;

	for (i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		double small = cost(texts[i], 50000);
		double large = cost(texts[i], 1000000);

		t_line(large < small * 200 + 0.2, __FILE__, __LINE__, texts[i]);
	}
	T(cost("user@example.com, ", 9000000) < 10 && list.count == 500000);
}

int
main(void)
{
	buf_set(&names.me, STR("f.q.d.n"));
	buf_set(&names.defaulthost, STR("f.q.d.n"));
	buf_set(&names.defaultdomain, STR("q.d.n"));
	rows();
	T(addr_parse(&list, STR("a@b, c"), NULL) == 0 &&
	    str_eq(buf_str(&list.recipients), STR("a@b\nc\n")));
	envelope_to_header();
	people();
	long_name();
	linear();
	addr_free(&list);
	hostnames_free(&names);
	return T_END();
}

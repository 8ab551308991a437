/* wire - line ends, dots, and that the pieces of the input do not matter. */
#include <stdlib.h>
#include <unistd.h>

#include "../../../lib/base/buf.h"
#include "../../../lib/mail/content.h"
#include "../../../lib/mail/envelope.h"
#include "../../../lib/mail/wire.h"
#include "../t.h"

/* What stands on the wire when the input comes in pieces of step bytes. */
static void
send(struct str in, size_t step, int dots, struct buf *out)
{
	struct wire w = { 0 };
	struct str part, piece;

	w.dots = dots;
	buf_clear(out);
	for (; in.n; in = str_skip(in, step)) {
		part = str_head(in, step);
		while (wire_next(&w, &part, &piece))
			buf_add(out, piece);
	}
	buf_add(out, wire_end(&w));
}

static int
measure(struct str in, struct wire_size *size)
{
	static struct content c;
	char name[] = "/tmp/wire.XXXXXX";
	struct envelope e = { { 0 }, 0, 1, 0, 4 };
	int fd = mkstemp(name), rc;

	unlink(name);
	content_begin(&c, fd, &e, -1, NULL);
	rc = write(fd, "head", 4) == 4 && write(fd, in.p, in.n) ==
	    (ssize_t)in.n ? wire_measure(&c, size) : -1;
	close(fd);
	return rc;
}

/* want: with dots doubled; octets: without. */
static int
is(struct str in, struct str want, unsigned long long octets)
{
	struct buf out = { 0 };
	struct wire_size size;
	size_t step;
	int ok = 1;

	for (step = 1; step <= in.n + 1; step++) {
		send(in, step, 1, &out);
		ok &= str_eq(buf_str(&out), want);
		send(in, step, 0, &out);
		ok &= out.n == octets;
	}
	ok &= measure(in, &size) == 0 && size.octets == octets;
	buf_free(&out);
	return ok;
}

static int
eight_bit(struct str in)
{
	struct wire_size size;

	return measure(in, &size) == 0 ? size.eight_bit : -1;
}

static void
line_ends(void)
{
	T(is(STR(""), STR(""), 0));
	T(is(STR("a\n"), STR("a\r\n"), 3));
	T(is(STR("a\r\n"), STR("a\r\n"), 3));
	T(is(STR("a"), STR("a\r\n"), 3));
	T(is(STR("a\r"), STR("a\r\n"), 3));
	T(is(STR("\n"), STR("\r\n"), 2));
	T(is(STR("\r"), STR("\r\n"), 2));
	T(is(STR("a\rb\n"), STR("a\r\nb\r\n"), 6));
	T(is(STR("a\r\r\nb"), STR("a\r\n\r\nb\r\n"), 8));
	T(is(STR("\n\r\n\r"), STR("\r\n\r\n\r\n"), 6));
	T(is(STR("\n\n\n"), STR("\r\n\r\n\r\n"), 6));
	T(is(STR("a\0b\377\n"), STR("ab\377\r\n"), 5));
	T(is(STR("a\r\0\nb"), STR("a\r\n\r\nb\r\n"), 8));
	T(is(STR("a\n\0\0.\n\0"), STR("a\r\n..\r\n"), 6));
	T(is(STR("\0"), STR(""), 0));
}

static void
dots(void)
{
	T(is(STR("."), STR("..\r\n"), 3));
	T(is(STR(".\n"), STR("..\r\n"), 3));
	T(is(STR(".\r\n"), STR("..\r\n"), 3));
	T(is(STR("..\n"), STR("...\r\n"), 4));
	T(is(STR("a.\n.b.c\n"), STR("a.\r\n..b.c\r\n"), 10));
	T(is(STR("a\r.\rb"), STR("a\r\n..\r\nb\r\n"), 9));
	T(is(STR("a\n.\r"), STR("a\r\n..\r\n"), 6));
	T(is(STR("\n.\n.\n"), STR("\r\n..\r\n..\r\n"), 8));
	T(is(STR("\r\n.\r\n.\r\nMAIL FROM:<x>\r\n"),
	    STR("\r\n..\r\n..\r\nMAIL FROM:<x>\r\n"), 23));
}

/* A line end or NUL at each place of a word, among bytes that resemble one. */
static void
places(void)
{
	static const char ends[] = "\n\r\0";
	struct buf in = { 0 }, want = { 0 };
	size_t at, end;
	int ok = 1;

	for (end = 0; end < 3; end++)
		for (at = 0; at < 26; at++) {
			buf_set(&in, STR("\212\215\013\011\014\016\1\377"
			    "\212\215\013\011\014\016\1\377"
			    "\212\215\013\011\014\016\1\377xy"));
			buf_set(&want, str_head(buf_str(&in), at));
			buf_cat(&want, end < 2 ? STR("\r\n") : STR(""),
			    str_skip(buf_str(&in), at + 1), at == 25 &&
			    end < 2 ? STR("") : STR("\r\n"));
			in.p[at] = ends[end];
			ok &= is(buf_str(&in), buf_str(&want), want.n);
		}
	T(ok);
	buf_free(&in);
	buf_free(&want);
}

static void
sizes(void)
{
	static struct content c;
	struct envelope e = { { 0 }, 0, 1, 0, 4 };
	struct wire_size size;
	struct buf big = { 0 };
	int i;

	T(eight_bit(STR("plain\r\n\t\177")) == 0);
	T(eight_bit(STR("\200")) == 1);
	T(eight_bit(STR("1234567\n1234567\377")) == 1);
	T(eight_bit(STR("\3771234567\n1234567")) == 1);
	for (i = 0; i < 50000; i++)
		buf_add(&big, STR("x\n.\r\n"));
	T(measure(buf_str(&big), &size) == 0 && size.octets == 300000);
	T(size.eight_bit == 0);
	buf_add(&big, STR("\344"));
	T(measure(buf_str(&big), &size) == 0 && size.octets == 300003);
	T(size.eight_bit == 1);
	content_begin(&c, -1, &e, -1, NULL);
	T(wire_measure(&c, &size) == -1);
	buf_free(&big);
}

int
main(void)
{
	line_ends();
	dots();
	places();
	sizes();
	return T_END();
}

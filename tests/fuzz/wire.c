/* wire - any bytes as a message: what stands on the wire has CRLF at the end
 * of each line and no other CR or LF, hides every dot, loses nothing, and does
 * not depend on how the input was cut. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../lib/base/buf.h"
#include "../../lib/mail/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

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
		if (part.n)
			abort();
	}
	buf_add(out, wire_end(&w));
}

static void
check_lines(struct str s)
{
	struct str line;

	if (s.n && s.p[s.n - 1] != '\n')
		abort();
	while (s.n) {
		line = str_cut(&s, '\n');
		if (!line.n || str_find(line, '\r') != line.n - 1)
			abort();
	}
}

/* The dots a receiver takes away are those that were added. */
static void
check_dots(struct str with, struct str without)
{
	struct str a, b;

	while (with.n && without.n) {
		a = str_cut(&with, '\n');
		b = str_cut(&without, '\n');
		if (str_eq(a, STR(".\r")))
			abort();
		if (!str_eq(a.p[0] == '.' ? str_skip(a, 1) : a, b))
			abort();
	}
	if (with.n || without.n)
		abort();
}

/* Apart from line ends all bytes are there, in order. */
static void
check_bytes(struct str a, struct str b)
{
	size_t i = 0, k = 0;

	for (;;) {
		while (i < a.n && (a.p[i] == '\r' || a.p[i] == '\n'))
			i++;
		while (k < b.n && (b.p[k] == '\r' || b.p[k] == '\n'))
			k++;
		if (i == a.n || k == b.n)
			break;
		if (a.p[i++] != b.p[k++])
			abort();
	}
	if (i != a.n || k != b.n)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct str in = { (const char *)data, n };
	struct buf dotted = { 0 }, plain = { 0 }, again = { 0 };
	size_t step;

	send(in, n + 1, 1, &dotted);
	send(in, n + 1, 0, &plain);
	check_lines(buf_str(&dotted));
	check_lines(buf_str(&plain));
	check_dots(buf_str(&dotted), buf_str(&plain));
	check_bytes(in, buf_str(&plain));
	for (step = 1; step < 6; step++) {
		send(in, step, 1, &again);
		if (!str_eq(buf_str(&again), buf_str(&dotted)))
			abort();
	}
	send(buf_str(&plain), 3, 0, &again);
	if (!str_eq(buf_str(&again), buf_str(&plain)))
		abort();
	buf_free(&dotted);
	buf_free(&plain);
	buf_free(&again);
	return 0;
}

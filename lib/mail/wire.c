/* wire - a message as it must stand on the wire. */
#include <stdint.h>
#include <string.h>

#include "content.h"
#include "wire.h"

/* Eight bytes at a time, whatever their order in a word. */
#define ONES UINT64_C(0x0101010101010101)
#define HIGH (ONES * 0x80)

static uint64_t
word_at(const char *p)
{
	uint64_t word;

	memcpy(&word, p, sizeof word);
	return word;
}

/* The high bit of each byte that is c. */
static uint64_t
bytes_that_are(uint64_t word, unsigned char c)
{
	word ^= ONES * c;
	return ~(((word & ~HIGH) + ~HIGH) | word) & HIGH;
}

static int
is_special(char c)
{
	return c == '\n' || c == '\r' || c == '\0';
}

/* Offset of the first CR, LF or NUL. */
static size_t
line_end(struct str s)
{
	size_t i = 0;

	while (i + 8 <= s.n && !(bytes_that_are(word_at(s.p + i), '\n') |
	    bytes_that_are(word_at(s.p + i), '\r') |
	    bytes_that_are(word_at(s.p + i), '\0')))
		i += 8;
	while (i < s.n && !is_special(s.p[i]))
		i++;
	return i;
}

static void
skip_octets(struct str *s, size_t n)
{
	s->p += n;
	s->n -= n;
}

int
wire_next(struct wire *w, struct str *in, struct str *piece)
{
	size_t n;

	if (w->after_cr && in->n) {
		w->after_cr = 0;
		if (in->p[0] == '\n')
			skip_octets(in, 1);
	}
	while (in->n && in->p[0] == '\0')
		skip_octets(in, 1);
	if (in->n == 0)
		return 0;
	if (w->dots && !w->inside && !w->dotted && in->p[0] == '.') {
		w->dotted = 1;
		*piece = STR(".");
		return 1;
	}
	n = line_end(*in);
	if (n > 0) {
		*piece = str_head(*in, n);
		w->inside = 1;
	} else {
		w->after_cr = in->p[0] == '\r';
		*piece = STR("\r\n");
		w->inside = 0;
		n = 1;
	}
	w->dotted = 0;
	skip_octets(in, n);
	return 1;
}

struct str
wire_end(const struct wire *w)
{
	return w->inside ? STR("\r\n") : STR("");
}

/* Counts of a block. */
struct census {
	uint64_t all;		/* its bytes, or-ed */
	uint64_t crs;		/* not 0 if there are any, or NULs */
	size_t lfs;
};

static void
count_word(struct census *c, uint64_t word)
{
	c->all |= word;
	c->crs |= bytes_that_are(word, '\r') | bytes_that_are(word, '\0');
	c->lfs += (size_t)((bytes_that_are(word, '\n') >> 7) * ONES >> 56);
}

static struct census
count_lines(struct str s)
{
	struct census c = { 0, 0, 0 };
	uint64_t rest = ONES;

	for (; s.n >= 8; skip_octets(&s, 8))
		count_word(&c, word_at(s.p));
	memcpy(&rest, s.p, s.n);
	count_word(&c, rest);
	return c;
}

/* Without CR and NUL each LF adds one octet, so counting them is enough. */
static void
measure_block(struct wire *w, struct str in, struct wire_size *size)
{
	struct census c = count_lines(in);
	struct str piece;

	size->eight_bit |= (c.all & HIGH) != 0;
	if (!c.crs && !w->after_cr) {
		size->octets += in.n + c.lfs;
		w->inside = in.p[in.n - 1] != '\n';
		return;
	}
	while (wire_next(w, &in, &piece))
		size->octets += piece.n;
}

int
wire_measure(struct content *c, struct wire_size *size)
{
	struct wire w = { 0 };
	struct str bytes;
	int rc;

	*size = (struct wire_size){ 0 };
	while ((rc = content_next(c, &bytes)) > 0)
		measure_block(&w, bytes, size);
	size->octets += wire_end(&w).n;
	size->end = c->at;
	return rc;
}

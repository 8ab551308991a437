/* bytes - numbers and vectors as TLS writes them; see bytes.h. */
#include <stdlib.h>
#include <string.h>

#include "bytes.h"

const unsigned char *
reader_bytes(struct reader *r, size_t n)
{
	const unsigned char *p = r->p;

	if (r->bad || n > r->n) {
		r->bad = 1;
		r->n = 0;
		return NULL;
	}
	r->p += n;
	r->n -= n;
	return p;
}

unsigned long
reader_number(struct reader *r, int size)
{
	const unsigned char *p = reader_bytes(r, (size_t)size);
	unsigned long v = 0;

	while (p && size-- > 0)
		v = v << 8 | *p++;
	return v;
}

struct reader
reader_vector(struct reader *r, int size)
{
	struct reader v = { NULL, 0, 0 };
	size_t n = reader_number(r, size);

	v.p = reader_bytes(r, n);
	v.n = v.p ? n : 0;
	v.bad = r->bad;
	return v;
}

int
reader_done(const struct reader *r)
{
	return !r->bad && !r->n;
}

unsigned char *
writer_room(struct writer *w, size_t n)
{
	size_t cap = w->cap ? w->cap : 512;
	unsigned char *p;

	while (cap < w->n + n)
		cap *= 2;
	if (cap > w->cap && !w->bad) {
		p = realloc(w->p, cap);
		if (p) {
			w->p = p;
			w->cap = cap;
		} else {
			w->bad = 1;
		}
	}
	if (w->bad)
		return NULL;
	w->n += n;
	return w->p + (w->n - n);
}

void
writer_bytes(struct writer *w, const void *p, size_t n)
{
	unsigned char *to = writer_room(w, n);

	if (to && n)
		memcpy(to, p, n);
}

static void
put_big(unsigned char *p, unsigned long v, int size)
{
	while (size-- > 0) {
		p[size] = (unsigned char)v;
		v >>= 8;
	}
}

void
writer_number(struct writer *w, unsigned long v, int size)
{
	unsigned char *to = writer_room(w, (size_t)size);

	if (to)
		put_big(to, v, size);
}

void
writer_open(struct writer *w, int size)
{
	writer_number(w, 0, size);
	w->open[w->depth].at = w->n;
	w->open[w->depth++].size = size;
}

void
writer_close_at(struct writer *w, size_t at, int size)
{
	size_t n = w->n - at;

	if (n >> 8 * size)
		w->bad = 1;
	if (!w->bad)
		put_big(w->p + at - size, n, size);
}

void
writer_close(struct writer *w)
{
	w->depth--;
	writer_close_at(w, w->open[w->depth].at, w->open[w->depth].size);
}

void
writer_free(struct writer *w)
{
	if (w->p)
		explicit_bzero(w->p, w->cap);
	free(w->p);
	memset(w, 0, sizeof *w);
}

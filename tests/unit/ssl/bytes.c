/* bytes - lengths that lie, vectors too long for theirs. */
#include <stddef.h>
#include <string.h>

#include "../../../ssl/bytes.h"
#include "../t.h"

static struct reader
over(const char *s, size_t n)
{
	struct reader r = { (const unsigned char *)s, n, 0 };

	return r;
}
#define R(s) over(s, sizeof(s) - 1)

static void
reading(void)
{
	struct reader r = R("\1\2\3\0\2ab\1c"), v;

	T(reader_number(&r, 1) == 1 && reader_number(&r, 2) == 0x203);
	v = reader_vector(&r, 2);
	T(v.n == 2 && !v.bad && memcmp(v.p, "ab", 2) == 0);
	T(!reader_done(&r));
	v = reader_vector(&r, 1);
	T(v.n == 1 && v.p[0] == 'c' && reader_done(&r));
	T(reader_number(&r, 1) == 0 && r.bad && !reader_done(&r));
	r = R("\3ab");
	v = reader_vector(&r, 1);
	T(v.bad && r.bad && v.n == 0 && r.n == 0);
	r = R("\0");
	T(reader_number(&r, 2) == 0 && r.bad && r.n == 0);
	r = R("\xff\xff\xff");
	v = reader_vector(&r, 3);
	T(v.bad && v.n == 0);
	r = R("\0");
	v = reader_vector(&r, 1);
	T(v.p && v.n == 0 && !v.bad && reader_done(&r));
	T(!reader_bytes(&r, 1) && r.bad);
	T(!reader_bytes(&r, 0) && r.bad);
}

static void
writing(void)
{
	struct writer w = { 0 };
	size_t i;

	writer_open(&w, 3);
	writer_open(&w, 1);
	writer_bytes(&w, "abc", 3);
	writer_close(&w);
	writer_number(&w, 0x12345, 3);
	writer_close(&w);
	T(!w.bad && w.n == 10
	    && memcmp(w.p, "\0\0\7\3abc\1\x23\x45", 10) == 0);
	for (i = 0; i < 5000; i++)
		writer_number(&w, i, 2);
	T(!w.bad && w.n == 10010 && w.cap >= w.n);
	T(w.p[10008] == 4999 >> 8 && w.p[10009] == (4999 & 0xFF));
	writer_free(&w);
	T(!w.p && !w.n && !w.cap && !w.bad);
	writer_open(&w, 1);
	for (i = 0; i < 255; i++)
		writer_number(&w, 0, 1);
	writer_close(&w);
	T(!w.bad && w.p[0] == 255);
	writer_number(&w, 0, 1);
	writer_close_at(&w, 1, 1);
	T(w.bad);
	writer_free(&w);
}

int
main(void)
{
	reading();
	writing();
	return T_END();
}

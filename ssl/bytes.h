/* bytes.h - numbers and vectors as TLS writes them (RFC 8446 3): big-endian, a
 * vector after its length. Private to ssl/. */
#ifndef BYTES_H
#define BYTES_H

#include <stddef.h>

/* Bytes still to be read, borrowed. bad: more was asked for than there was, and
 * then nothing is left. */
struct reader {
	const unsigned char *p;
	size_t n;
	int bad;
};

/* The next n bytes, or NULL. */
const unsigned char *reader_bytes(struct reader *, size_t n);

/* A number of up to three bytes, 0 when it is not there. */
unsigned long reader_number(struct reader *, int size);

/* A vector whose length has size bytes; empty and bad when it is not there. */
struct reader reader_vector(struct reader *, int size);

/* 1 when all was there and has been read. */
int reader_done(const struct reader *);

/* Bytes being written, owned; { 0 } to begin with. bad: out of memory or a
 * vector too long, and then what is in it is not to be used. */
enum { WRITER_DEPTH = 5 };
struct writer {
	unsigned char *p;
	size_t n, cap;
	int bad;
	int depth;	/* vectors that are open, each with ... */
	struct {
		size_t at;	/* ... its beginning */
		int size;	/* ... and the bytes of its length */
	} open[WRITER_DEPTH];
};

/* Room for n bytes at the end, which now belong to it, or NULL. */
unsigned char *writer_room(struct writer *, size_t n);
void writer_bytes(struct writer *, const void *p, size_t n);
void writer_number(struct writer *, unsigned long v, int size);

/* What is written between the two is a vector whose length has size bytes. They
 * nest. */
void writer_open(struct writer *, int size);
void writer_close(struct writer *);

/* Makes a vector of all that follows at, as if it had been opened there. */
void writer_close_at(struct writer *, size_t at, int size);

/* Wipes, frees and is { 0 } again. */
void writer_free(struct writer *);

#endif

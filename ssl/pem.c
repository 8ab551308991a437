/* pem - files of PEM (RFC 7468) or DER objects: certificates, CRLs, keys.
 * Own reader because BearSSL's finds nothing in a file with CRLF or trailing
 * blanks and is thirty times slower. Objects are decoded in place: an object
 * never needs more room than its text, and one wipe clears every copy. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "der.h"
#include "pem.h"

enum { FILE_MAX = 16 << 20 };

static const char begin_mark[] = "-----BEGIN ", end_mark[] = "-----END ",
    dashes[] = "-----";

/* Reads size bytes and makes sure that there are no more. */
static const char *
read_all(int fd, unsigned char *p, size_t size, size_t *n)
{
	ssize_t r;

	for (*n = 0; *n <= size; *n += (size_t)r) {
		r = read(fd, p + *n, size + 1 - *n);
		if (r < 0 && errno == EINTR)
			r = 0;
		else if (r < 0)
			return strerror(errno);
		else if (r == 0)
			return NULL;
	}
	return "grew while it was read";
}

static const char *
load(struct pem *p, int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return strerror(errno);
	if (!S_ISREG(st.st_mode))
		return "not a regular file";
	if (st.st_size > FILE_MAX)
		return "larger than 16 MB";
	p->data = malloc((size_t)st.st_size + 1);
	if (!p->data)
		return strerror(ENOMEM);
	p->owned = 1;
	return read_all(fd, p->data, (size_t)st.st_size, &p->n);
}

int
pem_open(struct pem *p, const char *file, char *why, size_t size)
{
	const char *bad;
	int fd;

	memset(p, 0, sizeof *p);
	fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	bad = fd < 0 ? strerror(errno) : load(p, fd);
	if (fd >= 0)
		close(fd);
	p->der = p->n && p->data[0] == DER_SEQ;
	if (!bad)
		return 0;
	snprintf(why, size, "%s: %s", file, bad);
	pem_close(p);
	return -1;
}

void
pem_mem(struct pem *p, void *data, size_t n)
{
	memset(p, 0, sizeof *p);
	p->data = data;
	p->n = n;
	p->der = n && p->data[0] == DER_SEQ;
}

void
pem_close(struct pem *p)
{
	if (p->data)
		explicit_bzero(p->data, p->n);
	if (p->owned)
		free(p->data);
	memset(p, 0, sizeof *p);
}

static int
damaged(struct pem *p, const char *why)
{
	p->why = why;
	return -1;
}

/* Moves behind the next occurrence of s. 0, or -1 and to the end. */
static int
seek(struct pem *p, const char *s)
{
	const unsigned char *f = NULL;

	if (p->at < p->n)
		f = memmem(p->data + p->at, p->n - p->at, s, strlen(s));
	p->at = f ? (size_t)(f - p->data) + strlen(s) : p->n;
	return f ? 0 : -1;
}

/* 1 and moves behind s when it comes next. */
static int
skip(struct pem *p, const char *s)
{
	size_t n = strlen(s);

	if (p->n - p->at < n || memcmp(p->data + p->at, s, n) != 0)
		return 0;
	p->at += n;
	return 1;
}

/* "LABEL-----" after a mark. A label too long for o is one nobody wants. */
static int
read_label(struct pem *p, struct pem_object *o)
{
	size_t from = p->at, n;

	if (seek(p, dashes) < 0)
		return -1;
	n = p->at - strlen(dashes) - from;
	if (memchr(p->data + from, '\n', n))
		return -1;
	if (n >= sizeof o->label)
		n = sizeof o->label - 1;
	memcpy(o->label, p->data + from, n);
	o->label[n] = '\0';
	return 0;
}

/* The header lines of RFC 1421 4.6.1.1, which only encrypted keys still have,
 * end in an empty line. */
static void
read_headers(struct pem *p, struct pem_object *o)
{
	const unsigned char *line, *lf;
	size_t n;

	while (p->at < p->n) {
		line = p->data + p->at;
		lf = memchr(line, '\n', p->n - p->at);
		n = lf ? (size_t)(lf - line) + 1 : p->n - p->at;
		if (!memchr(line, ':', n) && !memchr(line, ',', n))
			return;
		if (memmem(line, n, "ENCRYPTED", 9))
			o->encrypted = 1;
		p->at += n;
	}
}

static void
skip_line(struct pem *p)
{
	const unsigned char *lf;

	lf = memchr(p->data + p->at, '\n', p->n - p->at);
	p->at = lf ? (size_t)(lf - p->data) + 1 : p->at;
}

/* Value of a base64 digit; -1 for blanks and '=', -2 for what cannot be. */
static int
digit(unsigned char c)
{
	static const signed char val[] = {	/* '+' to 'z' */
		62, -2, -2, -2, 63,
		52, 53, 54, 55, 56, 57, 58, 59, 60, 61,
		-2, -2, -2, -1, -2, -2, -2,
		0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12,
		13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25,
		-2, -2, -2, -2, -2, -2,
		26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38,
		39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51
	};

	if (c >= '+' && c <= 'z')
		return val[c - '+'];
	return c == ' ' || (c >= '\t' && c <= '\r') ? -1 : -2;
}

/* Decodes up to the next '-' to out, which does not lie behind the text.
 * Bytes, or -1. Digits after padding are damage, as is a lone digit. */
static long
decode(struct pem *p, unsigned char *out)
{
	unsigned char *to = out;
	unsigned long acc = 0;
	unsigned k = 0, pad = 0;
	int v;

	for (; p->at < p->n && p->data[p->at] != '-'; p->at++) {
		v = digit(p->data[p->at]);
		if (v == -2 || (v >= 0 && pad))
			return -1;
		if (v < 0) {
			pad += p->data[p->at] == '=';
			continue;
		}
		acc = acc << 6 | (unsigned long)v;
		if (++k % 4)
			continue;
		*to++ = (unsigned char)(acc >> 16);
		*to++ = (unsigned char)(acc >> 8);
		*to++ = (unsigned char)acc;
	}
	k %= 4;
	if (k == 1 || pad > 2)
		return -1;
	if (k >= 2)
		*to++ = (unsigned char)(acc >> (k * 6 - 8));
	if (k == 3)
		*to++ = (unsigned char)(acc >> 2);
	return to - out;
}

static int
next_pem(struct pem *p, struct pem_object *o)
{
	char label[sizeof o->label];
	long n;

	if (seek(p, begin_mark) < 0)
		return 0;
	o->der = p->data + p->at - strlen(begin_mark);
	if (read_label(p, o) < 0)
		return damaged(p, "BEGIN line without end");
	memcpy(label, o->label, sizeof label);
	skip_line(p);
	read_headers(p, o);
	n = decode(p, o->der);
	if (n < 0)
		return damaged(p, "bad base64");
	o->n = (size_t)n;
	if (!skip(p, end_mark) || read_label(p, o) < 0
	    || strcmp(label, o->label) != 0)
		return damaged(p, "no END line that fits its BEGIN line");
	return 1;
}

static int
next_der(struct pem *p, struct pem_object *o)
{
	struct der in, body, all;

	in.p = p->data + p->at;
	in.n = p->n - p->at;
	if (der_tag(&in) != DER_SEQ)
		return 0;
	if (der_next(&in, &body, &all) < 0) {
		p->at = p->n;
		return damaged(p, "bad or cut DER");
	}
	o->der = p->data + p->at;
	o->n = all.n;
	p->at += all.n;
	return 1;
}

int
pem_next(struct pem *p, struct pem_object *o)
{
	memset(o, 0, sizeof *o);
	return p->der ? next_der(p, o) : next_pem(p, o);
}

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

/* Moves past the next occurrence of s. 0, or -1 and to the end. */
static int
seek(struct pem *p, const char *s)
{
	const unsigned char *f = NULL;

	if (p->at < p->n)
		f = memmem(p->data + p->at, p->n - p->at, s, strlen(s));
	p->at = f ? (size_t)(f - p->data) + strlen(s) : p->n;
	return f ? 0 : -1;
}

/* 1 and moves past s when it comes next. */
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

enum { DIGIT = 64 };	/* marks what is one; the value is below it */

static const unsigned char digits[256] = {
	['A'] = 64, 65, 66, 67, 68, 69, 70, 71, 72, 73, 74, 75, 76,
	['N'] = 77, 78, 79, 80, 81, 82, 83, 84, 85, 86, 87, 88, 89,
	['a'] = 90, 91, 92, 93, 94, 95, 96, 97, 98, 99, 100, 101, 102,
	['n'] = 103, 104, 105, 106, 107, 108, 109, 110, 111, 112, 113, 114, 115,
	['0'] = 116, 117, 118, 119, 120, 121, 122, 123, 124, 125,
	['+'] = 126, ['/'] = 127
};

/* Four digits at once, which is nearly all there is. 1 when they were. */
static int
quad(const unsigned char *in, unsigned char *to)
{
	unsigned a = digits[in[0]], b = digits[in[1]], c = digits[in[2]],
	    d = digits[in[3]];

	if (!(a & b & c & d & DIGIT))
		return 0;
	to[0] = (unsigned char)(a << 2 | (b >> 4 & 3));
	to[1] = (unsigned char)(b << 4 | (c >> 2 & 15));
	to[2] = (unsigned char)(c << 6 | (d & 63));
	return 1;
}

static int
blank(unsigned char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Decodes up to the next '-' to out, which does not lie behind the text.
 * Bytes, or -1. Digits after padding are damage, as is a lone digit. */
static long
decode(struct pem *p, unsigned char *out)
{
	const unsigned char *in = p->data + p->at, *end = p->data + p->n;
	unsigned char *to = out, group[4];
	unsigned k = 0, pad = 0;

	for (;; in++) {
		while (k == 0 && pad == 0 && end - in > 3 && quad(in, to)) {
			in += 4;
			to += 3;
		}
		if (in == end || *in == '-')
			break;
		if (*in == '=')
			pad++;
		else if (digits[*in] && !pad)
			group[k++] = *in;
		else if (!blank(*in))
			return -1;
		if (k == 4 && quad(group, to)) {
			to += 3;
			k = 0;
		}
	}
	p->at = (size_t)(in - p->data);
	if (k == 1 || pad > 2)
		return -1;
	if (k > 1) {
		memset(group + k, 'A', 4 - k);
		quad(group, to);
		to += k - 1;
	}
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

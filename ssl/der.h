/* der.h - walks ITU-T X.690 DER without copying and without trusting a length.
 * Private to ssl/. */
#ifndef DER_H
#define DER_H

#include <stddef.h>
#include <stdint.h>

enum {
	DER_BOOL = 0x01, DER_INT = 0x02, DER_BITS = 0x03, DER_OCTETS = 0x04,
	DER_OID = 0x06, DER_ENUM = 0x0A, DER_UTF8 = 0x0C, DER_UTCTIME = 0x17,
	DER_GENTIME = 0x18, DER_SEQ = 0x30, DER_SET = 0x31
};

/* Borrowed bytes; as a cursor, what is still to be read. */
struct der {
	const unsigned char *p;
	size_t n;
};

/* The tag of the next element, -1 at the end. */
int der_tag(const struct der *);

/* Takes one element off the front: *body its contents, *all (NULL allowed)
 * with tag and length. Returns the tag; -1 at the end and on anything that is
 * not DER with a one-byte tag and a length that fits, nothing taken then. */
int der_next(struct der *in, struct der *body, struct der *all);

/* As der_next, and the tag must be this one. 0 or -1, nothing taken then. */
int der_take(struct der *in, int tag, struct der *body);

/* Non-negative INTEGER contents below 2^31, or -1. */
long der_small(struct der body);

/* The contents of an INTEGER as a number without sign: no leading zeros, and so
 * empty when it is 0. */
struct der der_unsigned(struct der);

/* The contents of a UTCTime or GeneralizedTime in the forms of RFC 5280
 * 4.1.2.5 as seconds since 1970. 0 or -1. */
int der_time(int tag, struct der body, int64_t *out);

/* 1 when both hold the same bytes. */
int der_same(struct der, struct der);

/* 1 when it holds these n bytes. */
int der_is(struct der, const void *p, size_t n);

/* 1 when they do but for the case of ASCII letters. */
int der_alike(struct der, struct der);

/* The small letter of a capital one, else the byte itself. */
int der_lower(int c);

#endif

/* ed25519 - verification of Ed25519 signatures (RFC 8032 5.1.7)
 *
 * Numbers modulo p = 2^255 - 19 are BearSSL's: a word with the length, nine of
 * 31 bits, in Montgomery's form where not said otherwise, which its arithmetic
 * for the other curves has in the program already. That makes this small, and
 * about as slow as P-256.
 *
 * The negatives of all points but the base are what is added up, so that the
 * sum is the neutral point if the signature is right: the one with y = 1. */
#include <string.h>

#include <bearssl.h>

#include "ed25519.h"

/* Linked from the library; its own header src/inner.h declares them thus. */
uint32_t br_i31_iszero(const uint32_t *);
uint32_t br_i31_add(uint32_t *, const uint32_t *, uint32_t);
uint32_t br_i31_sub(uint32_t *, const uint32_t *, uint32_t);
uint32_t br_i31_decode_mod(uint32_t *, const void *, size_t, const uint32_t *);
void br_i31_decode_reduce(uint32_t *, const void *, size_t, const uint32_t *);
void br_i31_encode(void *, size_t, const uint32_t *);
void br_i31_montymul(uint32_t *, const uint32_t *, const uint32_t *,
    const uint32_t *, uint32_t);
void br_i31_to_monty(uint32_t *, const uint32_t *);
void br_i31_from_monty(uint32_t *, const uint32_t *, uint32_t);
void br_i31_modpow(uint32_t *, const unsigned char *, size_t,
    const uint32_t *, uint32_t, uint32_t *, uint32_t *);

enum { WORDS = 10, BYTES = 32 };

/* Extended coordinates (RFC 8032 5.1.4): xt = xy, z is not 0. */
struct point {
	uint32_t x[WORDS], y[WORDS], z[WORDS], t[WORDS];
};

static const uint32_t prime[WORDS] = {
	0x107, 0x7FFFFFED, 0x7FFFFFFF, 0x7FFFFFFF, 0x7FFFFFFF,
	0x7FFFFFFF, 0x7FFFFFFF, 0x7FFFFFFF, 0x7FFFFFFF, 0x7F
};
static const uint32_t minus_inverse = 0x286BCA1B;	/* -1/p mod 2^31 */

/* Of the base point. */
static const uint32_t order[WORDS] = {
	0x105, 0x5CF5D3ED, 0x3024C634, 0x0BDE7359, 0x26F7CEF5, 1, 0, 0, 0, 0x10
};

static const uint32_t zero[WORDS] = { 0x107 };
static const uint32_t one[WORDS] = { 0x107, 0x13000000 };

/* The curve's d, and a square root of -1. */
static const uint32_t curve_d[WORDS] = {
	0x107, 0x004DA931, 0x7EDF47EA, 0x6701DB17, 0x5EBF18A5,
	0x00850C3B, 0x7BC18869, 0x5CB27240, 0x1CA7F149, 0x2D
};
static const uint32_t root[WORDS] = {
	0x107, 0x0AB7DCF1, 0x54FE2BDB, 0x5A76B00F, 0x76D46FA7,
	0x081FAC87, 0x7336202D, 0x0DADC2D7, 0x75B1C6EA, 0x05
};

/* The base point's y is 4/5; the sign is the other one here. */
static const unsigned char minus_base[BYTES] = {
	0x58, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
	0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
	0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0xE6
};

static void
field_add(uint32_t *a, const uint32_t *b)
{
	br_i31_add(a, b, 1);
	br_i31_sub(a, prime, !br_i31_sub(a, prime, 0));
}

static void
field_sub(uint32_t *a, const uint32_t *b)
{
	br_i31_add(a, prime, br_i31_sub(a, b, 1));
}

static void
field_mul(uint32_t *out, const uint32_t *a, const uint32_t *b)
{
	uint32_t product[WORDS];

	br_i31_montymul(product, a, b, prime, minus_inverse);
	memcpy(out, product, sizeof product);
}

static int
field_same(const uint32_t *a, const uint32_t *b)
{
	return memcmp(a, b, WORDS * sizeof *a) == 0;
}

/* Little-endian bytes to BearSSL's order. */
static void
reverse(const unsigned char *in, unsigned char *out, size_t n)
{
	while (n--)
		*out++ = in[n];
}

/* x = sqrt(u/v) = u v^3 (u v^7)^((p-5)/8), or -1 when there is none; RFC 8032
 * 5.1.3 step 2 and 3. */
static int
square_root(uint32_t *x, const uint32_t *u, const uint32_t *v)
{
	unsigned char e[BYTES];
	uint32_t w[WORDS], t1[WORDS], t2[WORDS];

	memset(e, 0xFF, sizeof e);
	e[0] = 0x0F;
	e[BYTES - 1] = 0xFD;
	field_mul(w, v, v);
	field_mul(x, w, v);
	field_mul(x, x, u);
	field_mul(w, w, w);
	field_mul(w, w, x);
	br_i31_from_monty(w, prime, minus_inverse);
	br_i31_modpow(w, e, sizeof e, prime, minus_inverse, t1, t2);
	br_i31_to_monty(w, prime);
	field_mul(x, x, w);
	field_mul(w, x, x);
	field_mul(w, w, v);
	if (field_same(w, u))
		return 0;
	field_add(w, u);
	field_mul(x, x, root);
	return br_i31_iszero(w) ? 0 : -1;
}

/* The negative of the point that the bytes are: 5.1.3. */
static int
decode_negative(struct point *p, const unsigned char *in)
{
	unsigned char bytes[BYTES];
	uint32_t u[WORDS], v[WORDS];
	int sign = in[BYTES - 1] >> 7;

	reverse(in, bytes, BYTES);
	bytes[0] &= 0x7F;
	if (!br_i31_decode_mod(p->y, bytes, BYTES, prime))
		return -1;
	br_i31_to_monty(p->y, prime);
	field_mul(u, p->y, p->y);
	field_mul(v, u, curve_d);
	field_sub(u, one);
	field_add(v, one);
	if (square_root(p->x, u, v) < 0 || (sign && br_i31_iszero(p->x)))
		return -1;
	memcpy(u, p->x, sizeof u);
	br_i31_from_monty(u, prime, minus_inverse);
	if ((u[1] & 1) == (unsigned)sign) {
		memcpy(u, p->x, sizeof u);
		memcpy(p->x, zero, sizeof zero);
		field_sub(p->x, u);
	}
	memcpy(p->z, one, sizeof one);
	field_mul(p->t, p->x, p->y);
	return 0;
}

/* 5.1.4; right for all points, a == b too. */
static void
add_point(struct point *p, const struct point *q)
{
	uint32_t a[WORDS], b[WORDS], c[WORDS], d[WORDS], t[WORDS];

	memcpy(a, p->y, sizeof a);
	field_sub(a, p->x);
	memcpy(t, q->y, sizeof t);
	field_sub(t, q->x);
	field_mul(a, a, t);
	memcpy(b, p->y, sizeof b);
	field_add(b, p->x);
	memcpy(t, q->y, sizeof t);
	field_add(t, q->x);
	field_mul(b, b, t);
	field_mul(c, p->t, q->t);
	field_mul(c, c, curve_d);
	field_add(c, c);
	field_mul(d, p->z, q->z);
	field_add(d, d);
	memcpy(t, b, sizeof t);
	field_sub(b, a);
	field_add(a, t);
	memcpy(t, d, sizeof t);
	field_sub(d, c);
	field_add(c, t);
	field_mul(p->x, b, d);
	field_mul(p->y, c, a);
	field_mul(p->t, b, a);
	field_mul(p->z, d, c);
}

/* SHA-512(R, key, msg) modulo the order, as bytes. */
static void
challenge(const unsigned char *r, const unsigned char *key, const void *msg,
    size_t n, unsigned char *out)
{
	br_sha512_context c;
	unsigned char hash[64], reversed[64];
	uint32_t k[WORDS];

	br_sha512_init(&c);
	br_sha512_update(&c, r, BYTES);
	br_sha512_update(&c, key, BYTES);
	br_sha512_update(&c, msg, n);
	br_sha512_out(&c, hash);
	reverse(hash, reversed, sizeof hash);
	br_i31_decode_reduce(k, reversed, sizeof reversed, order);
	br_i31_encode(out, BYTES, k);
}

static int
bit_of(const unsigned char *number, unsigned i)
{
	return number[i / 8] >> (7 - i % 8) & 1;
}

int
ed25519_verify(const unsigned char key[32], const void *msg, size_t n,
    const unsigned char sig[64])
{
	struct point sum, base, a, r;
	unsigned char s[BYTES], k[BYTES];
	uint32_t number[WORDS];
	unsigned i;

	reverse(sig + BYTES, s, BYTES);
	if (!br_i31_decode_mod(number, s, BYTES, order)
	    || decode_negative(&a, key) < 0 || decode_negative(&r, sig) < 0
	    || decode_negative(&base, minus_base) < 0)
		return 0;
	challenge(sig, key, msg, n, k);
	memcpy(sum.x, zero, sizeof zero);
	memcpy(sum.y, one, sizeof one);
	memcpy(sum.z, one, sizeof one);
	memcpy(sum.t, zero, sizeof zero);
	for (i = 0; i < 8 * BYTES; i++) {
		add_point(&sum, &sum);
		if (bit_of(s, i))
			add_point(&sum, &base);
		if (bit_of(k, i))
			add_point(&sum, &a);
	}
	add_point(&sum, &r);
	return field_same(sum.y, sum.z);
}

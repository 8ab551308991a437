/* kex - secrets that both sides have; see kex.h. */
#include <string.h>

#include "ec.h"
#include "kex.h"

/* In the order offered: servers that follow the client take the first. The
 * last is in no first hello, which its key would double: a server that wants it
 * says so. */
static const unsigned groups[] = {
	GROUP_X25519, GROUP_P256, GROUP_P384, GROUP_P521, GROUP_X25519MLKEM768
};
enum { GROUPS = sizeof groups / sizeof groups[0] };

/* How many there are for a version. */
static size_t
count_groups(int tls13)
{
	return tls13 && mlkem_built ? GROUPS : GROUPS - 1;
}

void
kex_groups(struct writer *w, int tls13)
{
	size_t i;

	for (i = 0; i < count_groups(tls13); i++)
		writer_number(w, groups[i], 2);
}

int
kex_offered(unsigned group, int tls13)
{
	size_t i;

	for (i = 0; i < count_groups(tls13); i++)
		if (groups[i] == group)
			return 1;
	return 0;
}

/* ---- curves ---- */

/* A private key between 1 and the order, as BearSSL itself makes it: a few
 * bits shorter than the order and odd. Returns its size. */
static size_t
make_private(br_hmac_drbg_context *rng, int curve, unsigned char key[66])
{
	const unsigned char *order;
	unsigned mask = 0xFF;
	size_t n;

	order = ec_all.order(curve, &n);
	while (mask >= order[0])
		mask >>= 1;
	br_hmac_drbg_generate(rng, key, n);
	key[0] &= (unsigned char)mask;
	key[n - 1] |= 1;
	return n;
}

static int
curve_of(unsigned group)
{
	return group == GROUP_X25519MLKEM768 ? BR_EC_curve25519 : (int)group;
}

static void
make_mlkem(struct kex *k, br_hmac_drbg_context *rng, struct writer *w)
{
	unsigned char seed[MLKEM_SEED], *to = writer_room(w, MLKEM_EK);

	br_hmac_drbg_generate(rng, seed, sizeof seed);
	if (to)
		mlkem_keygen(&k->mlkem, to, seed);
	explicit_bzero(seed, sizeof seed);
}

/* A hello that is repeated for its cookie has the same share, and the first one
 * is of a curve. */
void
kex_make(struct kex *k, br_hmac_drbg_context *rng, unsigned group,
    struct writer *w)
{
	int curve = curve_of(group);
	unsigned char *to;
	size_t n;

	if (k->group != group || !k->n)
		k->n = make_private(rng, curve, k->key);
	k->group = group;
	if (group == GROUP_X25519MLKEM768)
		make_mlkem(k, rng, w);
	ec_all.generator(curve, &n);
	to = writer_room(w, n);
	if (to)
		ec_all.mulgen(to, k->key, k->n, curve);
}

static int
all_zero(const unsigned char *p, size_t n)
{
	unsigned char any = 0;

	while (n--)
		any |= p[n];
	return !any;
}

/* BearSSL 0.6 does not look at the size of a point it multiplies. A secret of
 * zeros is one of few that a point of small order gives (RFC 7748 6.1). */
static const char *
multiply(const struct kex *k, const struct reader *point, struct secret *s)
{
	int curve = curve_of(k->group);
	unsigned char buf[133];
	size_t n, off;

	ec_all.generator(curve, &n);
	if (point->n != n)
		return "ECDH point of a wrong size";
	memcpy(buf, point->p, n);
	off = ec_all.xoff(curve, &n);
	if (!ec_all.mul(buf, point->n, k->key, k->n, curve)
	    || all_zero(buf + off, n))
		n = 0;
	memcpy(s->p + s->n, buf + off, n);
	s->n += n;
	explicit_bzero(buf, sizeof buf);
	return n ? NULL : "ECDH point off the curve";
}

/* The ciphertext goes before the point, and so do their secrets. */
static const char *
decapsulate(const struct kex *k, struct reader *share, struct secret *s)
{
	const unsigned char *ct = reader_bytes(share, MLKEM_CT);

	if (!ct || mlkem_decaps(&k->mlkem, ct, MLKEM_CT, s->p) < 0)
		return "ML-KEM ciphertext of a wrong size";
	s->n = MLKEM_SHARED;
	return NULL;
}

const char *
kex_shared(struct kex *k, struct reader share, struct secret *s)
{
	const char *bad = NULL;

	s->n = 0;
	if (k->group == GROUP_X25519MLKEM768)
		bad = decapsulate(k, &share, s);
	if (!bad)
		bad = multiply(k, &share, s);
	explicit_bzero(k, sizeof *k);
	return bad;
}

/* ---- finite fields ---- */

static struct reader
stripped(struct reader r)
{
	while (r.n && r.p[0] == 0) {
		r.p++;
		r.n--;
	}
	return r;
}

/* Puts v at the end of out, which has the size of p. 0 unless 1 < v < p - 1;
 * p is odd. */
static int
dh_value(const struct reader *v, const struct reader *p, unsigned char *out)
{
	unsigned char low[KEX_DH_MAX];

	if (v->n == 0 || v->n > p->n || (v->n == 1 && v->p[0] <= 1))
		return 0;
	memset(out, 0, p->n - v->n);
	memcpy(out + (p->n - v->n), v->p, v->n);
	memcpy(low, p->p, p->n);
	low[p->n - 1] &= 0xFE;
	return memcmp(out, low, p->n) < 0;
}

/* Servers still hand out 1024 bits. */
static const char *
check_group(const struct reader *p)
{
	if (p->n < KEX_DH_MIN || (p->n == KEX_DH_MIN && !(p->p[0] & 0x80)))
		return "the server's DH group has less than 1024 bits";
	if (p->n > KEX_DH_MAX)
		return "the server's DH group has more than 4096 bits";
	return p->p[p->n - 1] & 1 ? NULL : "the server's DH prime is even";
}

/* g^x and y^x mod p. BearSSL's RSA is that very operation, and constant-time
 * in the exponent. Twice the bits of the group's strength are enough for x,
 * which serves once. The secret loses its leading zeros (RFC 5246 8.1.2). */
static int
dh_power(br_hmac_drbg_context *rng, struct reader p, unsigned char *g,
    struct secret *s)
{
	unsigned char x[40];
	union { const unsigned char *in; unsigned char *out; } modulus;
	br_rsa_public_key k;
	br_rsa_public power = br_rsa_public_get_default();
	struct reader z = { s->p, p.n, 0 };
	int ok;

	modulus.in = p.p;
	k.n = modulus.out;
	k.nlen = p.n;
	k.e = x;
	k.elen = p.n > 384 ? 40 : 32;
	br_hmac_drbg_generate(rng, x, k.elen);
	x[0] |= 0x80;
	ok = power(g, p.n, &k) && power(s->p, p.n, &k);
	z = stripped(z);
	memmove(s->p, z.p, z.n);
	s->n = z.n;
	explicit_bzero(x, sizeof x);
	return ok && (z.n > 1 || (z.n == 1 && z.p[0] > 1));
}

const char *
kex_dh(struct reader *r, br_hmac_drbg_context *rng, struct writer *w,
    struct secret *s)
{
	struct reader p = stripped(reader_vector(r, 2));
	struct reader g = stripped(reader_vector(r, 2));
	struct reader y = stripped(reader_vector(r, 2));
	unsigned char *to;
	const char *bad;

	if (r->bad)
		return "malformed DH key";
	bad = check_group(&p);
	if (bad)
		return bad;
	to = writer_room(w, p.n);
	if (!to)
		return "out of memory";
	if (!dh_value(&g, &p, to) || !dh_value(&y, &p, s->p))
		return "the server's DH values are out of range";
	return dh_power(rng, p, to, s) ? NULL
	    : "the server's DH values give no secret";
}

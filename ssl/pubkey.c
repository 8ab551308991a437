/* pubkey - the public key in a certificate (RFC 5280 4.1.2.7): RSA (RFC 3279
 * 2.3.1), RSASSA-PSS (RFC 4055), elliptic curves (RFC 5480), Ed25519 (RFC
 * 8410). */
#include <string.h>

#include "der.h"
#include "pubkey.h"

enum {
	MIN_BYTES = 1024 / 8, MAX_BYTES = 8192 / 8, MAX_EXPONENT = 8,
	PARAM_HASH = 0xA0, PARAM_MASK = 0xA1, PARAM_SALT = 0xA2
};

unsigned char *
pubkey_bytes(const unsigned char *p)
{
	union { const unsigned char *in; unsigned char *out; } u;

	u.in = p;
	return u.out;
}

static int
rsa_numbers(struct der in, br_rsa_public_key *k)
{
	struct der seq, n, e;

	if (der_take(&in, DER_SEQ, &seq) < 0 || in.n
	    || der_take(&seq, DER_INT, &n) < 0
	    || der_take(&seq, DER_INT, &e) < 0 || seq.n)
		return -1;
	n = der_unsigned(n);
	e = der_unsigned(e);
	if (n.n < MIN_BYTES || n.n > MAX_BYTES
	    || (n.n == MIN_BYTES && n.p[0] < 0x80) || !(n.p[n.n - 1] & 1))
		return -1;
	if (e.n == 0 || e.n > MAX_EXPONENT || !(e.p[e.n - 1] & 1)
	    || (e.n == 1 && e.p[0] == 1))
		return -1;
	k->n = pubkey_bytes(n.p);
	k->nlen = n.n;
	k->e = pubkey_bytes(e.p);
	k->elen = e.n;
	return 0;
}

int
pubkey_curve(struct der oid)
{
	static const struct {
		unsigned char id, n;
		char oid[9];
	} curves[] = {
		{ BR_EC_secp256r1, 8, "\x2a\x86\x48\xce\x3d\x03\x01\x07" },
		{ BR_EC_secp384r1, 5, "\x2b\x81\x04\x00\x22" },
		{ BR_EC_secp521r1, 5, "\x2b\x81\x04\x00\x23" }
	};
	unsigned i;

	for (i = 0; i < 3; i++)
		if (der_is(oid, curves[i].oid, curves[i].n))
			return curves[i].id;
	return 0;
}

static int
ec_point(struct der curve, struct der point, br_ec_public_key *k)
{
	static const unsigned char sizes[] = { 65, 97, 133 };

	k->curve = pubkey_curve(curve);
	if (!k->curve || point.n != sizes[k->curve - BR_EC_secp256r1]
	    || point.p[0] != 4)
		return -1;
	k->q = pubkey_bytes(point.p);
	k->qlen = point.n;
	return 0;
}

/* SHA-256, -384 and -512 differ in the last byte of their identifier, in the
 * order of BearSSL's numbers. RFC 4055 2.1: with NULL or without parameters. */
static int
hash_number(struct der in)
{
	struct der seq, oid;

	if (der_take(&in, DER_SEQ, &seq) < 0 || in.n
	    || der_take(&seq, DER_OID, &oid) < 0 || oid.n != 9
	    || memcmp(oid.p, "\x60\x86\x48\x01\x65\x03\x04\x02", 8) != 0
	    || (seq.n && !der_is(seq, "\x05\x00", 2))
	    || oid.p[8] < 1 || oid.p[8] > 3)
		return 0;
	return br_sha256_ID + oid.p[8] - 1;
}

int
pubkey_pss(struct der in, int *hash, size_t *salt)
{
	static const char mgf1[] = "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08";
	struct der seq, field, mask, oid;
	long n = 20;

	if (der_take(&in, DER_SEQ, &seq) < 0 || in.n
	    || der_take(&seq, PARAM_HASH, &field) < 0)
		return -1;
	*hash = hash_number(field);
	if (*hash == 0 || der_take(&seq, PARAM_MASK, &field) < 0
	    || der_take(&field, DER_SEQ, &mask) < 0 || field.n
	    || der_take(&mask, DER_OID, &oid) < 0
	    || !der_is(oid, mgf1, sizeof mgf1 - 1)
	    || hash_number(mask) != *hash)
		return -1;
	if (der_take(&seq, PARAM_SALT, &field) == 0)
		n = der_take(&field, DER_INT, &oid) < 0 || field.n ? -1
		    : der_small(oid);
	*salt = (size_t)n;
	return n < 0 || n > MAX_BYTES || seq.n ? -1 : 0;
}

/* No parameters: for any hash. TLS salts with as many bytes as the hash has
 * (RFC 8446 4.2.3), so that a key that asks for more cannot serve. */
static int
pss_limits(struct der params, struct pubkey *k)
{
	if (params.n == 0)
		return 0;
	if (pubkey_pss(params, &k->hash, &k->salt) < 0)
		return -1;
	return k->salt > 16U * (unsigned)(k->hash - br_sha256_ID + 2) ? -1 : 0;
}

enum pubkey_kind
pubkey_kind(struct der oid)
{
	static const struct {
		unsigned char kind, n;
		char oid[10];
	} kinds[] = {
		{ PUBKEY_RSA, 9, "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01" },
		{ PUBKEY_PSS, 9, "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a" },
		{ PUBKEY_EC, 7, "\x2a\x86\x48\xce\x3d\x02\x01" },
		{ PUBKEY_ED25519, 3, "\x2b\x65\x70" }
	};
	unsigned i;

	for (i = 0; i < 4; i++)
		if (der_is(oid, kinds[i].oid, kinds[i].n))
			return kinds[i].kind;
	return PUBKEY_NONE;
}

static int
parse_by_kind(struct der oid, struct der params, struct der bits,
    struct pubkey *k)
{
	struct der curve;

	k->kind = pubkey_kind(oid);
	switch (k->kind) {
	case PUBKEY_PSS:
		if (pss_limits(params, k) < 0)
			return -1;
		/* fall through */
	case PUBKEY_RSA:
		return rsa_numbers(bits, &k->rsa);
	case PUBKEY_EC:
		return der_take(&params, DER_OID, &curve) < 0 ? -1
		    : ec_point(curve, bits, &k->ec);
	case PUBKEY_ED25519:
		k->ed25519 = bits.p;
		return params.n || bits.n != 32 ? -1 : 0;
	default:
		return -1;
	}
}

int
pubkey_parse(struct der in, struct pubkey *k)
{
	struct der seq, alg, oid, bits;

	memset(k, 0, sizeof *k);
	if (der_take(&in, DER_SEQ, &seq) < 0
	    || der_take(&seq, DER_SEQ, &alg) < 0
	    || der_take(&seq, DER_BITS, &bits) < 0 || seq.n
	    || bits.n < 2 || bits.p[0] != 0
	    || der_take(&alg, DER_OID, &oid) < 0)
		return -1;
	bits.p++;
	bits.n--;
	if (parse_by_kind(oid, alg, bits, k) == 0)
		return 0;
	k->kind = PUBKEY_NONE;
	return -1;
}

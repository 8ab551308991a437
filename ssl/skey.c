/* skey - a private key; see skey.h. */
#include <string.h>

#include "skey.h"

enum { N, E, D, P, Q, DP, DQ, IQ, NUMBERS };

static uint32_t
bits_of(struct der n)
{
	uint32_t bits = 8 * (uint32_t)n.n;
	unsigned top;

	for (top = n.p[0]; top < 0x80; top <<= 1)
		bits--;
	return bits;
}

/* What follows the version; of two primes. BearSSL divides by them as odd
 * numbers. */
static int
parse_rsa(struct der in, br_rsa_private_key *k)
{
	struct der v[NUMBERS];
	int i;

	for (i = 0; i < NUMBERS; i++) {
		if (der_take(&in, DER_INT, &v[i]) < 0)
			return -1;
		v[i] = der_unsigned(v[i]);
		if (!v[i].n)
			return -1;
		if (i == N && (k->n_bitlen = bits_of(v[N])) > SKEY_RSA_BITS)
			return -1;
	}
	k->p = pubkey_bytes(v[P].p);
	k->plen = v[P].n;
	k->q = pubkey_bytes(v[Q].p);
	k->qlen = v[Q].n;
	k->dp = pubkey_bytes(v[DP].p);
	k->dplen = v[DP].n;
	k->dq = pubkey_bytes(v[DQ].p);
	k->dqlen = v[DQ].n;
	k->iq = pubkey_bytes(v[IQ].p);
	k->iqlen = v[IQ].n;
	return in.n || !(k->p[k->plen - 1] & k->q[k->qlen - 1] & 1) ? -1 : 0;
}

/* What follows the version. The curve is named here, or was before. */
static int
parse_ec(struct der in, int curve, br_ec_private_key *k)
{
	enum { PARAMETERS = 0xA0 };
	struct der x, field, oid;

	if (der_take(&in, DER_OCTETS, &x) < 0)
		return -1;
	if (der_take(&in, PARAMETERS, &field) == 0)
		curve = der_take(&field, DER_OID, &oid) < 0 ? 0
		    : pubkey_curve(oid);
	k->x = pubkey_bytes(x.p);
	k->xlen = x.n;
	k->curve = curve;
	return curve ? 0 : -1;
}

/* The key inside PKCS #8, of an algorithm that is ours, which may name the
 * curve. 0, and *in what follows its version; or -1. */
static int
unwrap(struct der *in, int *curve)
{
	struct der alg, oid, key, version;
	enum pubkey_kind kind;

	if (der_take(in, DER_SEQ, &alg) < 0
	    || der_take(&alg, DER_OID, &oid) < 0
	    || der_take(in, DER_OCTETS, &key) < 0
	    || der_take(&key, DER_SEQ, in) < 0
	    || der_take(in, DER_INT, &version) < 0)
		return -1;
	kind = pubkey_kind(oid);
	if (kind == PUBKEY_EC && der_take(&alg, DER_OID, &oid) == 0)
		*curve = pubkey_curve(oid);
	return kind == PUBKEY_RSA || kind == PUBKEY_EC ? 0 : -1;
}

int
skey_parse(struct der in, struct skey *k)
{
	enum pubkey_kind kind;
	struct der seq, version;
	int curve = 0, rc;

	memset(k, 0, sizeof *k);
	if (der_take(&in, DER_SEQ, &seq) < 0
	    || der_take(&seq, DER_INT, &version) < 0
	    || (der_tag(&seq) == DER_SEQ && unwrap(&seq, &curve) < 0))
		return -1;
	kind = der_tag(&seq) == DER_INT ? PUBKEY_RSA : PUBKEY_EC;
	rc = kind == PUBKEY_RSA ? parse_rsa(seq, &k->rsa)
	    : parse_ec(seq, curve, &k->ec);
	if (rc == 0)
		k->kind = kind;
	return rc;
}

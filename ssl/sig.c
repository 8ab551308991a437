/* sig - the signature on a certificate or a CRL: RSA PKCS#1 v1.5 and RSASSA-PSS
 * (RFC 4055), ECDSA (RFC 5758) with SHA-2, Ed25519 (RFC 8410). Nothing here is
 * secret. */
#include <string.h>

#include <bearssl.h>

#include "der.h"
#include "cert.h"
#include "ec.h"
#include "ed25519.h"
#include "pss.h"
#include "pubkey.h"
#include "schedule.h"
#include "sig.h"

#define RSA_ALG "\x2a\x86\x48\x86\xf7\x0d\x01\x01"
#define EC_ALG "\x2a\x86\x48\xce\x3d\x04"

static const struct {
	unsigned char kind;	/* enum pubkey_kind of the signature */
	unsigned char hash;	/* br_..._ID, 0: elsewhere */
	unsigned char n;
	char oid[10];
} sig_algs[] = {
	{ PUBKEY_RSA, br_sha256_ID, 9, RSA_ALG "\x0b" },
	{ PUBKEY_RSA, br_sha384_ID, 9, RSA_ALG "\x0c" },
	{ PUBKEY_RSA, br_sha512_ID, 9, RSA_ALG "\x0d" },
	{ PUBKEY_RSA, br_sha224_ID, 9, RSA_ALG "\x0e" },
	{ PUBKEY_RSA, br_sha1_ID, 9, RSA_ALG "\x05" },
	{ PUBKEY_PSS, 0, 9, RSA_ALG "\x0a" },
	{ PUBKEY_EC, br_sha256_ID, 8, EC_ALG "\x03\x02" },
	{ PUBKEY_EC, br_sha384_ID, 8, EC_ALG "\x03\x03" },
	{ PUBKEY_EC, br_sha512_ID, 8, EC_ALG "\x03\x04" },
	{ PUBKEY_EC, br_sha224_ID, 8, EC_ALG "\x03\x01" },
	{ PUBKEY_EC, br_sha1_ID, 7, EC_ALG "\x01" },
	{ PUBKEY_ED25519, 0, 3, "\x2b\x65\x70" }
};

static const struct {
	const br_hash_class *class;
	const unsigned char *oid;
} sig_hashes[] = {
	[br_sha1_ID] = { &br_sha1_vtable, BR_HASH_OID_SHA1 },
	[br_sha224_ID] = { &br_sha224_vtable, BR_HASH_OID_SHA224 },
	[br_sha256_ID] = { &br_sha256_vtable, BR_HASH_OID_SHA256 },
	[br_sha384_ID] = { &br_sha384_vtable, BR_HASH_OID_SHA384 },
	[br_sha512_ID] = { &br_sha512_vtable, BR_HASH_OID_SHA512 }
};

/* What an AlgorithmIdentifier says. 0 or -1. */
static int
parse_alg(struct der id, int *kind, int *hash, size_t *salt)
{
	struct der seq, oid;
	size_t i;

	if (der_take(&id, DER_SEQ, &seq) < 0
	    || der_take(&seq, DER_OID, &oid) < 0)
		return -1;
	for (i = 0; i < sizeof sig_algs / sizeof *sig_algs; i++)
		if (der_is(oid, sig_algs[i].oid, sig_algs[i].n))
			break;
	if (i == sizeof sig_algs / sizeof *sig_algs)
		return -1;
	*kind = sig_algs[i].kind;
	*hash = sig_algs[i].hash;
	if (*kind == PUBKEY_PSS)
		return pubkey_pss(seq, hash, salt);
	return *kind == PUBKEY_ED25519 && seq.n ? -1 : 0;
}

/* Any RSA key makes PSS signatures; one that is for them alone may say which
 * (RFC 4055 1.2). */
static int
key_fits(const struct pubkey *key, int kind, int hash, size_t salt)
{
	if (kind == PUBKEY_PSS && key->kind == PUBKEY_PSS)
		return (!key->hash || key->hash == hash) && salt >= key->salt;
	return key->kind == (unsigned)kind
	    || (kind == PUBKEY_PSS && key->kind == PUBKEY_RSA);
}

static int
pkcs1_verify(const unsigned char *oid, const unsigned char *digest, size_t n,
    struct der sig, const br_rsa_public_key *key)
{
	unsigned char seen[64];

	return br_rsa_pkcs1_vrfy_get_default()(sig.p, sig.n, oid, n, key,
	    seen) && memcmp(digest, seen, n) == 0;
}

int
sig_verify(struct der text, struct der sig, const struct pubkey *key,
    int kind, int hash, size_t salt)
{
	const br_hash_class *class = sig_hashes[hash].class;
	unsigned char digest[64];
	size_t n;

	if (kind == PUBKEY_ED25519)
		return sig.n == 64
		    && ed25519_verify(key->ed25519, text.p, text.n, sig.p);
	hash_of(class, text.p, text.n, digest);
	n = hash_size(class);
	if (kind == PUBKEY_RSA)
		return pkcs1_verify(sig_hashes[hash].oid, digest, n, sig,
		    &key->rsa);
	if (kind == PUBKEY_PSS)
		return pss_verify(class, salt, digest, &key->rsa, sig.p, sig.n);
	return br_ecdsa_vrfy_asn1_get_default()(&ec_all, digest, n, &key->ec,
	    sig.p, sig.n) == 1;
}

int
sig_verify_md5sha1(struct der text, struct der sig,
    const br_rsa_public_key *key)
{
	unsigned char digest[16 + 20];

	hash_of(&br_md5_vtable, text.p, text.n, digest);
	hash_of(&br_sha1_vtable, text.p, text.n, digest + 16);
	return pkcs1_verify(NULL, digest, sizeof digest, sig, key);
}

const br_hash_class *
sig_hash(int hash, const unsigned char **oid)
{
	if (oid)
		*oid = sig_hashes[hash].oid;
	return sig_hashes[hash].class;
}

const char *
sig_check(const struct sealed *s, const struct pubkey *key, int flags)
{
	int kind, hash;
	size_t salt = 0;

	if (parse_alg(s->alg, &kind, &hash, &salt) < 0)
		return "its signature algorithm is not supported";
	if (hash == br_sha1_ID && !(flags & SIG_SHA1_TOO))
		return "signed with SHA-1";
	if (!key_fits(key, kind, hash, salt))
		return "its signature is not of the issuer's kind of key";
	return sig_verify(s->tbs, s->sig, key, kind, hash, salt) ? NULL
	    : "its signature is wrong";
}

/* Measured with BearSSL 0.6. The first part is what finding the next issuer
 * costs; sizes of the kinds that the key is not are 0. */
unsigned long
sig_work(const struct sealed *s, const struct pubkey *key)
{
	return (1UL << 19) + 4 * s->tbs.n
	    + 640 * key->ec.qlen * key->ec.qlen
	    + key->rsa.nlen * key->rsa.nlen * (1 + key->rsa.elen)
	    + (key->ed25519 ? 1500000 : 0);
}

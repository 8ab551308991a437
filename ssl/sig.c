/* sig - the signature on a certificate or a CRL: RSA PKCS#1 v1.5 (RFC 4055)
 * and ECDSA (RFC 5758) with SHA-2. Nothing here is secret. */
#include <string.h>

#include "der.h"
#include "ec.h"
#include "pubkey.h"
#include "sig.h"

#define OID(s) { (const unsigned char *)(s), sizeof(s) - 1 }

static const struct alg {
	struct der oid;
	enum pubkey_kind key;
	const br_hash_class *hash;
	const unsigned char *hash_oid;
} algs[] = {
	{ OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b"), PUBKEY_RSA,
	    &br_sha256_vtable, BR_HASH_OID_SHA256 },
	{ OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0c"), PUBKEY_RSA,
	    &br_sha384_vtable, BR_HASH_OID_SHA384 },
	{ OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0d"), PUBKEY_RSA,
	    &br_sha512_vtable, BR_HASH_OID_SHA512 },
	{ OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0e"), PUBKEY_RSA,
	    &br_sha224_vtable, BR_HASH_OID_SHA224 },
	{ OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x05"), PUBKEY_RSA,
	    &br_sha1_vtable, BR_HASH_OID_SHA1 },
	{ OID("\x2a\x86\x48\xce\x3d\x04\x03\x02"), PUBKEY_EC,
	    &br_sha256_vtable, NULL },
	{ OID("\x2a\x86\x48\xce\x3d\x04\x03\x03"), PUBKEY_EC,
	    &br_sha384_vtable, NULL },
	{ OID("\x2a\x86\x48\xce\x3d\x04\x03\x04"), PUBKEY_EC,
	    &br_sha512_vtable, NULL },
	{ OID("\x2a\x86\x48\xce\x3d\x04\x03\x01"), PUBKEY_EC,
	    &br_sha224_vtable, NULL },
	{ OID("\x2a\x86\x48\xce\x3d\x04\x01"), PUBKEY_EC,
	    &br_sha1_vtable, NULL }
};

static const struct alg *
find(struct der id)
{
	struct der seq, oid;
	size_t i;

	if (der_take(&id, DER_SEQ, &seq) < 0
	    || der_take(&seq, DER_OID, &oid) < 0)
		return NULL;
	for (i = 0; i < sizeof algs / sizeof *algs; i++)
		if (der_same(oid, algs[i].oid))
			return &algs[i];
	return NULL;
}

static int
rsa(const struct alg *a, const unsigned char *hash, size_t n, struct der sig,
    const br_rsa_public_key *key)
{
	unsigned char seen[64];

	return br_rsa_pkcs1_vrfy_get_default()(sig.p, sig.n, a->hash_oid, n,
	    key, seen) && memcmp(hash, seen, n) == 0;
}

const char *
sig_check(struct der tbs, struct der id, struct der sig,
    const struct pubkey *key, int flags)
{
	const struct alg *a = find(id);
	br_hash_compat_context h;
	unsigned char hash[64];
	size_t n;
	int ok;

	if (!a)
		return "its signature algorithm is not supported";
	if (a->hash == &br_sha1_vtable && !(flags & SIG_SHA1_TOO))
		return "signed with SHA-1";
	if (a->key != key->kind)
		return "its signature is not of the issuer's kind of key";
	a->hash->init(&h.vtable);
	a->hash->update(&h.vtable, tbs.p, tbs.n);
	a->hash->out(&h.vtable, hash);
	n = a->hash->desc >> BR_HASHDESC_OUT_OFF & BR_HASHDESC_OUT_MASK;
	if (a->key == PUBKEY_RSA)
		ok = rsa(a, hash, n, sig, &key->rsa);
	else
		ok = br_ecdsa_vrfy_asn1_get_default()(&ec_all, hash, n,
		    &key->ec, sig.p, sig.n) == 1;
	return ok ? NULL : "its signature is wrong";
}

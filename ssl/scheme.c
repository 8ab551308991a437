/* scheme - signatures of the handshake; see scheme.h. SHA-1 is not among them
 * (RFC 9155) but where the version knows nothing else. */
#include <string.h>

#include "bytes.h"
#include "ec.h"
#include "ed25519.h"
#include "hs.h"
#include "pss.h"
#include "pubkey.h"
#include "scheme.h"

enum kind { PKCS1, PSS, PSS_KEY, ECDSA, ED25519 };

/* In the order offered, and by which our own keys sign. */
static const struct scheme {
	uint16_t id;
	unsigned char kind, hash;
	unsigned char curve;	/* of ECDSA, from TLS 1.3 on */
} schemes[] = {
	{ 0x0403, ECDSA, br_sha256_ID, BR_EC_secp256r1 },
	{ 0x0503, ECDSA, br_sha384_ID, BR_EC_secp384r1 },
	{ 0x0603, ECDSA, br_sha512_ID, BR_EC_secp521r1 },
	{ 0x0807, ED25519, 0, 0 },
	{ 0x0804, PSS, br_sha256_ID, 0 },
	{ 0x0805, PSS, br_sha384_ID, 0 },
	{ 0x0806, PSS, br_sha512_ID, 0 },
	{ 0x0809, PSS_KEY, br_sha256_ID, 0 },
	{ 0x080A, PSS_KEY, br_sha384_ID, 0 },
	{ 0x080B, PSS_KEY, br_sha512_ID, 0 },
	{ 0x0401, PKCS1, br_sha256_ID, 0 },
	{ 0x0501, PKCS1, br_sha384_ID, 0 },
	{ 0x0601, PKCS1, br_sha512_ID, 0 },
};
enum { SCHEMES = sizeof schemes / sizeof schemes[0] };

static const struct {
	const br_hash_class *class;
	const unsigned char *oid;
} hashes[] = {
	[br_sha256_ID] = { &br_sha256_vtable, BR_HASH_OID_SHA256 },
	[br_sha384_ID] = { &br_sha384_vtable, BR_HASH_OID_SHA384 },
	[br_sha512_ID] = { &br_sha512_vtable, BR_HASH_OID_SHA512 },
};

static const struct scheme *
find_scheme(unsigned id)
{
	size_t i;

	for (i = 0; i < SCHEMES; i++)
		if (schemes[i].id == id)
			return &schemes[i];
	return NULL;
}

void
scheme_list(struct writer *w)
{
	size_t i;

	for (i = 0; i < SCHEMES; i++)
		writer_number(w, schemes[i].id, 2);
}

const br_hash_class *
scheme_hash(unsigned id, const unsigned char **oid)
{
	const struct scheme *s = find_scheme(id);

	if (oid)
		*oid = hashes[s->hash].oid;
	return hashes[s->hash].class;
}

int
scheme_is_pss(unsigned id)
{
	return find_scheme(id)->kind == PSS;
}

/* ---- theirs ---- */

static int
is_pkcs1(const unsigned char *hash, size_t n, const unsigned char *oid,
    const br_rsa_public_key *key, const struct reader *sig)
{
	unsigned char seen[HASH_MAX];

	return br_rsa_pkcs1_vrfy_get_default()(sig->p, sig->n, oid, n, key,
	    seen) && memcmp(hash, seen, n) == 0;
}

static int
is_ecdsa(const unsigned char *hash, size_t n, const br_ec_public_key *key,
    const struct reader *sig)
{
	return br_ecdsa_vrfy_asn1_get_default()(&ec_all, hash, n, key, sig->p,
	    sig->n) == 1;
}

/* RSA signs MD5 and SHA-1 behind each other, ECDSA SHA-1. */
static int
is_old(const struct pubkey *key, const void *p, size_t n,
    const struct reader *sig)
{
	unsigned char hash[16 + 20];

	hash_of(&br_md5_vtable, p, n, hash);
	hash_of(&br_sha1_vtable, p, n, hash + 16);
	if (key->kind == PUBKEY_RSA)
		return is_pkcs1(hash, sizeof hash, NULL, &key->rsa, sig);
	return key->kind == PUBKEY_EC
	    && is_ecdsa(hash + 16, 20, &key->ec, sig);
}

static int
is_signed(const struct scheme *s, const struct pubkey *key, const void *p,
    size_t n, const struct reader *sig)
{
	const br_hash_class *class = hashes[s->hash].class;
	unsigned char hash[HASH_MAX];
	size_t size;

	if (s->kind == ED25519)
		return sig->n == 64
		    && ed25519_verify(key->ed25519, p, n, sig->p);
	hash_of(class, p, n, hash);
	size = hash_size(class);
	if (s->kind == ECDSA)
		return is_ecdsa(hash, size, &key->ec, sig);
	if (s->kind == PKCS1)
		return is_pkcs1(hash, size, hashes[s->hash].oid, &key->rsa,
		    sig);
	return pss_verify(class, size, hash, &key->rsa, sig->p, sig->n);
}

/* May a key be used so? A PSS key may say which hash it is for. */
static int
fits_key(const struct scheme *s, unsigned version, const struct pubkey *key)
{
	static const unsigned char kinds[] = {
		[PKCS1] = PUBKEY_RSA, [PSS] = PUBKEY_RSA,
		[PSS_KEY] = PUBKEY_PSS, [ECDSA] = PUBKEY_EC,
		[ED25519] = PUBKEY_ED25519
	};

	if (kinds[s->kind] != key->kind)
		return 0;
	if (s->kind == PSS_KEY && key->hash && key->hash != s->hash)
		return 0;
	if (version < TLS13)
		return 1;
	return s->kind != PKCS1
	    && (s->kind != ECDSA || s->curve == key->ec.curve);
}

const char *
scheme_verify(unsigned id, unsigned version, const struct pubkey *key,
    const void *p, size_t n, struct reader sig)
{
	static const char wrong[] =
	    "the server's signature does not fit its certificate";
	const struct scheme *s = find_scheme(id);

	if (version < BR_TLS12)
		return is_old(key, p, n, &sig) ? NULL : wrong;
	if (!s || !fits_key(s, version, key))
		return "the server signs by an algorithm that was not offered,"
		    " or is not its key's";
	return is_signed(s, key, p, n, &sig) ? NULL : wrong;
}

/* ---- ours ---- */

static int
is_listed(struct reader list, unsigned id)
{
	while (list.n)
		if (reader_number(&list, 2) == id)
			return 1;
	return 0;
}

unsigned
scheme_choose(struct reader list, unsigned version, const struct pubkey *key)
{
	size_t i;

	for (i = 0; i < SCHEMES; i++)
		if (fits_key(&schemes[i], version, key)
		    && is_listed(list, schemes[i].id))
			return schemes[i].id;
	return 0;
}

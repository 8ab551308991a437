/* scheme - signatures of the handshake; see scheme.h. SHA-1 is not among them
 * (RFC 9155) but where the version knows nothing else. */
#include "bytes.h"
#include "hs.h"
#include "pubkey.h"
#include "scheme.h"
#include "sig.h"

#define RSA PUBKEY_RSA
#define PSS PUBKEY_PSS
#define EC PUBKEY_EC
#define ED PUBKEY_ED25519
#define S256 br_sha256_ID
#define S384 br_sha384_ID
#define S512 br_sha512_ID

/* In the order offered, and by which our own keys sign. */
static const struct scheme {
	uint16_t id;
	unsigned char key;	/* the kind of key ... */
	unsigned char how;	/* ... and of its signature */
	unsigned char hash;
	unsigned char curve;	/* of ECDSA, from TLS 1.3 on */
} schemes[] = {
	{ ECDSA_SHA256, EC, EC, S256, BR_EC_secp256r1 },
	{ 0x0503, EC, EC, S384, BR_EC_secp384r1 },
	{ 0x0603, EC, EC, S512, BR_EC_secp521r1 },
	{ 0x0807, ED, ED, S512, 0 },
	{ 0x0804, RSA, PSS, S256, 0 },
	{ 0x0805, RSA, PSS, S384, 0 },
	{ 0x0806, RSA, PSS, S512, 0 },
	{ 0x0809, PSS, PSS, S256, 0 },
	{ 0x080A, PSS, PSS, S384, 0 },
	{ 0x080B, PSS, PSS, S512, 0 },
	{ RSA_SHA256, RSA, RSA, S256, 0 },
	{ 0x0501, RSA, RSA, S384, 0 },
	{ 0x0601, RSA, RSA, S512, 0 },
};
enum { SCHEMES = sizeof schemes / sizeof schemes[0] };

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
	return sig_hash(find_scheme(id)->hash, oid);
}

int
scheme_is_pss(unsigned id)
{
	return find_scheme(id)->how == PSS;
}

/* ---- theirs ---- */

/* May a key be used so? A PSS key may say which hash it is for. */
static int
fits_key(const struct scheme *s, unsigned version, const struct pubkey *key)
{
	if (s->key != key->kind || (key->kind == PUBKEY_PSS && key->hash
	    && key->hash != s->hash))
		return 0;
	if (version < TLS13)
		return 1;
	return s->how != PUBKEY_RSA
	    && (s->how != PUBKEY_EC || s->curve == key->ec.curve);
}

/* RSA signs MD5 and then SHA-1, ECDSA SHA-1. */
static int
is_signed_old(const struct pubkey *key, struct der text, struct der sig)
{
	if (key->kind == PUBKEY_RSA)
		return sig_verify_md5sha1(text, sig, &key->rsa);
	return key->kind == PUBKEY_EC
	    && sig_verify(text, sig, key, PUBKEY_EC, br_sha1_ID, 0);
}

/* The salt is as long as the hash. */
const char *
scheme_verify(unsigned id, unsigned version, const struct pubkey *key,
    const void *p, size_t n, struct reader sig)
{
	const struct scheme *s = find_scheme(id);
	struct der text = { p, n }, der = { sig.p, sig.n };
	int ok;

	if (version < BR_TLS12)
		ok = is_signed_old(key, text, der);
	else if (s && fits_key(s, version, key))
		ok = sig_verify(text, der, key, s->how, s->hash,
		    16 * (size_t)(s->hash - 2));
	else
		return "the server signs by an algorithm that was not offered,"
		    " or is not its key's";
	return ok ? NULL
	    : "the server's signature does not fit its certificate";
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

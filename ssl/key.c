/* key - the client's own certificate chain and private key
 * Certificates are X.509 in PEM or DER; keys are what skey.c reads, in PEM or
 * DER. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bearssl.h>

#include "der.h"
#include "cert.h"
#include "bytes.h"
#include "ec.h"
#include "key.h"
#include "pem.h"
#include "pss.h"
#include "pubkey.h"
#include "schedule.h"
#include "scheme.h"
#include "sig.h"
#include "skey.h"
#include "ssl.h"

enum { CHAIN_MAX = 16 };

struct key {
	br_x509_certificate chain[CHAIN_MAX];
	size_t n;
	struct pubkey pub;	/* borrows from chain[0] */
	struct skey sk;		/* borrows from secret */
	unsigned char *secret;
	size_t secret_n;
	const char *hint;
};

/* Why a refused key is refused; the bytes are an object identifier's. */
static const struct {
	const char *oid;
	size_t n;
	const char *name;
} foreign[] = {
	{ "\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x05", 10,
	    "the private key is encrypted" },
	{ "\x06\x0A\x2A\x86\x48\x86\xF7\x0D\x01\x0C\x01", 11,
	    "the private key is encrypted" },
	{ "\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x01\x0A", 11,
	    "RSA-PSS keys are not supported" },
	{ "\x06\x03\x2B\x65\x70", 5, "Ed25519 keys are not supported" },
	{ "\x06\x03\x2B\x65\x71", 5, "Ed448 keys are not supported" },
	{ "\x06\x07\x2A\x86\x48\xCE\x38\x04\x01", 9,
	    "DSA keys are not supported" },
	{ "\x06\x05\x2B\x81\x04\x00\x0A", 7,
	    "curve secp256k1 is not supported" },
	{ "\x06\x09\x2B\x24\x03\x03\x02\x08\x01\x01", 10,
	    "Brainpool curves are not supported" },
};

static int
refuse_key(char *why, size_t size, const char *file, const char *reason)
{
	snprintf(why, size,
	    "Error setting SSL/TLS X.509 client certificate: %s%s%s",
	    file, *file ? ": " : "", reason);
	return -1;
}

/* pem_open has put the name of the file in front of its reason. */
static int
open_file(struct pem *p, const char *file, char *why, size_t size)
{
	char reason[512];

	if (pem_open(p, file, reason, sizeof reason) == 0)
		return 0;
	return refuse_key(why, size, "", reason);
}

static int
is_own_certificate(const struct pem_object *o)
{
	return !*o->label || strcmp(o->label, "CERTIFICATE") == 0
	    || strcmp(o->label, "X509 CERTIFICATE") == 0;
}

static const char *
add_certificate(struct key *k, const struct pem_object *o)
{
	br_x509_certificate *c = &k->chain[k->n];

	if (k->n == CHAIN_MAX)
		return "more than 16 certificates";
	c->data = malloc(o->n + 1);
	if (!c->data)
		return "out of memory";
	memcpy(c->data, o->der, o->n);
	c->data_len = o->n;
	k->n++;
	return NULL;
}

static int
load_chain(struct key *k, const char *file, char *why, size_t size)
{
	const char *bad = NULL;
	struct pem p;
	struct pem_object o;
	int got;

	if (open_file(&p, file, why, size) < 0)
		return -1;
	while (!bad && (got = pem_next(&p, &o)) != 0) {
		if (got < 0)
			bad = p.why;
		else if (is_own_certificate(&o))
			bad = add_certificate(k, &o);
	}
	if (!bad && !k->n)
		bad = "no certificate in it";
	pem_close(&p);
	return bad ? refuse_key(why, size, file, bad) : 0;
}

static const char *
name_foreign(const struct pem_object *o)
{
	size_t i, head = o->n < 64 ? o->n : 64;

	for (i = 0; i < sizeof foreign / sizeof foreign[0]; i++)
		if (memmem(o->der, head, foreign[i].oid, foreign[i].n))
			return foreign[i].name;
	if (strncmp(o->label, "DSA ", 4) == 0)
		return "DSA keys are not supported";
	if (strncmp(o->label, "OPENSSH ", 8) == 0)
		return "keys in OpenSSH's own format are not supported";
	return "not a private key that can be read: RSA, P-256, P-384 or "
	    "P-521, in PKCS#8, PKCS#1 or SEC1";
}

static const char *
decode_key(struct key *k, const struct pem_object *o)
{
	struct der all = { NULL, o->n };

	if (o->encrypted || strcmp(o->label, "ENCRYPTED PRIVATE KEY") == 0)
		return "the private key is encrypted";
	all.p = k->secret = malloc(o->n + 1);
	if (!k->secret)
		return "out of memory";
	k->secret_n = o->n;
	memcpy(k->secret, o->der, o->n);
	if (skey_parse(all, &k->sk) == 0)
		return NULL;
	return k->sk.rsa.n_bitlen > SKEY_RSA_BITS
	    ? "RSA keys of more than 8192 bits are not supported"
	    : name_foreign(o);
}

static int
is_key(const struct pem_object *o)
{
	static const char tail[] = "PRIVATE KEY";
	size_t n = strlen(o->label), m = strlen(tail);

	return n == 0 || (n >= m && strcmp(o->label + n - m, tail) == 0);
}

static int
load_key(struct key *k, const char *file, char *why, size_t size)
{
	const char *bad = NULL;
	struct pem p;
	struct pem_object o;
	int got;

	if (open_file(&p, file, why, size) < 0)
		return -1;
	while ((got = pem_next(&p, &o)) > 0 && !is_key(&o))
		;
	if (got > 0)
		bad = decode_key(k, &o);
	else
		bad = got < 0 ? p.why : "no private key in it";
	pem_close(&p);
	return bad ? refuse_key(why, size, file, bad) : 0;
}

/* Signs anything and lets the certificate's key judge it. */
static const char *
check_pair(struct key *k)
{
	struct der own = { k->chain[0].data, k->chain[0].data_len };
	struct der sig, text = { k->secret, 0 };
	int rsa = k->sk.kind == PUBKEY_RSA;
	unsigned char hash[HASH_MAX], made[KEY_SIG_MAX];
	struct cert c;

	if (cert_parse(&c, own) < 0 || pubkey_parse(c.spki, &k->pub) < 0)
		return "not a certificate, or one with an unsupported key";
	if (k->pub.kind != k->sk.kind)
		return "the private key does not belong to it";
	hash_of(&br_sha256_vtable, text.p, text.n, hash);
	sig.p = made;
	sig.n = key_sign(k, rsa ? RSA_SHA256 : ECDSA_SHA256, hash, NULL, made);
	return sig.n && sig_verify(text, sig, &k->pub, k->pub.kind,
	    br_sha256_ID, 0) ? NULL : "the private key does not belong to it";
}

static int
load_pair(struct key *k, const struct ssl_conf *conf, char *why, size_t size)
{
	const char *bad;

	if (!conf->certfile && conf->keyfile)
		return refuse_key(why, size, conf->keyfile,
		    "a private key without a certificate");
	if (!conf->certfile)
		return 0;
	if (load_chain(k, conf->certfile, why, size) < 0
	    || load_key(k, conf->keyfile ? conf->keyfile : conf->certfile,
	    why, size) < 0)
		return -1;
	bad = check_pair(k);
	return bad ? refuse_key(why, size, conf->certfile, bad) : 0;
}

struct key *
key_new(const struct ssl_conf *conf, char *why, size_t size)
{
	struct key *k = calloc(1, sizeof *k);

	if (!k) {
		refuse_key(why, size, "", "out of memory");
		return NULL;
	}
	if (load_pair(k, conf, why, size) == 0)
		return k;
	key_free(k);
	return NULL;
}

/* RFC 5246 7.4.4, ClientCertificateType. */
enum { RSA_SIGN = 1, ECDSA_SIGN = 64 };

static int
choose_old(const struct key *k, struct reader types)
{
	unsigned type = k->sk.kind == PUBKEY_RSA ? RSA_SIGN : ECDSA_SIGN;

	while (types.n)
		if (reader_number(&types, 1) == type)
			return SCHEME_OLD;
	return 0;
}

unsigned
key_choose(struct key *k, unsigned version, struct reader types,
    struct reader schemes)
{
	unsigned scheme;

	k->hint = NULL;
	if (!k->n) {
		k->hint = "it wants a client certificate, and none is set";
		return 0;
	}
	if (version < BR_TLS12)
		scheme = choose_old(k, types);
	else
		scheme = scheme_choose(schemes, version, &k->pub);
	if (!scheme)
		k->hint = k->sk.kind == PUBKEY_RSA
		    ? "it accepts no client certificate with RSA"
		    : "it accepts no client certificate with ECDSA";
	return scheme;
}

const br_x509_certificate *
key_chain(const struct key *k, size_t *n)
{
	*n = k->n;
	return k->chain;
}

static size_t
sign_rsa(const struct key *k, unsigned scheme, const void *hash,
    br_hmac_drbg_context *rng, unsigned char *sig)
{
	const br_rsa_private_key *rsa = &k->sk.rsa;
	unsigned char salt[HASH_MAX];
	const unsigned char *oid = NULL;
	const br_hash_class *class = NULL;
	size_t n = 36;

	if (scheme != SCHEME_OLD) {
		class = scheme_hash(scheme, &oid);
		n = hash_size(class);
	}
	if (scheme == SCHEME_OLD || !scheme_is_pss(scheme))
		return br_rsa_pkcs1_sign_get_default()(oid, hash, n, rsa, sig)
		    ? (rsa->n_bitlen + 7) / 8 : 0;
	br_hmac_drbg_generate(rng, salt, n);
	return pss_sign(class, hash, rsa, salt, sig);
}

/* In the old versions ECDSA signs the second of the two hashes. */
size_t
key_sign(const struct key *k, unsigned scheme, const void *hash,
    br_hmac_drbg_context *rng, unsigned char sig[KEY_SIG_MAX])
{
	const br_hash_class *class = &br_sha1_vtable;
	const unsigned char *p = hash;

	if (k->sk.kind == PUBKEY_RSA)
		return sign_rsa(k, scheme, hash, rng, sig);
	if (scheme == SCHEME_OLD)
		p += 16;
	else
		class = scheme_hash(scheme, NULL);
	return br_ecdsa_sign_asn1_get_default()(&ec_all, class, p,
	    &k->sk.ec, sig);
}

void
key_forget_hint(struct key *k)
{
	k->hint = NULL;
}

const char *
key_hint(const struct key *k)
{
	return k->hint;
}

void
key_free(struct key *k)
{
	size_t i;

	if (!k)
		return;
	for (i = 0; i < k->n; i++)
		free(k->chain[i].data);
	if (k->secret)
		explicit_bzero(k->secret, k->secret_n);
	free(k->secret);
	explicit_bzero(k, sizeof *k);
	free(k);
}

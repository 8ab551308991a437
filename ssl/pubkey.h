/* pubkey.h - the public key in a certificate (RFC 5280 4.1.2.7).
 * Private to ssl/; calls no function of BearSSL. */
#ifndef PUBKEY_H
#define PUBKEY_H

#include <stddef.h>

#include <bearssl.h>

struct der;

enum pubkey_kind {
	PUBKEY_NONE,		/* one we cannot use */
	PUBKEY_RSA,		/* .rsa */
	PUBKEY_PSS,		/* .rsa, .hash, .salt: for RSASSA-PSS only */
	PUBKEY_EC,		/* .ec: on P-256, P-384 or P-521 */
	PUBKEY_ED25519		/* .ed25519 */
};

/* Numbers and points borrow from the certificate's bytes. */
struct pubkey {
	enum pubkey_kind kind;
	br_rsa_public_key rsa;
	br_ec_public_key ec;
	const unsigned char *ed25519;	/* 32 bytes */
	int hash;	/* the only one to be used: br_sha256_ID ...; 0 any */
	size_t salt;	/* the least bytes of salt; no more than hash has */
};

/* Takes a whole SubjectPublicKeyInfo apart. 0; -1 and kind PUBKEY_NONE when it
 * is none or holds a key we cannot use: RSA has 1024 to 8192 bits. */
int pubkey_parse(struct der spki, struct pubkey *);

/* RSASSA-PSS-params (RFC 4055 3.1): one of SHA-256, SHA-384 and SHA-512, for
 * MGF1 too. 0 and its br_..._ID and the bytes of salt, or -1. */
int pubkey_pss(struct der params, int *hash, size_t *salt);

/* The curve with this identifier as BearSSL's number, 0 for none of ours. */
int pubkey_curve(struct der oid);

/* The kind of key with this identifier. */
enum pubkey_kind pubkey_kind(struct der oid);

/* BearSSL's structures are not const; nothing writes through them. */
unsigned char *pubkey_bytes(const unsigned char *);

#endif

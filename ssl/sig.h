/* sig.h - signatures: on a certificate or a CRL, and those of handshakes.
 * Private to ssl/. */
#ifndef SIG_H
#define SIG_H

#include <bearssl.h>

#include "der.h"

struct pubkey;
struct sealed;

enum { SIG_SHA1_TOO = 1 };	/* CRLs may still be signed so, as in GnuTLS */

/* Is this a certificate or list that the owner of key has signed? NULL when it
 * is, else the rule it breaks, static text. */
const char *sig_check(const struct sealed *, const struct pubkey *key,
    int flags);

/* Did the owner of key sign text? kind is PUBKEY_RSA for PKCS #1, PUBKEY_PSS,
 * PUBKEY_EC or PUBKEY_ED25519, and the key must be able to; hash is one of
 * BearSSL's numbers from SHA-1 to SHA-512, salt the size of PSS's. 1 or 0. */
int sig_verify(struct der text, struct der sig, const struct pubkey *key,
    int kind, int hash, size_t salt);

/* The same by PKCS #1 with MD5 and then SHA-1 (RFC 2246 7.4.3). */
int sig_verify_md5sha1(struct der text, struct der sig,
    const br_rsa_public_key *);

/* The hash of such a number; *oid, if wanted, its identifier for PKCS #1. */
const br_hash_class *sig_hash(int hash, const unsigned char **oid);

/* What sig_check costs, in about nanoseconds of a fast machine. */
unsigned long sig_work(const struct sealed *, const struct pubkey *);

#endif

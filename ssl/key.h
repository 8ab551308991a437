/* key.h - the client's own certificate chain and private key.
 * Private to ssl/. */
#ifndef KEY_H
#define KEY_H

#include <stddef.h>

#include <bearssl.h>

#include "bytes.h"

struct key;
struct ssl_conf;

enum { KEY_SIG_MAX = 1024 };	/* RSA of 8192 bits */

/* Reads conf->certfile and conf->keyfile and makes sure that they belong
 * together; with neither, a key that declines. NULL with why as in ssl_new. */
struct key *key_new(const struct ssl_conf *, char *why, size_t size);

/* A server asks for a certificate: with types before TLS 1.2 (RFC 4346 7.4.4),
 * with schemes since. The scheme to sign by, 0 to decline. */
unsigned key_choose(struct key *, unsigned version, struct reader types,
    struct reader schemes);

/* The chain and its number of certificates. */
const br_x509_certificate *key_chain(const struct key *, size_t *n);

/* Signs a hash by the scheme that was chosen: its own, before TLS 1.2 MD5 and
 * SHA-1 one after the other. Returns the signature's size, 0 on failure. */
size_t key_sign(const struct key *, unsigned scheme, const void *hash,
    br_hmac_drbg_context *, unsigned char sig[KEY_SIG_MAX]);

/* Why a server that asked for a certificate got none in this handshake,
 * static, or NULL. Forgotten at the start of the next one. */
const char *key_hint(const struct key *);
void key_forget_hint(struct key *);

/* Wipes and frees; NULL is allowed. */
void key_free(struct key *);

#endif

/* digest.h - the hashes that SASL mechanisms want, from the TLS library. */
#ifndef DIGEST_H
#define DIGEST_H

#include <stddef.h>

enum digest { DIGEST_MD5, DIGEST_SHA1, DIGEST_SHA256 };

#define DIGEST_MAX 32

/* Each writes the value to out, room for DIGEST_MAX bytes, and returns its
 * length; 0 in a build without TLS (SSL=none), where there are no hashes. */
size_t digest_hash(enum digest d, const void *p, size_t n, void *out);
size_t digest_hmac(enum digest d, const void *key, size_t key_n,
    const void *p, size_t n, void *out);

/* PBKDF2 (RFC 8018) of one block, as SCRAM's Hi() (RFC 5802 2.2). */
size_t digest_stretch(enum digest d, const void *pass, size_t pass_n,
    const void *salt, size_t salt_n, unsigned long rounds, void *out);

#endif

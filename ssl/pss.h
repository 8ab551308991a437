/* pss.h - RSASSA-PSS signatures (RFC 8017 8.1), with MGF1 over the hash that
 * the message has, which is all that TLS 1.3 (RFC 8446 4.2.3) and certificates
 * of the web use. Keys have up to 8192 bits. Private to ssl/. */
#ifndef PSS_H
#define PSS_H

#include <stddef.h>

#include <bearssl.h>

/* 1 when sig is this key's signature of a message with this digest and a salt
 * of exactly salt_len bytes, else 0. Nothing here is taken for a secret. */
int pss_verify(const br_hash_class *hash, size_t salt_len, const void *digest,
    const br_rsa_public_key *pk, const unsigned char *sig, size_t sig_len);

/* Signs a digest; salt is random and as long as the hash. Writes as many bytes
 * to sig as the modulus has and returns their number; 0 when the key is too
 * short for the hash, longer than 8192 bits, or none. */
size_t pss_sign(const br_hash_class *hash, const void *digest,
    const br_rsa_private_key *sk, const unsigned char *salt,
    unsigned char *sig);

#endif

/* ed25519.h - Ed25519 signatures of servers and authorities (RFC 8032 5.1,
 * RFC 8410). There is no signing: nothing here is secret, and time depends on
 * the input. Private to ssl/. */
#ifndef ED25519_H
#define ED25519_H

#include <stddef.h>

/* 1 when sig is this key's signature of msg, else 0; also 0 for a key that is
 * no point of the curve and for numbers that are not fully reduced. */
int ed25519_verify(const unsigned char key[32], const void *msg, size_t n,
    const unsigned char sig[64]);

#endif

/* kex.h - secrets that both sides have: X25519 and the curves of NIST (RFC 8446
 * 4.2.8, RFC 8422), X25519 with ML-KEM-768 (draft-ietf-tls-ecdhe-mlkem), and
 * finite fields (RFC 5246 7.4.3). Private to ssl/. */
#ifndef KEX_H
#define KEX_H

#include <bearssl.h>

#include "bytes.h"
#include "mlkem.h"

enum {
	GROUP_P256 = BR_EC_secp256r1, GROUP_P384 = BR_EC_secp384r1,
	GROUP_P521 = BR_EC_secp521r1, GROUP_X25519 = BR_EC_curve25519,
	GROUP_X25519MLKEM768 = 0x11EC
};

/* The longest secret is a number of the largest finite field. */
enum { KEX_DH_MIN = 128, KEX_DH_MAX = 512, KEX_MAX = KEX_DH_MAX };

/* Our private half: on a curve, and beside it with X25519MLKEM768. */
struct kex {
	unsigned group;
	size_t n;
	unsigned char key[66];
	struct mlkem_key mlkem;
};

/* A secret; n is 0 where there is none. */
struct secret {
	size_t n;
	unsigned char p[KEX_MAX];
};

/* Writes the numbers of the groups offered; those that TLS 1.2 has too. */
void kex_groups(struct writer *, int tls13);

/* 1 when it is one of them. */
int kex_offered(unsigned group, int tls13);

/* Makes a private half, unless k has one of that group, and writes its public
 * one. */
void kex_make(struct kex *, br_hmac_drbg_context *, unsigned group,
    struct writer *);

/* The secret with the other public half. NULL, or what is wrong with that,
 * static. The private half is wiped. */
const char *kex_shared(struct kex *, struct reader, struct secret *);

/* Takes p, g and Ys of a ServerKeyExchange, makes the secret and writes Yc.
 * NULL, or what is wrong with them, static. */
const char *kex_dh(struct reader *, br_hmac_drbg_context *, struct writer *,
    struct secret *);

#endif

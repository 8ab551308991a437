/* mlkem.h - ML-KEM-768 (FIPS 203), the half of X25519MLKEM768 that a quantum
 * computer does not break. MLKEM in config.mk chooses the file: mlkem.c, or
 * nomlkem.c of a build without it. Private to ssl/. */
#ifndef MLKEM_H
#define MLKEM_H

#include <stddef.h>
#include <stdint.h>

enum { MLKEM_EK = 1184, MLKEM_CT = 1088, MLKEM_SEED = 64, MLKEM_SHARED = 32 };

/* The key of one handshake: all of it is to be wiped. */
struct mlkem_key {
	uint16_t s[3][256];
	unsigned char ek[MLKEM_EK];
	unsigned char hash[32], z[32];	/* of ek; for implicit rejection */
};

/* 0 when nothing below works, and the group must not be offered. */
extern const int mlkem_built;

/* Makes a key from random bytes, d and z of 7.1; the caller wipes them. ek is
 * what the other side is sent. */
void mlkem_keygen(struct mlkem_key *, unsigned char ek[MLKEM_EK],
    const unsigned char seed[MLKEM_SEED]);

/* What both sides share by this ciphertext (7.3). 0; -1 when its length is
 * wrong, nothing written then. A ciphertext that is wrong otherwise gives 0 and
 * a secret of its own: the handshake fails at Finished. */
int mlkem_decaps(const struct mlkem_key *, const unsigned char *ct,
    size_t ct_len, unsigned char shared[MLKEM_SHARED]);

/* The other side of it, for tests: m is random. 0; -1 when ek is none. */
int mlkem_encaps(const unsigned char *ek, size_t ek_len,
    const unsigned char m[32], unsigned char ct[MLKEM_CT],
    unsigned char shared[MLKEM_SHARED]);

void mlkem_wipe(struct mlkem_key *);

#endif

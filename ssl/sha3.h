/* sha3.h - SHA-3 and SHAKE (FIPS 202), which ML-KEM is made of and BearSSL
 * lacks. Private to ssl/. */
#ifndef SHA3_H
#define SHA3_H

#include <stddef.h>
#include <stdint.h>

enum sha3_kind { SHA3_256, SHA3_512, SHAKE128, SHAKE256 };

/* Fields are private. What was hashed can be told from them: the caller wipes
 * what must not be told. */
struct sha3 {
	uint64_t lane[25];
	unsigned rate, at;
	unsigned char end;	/* what ends the input; 0 after it */
};

void sha3_init(struct sha3 *, enum sha3_kind);
void sha3_add(struct sha3 *, const void *p, size_t n);

/* Ends the input and writes n bytes of output: 32 and 64 are the hashes of
 * SHA3_256 and SHA3_512. Called again it goes on. */
void sha3_get(struct sha3 *, void *out, size_t n);

#endif

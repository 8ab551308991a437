/* record.h - records protected by an AEAD: GCM and ChaCha20-Poly1305 in TLS 1.2
 * (RFC 5288, RFC 7905) and 1.3 (RFC 8446 5.2). Those with CBC are BearSSL's.
 * Private to ssl/. */
#ifndef RECORD_H
#define RECORD_H

#include <bearssl.h>

struct hs;

/* The keys of one direction. */
struct seal {
	union {
		const br_block_ctr_class *vtable;
		br_aes_gen_ctr_keys aes;
		unsigned char chacha[32];
	} key;
	unsigned char h[16];	/* GHASH's key */
	unsigned char iv[12];
	uint64_t seq;
};

/* Bytes of the keys that a direction has: of HMAC, cipher and iv. The version
 * and the suite must be known. */
struct key_sizes {
	size_t mac, key, iv;
	const br_hash_class *hash;	/* of HMAC */
};
enum { RECORD_KEYS_MAX = 48 + 32 + 16 };
struct key_sizes record_sizes(const struct hs *);

/* Takes these keys, one after the other, into use for what comes in or goes
 * out from the next record on, which has number 0. */
void record_in(struct hs *, const unsigned char *keys);
void record_out(struct hs *, const unsigned char *keys);

#endif

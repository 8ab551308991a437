/* schedule.h - secrets from secrets: the key schedule of TLS 1.3 (RFC 8446
 * 7.1) and the PRF of TLS 1.2 and older (RFC 5246 5, RFC 2246 5). Private to
 * ssl/. */
#ifndef SCHEDULE_H
#define SCHEDULE_H

#include <bearssl.h>

enum { HASH_MAX = 64 };

/* TLS 1.3 of one session. secret goes from the early over the handshake to the
 * master secret; the two of traffic are those in force. */
struct schedule {
	const br_hash_class *hash;
	size_t n;			/* bytes of a hash and of each secret */
	unsigned char secret[HASH_MAX];
	unsigned char client[HASH_MAX], server[HASH_MAX];
};

size_t hash_size(const br_hash_class *);

/* The hash of n bytes. */
void hash_of(const br_hash_class *, const void *p, size_t n, void *out);

/* HKDF-Expand-Label; n is at most the hash's size. */
void schedule_expand(const struct schedule *, const unsigned char *secret,
    const char *label, const void *context, size_t context_n, void *out,
    size_t n);

/* The early secret without a PSK. */
void schedule_begin(struct schedule *, const br_hash_class *);

/* The next secret of the row, from (EC)DHE's or, with NULL, from zeros. */
void schedule_next(struct schedule *, const void *input, size_t n);

/* Derive-Secret over a transcript hash. */
void schedule_derive(const struct schedule *, const char *label,
    const void *transcript, unsigned char *out);

/* A traffic secret's verify_data over a transcript hash, of the hash's size. */
void schedule_finished(const struct schedule *, const unsigned char *traffic,
    const void *transcript, void *out);

/* A traffic secret becomes the next generation's (RFC 8446 7.2). */
void schedule_update(const struct schedule *, unsigned char *traffic);

/* The PRF that this version (BR_TLS10 ...) has, with this hash from 1.2 on,
 * over a seed of two parts. */
void schedule_prf(unsigned version, int hash_id, const void *secret,
    size_t secret_n, const char *label, const void *seed, size_t n,
    const void *seed2, size_t n2, void *out, size_t out_n);

#endif

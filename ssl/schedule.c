/* schedule - secrets from secrets; see schedule.h. What TLS 1.3 wants of HKDF
 * never exceeds one hash, so that Expand is a single HMAC (RFC 5869 2.3). */
#include <string.h>

#include "schedule.h"

size_t
hash_size(const br_hash_class *hash)
{
	return hash->desc >> BR_HASHDESC_OUT_OFF & BR_HASHDESC_OUT_MASK;
}

void
hash_of(const br_hash_class *hash, const void *p, size_t n, void *out)
{
	br_hash_compat_context c;

	hash->init(&c.vtable);
	hash->update(&c.vtable, p, n);
	hash->out(&c.vtable, out);
	explicit_bzero(&c, sizeof c);
}

static void
hmac(const br_hash_class *hash, const void *key, size_t key_n, const void *p,
    size_t n, void *out, size_t out_n)
{
	br_hmac_key_context k;
	br_hmac_context c;

	br_hmac_key_init(&k, hash, key, key_n);
	br_hmac_init(&c, &k, out_n);
	br_hmac_update(&c, p, n);
	br_hmac_out(&c, out);
	explicit_bzero(&k, sizeof k);
	explicit_bzero(&c, sizeof c);
}

/* struct { uint16 length; opaque label<7..255> = "tls13 " + Label; opaque
 * context<0..255>; }, and HKDF's counter of blocks. */
void
schedule_expand(const struct schedule *s, const unsigned char *secret,
    const char *label, const void *context, size_t context_n, void *out,
    size_t n)
{
	unsigned char info[2 + 1 + 6 + 12 + 1 + HASH_MAX + 1];
	size_t label_n = strlen(label), at = 0;

	info[at++] = 0;
	info[at++] = (unsigned char)n;
	info[at++] = (unsigned char)(6 + label_n);
	memcpy(info + at, "tls13 ", 6);
	memcpy(info + at + 6, label, label_n);
	at += 6 + label_n;
	info[at++] = (unsigned char)context_n;
	memcpy(info + at, context, context_n);
	at += context_n;
	info[at++] = 1;
	hmac(s->hash, secret, s->n, info, at, out, n);
}

void
schedule_begin(struct schedule *s, const br_hash_class *hash)
{
	static const unsigned char zeros[HASH_MAX];

	s->hash = hash;
	s->n = hash_size(hash);
	hmac(hash, zeros, s->n, zeros, s->n, s->secret, s->n);
}

void
schedule_derive(const struct schedule *s, const char *label,
    const void *transcript, unsigned char *out)
{
	schedule_expand(s, s->secret, label, transcript, s->n, out, s->n);
}

void
schedule_next(struct schedule *s, const void *input, size_t n)
{
	static const unsigned char zeros[HASH_MAX];
	unsigned char salt[HASH_MAX], empty[HASH_MAX];

	hash_of(s->hash, NULL, 0, empty);
	schedule_derive(s, "derived", empty, salt);
	hmac(s->hash, salt, s->n, input ? input : zeros, input ? n : s->n,
	    s->secret, s->n);
	explicit_bzero(salt, sizeof salt);
}

void
schedule_finished(const struct schedule *s, const unsigned char *traffic,
    const void *transcript, void *out)
{
	unsigned char key[HASH_MAX];

	schedule_expand(s, traffic, "finished", "", 0, key, s->n);
	hmac(s->hash, key, s->n, transcript, s->n, out, s->n);
	explicit_bzero(key, sizeof key);
}

void
schedule_update(const struct schedule *s, unsigned char *traffic)
{
	unsigned char next[HASH_MAX];

	schedule_expand(s, traffic, "traffic upd", "", 0, next, s->n);
	memcpy(traffic, next, s->n);
	explicit_bzero(next, sizeof next);
}

void
schedule_prf(unsigned version, int hash_id, const void *secret,
    size_t secret_n, const char *label, const void *seed, size_t n,
    const void *seed2, size_t n2, void *out, size_t out_n)
{
	br_tls_prf_seed_chunk seeds[2] = { { seed, n }, { seed2, n2 } };
	br_tls_prf_impl prf = br_tls12_sha256_prf;

	if (version < BR_TLS12)
		prf = br_tls10_prf;
	else if (hash_id == br_sha384_ID)
		prf = br_tls12_sha384_prf;
	prf(out, out_n, secret, secret_n, label, 2, seeds);
}

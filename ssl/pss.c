/* pss - RSASSA-PSS (RFC 8017 8.1 and 9.1) over BearSSL's raw RSA and MGF1.
 *
 * An encoded message is masked DB, H, 0xBC, where DB is zeros, 1, salt, and H
 * the hash of eight zeros, digest, salt. It has one bit less than the modulus,
 * so that its first byte has 1 to 8 bits that must be 0. With 8 of them that
 * byte is no part of the encoded message, and MGF1 does not mask it. */
#include <string.h>

#include "pss.h"

enum { PSS_MAX = 8192 / 8, TRAILER = 0xBC };

/* Linked from the library; its own header src/inner.h declares it thus. */
void br_mgf1_xor(void *, size_t, const br_hash_class *, const void *, size_t);

static size_t
length_of(const br_hash_class *hash)
{
	return hash->desc >> BR_HASHDESC_OUT_OFF & BR_HASHDESC_OUT_MASK;
}

static void
salted(const br_hash_class *hash, const void *digest,
    const unsigned char *salt, size_t salt_len, unsigned char *out)
{
	static const unsigned char zeros[8];
	br_hash_compat_context c;

	hash->init(&c.vtable);
	hash->update(&c.vtable, zeros, sizeof zeros);
	hash->update(&c.vtable, digest, length_of(hash));
	hash->update(&c.vtable, salt, salt_len);
	hash->out(&c.vtable, out);
}

/* The n bytes of em were decrypted, the first one has `clear` bits that must
 * be 0. */
static int
fits(const br_hash_class *hash, size_t salt_len, const void *digest,
    unsigned char *em, size_t n, unsigned clear)
{
	unsigned char want[64];
	size_t h = length_of(hash), i, db;

	if (em[0] >> (8 - clear))
		return 0;
	em += clear / 8;
	n -= clear / 8;
	if (n < h + 2 || n - h - 2 < salt_len || em[n - 1] != TRAILER)
		return 0;
	db = n - h - 1;
	br_mgf1_xor(em, db, hash, em + db, h);
	em[0] &= (unsigned char)(0xFF >> clear % 8);
	for (i = 0; i < db - salt_len - 1; i++)
		if (em[i])
			return 0;
	if (em[i] != 1)
		return 0;
	salted(hash, digest, em + i + 1, salt_len, want);
	return memcmp(want, em + db, h) == 0;
}

int
pss_verify(const br_hash_class *hash, size_t salt_len, const void *digest,
    const br_rsa_public_key *pk, const unsigned char *sig, size_t sig_len)
{
	unsigned char em[PSS_MAX];
	const unsigned char *top = pk->n;
	unsigned clear = 1;

	if (sig_len > sizeof em)
		return 0;
	memcpy(em, sig, sig_len);
	if (!br_rsa_public_get_default()(em, sig_len, pk))
		return 0;
	while (!*top)
		top++;
	while (!(*top >> (8 - clear)))
		clear++;
	return fits(hash, salt_len, digest, em, sig_len, clear);
}

size_t
pss_sign(const br_hash_class *hash, const void *digest,
    const br_rsa_private_key *sk, const unsigned char *salt,
    unsigned char *sig)
{
	size_t h = length_of(hash), n = (sk->n_bitlen + 7) / 8, db;
	unsigned clear = (unsigned)(8 * n - sk->n_bitlen + 1);
	unsigned char *em = sig + clear / 8;

	if (n > PSS_MAX || n < 2 * h + 2 + clear / 8)
		return 0;
	db = n - clear / 8 - h - 1;
	memset(sig, 0, n);
	em[db - h - 1] = 1;
	memcpy(em + db - h, salt, h);
	salted(hash, digest, salt, h, em + db);
	em[db + h] = TRAILER;
	br_mgf1_xor(em, db, hash, em + db, h);
	em[0] &= (unsigned char)(0xFF >> clear % 8);
	return br_rsa_private_get_default()(sig, sk) ? n : 0;
}

/* digest - the hashes that SASL mechanisms want, of BearSSL. */
#include <string.h>

#include <bearssl.h>

#include "digest.h"

static const br_hash_class *const classes[] = {
	[DIGEST_MD5] = &br_md5_vtable,
	[DIGEST_SHA1] = &br_sha1_vtable,
	[DIGEST_SHA256] = &br_sha256_vtable,
};

size_t
digest_hash(enum digest d, const void *p, size_t n, void *out)
{
	br_hash_compat_context c;

	classes[d]->init(&c.vtable);
	classes[d]->update(&c.vtable, p, n);
	classes[d]->out(&c.vtable, out);
	explicit_bzero(&c, sizeof c);
	return classes[d]->desc >> BR_HASHDESC_OUT_OFF & BR_HASHDESC_OUT_MASK;
}

static size_t
keyed(const br_hmac_key_context *key, const void *p, size_t n,
    const void *more, size_t more_n, void *out)
{
	br_hmac_context c;
	size_t size;

	br_hmac_init(&c, key, 0);
	br_hmac_update(&c, p, n);
	br_hmac_update(&c, more, more_n);
	size = br_hmac_out(&c, out);
	explicit_bzero(&c, sizeof c);
	return size;
}

size_t
digest_hmac(enum digest d, const void *key, size_t key_n, const void *p,
    size_t n, void *out)
{
	br_hmac_key_context k;
	size_t size;

	br_hmac_key_init(&k, classes[d], key, key_n);
	size = keyed(&k, p, n, "", 0, out);
	explicit_bzero(&k, sizeof k);
	return size;
}

size_t
digest_stretch(enum digest d, const void *pass, size_t pass_n,
    const void *salt, size_t salt_n, unsigned long rounds, void *out)
{
	unsigned char u[DIGEST_MAX], *sum = out;
	br_hmac_key_context k;
	size_t size, i;

	br_hmac_key_init(&k, classes[d], pass, pass_n);
	size = keyed(&k, salt, salt_n, "\0\0\0\1", 4, u);
	memcpy(sum, u, size);
	while (--rounds) {
		keyed(&k, u, size, "", 0, u);
		for (i = 0; i < size; i++)
			sum[i] ^= u[i];
	}
	explicit_bzero(&k, sizeof k);
	explicit_bzero(u, sizeof u);
	return size;
}

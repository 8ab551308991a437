/* nodigest - the digest.h of a build without TLS (SSL=none). */
#include "digest.h"

size_t
digest_hash(enum digest d, const void *p, size_t n, void *out)
{
	(void)d, (void)p, (void)n, (void)out;
	return 0;
}

size_t
digest_hmac(enum digest d, const void *key, size_t key_n, const void *p,
    size_t n, void *out)
{
	(void)d, (void)key, (void)key_n, (void)p, (void)n, (void)out;
	return 0;
}

size_t
digest_stretch(enum digest d, const void *pass, size_t pass_n,
    const void *salt, size_t salt_n, unsigned long rounds, void *out)
{
	(void)d, (void)pass, (void)pass_n, (void)salt, (void)salt_n;
	(void)rounds, (void)out;
	return 0;
}

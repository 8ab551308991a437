/* suite - the cipher suites offered; see suite.h. */
#include "hs.h"
#include "suite.h"

#define S256 br_sha256_ID
#define S384 br_sha384_ID
#define SHA1 br_sha1_ID

/* In the order offered, but that ChaCha20 goes before AES where the processor
 * has no AES. ECDH before DH without a certificate, and there AES-256 before
 * AES-128 because Postfix has a group of 1024 bits for the latter. */
static const struct suite suites[] = {
	{ 0x1301, KX_13, AUTH_13, CIPHER_GCM, 16, 0, S256 },
	{ 0x1302, KX_13, AUTH_13, CIPHER_GCM, 32, 0, S384 },
	{ 0x1303, KX_13, AUTH_13, CIPHER_CHAPOL, 32, 0, S256 },
	{ 0xC02B, KX_ECDHE, AUTH_ECDSA, CIPHER_GCM, 16, 0, S256 },
	{ 0xC02F, KX_ECDHE, AUTH_RSA, CIPHER_GCM, 16, 0, S256 },
	{ 0xC02C, KX_ECDHE, AUTH_ECDSA, CIPHER_GCM, 32, 0, S384 },
	{ 0xC030, KX_ECDHE, AUTH_RSA, CIPHER_GCM, 32, 0, S384 },
	{ 0xCCA9, KX_ECDHE, AUTH_ECDSA, CIPHER_CHAPOL, 32, 0, S256 },
	{ 0xCCA8, KX_ECDHE, AUTH_RSA, CIPHER_CHAPOL, 32, 0, S256 },
	{ 0x009E, KX_DHE, AUTH_RSA, CIPHER_GCM, 16, 0, S256 },
	{ 0x009F, KX_DHE, AUTH_RSA, CIPHER_GCM, 32, 0, S384 },
	{ 0xCCAA, KX_DHE, AUTH_RSA, CIPHER_CHAPOL, 32, 0, S256 },
	{ 0xC023, KX_ECDHE, AUTH_ECDSA, CIPHER_CBC, 16, S256, S256 },
	{ 0xC027, KX_ECDHE, AUTH_RSA, CIPHER_CBC, 16, S256, S256 },
	{ 0xC024, KX_ECDHE, AUTH_ECDSA, CIPHER_CBC, 32, S384, S384 },
	{ 0xC028, KX_ECDHE, AUTH_RSA, CIPHER_CBC, 32, S384, S384 },
	{ 0xC009, KX_ECDHE, AUTH_ECDSA, CIPHER_CBC, 16, SHA1, S256 },
	{ 0xC013, KX_ECDHE, AUTH_RSA, CIPHER_CBC, 16, SHA1, S256 },
	{ 0xC00A, KX_ECDHE, AUTH_ECDSA, CIPHER_CBC, 32, SHA1, S256 },
	{ 0xC014, KX_ECDHE, AUTH_RSA, CIPHER_CBC, 32, SHA1, S256 },
	{ 0x0067, KX_DHE, AUTH_RSA, CIPHER_CBC, 16, S256, S256 },
	{ 0x006B, KX_DHE, AUTH_RSA, CIPHER_CBC, 32, S256, S256 },
	{ 0x0033, KX_DHE, AUTH_RSA, CIPHER_CBC, 16, SHA1, S256 },
	{ 0x0039, KX_DHE, AUTH_RSA, CIPHER_CBC, 32, SHA1, S256 },
	{ 0x009C, KX_RSA, AUTH_RSA, CIPHER_GCM, 16, 0, S256 },
	{ 0x009D, KX_RSA, AUTH_RSA, CIPHER_GCM, 32, 0, S384 },
	{ 0x003C, KX_RSA, AUTH_RSA, CIPHER_CBC, 16, S256, S256 },
	{ 0x003D, KX_RSA, AUTH_RSA, CIPHER_CBC, 32, S256, S256 },
	{ 0x002F, KX_RSA, AUTH_RSA, CIPHER_CBC, 16, SHA1, S256 },
	{ 0x0035, KX_RSA, AUTH_RSA, CIPHER_CBC, 32, SHA1, S256 },
	{ 0xC019, KX_ECDHE, AUTH_NONE, CIPHER_CBC, 32, SHA1, S256 },
	{ 0xC018, KX_ECDHE, AUTH_NONE, CIPHER_CBC, 16, SHA1, S256 },
	{ 0x00A7, KX_DHE, AUTH_NONE, CIPHER_GCM, 32, 0, S384 },
	{ 0x00A6, KX_DHE, AUTH_NONE, CIPHER_GCM, 16, 0, S256 },
	{ 0x006D, KX_DHE, AUTH_NONE, CIPHER_CBC, 32, S256, S256 },
	{ 0x006C, KX_DHE, AUTH_NONE, CIPHER_CBC, 16, S256, S256 },
	{ 0x003A, KX_DHE, AUTH_NONE, CIPHER_CBC, 32, SHA1, S256 },
	{ 0x0034, KX_DHE, AUTH_NONE, CIPHER_CBC, 16, SHA1, S256 },
};
enum { SUITES = sizeof suites / sizeof suites[0] };

static int
is_offered(const struct hs *h, const struct suite *s)
{
	if (s->kx == KX_13)
		return h->max == TLS13;
	return s->auth != AUTH_NONE || h->offer_anon;
}

const struct suite *
suite_find(const struct hs *h, unsigned id)
{
	size_t i;

	for (i = 0; i < SUITES; i++)
		if (suites[i].id == id && is_offered(h, &suites[i]))
			return &suites[i];
	return NULL;
}

/* The rows of the first pass; 0 for those of the second. AES without the
 * processor's help is slow; ChaCha20 is fast anywhere. */
static int
is_first(const struct suite *s)
{
	return s->cipher == CIPHER_CHAPOL
	    && !(br_aes_x86ni_ctr_get_vtable() && br_ghash_pclmul_get());
}

void
suite_list(const struct hs *h, struct writer *w)
{
	int pass;
	size_t i;

	writer_open(w, 2);
	for (pass = 1; pass >= 0; pass--)
		for (i = 0; i < SUITES; i++)
			if (is_first(&suites[i]) == pass
			    && is_offered(h, &suites[i]))
				writer_number(w, suites[i].id, 2);
	writer_close(w);
}

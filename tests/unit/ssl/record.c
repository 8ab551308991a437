/* record - the client's Finished of RFC 8448 3 as a record, and records of all
 * kinds there and back. */
#include <stdio.h>
#include <string.h>

#include "../../../ssl/hs.h"
#include "../../../ssl/suite.h"
#include "../t.h"

static struct hs client, server;

static void
set(struct hs *h, unsigned version, unsigned suite)
{
	memset(h, 0, sizeof *h);
	br_ssl_engine_set_hash(&h->eng, br_sha1_ID, &br_sha1_vtable);
	br_ssl_engine_set_hash(&h->eng, br_sha256_ID, &br_sha256_vtable);
	br_ssl_engine_set_hash(&h->eng, br_sha384_ID, &br_sha384_vtable);
	br_ssl_engine_set_aes_ctr(&h->eng, &br_aes_ct64_ctr_vtable);
	br_ssl_engine_set_ghash(&h->eng, br_ghash_ctmul64);
	br_ssl_engine_set_chacha20(&h->eng, br_chacha20_ct_run);
	br_ssl_engine_set_poly1305(&h->eng, br_poly1305_ctmul_run);
	h->eng.session.version = (uint16_t)version;
	h->eng.iomode = 3;
	h->max = TLS13;
	h->open = 1;
	h->state = OPEN;
	h->suite = suite_find(h, suite);
}

/* Returns the record's size; it lies in out + *at. */
static size_t
seal(unsigned char *out, size_t *at, int type, const char *text, size_t n)
{
	unsigned char *p;
	size_t start = 5, end = 300;

	client.eng.out.vtable->max_plaintext(&client.eng.out.vtable, &start,
	    &end);
	memcpy(out + start, text, n);
	p = client.eng.out.vtable->encrypt(&client.eng.out.vtable, type,
	    BR_TLS12, out + start, &n);
	*at = (size_t)(p - out);
	return n;
}

static unsigned char *
unseal(unsigned char *record, size_t *n)
{
	const br_sslrec_in_class **in = &server.eng.in.vtable;

	*n -= 5;
	if (!(*in)->check_length(in, *n))
		return NULL;
	return (*in)->decrypt(in, record[0], BR_TLS12, record + 5, n);
}

static void
trace(void)
{
	static const unsigned char keys[] = {
		0xdb, 0xfa, 0xa6, 0x93, 0xd1, 0x76, 0x2c, 0x5b,
		0x66, 0x6a, 0xf5, 0xd9, 0x50, 0x25, 0x8d, 0x01,
		0x5b, 0xd3, 0xc7, 0x1b, 0x83, 0x6e, 0x0b, 0x76,
		0xbb, 0x73, 0x26, 0x5f
	}, want[] = {
		0x17, 0x03, 0x03, 0x00, 0x35,
		0x75, 0xec, 0x4d, 0xc2, 0x38, 0xcc, 0xe6, 0x0b,
		0x29, 0x80, 0x44, 0xa7, 0x1e, 0x21, 0x9c, 0x56,
		0xcc, 0x77, 0xb0, 0x51, 0x7f, 0xe9, 0xb9, 0x3c,
		0x7a, 0x4b, 0xfc, 0x44, 0xd8, 0x7f, 0x38, 0xf8,
		0x03, 0x38, 0xac, 0x98, 0xfc, 0x46, 0xde, 0xb3,
		0x84, 0xbd, 0x1c, 0xae, 0xac, 0xab, 0x68, 0x67,
		0xd7, 0x26, 0xc4, 0x05, 0x46
	};
	static const char finished[] = "\x14\0\0\x20"
	    "\xa8\xec\x43\x6d\x67\x76\x34\xae\x52\x5a\xc1\xfc\xeb\xe1\x1a\x03"
	    "\x9e\xc1\x76\x94\xfa\xc6\xe9\x85\x27\xb6\x42\xf2\xed\xd5\xce\x61";
	unsigned char out[512], *p;
	size_t at, n;

	set(&client, TLS13, 0x1301);
	set(&server, TLS13, 0x1301);
	record_out(&client, keys);
	record_in(&server, keys);
	n = seal(out, &at, HANDSHAKE, finished, 36);
	T(n == sizeof want && memcmp(out + at, want, n) == 0);
	p = unseal(out + at, &n);
	T(p && n == 36 && memcmp(p, finished, 36) == 0);
	T(server.eng.record_type_in == HANDSHAKE && !hs_failed(&server));
}

/* Two records, one with a bit changed, one out of order. */
static void
there_and_back(unsigned version, unsigned suite, size_t more)
{
	unsigned char keys[RECORD_KEYS_MAX], out[512], *p;
	size_t at, n, i;

	for (i = 0; i < sizeof keys; i++)
		keys[i] = (unsigned char)(i * 7);
	set(&client, version, suite);
	set(&server, version, suite);
	record_out(&client, keys);
	record_in(&server, keys);
	for (i = 0; i < 2; i++) {
		n = seal(out, &at, DATA, "some words", 10);
		T(n == 5 + 10 + more);
		p = unseal(out + at, &n);
		T(p && n == 10 && memcmp(p, "some words", 10) == 0);
	}
	n = seal(out, &at, DATA, "some words", 10);
	out[at + n - 1] ^= 1;
	T(!unseal(out + at, &n));
	seal(out, &at, DATA, "some words", 10);
	n = seal(out, &at, DATA, "some words", 10);
	T(!unseal(out + at, &n));
}

int
main(void)
{
	trace();
	there_and_back(TLS13, 0x1301, 17);
	there_and_back(TLS13, 0x1302, 17);
	there_and_back(TLS13, 0x1303, 17);
	there_and_back(BR_TLS12, 0xC02F, 24);
	there_and_back(BR_TLS12, 0xC030, 24);
	there_and_back(BR_TLS12, 0xCCA8, 16);
	there_and_back(BR_TLS12, 0xC013, 38);
	there_and_back(BR_TLS12, 0xC027, 54);
	there_and_back(BR_TLS12, 0xC028, 70);
	return T_END();
}

/* verify - a chain as a server would send it: each certificate with its length
 * in three bytes before it. Run with the bundle's or FUZZ_CA's anchors, so that
 * a corpus of sound chains reaches every rule; signatures stay what they are,
 * so whatever is accepted must have been in the corpus. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../ssl/der.h"
#include "../../ssl/pubkey.h"
#include "../../ssl/ssl.h"
#include "../../ssl/verify.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static struct verify *strict, *lax;

static struct verify *
make(int insecure)
{
	struct ssl_conf conf = { "mail.test", NULL, NULL, NULL, NULL, NULL, 0,
		0, 0 };
	char why[500];
	struct verify *v;

	conf.cafile = getenv("FUZZ_CA");
	conf.crlfile = getenv("FUZZ_CRL");
	conf.insecure = insecure;
	v = verify_new(&conf, why, sizeof why);
	if (!v) {
		fprintf(stderr, "%s\n", why);
		exit(1);
	}
	return v;
}

static int
judge(struct verify *v, const uint8_t *p, size_t n, struct pubkey *key)
{
	struct der chain[VERIFY_CERTS];
	size_t count = 0, len;

	for (; n >= 3; count++) {
		len = (size_t)p[0] << 16 | (size_t)p[1] << 8 | p[2];
		p += 3;
		n -= 3;
		if (len > n)
			len = n;
		if (count < VERIFY_CERTS)
			chain[count] = (struct der){ p, len };
		p += len;
		n -= len;
	}
	return verify_chain(v, chain, count, key);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct pubkey key;
	int bad;

	if (!strict) {
		strict = make(0);
		lax = make(1);
	}
	bad = judge(strict, data, n, &key) < 0;
	if (bad != (*verify_why(strict) != '\0')
	    || bad != (key.kind == PUBKEY_NONE))
		abort();
	if (judge(lax, data, n, &key) == 0 && key.kind == PUBKEY_NONE)
		abort();
	return 0;
}

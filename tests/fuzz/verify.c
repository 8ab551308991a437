/* verify - a chain as a server would send it: each certificate with its length
 * in three bytes before it. Run with the bundle's or FUZZ_CA's anchors, so that
 * a corpus of sound chains reaches every rule; signatures stay what they are,
 * so whatever is accepted must have been in the corpus. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

static unsigned
feed(struct verify *v, const uint8_t *p, size_t n)
{
	const br_x509_class **c = verify_class(v);
	size_t len;

	(*c)->start_chain(c, "");
	while (n >= 3) {
		len = (size_t)p[0] << 16 | (size_t)p[1] << 8 | p[2];
		p += 3;
		n -= 3;
		if (len > n)
			len = n;
		(*c)->start_cert(c, (uint32_t)len);
		(*c)->append(c, p, len / 2);
		(*c)->append(c, p + len / 2, len - len / 2);
		(*c)->end_cert(c);
		p += len;
		n -= len;
	}
	return (*c)->end_chain(c);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const br_x509_class **c;
	unsigned bad;

	if (!strict) {
		strict = make(0);
		lax = make(1);
	}
	bad = feed(strict, data, n);
	c = verify_class(strict);
	if (!bad != !*verify_why(strict) || bad > 255)
		abort();
	if (!bad && !(*c)->get_pkey(c, NULL))
		abort();
	c = verify_class(lax);
	if (!feed(lax, data, n) && !(*c)->get_pkey(c, NULL))
		abort();
	return 0;
}

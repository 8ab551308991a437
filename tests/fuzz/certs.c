/* certs - the certificates of a chain, in verify.c's form, each with each:
 * names compared, names under limits, signatures, without the rules that come
 * before these in a path. */
#include <stdint.h>
#include <stdlib.h>

#include "../../ssl/der.h"
#include "../../ssl/cert.h"
#include "../../ssl/dn.h"
#include "../../ssl/limits.h"
#include "../../ssl/name.h"
#include "../../ssl/pubkey.h"
#include "../../ssl/sig.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

enum { FEW = 3 };

static void
names(struct der a, struct der b)
{
	enum dn_relation how = dn_compare(a, b), back = dn_compare(b, a);

	if (der_same(a, b) && how != DN_SAME)
		abort();
	if ((how == DN_SAME) != (back == DN_SAME))
		abort();
	if (how == DN_SAME && dn_hash(a) != dn_hash(b))
		abort();
	if (how == DN_BELOW && back == DN_BELOW)
		abort();
}

static void
limits(const struct cert *ca, const struct cert *c, const struct host *h)
{
	unsigned long plenty = 1 << 26, few = 2000, left;

	if (ca->limits.n == 0)
		return;
	limits_broken(ca->limits, c, h, &plenty);
	left = few;
	if (!limits_broken(ca->limits, c, h, &left)
	    && (left == 0 || left > few))
		abort();
}

/* A signature stays what it is while its certificate changes, so that one that
 * is good is checked with one bit turned. */
static void
signature(const struct cert *c, const struct pubkey *key)
{
	unsigned char *p;
	struct sealed s = c->sealed;

	if (sig_work(&s, key) == 0)
		abort();
	if (sig_check(&s, key, SIG_SHA1_TOO))
		return;
	p = malloc(s.tbs.n);
	if (!p)
		return;
	for (size_t i = 0; i < s.tbs.n; i++)
		p[i] = s.tbs.p[i];
	p[s.tbs.n / 2] ^= 1;
	s.tbs.p = p;
	if (!sig_check(&s, key, SIG_SHA1_TOO))
		abort();
	free(p);
}

static size_t
take_apart(struct cert *certs, const uint8_t *p, size_t n)
{
	size_t len, count = 0;

	for (; n >= 3 && count < FEW; p += len, n -= len) {
		len = (size_t)p[0] << 16 | (size_t)p[1] << 8 | p[2];
		p += 3;
		n -= 3;
		if (len > n)
			len = n;
		count += cert_parse(&certs[count], (struct der){ p, len }) == 0;
	}
	return count;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct cert certs[FEW];
	struct host h;
	struct pubkey key;
	size_t count = take_apart(certs, data, n), i, j;

	if (host_parse(&h, "mail.test") < 0)
		abort();
	for (i = 0; i < count; i++) {
		name_matches(&certs[i], &h);
		pubkey_parse(certs[i].spki, &key);
		for (j = 0; j < count; j++) {
			names(certs[i].subject, certs[j].subject);
			names(certs[i].subject, certs[j].issuer);
			limits(&certs[i], &certs[j], &h);
			if (key.kind != PUBKEY_NONE)
				signature(&certs[j], &key);
		}
	}
	return 0;
}

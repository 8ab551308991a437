/* cert - one X.509 certificate (RFC 5280 4.1) taken apart, nothing judged.
 *
 * Certificate ::= SEQUENCE { tbs SEQUENCE { [0] version, serial, algorithm,
 * issuer, validity, subject, spki, [1] [2] ids, [3] extensions }, algorithm,
 * BIT STRING }. */
#include <stdio.h>
#include <string.h>

#include "der.h"
#include "cert.h"
#include "dn.h"

enum { CONTEXT_0 = 0xA0, CONTEXT_1 = 0xA1, CONTEXT_2 = 0xA2, CONTEXT_3 = 0xA3,
	UNIQUE_1 = 0x81, UNIQUE_2 = 0x82, SAN_DNS = 0x82 };

static int
bad(struct cert *c, const char *why)
{
	c->why = why;
	return -1;
}

/* Every parser of an extension gets its contents and must use them up. */

static int
basic_constraints(struct cert *c, struct der in)
{
	struct der seq, v;

	if (der_take(&in, DER_SEQ, &seq) < 0 || in.n)
		return -1;
	if (der_tag(&seq) == DER_BOOL) {
		if (der_take(&seq, DER_BOOL, &v) < 0 || v.n != 1)
			return -1;
		c->ca = v.p[0] != 0;
	}
	if (seq.n) {
		if (der_take(&seq, DER_INT, &v) < 0)
			return -1;
		c->pathlen = der_small(v);
		if (c->pathlen < 0)
			return -1;
	}
	return seq.n ? -1 : 0;
}

static int
key_usage(struct cert *c, struct der in)
{
	struct der v;

	if (der_take(&in, DER_BITS, &v) < 0 || in.n || v.n < 1 || v.n > 3)
		return -1;
	c->usage = v.n > 1 ? v.p[1] : 0;
	return 0;
}

static int
purposes(struct cert *c, struct der in)
{
	struct der seq, oid;

	if (der_take(&in, DER_SEQ, &seq) < 0 || in.n)
		return -1;
	c->purposes = 0;
	while (seq.n) {
		if (der_take(&seq, DER_OID, &oid) < 0)
			return -1;
		if (der_is(oid, "\x2b\x06\x01\x05\x05\x07\x03\x01", 8)
		    || der_is(oid, "\x55\x1d\x25\x00", 4))
			c->purposes = 1;
	}
	return 0;
}

static int
alt_names(struct cert *c, struct der in)
{
	return der_take(&in, DER_SEQ, &c->names) < 0 || in.n
	    || c->names.n == 0 ? -1 : 0;
}

static int
name_limits(struct cert *c, struct der in)
{
	return der_take(&in, DER_SEQ, &c->limits) < 0 || in.n
	    || c->limits.n == 0 ? -1 : 0;
}

/* No policy is ever asked for, so these cannot change the verdict.
 * policyConstraints can, and is not among them. */
static int
no_effect(struct cert *c, struct der in)
{
	(void)c, (void)in;
	return 0;
}

static const struct {
	unsigned char id;	/* of 2.5.29.id */
	int (*parse)(struct cert *, struct der);
} known[] = {
	{ 19, basic_constraints }, { 15, key_usage }, { 37, purposes },
	{ 17, alt_names }, { 30, name_limits }, { 32, no_effect },
	{ 54, no_effect }, { 14, no_effect }, { 35, no_effect },
	{ 18, no_effect }, { 31, no_effect }
};

enum { KNOWN = sizeof known / sizeof *known };

static int
extension(struct cert *c, struct der in, unsigned *seen)
{
	struct der oid, v, value;
	int critical = 0;
	unsigned i;

	if (der_take(&in, DER_OID, &oid) < 0)
		return -1;
	if (der_tag(&in) == DER_BOOL) {
		if (der_take(&in, DER_BOOL, &v) < 0 || v.n != 1)
			return -1;
		critical = v.p[0] != 0;
	}
	if (der_take(&in, DER_OCTETS, &value) < 0 || in.n)
		return -1;
	for (i = 0; i < KNOWN; i++)
		if (oid.n == 3 && memcmp(oid.p, "\x55\x1d", 2) == 0
		    && oid.p[2] == known[i].id)
			break;
	if (i == KNOWN) {
		if (critical)
			c->critical = oid;
		return 0;
	}
	if (*seen & 1U << i)
		return -1;
	*seen |= 1U << i;
	return known[i].parse(c, value);
}

static int
extensions(struct cert *c, struct der in)
{
	struct der list, one;
	unsigned seen = 0;

	if (der_take(&in, DER_SEQ, &list) < 0 || in.n || list.n == 0)
		return bad(c, "bad extension list");
	while (list.n)
		if (der_take(&list, DER_SEQ, &one) < 0
		    || extension(c, one, &seen) < 0)
			return bad(c, "bad or repeated extension");
	return 0;
}

static int
validity(struct cert *c, struct der in)
{
	struct der v = { NULL, 0 };
	int tag;

	tag = der_next(&in, &v, NULL);
	if (der_time(tag, v, &c->from) < 0)
		return bad(c, "bad date");
	tag = der_next(&in, &v, NULL);
	if (der_time(tag, v, &c->until) < 0 || in.n)
		return bad(c, "bad date");
	return 0;
}

static int
parse_version(struct cert *c, struct der *tbs)
{
	struct der wrap, v;
	long n;

	c->v1 = der_tag(tbs) != CONTEXT_0;
	if (c->v1)
		return 0;
	if (der_take(tbs, CONTEXT_0, &wrap) < 0
	    || der_take(&wrap, DER_INT, &v) < 0 || wrap.n)
		return bad(c, "bad version");
	n = der_small(v);
	c->v1 = n < 2;
	return n < 0 || n > 2 ? bad(c, "unknown version") : 0;
}

static int
body(struct cert *c, struct der in)
{
	struct der v, alg;

	if (parse_version(c, &in) < 0)
		return -1;
	if (der_take(&in, DER_INT, &c->serial) < 0
	    || der_next(&in, &v, &alg) != DER_SEQ
	    || !der_same(alg, c->sealed.alg)
	    || der_next(&in, &v, &c->issuer) != DER_SEQ
	    || der_take(&in, DER_SEQ, &v) < 0)
		return bad(c, "bad fields before the dates");
	if (validity(c, v) < 0)
		return -1;
	if (der_next(&in, &v, &c->subject) != DER_SEQ
	    || der_next(&in, &v, &c->spki) != DER_SEQ)
		return bad(c, "bad subject or key");
	if (der_tag(&in) == UNIQUE_1 || der_tag(&in) == CONTEXT_1)
		der_next(&in, &v, NULL);
	if (der_tag(&in) == UNIQUE_2 || der_tag(&in) == CONTEXT_2)
		der_next(&in, &v, NULL);
	if (der_tag(&in) == CONTEXT_3) {
		if (c->v1 || der_take(&in, CONTEXT_3, &v) < 0)
			return bad(c, "extensions in a version 1 certificate");
		if (extensions(c, v) < 0)
			return -1;
	}
	return in.n ? bad(c, "bytes after the extensions") : 0;
}

int
cert_unseal(struct der in, struct sealed *s, struct der *tbs)
{
	struct der outer, v;

	if (der_next(&in, &outer, &s->all) != DER_SEQ || in.n
	    || der_next(&outer, tbs, &s->tbs) != DER_SEQ
	    || der_next(&outer, &v, &s->alg) != DER_SEQ
	    || der_take(&outer, DER_BITS, &s->sig) < 0 || outer.n
	    || s->sig.n < 2 || s->sig.p[0] != 0)
		return -1;
	s->sig.p++;
	s->sig.n--;
	return 0;
}

int
cert_parse(struct cert *c, struct der in)
{
	struct der tbs;

	memset(c, 0, sizeof *c);
	c->usage = c->purposes = -1;
	c->pathlen = -1;
	if (cert_unseal(in, &c->sealed, &tbs) < 0)
		return bad(c, "not a certificate");
	return body(c, tbs);
}

/* The last common name, else the last attribute; the number of common names. */
static int
last_attribute(struct der name, struct der *out)
{
	struct dn_walk w = dn_begin(name);
	struct attribute a;
	int count = 0, cn;

	out->n = 0;
	while (dn_next(&w, &a) > 0) {
		cn = der_is(a.type, "\x55\x04\x03", 3);
		if (cn || count == 0)
			*out = a.value;
		count += cn;
	}
	return count;
}

int
cert_cn(struct der name, struct der *out)
{
	return last_attribute(name, out) == 1;
}

void
cert_print(struct der in, char *out, size_t size)
{
	size_t at = strlen(out);

	for (; in.n && at + 1 < size; in.p++, in.n--) {
		out[at] = *in.p >= ' ' && *in.p < 0x7F ? (char)*in.p : '?';
		if (out[at] == '"')
			out[at] = '\'';
		at++;
	}
	out[at] = '\0';
}

const char *
cert_name(struct der name, char *out, size_t size)
{
	struct der v;

	*out = '\0';
	last_attribute(name, &v);
	if (v.n)
		cert_print(v, out, size);
	else
		snprintf(out, size, "no name");
	return out;
}

const char *
cert_label(const struct cert *c, char *out, size_t size)
{
	struct der names = c->names, v;
	int tag;

	last_attribute(c->subject, &v);
	while (v.n == 0 && names.n) {
		tag = der_next(&names, &v, NULL);
		if (tag < 0)
			break;
		if (tag != SAN_DNS)
			v.n = 0;
	}
	*out = '\0';
	if (v.n)
		cert_print(v, out, size);
	else
		snprintf(out, size, "no name");
	return out;
}

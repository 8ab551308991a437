/* crl - revocation lists, RFC 5280 5.1; see crl.h.
 *
 * CertificateList ::= SEQUENCE { tbs SEQUENCE { version?, algorithm, issuer,
 * thisUpdate, nextUpdate?, SEQUENCE OF SEQUENCE { serial, date, extensions? }?,
 * [0] extensions? }, algorithm, BIT STRING }. Extensions are not looked at:
 * a list limited to some reasons or to changes, and an entry on hold, revoke as
 * any other does. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "der.h"
#include "cert.h"
#include "anchor.h"
#include "crl.h"
#include "dn.h"
#include "pem.h"
#include "pubkey.h"
#include "sig.h"

struct crl {
	struct sealed sealed;
	struct der issuer;
	struct der entries;	/* checked: an endless walk is impossible */
	int64_t from, until;
	struct crl *next;
};

struct crls {
	struct pem file;
	struct crl *first;
};

enum { CONTEXT_0 = 0xA0 };

static int
time_field(struct der *in, int64_t *t)
{
	struct der v = { NULL, 0 };
	int tag = der_next(in, &v, NULL);

	return der_time(tag, v, t);
}

static int
is_time(int tag)
{
	return tag == DER_UTCTIME || tag == DER_GENTIME;
}

static int
check_entries(struct der list)
{
	struct der one, serial;

	while (list.n)
		if (der_take(&list, DER_SEQ, &one) < 0
		    || der_take(&one, DER_INT, &serial) < 0
		    || !is_time(der_tag(&one)))
			return -1;
	return 0;
}

static int
parse_tbs(struct crl *c, struct der in)
{
	struct der v, alg;

	if (der_tag(&in) == DER_INT && der_next(&in, &v, NULL) < 0)
		return -1;
	if (der_next(&in, &v, &alg) != DER_SEQ || !der_same(alg, c->sealed.alg)
	    || der_next(&in, &v, &c->issuer) != DER_SEQ
	    || time_field(&in, &c->from) < 0)
		return -1;
	c->until = INT64_MAX;
	if (is_time(der_tag(&in)) && time_field(&in, &c->until) < 0)
		return -1;
	if (der_tag(&in) == DER_SEQ && der_take(&in, DER_SEQ, &c->entries) < 0)
		return -1;
	if (der_tag(&in) == CONTEXT_0 && der_take(&in, CONTEXT_0, &v) < 0)
		return -1;
	return in.n ? -1 : check_entries(c->entries);
}

/* The rule an anchor of the right name fails, or NULL. */
static const char *
signed_by(const struct crl *c, const struct cert *ca, const struct pubkey *key,
    int64_t now)
{
	if (key->kind == PUBKEY_NONE)
		return "its issuer's key is not supported";
	if (now < ca->from || now > ca->until)
		return "its issuer is not valid now";
	if (!ca->ca && !ca->v1)
		return "its issuer is not an authority";
	if (ca->usage >= 0 && !(ca->usage & USAGE_CRL_SIGN))
		return "its issuer may not sign CRLs";
	return sig_check(&c->sealed, key, SIG_SHA1_TOO);
}

static const char *
check_list(const struct crl *c, const struct anchors *anchors, int64_t now)
{
	const char *bad = "its issuer is not among the trust anchors";
	struct cert ca;
	struct pubkey key;
	size_t at = 0;

	while (anchors_next(anchors, c->issuer, &at, &ca, &key)) {
		bad = signed_by(c, &ca, &key, now);
		if (!bad)
			break;
	}
	if (bad)
		return bad;
	if (now < c->from)
		return "it is not valid yet";
	if (now > c->until)
		return "it is out of date (nextUpdate has passed)";
	return NULL;
}

static const char *
add_list(struct crls *l, const struct pem_object *o,
    const struct anchors *anchors, int64_t now, char *issuer, size_t size)
{
	struct crl *c = calloc(1, sizeof *c);
	struct der tbs;

	if (!c)
		return "out of memory";
	c->next = l->first;
	l->first = c;
	if (cert_unseal((struct der){ o->der, o->n }, &c->sealed, &tbs) < 0
	    || parse_tbs(c, tbs) < 0)
		return "not a CRL";
	cert_name(c->issuer, issuer, size);
	return check_list(c, anchors, now);
}

static const char *
read_lists(struct crls *l, const struct anchors *anchors, int64_t now,
    char *issuer, size_t size)
{
	struct pem_object o;
	const char *bad;
	int got;

	while ((got = pem_next(&l->file, &o)) != 0) {
		*issuer = '\0';
		if (got < 0)
			return l->file.why;
		if (o.label[0] && strcmp(o.label, "X509 CRL") != 0)
			continue;
		bad = add_list(l, &o, anchors, now, issuer, size);
		if (bad)
			return bad;
	}
	return l->first ? NULL : "holds no CRL";
}

struct crls *
crls_load(const char *file, const struct anchors *anchors, int64_t now,
    char *why, size_t size)
{
	struct crls *l = calloc(1, sizeof *l);
	char issuer[80] = "";
	const char *bad;

	if (!l) {
		snprintf(why, size, "%s: out of memory", file);
		return NULL;
	}
	if (pem_open(&l->file, file, why, size) < 0) {
		free(l);
		return NULL;
	}
	bad = read_lists(l, anchors, now, issuer, sizeof issuer);
	if (!bad)
		return l;
	if (*issuer)
		snprintf(why, size, "%s: CRL of \"%s\": %s", file, issuer, bad);
	else
		snprintf(why, size, "%s: %s", file, bad);
	crls_free(l);
	return NULL;
}

static int
listed(struct der entries, struct der serial)
{
	struct der one, s;

	while (entries.n) {
		if (der_take(&entries, DER_SEQ, &one) < 0
		    || der_take(&one, DER_INT, &s) < 0)
			return 1;
		if (der_same(s, serial))
			return 1;
	}
	return 0;
}

/* A name that may be the issuer's, but cannot be compared, counts as his: the
 * serial number decides. */
int
crls_revoked(const struct crls *l, const struct cert *c)
{
	const struct crl *i;
	enum dn_relation how;

	for (i = l->first; i; i = i->next) {
		how = dn_compare(i->issuer, c->issuer);
		if ((how == DN_SAME || how == DN_UNCLEAR)
		    && listed(i->entries, c->serial))
			return 1;
	}
	return 0;
}

void
crls_free(struct crls *l)
{
	struct crl *next;

	if (!l)
		return;
	for (; l->first; l->first = next) {
		next = l->first->next;
		free(l->first);
	}
	pem_close(&l->file);
	free(l);
}

/* path - from the server's certificate up to an anchor (RFC 5280 6.1, RFC
 * 4158). Depth first, anchors before certificates the server sent, so that a
 * chain with an old cross-signature ends at the first anchor it meets. What
 * was sent may be in any order, double, or have nothing to do with it.
 *
 * A server chooses what it sends, and with keys of its own can make as many
 * good signatures as it likes. So names are held against name constraints only
 * when a path has reached an anchor, and all work is taken from one budget. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "der.h"
#include "cert.h"
#include "anchor.h"
#include "crl.h"
#include "dn.h"
#include "limits.h"
#include "name.h"
#include "path.h"
#include "pubkey.h"
#include "sig.h"

enum {
	DEPTH_MAX = 16,		/* as GnuTLS; the refusal names it */
	LABEL = 80,
	/* About nanoseconds of a fast machine: ten signatures on P-384, the
	 * slowest in common use. */
	WORK_MAX = 1 << 26
};

struct search {
	struct path *in;
	const struct cert *path[DEPTH_MAX];
	int depth;		/* certificates on the path */
	unsigned long work;	/* what is left of it */
	int best;		/* height of the refusal in why */
	char *why;
	size_t size;
};

/* Of all refusals the highest is told, and the first of these. Is it this one?
 * Only then its words are put together: the names in them may be long. */
static int
is_told(struct search *s, int height, int alert)
{
	if (height <= s->best)
		return 0;
	s->best = height;
	s->in->alert = alert;
	return 1;
}

/* Always -1. */
static int
refuse_chain(struct search *s, const char *rule)
{
	if (is_told(s, DEPTH_MAX + 2, ALERT_BAD))
		snprintf(s->why, s->size, "%s", rule);
	return -1;
}

/* Always -1. what goes before the certificate's name, and may be "". */
static int
refuse_cert(struct search *s, int height, int alert, const char *what,
    const struct cert *c, const char *rule)
{
	char label[LABEL];

	if (is_told(s, height, alert))
		snprintf(s->why, s->size, "%s\"%s\" %s", what,
		    cert_label(c, label, sizeof label), rule);
	return -1;
}

const char *
path_day(int64_t t, char *out, size_t size)
{
	time_t tt = (time_t)t;
	struct tm tm;

	if (tt == t && gmtime_r(&tt, &tm))
		snprintf(out, size, "%04d-%02d-%02d", tm.tm_year + 1900,
		    tm.tm_mon + 1, tm.tm_mday);
	else
		snprintf(out, size, "another age");
	return out;
}

/* 0, or -1 when nothing is left of the budget. */
static int
spend(struct search *s, unsigned long work)
{
	s->work = work < s->work ? s->work - work : 0;
	return s->work ? 0 : refuse_chain(s, "its certificates take too much "
	    "work to check");
}

static int
check_dates(struct search *s, const struct cert *c, int height,
    const char *what)
{
	int64_t now = s->in->now;
	int early = now < c->from;
	char when[32], clock[32], rule[96];

	if (!early && now <= c->until)
		return 0;
	snprintf(rule, sizeof rule, "%s %s (now is %s)",
	    early ? "is not valid before" : "expired on",
	    path_day(early ? c->from : c->until, when, sizeof when),
	    path_day(now, clock, sizeof clock));
	return refuse_cert(s, height, ALERT_EXPIRED, what, c, rule);
}

/* What holds for the server's certificate as for every authority's. */
static int
check_any(struct search *s, const struct cert *c, int height, const char *what)
{
	if (check_dates(s, c, height, what) < 0)
		return -1;
	if (c->critical.n)
		return refuse_cert(s, height, ALERT_UNSUPPORTED, what, c,
		    "has a critical extension that is not supported");
	if (c->purposes == 0)
		return refuse_cert(s, height, ALERT_UNSUPPORTED, what, c,
		    "is not for TLS servers (extended key usage)");
	return 0;
}

static int
self_issued(const struct cert *c)
{
	return dn_same(c->subject, c->issuer);
}

/* May ca be the issuer of the path's top? */
static int
check_issuer(struct search *s, const struct cert *ca, int is_anchor)
{
	const char *what = is_anchor ? "trust anchor " : "", *bad = NULL;
	int i, below = 0, height = s->depth + 1;

	if (check_any(s, ca, height, what) < 0)
		return -1;
	for (i = 1; ca->pathlen >= 0 && i < s->depth; i++)
		below += !self_issued(s->path[i]);
	if (!ca->ca && !(is_anchor && ca->v1 && self_issued(ca)))
		bad = "is not an authority (basic constraints)";
	else if (ca->usage >= 0 && !(ca->usage & USAGE_CERT_SIGN))
		bad = "may not sign certificates (key usage)";
	else if (ca->pathlen >= 0 && below > ca->pathlen)
		bad = "allows fewer authorities below it (path length)";
	return bad ? refuse_cert(s, height, ALERT_BAD, what, ca, bad) : 0;
}

/* Is the path's top signed with this key? */
static int
check_signature(struct search *s, const struct cert *ca,
    const struct pubkey *key)
{
	const struct cert *c = s->path[s->depth - 1];
	char up[LABEL], rule[LABEL + 80];
	const char *bad;

	if (key->kind == PUBKEY_NONE)
		return refuse_cert(s, s->depth + 1, ALERT_UNSUPPORTED, "the "
		    "key of ", ca, "is not supported");
	if (spend(s, sig_work(&c->sealed, key)) < 0)
		return -1;
	bad = sig_check(&c->sealed, key, 0);
	if (!bad)
		return 0;
	snprintf(rule, sizeof rule, "by \"%s\": %s",
	    cert_label(ca, up, sizeof up), bad);
	return refuse_cert(s, s->depth + 1, ALERT_BAD, "", c, rule);
}

/* Holds the names of the path's first certificates against an authority's name
 * constraints. RFC 5280 6.1.3: not those of self-issued authorities. */
static int
check_limits(struct search *s, const struct cert *ca, int below)
{
	const struct cert *c;
	char label[LABEL], rule[2 * LABEL + 80];
	const char *bad;
	int i;

	for (i = 0; ca->limits.n && i < below; i++) {
		c = s->path[i];
		if (i > 0 && self_issued(c))
			continue;
		bad = limits_broken(ca->limits, c, i ? NULL : s->in->host,
		    &s->work);
		if (!bad)
			continue;
		snprintf(rule, sizeof rule, "%s (name constraints of \"%s\")",
		    bad, cert_label(ca, label, sizeof label));
		return refuse_cert(s, below + 1, ALERT_BAD, "", c, rule);
	}
	return 0;
}

static int
check_revoked(struct search *s, const struct cert *c)
{
	char up[LABEL], rule[LABEL + 40];

	if (!s->in->crls || c->serial.n == 0 || !crls_revoked(s->in->crls, c))
		return 0;
	snprintf(rule, sizeof rule, "is revoked by the CRL of \"%s\"",
	    cert_name(c->issuer, up, sizeof up));
	return refuse_cert(s, DEPTH_MAX + 1, ALERT_REVOKED, "", c, rule);
}

/* The path is complete; anchor is NULL when its top is trusted itself. */
static int
check_path(struct search *s, const struct cert *anchor)
{
	int i;

	for (i = 0; i < s->depth; i++)
		if (check_limits(s, s->path[i], i) < 0)
			return -1;
	if (anchor && check_limits(s, anchor, s->depth) < 0)
		return -1;
	for (i = 0; i < s->depth; i++)
		if (check_revoked(s, s->path[i]) < 0)
			return -1;
	return anchor ? check_revoked(s, anchor) : 0;
}

static int
is_anchor_itself(struct search *s, const struct cert *c)
{
	struct cert a;
	struct pubkey key;
	size_t at = 0;

	while (anchors_next(s->in->anchors, c->subject, &at, &a, &key))
		if (der_same(a.sealed.all, c->sealed.all))
			return 1;
	return 0;
}

static int
by_anchor(struct search *s)
{
	const struct cert *c = s->path[s->depth - 1];
	struct cert a;
	struct pubkey key;
	size_t at = 0;

	while (anchors_next(s->in->anchors, c->issuer, &at, &a, &key))
		if (check_issuer(s, &a, 1) == 0
		    && check_signature(s, &a, &key) == 0
		    && check_path(s, &a) == 0)
			return 0;
	return -1;
}

static int
on_path(const struct search *s, const struct cert *c)
{
	int i;

	for (i = 0; i < s->depth; i++)
		if (der_same(s->path[i]->sealed.all, c->sealed.all))
			return 1;
	return 0;
}

static int climb(struct search *);

static int
by_sent(struct search *s)
{
	const struct cert *c = s->path[s->depth - 1], *up;
	struct pubkey key;
	unsigned i;

	for (i = 1; i < s->in->count; i++) {
		up = &s->in->certs[i];
		if (!dn_same(up->subject, c->issuer) || on_path(s, up)
		    || check_issuer(s, up, 0) < 0)
			continue;
		pubkey_parse(up->spki, &key);
		if (check_signature(s, up, &key) < 0)
			continue;
		if (s->depth == DEPTH_MAX)
			return refuse_chain(s, "the chain is longer than 16 "
			    "certificates");
		s->path[s->depth++] = up;
		if (climb(s) == 0)
			return 0;
		s->depth--;
	}
	return -1;
}

static int
unknown_issuer(struct search *s)
{
	const struct cert *c = s->path[s->depth - 1];
	const char *from = anchors_source(s->in->anchors);
	char label[LABEL], up[LABEL];

	if (!is_told(s, s->depth, ALERT_UNKNOWN_CA))
		return -1;
	cert_label(c, label, sizeof label);
	if (self_issued(c))
		snprintf(s->why, s->size, "self-signed \"%s\" is not in %s",
		    label, from);
	else
		snprintf(s->why, s->size, "\"%s\", issuer of \"%s\", is not "
		    "in %s", cert_name(c->issuer, up, sizeof up), label, from);
	return -1;
}

static int
climb(struct search *s)
{
	const struct cert *c = s->path[s->depth - 1];

	if (is_anchor_itself(s, c))
		return check_path(s, NULL);
	if (by_anchor(s) == 0 || by_sent(s) == 0)
		return 0;
	return unknown_issuer(s);
}

int
path_find(struct path *in, char *why, size_t size)
{
	struct search s;

	memset(&s, 0, sizeof s);
	in->alert = ALERT_BAD;
	s.in = in;
	s.work = WORK_MAX;
	s.why = why;
	s.size = size;
	s.path[s.depth++] = &in->certs[0];
	if (check_any(&s, &in->certs[0], 1, "") < 0)
		return -1;
	return climb(&s);
}

/* path - from the server's certificate up to an anchor (RFC 5280 6.1, RFC
 * 4158). Depth first, anchors before certificates the server sent, so that a
 * chain with an old cross-signature ends at the first anchor it meets. What
 * was sent may be in any order, double, or have nothing to do with it. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "der.h"
#include "cert.h"
#include "anchor.h"
#include "crl.h"
#include "name.h"
#include "path.h"
#include "pubkey.h"
#include "sig.h"

enum {
	DEPTH_MAX = 16,		/* as GnuTLS */
	TRIES_MAX = 40,		/* signatures: what a server can make us do */
	LABEL = 80
};

struct search {
	struct path *in;
	const struct cert *path[DEPTH_MAX];
	int depth;		/* certificates on the path */
	int tries;
	int best;		/* height of the refusal in why */
	char *why;
	size_t size;
};

/* Of all refusals the highest is told, and the first of these. Always -1. */
static int
refuse(struct search *s, int height, const char *fmt, ...)
{
	va_list ap;

	if (height <= s->best)
		return -1;
	s->best = height;
	va_start(ap, fmt);
	vsnprintf(s->why, s->size, fmt, ap);
	va_end(ap);
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

static int
check_dates(struct search *s, const struct cert *c, int height,
    const char *what, const char *label)
{
	char when[32], clock[32];

	path_day(s->in->now, clock, sizeof clock);
	if (s->in->now < c->from)
		return refuse(s, height, "%s\"%s\" is not valid before %s (now "
		    "is %s)", what, label, path_day(c->from, when, sizeof when),
		    clock);
	if (s->in->now > c->until)
		return refuse(s, height, "%s\"%s\" expired on %s (now is %s)",
		    what, label, path_day(c->until, when, sizeof when), clock);
	return 0;
}

/* What holds for the server's certificate as for every authority's. */
static int
check_any(struct search *s, const struct cert *c, int height, const char *what)
{
	char label[LABEL];

	cert_label(c, label, sizeof label);
	if (check_dates(s, c, height, what, label) < 0)
		return -1;
	if (c->critical.n)
		return refuse(s, height, "%s\"%s\" has a critical extension "
		    "that is not supported", what, label);
	if (c->purposes == 0)
		return refuse(s, height, "%s\"%s\" is not for TLS servers "
		    "(extended key usage)", what, label);
	return 0;
}

static int
self_issued(const struct cert *c)
{
	return der_same(c->subject, c->issuer);
}

static int
check_limits(struct search *s, const struct cert *ca, const char *label)
{
	const struct path *in = s->in;
	char low[LABEL];
	const char *bad;
	int i;

	for (i = 0; ca->limits.n && i < s->depth; i++) {
		if (i > 0 && self_issued(s->path[i]))
			continue;
		bad = name_allowed(ca->limits, s->path[i],
		    i == 0 ? in->host : NULL);
		if (bad)
			return refuse(s, s->depth + 1, "\"%s\" %s (name "
			    "constraints of \"%s\")",
			    cert_label(s->path[i], low, sizeof low), bad,
			    label);
	}
	return 0;
}

/* May ca be the issuer of the path's top? */
static int
check_issuer(struct search *s, const struct cert *ca, int is_anchor)
{
	const char *what = is_anchor ? "trust anchor " : "";
	int i, below = 0, height = s->depth + 1;
	char label[LABEL];

	if (check_any(s, ca, height, what) < 0)
		return -1;
	cert_label(ca, label, sizeof label);
	if (!ca->ca && !(is_anchor && ca->v1 && self_issued(ca)))
		return refuse(s, height, "%s\"%s\" is not an authority (basic "
		    "constraints)", what, label);
	if (ca->usage >= 0 && !(ca->usage & USAGE_CERT_SIGN))
		return refuse(s, height, "%s\"%s\" may not sign certificates "
		    "(key usage)", what, label);
	for (i = 1; i < s->depth; i++)
		below += !self_issued(s->path[i]);
	if (ca->pathlen >= 0 && below > ca->pathlen)
		return refuse(s, height, "%s\"%s\" allows fewer authorities "
		    "below it (path length)", what, label);
	return check_limits(s, ca, label);
}

/* Is the path's top signed with this key? */
static int
check_signature(struct search *s, const struct cert *ca,
    const struct pubkey *key)
{
	const struct cert *c = s->path[s->depth - 1];
	char label[LABEL], up[LABEL];
	const char *bad;

	cert_label(c, label, sizeof label);
	cert_label(ca, up, sizeof up);
	if (key->kind == PUBKEY_NONE)
		return refuse(s, s->depth + 1, "the key of \"%s\" is not "
		    "supported", up);
	if (++s->tries > TRIES_MAX)
		return refuse(s, DEPTH_MAX + 2, "more than %d signatures to "
		    "check", TRIES_MAX);
	bad = sig_check(c->tbs, c->alg, c->sig, key, 0);
	if (bad)
		return refuse(s, s->depth + 1, "\"%s\" by \"%s\": %s", label,
		    up, bad);
	return 0;
}

static int
check_revoked(struct search *s, const struct cert *c)
{
	char label[LABEL], up[LABEL];

	if (!s->in->crls || c->serial.n == 0 || !crls_revoked(s->in->crls, c))
		return 0;
	return refuse(s, DEPTH_MAX + 1, "\"%s\" is revoked by the CRL of "
	    "\"%s\"", cert_label(c, label, sizeof label),
	    cert_name(c->issuer, up, sizeof up));
}

/* The path is complete; anchor is NULL when its top is trusted itself. */
static int
finish(struct search *s, const struct cert *anchor)
{
	int i;

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
		if (der_same(a.all, c->all))
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
		    && finish(s, &a) == 0)
			return 0;
	return -1;
}

static int
on_path(const struct search *s, const struct cert *c)
{
	int i;

	for (i = 0; i < s->depth; i++)
		if (der_same(s->path[i]->all, c->all))
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
		if (!der_same(up->subject, c->issuer) || on_path(s, up)
		    || check_issuer(s, up, 0) < 0)
			continue;
		pubkey_parse(up->spki, &key);
		if (check_signature(s, up, &key) < 0)
			continue;
		if (s->depth == DEPTH_MAX)
			return refuse(s, DEPTH_MAX + 2, "the chain is longer "
			    "than %d certificates", DEPTH_MAX);
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

	cert_label(c, label, sizeof label);
	if (self_issued(c))
		return refuse(s, s->depth, "self-signed \"%s\" is not in %s",
		    label, from);
	return refuse(s, s->depth, "\"%s\", issuer of \"%s\", is not in %s",
	    cert_name(c->issuer, up, sizeof up), label, from);
}

static int
climb(struct search *s)
{
	const struct cert *c = s->path[s->depth - 1];

	if (is_anchor_itself(s, c))
		return finish(s, NULL);
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
	s.why = why;
	s.size = size;
	s.path[s.depth++] = &in->certs[0];
	if (check_any(&s, &in->certs[0], 1, "") < 0)
		return -1;
	return climb(&s);
}

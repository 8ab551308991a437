/* limits - name constraints (RFC 5280 4.2.1.10); see limits.h.
 *
 * NameConstraints ::= SEQUENCE { [0] permitted SEQUENCE OF Subtree, [1]
 * excluded the same }, Subtree ::= SEQUENCE { base GeneralName, minimum,
 * maximum }, of which RFC 5280 allows no minimum and maximum. */
#include <string.h>

#include "der.h"
#include "cert.h"
#include "dn.h"
#include "limits.h"
#include "name.h"

enum {
	/* GeneralName, RFC 5280 4.2.1.6 */
	NAME_EMAIL = 0x81, NAME_DNS = 0x82, NAME_DIRECTORY = 0xA4,
	NAME_URI = 0x86, NAME_IP = 0x87,
	/* NameConstraints */
	LIST_PERMITTED = 0xA0, LIST_EXCLUDED = 0xA1,
	/* What looking at one Subtree costs. */
	SUBTREE_WORK = 24
};

/* How one name stands to one limit or to a list of them; bits. */
enum {
	LIMITED = 1,		/* there is a limit of the name's kind */
	WITHIN = 2,		/* the name lies within one */
	UNCLEAR = 4		/* cannot be told */
};

struct limits {
	struct der permitted, excluded;
	unsigned long *work;
};

static struct der
last_bytes(struct der in, size_t n)
{
	in.p += in.n - n;
	in.n = n;
	return in;
}

static struct der
without_dot(struct der in)
{
	if (in.n && in.p[in.n - 1] == '.')
		in.n--;
	return in;
}

/* A limit with a leading dot covers the names below it; one without the name
 * itself and, for DNS names, all below it too. */
static int
host_within(struct der limit, struct der host, int dns)
{
	int itself = 1, below = dns;

	limit = without_dot(limit);
	host = without_dot(host);
	if (limit.n == 0)
		return dns ? WITHIN : UNCLEAR;
	if (limit.p[0] == '.') {
		limit = last_bytes(limit, limit.n - 1);
		itself = 0;
		below = 1;
	}
	if (itself && der_alike(limit, host))
		return WITHIN;
	return below && host.n > limit.n
	    && host.p[host.n - limit.n - 1] == '.'
	    && der_alike(limit, last_bytes(host, limit.n)) ? WITHIN : 0;
}

/* A wildcard may stand for a name that lies within an excluded limit. */
static int
dns_within(struct der limit, struct der name, int excluded)
{
	int how = host_within(limit, name, 1);

	if (how || !excluded || name.n < 2 || name.p[0] != '*')
		return how;
	return host_within(last_bytes(name, name.n - 2), limit, 1);
}

/* Bytes of the local part, or 0 when it is no address. */
static size_t
mailbox_name(struct der address)
{
	const unsigned char *at = memrchr(address.p, '@', address.n);
	size_t n = at ? (size_t)(at - address.p) : 0;

	return n + 1 < address.n ? n : 0;
}

/* A limit is one mailbox, or the host or the domain of many. */
static int
email_within(struct der limit, struct der name)
{
	size_t n = mailbox_name(name), m = mailbox_name(limit);
	struct der host = last_bytes(name, name.n - n - (n > 0));

	if (n == 0 || (m == 0 && memchr(limit.p, '@', limit.n)))
		return UNCLEAR;
	if (m == 0)
		return host_within(limit, host, 0);
	return n == m && memcmp(name.p, limit.p, n) == 0
	    ? host_within(last_bytes(limit, limit.n - m - 1), host, 0) : 0;
}

/* What comes before the first byte out of stops. */
static struct der
before(struct der in, const char *stops)
{
	size_t n = 0;

	while (n < in.n && !(in.p[n] && strchr(stops, in.p[n])))
		n++;
	in.n = n;
	return in;
}

/* A name as DNS has it; neither an address nor written with escapes. */
static int
is_dns_name(struct der in)
{
	int c, letters = 0;

	for (; in.n; in.n--) {
		c = der_lower(*in.p++);
		if (c >= 'a' && c <= 'z')
			letters = 1;
		else if (!c || !strchr("0123456789-._", c))
			return 0;
	}
	return letters;
}

/* Limits are on the host of a URI with an authority (RFC 3986 3.2). */
static int
uri_within(struct der limit, struct der uri)
{
	struct der scheme = before(uri, ":"),
	    host = last_bytes(uri, uri.n - scheme.n);
	const unsigned char *at;

	if (host.n < 3 || memcmp(host.p, "://", 3) != 0)
		return UNCLEAR;
	host = before(last_bytes(host, host.n - 3), "/?#");
	at = memrchr(host.p, '@', host.n);
	if (at)
		host = last_bytes(host, (size_t)(host.p + host.n - at) - 1);
	host = before(host, ":");
	return is_dns_name(host) ? host_within(limit, host, 0) : UNCLEAR;
}

static int
ip_within(struct der limit, struct der ip)
{
	size_t i;

	if ((limit.n != 8 && limit.n != 32) || (ip.n != 4 && ip.n != 16))
		return UNCLEAR;
	if (limit.n != 2 * ip.n)
		return 0;
	for (i = 0; i < ip.n; i++)
		if ((limit.p[i] ^ ip.p[i]) & limit.p[ip.n + i])
			return 0;
	return WITHIN;
}

static int
directory_within(struct der limit, struct der name)
{
	enum dn_relation how = dn_compare(limit, name);

	return how == DN_UNCLEAR ? UNCLEAR : how == DN_DIFFERENT ? 0 : WITHIN;
}

static int
within(int kind, struct der limit, struct der name, int excluded)
{
	switch (kind) {
	case NAME_DNS:
		return dns_within(limit, name, excluded);
	case NAME_IP:
		return ip_within(limit, name);
	case NAME_DIRECTORY:
		return directory_within(limit, name);
	case NAME_EMAIL:
		return email_within(limit, name);
	case NAME_URI:
		return uri_within(limit, name);
	default:
		return UNCLEAR;
	}
}

static int
afford(unsigned long *work, size_t cost)
{
	*work = cost < *work ? *work - cost : 0;
	return *work > 0;
}

static int
stand(struct der list, int excluded, int kind, struct der name,
    unsigned long *work)
{
	struct der tree, limit;
	int tag, how = 0;

	while (list.n) {
		if (der_take(&list, DER_SEQ, &tree) < 0
		    || (tag = der_next(&tree, &limit, NULL)) < 0
		    || !afford(work, SUBTREE_WORK))
			return LIMITED | UNCLEAR;
		if (tag != kind)
			continue;
		if (!afford(work, limit.n + name.n) || tree.n)
			how |= UNCLEAR;
		else
			how |= within(kind, limit, name, excluded);
		how |= LIMITED;
	}
	return how;
}

static const char *
check_one(const struct limits *l, int kind, struct der name)
{
	int in = stand(l->permitted, 0, kind, name, l->work),
	    out = stand(l->excluded, 1, kind, name, l->work);

	if (*l->work == 0)
		return "holds too many names to compare";
	if (out & WITHIN)
		return "holds a name its issuer is excluded from giving";
	if (out & UNCLEAR || (in & UNCLEAR && !(in & WITHIN)))
		return "holds a kind of name the issuer limits unclearly";
	if (in & LIMITED && !(in & WITHIN))
		return "holds a name its issuer is not permitted to give";
	return NULL;
}

/* A mail address in the subject is limited as one among the names is. */
static const char *
check_subject(const struct limits *l, struct der subject)
{
	static const char email[] = "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01";
	struct dn_walk w = dn_begin(subject);
	struct attribute a;
	const char *bad = NULL;
	int got;

	if (w.parts.n)
		bad = check_one(l, NAME_DIRECTORY, subject);
	while (!bad && (got = dn_next(&w, &a)) != 0)
		if (got < 0)
			bad = "has a subject that is not DER";
		else if (der_is(a.type, email, sizeof email - 1))
			bad = check_one(l, NAME_EMAIL, a.value);
	return bad;
}

static const char *
check_host(const struct limits *l, const struct host *h)
{
	struct der ip = { h->ip, h->ip_n };

	return h->ip_n ? check_one(l, NAME_IP, ip)
	    : check_one(l, NAME_DNS, host_text(h));
}

const char *
limits_broken(struct der limits, const struct cert *c, const struct host *h,
    unsigned long *work)
{
	struct limits l = { { NULL, 0 }, { NULL, 0 }, work };
	struct der names = c->names, v;
	const char *bad;
	int tag;

	if (der_tag(&limits) == LIST_PERMITTED)
		der_take(&limits, LIST_PERMITTED, &l.permitted);
	if (der_tag(&limits) == LIST_EXCLUDED)
		der_take(&limits, LIST_EXCLUDED, &l.excluded);
	if (limits.n)
		return "has an issuer with name constraints that are not DER";
	bad = check_subject(&l, c->subject);
	while (!bad && names.n) {
		tag = der_next(&names, &v, NULL);
		bad = tag < 0 ? "has names that are not DER"
		    : check_one(&l, tag, v);
	}
	return !bad && h ? check_host(&l, h) : bad;
}

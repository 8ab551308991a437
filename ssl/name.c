/* name - does a certificate name this server (RFC 6125, RFC 5280 4.2.1.10)?
 * Names are bytes with a length; a NUL inside one matches nothing. */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "der.h"
#include "cert.h"
#include "name.h"

/* GeneralName, RFC 5280 4.2.1.6 */
enum { GN_EMAIL = 0x81, GN_DNS = 0x82, GN_DIRECTORY = 0xA4, GN_IP = 0x87 };
/* NameConstraints */
enum { PERMITTED = 0xA0, EXCLUDED = 0xA1 };
/* Bytes of names times bytes of limits; a server chooses both. */
enum { WORK_MAX = 1 << 24 };

int
host_parse(struct host *h, const char *name)
{
	size_t n = strlen(name);

	memset(h, 0, sizeof *h);
	if (strchr(name, ':'))	/* RFC 4007's %zone means nothing elsewhere */
		n = strcspn(name, "%");
	else if (n && name[n - 1] == '.')
		n--;
	if (n == 0 || n >= sizeof h->name || name[0] == '.')
		return -1;
	memcpy(h->name, name, n);
	if (inet_pton(AF_INET, h->name, h->ip) == 1)
		h->ip_n = 4;
	else if (inet_pton(AF_INET6, h->name, h->ip) == 1)
		h->ip_n = 16;
	return 0;
}

static unsigned char
lower(unsigned char c)
{
	return c >= 'A' && c <= 'Z' ? (unsigned char)(c + 32) : c;
}

static int
same(const unsigned char *a, const unsigned char *b, size_t n)
{
	for (; n; n--, a++, b++)
		if (lower(*a) != lower(*b))
			return 0;
	return 1;
}

static struct der
bytes(const char *s)
{
	struct der d;

	d.p = (const unsigned char *)s;
	d.n = strlen(s);
	return d;
}

static int
equal(struct der a, struct der b)
{
	return a.n == b.n && same(a.p, b.p, a.n);
}

static int
dots(struct der d)
{
	int n = 0;

	for (; d.n; d.n--, d.p++)
		n += *d.p == '.';
	return n;
}

static int
dns_matches(struct der pattern, struct der host)
{
	const unsigned char *dot;

	if (pattern.n < 2 || memcmp(pattern.p, "*.", 2) != 0)
		return equal(pattern, host);
	dot = memchr(host.p, '.', host.n);
	if (!dot || dot == host.p || dots(pattern) < 2)
		return 0;
	host.n -= (size_t)(dot - host.p);
	host.p = dot;
	pattern.p++;
	pattern.n--;
	return equal(pattern, host);
}

int
name_matches(const struct cert *c, const struct host *h)
{
	struct der names = c->names, v, ip = { h->ip, h->ip_n };
	int tag;

	if (names.n == 0 && h->ip_n == 0)
		return cert_cn(c->subject, &v)
		    && dns_matches(v, bytes(h->name));
	while (names.n) {
		tag = der_next(&names, &v, NULL);
		if (tag < 0)
			return 0;
		if (h->ip_n == 0 && tag == GN_DNS
		    && dns_matches(v, bytes(h->name)))
			return 1;
		if (h->ip_n && tag == GN_IP && der_same(v, ip))
			return 1;
	}
	return 0;
}

static void
add(struct der v, char *out, size_t size)
{
	if (*out)
		cert_print(bytes(", "), out, size);
	cert_print(v, out, size);
}

void
name_list(const struct cert *c, char *out, size_t size)
{
	struct der names = c->names, v;
	char text[INET6_ADDRSTRLEN];
	int tag, count = 0;

	*out = '\0';
	if (names.n == 0 && cert_cn(c->subject, &v))
		cert_print(v, out, size);
	while (names.n && (tag = der_next(&names, &v, NULL)) > 0) {
		if (tag != GN_DNS && (tag != GN_IP || (v.n != 4 && v.n != 16)))
			continue;
		if (++count > 3) {
			add(bytes("..."), out, size);
			return;
		}
		if (tag == GN_IP) {
			inet_ntop(v.n == 4 ? AF_INET : AF_INET6, v.p, text,
			    sizeof text);
			v = bytes(text);
		}
		add(v, out, size);
	}
}

/* A limit without a leading dot covers the name itself and all below it. */
static int
dns_within(struct der limit, struct der name)
{
	const unsigned char *tail;

	if (limit.n == 0)
		return 1;
	if (limit.n > name.n)
		return 0;
	tail = name.p + (name.n - limit.n);
	if (!same(tail, limit.p, limit.n))
		return 0;
	return limit.n == name.n ? limit.p[0] != '.'
	    : limit.p[0] == '.' || tail[-1] == '.';
}

/* A wildcard may stand for a name that lies within an excluded limit. */
static int
dns_touches(struct der limit, struct der name)
{
	if (dns_within(limit, name))
		return 1;
	if (name.n < 2 || name.p[0] != '*')
		return 0;
	name.p += 2;
	name.n -= 2;
	return dns_within(name, limit);
}

static int
ip_within(struct der limit, struct der ip)
{
	size_t i;

	if (limit.n != 2 * ip.n)
		return 0;
	for (i = 0; i < ip.n; i++)
		if ((limit.p[i] ^ ip.p[i]) & limit.p[ip.n + i])
			return 0;
	return 1;
}

/* Both hold a whole Name; the limit's parts must begin the name. */
static int
directory_within(struct der limit, struct der name)
{
	struct der l, n;

	if (der_take(&limit, DER_SEQ, &l) < 0
	    || der_take(&name, DER_SEQ, &n) < 0)
		return 0;
	return l.n <= n.n && (l.n == 0 || memcmp(l.p, n.p, l.n) == 0);
}

/* How one name stands to one list of limits. */
struct standing {
	int limited;		/* the list has a limit of the name's kind */
	int within;		/* the name lies within one */
	int unknown;		/* cannot be told */
};

static int
within(int tag, struct der limit, struct der name, int excluded)
{
	switch (tag) {
	case GN_DNS:
		return excluded ? dns_touches(limit, name)
		    : dns_within(limit, name);
	case GN_IP:
		return ip_within(limit, name);
	default:
		return directory_within(limit, name);
	}
}

static void
compare(struct der list, int excluded, int tag, struct der name,
    struct standing *s)
{
	struct der tree, limit;
	int kind;

	memset(s, 0, sizeof *s);
	while (list.n) {
		if (der_take(&list, DER_SEQ, &tree) < 0
		    || (kind = der_next(&tree, &limit, NULL)) < 0) {
			s->unknown = 1;
			return;
		}
		if (kind != tag)
			continue;
		s->limited = 1;
		/* RFC 5280 allows no minimum and maximum. */
		if (tree.n || (tag != GN_DNS && tag != GN_IP
		    && tag != GN_DIRECTORY))
			s->unknown = 1;
		else
			s->within |= within(tag, limit, name, excluded);
	}
}

struct limits {
	struct der permitted, excluded;
};

static const char *
one_allowed(const struct limits *l, int tag, struct der name)
{
	struct standing s;

	compare(l->permitted, 0, tag, name, &s);
	if (s.unknown)
		return "holds a kind of name the issuer limits unclearly";
	if (s.limited && !s.within)
		return "holds a name its issuer is not permitted to give";
	compare(l->excluded, 1, tag, name, &s);
	if (s.unknown)
		return "holds a kind of name the issuer limits unclearly";
	if (s.within)
		return "holds a name its issuer is excluded from giving";
	return NULL;
}

static const char *
host_allowed(const struct limits *l, const struct host *h)
{
	struct der ip = { h->ip, h->ip_n };

	return h->ip_n ? one_allowed(l, GN_IP, ip)
	    : one_allowed(l, GN_DNS, bytes(h->name));
}

const char *
name_allowed(struct der limits, const struct cert *c, const struct host *h)
{
	struct der names = c->names, v, empty = c->subject;
	struct limits l = { { NULL, 0 }, { NULL, 0 } };
	const char *bad = NULL;
	int tag;

	if (der_tag(&limits) == PERMITTED)
		der_take(&limits, PERMITTED, &l.permitted);
	if (der_tag(&limits) == EXCLUDED)
		der_take(&limits, EXCLUDED, &l.excluded);
	if (limits.n)
		return "has an issuer with name constraints that are not DER";
	if (names.n > WORK_MAX / (1 + l.permitted.n + l.excluded.n))
		return "holds too many names to compare";
	if (der_take(&empty, DER_SEQ, &v) == 0 && v.n)
		bad = one_allowed(&l, GN_DIRECTORY, c->subject);
	while (!bad && names.n) {
		tag = der_next(&names, &v, NULL);
		bad = tag < 0 ? "has names that are not DER"
		    : one_allowed(&l, tag, v);
	}
	if (!bad && h)
		bad = host_allowed(&l, h);
	return bad;
}

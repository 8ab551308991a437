/* name - does a certificate name this server (RFC 6125)?
 * Names are bytes with a length; a NUL inside one matches nothing. */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "der.h"
#include "cert.h"
#include "name.h"

enum { DNS_NAME = 0x82, IP_ADDRESS = 0x87 };	/* of GeneralName */

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

static struct der
bytes(const char *s)
{
	struct der d = { (const unsigned char *)s, strlen(s) };

	return d;
}

struct der
host_text(const struct host *h)
{
	return bytes(h->name);
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
		return der_alike(pattern, host);
	dot = memchr(host.p, '.', host.n);
	if (!dot || dot == host.p || dots(pattern) < 2)
		return 0;
	host.n -= (size_t)(dot - host.p);
	host.p = dot;
	pattern.p++;
	pattern.n--;
	return der_alike(pattern, host);
}

int
name_matches(const struct cert *c, const struct host *h)
{
	struct der names = c->names, v, ip = { h->ip, h->ip_n };
	int tag;

	if (names.n == 0 && h->ip_n == 0)
		return cert_cn(c->subject, &v)
		    && dns_matches(v, host_text(h));
	while (names.n) {
		tag = der_next(&names, &v, NULL);
		if (tag < 0)
			return 0;
		if (h->ip_n == 0 && tag == DNS_NAME
		    && dns_matches(v, host_text(h)))
			return 1;
		if (h->ip_n && tag == IP_ADDRESS && der_same(v, ip))
			return 1;
	}
	return 0;
}

static void
add_name(struct der v, char *out, size_t size)
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
		if (tag != DNS_NAME
		    && (tag != IP_ADDRESS || (v.n != 4 && v.n != 16)))
			continue;
		if (++count > 3) {
			add_name(bytes("..."), out, size);
			return;
		}
		if (tag == IP_ADDRESS) {
			inet_ntop(v.n == 4 ? AF_INET : AF_INET6, v.p, text,
			    sizeof text);
			v = bytes(text);
		}
		add_name(v, out, size);
	}
}

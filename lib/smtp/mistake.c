/* mistake - what a word of a line of `remotes` may have been meant to be. */
#include <string.h>

#include "../base/chr.h"
#include "../base/opt.h"
#include "mistake.h"

#define FIRST "the host stands first, by itself"

/* What the same is called elsewhere: theirs, ours. */
static const char others[] =
    "passwordeval\0passcommand=\0"
    "password\0pass=\0"
    "tls_starttls\0starttls\0"
    "tls_fingerprint\0pin=sha256/...\0"
    "tls_host_override\0tls-name=\0"
    "tls_trust_file\0x509cafile=\0"
    "tls_certcheck\0insecure\0"
    "source_ip\0source=\0"
    "username\0user=\0"
    "AuthUser\0user=\0"
    "AuthPass\0pass=\0"
    "AuthMethod\0auth=\0"
    "UseTLS\0tls\0"
    "UseSTARTTLS\0starttls\0"
    "FromLineOverride\0from=\0"
    "set_from_header\0from=\0"
    "masquerade\0from=\0"
    "rewriteDomain\0from=*@\0"
    "helo\0domain=\0"
    "ehlo\0domain=\0"
    "on\0leave it out\0"
    "mailhub\0" FIRST "\0"
    "relayhost\0" FIRST "\0";

static char
folded(char c)
{
	return c == '_' ? '-' : chr_lower(c);
}

static int
alike(struct str a, struct str b)
{
	size_t i = 0;

	while (i < a.n && i < b.n && folded(a.p[i]) == folded(b.p[i]))
		i++;
	return i == a.n && i == b.n;
}

int
mistake_is_slip(struct str a, struct str b)
{
	if (alike(a, b))
		return 1;
	if (a.n < 3 || b.n < 3)
		return 0;
	while (a.n && b.n && folded(a.p[0]) == folded(b.p[0])) {
		a = str_skip(a, 1);
		b = str_skip(b, 1);
	}
	if (a.n > 1 && b.n > 1 && a.p[0] == b.p[1] && a.p[1] == b.p[0])
		return alike(str_skip(a, 2), str_skip(b, 2));
	return alike(str_skip(a, 1), b) || alike(a, str_skip(b, 1)) ||
	    alike(str_skip(a, 1), str_skip(b, 1));
}

struct str
mistake_hint(const struct opts *all, struct str name)
{
	const char *theirs, *ours;
	unsigned long port;
	size_t i;

	if (str_starts(name, STR("--")))
		name = str_skip(name, 2);
	for (theirs = others; *theirs; theirs = ours + strlen(ours) + 1) {
		ours = theirs + strlen(theirs) + 1;
		if (alike(name, str_of(theirs)))
			return str_of(ours);
	}
	for (i = 0; i < all->count; i++)
		if (mistake_is_slip(name, str_of(all->rows[i].name)))
			return str_of(all->rows[i].name);
	if (str_number(name, 65535, &port) == 0)
		return STR("port=");
	return (struct str){ NULL, 0 };
}

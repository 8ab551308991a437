/* mistake - what a word of a line of `remotes` may have been meant to be. */
#include "../base/chr.h"
#include "../base/opt.h"
#include "mistake.h"

#define FIRST "the host stands first, by itself"

/* What the same is called elsewhere. */
static const struct {
	const char *theirs, *ours;
} others[] = {
	{ "passwordeval", "passcommand=" },
	{ "password", "pass=" },
	{ "tls_starttls", "starttls" },
	{ "tls_fingerprint", "pin=sha256/..." },
	{ "tls_host_override", "tls-name=" },
	{ "tls_trust_file", "x509cafile=" },
	{ "tls_certcheck", "insecure" },
	{ "source_ip", "source=" },
	{ "username", "user=" },
	{ "AuthUser", "user=" },
	{ "AuthPass", "pass=" },
	{ "AuthMethod", "auth=" },
	{ "UseTLS", "tls" },
	{ "UseSTARTTLS", "starttls" },
	{ "FromLineOverride", "from=" },
	{ "set_from_header", "from=" },
	{ "masquerade", "from=" },
	{ "rewriteDomain", "from=*@" },
	{ "helo", "domain=" },
	{ "ehlo", "domain=" },
	{ "on", "leave it out" },
	{ "mailhub", FIRST },
	{ "relayhost", FIRST },
};

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
	unsigned long port;
	size_t i;

	if (str_starts(name, STR("--")))
		name = str_skip(name, 2);
	for (i = 0; i < sizeof others / sizeof others[0]; i++)
		if (alike(name, str_of(others[i].theirs)))
			return str_of(others[i].ours);
	for (i = 0; i < all->count; i++)
		if (mistake_is_slip(name, str_of(all->rows[i].name)))
			return str_of(all->rows[i].name);
	if (str_number(name, 65535, &port) == 0)
		return STR("port=");
	return (struct str){ NULL, 0 };
}

/* probe - what an administrator is told to try, by stage and words. */
#include <stddef.h>
#include <string.h>

#include "../../../applets/check/check.h"
#include "../t.h"

static int
tells(const char *stage, const char *text, const char *want)
{
	const char *hint = check_hint(stage, text);

	if (!want)
		return !hint;
	return hint && strstr(hint, want);
}

int
main(void)
{
	T(tells("greeting", "Timed out waiting for server: No greeting",
	    "write tls instead of starttls"));
	T(tells("tls", "Error completing TLS handshake: what the server sends "
	    "is not TLS", "write starttls instead of tls"));
	T(tells("starttls", "Server does not offer STARTTLS", "port 465"));
	T(tells("tls", "Server SSL/TLS certificate is untrusted: x",
	    "x509cafile="));
	T(tells("tls", "Server SSL/TLS certificate does not match hostname: x",
	    "tls-name="));
	T(tells("auth", "Server does not advertise any", "after starttls"));
	T(tells("auth", "535 5.7.8 no smtp.gmail.com", "app password"));
	T(tells("auth", "535 5.7.3 no smtp-mail.outlook.com", "Microsoft"));
	T(tells("auth", "535 5.7.8 no mail.example.org", "wrong"));
	T(tells("connect", "Connect failed: Connection refused", "port"));
	T(tells("connect", "Connect failed: Operation timed out", "firewall"));
	T(tells("connect", "Connect failed: x: DNS: no answer", "resolv.conf"));
	T(tells("helo", "535 Timed out DNS refused", NULL));
	T(tells("auth", "454 4.7.0 later", NULL));
	T(tells("connect", "Connect failed: Network unreachable", NULL));
	return T_END();
}

/* options - the options of one remote. */
#include <string.h>

#include "../base/buf.h"
#include "../base/err.h"
#include "options.h"
#include "../base/opt.h"

#define AT(member) offsetof(struct options, member)

/* The options, each with its place in struct options. */
static const struct row {
	const char *name;
	const char *help;
	unsigned short at;
	char letter;
	unsigned char kind;	/* enum opt_kind */
	unsigned char value;
} options[] = {
	{ "host", "name or address of the server", AT(host), 0, OPT_STRING, 0 },
	{ "port", "port, if not the usual one", AT(port), 'p', OPT_INT, 0 },
	{ "user", "user name for AUTH", AT(user), 0, OPT_STRING, 0 },
	{ "pass", "password for AUTH", AT(pass), 0, OPT_STRING, 0 },
	{ "auth-login", "use AUTH LOGIN", AT(auth), 0, OPT_SET, AUTH_LOGIN },
	{ "auth-external", "use AUTH EXTERNAL", AT(auth), 0, OPT_SET, AUTH_EXTERNAL },
	{ "source", "local address to connect from", AT(source), 0, OPT_STRING, 0 },
	{ "tls", "TLS from the first byte", AT(tls), 0, OPT_FLAG, 0 },
	{ "ssl", "the same as --tls", AT(tls), 0, OPT_FLAG, 0 },
	{ "starttls", "TLS after STARTTLS, or nothing", AT(starttls), 0, OPT_FLAG, 0 },
	{ "x509certfile", "client certificate", AT(certfile), 0, OPT_STRING, 0 },
	{ "x509keyfile", "key of the client certificate", AT(keyfile), 0, OPT_STRING, 0 },
	{ "x509cafile", "trusted certificates", AT(cafile), 0, OPT_STRING, 0 },
	{ "x509crlfile", "revoked certificates", AT(crlfile), 0, OPT_STRING, 0 },
	{ "x509fmtder", "X.509 files are DER", AT(x509fmtder), 0, OPT_FLAG, 0 },
	{ "insecure", "accept any certificate", AT(insecure), 0, OPT_FLAG, 0 },
	{ "tls-anon-auth", "accept anonymous TLS (needs --insecure)", AT(anon), 0, OPT_FLAG, 0 },
	{ "tls-name", "name to verify instead of the host", AT(tls_name), 0, OPT_STRING, 0 },
	{ "tls-min", "1.0 also accepts TLS 1.0 and 1.1", AT(tls_min), 0, OPT_STRING, 0 },
	{ "tls-max", "1.2 never speaks TLS 1.3", AT(tls_max), 0, OPT_STRING, 0 },
	{ "pin", "sha256/BASE64 of the server's key", AT(pin), 0, OPT_STRING, 0 },
	{ "ipv4", "connect to IPv4 addresses only", AT(ipv4), 0, OPT_FLAG, 0 },
	{ "ipv6", "connect to IPv6 addresses only", AT(ipv6), 0, OPT_FLAG, 0 },
	{ "no-pipelining", "as if PIPELINING were not offered", AT(no_pipelining), 0, OPT_FLAG, 0 },
	{ "no-chunking", "as if CHUNKING were not offered", AT(no_chunking), 0, OPT_FLAG, 0 },
	{ "soft-bounce", "permanent errors are temporary (=CODE,...)", AT(soft_bounce), 0, OPT_OPTIONAL, 0 },
	{ "recipients", "at a time, 100", AT(recipients), 0, OPT_INT, 0 },
	{ "messages", "a connection, for the sender", AT(messages), 0, OPT_INT, 0 },
	{ "rate", "messages in a time, 14/1s, for the sender", AT(rate), 0, OPT_STRING, 0 },
	{ "sessions", "connections at a time, for the sender", AT(sessions), 0, OPT_INT, 0 },
};

size_t
options_rows(struct options *o, struct opt *rows)
{
	size_t i, n = sizeof options / sizeof options[0];

	for (i = 0; i < n; i++)
		rows[i] = (struct opt){ options[i].letter, options[i].name,
		    options[i].kind, (char *)o + options[i].at, options[i].help,
		    options[i].value };
	return n;
}

int
options_parse(struct options *o, struct buf *text, struct buf *why)
{
	struct opt rows[OPTIONS_ROWS];
	struct opts all = { rows, options_rows(o, rows), 0 };
	struct str rest = buf_str(text), line;

	while (rest.n && (line = str_cut(&rest, '\n')).n) {
		text->p[line.p + line.n - text->p] = '\0';
		if (opt_text(&all, line.p, why) < 0)
			return -1;
	}
	return 0;
}

static int
reject(struct buf *why, int code, const char *text)
{
	buf_add(why, str_of(text));
	return code;
}

static int
check_tls(struct options *o, struct buf *why)
{
	int files = o->certfile || o->keyfile || o->cafile ||
	    o->crlfile;

	if (o->anon && (files || o->x509fmtder))
		return reject(why, ERR_MSG_TEMP, "Error: TLS certificate and "
		    "TLS anonymous auth options cannot both be specified");
	if (o->keyfile && !o->certfile)
		return reject(why, ERR_USAGE,
		    "Option x509keyfile needs x509certfile");
	if (o->pin && o->insecure)
		return reject(why, ERR_USAGE,
		    "Options pin and insecure contradict each other");
	if (o->tls_min && strcmp(o->tls_min, "1.0") &&
	    strcmp(o->tls_min, "1.1") && strcmp(o->tls_min, "1.2"))
		return reject(why, ERR_USAGE, "Invalid value for tls-min");
	if (o->tls_max && strcmp(o->tls_max, "1.2"))
		return reject(why, ERR_USAGE, "Invalid value for tls-max");
	return ERR_OK;
}

/* "14/1s", "30/m", "500/1d", "9/60": the number, and the seconds. 0, or -1. */
static int
parse_rate(struct options *o)
{
	static const char letters[] = "smhdw";
	static const int seconds[] = { 1, 60, 3600, 86400, 604800 };
	struct str time = str_of(o->rate), count = str_cut(&time, '/');
	unsigned long n = 1, unit = 1;
	const char *letter;

	letter = time.n ? strchr(letters, time.p[time.n - 1]) : NULL;
	if (letter) {
		unit = (unsigned long)seconds[letter - letters];
		time = str_head(time, time.n - 1);
	}
	if ((!letter || time.n) && str_number(time, 31536000 / unit, &n) < 0)
		return -1;
	o->rate_seconds = (int)(n * unit);
	n = 0;
	str_number(count, 1000000000, &n);
	o->rate_messages = (int)n;
	return n && o->rate_seconds ? 0 : -1;
}

static int
check_sending(struct options *o, struct buf *why)
{
	if (o->ipv4 && o->ipv6)
		return reject(why, ERR_USAGE,
		    "Options ipv4 and ipv6 contradict each other");
	if (o->user && *o->user && !o->pass && o->auth != AUTH_EXTERNAL)
		return reject(why, ERR_USAGE, "Option user needs pass");
	if (o->recipients < 0)
		return reject(why, ERR_USAGE, "Invalid value for recipients");
	if (o->messages < 0)
		return reject(why, ERR_USAGE, "Invalid value for messages");
	if (o->rate && parse_rate(o) < 0)
		return reject(why, ERR_USAGE, "Invalid value for rate");
	return ERR_OK;
}

int
options_check(struct options *o, int port, int port_tls,
    struct buf *why)
{
	int code;

	if (!o->host)
		return reject(why, ERR_USAGE, "Remote host not set");
	if (o->port == 0)
		o->port = o->tls ? port_tls : port;
	if (o->port < 1 || o->port > 65535)
		return reject(why, ERR_USAGE, "Invalid value for port");
	if (o->tls)
		o->starttls = 0;
	code = check_sending(o, why);
	return code ? code : check_tls(o, why);
}

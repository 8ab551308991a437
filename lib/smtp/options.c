/* options - the options of one remote. */
#include <string.h>

#include "../base/buf.h"
#include "../base/chr.h"
#include "../base/date.h"
#include "../base/err.h"
#include "../base/opt.h"
#include "../mail/identity.h"
#include "../mail/pattern.h"
#include "mistake.h"
#include "options.h"
#include "sasl.h"

#define ROW(...) OPT_ROW(options, __VA_ARGS__)

static const struct opt options[] = {
	{ ROW(0, "host", OPT_STRING, host, "name or address of the server", 0) },
	{ ROW('p', "port", OPT_INT, port, "port, if not the usual one", 0) },
	{ ROW(0, "if-from", OPT_STRING, if_from, "senders it is for, for the sender", 0) },
	{ ROW(0, "if-to", OPT_STRING, if_to, "recipients it is for, for the sender", 0) },
	{ ROW(0, "from", OPT_STRING, from, "sender of what goes out", 0) },
	{ ROW(0, "bounce-from", OPT_STRING, bounce_from, "sender of reports", 0) },
	{ ROW(0, "domain", OPT_STRING, domain, "name to greet with", 0) },
	{ ROW(0, "user", OPT_STRING, user, "user name for AUTH", 0) },
	{ ROW(0, "pass", OPT_STRING, pass, "password for AUTH", 0) },
	{ ROW(0, "passfile", OPT_STRING, passfile, "file with the password", 0) },
	{ ROW(0, "passcommand", OPT_STRING, passcommand, "command that prints it", 0) },
	{ ROW(0, "auth", OPT_STRING, mechanism, "how to log in: plain, login ...", 0) },
	{ ROW(0, "auth-login", OPT_SET, auth, "use AUTH LOGIN", AUTH_LOGIN) },
	{ ROW(0, "auth-external", OPT_SET, auth, "use AUTH EXTERNAL", AUTH_EXTERNAL) },
	{ ROW(0, "source", OPT_STRING, source, "local address to connect from", 0) },
	{ ROW(0, "tls", OPT_FLAG, tls, "TLS from the first byte", 0) },
	{ ROW(0, "ssl", OPT_FLAG, tls, "the same as --tls", 0) },
	{ ROW(0, "starttls", OPT_FLAG, starttls, "TLS after STARTTLS, or nothing", 0) },
	{ ROW(0, "x509certfile", OPT_STRING, certfile, "client certificate", 0) },
	{ ROW(0, "x509keyfile", OPT_STRING, keyfile, "key of the client certificate", 0) },
	{ ROW(0, "x509cafile", OPT_STRING, cafile, "trusted certificates", 0) },
	{ ROW(0, "x509crlfile", OPT_STRING, crlfile, "revoked certificates", 0) },
	{ ROW(0, "x509fmtder", OPT_FLAG, x509fmtder, "X.509 files are DER", 0) },
	{ ROW(0, "insecure", OPT_FLAG, insecure, "accept any certificate", 0) },
	{ ROW(0, "tls-anon-auth", OPT_FLAG, anon, "accept anonymous TLS (needs --insecure)", 0) },
	{ ROW(0, "tls-name", OPT_STRING, tls_name, "name to verify instead of the host", 0) },
	{ ROW(0, "tls-min", OPT_STRING, tls_min, "1.0 also accepts TLS 1.0 and 1.1", 0) },
	{ ROW(0, "tls-max", OPT_STRING, tls_max, "1.2 never speaks TLS 1.3", 0) },
	{ ROW(0, "pin", OPT_STRING, pin, "sha256/BASE64 of the server's key", 0) },
	{ ROW(0, "ipv4", OPT_FLAG, ipv4, "connect to IPv4 addresses only", 0) },
	{ ROW(0, "ipv6", OPT_FLAG, ipv6, "connect to IPv6 addresses only", 0) },
	{ ROW(0, "no-pipelining", OPT_FLAG, no_pipelining, "as if PIPELINING were not offered", 0) },
	{ ROW(0, "no-chunking", OPT_FLAG, no_chunking, "as if CHUNKING were not offered", 0) },
	{ ROW(0, "soft-bounce", OPT_OPTIONAL, soft_bounce, "permanent errors are temporary (=CODE,...)", 0) },
	{ ROW(0, "recipients", OPT_INT, recipients, "at a time, 100", 0) },
	{ ROW(0, "messages", OPT_INT, messages, "a connection, for the sender", 0) },
	{ ROW(0, "rate", OPT_STRING, rate, "messages in a time, 14/1s, for the sender", 0) },
	{ ROW(0, "sessions", OPT_INT, sessions, "connections at a time, for the sender", 0) },
};

struct opts
options_table(struct options *o)
{
	return (struct opts){ options, sizeof options / sizeof options[0], 0,
		o, NULL };
}

/* What is wrong with that word, as opt_text says it, and what it may mean. */
static void
explain(const struct opts *all, struct str word, int secret, size_t start,
    struct buf *why)
{
	struct str name = str_head(word, str_find(word, '='));
	struct str hint = mistake_hint(all, name);

	if (!hint.p && secret) {
		why->n = start;
		buf_add(why, STR("a word after the login is no option; does "
		    "it belong in quotes, pass='...'?"));
	} else if (hint.p && !str_eq(hint, name))
		buf_cat(why, STR("; "), hint, str_eq(hint, STR("port=")) ?
		    name : STR(""), STR("?"));
	else if (hint.p && word.n == name.n)
		buf_cat(why, STR(" As one word: "), name, STR("=..."));
}

int
options_parse(struct options *o, struct buf *text, struct buf *why)
{
	struct opts all = options_table(o);
	struct str rest = buf_str(text), line;
	size_t start = why->n;

	while (rest.n && (line = str_cut(&rest, '\n')).n) {
		text->p[line.p + line.n - text->p] = '\0';
		if (opt_text(&all, line.p, why) < 0) {
			explain(&all, line, o->user || o->pass, start, why);
			return -1;
		}
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
	struct str time = str_of(o->rate), count = str_cut(&time, '/');
	unsigned long n = 0;

	str_number(count, 100000, &n);
	o->rate_messages = (int)n;
	o->rate_seconds = (int)date_seconds(time, 31536000);
	return n && o->rate_seconds > 0 ? 0 : -1;
}

int
options_is_name(const char *c)
{
	int empty = !*c;

	while (chr_is(*c, CHR_DIGIT) || (chr_lower(*c) >= 'a' &&
	    chr_lower(*c) <= 'z') || (*c && strchr("-._:[]", *c)))
		c++;
	return !empty && !*c;
}

static int
check_identity(struct options *o, struct buf *why)
{
	struct identity id = { 0 };
	int rc;

	if (o->domain && !options_is_name(o->domain))
		return reject(why, ERR_USAGE, "Invalid value for domain");
	rc = identity_set(&id, o->from, o->bounce_from);
	identity_free(&id);
	return rc < 0 ? reject(why, ERR_USAGE, "Option from or bounce-from is "
	    "not one address with a domain") : ERR_OK;
}

static int
check_secret(struct options *o, struct buf *why)
{
	if (o->auth && !o->mechanism)
		o->mechanism = o->auth == AUTH_LOGIN ? "LOGIN" : "EXTERNAL";
	if (o->mechanism && !sasl_find(str_of(o->mechanism)))
		return reject(why, ERR_USAGE, "Invalid value for auth");
	if (o->mechanism)
		o->auth = str_ieq(str_of(o->mechanism), STR("EXTERNAL")) ?
		    AUTH_EXTERNAL : AUTH_NAMED;
	if (!!o->pass + !!o->passfile + !!o->passcommand > 1)
		return reject(why, ERR_USAGE, "Only one of the options pass, "
		    "passfile and passcommand can be right");
	if (o->user && *o->user && !o->pass && !o->passfile &&
	    !o->passcommand && o->auth != AUTH_EXTERNAL)
		return reject(why, ERR_USAGE, "Option user needs pass");
	return ERR_OK;
}

int
options_check_lists(const struct options *o, struct buf *why)
{
	return pattern_check(o->if_from, 1, why) < 0 ||
	    pattern_check(o->if_to, 0, why) < 0 ? ERR_USAGE : ERR_OK;
}

static int
check_sending(struct options *o, struct buf *why)
{
	if (o->ipv4 && o->ipv6)
		return reject(why, ERR_USAGE,
		    "Options ipv4 and ipv6 contradict each other");
	if (o->recipients < 0)
		return reject(why, ERR_USAGE, "Invalid value for recipients");
	if (o->messages < 0)
		return reject(why, ERR_USAGE, "Invalid value for messages");
	if (o->rate && parse_rate(o) < 0)
		return reject(why, ERR_USAGE, "Invalid value for rate");
	return ERR_OK;
}

/* "HOST:PORT", "[HOST]:PORT": cuts the port off. One colon only, as more make
 * an IPv6 address. 0, or -1 if that is no port. */
static int
split_host(struct options *o)
{
	struct str host = str_of(o->host);
	size_t colon = str_rfind(host, ':');
	unsigned long port;
	int brackets = host.n && host.p[0] == '[';

	if (colon == host.n || (brackets ? host.p[colon - 1] != ']' :
	    str_find(host, ':') != colon))
		return 0;
	if (str_number(str_skip(host, colon + 1), 65535, &port) < 0 || !port)
		return -1;
	if (!o->port)
		o->port = (int)port;
	*strrchr(o->host + brackets, brackets ? ']' : ':') = '\0';
	o->host += brackets;
	return 0;
}

int
options_check(struct options *o, int port, int port_tls,
    struct buf *why)
{
	int code;

	if (!o->host)
		return reject(why, ERR_USAGE, "Remote host not set");
	if (strstr(o->host, "://"))
		return reject(why, ERR_USAGE, "Host is a URL; HOST:PORT?");
	if (split_host(o) < 0)
		return reject(why, ERR_USAGE, "Invalid port after the host");
	if (o->port == 0)
		o->port = o->tls ? port_tls : port;
	if (o->port < 1 || o->port > 65535)
		return reject(why, ERR_USAGE, "Invalid value for port");
	if (o->tls)
		o->starttls = 0;
	code = options_check_lists(o, why);
	if (!code)
		code = check_sending(o, why);
	if (!code)
		code = check_secret(o, why);
	if (!code)
		code = check_identity(o, why);
	return code ? code : check_tls(o, why);
}

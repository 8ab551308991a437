/* options - the options of one remote. */
#include <string.h>

#include "../base/buf.h"
#include "../base/err.h"
#include "options.h"
#include "../base/opt.h"

size_t
options_rows(struct options *o, struct opt *rows)
{
	const struct opt all[] = {
		{ 0, "host", OPT_STRING, &o->host, "name or address of the server", 0 },
		{ 'p', "port", OPT_INT, &o->port, "port, if not the usual one", 0 },
		{ 0, "user", OPT_STRING, &o->user, "user name for AUTH", 0 },
		{ 0, "pass", OPT_STRING, &o->pass, "password for AUTH", 0 },
		{ 0, "auth-login", OPT_SET, &o->auth, "use AUTH LOGIN", AUTH_LOGIN },
		{ 0, "auth-external", OPT_SET, &o->auth, "use AUTH EXTERNAL", AUTH_EXTERNAL },
		{ 0, "source", OPT_STRING, &o->source, "local address to connect from", 0 },
		{ 0, "tls", OPT_FLAG, &o->tls, "TLS from the first byte", 0 },
		{ 0, "ssl", OPT_FLAG, &o->tls, "the same as --tls", 0 },
		{ 0, "starttls", OPT_FLAG, &o->starttls, "TLS after STARTTLS, or nothing", 0 },
		{ 0, "x509certfile", OPT_STRING, &o->certfile, "client certificate", 0 },
		{ 0, "x509keyfile", OPT_STRING, &o->keyfile, "key of the client certificate", 0 },
		{ 0, "x509cafile", OPT_STRING, &o->cafile, "trusted certificates", 0 },
		{ 0, "x509crlfile", OPT_STRING, &o->crlfile, "revoked certificates", 0 },
		{ 0, "x509fmtder", OPT_FLAG, &o->x509fmtder, "X.509 files are DER", 0 },
		{ 0, "insecure", OPT_FLAG, &o->insecure, "accept any certificate", 0 },
		{ 0, "tls-anon-auth", OPT_FLAG, &o->anon, "accept anonymous TLS (needs --insecure)", 0 },
		{ 0, "tls-name", OPT_STRING, &o->tls_name, "name to verify instead of the host", 0 },
		{ 0, "tls-min", OPT_STRING, &o->tls_min, "1.0 also accepts TLS 1.0 and 1.1", 0 },
		{ 0, "tls-max", OPT_STRING, &o->tls_max, "1.2 never speaks TLS 1.3", 0 },
		{ 0, "pin", OPT_STRING, &o->pin, "sha256/BASE64 of the server's key", 0 },
		{ 0, "sessions", OPT_INT, &o->sessions, "connections at a time, for the sender", 0 },
	};

	memcpy(rows, all, sizeof all);
	return sizeof all / sizeof all[0];
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

int
options_check(struct options *o, int port, int port_tls,
    struct buf *why)
{
	if (!o->host)
		return reject(why, ERR_USAGE, "Remote host not set");
	if (o->port == 0)
		o->port = o->tls ? port_tls : port;
	if (o->port < 1 || o->port > 65535)
		return reject(why, ERR_USAGE, "Invalid value for port");
	if (o->tls)
		o->starttls = 0;
	return check_tls(o, why);
}

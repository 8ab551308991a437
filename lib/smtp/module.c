/* module - the options that protocol modules share. */
#include <string.h>

#include "../../ssl/ssl.h"
#include "../base/buf.h"
#include "../base/err.h"
#include "module.h"
#include "../base/opt.h"

size_t
module_rows(struct module_options *o, struct opt *rows)
{
	const struct opt all[] = {
		{ 0, "host", OPT_STRING, &o->host, "name or address of the server", 0 },
		{ 'p', "port", OPT_INT, &o->port, "port, if not the usual one", 0 },
		{ 0, "user", OPT_STRING, &o->user, "user name for AUTH", 0 },
		{ 0, "pass", OPT_STRING, &o->pass, "password for AUTH", 0 },
		{ 0, "auth-login", OPT_SET, &o->auth, "use AUTH LOGIN", MODULE_AUTH_LOGIN },
		{ 0, "auth-external", OPT_SET, &o->auth, "use AUTH EXTERNAL", MODULE_AUTH_EXTERNAL },
		{ 0, "source", OPT_STRING, &o->source, "local address to connect from", 0 },
		{ 0, "tls", OPT_FLAG, &o->tls, "TLS from the first byte", 0 },
		{ 0, "ssl", OPT_FLAG, &o->tls, "the same as --tls", 0 },
		{ 0, "starttls", OPT_FLAG, &o->starttls, "TLS after STARTTLS, or nothing", 0 },
		{ 0, "x509certfile", OPT_STRING, &o->ssl.certfile, "client certificate", 0 },
		{ 0, "x509keyfile", OPT_STRING, &o->ssl.keyfile, "key of the client certificate", 0 },
		{ 0, "x509cafile", OPT_STRING, &o->ssl.cafile, "trusted certificates", 0 },
		{ 0, "x509crlfile", OPT_STRING, &o->ssl.crlfile, "revoked certificates", 0 },
		{ 0, "x509fmtder", OPT_FLAG, &o->x509fmtder, "X.509 files are DER", 0 },
		{ 0, "insecure", OPT_FLAG, &o->ssl.insecure, "accept any certificate", 0 },
		{ 0, "tls-anon-auth", OPT_FLAG, &o->ssl.anon, "accept anonymous TLS (needs --insecure)", 0 },
		{ 0, "tls-name", OPT_STRING, &o->tls_name, "name to verify instead of the host", 0 },
		{ 0, "tls-min", OPT_STRING, &o->tls_min, "1.0 also accepts TLS 1.0 and 1.1", 0 },
		{ 0, "pin", OPT_STRING, &o->ssl.pin, "sha256/BASE64 of the server's key", 0 },
		{ 0, "sessions", OPT_INT, &o->sessions, "connections at a time, for the sender", 0 },
	};

	memcpy(rows, all, sizeof all);
	return sizeof all / sizeof all[0];
}

static int
reject(struct buf *why, int code, const char *text)
{
	buf_add(why, str_of(text));
	return code;
}

static int
check_tls(struct module_options *o, struct buf *why)
{
	int files = o->ssl.certfile || o->ssl.keyfile || o->ssl.cafile ||
	    o->ssl.crlfile;

	if (o->ssl.anon && (files || o->x509fmtder))
		return reject(why, ERR_MSG_TEMP, "Error: TLS certificate and "
		    "TLS anonymous auth options cannot both be specified");
	if (o->ssl.keyfile && !o->ssl.certfile)
		return reject(why, ERR_USAGE,
		    "Option x509keyfile needs x509certfile");
	if (o->ssl.pin && o->ssl.insecure)
		return reject(why, ERR_USAGE,
		    "Options pin and insecure contradict each other");
	if (o->tls_min && strcmp(o->tls_min, "1.0") &&
	    strcmp(o->tls_min, "1.1") && strcmp(o->tls_min, "1.2"))
		return reject(why, ERR_USAGE, "Invalid value for tls-min");
	o->ssl.tls10 = o->tls_min && strcmp(o->tls_min, "1.2");
	o->ssl.anon = o->ssl.anon && o->ssl.insecure;
	o->ssl.host = o->tls_name ? o->tls_name : o->host;
	return ERR_OK;
}

int
module_check(struct module_options *o, int port, int port_tls,
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

/* connection - the connection of a session. */
#include <netinet/in.h>
#include <signal.h>
#include <string.h>

#include "../../ssl/ssl.h"
#include "../base/clock.h"
#include "connection.h"
#include "options.h"
#include "../net/net.h"
#include "../net/sandbox.h"

#define PATIENCE_CONNECT 30000
#define PATIENCE_TLS 300000

/* For all from the greeting to TLS: while another address may be tried, and at
 * the last one. */
#define PATIENCE_ADDRESS 30000
#define PATIENCE_LAST 300000

/* The rest of what TLS is told stands in the options as it is. */
static struct ssl *
new_ssl(const struct options *o, char *why, size_t size)
{
	struct ssl_conf conf = { 0 };

	conf.host = o->tls_name ? o->tls_name : o->host;
	conf.cafile = o->cafile;
	conf.crlfile = o->crlfile;
	conf.certfile = o->certfile;
	conf.keyfile = o->keyfile;
	conf.pin = o->pin;
	conf.insecure = o->insecure;
	conf.anon = o->anon && o->insecure;
	conf.tls10 = o->tls_min && strcmp(o->tls_min, "1.2");
	conf.tls_max12 = o->tls_max != NULL;
	return ssl_new(&conf, why, size);
}

int
connection_init(struct connection *c, const struct protocol_setup *setup,
    struct buf *why)
{
	char reason[512] = "";

	c->setup = setup;
	c->o = setup->options;
	c->report = setup->report;
	c->limit = CLOCK_NEVER;
	c->io.fd = -1;
	identity_set(&c->identity, c->o->from, c->o->bounce_from);
	if (!c->o->tls && !c->o->starttls)
		return 0;
	c->ssl = new_ssl(c->o, reason, sizeof reason);
	if (c->ssl)
		return 0;
	buf_add(why, str_of(reason));
	return ERR_MSG_TEMP;
}

struct verdict
connection_verdict(const struct connection *c, int reply, struct str text,
    size_t accepted, size_t recipients)
{
	struct fault_case f = { c->stage, reply < 0 ? 0 : reply, text,
		reply < 0 ? -reply : 0, c->answered > 0, accepted,
		recipients };
	struct verdict v = fault_of(&f);

	if (fault_softened(c->o->soft_bounce, reply, text))
		v.permanent = 0;
	return v;
}

void
connection_blame(struct connection *c, int reply, struct str text)
{
	c->fault = connection_verdict(c, reply, text, 0, 0).fault;
	c->reply = reply < 0 ? 0 : reply;
}

int
connection_lost(struct connection *c)
{
	enum io_state state = c->io.state;

	connection_blame(c, state == IO_TIMEOUT ? -FAULT_TIMEOUT : -FAULT_LOST,
	    STR(""));
	buf_set(&c->text, str_of(io_why(&c->io)));
	io_close(&c->io);
	c->open = 0;
	if (state == IO_TIMEOUT)
		return ERR_TIMED_OUT;
	return state == IO_TLS ? ERR_MSG_TEMP : ERR_PROTOCOL;
}

int
connection_tls(struct connection *c)
{
	c->stage = STAGE_tls;
	io_deadline(&c->io, PATIENCE_TLS);
	if (io_tls(&c->io, c->ssl) < 0)
		return connection_lost(c);
	if (*ssl_note(c->ssl))
		c->report->note(c->report->context,
		    str_of(ssl_note(c->ssl)));
	return 0;
}

const char *
connection_about(const struct connection *c)
{
	return c->ssl && ssl_ready(c->ssl) ? ssl_about(c->ssl) : "";
}

void
connection_describe_chain(struct connection *c, char *out, size_t size)
{
	*out = '\0';
	if (c->ssl)
		ssl_describe_chain(c->ssl, out, size);
}

const char *
connection_roots(void)
{
	return ssl_roots();
}

static int
connect_failed(struct connection *c, int code, struct str why)
{
	connection_blame(c, -FAULT_LOST, STR(""));
	buf_set(&c->text, STR("Connect failed: "));
	buf_add(&c->text, why);
	return code;
}

static long long
open_by(const struct connection *c)
{
	return clock_first(c->limit, c->setup->open_by ? c->setup->open_by :
	    CLOCK_NEVER);
}

int
connection_open(struct connection *c)
{
	const struct protocol_setup *setup = c->setup;
	struct net_request q = { c->o->host, (unsigned)c->o->port,
	    c->o->source, clock_first(clock_in(PATIENCE_CONNECT), open_by(c)),
	    c->o->ipv4 ? AF_INET : c->o->ipv6 ? AF_INET6 : AF_UNSPEC,
	    setup->tried, setup->sick };
	struct buf why = { 0 };
	int fd;

	c->stage = STAGE_connect;
	fd = net_connect(&q, &c->peer, &c->last, &why);
	if (fd < 0)
		fd = -connect_failed(c, -fd, buf_str(&why));
	buf_free(&why);
	if (fd < 0)
		return -fd;
	if (c->report->peer)
		c->report->peer(c->report->context, buf_str(&c->peer));
	sandbox_enter();
	io_init(&c->io, fd);
	c->io.limit = clock_first(open_by(c), clock_in(c->last ||
	    setup->strict ? PATIENCE_LAST : PATIENCE_ADDRESS));
	return c->o->tls ? connection_tls(c) : 0;
}

void
connection_greeted(struct connection *c)
{
	c->io.limit = open_by(c);
}

void
connection_opened(struct connection *c)
{
	c->io.limit = c->limit;
	c->open = 1;
}

void
connection_hold_signals(int how)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(how, &set, NULL);
}

void
connection_free(struct connection *c)
{
	io_close(&c->io);
	ssl_free(c->ssl);
	identity_free(&c->identity);
	buf_free(&c->peer);
	buf_free(&c->text);
}

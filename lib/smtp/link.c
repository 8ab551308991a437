/* link - the connection of a session. */
#include <signal.h>

#include "../../ssl/ssl.h"
#include "../base/clock.h"
#include "../base/err.h"
#include "../net/io.h"
#include "link.h"
#include "module.h"
#include "../net/net.h"
#include "../net/sandbox.h"

#define PATIENCE_CONNECT 30000
#define PATIENCE_TLS 300000

int
link_init(struct link *l, struct module_options *o,
    const struct module_report *report, struct buf *why)
{
	char reason[512] = "";

	l->o = o;
	l->report = report;
	l->limit = CLOCK_NEVER;
	l->io.fd = -1;
	if (!o->tls && !o->starttls)
		return 0;
	l->ssl = ssl_new(&o->ssl, reason, sizeof reason);
	if (l->ssl)
		return 0;
	buf_add(why, str_of(reason));
	return ERR_MSG_TEMP;
}

int
link_lost(struct link *l)
{
	enum io_state state = l->io.state;

	buf_set(&l->text, str_of(io_why(&l->io)));
	io_close(&l->io);
	if (state == IO_TIMEOUT)
		return ERR_TIMED_OUT;
	return state == IO_TLS ? ERR_MSG_TEMP : ERR_PROTOCOL;
}

int
link_tls(struct link *l)
{
	l->stage = STAGE_tls;
	io_deadline(&l->io, PATIENCE_TLS);
	if (io_tls(&l->io, l->ssl) < 0)
		return link_lost(l);
	if (*ssl_note(l->ssl))
		l->report->note(l->report->context,
		    str_of(ssl_note(l->ssl)));
	return 0;
}

int
link_join(struct link *l)
{
	struct net_request q = { l->o->host, (unsigned)l->o->port,
	    l->o->source, clock_first(clock_in(PATIENCE_CONNECT), l->limit) };
	struct buf peer = { 0 }, why = { 0 };
	int fd;

	l->stage = STAGE_connect;
	fd = net_connect(&q, &peer, &why);
	if (fd >= 0 && l->report->peer)
		l->report->peer(l->report->context, buf_str(&peer));
	if (fd < 0) {
		buf_set(&l->text, STR("Connect failed: "));
		buf_add(&l->text, buf_str(&why));
	}
	buf_free(&peer);
	buf_free(&why);
	if (fd < 0)
		return -fd;
	sandbox_enter();
	io_init(&l->io, fd);
	l->io.limit = l->limit;
	return l->o->tls ? link_tls(l) : 0;
}

void
link_hold_signals(int how)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(how, &set, NULL);
}

void
link_free(struct link *l)
{
	io_close(&l->io);
	ssl_free(l->ssl);
	buf_free(&l->text);
}

/* dialogue - an SMTP session up to where messages begin, client side. */
#include <string.h>

#include "../../ssl/ssl.h"
#include "../base/base64.h"
#include "../base/buf.h"
#include "../base/chr.h"
#include "../base/err.h"
#include "../net/io.h"
#include "link.h"
#include "module.h"
#include "../net/net.h"
#include "reply.h"
#include "sasl.h"
#include "dialogue.h"

/* ---- the end ---- */

int
dialogue_end(struct dialogue *d, int code, struct str text)
{
	buf_set(&d->l.text, text);
	if (d->l.io.fd >= 0 && d->l.io.state == IO_OPEN) {
		io_deadline(&d->l.io, PATIENCE_QUIT);
		if (io_put(&d->l.io, STR("QUIT\r\n")) == 0)
			io_flush(&d->l.io);
	}
	io_close(&d->l.io);
	d->open = 0;
	return code;
}

int
dialogue_lost(struct dialogue *d)
{
	struct buf words = { 0 };
	int code;

	if (d->l.io.state != IO_OPEN) {
		d->open = 0;
		return link_lost(&d->l);
	}
	buf_set(&words, STR("Malformed reply: "));
	buf_add(&words, buf_str(&d->reply.text));
	code = dialogue_end(d, ERR_PROTOCOL, buf_str(&words));
	buf_free(&words);
	return code;
}

int
dialogue_refused(struct dialogue *d)
{
	int class = reply_class(&d->reply);

	return dialogue_end(d, class == 4 || class == 5 ? ERR_MSG_TEMP :
	    ERR_PROTOCOL, buf_str(&d->reply.text));
}

void
dialogue_quit(struct dialogue *d)
{
	if (!d->open)
		return;
	dialogue_say(d, STR("QUIT"));
	dialogue_hear(d, PATIENCE_QUIT);
	io_close(&d->l.io);
	d->open = 0;
}

/* ---- speaking and hearing ---- */

int
dialogue_say_parts(struct dialogue *d, const struct str *parts, size_t count)
{
	size_t i, k;

	for (i = 0; i < count; i++)
		for (k = 0; k < parts[i].n; k++)
			if (chr_is(parts[i].p[k], CHR_CTL))
				return -1;
	for (i = 0; i < count; i++)
		io_put(&d->l.io, parts[i]);
	return io_put(&d->l.io, STR("\r\n"));
}

int
dialogue_hear(struct dialogue *d, long long patience)
{
	io_deadline(&d->l.io, patience);
	if (io_flush(&d->l.io) < 0 || reply_read(&d->reply, &d->l.io) < 0)
		return -1;
	return reply_class(&d->reply);
}

/* A session command: 0 if answered as wanted. */
static int
want(struct dialogue *d, int class)
{
	int got = dialogue_hear(d, PATIENCE_COMMAND);

	if (got < 0)
		return dialogue_lost(d);
	return got == class ? 0 : dialogue_refused(d);
}

/* ---- the beginning ---- */

static void
learn(struct extensions *x, struct str line, int first)
{
	struct str keyword = str_cut(&line, ' ');
	struct str value = line;

	if (str_istarts(keyword, STR("AUTH="))) {
		value = str_skip(keyword, 5);
		keyword = STR("AUTH");
		buf_cat(&x->auth, value, STR(" "));
		value = line;
	}
	if (str_ieq(keyword, STR("AUTH")))
		buf_cat(&x->auth, value, STR(" "));
	if (first)
		return;
	if (str_ieq(keyword, STR("PIPELINING")))
		x->pipelining = 1;
	else if (str_ieq(keyword, STR("CHUNKING")))
		x->chunking = 1;
	else if (str_ieq(keyword, STR("8BITMIME")))
		x->eight_bit = 1;
	else if (str_ieq(keyword, STR("SMTPUTF8")))
		x->utf8 = 1;
	else if (str_ieq(keyword, STR("STARTTLS")))
		x->starttls = 1;
	else if (str_ieq(keyword, STR("SIZE"))) {
		x->size = 1;
		str_number(str_trim(value), ~0UL, &x->size_limit);
	}
}

static void
forget_extensions(struct extensions *x)
{
	buf_free(&x->auth);
	*x = (struct extensions){ 0 };
}

static int
hello(struct dialogue *d)
{
	struct str helo = str_of(d->l.o->helo), text;
	int class, first = 1;

	d->l.stage = STAGE_helo;
	forget_extensions(&d->ext);
	if (dialogue_say(d, STR("EHLO "), helo) < 0)
		return dialogue_lost(d);
	class = dialogue_hear(d, PATIENCE_COMMAND);
	if (class == 5 && d->reply.code != 521) {
		dialogue_say(d, STR("HELO "), helo);
		return want(d, 2);
	}
	if (class < 0)
		return dialogue_lost(d);
	if (class != 2)
		return dialogue_refused(d);
	for (text = buf_str(&d->reply.text); text.n; first = 0)
		learn(&d->ext, str_skip(str_cut(&text, '\n'), 4), first);
	return 0;
}

static int
starttls(struct dialogue *d)
{
	int rc;

	d->l.stage = STAGE_starttls;
	if (!d->ext.starttls)
		return dialogue_end(d, ERR_MSG_TEMP,
		    STR("Server does not offer STARTTLS"));
	dialogue_say(d, STR("STARTTLS"));
	rc = want(d, 2);
	if (!rc)
		rc = link_tls(&d->l);
	return rc ? rc : hello(d);
}

static int
authentication_failed(struct dialogue *d)
{
	if (reply_class(&d->reply) == 5)
		return dialogue_end(d, ERR_AUTH, buf_str(&d->reply.text));
	return dialogue_refused(d);
}

/* Answers one challenge, the text of a 334 reply in base64. */
static int
respond(struct dialogue *d, const struct sasl_mechanism *m, struct sasl *sasl)
{
	struct str text = str_skip(buf_str(&d->reply.text), 4);
	struct buf challenge = { 0 }, raw = { 0 }, coded = { 0 };
	int rc = -1;

	if (base64_decode(&challenge, str_trim(text)) == 0)
		rc = m->answer(sasl, buf_str(&challenge), &raw);
	else if (m->answer(sasl, STR(""), &raw) == 0)
		rc = 0;
	base64_add(&coded, buf_str(&raw));
	if (rc == 0)
		dialogue_say(d, buf_str(&coded));
	buf_wipe(&raw);
	buf_wipe(&coded);
	buf_free(&challenge);
	buf_free(&raw);
	buf_free(&coded);
	return rc;
}

/* AUTH and what the mechanism has to say first. 0, or -1 if it cannot. */
static int
say_auth(struct dialogue *d, const struct sasl_mechanism *m, struct sasl *sasl)
{
	struct buf raw = { 0 }, coded = { 0 };
	int rc = m->begin(sasl, &raw);

	base64_add(&coded, buf_str(&raw));
	if (rc > 0)
		dialogue_say(d, STR("AUTH "), str_of(m->name), STR(" "),
		    coded.n ? buf_str(&coded) : STR("="));
	else if (rc == 0)
		dialogue_say(d, STR("AUTH "), str_of(m->name));
	buf_wipe(&raw);
	buf_wipe(&coded);
	buf_free(&raw);
	buf_free(&coded);
	return rc < 0 ? -1 : 0;
}

static int
prove(struct dialogue *d, const struct sasl_mechanism *m, struct sasl *sasl)
{
	int class;

	if (say_auth(d, m, sasl) < 0)
		return dialogue_end(d, ERR_MSG_TEMP,
		    STR("No random numbers to authenticate with"));
	class = dialogue_hear(d, PATIENCE_COMMAND);
	while (class == 3) {
		if (respond(d, m, sasl) < 0)
			return dialogue_end(d, ERR_PROTOCOL,
			    buf_str(&d->reply.text));
		class = dialogue_hear(d, PATIENCE_COMMAND);
	}
	if (class < 0)
		return dialogue_lost(d);
	if (class != 2)
		return authentication_failed(d);
	if (!m->done(sasl))
		return dialogue_end(d, ERR_MSG_TEMP, STR("Server has not "
		    "proven that it knows the password"));
	return 0;
}

static int
exchange(struct dialogue *d, const struct sasl_mechanism *m)
{
	struct sasl sasl = { 0 };
	int rc;

	sasl.user = str_of(d->l.o->user);
	sasl.pass = str_of(d->l.o->pass);
	rc = prove(d, m, &sasl);
	sasl_free(&sasl);
	return rc;
}

static void
warn_of_clear_password(struct dialogue *d)
{
	if (d->l.o->past.warned || d->l.io.ssl || net_is_loopback(d->l.io.fd))
		return;
	d->l.o->past.warned = 1;
	d->l.report->note(d->l.report->context, STR("Warning: the password "
	    "goes over the network in clear; use tls or starttls"));
}

static int
authenticate(struct dialogue *d)
{
	struct str offered = buf_str(&d->ext.auth);
	const struct sasl_mechanism *m;

	d->l.stage = STAGE_auth;
	if (d->l.o->auth == MODULE_AUTH_EXTERNAL) {
		if (!sasl_offered(offered, STR("EXTERNAL")))
			return dialogue_end(d, ERR_MSG_TEMP, STR("Server does "
			    "not advertise certificate authentication"));
		return exchange(d, sasl_find(STR("EXTERNAL")));
	}
	if (!d->l.o->user || !d->l.o->pass)
		return 0;
	m = d->l.o->auth == MODULE_AUTH_LOGIN ? sasl_find(STR("LOGIN")) :
	    sasl_choose(offered, d->l.io.ssl != NULL);
	if (!m)
		return dialogue_end(d, ERR_MSG_TEMP, STR("Server does not "
		    "advertise any supported authentication methods"));
	if (str_find(str_of(m->name), '-') == strlen(m->name))
		warn_of_clear_password(d);
	return exchange(d, m);
}

int
dialogue_open(struct dialogue *d)
{
	int rc;

	rc = link_join(&d->l);
	if (rc)
		return rc;
	d->l.stage = STAGE_greeting;
	rc = want(d, 2);
	if (!rc)
		rc = hello(d);
	if (!rc && d->l.o->starttls)
		rc = starttls(d);
	if (!rc)
		rc = authenticate(d);
	d->open = !rc;
	return rc;
}

void
dialogue_free(struct dialogue *d)
{
	dialogue_quit(d);
	reply_free(&d->reply);
	forget_extensions(&d->ext);
	link_free(&d->l);
}

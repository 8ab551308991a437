/* session - an SMTP session up to where messages begin, client side. */
#include <string.h>

#include "../base/base64.h"
#include "../base/chr.h"
#include "options.h"
#include "../net/net.h"
#include "sasl.h"
#include "session.h"

/* ---- the end ---- */

int
session_end(struct smtp_session *s, int code, struct str text)
{
	buf_set(&s->c.text, text);
	if (s->c.io.fd >= 0 && s->c.io.state == IO_OPEN) {
		io_deadline(&s->c.io, PATIENCE_QUIT);
		if (io_put(&s->c.io, STR("QUIT\r\n")) == 0)
			io_flush(&s->c.io);
	}
	io_close(&s->c.io);
	s->c.open = 0;
	return code;
}

int
session_lost(struct smtp_session *s)
{
	struct buf words = { 0 };
	int code;

	if (s->c.io.state != IO_OPEN) {
		s->c.open = 0;
		return connection_lost(&s->c);
	}
	buf_set(&words, STR("Malformed reply: "));
	buf_add(&words, buf_str(&s->reply.text));
	code = session_end(s, ERR_PROTOCOL, buf_str(&words));
	buf_free(&words);
	return code;
}

int
session_refused(struct smtp_session *s)
{
	int class = reply_class(&s->reply);

	return session_end(s, class == 4 || class == 5 ? ERR_MSG_TEMP :
	    ERR_PROTOCOL, buf_str(&s->reply.text));
}

void
session_quit(struct smtp_session *s)
{
	if (!s->c.open)
		return;
	session_send(s, STR("QUIT"));
	session_reply(s, PATIENCE_QUIT);
	io_close(&s->c.io);
	s->c.open = 0;
}

/* ---- speaking and hearing ---- */

int
session_send_parts(struct smtp_session *s, const struct str *parts,
    size_t count)
{
	size_t i, k;

	for (i = 0; i < count; i++)
		for (k = 0; k < parts[i].n; k++)
			if (chr_is(parts[i].p[k], CHR_CTL))
				return -1;
	for (i = 0; i < count; i++)
		io_put(&s->c.io, parts[i]);
	return io_put(&s->c.io, STR("\r\n"));
}

int
session_reply(struct smtp_session *s, long long patience)
{
	io_deadline(&s->c.io, patience);
	if (io_flush(&s->c.io) < 0 || reply_read(&s->reply, &s->c.io) < 0)
		return -1;
	return reply_class(&s->reply);
}

/* A session command: 0 if answered as wanted. */
static int
want(struct smtp_session *s, int class)
{
	int got = session_reply(s, PATIENCE_COMMAND);

	if (got < 0)
		return session_lost(s);
	return got == class ? 0 : session_refused(s);
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
hello(struct smtp_session *s)
{
	struct str helo = str_of(s->helo), text;
	int class, first = 1;

	s->c.stage = STAGE_helo;
	forget_extensions(&s->ext);
	if (session_send(s, STR("EHLO "), helo) < 0)
		return session_lost(s);
	class = session_reply(s, PATIENCE_COMMAND);
	if (class == 5 && s->reply.code != 521) {
		session_send(s, STR("HELO "), helo);
		return want(s, 2);
	}
	if (class < 0)
		return session_lost(s);
	if (class != 2)
		return session_refused(s);
	for (text = buf_str(&s->reply.text); text.n; first = 0)
		learn(&s->ext, str_skip(str_cut(&text, '\n'), 4), first);
	return 0;
}

static int
starttls(struct smtp_session *s)
{
	int rc;

	s->c.stage = STAGE_starttls;
	if (!s->ext.starttls)
		return session_end(s, ERR_MSG_TEMP,
		    STR("Server does not offer STARTTLS"));
	session_send(s, STR("STARTTLS"));
	rc = want(s, 2);
	if (!rc)
		rc = connection_tls(&s->c);
	return rc ? rc : hello(s);
}

static int
authentication_failed(struct smtp_session *s)
{
	if (reply_class(&s->reply) == 5)
		return session_end(s, ERR_AUTH, buf_str(&s->reply.text));
	return session_refused(s);
}

/* Answers one challenge, the text of a 334 reply in base64. */
static int
respond(struct smtp_session *s, const struct sasl_mechanism *m,
    struct sasl *sasl)
{
	struct str text = str_skip(buf_str(&s->reply.text), 4);
	struct buf challenge = { 0 }, raw = { 0 }, coded = { 0 };
	int rc = -1;

	if (base64_decode(&challenge, str_trim(text)) == 0)
		rc = m->answer(sasl, buf_str(&challenge), &raw);
	else if (m->answer(sasl, STR(""), &raw) == 0)
		rc = 0;
	base64_add(&coded, buf_str(&raw));
	if (rc == 0)
		session_send(s, buf_str(&coded));
	buf_wipe(&raw);
	buf_wipe(&coded);
	buf_free(&challenge);
	buf_free(&raw);
	buf_free(&coded);
	return rc;
}

/* AUTH and what the mechanism has to say first. 0, or -1 if it cannot. */
static int
say_auth(struct smtp_session *s, const struct sasl_mechanism *m,
    struct sasl *sasl)
{
	struct buf raw = { 0 }, coded = { 0 };
	int rc = m->begin(sasl, &raw);

	base64_add(&coded, buf_str(&raw));
	if (rc > 0)
		session_send(s, STR("AUTH "), str_of(m->name), STR(" "),
		    coded.n ? buf_str(&coded) : STR("="));
	else if (rc == 0)
		session_send(s, STR("AUTH "), str_of(m->name));
	buf_wipe(&raw);
	buf_wipe(&coded);
	buf_free(&raw);
	buf_free(&coded);
	return rc < 0 ? -1 : 0;
}

static int
prove(struct smtp_session *s, const struct sasl_mechanism *m, struct sasl *sasl)
{
	int class;

	if (say_auth(s, m, sasl) < 0)
		return session_end(s, ERR_MSG_TEMP,
		    STR("No random numbers to authenticate with"));
	class = session_reply(s, PATIENCE_COMMAND);
	while (class == 3) {
		if (respond(s, m, sasl) < 0)
			return session_end(s, ERR_PROTOCOL,
			    buf_str(&s->reply.text));
		class = session_reply(s, PATIENCE_COMMAND);
	}
	if (class < 0)
		return session_lost(s);
	if (class != 2)
		return authentication_failed(s);
	if (!m->done(sasl))
		return session_end(s, ERR_MSG_TEMP, STR("Server has not "
		    "proven that it knows the password"));
	return 0;
}

static int
exchange(struct smtp_session *s, const struct sasl_mechanism *m)
{
	struct sasl sasl = { 0 };
	int rc;

	sasl.user = str_of(s->c.o->user);
	sasl.pass = str_of(s->c.o->pass);
	rc = prove(s, m, &sasl);
	sasl_free(&sasl);
	return rc;
}

static void
warn_of_clear_password(struct smtp_session *s)
{
	if (s->carried->warned || s->c.io.ssl || net_is_loopback(s->c.io.fd))
		return;
	s->carried->warned = 1;
	s->c.report->note(s->c.report->context, STR("Warning: the password "
	    "goes over the network in clear; use tls or starttls"));
}

static int
authenticate(struct smtp_session *s)
{
	struct str offered = buf_str(&s->ext.auth);
	const struct sasl_mechanism *m;

	s->c.stage = STAGE_auth;
	if (s->c.o->auth == AUTH_EXTERNAL) {
		if (!sasl_offered(offered, STR("EXTERNAL")))
			return session_end(s, ERR_MSG_TEMP, STR("Server does "
			    "not advertise certificate authentication"));
		return exchange(s, sasl_find(STR("EXTERNAL")));
	}
	if (!s->c.o->user || !s->c.o->pass)
		return 0;
	m = s->c.o->auth == AUTH_LOGIN ? sasl_find(STR("LOGIN")) :
	    sasl_choose(offered, s->c.io.ssl != NULL);
	if (!m)
		return session_end(s, ERR_MSG_TEMP, STR("Server does not "
		    "advertise any supported authentication methods"));
	if (str_find(str_of(m->name), '-') == strlen(m->name))
		warn_of_clear_password(s);
	return exchange(s, m);
}

int
session_open(struct smtp_session *s)
{
	int rc;

	rc = connection_open(&s->c);
	if (rc)
		return rc;
	s->c.stage = STAGE_greeting;
	rc = want(s, 2);
	if (!rc)
		rc = hello(s);
	if (!rc && s->c.o->starttls)
		rc = starttls(s);
	if (!rc)
		rc = authenticate(s);
	s->c.open = !rc;
	return rc;
}

void
session_free(struct smtp_session *s)
{
	session_quit(s);
	reply_free(&s->reply);
	forget_extensions(&s->ext);
	connection_free(&s->c);
}

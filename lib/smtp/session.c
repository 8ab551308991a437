/* session - an SMTP session up to where messages begin, client side. */
#include <stddef.h>
#include <string.h>

#include "../base/chr.h"
#include "../net/net.h"
#include "options.h"
#include "session.h"

#define PATIENCE_GREETING 8000	/* ms until what is missing is said */

/* ---- the end ---- */

static int
end_session(struct smtp_session *s, int code, struct str text)
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
session_end(struct smtp_session *s, enum fault fault, int code,
    struct str text)
{
	s->c.fault = fault;
	s->c.reply = 0;
	return end_session(s, code, text);
}

static int
end_garbled(struct smtp_session *s, const char *what)
{
	struct buf words = { 0 };
	int code;

	connection_blame(&s->c, -FAULT_GARBLED, STR(""));
	buf_cat(&words, str_of(what), buf_str(&s->reply.text));
	code = end_session(s, ERR_PROTOCOL, buf_str(&words));
	buf_free(&words);
	return code;
}

int
session_lost(struct smtp_session *s)
{
	if (s->c.io.state != IO_OPEN)
		return connection_lost(&s->c);
	return end_garbled(s, "Malformed reply: ");
}

int
session_out_of_step(struct smtp_session *s)
{
	return end_garbled(s, "Reply out of step: ");
}

int
session_refused(struct smtp_session *s)
{
	struct str text = buf_str(&s->reply.text);
	int class = reply_class(&s->reply);

	connection_blame(&s->c, s->reply.code, text);
	return end_session(s, class == 4 || class == 5 ? ERR_MSG_TEMP :
	    ERR_PROTOCOL, text);
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
	io_flush(&s->c.io);
	if (reply_read(&s->reply, &s->c.io) < 0)
		return -1;
	if (s->c.heard)
		s->c.heard(s->c.report->context, s->c.stage,
		    buf_str(&s->reply.text));
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

/* The keywords without value that matter, and where they are noted. */
static const struct {
	const char *keyword;
	size_t at;
} keywords[] = {
	{ "PIPELINING", offsetof(struct extensions, pipelining) },
	{ "CHUNKING", offsetof(struct extensions, chunking) },
	{ "8BITMIME", offsetof(struct extensions, eight_bit) },
	{ "SMTPUTF8", offsetof(struct extensions, utf8) },
	{ "STARTTLS", offsetof(struct extensions, starttls) },
	{ "SIZE", offsetof(struct extensions, size) },
};

static void
learn(struct extensions *x, struct str line, int first)
{
	struct str keyword = str_cut(&line, ' ');
	size_t i;

	if (str_istarts(keyword, STR("AUTH=")))
		buf_put(&x->auth, "% ", str_skip(keyword, 5));
	if (str_istarts(keyword, STR("AUTH")) &&
	    (keyword.n == 4 || keyword.p[4] == '='))
		buf_put(&x->auth, "% ", line);
	if (first)
		return;
	for (i = 0; i < sizeof keywords / sizeof keywords[0]; i++)
		if (str_ieq(keyword, str_of(keywords[i].keyword)))
			*(int *)((char *)x + keywords[i].at) = 1;
	if (str_ieq(keyword, STR("SIZE")))
		str_number(str_trim(line), ~0UL, &x->size_limit);
}

static void
forget_extensions(struct extensions *x)
{
	buf_free(&x->auth);
	*x = (struct extensions){ 0 };
}

static int
say_hello(struct smtp_session *s, struct str helo)
{
	struct str text;
	int class, first = 1;

	s->c.stage = STAGE_helo;
	forget_extensions(&s->ext);
	if (session_send(s, STR("EHLO "), helo) < 0 && !s->c.io.mute)
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
	s->ext.pipelining &= !s->c.o->no_pipelining;
	s->ext.chunking &= !s->c.o->no_chunking;
	return 0;
}

/* RFC 5321 4.1.4: an address, where there is no full name. */
static int
hello(struct smtp_session *s)
{
	struct buf name = { 0 };
	int rc;

	buf_set(&name, str_of(s->helo));
	if (!strchr(s->helo, '.') && s->helo[0] != '[') {
		buf_clear(&name);
		net_literal(s->c.io.fd, &name);
	}
	rc = say_hello(s, buf_str(&name));
	buf_free(&name);
	return rc;
}

static int
starttls(struct smtp_session *s)
{
	int rc;

	s->c.stage = STAGE_starttls;
	if (!s->ext.starttls)
		return session_end(s, FAULT_ADDRESS, ERR_MSG_TEMP,
		    STR("Server does not offer STARTTLS"));
	session_send(s, STR("STARTTLS"));
	rc = want(s, 2);
	if (!rc)
		rc = connection_tls(&s->c);
	return rc ? rc : hello(s);
}

/* A port for TLS waits for us to speak, and says nothing. */
static int
greeting(struct smtp_session *s)
{
	static const char words[] = "No greeting yet; a port for TLS? then "
	    "write tls";
	int rc;

	s->c.stage = STAGE_greeting;
	if (!s->c.io.ssl && !io_wait(&s->c.io, PATIENCE_GREETING))
		s->c.report->note(s->c.report->context, str_of(words));
	rc = want(s, 2);
	if (rc == ERR_TIMED_OUT && !s->c.io.ssl)
		buf_fmt(&s->c.text, ": %s", words);
	return rc;
}

int
session_open(struct smtp_session *s)
{
	int rc;

	rc = connection_open(&s->c);
	if (rc)
		return rc;
	rc = greeting(s);
	if (!rc)
		rc = hello(s);
	if (!rc && s->c.o->starttls)
		rc = starttls(s);
	connection_greeted(&s->c);
	if (!rc)
		rc = session_login(s);
	if (!rc)
		connection_opened(&s->c);
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

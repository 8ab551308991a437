/* smtp - an SMTP session, client side.
 *
 * smtp_open is the beginning of the dialogue, smtp_send a transaction: RSET
 * if the last one was left open, MAIL, RCPT..., DATA, the message. These
 * commands are numbered, and spoken and heard in order: one at a time, or
 * with PIPELINING a window of them ahead, the first of them before the reply
 * to the previous final dot is heard (RFC 2920 3.1). */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../ssl/ssl.h"
#include "base64.h"
#include "buf.h"
#include "chr.h"
#include "clock.h"
#include "envelope.h"
#include "err.h"
#include "io.h"
#include "mem.h"
#include "module.h"
#include "net.h"
#include "reply.h"
#include "sasl.h"
#include "smtp.h"
#include "wire.h"

/* Milliseconds; RFC 5321 4.5.3.2 asks for no less. */
#define PATIENCE_CONNECT 30000
#define PATIENCE_COMMAND 300000
#define PATIENCE_BLOCK 180000
#define PATIENCE_DOT 600000
#define PATIENCE_QUIT 2000

/* Commands in flight: their replies must fit into buffers (io.h). */
#define WINDOW 100

struct extensions {
	int pipelining, eight_bit, utf8, starttls, size;
	unsigned long size_limit;	/* 0: none stated */
	struct buf auth;		/* mechanisms, separated by blanks */
};

struct smtp {
	struct module_options *o;
	const struct module_report *report;
	int strict;
	struct ssl *ssl;
	struct io io;
	struct reply reply;
	struct extensions ext;
	long long limit;
	struct buf peer;
	enum stage stage;
	struct buf text;	/* why the session ended */
	int open;
	int warned;		/* of a password in clear */
	int dirty;		/* the server has half a transaction */
	int waiting;		/* a final dot has not been answered ... */
	unsigned long waiting_id;	/* ... for this message ... */
	unsigned long long waiting_at;	/* ... which ended at this octet */
};

struct transaction {
	const struct module_message *m;
	struct envelope e;
	struct wire_size size;
	size_t commands;	/* in all */
	size_t said, heard;
	size_t say_at, hear_at;	/* recipients, as envelope_next wants it */
	size_t accepted;	/* recipients */
	int reset;		/* 1 if the first command is RSET */
	int data;		/* the server waits for the message */
	int code;		/* result of the message as a whole */
	enum stage stage;
	struct buf text;
};

/* ---- failing ---- */

/* Says QUIT without waiting for the answer: all that matters has been said. */
static int
end_session(struct smtp *s, int code, struct str text)
{
	buf_set(&s->text, text);
	if (s->io.fd >= 0 && s->io.state == IO_OPEN) {
		io_deadline(&s->io, PATIENCE_QUIT);
		if (io_put(&s->io, STR("QUIT\r\n")) == 0)
			io_flush(&s->io);
	}
	io_close(&s->io);
	s->open = 0;
	return code;
}

/* The connection was lost or what came was no SMTP. */
static int
lost(struct smtp *s)
{
	struct buf words = { 0 };
	int code = ERR_PROTOCOL;

	if (s->io.state == IO_OPEN) {
		buf_set(&words, STR("Malformed reply: "));
		buf_add(&words, buf_str(&s->reply.text));
	} else {
		buf_set(&words, str_of(io_why(&s->io)));
		if (s->io.state == IO_TIMEOUT)
			code = ERR_TIMED_OUT;
		else if (s->io.state == IO_TLS)
			code = ERR_MSG_TEMP;
	}
	code = end_session(s, code, buf_str(&words));
	buf_free(&words);
	return code;
}

/* The server answered, but not what was hoped for, and not about a message:
 * that is never permanent. */
static int
refused(struct smtp *s)
{
	int class = reply_class(&s->reply);

	return end_session(s, class == 4 || class == 5 ? ERR_MSG_TEMP :
	    ERR_PROTOCOL, buf_str(&s->reply.text));
}

/* ---- speaking and hearing ---- */

/* One command from parts; refuses what would be more than one line. */
#define say(s, ...) say_parts(s, (const struct str[]){ __VA_ARGS__ }, \
	sizeof((const struct str[]){ __VA_ARGS__ }) / sizeof(struct str))

static int
say_parts(struct smtp *s, const struct str *parts, size_t count)
{
	size_t i, k;

	for (i = 0; i < count; i++)
		for (k = 0; k < parts[i].n; k++)
			if (chr_is(parts[i].p[k], CHR_CTL))
				return -1;
	for (i = 0; i < count; i++)
		io_put(&s->io, parts[i]);
	return io_put(&s->io, STR("\r\n"));
}

/* The class of the reply, or -1. */
static int
hear(struct smtp *s, long long patience)
{
	io_deadline(&s->io, patience);
	if (io_flush(&s->io) < 0 || reply_read(&s->reply, &s->io) < 0)
		return -1;
	return reply_class(&s->reply);
}

/* A session command: 0 if answered as wanted. */
static int
want(struct smtp *s, int class)
{
	int got = hear(s, PATIENCE_COMMAND);

	if (got < 0)
		return lost(s);
	return got == class ? 0 : refused(s);
}

/* ---- the beginning of a session ---- */

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
forget(struct extensions *x)
{
	buf_free(&x->auth);
	*x = (struct extensions){ 0 };
}

static int
hello(struct smtp *s)
{
	struct str helo = str_of(s->o->helo), text;
	int class, first = 1;

	s->stage = STAGE_helo;
	forget(&s->ext);
	if (say(s, STR("EHLO "), helo) < 0)
		return lost(s);
	class = hear(s, PATIENCE_COMMAND);
	if (class == 5 && s->reply.code != 521) {
		say(s, STR("HELO "), helo);
		return want(s, 2);
	}
	if (class < 0)
		return lost(s);
	if (class != 2)
		return refused(s);
	for (text = buf_str(&s->reply.text); text.n; first = 0)
		learn(&s->ext, str_skip(str_cut(&text, '\n'), 4), first);
	return 0;
}

static int
begin_tls(struct smtp *s)
{
	s->stage = STAGE_tls;
	io_deadline(&s->io, PATIENCE_COMMAND);
	if (io_tls(&s->io, s->ssl) < 0)
		return lost(s);
	if (*ssl_note(s->ssl))
		s->report->note(s->report->context,
		    str_of(ssl_note(s->ssl)));
	return 0;
}

static int
starttls(struct smtp *s)
{
	int rc;

	s->stage = STAGE_starttls;
	if (!s->ext.starttls)
		return end_session(s, ERR_MSG_TEMP,
		    STR("Server does not offer STARTTLS"));
	say(s, STR("STARTTLS"));
	rc = want(s, 2);
	if (!rc)
		rc = begin_tls(s);
	return rc ? rc : hello(s);
}

static int
authentication_failed(struct smtp *s)
{
	if (reply_class(&s->reply) == 5)
		return end_session(s, ERR_AUTH, buf_str(&s->reply.text));
	return refused(s);
}

/* Answers one challenge, the text of a 334 reply in base64. */
static int
respond(struct smtp *s, const struct sasl_mechanism *m, struct sasl *sasl)
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
		say(s, buf_str(&coded));
	buf_wipe(&raw);
	buf_wipe(&coded);
	buf_free(&challenge);
	buf_free(&raw);
	buf_free(&coded);
	return rc;
}

/* AUTH and what the mechanism has to say first. 0, or -1 if it cannot. */
static int
say_auth(struct smtp *s, const struct sasl_mechanism *m, struct sasl *sasl)
{
	struct buf raw = { 0 }, coded = { 0 };
	int rc = m->begin(sasl, &raw);

	base64_add(&coded, buf_str(&raw));
	if (rc > 0)
		say(s, STR("AUTH "), str_of(m->name), STR(" "),
		    coded.n ? buf_str(&coded) : STR("="));
	else if (rc == 0)
		say(s, STR("AUTH "), str_of(m->name));
	buf_wipe(&raw);
	buf_wipe(&coded);
	buf_free(&raw);
	buf_free(&coded);
	return rc < 0 ? -1 : 0;
}

static int
prove(struct smtp *s, const struct sasl_mechanism *m, struct sasl *sasl)
{
	int class;

	if (say_auth(s, m, sasl) < 0)
		return end_session(s, ERR_MSG_TEMP,
		    STR("No random numbers to authenticate with"));
	class = hear(s, PATIENCE_COMMAND);
	while (class == 3) {
		if (respond(s, m, sasl) < 0)
			return end_session(s, ERR_PROTOCOL,
			    buf_str(&s->reply.text));
		class = hear(s, PATIENCE_COMMAND);
	}
	if (class < 0)
		return lost(s);
	if (class != 2)
		return authentication_failed(s);
	if (!m->done(sasl))
		return end_session(s, ERR_MSG_TEMP, STR("Server has not "
		    "proven that it knows the password"));
	return 0;
}

static int
exchange(struct smtp *s, const struct sasl_mechanism *m)
{
	struct sasl sasl = { 0 };
	int rc;

	sasl.user = str_of(s->o->user);
	sasl.pass = str_of(s->o->pass);
	rc = prove(s, m, &sasl);
	sasl_free(&sasl);
	return rc;
}

static void
warn_of_clear_password(struct smtp *s)
{
	if (s->warned || s->io.ssl || net_is_loopback(s->io.fd))
		return;
	s->warned = 1;
	s->report->note(s->report->context, STR("Warning: the password goes "
	    "over the network in clear; use tls or starttls"));
}

static int
authenticate(struct smtp *s)
{
	struct str offered = buf_str(&s->ext.auth);
	const struct sasl_mechanism *m;

	s->stage = STAGE_auth;
	if (s->o->auth == MODULE_AUTH_EXTERNAL) {
		if (!sasl_offered(offered, STR("EXTERNAL")))
			return end_session(s, ERR_MSG_TEMP, STR("Server does "
			    "not advertise certificate authentication"));
		return exchange(s, sasl_find(STR("EXTERNAL")));
	}
	if (!s->o->user || !s->o->pass)
		return 0;
	m = s->o->auth == MODULE_AUTH_LOGIN ? sasl_find(STR("LOGIN")) :
	    sasl_choose(offered, s->io.ssl != NULL);
	if (!m)
		return end_session(s, ERR_MSG_TEMP, STR("Server does not "
		    "advertise any supported authentication methods"));
	if (str_find(str_of(m->name), '-') == strlen(m->name))
		warn_of_clear_password(s);
	return exchange(s, m);
}

static int
connect_failed(struct smtp *s, int code, struct buf *why)
{
	buf_set(&s->text, STR("Connect failed: "));
	buf_add(&s->text, buf_str(why));
	buf_free(why);
	return code;
}

static int
join(struct smtp *s)
{
	struct net_request q = { s->o->host, (unsigned)s->o->port,
	    s->o->source, clock_first(clock_in(PATIENCE_CONNECT), s->limit) };
	struct buf why = { 0 };
	int fd;

	s->stage = STAGE_connect;
	fd = net_connect(&q, &s->peer, &why);
	if (fd < 0)
		return connect_failed(s, -fd, &why);
	buf_free(&why);
	io_init(&s->io, fd);
	s->io.limit = s->limit;
	return s->o->tls ? begin_tls(s) : 0;
}

int
smtp_open(struct smtp *s)
{
	int rc;

	s->dirty = 0;
	s->waiting = 0;
	rc = join(s);
	if (rc)
		return rc;
	s->stage = STAGE_greeting;
	rc = want(s, 2);
	if (!rc)
		rc = hello(s);
	if (!rc && s->o->starttls)
		rc = starttls(s);
	if (!rc)
		rc = authenticate(s);
	s->open = !rc;
	return rc;
}

/* ---- a transaction ---- */

static int
fail(struct transaction *t, int code, enum stage stage, struct str text)
{
	if (!t->code) {
		t->code = code;
		t->stage = stage;
		buf_set(&t->text, text);
	}
	return -1;
}

static int
is_atom_text(struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (!chr_is(s.p[i], CHR_ATEXT) && s.p[i] != '.')
			return 0;
	return s.n > 0 && s.p[0] != '.' && s.p[s.n - 1] != '.' &&
	    !memmem(s.p, s.n, "..", 2);
}

/* An address as RFC 5321 writes a mailbox; queue files hold local parts
 * without their quotes. */
static void
mailbox(struct buf *b, struct str address)
{
	size_t at = str_rfind(address, '@'), i;
	struct str local = str_head(address, at);

	buf_addc(b, '<');
	if (address.n == 0 || is_atom_text(local)) {
		buf_add(b, local);
	} else {
		buf_addc(b, '"');
		for (i = 0; i < local.n; i++) {
			if (local.p[i] == '"' || local.p[i] == '\\')
				buf_addc(b, '\\');
			buf_addc(b, local.p[i]);
		}
		buf_addc(b, '"');
	}
	buf_cat(b, str_skip(address, at), STR(">"));
}

static int
has_eight_bit(struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (chr_is(s.p[i], CHR_8BIT))
			return 1;
	return 0;
}

/* Refuses what this server or any server cannot be asked. */
static int
check(const struct smtp *s, struct transaction *t)
{
	if (has_eight_bit(buf_str(&t->e.text)) && !s->ext.utf8)
		return fail(t, ERR_MSG_PERM, STAGE_mail, STR("An address "
		    "needs SMTPUTF8, which the server does not offer"));
	if (s->ext.size_limit && t->size.octets > s->ext.size_limit) {
		fail(t, ERR_MSG_PERM, STAGE_mail, STR(""));
		buf_fmt(&t->text, "The message has %llu bytes, the server "
		    "takes no more than %lu", t->size.octets,
		    s->ext.size_limit);
		return -1;
	}
	return 0;
}

static int
unreadable(struct transaction *t, enum stage stage)
{
	const char *error = strerror(errno);

	fail(t, ERR_MSG_READ, stage, STR("Could not read message: "));
	buf_add(&t->text, str_of(error));
	return -1;
}

static int
prepare(struct smtp *s, struct transaction *t)
{
	if (envelope_read(t->m->fd, &t->e) < 0 ||
	    wire_measure(t->m->fd, t->e.body, &t->size) < 0)
		return unreadable(t, STAGE_mail);
	if (check(s, t) < 0)
		return -1;
	t->reset = s->dirty && !s->waiting;
	t->commands = (size_t)t->reset + 1 + t->e.count + 1;
	return 0;
}

static enum stage
stage_of(const struct transaction *t, size_t k)
{
	if (k < (size_t)t->reset)
		return STAGE_session;
	k -= (size_t)t->reset;
	if (k == 0)
		return STAGE_mail;
	return k <= t->e.count ? STAGE_rcpt : STAGE_data;
}

static void
say_mail(struct smtp *s, const struct transaction *t)
{
	struct buf b = { 0 };

	buf_set(&b, STR("MAIL FROM:"));
	mailbox(&b, envelope_sender(&t->e));
	if (s->ext.size)
		buf_fmt(&b, " SIZE=%llu", t->size.octets);
	if (s->ext.eight_bit && t->size.eight_bit)
		buf_add(&b, STR(" BODY=8BITMIME"));
	if (has_eight_bit(buf_str(&t->e.text)))
		buf_add(&b, STR(" SMTPUTF8"));
	say(s, buf_str(&b));
	buf_free(&b);
}

static void
say_recipient(struct smtp *s, struct transaction *t)
{
	struct buf b = { 0 };

	mailbox(&b, envelope_next(&t->e, &t->say_at));
	say(s, STR("RCPT TO:"), buf_str(&b));
	buf_free(&b);
}

static void
say_next(struct smtp *s, struct transaction *t)
{
	switch (stage_of(t, t->said++)) {
	case STAGE_mail:
		say_mail(s, t);
		break;
	case STAGE_rcpt:
		say_recipient(s, t);
		break;
	case STAGE_data:
		say(s, STR("DATA"));
		break;
	default:
		say(s, STR("RSET"));
	}
}

static void
recipient_refused(struct smtp *s, struct transaction *t, size_t index,
    int code)
{
	struct str text = buf_str(&s->reply.text);

	if (t->code)
		return;
	if (s->strict)
		fail(t, code, STAGE_rcpt, text);
	else
		s->report->recipient(s->report->context, t->m->id, index,
		    code, text);
	t->stage = STAGE_rcpt;
	buf_set(&t->text, text);
}

/* What a reply of this class means for the transaction; -1: nothing that
 * SMTP allows here. */
static int
judge(struct smtp *s, struct transaction *t, size_t k, int class)
{
	enum stage stage = stage_of(t, k);
	int code = class == 4 ? ERR_MSG_TEMP : ERR_MSG_PERM;

	if (stage == STAGE_session)
		return class == 2 ? 0 : -1;
	if (class == 4 || class == 5) {
		if (stage == STAGE_rcpt)
			recipient_refused(s, t, k - (size_t)t->reset - 1,
			    code);
		else if (stage == STAGE_mail || t->accepted)
			fail(t, code, stage, buf_str(&s->reply.text));
		return 0;
	}
	if (class != (stage == STAGE_data ? 3 : 2))
		return -1;
	if (stage == STAGE_rcpt)
		t->accepted++;
	t->data = stage == STAGE_data;
	s->dirty = 1;
	return 0;
}

static int
hear_next(struct smtp *s, struct transaction *t)
{
	size_t k = t->heard++;
	int class;

	s->stage = stage_of(t, k);
	class = hear(s, PATIENCE_COMMAND);
	if (class < 0)
		return lost(s);
	if (s->reply.code == 421)
		return refused(s);
	if (s->stage == STAGE_session && class == 2)
		s->dirty = 0;
	return judge(s, t, k, class) < 0 ? refused(s) : 0;
}

/* Whether another command is worth saying: without writing ahead nothing
 * follows a refusal of what everything else depends on. */
static int
more_to_say(const struct smtp *s, const struct transaction *t)
{
	size_t ahead = t->said - t->heard;

	if (t->said == t->commands || ahead >= WINDOW)
		return 0;
	if (s->ext.pipelining && !s->strict)
		return !t->code;
	return ahead == 0 && !t->code &&
	    (t->accepted || stage_of(t, t->said) != STAGE_data);
}

static int settle(struct smtp *s);

static int
commands(struct smtp *s, struct transaction *t)
{
	int rc = 0;

	do {
		while (more_to_say(s, t))
			say_next(s, t);
		if (s->waiting)
			rc = settle(s);
		if (!rc && t->heard < t->said)
			rc = hear_next(s, t);
	} while (!rc && (t->heard < t->said || more_to_say(s, t)));
	return rc;
}

/* ---- the message ---- */

/* While the final dot is unanswered, being stopped would mean not to know
 * whether the message has been taken. */
static void
hold_signals(int how)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(how, &set, NULL);
}

static int
send_block(struct smtp *s, struct wire *w, struct str block)
{
	struct str piece;

	io_deadline(&s->io, PATIENCE_BLOCK);
	while (wire_next(w, &block, &piece))
		if (io_put(&s->io, piece) < 0)
			return -1;
	return 0;
}

/* 0; or the session is over, as a message cannot be taken back half way. */
static int
send_text(struct smtp *s, struct transaction *t)
{
	struct wire w = { 1, 0, 0, 0 };
	char block[16384];
	off_t at = t->e.body;
	ssize_t n;

	s->stage = STAGE_data;
	while ((n = pread(t->m->fd, block, sizeof block, at)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			unreadable(t, STAGE_data);
			io_close(&s->io);
			return end_session(s, ERR_MSG_READ, STR(
			    "Could not read the message to its end"));
		}
		at += n;
		if (send_block(s, &w, (struct str){ block, (size_t)n }) < 0)
			return lost(s);
	}
	hold_signals(SIG_BLOCK);
	io_put(&s->io, wire_end(&w));
	io_put(&s->io, STR(".\r\n"));
	s->waiting = 1;
	s->waiting_id = t->m->id;
	s->waiting_at = s->io.put;
	return 0;
}

static void
report(struct smtp *s, unsigned long id, int code, enum stage stage,
    struct str text)
{
	s->report->message(s->report->context, id, code, stage, text);
}

static int
dot_lost(struct smtp *s)
{
	int sent = s->io.sent >= s->waiting_at;
	int code = lost(s);

	if (sent) {
		buf_add(&s->text, STR(" after the final dot: the message "
		    "may have been taken, possible duplicate"));
		report(s, s->waiting_id, code, STAGE_dot, buf_str(&s->text));
	}
	return code;
}

/* Hears the answer to the final dot. */
static int
settle(struct smtp *s)
{
	int class, code, rc = 0;

	s->stage = STAGE_dot;
	class = hear(s, PATIENCE_DOT);
	s->waiting = s->dirty = 0;
	if (class < 0) {
		rc = dot_lost(s);
	} else {
		code = class == 2 ? ERR_OK : class == 4 ? ERR_MSG_TEMP :
		    class == 5 ? ERR_MSG_PERM : ERR_PROTOCOL;
		report(s, s->waiting_id, code, STAGE_dot,
		    buf_str(&s->reply.text));
		if (code == ERR_PROTOCOL || s->reply.code == 421)
			rc = refused(s);
	}
	hold_signals(SIG_UNBLOCK);
	return rc;
}

/* DATA was said ahead and the server waits for a message that is not to be
 * sent. Where no recipient was accepted an empty one ends it (RFC 2920 3.1);
 * else somebody would get that. */
static int
send_nothing(struct smtp *s, const struct transaction *t)
{
	if (t->accepted) {
		io_close(&s->io);
		return end_session(s, ERR_PROTOCOL, STR("Server wants the "
		    "message of a transaction it has refused"));
	}
	say(s, STR("."));
	s->dirty = 0;
	return hear(s, PATIENCE_DOT) < 0 ? lost(s) : 0;
}

static int
message(struct smtp *s, struct transaction *t)
{
	int rc;

	rc = prepare(s, t) < 0 ? 0 : commands(s, t);
	if (rc)
		return rc;
	if (!t->code && t->accepted && t->data) {
		rc = send_text(s, t);
		if (rc && t->code)
			report(s, t->m->id, t->code, t->stage,
			    buf_str(&t->text));
		return rc || s->ext.pipelining ? rc : settle(s);
	}
	report(s, t->m->id, t->code ? t->code : ERR_MSG_TEMP, t->stage,
	    buf_str(&t->text));
	return t->data ? send_nothing(s, t) : 0;
}

int
smtp_send(struct smtp *s, const struct module_message *m)
{
	struct transaction t = { 0 };
	int rc;

	t.m = m;
	s->io.limit = s->limit;
	rc = message(s, &t);
	envelope_free(&t.e);
	buf_free(&t.text);
	return rc;
}

int
smtp_settle(struct smtp *s)
{
	return s->waiting ? settle(s) : 0;
}

/* ---- life ---- */

struct smtp *
smtp_new(struct module_options *o, const struct module_report *report_to,
    int strict, int *code, struct buf *why)
{
	struct smtp *s;
	char reason[512] = "";

	*code = module_check(o, 25, 465, why);
	if (*code)
		return NULL;
	s = mem_new(1, sizeof *s);
	s->o = o;
	s->report = report_to;
	s->strict = strict;
	s->limit = CLOCK_NEVER;
	s->io.fd = -1;
	if (o->tls || o->starttls) {
		s->ssl = ssl_new(&o->ssl, reason, sizeof reason);
		if (!s->ssl) {
			buf_add(why, str_of(reason));
			*code = ERR_MSG_TEMP;
			free(s);
			return NULL;
		}
	}
	return s;
}

void
smtp_limit(struct smtp *s, long long deadline)
{
	s->limit = deadline;
}

int
smtp_is_open(const struct smtp *s)
{
	return s->open;
}

enum stage
smtp_stage(const struct smtp *s)
{
	return s->stage;
}

struct str
smtp_text(const struct smtp *s)
{
	return buf_str(&s->text);
}

struct str
smtp_peer(const struct smtp *s)
{
	return buf_str(&s->peer);
}

void
smtp_close(struct smtp *s)
{
	if (!s->open)
		return;
	say(s, STR("QUIT"));
	hear(s, PATIENCE_QUIT);
	io_close(&s->io);
	s->open = 0;
}

void
smtp_free(struct smtp *s)
{
	smtp_close(s);
	ssl_free(s->ssl);
	reply_free(&s->reply);
	forget(&s->ext);
	buf_free(&s->peer);
	buf_free(&s->text);
	free(s);
}

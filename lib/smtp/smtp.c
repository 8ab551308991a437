/* smtp - an SMTP session, client side: its transactions.
 *
 * A transaction is a row of commands: RSET if the last one was left open,
 * MAIL, RCPT..., and then either DATA and the message with its final dot, or
 * BDAT with the message and RSET. They are numbered, spoken in order and
 * answered in order: one at a time; or with PIPELINING (RFC 2920) a window of
 * them ahead, the first of them before the previous final dot is answered; or
 * with CHUNKING too (RFC 3030) many messages ahead, as BDAT waits for nothing.
 *
 * With DATA the 354 shows that replies and commands are in step. With BDAT
 * only the RSET behind it does: where a server has said one reply too many,
 * that is the place of the message's own. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../base/chr.h"
#include "../mail/envelope.h"
#include "../base/mem.h"
#include "session.h"
#include "smtp.h"
#include "../mail/wire.h"

/* What may be unanswered at a time: commands, whose replies must fit into
 * buffers, messages, and their octets, which a lost connection makes possible
 * duplicates of. */
#define WINDOW_COMMANDS 150
#define WINDOW_MESSAGES 64
#define WINDOW_OCTETS (1024 * 1024)

struct transaction {
	struct transaction *next;
	struct protocol_message m;
	struct envelope e;
	struct wire_size size;
	size_t commands;	/* in all */
	size_t said, heard;
	size_t say_at;		/* recipients, as envelope_next wants it */
	size_t accepted;	/* recipients */
	int reset;		/* 1 if the first command is RSET */
	int chunked;		/* BDAT, not DATA */
	int data;		/* the server waits for the message */
	int answered;		/* code is what the server says of it */
	unsigned long long end;	/* io.put behind its last octet; 0 before */
	int code;		/* result of the message as a whole */
	enum stage stage;
	struct buf text;
};

struct smtp {
	struct smtp_session session;	/* first: it begins with its
					 * connection */
	int strict;
	int dirty;		/* the server has half a transaction */
	struct transaction *first, *last;	/* unanswered, oldest first */
	size_t unheard;		/* commands */
	unsigned long long octets;	/* of the messages among them */
};

/* ---- transactions and their results ---- */

static int
failed(struct transaction *t, int code, enum stage stage, struct str text)
{
	if (!t->code) {
		t->code = code;
		t->stage = stage;
		buf_set(&t->text, text);
	}
	return -1;
}

static void
report(struct smtp *s, const struct transaction *t, int code,
    enum stage stage, struct str text)
{
	const struct protocol_report *r = s->session.c.report;

	r->message(r->context, t->m.id, code, stage, text);
}

static struct transaction *
new_transaction(struct smtp *s, const struct protocol_message *m)
{
	struct transaction *t = mem_new(1, sizeof *t);

	t->m = *m;
	if (s->last)
		s->last->next = t;
	else
		s->first = t;
	s->last = t;
	return t;
}

/* The oldest leaves the row. */
static void
drop_first(struct smtp *s)
{
	struct transaction *t = s->first;

	s->first = t->next;
	if (!s->first)
		s->last = NULL;
	s->unheard -= t->said - t->heard;
	s->octets -= t->end ? t->size.octets : 0;
	envelope_free(&t->e);
	buf_free(&t->text);
	free(t);
}

/* The oldest transaction is complete: reports its result. */
static void
finish_transaction(struct smtp *s)
{
	struct transaction *t = s->first;

	report(s, t, t->code, t->stage, buf_str(&t->text));
	drop_first(s);
	if (!s->first || !s->first->end)
		connection_hold_signals(SIG_UNBLOCK);
}

/* What the server may have taken although it has not said so. */
static void
report_lost(struct smtp *s, struct transaction *t, int code)
{
	struct buf text = { 0 };

	buf_cat(&text, buf_str(&s->session.c.text), t->chunked ?
	    STR(" after the last chunk") : STR(" after the final dot"),
	    STR(": the message may have been taken, possible duplicate"));
	report(s, t, code, STAGE_dot, buf_str(&text));
	buf_free(&text);
}

/* Replies that are about the session and not the message, whatever they
 * answer: 421, the server goes; 530, it wants a login or TLS first. */
static int
is_farewell(const struct smtp *s)
{
	return s->session.reply.code == 421 || s->session.reply.code == 530;
}

/* Reports transactions that have a result or whose message was sent completely
 * (possible duplicates; none where the server said that it closes). The others
 * stay unreported and are retried. */
static int
abandon(struct smtp *s, int code)
{
	unsigned long long sent = is_farewell(s) ? 0 : s->session.c.io.sent;

	while (s->first) {
		struct transaction *t = s->first;

		if (t->code || t->answered)
			report(s, t, t->code, t->stage, buf_str(&t->text));
		else if (t->end && sent >= t->end)
			report_lost(s, t, code);
		drop_first(s);
	}
	connection_hold_signals(SIG_UNBLOCK);
	return code;
}

static int
lost(struct smtp *s)
{
	return abandon(s, session_lost(&s->session));
}

static int
refused(struct smtp *s)
{
	return abandon(s, session_refused(&s->session));
}

/* ---- commands ---- */

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
add_mailbox(struct buf *b, struct str address)
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
	const struct extensions *x = &s->session.ext;

	if (has_eight_bit(buf_str(&t->e.text)) && !x->utf8)
		return failed(t, ERR_MSG_PERM, STAGE_mail, STR("An address "
		    "needs SMTPUTF8, which the server does not offer"));
	if (x->size_limit && t->size.octets > x->size_limit) {
		failed(t, ERR_MSG_PERM, STAGE_mail, STR(""));
		buf_fmt(&t->text, "The message has %llu bytes, the server "
		    "takes no more than %lu", t->size.octets,
		    x->size_limit);
		return -1;
	}
	return 0;
}

static int
fail_unreadable(struct transaction *t, enum stage stage)
{
	const char *error = strerror(errno);

	failed(t, ERR_MSG_READ, stage, STR("Could not read message: "));
	buf_add(&t->text, str_of(error));
	return -1;
}

static int
prepare_transaction(struct smtp *s, struct transaction *t)
{
	const struct extensions *x = &s->session.ext;

	if (envelope_read(t->m.fd, &t->e) < 0 ||
	    wire_measure(t->m.fd, t->e.body, &t->size) < 0)
		return fail_unreadable(t, STAGE_mail);
	if (check(s, t) < 0)
		return -1;
	t->chunked = x->chunking && x->pipelining && !s->strict &&
	    !s->session.carried->no_chunking;
	t->reset = s->first == t && s->dirty;
	t->commands = (size_t)t->reset + 1 + t->e.count + 2;
	return 0;
}

/* What command number k of a transaction is. */
static enum stage
stage_of(const struct transaction *t, size_t k)
{
	if (k < (size_t)t->reset)
		return STAGE_session;
	k -= (size_t)t->reset;
	if (k == 0)
		return STAGE_mail;
	if (k <= t->e.count)
		return STAGE_rcpt;
	if (t->chunked)
		return k == t->e.count + 1 ? STAGE_dot : STAGE_session;
	return k == t->e.count + 1 ? STAGE_data : STAGE_dot;
}

static void
say_mail(struct smtp *s, const struct transaction *t)
{
	struct buf b = { 0 };

	buf_set(&b, STR("MAIL FROM:"));
	add_mailbox(&b, envelope_sender(&t->e));
	if (s->session.ext.size)
		buf_fmt(&b, " SIZE=%llu", t->size.octets);
	if (s->session.ext.eight_bit && t->size.eight_bit)
		buf_add(&b, STR(" BODY=8BITMIME"));
	if (has_eight_bit(buf_str(&t->e.text)))
		buf_add(&b, STR(" SMTPUTF8"));
	session_send(&s->session, buf_str(&b));
	buf_free(&b);
}

static void
say_recipient(struct smtp *s, struct transaction *t)
{
	struct buf b = { 0 };

	add_mailbox(&b, envelope_next(&t->e, &t->say_at));
	session_send(&s->session, STR("RCPT TO:"), buf_str(&b));
	buf_free(&b);
}

static void
say_next(struct smtp *s, struct transaction *t)
{
	struct buf b = { 0 };

	switch (stage_of(t, t->said++)) {
	case STAGE_mail:
		say_mail(s, t);
		break;
	case STAGE_rcpt:
		say_recipient(s, t);
		break;
	case STAGE_data:
		session_send(&s->session, STR("DATA"));
		break;
	case STAGE_dot:
		buf_fmt(&b, "BDAT %llu LAST", t->size.octets);
		session_send(&s->session, buf_str(&b));
		buf_free(&b);
		break;
	default:
		session_send(&s->session, STR("RSET"));
	}
	s->unheard++;
}

/* ---- replies ---- */

static void
recipient_refused(struct smtp *s, struct transaction *t, size_t index,
    int code)
{
	const struct protocol_report *r = s->session.c.report;
	struct str text = buf_str(&s->session.reply.text);

	if (t->code)
		return;
	if (s->strict)
		failed(t, code, STAGE_rcpt, text);
	else
		r->recipient(r->context, t->m.id, index, code, text);
	t->stage = STAGE_rcpt;
	buf_set(&t->text, text);
}

/* A server that does not know BDAT although it offered it takes the message
 * for commands: it must not get another octet. What it got it cannot have
 * understood, so all of it is sent again, by DATA. */
static int
chunking_unknown(struct smtp *s)
{
	s->session.carried->no_chunking = 1;
	io_close(&s->session.c.io);
	session_end(&s->session, ERR_PROTOCOL, buf_str(&s->session.reply.text));
	while (s->first)
		drop_first(s);
	connection_hold_signals(SIG_UNBLOCK);
	return PROTOCOL_AGAIN;
}

/* The last reply of a transaction. */
static int
on_final_reply(struct smtp *s, struct transaction *t, int class)
{
	struct str text = buf_str(&s->session.reply.text);
	int code = s->session.reply.code;

	if (t->chunked && (code == 500 || code == 501 || code == 502 ||
	    code == 504))
		return chunking_unknown(s);
	s->dirty = 0;
	t->answered = 1;
	if (!t->accepted && !t->code)
		t->code = ERR_MSG_TEMP;
	else if (class != 2)
		failed(t, class == 4 ? ERR_MSG_TEMP : class == 5 ?
		    ERR_MSG_PERM : ERR_PROTOCOL, STAGE_dot, text);
	if (!t->code) {
		t->stage = STAGE_dot;
		buf_set(&t->text, text);
	}
	if (!t->chunked)
		finish_transaction(s);
	return class == 3 || code == 421 ? refused(s) : 0;
}

/* RSET's reply. Where it refuses it is not that, and what was taken for the
 * message's reply was not that either. */
static int
on_rset_reply(struct smtp *s, struct transaction *t, int class)
{
	s->dirty = 0;
	if (class != 2) {
		t->answered = t->code = 0;
		return -1;
	}
	if (t->answered)
		finish_transaction(s);
	return 0;
}

/* What a reply means for its transaction; -1: nothing that SMTP allows. */
static int
on_reply(struct smtp *s, struct transaction *t, size_t k, int class)
{
	enum stage stage = stage_of(t, k);
	int code = class == 4 ? ERR_MSG_TEMP : ERR_MSG_PERM;

	if (stage == STAGE_session)
		return on_rset_reply(s, t, class);
	if (class == 4 || class == 5) {
		if (stage == STAGE_rcpt)
			recipient_refused(s, t, k - (size_t)t->reset - 1,
			    code);
		else if (stage == STAGE_mail || t->accepted)
			failed(t, code, stage, buf_str(&s->session.reply.text));
		return 0;
	}
	if (class != (stage == STAGE_data ? 3 : 2))
		return -1;
	t->accepted += stage == STAGE_rcpt;
	t->data = stage == STAGE_data;
	s->dirty = 1;
	return 0;
}

/* Hears the next reply, which is the oldest transaction's. */
static int
hear_next(struct smtp *s)
{
	struct transaction *t = s->first;
	size_t k = t->heard;
	int class;

	s->session.c.stage = stage_of(t, k);
	class = session_reply(&s->session, s->session.c.stage == STAGE_dot ?
	    PATIENCE_DOT : PATIENCE_COMMAND);
	if (class < 0)
		return lost(s);
	t->heard++;
	s->unheard--;
	if (s->session.c.stage == STAGE_dot)
		return on_final_reply(s, t, class);
	if (is_farewell(s))
		return refused(s);
	return on_reply(s, t, k, class) < 0 ? refused(s) : 0;
}

/* ---- the message ---- */

static int
send_block(struct smtp *s, struct wire *w, struct str block)
{
	struct str piece;

	io_deadline(&s->session.c.io, PATIENCE_BLOCK);
	while (wire_next(w, &block, &piece))
		if (io_put(&s->session.c.io, piece) < 0)
			return -1;
	return 0;
}

/* A message cannot be taken back half way, so the session is over. */
static int
cannot_read(struct smtp *s, struct transaction *t)
{
	fail_unreadable(t, STAGE_data);
	io_close(&s->session.c.io);
	return abandon(s, session_end(&s->session, ERR_MSG_READ,
	    STR("Could not read the message to its end")));
}

/* The message and what ends it. */
static int
send_text(struct smtp *s, struct transaction *t)
{
	struct wire w = { !t->chunked, 0, 0, 0 };
	char block[32768];
	off_t at = t->e.body;
	ssize_t n;

	s->session.c.stage = STAGE_data;
	while ((n = pread(t->m.fd, block, sizeof block, at)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return cannot_read(s, t);
		at += n;
		if (send_block(s, &w, (struct str){ block, (size_t)n }) < 0)
			return lost(s);
	}
	connection_hold_signals(SIG_BLOCK);
	io_put(&s->session.c.io, wire_end(&w));
	if (!t->chunked) {
		io_put(&s->session.c.io, STR(".\r\n"));
		t->said++;
		s->unheard++;
	}
	t->end = s->session.c.io.put;
	s->octets += t->size.octets;
	if (t->chunked)
		say_next(s, t);
	return 0;
}

/* DATA was said ahead and the server waits for a message that is not to be
 * sent. Where no recipient was accepted an empty one ends it (RFC 2920 3.1);
 * else somebody would get that. */
static int
send_nothing(struct smtp *s, struct transaction *t)
{
	if (t->accepted) {
		io_close(&s->session.c.io);
		return abandon(s, session_end(&s->session, ERR_PROTOCOL,
		    STR("Server wants the message of a transaction it has "
		    "refused")));
	}
	session_send(&s->session, STR("."));
	t->said++;
	s->unheard++;
	return 0;
}

/* ---- a transaction ---- */

/* Whether to send the next command now. Without PIPELINING nothing follows a
 * refused MAIL, nor DATA without an accepted recipient. */
static int
more_to_say(const struct smtp *s, const struct transaction *t)
{
	if (t->said == t->commands - 1 || s->unheard >= WINDOW_COMMANDS)
		return 0;
	if (s->session.ext.pipelining && !s->strict)
		return !t->code;
	return !s->unheard && !t->code &&
	    (t->accepted || stage_of(t, t->said) != STAGE_data);
}

/* Ends a transaction whose message is not sent. */
static int
give_up(struct smtp *s, struct transaction *t)
{
	if (!t->code)
		t->code = ERR_MSG_TEMP;
	if (t->data)
		return send_nothing(s, t);
	finish_transaction(s);
	return 0;
}

static int
by_data(struct smtp *s, struct transaction *t)
{
	int rc = 0;

	do {
		while (more_to_say(s, t))
			say_next(s, t);
		if (s->first != t || t->heard < t->said)
			rc = hear_next(s);
	} while (!rc && (s->first != t || t->heard < t->said ||
	    more_to_say(s, t)));
	if (rc)
		return rc;
	if (t->code || !t->accepted || !t->data)
		return give_up(s, t);
	return send_text(s, t);
}

/* Nothing is unanswered and yet the server speaks. With DATA the 354 tells
 * that replies and commands are out of step; here nothing would. */
static int
unasked(struct smtp *s)
{
	s->session.c.stage = STAGE_session;
	return session_reply(&s->session, PATIENCE_COMMAND) < 0 ? lost(s) :
	    refused(s);
}

static int
by_chunk(struct smtp *s, struct transaction *t)
{
	int rc = 0;

	if (s->first == t && io_unread(&s->session.c.io))
		return unasked(s);
	while (!rc && s->first != t &&
	    s->octets + t->size.octets > WINDOW_OCTETS)
		rc = hear_next(s);
	while (!rc && t->said < t->commands - 1) {
		if (s->unheard >= WINDOW_COMMANDS)
			rc = hear_next(s);
		else
			say_next(s, t);
	}
	return rc ? rc : send_text(s, t);
}

/* A message that cannot be sent to this server, or at all, is out of the row
 * at once. */
static void
cannot_send(struct smtp *s, struct transaction *t)
{
	struct transaction **at = &s->first;

	report(s, t, t->code, t->stage, buf_str(&t->text));
	while (*at != t)
		at = &(*at)->next;
	s->last = NULL;
	*at = NULL;
	for (at = &s->first; *at; at = &(*at)->next)
		s->last = *at;
	envelope_free(&t->e);
	buf_free(&t->text);
	free(t);
}

static int
smtp_send(struct connection *session, const struct protocol_message *m)
{
	struct smtp *s = (struct smtp *)session;
	struct transaction *t = new_transaction(s, m);
	int rc;

	s->session.c.io.limit = s->session.c.limit;
	if (prepare_transaction(s, t) < 0) {
		cannot_send(s, t);
		return 0;
	}
	rc = t->chunked ? by_chunk(s, t) : by_data(s, t);
	while (!rc && s->first && !s->session.ext.pipelining)
		rc = hear_next(s);
	return rc;
}

static int
smtp_settle(struct connection *session)
{
	struct smtp *s = (struct smtp *)session;
	const struct transaction *oldest = s->first;
	int rc = 0;

	while (!rc && oldest && s->first == oldest)
		rc = hear_next(s);
	return rc;
}

/* ---- life ---- */

static struct connection *
smtp_create(const struct protocol_setup *setup, int *code, struct buf *why)
{
	struct smtp *s;

	*code = ERR_USAGE;
	if (!setup->helo || !*setup->helo) {
		buf_add(why, STR("$HELOHOST is not set"));
		return NULL;
	}
	s = mem_new(1, sizeof *s);
	s->strict = setup->strict;
	s->session.helo = setup->helo;
	s->session.carried = setup->carried;
	*code = connection_init(&s->session.c, setup, why);
	if (!*code)
		return &s->session.c;
	free(s);
	return NULL;
}

static int
smtp_open(struct connection *session)
{
	struct smtp *s = (struct smtp *)session;

	s->dirty = 0;
	s->unheard = 0;
	s->octets = 0;
	return session_open(&s->session);
}

static size_t
smtp_window(const struct connection *session)
{
	const struct smtp *s = (const struct smtp *)session;
	const struct extensions *x = &s->session.ext;

	if (!x->pipelining || s->strict)
		return 1;
	return x->chunking && !s->session.carried->no_chunking ?
	    WINDOW_MESSAGES : PROTOCOL_AHEAD;
}

static void
smtp_close(struct connection *session)
{
	session_quit(&((struct smtp *)session)->session);
}

static void
smtp_free(struct connection *session)
{
	session_free(&((struct smtp *)session)->session);
	free(session);
}

const struct protocol smtp_protocol = {
	"smtp", "Transmit the message on descriptor 3 by SMTP; options also on "
	"stdin.", 25, 465, 1, smtp_create, smtp_open, smtp_send, smtp_settle,
	smtp_window, smtp_close, smtp_free
};

/* smtp - an SMTP session, client side: who is served when, and the message
 * itself.
 *
 * One command at a time; or with PIPELINING (RFC 2920) the commands of a
 * transaction ahead, the first of them before the previous final dot is
 * answered; or with CHUNKING too (RFC 3030) many messages ahead, as BDAT waits
 * for nothing. Only small messages to one recipient ride so: a large one may
 * be refused before it is sent, and of several recipients only DATA's 354
 * tells in time whose each refusal was. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/mem.h"
#include "../mail/content.h"
#include "options.h"
#include "smtp.h"
#include "transaction.h"

/* What may be unanswered at a time: commands, whose replies must fit into
 * buffers, messages at first, and their octets. */
#define WINDOW_COMMANDS 150
#define WINDOW_FIRST 8
#define WINDOW_OCTETS (1024 * 1024)

#define RIDES_OCTETS 65536

/* ---- the message ---- */

/* Puts a block, and counts its octets down from *left. 0; 1 if they are more;
 * -1 if the connection takes no more. */
static int
put_block(struct smtp *s, struct wire *w, struct str block,
    unsigned long long *left)
{
	struct str piece;

	io_deadline(&s->session.c.io, PATIENCE_BLOCK);
	while (wire_next(w, &block, &piece)) {
		if (!w->dotted && piece.n > *left)
			return 1;
		*left -= w->dotted ? 0 : piece.n;
		if (io_put(&s->session.c.io, piece) < 0)
			return -1;
	}
	return 0;
}

/* Exactly the octets that were measured, whatever became of the file. 0; 1 if
 * it does not have them any more; -1 if the connection takes no more. */
static int
put_message(struct smtp *s, const struct outgoing *o, struct wire *w)
{
	unsigned long long left = o->size.octets;
	struct content c;
	struct str bytes;
	int rc = 0, got = 0;

	content_begin(&c, o->m.fd, &o->e, o->size.end,
	    &s->session.c.identity);
	while (!rc && (got = content_next(&c, &bytes)) > 0)
		rc = put_block(s, w, bytes, &left);
	content_free(&c);
	if (got < 0)
		return 1;
	return rc ? rc : left != wire_end(w).n;
}

/* A message cannot be taken back half way, so the session is over, and not
 * another octet must go out that could complete it. */
static int
file_changed(struct smtp *s, struct transaction *t)
{
	struct result r = { ERR_MSG_READ, FAULT_OURS, STAGE_data, 0, 0,
	    STR("Could not read message: the file changed while it was sent") };
	int rc = 0;

	io_mute(&s->session.c.io);
	while (!rc && s->first != t)
		rc = answer_hear(s);
	if (rc)
		return rc;
	t->failure = outgoing_outcome(t->o, &r);
	transaction_finish(s);
	io_close(&s->session.c.io);
	return transaction_end(s, FAULT_AGAIN, ERR_MSG_READ, r.text);
}

static int
send_body(struct smtp *s, struct transaction *t)
{
	struct io *io = &s->session.c.io;
	struct wire w = { !t->chunked, 0, 0, 0 };
	int rc;

	s->session.c.stage = STAGE_data;
	rc = put_message(s, t->o, &w);
	if (rc)
		return rc < 0 ? answer_hear_rest(s) : file_changed(s, t);
	connection_hold_signals(SIG_BLOCK);
	io_put(io, wire_end(&w));
	if (!t->chunked) {
		io_put(io, STR(".\r\n"));
		t->said++;
		s->unheard++;
	}
	t->end = io->put;
	s->octets += t->o->size.octets;
	s->in_flight++;
	if (t->chunked)
		command_next(s, t);
	return 0;
}

/* DATA was said ahead, no recipient was accepted, and yet the server waits for
 * a message: an empty one ends it (RFC 2920 3.1). */
static int
send_nothing(struct smtp *s, struct transaction *t)
{
	session_send(&s->session, STR("."));
	t->said++;
	s->unheard++;
	return 0;
}

/* ---- a transaction ---- */

static int
chunking(const struct smtp *s)
{
	const struct extensions *x = &s->session.ext;

	return x->chunking && x->pipelining && !s->strict &&
	    !s->session.carried->no_chunking;
}

/* Whether to say the next command, up to DATA, now. The module run by hand says
 * nothing after a refusal; else DATA is said even if none was accepted, as
 * its answer shows whether the refusals were. */
static int
more_to_say(const struct smtp *s, const struct transaction *t)
{
	if (t->said > t->recipients + 1 || s->unheard >= WINDOW_COMMANDS)
		return 0;
	if (s->strict)
		return !s->unheard && !t->failure;
	return s->session.ext.pipelining || !s->unheard;
}

static int
by_data(struct smtp *s, struct transaction *t)
{
	int rc = 0;

	do {
		while (more_to_say(s, t))
			command_next(s, t);
		if (s->first != t || t->heard < t->said)
			rc = answer_hear(s);
	} while (!rc && (s->first != t || t->heard < t->said ||
	    more_to_say(s, t)));
	if (rc)
		return rc;
	if (t->go)
		return t->accepted ? send_body(s, t) : send_nothing(s, t);
	if (s->strict) {
		transaction_finish(s);
		return 0;
	}
	/* If it does want the message after all, none must follow in a form
	 * that would be taken for its text. */
	command_next(s, t);
	return chunking(s) ? answer_hear(s) : 0;
}

static int
by_chunk(struct smtp *s, struct transaction *t)
{
	int rc = 0;

	while (!rc && s->first != t && (s->in_flight >= s->window ||
	    s->unheard + 4 > WINDOW_COMMANDS ||
	    s->octets + t->o->size.octets > WINDOW_OCTETS))
		rc = answer_hear(s);
	while (!rc && t->said <= t->recipients + 1)
		command_next(s, t);
	return rc ? rc : send_body(s, t);
}

static int
send_transaction(struct smtp *s, struct outgoing *o)
{
	struct transaction *t = transaction_new(s, o);

	t->chunked = chunking(s) && !o->doubt && o->e.count == 1 &&
	    o->size.octets <= RIDES_OCTETS;
	/* Nothing is unanswered and yet the server speaks. */
	if (t->chunked && s->first == t && io_unread(&s->session.c.io))
		return answer_unasked(s);
	return t->chunked ? by_chunk(s, t) : by_data(s, t);
}

/* The next transaction of the messages that need one; their recipients have
 * waited longest. */
static int
send_more(struct smtp *s)
{
	struct outgoing *o;
	int rc = 0;

	while (!rc && s->first)
		rc = answer_hear(s);
	if (rc)
		return rc;
	o = s->more;
	s->more = o->next;
	return send_transaction(s, o);
}

/* ---- a message ---- */

static const char no_utf8[] =
    "An address needs SMTPUTF8, which the server does not offer";

/* Leaves out the recipients that this server cannot be asked for. */
static void
check_recipients(struct outgoing *o)
{
	struct result r = { ERR_MSG_PERM, FAULT_ROUTE, STAGE_rcpt, 0, 0,
	    STR("") };
	struct str address;
	size_t at = 0, i;

	r.text = str_of(no_utf8);
	for (i = 0; (address = envelope_next(&o->e, &at)).p; i++) {
		if (!command_needs_utf8(address))
			continue;
		o->fate[i] = outgoing_outcome(o, &r);
		o->state[i] = RCPT_REFUSED;
		o->waiting--;
	}
}

static void
too_large(const struct smtp *s, struct outgoing *o)
{
	char text[120];

	snprintf(text, sizeof text, "The message has %llu bytes, the server "
	    "takes no more than %lu", o->size.octets,
	    s->session.ext.size_limit);
	outgoing_fail(o, ERR_MSG_PERM, FAULT_ROUTE, str_of(text));
}

/* What this server cannot be asked. 1 if anything is left to be sent. */
static int
check_message(struct smtp *s, struct outgoing *o)
{
	const struct extensions *x = &s->session.ext;
	struct str all = buf_str(&o->e.text);

	if (!x->utf8 && command_needs_utf8(s->strict ? all :
	    envelope_sender(&o->e)))
		outgoing_fail(o, ERR_MSG_PERM, FAULT_ROUTE, str_of(no_utf8));
	else if (x->size_limit && o->size.octets > x->size_limit)
		too_large(s, o);
	else if (!x->utf8 && command_needs_utf8(all))
		check_recipients(o);
	outgoing_settle(o);
	return !o->result && o->waiting;
}

static int
smtp_send(struct connection *session, const struct protocol_message *m)
{
	struct smtp *s = (struct smtp *)session;
	struct outgoing *o;
	int rc = 0;

	s->session.c.io.limit = s->session.c.limit;
	while (!rc && s->more)
		rc = send_more(s);
	if (rc)
		return rc;
	o = outgoing_new(m, &s->session.c.identity);
	if (o->result || !check_message(s, o)) {
		transaction_report(s, o);
		return 0;
	}
	rc = send_transaction(s, o);
	while (!rc && s->first && !s->session.ext.pipelining)
		rc = answer_hear(s);
	return rc;
}

static int
smtp_settle(struct connection *session)
{
	struct smtp *s = (struct smtp *)session;
	unsigned long reports = s->reports;
	int rc = 0;

	while (!rc && s->reports == reports && (s->first || s->more))
		rc = s->first ? answer_hear(s) : send_more(s);
	return rc;
}

/* ---- life ---- */

static struct connection *
smtp_create(const struct protocol_setup *setup, int *code, struct buf *why)
{
	const char *domain = setup->options->domain;
	const char *helo = domain ? domain : setup->helo;
	struct smtp *s;

	*code = ERR_USAGE;
	if (!helo || !*helo) {
		buf_add(why, STR("$HELOHOST is not set"));
		return NULL;
	}
	s = mem_new(1, sizeof *s);
	s->strict = setup->strict;
	s->session.helo = helo;
	s->session.carried = setup->carried;
	s->window = WINDOW_FIRST;
	if (setup->carried->window > 0) {
		s->window = (size_t)setup->carried->window;
		s->chunks = 1;
	}
	*code = connection_init(&s->session.c, setup, why);
	if (!*code)
		return &s->session.c;
	free(s);
	return NULL;
}

static int
smtp_open(struct connection *session)
{
	return session_open(&((struct smtp *)session)->session);
}

static size_t
smtp_window(const struct connection *session)
{
	const struct smtp *s = (const struct smtp *)session;

	if (!s->session.ext.pipelining || s->strict)
		return 1;
	return chunking(s) ? s->window : PROTOCOL_AHEAD;
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

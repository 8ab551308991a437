/* transaction - how an SMTP session's transactions begin and end, and what is
 * reported when the session does.
 *
 * The commands of all transactions are one sequence, and so are the replies.
 * A server that says one reply too many, or one too few, would make each of
 * ours another's; so nothing counts before replies and commands are known to
 * be in step. With DATA the 354 shows it, which answers nothing else. With
 * BDAT, and where DATA was refused, the 2xx to the RSET after it shows it: out
 * of step it would be the answer to what was refused, and no 2xx. */
#include <signal.h>
#include <stdlib.h>

#include "../base/mem.h"
#include "options.h"
#include "transaction.h"

#define RECIPIENTS 100		/* of a transaction, if no option says it */
#define LIMIT_SURE 10		/* so many were accepted, not by chance */
#define WINDOW_MOST 64

/* ---- begin and end ---- */

size_t
transaction_limit(const struct smtp *s)
{
	int wanted = s->session.c.o->recipients, learned =
	    s->session.carried->at_once;

	if (s->strict)
		return (size_t)-1;
	if (!wanted)
		wanted = RECIPIENTS;
	return (size_t)(learned && learned < wanted ? learned : wanted);
}

struct transaction *
transaction_new(struct smtp *s, struct outgoing *o)
{
	struct transaction *t = mem_new(1, sizeof *t);
	size_t limit = transaction_limit(s);

	t->o = o;
	t->recipients = o->waiting < limit ? o->waiting : limit;
	if (s->last)
		s->last->next = t;
	else
		s->first = t;
	s->last = t;
	return t;
}

/* The oldest leaves the list. */
static void
drop_first(struct smtp *s)
{
	struct transaction *t = s->first;

	s->first = t->next;
	if (!s->first)
		s->last = NULL;
	s->unheard -= t->said - t->heard;
	if (t->end) {
		s->octets -= t->o->size.octets;
		s->in_flight--;
	}
	free(t);
}

void
transaction_report(struct smtp *s, struct outgoing *o)
{
	s->reports++;
	outgoing_report(o, s->session.c.report);
	outgoing_free(o);
}

static void
learn_limit(struct smtp *s, const struct transaction *t)
{
	if (t->limit && t->limit < transaction_limit(s))
		s->session.carried->at_once = (int)t->limit;
}

/* A server that takes many messages ahead gets more of them. */
static void
grow_window(struct smtp *s)
{
	if (++s->clean < s->window || s->window == WINDOW_MOST)
		return;
	s->window = s->window < WINDOW_MOST / 2 ? 2 * s->window : WINDOW_MOST;
	s->clean = 0;
}

static void
send_again(struct smtp *s, struct outgoing *o)
{
	o->next = s->more;
	s->more = o;
}

/* The recipients that are left: another transaction, unless what failed the
 * last one is as true of them. Only what they were asked for refuses them for
 * good. */
static void
go_on(struct smtp *s, struct outgoing *o, unsigned failure)
{
	if (failure && (s->strict ||
	    !err_is_permanent(o->outcome[failure - 1].r.code)))
		outgoing_move(o, RCPT_WAITING, RCPT_FAILED, failure);
	if (!o->waiting) {
		transaction_report(s, o);
		return;
	}
	o->parts++;
	send_again(s, o);
}

void
transaction_finish(struct smtp *s)
{
	struct transaction *t = s->first;
	struct outgoing *o = t->o;
	unsigned failure = t->failure;

	if (failure) {
		outgoing_move(o, RCPT_ASKED, RCPT_FAILED, failure);
		outgoing_move(o, RCPT_ACCEPTED, RCPT_FAILED, failure);
		o->result = failure;
	}
	if (t->success) {
		outgoing_move(o, RCPT_ACCEPTED, RCPT_TAKEN, t->success);
		o->result = t->success;
	}
	if (t->postponed > 1 || t->limit >= LIMIT_SURE)
		learn_limit(s, t);
	if (t->chunked) {
		s->chunks |= t->accepted > 0;
		grow_window(s);
	}
	/* By DATA too it is refused: BDAT need not be why, and the next session
	 * may try it. */
	if (o->doubt && failure &&
	    err_is_permanent(o->outcome[failure - 1].r.code))
		s->session.carried->no_chunking = 0;
	outgoing_settle(o);
	drop_first(s);
	go_on(s, o, failure);
	if (!s->in_flight)
		connection_hold_signals(SIG_UNBLOCK);
}

/* The server has answered for the oldest. */
int
transaction_answered(struct smtp *s)
{
	s->session.c.answered++;
	transaction_finish(s);
	return 0;
}

/* No message fails because of BDAT alone. */
int
transaction_by_data(struct smtp *s)
{
	struct outgoing *o = s->first->o;

	s->session.carried->no_chunking = 1;
	s->session.ext.chunking = 0;
	o->doubt = 1;
	outgoing_forget(o);
	drop_first(s);
	send_again(s, o);
	return 0;
}

/* ---- the end of the session ---- */

/* Whether the server may have the message although it has not said so. */
static int
may_be_taken(const struct smtp *s, const struct transaction *t)
{
	int asked = t->heard <= t->recipients && !t->failure;

	if (s->none_taken || !t->end || s->session.c.io.sent < t->end)
		return 0;
	if (t->class)
		return t->class < 4;
	return t->accepted || asked || s->garbled;
}

/* What the server may have taken. */
static void
cut_off(const struct transaction *t, const struct result *end)
{
	struct outgoing *o = t->o;
	struct result r = *end;
	struct buf text = { 0 };

	buf_put(&text, "% after the %: the message may have been taken, "
	    "possible duplicate", r.text,
	    t->chunked ? STR("last chunk") : STR("final dot"));
	r.stage = STAGE_dot;
	r.unanswered = 1;
	r.text = buf_str(&text);
	if (t->chunked)
		outgoing_forget(o);
	o->result = outgoing_outcome(o, &r);
	outgoing_move(o, t->chunked ? RCPT_WAITING : RCPT_ACCEPTED,
	    RCPT_FAILED, o->result);
	outgoing_settle(o);
	buf_free(&text);
}

/* What is known of o is reported, if there is such or it is to blame; those
 * who were asked for nothing have the session's result. */
static void
leave_behind(struct smtp *s, struct outgoing *o, const struct result *r)
{
	unsigned fate;

	if (!o->parts && !o->result && r->fault != FAULT_CONNECTION) {
		outgoing_free(o);
		return;
	}
	if (o->waiting) {
		fate = outgoing_outcome(o, r);
		outgoing_move(o, RCPT_WAITING, RCPT_FAILED, fate);
		outgoing_settle(o);
		if (!o->taken)
			o->result = fate;
	}
	transaction_report(s, o);
}

/* A server that went may have said why before. */
static void
last_words(const struct smtp *s, const struct outgoing *o, struct result *r,
    struct buf *words)
{
	const struct outcome *last;

	if (s->session.c.io.state == IO_OPEN || o->outcomes == o->settled)
		return;
	last = &o->outcome[o->outcomes - 1];
	if (!last->r.code)
		return;
	r->stage = last->r.stage;
	r->reply = last->r.reply;
	buf_set(words, buf_str(&last->text));
	r->text = buf_str(words);
}

static void
leave_first(struct smtp *s, struct result r)
{
	struct transaction *t = s->first;
	struct outgoing *o = t->o;
	struct buf words = { 0 };

	if (t->go)
		outgoing_settle(o);
	if (may_be_taken(s, t)) {
		cut_off(t, &r);
	} else {
		last_words(s, o, &r, &words);
		outgoing_forget(o);
	}
	drop_first(s);
	leave_behind(s, o, &r);
	buf_free(&words);
}

/* Another connection does better if it knows what this one has shown: nobody
 * is to blame. */
static void
learn_from_end(struct smtp *s)
{
	struct carried *carried = s->session.carried;
	int at_once = carried->at_once;

	if (s->first)
		learn_limit(s, s->first);
	if (carried->at_once != at_once)
		s->session.c.fault = FAULT_AGAIN;
	if (s->in_flight && s->window > 1)
		s->window /= 2;
	if (s->chunks)
		carried->window = (int)s->window;
}

static int
abandon(struct smtp *s, int code)
{
	struct connection *c = &s->session.c;
	struct outgoing *o;
	struct result r;

	learn_from_end(s);
	r = (struct result){ code, c->fault, c->stage, c->reply, 0,
	    buf_str(&c->text) };
	while (s->first) {
		leave_first(s, r);
		if (r.fault == FAULT_CONNECTION)
			r.fault = FAULT_END;
	}
	while ((o = s->more) != NULL) {
		s->more = o->next;
		leave_behind(s, o, &r);
	}
	connection_hold_signals(SIG_UNBLOCK);
	return code;
}

int
transaction_end(struct smtp *s, enum fault fault, int code, struct str text)
{
	return abandon(s, session_end(&s->session, fault, code,
	    text));
}

/* The message was accepted, and RSET's answer will not come any more. */
static int
is_taken_at_end(const struct smtp *s)
{
	return s->first && s->first->chunked && s->first->class == 2;
}

/* A server that does not know BDAT although it offered it takes the message
 * for commands: it must not get another octet. What it got it cannot have
 * understood, so all of it is sent again, by DATA. One that never answers BDAT
 * may have it. */
static void
chunking_unknown(struct smtp *s, const struct transaction *t)
{
	s->session.carried->no_chunking = 1;
	s->session.c.fault = FAULT_AGAIN;
	s->none_taken |= t->unknown;
}

int
transaction_lost(struct smtp *s)
{
	const struct transaction *t = s->first;
	enum io_state state = s->session.c.io.state;
	int code, silent = state == IO_TIMEOUT && t && t->chunked &&
	    !s->chunks && s->session.c.stage == STAGE_dot;

	if (state != IO_OPEN && state != IO_TIMEOUT && is_taken_at_end(s))
		transaction_answered(s);
	code = session_lost(&s->session);
	if (s->first && (silent || s->first->unknown))
		chunking_unknown(s, s->first);
	return abandon(s, code);
}

/* 421: the server goes, and takes nothing more. */
int
transaction_farewell(struct smtp *s)
{
	if (is_taken_at_end(s))
		transaction_answered(s);
	s->none_taken = 1;
	return abandon(s, session_refused(&s->session));
}

int
transaction_out_of_step(struct smtp *s)
{
	const struct transaction *t = s->first;
	int code = session_out_of_step(&s->session);

	s->garbled = 1;
	if (t && t->class == 5 && s->session.reply.code >= 500)
		chunking_unknown(s, t);
	return abandon(s, code);
}

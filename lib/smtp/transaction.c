/* transaction - what an SMTP session hears, and what follows from it.
 *
 * The commands of all transactions are one sequence, and so are the replies.
 * A server that says one reply too many, or one too few, would make each of
 * ours another's; so nothing counts before replies and commands are known to
 * be in step. With DATA the 354 shows it, which answers nothing else. With
 * BDAT, and where DATA was refused, the 2xx to the RSET behind shows it: out
 * of step it would be the answer to what was refused, and no 2xx. */
#include <signal.h>
#include <stdlib.h>

#include "../base/mem.h"
#include "options.h"
#include "transaction.h"

#define RECIPIENTS 100		/* of a transaction, if no option says it */
#define RECIPIENTS_FEWER 50	/* after a refusal of more */
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
	/* By DATA too it is refused: BDAT was not why. */
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
static int
count_answer(struct smtp *s)
{
	s->session.c.answered++;
	transaction_finish(s);
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

	buf_cat(&text, r.text, t->chunked ? STR(" after the last chunk") :
	    STR(" after the final dot"),
	    STR(": the message may have been taken, possible duplicate"));
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
	const struct outcome *last = o->outcome + o->outcomes - 1;

	if (s->session.c.io.state == IO_OPEN || o->outcomes == o->settled ||
	    !last->r.code)
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

int
transaction_abandon(struct smtp *s, int code)
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
	return transaction_abandon(s, session_end(&s->session, fault, code,
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

static int
lose_session(struct smtp *s)
{
	const struct transaction *t = s->first;
	enum io_state state = s->session.c.io.state;
	int code, silent = state == IO_TIMEOUT && t && t->chunked &&
	    !s->chunks && s->session.c.stage == STAGE_dot;

	if (state != IO_OPEN && state != IO_TIMEOUT && is_taken_at_end(s))
		count_answer(s);
	code = session_lost(&s->session);
	if (s->first && (silent || s->first->unknown))
		chunking_unknown(s, s->first);
	return transaction_abandon(s, code);
}

/* 421: the server goes, and takes nothing more. */
static int
farewell(struct smtp *s)
{
	if (is_taken_at_end(s))
		count_answer(s);
	s->none_taken = 1;
	return transaction_abandon(s, session_refused(&s->session));
}

static int
out_of_step(struct smtp *s)
{
	const struct transaction *t = s->first;
	int code = session_out_of_step(&s->session);

	s->garbled = 1;
	if (t && t->class == 5 && s->session.reply.code >= 500)
		chunking_unknown(s, t);
	return transaction_abandon(s, code);
}

/* ---- replies ---- */

static struct verdict
verdict_of(const struct smtp *s, const struct transaction *t)
{
	const struct reply *reply = &s->session.reply;

	return connection_verdict(&s->session.c, reply->code,
	    buf_str(&reply->text), s->strict ? 0 : t->accepted,
	    s->strict ? 0 : t->recipients);
}

/* Keeps the reply as an outcome and returns the fate. */
static unsigned
fate_by_reply(struct smtp *s, struct transaction *t, struct verdict v)
{
	struct result r = { v.permanent ? ERR_MSG_PERM : ERR_MSG_TEMP,
	    v.fault, s->session.c.stage, s->session.reply.code, 0,
	    buf_str(&s->session.reply.text) };

	if (v.fault == FAULT_NONE)
		r.code = ERR_OK;
	return outgoing_outcome(t->o, &r);
}

/* No more recipients are named than have been; the others count as asked, or
 * wait for the next transaction. */
static void
name_no_more(struct transaction *t, int asked)
{
	struct outgoing *o = t->o;

	while (t->recipients && t->said <= t->recipients) {
		t->recipients--;
		while (asked && o->state[t->say] != RCPT_WAITING)
			t->say++;
		if (asked) {
			o->state[t->say] = RCPT_ASKED;
			o->waiting--;
		}
	}
}

static int
on_mail_reply(struct smtp *s, struct transaction *t, int class)
{
	if (class == 2)
		return 0;
	t->failure = fate_by_reply(s, t, verdict_of(s, t));
	name_no_more(t, 1);
	return 0;
}

static void
recipient_refused(struct smtp *s, struct transaction *t, size_t i)
{
	struct verdict v = verdict_of(s, t);

	if (s->strict) {
		t->failure = fate_by_reply(s, t, v);
	} else if (v.fault == FAULT_TRANSACTION) {
		t->o->state[i] = RCPT_WAITING;
		t->o->waiting++;
		if (!t->postponed++)
			t->limit = t->accepted;
		name_no_more(t, 0);
	} else {
		t->o->state[i] = RCPT_REFUSED;
		t->o->fate[i] = fate_by_reply(s, t, v);
	}
}

static int
on_rcpt_reply(struct smtp *s, struct transaction *t, int class)
{
	size_t i;

	while (t->o->state[t->hear] != RCPT_ASKED)
		t->hear++;
	i = t->hear++;
	if (t->failure)
		return class == 2 ? -1 : 0;
	if (class != 2) {
		recipient_refused(s, t, i);
		return 0;
	}
	t->o->state[i] = RCPT_ACCEPTED;
	t->accepted++;
	t->limit = 0;
	return 0;
}

static int
on_data_reply(struct smtp *s, struct transaction *t, int class)
{
	t->go = class == 3;
	if (t->go)
		outgoing_settle(t->o);
	else if (t->accepted)
		t->failure = fate_by_reply(s, t, verdict_of(s, t));
	return class == 2 ? -1 : 0;
}

/* The answer to a transaction in which nobody was accepted is about nobody. */
static void
on_message_reply(struct smtp *s, struct transaction *t, int class)
{
	struct verdict v = { FAULT_NONE, 0 };

	if (!t->accepted)
		return;
	if (class != 2)
		v = verdict_of(s, t);
	if (v.fault == FAULT_TRANSACTION) {
		outgoing_move(t->o, RCPT_ACCEPTED, RCPT_WAITING, 0);
		s->session.carried->at_once = RECIPIENTS_FEWER;
	} else if (class == 2) {
		t->success = fate_by_reply(s, t, v);
	} else {
		t->failure = fate_by_reply(s, t, v);
	}
}

static int
on_chunk_reply(struct smtp *s, struct transaction *t, int class)
{
	t->class = class;
	t->doubt = t->accepted && !s->chunks && class == 5;
	t->unknown = t->doubt && s->session.reply.code <= 504;
	on_message_reply(s, t, class);
	return class == 2 && !t->accepted ? -1 : 0;
}

/* No message fails because of BDAT alone. */
static int
by_data_instead(struct smtp *s)
{
	struct outgoing *o = s->first->o;

	s->session.carried->no_chunking = 1;
	o->doubt = 1;
	outgoing_forget(o);
	drop_first(s);
	send_again(s, o);
	return 0;
}

static int
on_reset_reply(struct smtp *s, struct transaction *t, int class)
{
	if (class != 2)
		return -1;
	return t->doubt ? by_data_instead(s) : count_answer(s);
}

/* 0; -1 the reply is not what SMTP allows there; or the ERR_ code of what
 * ended the session. */
static int
on_reply(struct smtp *s, struct transaction *t, int class)
{
	enum stage stage = s->session.c.stage;

	if (class == 3 && stage != STAGE_data)
		return -1;
	switch (stage) {
	case STAGE_mail:
		return on_mail_reply(s, t, class);
	case STAGE_rcpt:
		return on_rcpt_reply(s, t, class);
	case STAGE_data:
		return on_data_reply(s, t, class);
	case STAGE_dot:
		if (t->chunked)
			return on_chunk_reply(s, t, class);
		on_message_reply(s, t, class);
		return count_answer(s);
	default:
		return on_reset_reply(s, t, class);
	}
}

/* A server may refuse a message before it has come to its end. */
static int
refused_early(struct smtp *s, int class)
{
	struct transaction *t = s->first;

	if (!t || !t->go || t->end || class < 4)
		return 0;
	s->session.c.stage = STAGE_dot;
	on_message_reply(s, t, class);
	count_answer(s);
	return 1;
}

int
transaction_unasked(struct smtp *s)
{
	int class;

	s->session.c.stage = STAGE_session;
	class = session_reply(&s->session, PATIENCE_COMMAND);
	if (class < 0)
		return lose_session(s);
	if (s->session.reply.code == 421)
		return farewell(s);
	return refused_early(s, class) ? 0 : out_of_step(s);
}

int
transaction_hear(struct smtp *s)
{
	struct transaction *t = s->first;
	int class, rc;

	s->session.c.io.limit = s->session.c.limit;
	if (!t || t->heard == t->said)
		return transaction_unasked(s);
	s->session.c.stage = command_stage(t, t->heard);
	class = session_reply(&s->session, s->session.c.stage == STAGE_dot ?
	    PATIENCE_DOT : PATIENCE_COMMAND);
	if (class < 0)
		return lose_session(s);
	t->heard++;
	s->unheard--;
	if (s->session.reply.code == 421)
		return farewell(s);
	rc = on_reply(s, t, class);
	return rc < 0 ? out_of_step(s) : rc;
}

int
transaction_hear_rest(struct smtp *s)
{
	int rc;

	do
		rc = transaction_hear(s);
	while (!rc);
	return rc;
}

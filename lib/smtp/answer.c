/* answer - what an SMTP session hears in a transaction, and what follows. */
#include "options.h"
#include "transaction.h"

#define RECIPIENTS_FEWER 50	/* after a refusal of more */

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

/* The answer to DATA or BDAT without an accepted recipient is about none. */
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

/* Whether the connection ends after the last reply, which is kept. */
static int
ends_here(struct smtp *s)
{
	struct reply last = s->session.reply;
	const struct io *io = &s->session.c.io;
	int class;

	s->session.reply = (struct reply){ 0 };
	class = session_reply(&s->session, PATIENCE_QUIT);
	reply_free(&s->session.reply);
	s->session.reply = last;
	return class < 0 && io->state != IO_OPEN && io->state != IO_TIMEOUT;
}

/* A server that wants no more RSET after what it refuses says so and goes, and
 * has taken nothing of what was written ahead; else it is out of step. */
static int
on_reset_refused(struct smtp *s, const struct transaction *t)
{
	if (t->class == 2 || t->doubt || !ends_here(s))
		return -1;
	s->none_taken = 1;
	return transaction_lost(s);
}

static int
on_reset_reply(struct smtp *s, struct transaction *t, int class)
{
	if (class != 2)
		return on_reset_refused(s, t);
	return t->doubt ? transaction_by_data(s) : transaction_answered(s);
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
		return transaction_answered(s);
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
	transaction_answered(s);
	return 1;
}

int
answer_unasked(struct smtp *s)
{
	int class;

	s->session.c.stage = STAGE_session;
	class = session_reply(&s->session, PATIENCE_COMMAND);
	if (class < 0)
		return transaction_lost(s);
	if (s->session.reply.code == 421)
		return transaction_farewell(s);
	return refused_early(s, class) ? 0 : transaction_out_of_step(s);
}

int
answer_hear(struct smtp *s)
{
	struct transaction *t = s->first;
	int class, rc;

	s->session.c.io.limit = s->session.c.limit;
	if (!t || t->heard == t->said)
		return answer_unasked(s);
	s->session.c.stage = command_stage(t, t->heard);
	class = session_reply(&s->session, s->session.c.stage == STAGE_dot ?
	    PATIENCE_DOT : PATIENCE_COMMAND);
	if (class < 0)
		return transaction_lost(s);
	t->heard++;
	s->unheard--;
	if (s->session.reply.code == 421)
		return transaction_farewell(s);
	rc = on_reply(s, t, class);
	return rc < 0 ? transaction_out_of_step(s) : rc;
}

int
answer_hear_rest(struct smtp *s)
{
	int rc;

	do
		rc = answer_hear(s);
	while (!rc);
	return rc;
}

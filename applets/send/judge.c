/* judge - what a result means for recipient, message and remote, as far as
 * that depends on other messages: lib/smtp/fault.c has said whose fault it is,
 * here is what follows from it. */
#include <string.h>

#include "../../lib/base/clock.h"
#include "../../lib/smtp/remote.h"
#include "../log.h"
#include "sender.h"

#define IN_A_ROW 5		/* equal failures after which a remote rests */
#define PROBATION 3600		/* s of a message's age */

/* ---- a recipient ---- */

static int
is_permanent(const struct route *r, const struct result *said)
{
	if (!r->remote || !r->remote->protocol || !said->reply)
		return err_is_permanent(said->code);
	return said->reply / 100 == 5 && !fault_softened(
	    r->remote->options.soft_bounce, said->reply, said->text);
}

/* Some recipient was accepted, whatever became of the message. */
static int
has_accepted(const struct delivery *d, const struct result *whole)
{
	return whole->reply && d->refusals < d->e.count &&
	    (whole->code == ERR_OK || whole->stage == STAGE_data ||
	    whole->stage == STAGE_dot);
}

/* A remote that has accepted no recipient since its line changed is not
 * believed at once: its refusals may be about our login or address. The second
 * one lets it rest. */
static int
on_probation(struct sender *s, struct route *r, const struct message *m,
    const struct result *said, struct str address)
{
	if (!r->history || r->external || r->history->proven || !said->reply ||
	    message_age(m, sender_now()) > PROBATION ||
	    !fault_softened_on_probation(said->reply, said->text))
		return 0;
	log_say("%s has accepted no recipient yet, so its refusal is not final",
	    log_clean(0, buf_str(&r->remote->host)));
	if (!r->probation.n)
		buf_set(&r->probation, address);
	else if (!str_eq(buf_str(&r->probation), address))
		route_dead(s, r, said);
	return 1;
}

/* Whether that line is in the list; LF in both. */
static int
is_noted(struct str list, struct str line)
{
	struct str one;

	line = str_head(line, line.n - 1);
	do
		one = str_cut(&list, '\n');
	while (list.n && !str_eq(one, line));
	return str_eq(one, line);
}

/* Whether every remote that takes this recipient, who may be named twice, has
 * been asked, and each said that it cannot take what the message is. */
static int
unfit_everywhere(const struct sender *s, const struct delivery *d,
    struct str address)
{
	struct buf *unfit = &message_attempt(d->m)->unfit, one = { 0 };
	int all = 1, noted;
	size_t i;

	for (i = 0; i < s->route_count; i++) {
		buf_clear(&one);
		buf_fmt(&one, "%zu ", i);
		buf_put(&one, "%\n", address);
		noted = is_noted(buf_str(unfit), buf_str(&one));
		if (i == d->m->turn && !noted)
			buf_add(unfit, buf_str(&one));
		else if (!noted)
			all &= !remotes_take(&s->set.remotes, i,
			    envelope_sender(&d->e), address);
	}
	buf_free(&one);
	return all;
}

/* The refusal of m was the remote's own if others with the same one follow; it
 * is the message's if others were taken instead. */
static int
is_convicted(const struct route *r, const struct message *m,
    const struct result *said)
{
	return r->witness == m && r->witness_taken &&
	    r->witness_key == fault_key(said->reply, said->text);
}

static enum rcpt_result
decide_one(struct sender *s, struct route *r, const struct delivery *d,
    const struct result *said, struct str address)
{
	if (said->code == ERR_OK)
		return DELIVERED;
	switch (said->fault) {
	case FAULT_ROUTE:
		return is_permanent(r, said) &&
		    unfit_everywhere(s, d, address) ? FAILED : DEFERRED;
	case FAULT_WITNESS:
		return is_permanent(r, said) && is_convicted(r, d->m, said) ?
		    FAILED : DEFERRED;
	case FAULT_RECIPIENT:
	case FAULT_MESSAGE:
		return err_is_permanent(said->code) &&
		    !on_probation(s, r, d->m, said, address) ?
		    FAILED : DEFERRED;
	default:
		return DEFERRED;
	}
}

static void
decide_all(struct sender *s, struct route *r, struct delivery *d,
    const struct result *whole)
{
	struct str address;
	size_t i, at = 0;

	for (i = 0; (address = envelope_next(&d->e, &at)).p; i++) {
		struct result said = delivery_said(d, i, whole);

		delivery_decide(d, i, decide_one(s, r, d, &said, address));
	}
}

/* The result of an attempt whose recipients were refused one by one: permanent
 * only if every refusal is. */
static struct result
as_a_whole(const struct delivery *d, const struct result *whole)
{
	struct result r = *whole;
	size_t i;

	if (!d->refusals || (whole->code && d->refusals < d->e.count))
		return r;
	r = delivery_said(d, d->refused[d->refusals - 1].index, whole);
	for (i = 0; i < d->refusals; i++)
		if (!err_is_permanent(d->refused[i].r.code))
			r.code = d->refused[i].r.code;
	return r;
}

/* ---- the remote ---- */

static void
on_suspect(struct sender *s, struct route *r, struct message *m,
    const struct result *why)
{
	m->suspect = 1;
	s->status_changed = 1;
	run_write_status(s);
	if (r->suspect && r->suspect != m)
		route_dead(s, r, why);
	r->suspect = m;
}

/* A refusal that may be the remote's: the message goes last, once. */
static void
on_witness(struct sender *s, struct route *r, struct message *m,
    const struct result *why, enum judge_next *next)
{
	int key = fault_key(why->reply, why->text);

	if (r->witness && r->witness != m && r->witness_key == key &&
	    !r->witness_taken) {
		route_dead(s, r, why);
		return;
	}
	if (m->again)
		return;
	m->again = 1;
	*next = JUDGE_LAST;
	r->witness = m;
	r->witness_key = key;
	r->witness_taken = 0;
}

static int
may_be_busy(const struct result *why)
{
	return (why->fault == FAULT_MESSAGE || why->fault == FAULT_RECIPIENT) &&
	    fault_may_be_busy(why->stage, why->reply, why->text);
}

/* Five in a row, of one connection or of all: the remote rests. If its sisters
 * do well only that connection is closed. */
static void
count_failures(struct sender *s, struct agent *a, const struct result *why)
{
	struct route *r = a->owner;
	int key = may_be_busy(why) ? fault_key(why->reply, why->text) : 0;

	a->same = key && key == a->same_key ? a->same + 1 : key != 0;
	r->same = key && key == r->same_key ? r->same + 1 : key != 0;
	a->same_key = r->same_key = key;
	if (a->same < IN_A_ROW && r->same < IN_A_ROW)
		return;
	if (!route_has_sister(s, a)) {
		route_dead(s, r, why);
		return;
	}
	if (a->same < IN_A_ROW)
		return;
	a->closing = 1;
	route_take_fewer(a, why);
}

/* What was said at an earlier stage is no answer for a message. */
static int
is_answer(const struct result *r)
{
	return r->reply && r->stage >= STAGE_mail && r->stage <= STAGE_dot;
}

/* What was answered, whatever the answer. */
static void
on_answer(struct sender *s, struct agent *a, struct message *m,
    size_t taken)
{
	struct route *r = a->owner;

	r->suspect = NULL;
	if (m->suspect)
		s->status_changed = 1;
	m->suspect = 0;
	if (!taken)
		return;
	r->witness_taken = 1;
	a->same = r->same = 0;
	s->delivered += taken;
}

/* The answer never came: the message may be there. */
static void
on_no_answer(struct sender *s, struct message *m)
{
	struct attempt *a = message_attempt(m);
	unsigned doubled = a->unanswered < 16 ? a->unanswered : 16;

	a->unanswered++;
	a->not_before = clock_in((long long)s->set.pausetime * 1000 <<
	    doubled);
}

struct result
judge(struct sender *s, struct agent *a, struct delivery *d,
    const struct result *whole, enum judge_next *next)
{
	static const struct route none = { 0 };
	struct route retired = none, *r = a->owner ? a->owner : &retired;
	struct result result;

	*next = JUDGE_NEXT;
	if (r->history && !r->history->proven && has_accepted(d, whole))
		s->status_changed = r->history->proven = 1;
	decide_all(s, r, d, whole);
	result = as_a_whole(d, whole);
	if (result.unanswered)
		on_no_answer(s, d->m);
	if (result.unanswered || result.fault == FAULT_OURS)
		*next = JUDGE_OVER;
	if (!a->owner || a->external)
		return result;
	if (is_answer(&result) || d->count[DELIVERED])
		on_answer(s, a, d->m, d->count[DELIVERED]);
	if (result.fault == FAULT_CONNECTION)
		on_suspect(s, r, d->m, &result);
	else if (result.fault == FAULT_REMOTE || result.fault == FAULT_LOGIN)
		route_dead(s, r, &result);
	else if (result.fault == FAULT_WITNESS && d->count[DEFERRED])
		on_witness(s, r, d->m, &result, next);
	else if (!d->count[DELIVERED])
		count_failures(s, a, &result);
	return result;
}

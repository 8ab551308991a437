/* deliver - events of agents, and what follows for the files of messages. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "../../lib/base/clock.h"
#include "../../lib/base/mem.h"
#include "../../lib/smtp/remote.h"
#include "../cli.h"
#include "../log.h"
#include "sender.h"

#define LET_IN 300000		/* ms for all addresses together */

/* The address without its port, as net.h has them. */
static struct str
address_of(const struct agent *a)
{
	struct str peer = buf_str(&a->peer);

	return str_head(peer, str_find(peer, ' '));
}

/* ---- a result ---- */

static void
report_failed(struct sender *s, const struct delivery *d,
    const struct agent *a, const struct result *whole)
{
	struct bounce *b = mem_new(1, sizeof *b);

	b->d = *d;
	b->kind = DSN_FAILED;
	b->whole = *whole;
	buf_set(&b->text, whole->text);
	b->default_status = STR("5.0.0");
	buf_set(&b->host, buf_str(&a->host));
	buf_set(&b->protocol, buf_str(&a->protocol));
	reports_begin(s, b);
}

static void
next_turn(struct sender *s, struct message *m, enum judge_next next)
{
	if (next == JUDGE_OVER)
		routes_over_here(s, m);
	else if (next == JUDGE_LAST)
		routes_offer(s, m, ROUTE_LAST);
	else
		routes_next(s, m);
}

/* Updates the queue file after a delivery and reports failed recipients. */
static void
update_file(struct sender *s, struct delivery *d, const struct agent *a,
    const struct result *whole, enum judge_next next)
{
	struct message *m = d->m;
	int rc = sender_settle(s, d, DELIVERED);

	if (rc == 2) {
		log_say("%s was removed or replaced while it was sent",
		    m->name);
		sender_look_at(s, m->name);
	} else if (rc >= 0 && d->count[FAILED]) {
		report_failed(s, d, a, whole);
		return;
	} else if (rc >= 0 && m->state != MESSAGE_GONE) {
		next_turn(s, m, next);
	}
	delivery_free(d);
}

/* A delivery has its result: logs it and updates the queue file. */
static void
delivery_done(struct sender *s, struct agent *a, size_t which,
    const struct result *whole)
{
	struct delivery d = agent_take(a, which);
	enum judge_next next;
	struct result result;

	/* It gives descriptors and memory back. */
	s->not_before = s->shortages = 0;
	s->settling = d.m;
	journal_begins(a, &d);
	message_state(&s->messages, d.m, MESSAGE_WAITING);
	result = judge(s, a, &d, whole, &next);
	if (d.count[DELIVERED]) {
		log_say_ahead("Sent file.");
		journal_delivered(a, &d, whole);
	} else {
		log_fault("Sending failed: %s", err_text(result.code));
	}
	journal_refused(&d);
	s->deferred |= d.count[DEFERRED] != 0;
	if (d.count[FAILED] || d.count[DEFERRED]) {
		journal_failed(s, a, &d, &result);
		message_failed(d.m, buf_str(&a->host), result.code,
		    result.text, sender_now());
		s->status_changed = 1;
	}
	update_file(s, &d, a, whole, next);
	s->settling = NULL;
}

/* A connection that got nothing done while others of the same remote do: the
 * server wants no more of them, and its messages are theirs. */
static int
is_too_many(const struct sender *s, const struct agent *a,
    const struct result *r)
{
	return !a->external && !a->taken && r->fault != FAULT_NONE &&
	    r->fault != FAULT_OURS && r->fault < FAULT_WITNESS &&
	    !r->unanswered && route_has_sister(s, a);
}

/* What a session has shown is for the next one, whoever ends first. Others of
 * the same remote may know less, so only what is new counts. */
static void
learn_carried(struct sender *s, struct agent *a, const struct carried *c)
{
	if (a->external || !a->owner || !memcmp(&a->carried, c, sizeof *c))
		return;
	a->carried = *c;
	((struct route *)a->owner)->history->carried = *c;
	s->status_changed = 1;
}

static void
on_result(struct sender *s, struct agent *a, const struct agent_event *event)
{
	const struct result *r = &event->result;

	/* Its end, which follows, gives the delivery back. */
	if (is_too_many(s, a, r))
		return;
	if (a->external && r->code == ERR_EXEC && r->text.n)
		cli_warn("%s", log_clean(0, r->text));
	learn_carried(s, a, &event->carried);
	if (!a->external)
		log_module(buf_str(&a->protocol), r->code, r->text);
	if (a->external && a->owner && r->fault == FAULT_REMOTE)
		route_dead(s, a->owner, r);
	delivery_done(s, a, event->which, r);
	if (a->deliveries)
		journal_begins(a, &a->delivery[0]);
	route_set_patience(s, a);
	if (!a->deliveries && a->closing)
		route_retire(a);
}

/* ---- a connection that ends ---- */

/* It was not let in at this address: another one may do. */
static void
on_address(struct sender *s, struct agent *a, const struct agent_event *event)
{
	struct route *r = a->owner;
	const struct result *why = &event->result;

	if (a->peer.n)
		history_sick(r->history, address_of(a), clock_ms());
	if (event->last || !a->peer.n) {
		route_dead(s, r, why);
		return;
	}
	if (!r->tried.n)
		r->open_by = clock_in(LET_IN);
	buf_cat(&r->tried, address_of(a), STR("\n"));
	log_fault("Address %s of %s is no use: stage: %s reply: %s next: "
	    "another address", buf_z(&a->peer),
	    log_clean(0, buf_str(&a->host)), stage_name(why->stage),
	    log_clean(1, why->text));
}

/* It has answered for messages and ended: the next one gets no more than
 * these, and one more each time that goes well. */
static void
learn_messages(struct history *h, const struct agent *a,
    const struct agent_event *event)
{
	int answered = event->answered > 100000 ? 100000 :
	    (int)event->answered;

	if (a->limit && event->answered >= a->limit) {
		if (h->limit)
			h->limit++;
	} else if (answered) {
		h->limit = answered;
	}
}

/* What a connection's end says of the remote. Deliveries without a result are
 * offered again. */
static void
on_end(struct sender *s, struct agent *a, const struct agent_event *event)
{
	struct route *r = a->owner;
	const struct result *why = &event->result;

	if (r && is_too_many(s, a, why)) {
		route_take_fewer(a, why);
	} else if (r) {
		learn_carried(s, a, &event->carried);
		switch (why->fault) {
		case FAULT_ADDRESS:
			on_address(s, a, event);
			break;
		case FAULT_LOGIN:
			if (secrets_ask_again(r))
				break;
			routes_login_refused(r);
			route_dead(s, r, why);
			break;
		case FAULT_END:
			learn_messages(r->history, a, event);
			break;
		case FAULT_AGAIN:
		case FAULT_CONNECTION:
			break;
		case FAULT_OURS:
			r->not_before = clock_in(NOT_NOW);
			break;
		default:
			route_dead(s, r, why);
		}
		s->status_changed = 1;
		if (r->dead && a->deliveries) {
			log_module(buf_str(&a->protocol), why->code,
			    why->text);
			delivery_done(s, a, 0, why);
		}
	}
	route_give_back(s, a);
	route_retire(a);
}

static int
was_taken(const struct delivery *d)
{
	struct stat st;

	return fstat(d->fd, &st) == 0 && spool_is_marked(&st);
}

/* It ended without a word: what it held may have been taken, unless the mark
 * says that it was. */
static void
on_crash(struct sender *s, struct agent *a)
{
	static const struct result taken = { 0 };
	struct result r = { 0 };

	if (s->stop) {
		if (a->deliveries)
			log_say("Delivery of %s was interrupted, it stays in "
			    "the queue", a->delivery[0].m->name);
		return;
	}
	r.code = ERR_UNKNOWN;
	r.fault = FAULT_CONNECTION;
	r.stage = STAGE_session;
	r.unanswered = a->ready || a->external;
	r.text = STR("The process that was sending it died");
	if (a->wrong) {
		log_fault("The worker for %s sent a packet that cannot be "
		    "right, and was killed", log_clean(0, buf_str(&a->host)));
	} else if (a->signals) {
		cli_warn("%s crashed or was killed",
		    log_clean(0, buf_str(&a->protocol)));
		r.code = ERR_TIMED_OUT;
		r.text = a->ready || a->external || a->peer.n ?
		    STR("It took longer than sendtimeout") :
		    STR("The name server does not answer in time");
	} else {
		log_fault("Sending process crashed or was killed.");
	}
	if (!a->ready && !a->external && a->owner) {
		r.fault = FAULT_REMOTE;
		route_dead(s, a->owner, &r);
	}
	while (a->deliveries)
		if (was_taken(&a->delivery[0])) {
			delivery_done(s, a, 0, &taken);
		} else {
			if (r.unanswered)
				journal_cut_off(a);
			delivery_done(s, a, 0, &r);
		}
}

/* ---- events ---- */

static void
on_let_in(struct sender *s, struct agent *a, const struct agent_event *event)
{
	struct route *r = a->owner;

	if (r) {
		buf_clear(&r->tried);
		history_well(r->history, address_of(a));
		learn_carried(s, a, &event->carried);
		history_works(r->history);
		if (!s->stop)
			dispatch(s, r);
	}
	agent_go(a);
}

static void
on_event(struct sender *s, struct agent *a, const struct agent_event *event)
{
	switch (event->kind) {
	case AGENT_NOTHING:
		break;
	case AGENT_READY:
		on_let_in(s, a, event);
		break;
	case AGENT_NOTE:
		log_fault("%s: %s", log_clean(0, buf_str(&a->host)),
		    log_clean(1, event->result.text));
		break;
	case AGENT_RESULT:
		on_result(s, a, event);
		break;
	case AGENT_END:
		on_end(s, a, event);
		break;
	case AGENT_CRASHED:
		on_crash(s, a);
		route_retire(a);
		break;
	case AGENT_CLOSED:
		route_retire(a);
		break;
	}
}

void
deliver_read(struct sender *s, struct agent *a)
{
	struct agent_event event;

	do {
		event = agent_read(a);
		on_event(s, a, &event);
	} while (event.kind != AGENT_NOTHING);
}

static void
agent_is_over(struct sender *s, struct agent *a, int status)
{
	struct agent_event event;

	if (a->external) {
		event = agent_ended(a, status);
		if (a->asks)
			secrets_told(s, a, status);
		on_event(s, a, &event);
	} else {
		a->pid = 0;
		deliver_read(s, a);
	}
	route_forget(s, a);
}

void
deliver_reap(struct sender *s)
{
	struct agent *a;
	struct bounce *b;
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		for (a = s->agents; a && a->pid != pid; a = a->next)
			continue;
		for (b = s->bounces; b && b->pid != pid; b = b->next)
			continue;
		if (a)
			agent_is_over(s, a, status);
		else if (b)
			reports_ended(s, b, status);
	}
}

void
deliver_timed_out(struct agent *a)
{
	if (a->deliveries && !a->signals)
		log_fault("Sending timed out, killing protocol");
	agent_kill(a, GRACE);
}

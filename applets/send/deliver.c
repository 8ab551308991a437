/* deliver - events of agents, and what follows from a result. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "../cli.h"
#include "../log.h"
#include "sender.h"

/* What to call it when recipients were refused one by one: it is permanent
 * only if nobody is to be tried again. */
static int
refused_code(const struct delivery *d)
{
	size_t i;

	for (i = 0; i < d->refusals; i++)
		if (!err_is_permanent(d->refused[i].code))
			return d->refused[i].code;
	return d->refused[0].code;
}

/* Sees to the file of a message that is not simply deferred. */
static void
update_file(struct sender *s, struct delivery *d, const struct agent *a,
    const size_t *count, unsigned char *result, struct str text)
{
	struct bounce *b;

	if (delivery_drop_delivered(d, &s->spool, result) < 0)
		log_fault("Can't rewrite file %s: %s; it waits until that "
		    "works", d->m->name, strerror(errno));
	else if (count[FAILED]) {
		b = reports_new(d, result, DSN_FAILED, text);
		b->default_status = STR("5.0.0");
		buf_set(&b->host, buf_str(&a->host));
		buf_set(&b->protocol, buf_str(&a->protocol));
		reports_begin(s, b);
		return;
	}
	routes_make_available(s, d->m);
	delivery_free(d);
	free(result);
}

/* The oldest delivery's attempt is over: tells, and sees to the file. */
static void
delivery_done(struct sender *s, struct agent *a, int code, enum stage stage,
    struct str text)
{
	struct delivery *oldest = &a->delivery[0], d;
	size_t count[RESULTS];
	unsigned char *result = delivery_results(oldest, code, count);

	journal_begins(a);
	if (count[DELIVERED])
		log_say("Sent file.");
	if (oldest->refusals && (!code || oldest->refusals ==
	    oldest->e.count)) {
		code = refused_code(oldest);
		text = buf_str(&oldest->refused[oldest->refusals - 1].text);
		stage = STAGE_rcpt;
	}
	if (!count[DELIVERED])
		log_fault("Sending failed: %s", err_text(code));
	journal_refused(oldest);
	if (code) {
		journal_failed(s, a, code, stage, text);
		message_failed(oldest->m, buf_str(&a->host), code, text,
		    sender_now());
	}
	d = route_take(a, 0);
	update_file(s, &d, a, count, result, text);
}

/* The session is over: its first delivery failed with it, the others were not
 * tried. */
static void
fail_agent(struct sender *s, struct agent *a, int code, enum stage stage,
    struct str text)
{
	if (a->deliveries)
		delivery_done(s, a, code, stage, text);
	route_give_back(s, a);
}

static void
crashed(struct sender *s, struct agent *a)
{
	struct message *m = a->delivery[0].m;

	if (s->stop) {
		log_say("Delivery of %s was interrupted, it stays in the "
		    "queue", m->name);
		return;
	}
	m->suspect = 1;
	journal_cut_off(a, 1);
	if (a->signals) {
		cli_warn("%s crashed or was killed",
		    log_clean(0, buf_str(&a->protocol)));
		/* A worker minds its time itself, but for the resolver's. */
		if (!a->external && a->owner)
			route_dead(s, a->owner, ERR_TIMED_OUT,
			    STAGE_session, STR("The name server does not "
			    "answer in time"));
		fail_agent(s, a, ERR_TIMED_OUT, STAGE_session,
		    STR("It took longer than sendtimeout"));
	} else {
		log_fault("Sending process crashed or was killed.");
		fail_agent(s, a, ERR_UNKNOWN, STAGE_session,
		    STR("The process that was sending it died"));
	}
}

/* A session that ended in the middle of a message may have ended because of
 * it: next time others go first. */
static void
mark_suspect(struct agent *a, const struct agent_event *event)
{
	if (a->deliveries && event->stage >= STAGE_mail &&
	    event->stage <= STAGE_dot && (event->kind == AGENT_DOWN ||
	    event->code == ERR_PROTOCOL || event->code == ERR_TIMED_OUT))
		a->delivery[0].m->suspect = 1;
}

static void
on_result(struct sender *s, struct agent *a,
    const struct agent_event *event)
{
	struct route *r = a->owner;

	if (a->external && event->code == ERR_EXEC && event->text.n)
		cli_warn("%s", log_clean(0, event->text));
	if (!a->external)
		log_module(buf_str(&a->protocol), event->code, event->text);
	if (a->external && r && err_is_remote(event->code))
		route_dead(s, r, event->code, event->stage, event->text);
	mark_suspect(a, event);
	delivery_done(s, a, event->code, event->stage, event->text);
	if (a->deliveries)
		journal_begins(a);
	route_set_patience(s, a);
}

/* 1 if r has another session that is doing well. */
static int
others_do_well(const struct sender *s, const struct agent *a)
{
	const struct agent *other;

	for (other = s->agents; other; other = other->next)
		if (other != a && other->owner == a->owner && other->ready &&
		    !other->signals)
			return a->owner != NULL;
	return 0;
}

/* A server that does not want so many sessions is not at fault. */
static void
one_too_many(struct sender *s, struct agent *a,
    const struct agent_event *event)
{
	struct route *r = a->owner;

	r->max_sessions = r->sessions - 1;
	log_say("Remote %s takes no more than %d session(s): stage: %s "
	    "reply: %s", log_clean(0, buf_str(&a->host)), r->max_sessions,
	    stage_name(event->stage), log_clean(1, event->text));
	route_give_back(s, a);
	route_retire(a);
}

static void
on_down(struct sender *s, struct agent *a, const struct agent_event *event)
{
	if (others_do_well(s, a)) {
		one_too_many(s, a, event);
		return;
	}
	log_module(buf_str(&a->protocol), event->code, event->text);
	if (a->owner)
		route_dead(s, a->owner, event->code, event->stage,
		    event->text);
	mark_suspect(a, event);
	fail_agent(s, a, event->code, event->stage, event->text);
}

static void
on_event(struct sender *s, struct agent *a, const struct agent_event *event)
{
	switch (event->kind) {
	case AGENT_NOTHING:
		break;
	case AGENT_READY:
		if (a->owner && !s->stop)
			dispatch(s, a->owner);
		agent_go(a);
		break;
	case AGENT_NOTE:
		log_fault("%s: %s", log_clean(0, buf_str(&a->host)),
		    log_clean(1, event->text));
		break;
	case AGENT_RESULT:
		on_result(s, a, event);
		break;
	case AGENT_DOWN:
		on_down(s, a, event);
		break;
	case AGENT_CRASHED:
		crashed(s, a);
		route_retire(a);
		break;
	case AGENT_END:
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
	pid_t pid = a->pid;

	if (a->external) {
		event = agent_ended(a, status);
		on_event(s, a, &event);
	} else {
		deliver_read(s, a);
	}
	/* Another process may have taken over. */
	if (a->pid == pid)
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

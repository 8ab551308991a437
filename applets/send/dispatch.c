/* dispatch - which agent gets the next message of a remote, and when another
 * agent is started. */
#include <errno.h>
#include <string.h>

#include "../../lib/conf/path.h"
#include "../cli.h"
#include "../log.h"
#include "sender.h"

#define OPEN_MESSAGES 10	/* messages that may deserve another session */
#define OPEN_MS 1000		/* ms they would take one by one */

static struct agent *
start_module(struct sender *s, struct route *r, const struct delivery *d)
{
	struct buf path = { 0 };
	struct agent *a;
	int cut = 0;

	path_set(&path, PATH_MODULES, buf_z(&r->remote->name));
	a = agent_module(r->remote, buf_z(&path), d,
	    buf_z(&s->set.helohost), &cut);
	buf_free(&path);
	if (cut)
		log_fault("Warning: Writing options to protocol failed");
	return a;
}

static long long
left_for(const struct sender *s, const struct route *r)
{
	return (long long)(s->messages.count - r->next);
}

static int
below_limit(const struct sender *s, const struct route *r)
{
	return !r->dead && !r->external && r->sessions &&
	    r->sessions < r->max_sessions && left_for(s, r) >= OPEN_MESSAGES;
}

/* Milliseconds for what is left, one by one, at the pace of the slowest
 * session. */
static long long
serial_ms(const struct sender *s, const struct route *r)
{
	const struct agent *a;
	long long pace = 0;

	for (a = s->agents; a; a = a->next)
		if (a->owner == r && agent_pace(a) > pace)
			pace = agent_pace(a);
	return left_for(s, r) * pace;
}

/* Another agent is started when at least OPEN_MESSAGES messages would take
 * longer than OPEN_MS and the one before has its connection. */
static int
should_open(const struct sender *s, const struct route *r)
{
	const struct agent *a;

	if (!below_limit(s, r))
		return !r->sessions;
	for (a = s->agents; a; a = a->next)
		if (a->owner == r && !a->peer.n)
			return 0;
	return serial_ms(s, r) > OPEN_MS;
}

/* The session of r that is to have the next message: the least busy. None
 * gets a second one in hand that sessions still to be opened could have. */
static struct agent *
agent_with_room(const struct sender *s, const struct route *r)
{
	struct agent *a, *best = NULL;

	for (a = s->agents; a; a = a->next)
		if (a->owner == r && agent_has_room(a) &&
		    (!best || a->deliveries < best->deliveries))
			best = a;
	return best && best->deliveries && below_limit(s, r) &&
	    left_for(s, r) <= OPEN_MESSAGES * (r->max_sessions - r->sessions) &&
	    serial_ms(s, r) > OPEN_MS / 2 ? NULL : best;
}

/* The session that is to have d; NULL if a new one is needed and cannot be
 * had. */
static struct agent *
agent_for(struct sender *s, struct route *r, const struct delivery *d)
{
	struct agent *a = agent_with_room(s, r);

	if (a)
		return a;
	a = r->external ? start_module(s, r, d) : agent_worker(r->remote,
	    buf_z(&s->set.helohost), s->set.sendtimeout);
	if (!a) {
		cli_warn("Could not fork:");
		if (!r->sessions)
			route_dead(s, r, ERR_EXEC, STAGE_session,
			    str_of(strerror(errno)));
		return NULL;
	}
	a->owner = r;
	a->next = s->agents;
	s->agents = a;
	r->sessions++;
	return a;
}

/* Offers m to r. 0 if it is on its way or cannot be, -1 if r cannot take it
 * now. */
static int
start_delivery(struct sender *s, struct route *r, struct message *m)
{
	struct agent *a;
	struct delivery d;

	if (sender_open(s, m, &d) < 0)
		return 0;
	a = agent_for(s, r, &d);
	d.id = ++s->last_id;
	if (!a || agent_give(a, &d) < 0) {
		delivery_free(&d);
		return -1;
	}
	m->state = MESSAGE_BUSY;
	if (a->deliveries == 1) {
		journal_begins(a);
		route_set_patience(s, a);
	}
	return 0;
}

static int
is_turn_of(const struct sender *s, const struct route *r, struct message *m)
{
	if (m->state != MESSAGE_READY || (m->suspect && !r->second_pass))
		return 0;
	while (m->remotes_tried < s->route_count &&
	    s->routes[m->remotes_tried].dead)
		m->remotes_tried++;
	return m->remotes_tried == r - s->routes;
}

void
dispatch(struct sender *s, struct route *r)
{
	while (!r->dead && reports_have_room(s) &&
	    (agent_with_room(s, r) || should_open(s, r))) {
		if (r->next == s->messages.count) {
			if (r->second_pass)
				return;
			r->second_pass = 1;
			r->next = 0;
			continue;
		}
		if (is_turn_of(s, r, s->messages.list[r->next]) &&
		    start_delivery(s, r, s->messages.list[r->next]) < 0)
			return;
		r->next++;
	}
}

int
dispatch_recheck_needed(const struct sender *s)
{
	size_t i;

	for (i = 0; i < s->route_count; i++)
		if (below_limit(s, &s->routes[i]))
			return 1;
	return 0;
}

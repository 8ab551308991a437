/* dispatch - which agent gets the next message of a remote, and when another
 * agent is started. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../lib/base/clock.h"
#include "../../lib/conf/path.h"
#include "../../lib/send/worker.h"
#include "../../lib/smtp/remote.h"
#include "../cli.h"
#include "../log.h"
#include "sender.h"

#define OPEN_MESSAGES 10	/* messages that may deserve another session */
#define OPEN_MS 1000		/* ms they would take one by one, or that one
				 * may hold up others */
#define NOT_STARTED 3		/* times in a row that a process may fail to
				 * start */

/* ---- another session ---- */

static int
below_limit(const struct route *r)
{
	return !r->dead && !r->external && r->sessions &&
	    r->sessions < r->max_sessions && r->line.count;
}

/* Estimated ms to send what waits one by one on the slowest session; or how
 * long the one has taken that took longest so far. */
static long long
serial_ms(const struct sender *s, const struct route *r)
{
	const struct agent *a;
	long long pace = 0;

	for (a = s->agents; a; a = a->next)
		if (a->owner == r && agent_pace(a) > pace)
			pace = agent_pace(a);
	return r->line.count >= OPEN_MESSAGES ?
	    (long long)r->line.count * pace : pace / 2;
}

/* clock_ms when time alone makes serial_ms exceed OPEN_MS; CLOCK_NEVER if it
 * does, or if an agent's word comes first. */
static long long
opens_at(const struct sender *s, const struct route *r, long long ms)
{
	long long pace = r->line.count >= OPEN_MESSAGES ?
	    OPEN_MS / (long long)r->line.count : 2 * OPEN_MS + 1;
	long long at = CLOCK_NEVER;
	const struct agent *a;

	for (a = s->agents; a; a = a->next) {
		if (a->owner != r)
			continue;
		if (!a->ready)
			return CLOCK_NEVER;
		at = clock_first(at, agent_slower_at(a, pace));
	}
	return at > ms ? at : CLOCK_NEVER;
}

/* Another agent is started when what waits would take longer than OPEN_MS and
 * the one before has its connection. */
static int
should_open(const struct sender *s, const struct route *r)
{
	const struct agent *a;

	if (!below_limit(r))
		return !r->sessions;
	for (a = s->agents; a; a = a->next)
		if (a->owner == r && !a->ready)
			return 0;
	return serial_ms(s, r) > OPEN_MS;
}

/* The agent of r that is to have the next message: the least busy. A busy one
 * gets no further message while another may still be started for it. */
static struct agent *
agent_with_room(const struct sender *s, const struct route *r, int suspect)
{
	struct agent *a, *best = NULL;

	for (a = s->agents; a; a = a->next)
		if (a->owner == r && agent_has_room(a, suspect) &&
		    (!best || a->deliveries < best->deliveries))
			best = a;
	return best && best->deliveries && below_limit(r) &&
	    r->line.count <= (size_t)(OPEN_MESSAGES *
	    (r->max_sessions - r->sessions)) &&
	    serial_ms(s, r) > OPEN_MS / 2 ? NULL : best;
}

/* ---- a process ---- */

static struct agent *
start_module(struct sender *s, struct route *r, const struct delivery *d)
{
	int part = d->e.others ? spool_part(&s->spool, d->fd, &d->e) : -1;
	struct buf path = { 0 };
	struct agent *a;
	int cut = 0;

	if (d->e.others && part < 0)
		return NULL;
	path_set(&path, PATH_MODULES, buf_z(&r->remote->name));
	a = agent_module(r->remote, buf_z(&path), d, part,
	    buf_z(&s->set.helohost), &cut);
	buf_free(&path);
	if (part >= 0)
		close(part);
	if (cut)
		log_fault("Warning: Writing options to protocol failed");
	return a;
}

/* What earlier connections have shown is given to the next one. */
static struct agent *
start_worker(struct sender *s, struct route *r)
{
	struct worker_setup setup = { 0 };
	struct history *h = r->history;
	int option = r->remote->options.messages;

	setup.remotes = &s->set.remotes;
	setup.remote = r->remote;
	setup.helo = buf_z(&s->set.helohost);
	setup.seconds = s->set.sendtimeout;
	if (!r->tried.n)
		r->open_by = CLOCK_NEVER;
	setup.open_by = r->open_by;
	setup.carried = h->carried;
	setup.tried = buf_str(&r->tried);
	setup.sick = history_sick_now(h, clock_ms());
	setup.pass = r->pass.n ? buf_str(&r->pass) : (struct str){ NULL, 0 };
	setup.messages = h->limit && (!option || h->limit < option) ?
	    h->limit : option;
	return agent_worker(&setup);
}

/* A process that cannot be started is no remote's failure: a pause, said once;
 * and after a while this run goes on without the remote. */
static void
not_started(struct sender *s, struct route *r, int error)
{
	struct result why = { 0 };

	if (sender_first(s, SAID_FORK)) {
		errno = error;
		cli_warn("Could not fork:");
	}
	r->not_before = clock_in((long long)NOT_NOW << r->not_started);
	if (r->sessions || ++r->not_started < NOT_STARTED)
		return;
	why.code = ERR_EXEC;
	why.fault = FAULT_OURS;
	why.stage = STAGE_session;
	why.text = str_of(strerror(error));
	route_dead(s, r, &why);
}

/* The agent that is to have d; NULL if there is none for it now. */
static struct agent *
agent_for(struct sender *s, struct route *r, const struct delivery *d)
{
	struct agent *a = agent_with_room(s, r, d->m->suspect);

	/* Time has passed since dispatch asked. */
	if (a || !should_open(s, r))
		return a;
	a = r->external ? start_module(s, r, d) : start_worker(s, r);
	if (!a) {
		not_started(s, r, errno);
		return NULL;
	}
	sender_over(s, SAID_FORK);
	r->not_started = 0;
	a->owner = r;
	a->next = s->agents;
	s->agents = a;
	r->sessions++;
	return a;
}

/* ---- a message ---- */

/* 0 it is on its way; 1 not now. */
static int
hand_over(struct sender *s, struct route *r, struct delivery *d)
{
	struct agent *a = agent_for(s, r, d);
	struct message *m = d->m;
	int rc;

	d->id = ++s->last_id;
	rc = a ? agent_give(a, d) : 1;
	if (rc > 0 && a)
		r->not_before = clock_in(NOT_NOW);
	/* Its last packet is on the way. */
	if (rc < 0)
		a->closing = 1;
	if (rc)
		return 1;
	message_state(&s->messages, m, MESSAGE_BUSY);
	a->alone = m->suspect;
	history_rate_count(r->history, r->remote, clock_ms());
	if (a->deliveries == 1) {
		journal_begins(a, &a->delivery[0]);
		route_set_patience(s, a);
	}
	return 0;
}

/* Of several recipients some may be served and others not, and so the file is
 * written anew. */
static int
lacks_room(struct sender *s, const struct delivery *d)
{
	struct stat st;

	return d->e.count > 1 && fstat(d->fd, &st) == 0 &&
	    sender_is_full(s, (unsigned long long)st.st_size);
}

/* Begins a delivery of m, which was taken off the line. 0 it is on its way, or
 * cannot be; 1 r cannot take it now, and m is first again. */
static int
start_delivery(struct sender *s, struct route *r, struct message *m,
    enum route_place from)
{
	struct delivery d;
	int rc;

	if (m->state != MESSAGE_WAITING)
		return 0;
	rc = sender_open(s, m, &d);
	if (rc == 0 && lacks_room(s, &d)) {
		delivery_free(&d);
		routes_over(s, m);
		return 0;
	}
	if (rc == 0 && !route_begins(s, r, &d)) {
		delivery_free(&d);
		routes_next(s, m);
		return 0;
	}
	if (rc == 0 && (rc = hand_over(s, r, &d)) != 0)
		delivery_free(&d);
	if (rc > 0 && r->dead)
		routes_offer(s, m, from == ROUTE_LAST ? from : ROUTE_END);
	else if (rc > 0)
		routes_offer(s, m, from == ROUTE_LAST ? from : ROUTE_FRONT);
	return rc > 0;
}

/* When nothing else waits or is on its way, those that go last; one by one. */
static enum route_place
next_from(const struct sender *s, const struct route *r)
{
	const struct agent *a;

	if (r->line.count)
		return ROUTE_FRONT;
	for (a = s->agents; a; a = a->next)
		if (a->owner == r && a->deliveries)
			return ROUTE_END;
	return ROUTE_LAST;
}

static int
has_its_time(const struct sender *s, const struct route *r)
{
	long long ms = clock_ms();

	return ms >= r->not_before && ms >= s->not_before &&
	    ms >= history_rate_next(r->history, r->remote);
}

void
dispatch(struct sender *s, struct route *r)
{
	enum route_place from;

	while (!r->dead && route_waiting(r) && reports_have_room(s) &&
	    has_its_time(s, r)) {
		from = next_from(s, r);
		if (from == ROUTE_END || (!agent_with_room(s, r,
		    from == ROUTE_LAST) && (!should_open(s, r) ||
		    !secrets_have(s, r))))
			return;
		if (start_delivery(s, r, route_shift(s, r, from), from))
			return;
	}
}

long long
dispatch_again_at(const struct sender *s)
{
	long long at = CLOCK_NEVER, ms = clock_ms(), next;
	size_t i;

	for (i = 0; i < s->route_count; i++) {
		const struct route *r = &s->routes[i];

		if (r->dead || !route_waiting(r))
			continue;
		next = history_rate_next(r->history, r->remote);
		if (r->not_before > next)
			next = r->not_before;
		if (s->not_before > next)
			next = s->not_before;
		if (next > ms)
			at = clock_first(at, next);
		else if (below_limit(r))
			at = clock_first(at, opens_at(s, r, ms));
	}
	return at;
}

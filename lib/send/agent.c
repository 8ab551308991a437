/* agent - the sender's side of a child that delivers to one remote. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../base/clock.h"
#include "../base/mem.h"
#include "../smtp/remote.h"
#include "agent.h"
#include "delivery.h"
#include "external.h"
#include "passcommand.h"
#include "worker.h"

/* What is kept of a module's stdout. */
#define OUTPUT_MAX 65536

static struct agent *
new_agent(const struct remote *r)
{
	struct agent *a = mem_new(1, sizeof *a);

	a->fd = -1;
	a->delivery = mem_new(WORKER_HOLDS, sizeof *a->delivery);
	a->deadline = CLOCK_NEVER;
	a->began = clock_ms();
	buf_set(&a->host, buf_str(&r->host));
	buf_set(&a->protocol, buf_str(&r->name));
	return a;
}

struct agent *
agent_worker(const struct worker_setup *setup)
{
	struct agent *a = new_agent(setup->remote);

	a->limit = (size_t)setup->messages;
	a->carried = setup->carried;
	a->pid = worker_start(setup, &a->fd);
	if (a->pid >= 0)
		return a;
	agent_free(a);
	return NULL;
}

struct agent *
agent_module(const struct remote *r, const char *path,
    const struct delivery *d, int part, const char *helo, int *options_cut)
{
	struct agent *a = new_agent(r);
	struct external module;

	a->external = 1;
	if (external_start(&module, path, buf_str(&r->lines),
	    part < 0 ? d->fd : part, part < 0 ? -1 : d->fd, helo) < 0) {
		agent_free(a);
		return NULL;
	}
	a->pid = module.pid;
	a->fd = module.out;
	*options_cut = module.options_cut;
	return a;
}

struct agent *
agent_command(const struct remote *r)
{
	struct agent *a = new_agent(r);

	a->external = a->asks = a->signals = 1;
	a->pid = passcommand_start(r->options.passcommand, &a->fd);
	if (a->pid < 0) {
		agent_free(a);
		return NULL;
	}
	agent_patience(a, PASSCOMMAND_TIME);
	return a;
}

/* ---- how much it takes ---- */

/* In ms, guessed: opening takes at least three, for TCP, the greeting and
 * EHLO. */
static long long
round_trip(const struct agent *a)
{
	return (a->ready - a->began) / 3;
}

/* Ms of a round trip that are not counted. */
static long long
spared_ms(const struct agent *a)
{
	return a->window > PROTOCOL_AHEAD ? round_trip(a) : 0;
}

long long
agent_pace(const struct agent *a)
{
	long long spared = spared_ms(a), pace, in_hand;

	if (!a->ready)
		return 0;
	pace = a->results ? (a->worked - spared) / (long long)a->results :
	    round_trip(a) - spared;
	in_hand = a->deliveries ? clock_ms() - a->since - spared : 0;
	return in_hand > pace ? in_hand : pace;
}

long long
agent_slower_at(const struct agent *a, long long pace)
{
	return a->ready && a->deliveries ?
	    a->since + spared_ms(a) + pace + 1 : CLOCK_NEVER;
}

/* Messages in flight cannot move to another session, so it takes only as many
 * as fill a round trip at its pace. */
static size_t
useful_window(const struct agent *a)
{
	long long pace = a->results ? agent_pace(a) : 0;
	size_t n;

	if (a->window <= PROTOCOL_AHEAD || pace <= 0)
		return a->window ? a->window : 1;
	n = 2 + (size_t)(round_trip(a) / pace);
	return n < a->window ? n : a->window;
}

int
agent_has_room(const struct agent *a, int suspect)
{
	return a->fd >= 0 && !a->signals && !a->alone && !a->closing &&
	    (!a->limit || a->given < a->limit) &&
	    a->deliveries < (suspect ? 1 : useful_window(a));
}

int
agent_give(struct agent *a, const struct delivery *d)
{
	int rc = a->external ? 0 : worker_give(a->fd, d->id, d->over,
	    d->fd);

	if (rc)
		return rc;
	if (!a->deliveries)
		a->since = clock_ms();
	a->delivery[a->deliveries++] = *d;
	a->given++;
	return 0;
}

void
agent_go(const struct agent *a)
{
	if (a->fd >= 0)
		worker_go(a->fd);
}

struct delivery
agent_take(struct agent *a, size_t which)
{
	struct delivery d = a->delivery[which];

	a->deliveries--;
	memmove(a->delivery + which, a->delivery + which + 1,
	    (a->deliveries - which) * sizeof a->delivery[0]);
	if (!a->deliveries)
		a->alone = 0;
	return d;
}

/* ---- packets ---- */

static void
close_fd(struct agent *a)
{
	if (a->fd >= 0)
		close(a->fd);
	a->fd = -1;
}

static size_t
find_delivery(const struct agent *a, unsigned long id)
{
	size_t i = 0;

	while (i < a->deliveries && a->delivery[i].id != id)
		i++;
	return i;
}

static int
on_ready(struct agent *a, const struct worker_packet *p)
{
	if (!p->index || p->index > WORKER_HOLDS)
		return -1;
	a->window = p->index;
	if (a->ready)
		return AGENT_NOTHING;
	a->ready = a->since = clock_ms();
	return AGENT_READY;
}

static struct result
result_of(const struct worker_packet *p)
{
	struct result r = { 0 };

	r.code = p->code;
	r.fault = p->fault;
	r.stage = p->stage;
	r.reply = p->reply;
	r.unanswered = p->unanswered;
	r.text = (struct str){ p->text, p->n };
	return r;
}

static int
on_result_packet(struct agent *a, const struct worker_packet *p)
{
	if (p->code == ERR_OK && (!a->ready || p->fault || p->unanswered))
		return -1;
	/* It may not have reached the connection, which waits for another. */
	a->given -= p->fault == FAULT_OURS;
	a->results++;
	a->taken += p->code == ERR_OK;
	a->worked += clock_ms() - a->since;
	a->since = clock_ms();
	return AGENT_RESULT;
}

/* A packet as an event; AGENT_NOTHING if the owner need not know; -1 if it
 * cannot be right. */
static int
on_packet(struct agent *a, const struct worker_packet *p, size_t *which)
{
	struct result r = result_of(p);

	*which = find_delivery(a, p->id);
	switch (p->kind) {
	case WORKER_PEER:
		buf_set(&a->peer, r.text);
		return AGENT_NOTHING;
	case WORKER_READY:
		return on_ready(a, p);
	case WORKER_NOTE:
		return AGENT_NOTE;
	case WORKER_RECIPIENT:
		if (*which == a->deliveries || p->code == ERR_OK)
			return -1;
		return delivery_refuse(&a->delivery[*which], p->index, &r);
	case WORKER_MESSAGE:
		return *which == a->deliveries ? -1 : on_result_packet(a, p);
	case WORKER_END:
		return AGENT_END;
	case WORKER_KINDS:
		break;
	}
	return -1;
}

static struct agent_event
event_of(int kind, size_t which, const struct worker_packet *p)
{
	struct agent_event event = { 0 };

	event.kind = (enum agent_event_kind)kind;
	event.which = which;
	event.result = result_of(p);
	event.carried = p->carried;
	event.answered = p->answered;
	event.last = p->last;
	return event;
}

/* Whatever it was that it sent, it holds messages and is believed no more. */
static void
end_now(const struct agent *a)
{
	if (a->deliveries && a->pid > 0)
		kill(a->pid, SIGKILL);
}

static struct agent_event
read_worker(struct agent *a)
{
	static struct worker_packet p;
	struct agent_event event = { 0 };
	size_t which = 0;
	int got, kind;

	while ((got = worker_packet(a->fd, &p)) > 0) {
		kind = on_packet(a, &p, &which);
		if (kind < 0) {
			a->wrong = 1;
			agent_kill(a, 0);
			got = -1;
			break;
		}
		if (kind != AGENT_NOTHING) {
			if (kind == AGENT_END)
				close_fd(a);
			return event_of(kind, which, &p);
		}
	}
	if (got < 0) {
		close_fd(a);
		end_now(a);
		event.kind = a->deliveries || a->wrong ? AGENT_CRASHED :
		    AGENT_CLOSED;
	}
	return event;
}

/* ---- an external module ---- */

static void
read_output(struct agent *a)
{
	char block[4096];
	ssize_t got;

	while ((got = read(a->fd, block, sizeof block)) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 && errno == EAGAIN)
			return;
		if (got < 0)
			break;
		if (a->output.n < OUTPUT_MAX)
			buf_add(&a->output, (struct str){ block, (size_t)got });
	}
	close_fd(a);
}

struct agent_event
agent_read(struct agent *a)
{
	struct agent_event nothing = { 0 };

	if (a->fd < 0)
		return nothing;
	if (!a->external)
		return read_worker(a);
	read_output(a);
	return nothing;
}

/* Its exit code knows no more than this. */
static struct result
result_of_exit(const struct agent *a, int code)
{
	struct result r = { 0 };

	r.stage = STAGE_module;
	r.text = str_trim(buf_str(&a->output));
	r.code = code;
	if (code)
		r.fault = err_is_remote(code) ? FAULT_REMOTE : FAULT_MESSAGE;
	return r;
}

/* A module has ended when its process has, even if its stdout is still open
 * elsewhere. */
struct agent_event
agent_ended(struct agent *a, int status)
{
	struct agent_event event = { 0 };

	if (a->fd >= 0)
		read_output(a);
	close_fd(a);
	kill(-a->pid, SIGKILL);
	event.kind = AGENT_CLOSED;
	if (a->deliveries && WIFEXITED(status) && !a->signals) {
		event.kind = AGENT_RESULT;
		event.result = result_of_exit(a, WEXITSTATUS(status));
	} else if (a->deliveries) {
		event.kind = AGENT_CRASHED;
	}
	return event;
}

/* ---- its end ---- */

void
agent_patience(struct agent *a, long long ms)
{
	a->deadline = clock_in(ms);
}

void
agent_retire(struct agent *a, long long ms)
{
	a->owner = NULL;
	close_fd(a);
	agent_patience(a, ms);
}

void
agent_kill(struct agent *a, long long ms)
{
	int number = a->signals++ || a->wrong ? SIGKILL : SIGTERM;

	if (a->pid > 0)
		kill(a->external ? -a->pid : a->pid, number);
	agent_patience(a, ms);
}

void
agent_free(struct agent *a)
{
	int error = errno;

	while (a->deliveries)
		delivery_free(&a->delivery[--a->deliveries]);
	close_fd(a);
	buf_wipe(&a->output);
	buf_free(&a->output);
	buf_free(&a->peer);
	buf_free(&a->host);
	buf_free(&a->protocol);
	free(a->delivery);
	free(a);
	errno = error;
}

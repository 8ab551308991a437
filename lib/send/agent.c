/* agent - a child that delivers to one remote. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../base/clock.h"
#include "delivery.h"
#include "external.h"
#include "../base/mem.h"
#include "../smtp/remote.h"
#include "agent.h"
#include "worker.h"

/* What is kept of a module's stdout. */
#define OUTPUT_MAX 65536

/* Messages in flight to a server that answers at once. */
#define MIN_WINDOW 8

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
agent_worker(const struct remote *r, const char *helo, int seconds)
{
	struct agent *a = new_agent(r);

	a->remote = r;
	a->helo = helo;
	a->seconds = seconds;
	a->pid = worker_start(r, helo, seconds, NULL, &a->fd);
	if (a->pid >= 0)
		return a;
	agent_free(a);
	return NULL;
}

struct agent *
agent_module(const struct remote *r, const char *path,
    const struct delivery *d, const char *helo, int *options_cut)
{
	struct agent *a = new_agent(r);
	struct external module;

	a->external = 1;
	if (external_start(&module, path, buf_str(&r->lines), d->fd,
	    helo) < 0) {
		agent_free(a);
		return NULL;
	}
	a->pid = module.pid;
	a->fd = module.out;
	*options_cut = module.options_cut;
	return a;
}

int
agent_has_room(const struct agent *a)
{
	return a->fd >= 0 && !a->signals &&
	    a->deliveries < (a->window ? a->window : 1);
}

/* A round trip in ms, guessed: opening takes at least three, for TCP, the
 * greeting and EHLO. */
static long long
round_trip(const struct agent *a)
{
	return (a->ready - a->began) / 3;
}

long long
agent_pace(const struct agent *a)
{
	long long spared = a->window > PROTOCOL_AHEAD ? round_trip(a) : 0;
	long long pace, in_hand;

	if (!a->ready)
		return 0;
	pace = a->results ? (a->worked - spared) / (long long)a->results :
	    round_trip(a) - spared;
	in_hand = a->deliveries ? clock_ms() - a->since - spared : 0;
	return in_hand > pace ? in_hand : pace;
}

int
agent_give(struct agent *a, const struct delivery *d)
{
	if (!a->external && worker_give(a->fd, d->id, d->fd) < 0)
		return -1;
	if (!a->deliveries)
		a->since = clock_ms();
	a->delivery[a->deliveries++] = *d;
	return 0;
}

void
agent_go(const struct agent *a)
{
	if (a->fd >= 0)
		worker_go(a->fd);
}

struct delivery
agent_take(struct agent *a)
{
	struct delivery d = a->delivery[0];

	a->deliveries--;
	memmove(a->delivery, a->delivery + 1,
	    a->deliveries * sizeof a->delivery[0]);
	return d;
}

static struct delivery *
find_delivery(struct agent *a, unsigned long id)
{
	size_t i;

	for (i = 0; i < a->deliveries; i++)
		if (a->delivery[i].id == id)
			return &a->delivery[i];
	return NULL;
}

/* Messages in flight cannot move to another session, so it takes only as many
 * as fill a round trip. */
static enum agent_event_kind
on_ready(struct agent *a, size_t window)
{
	size_t fill;

	a->ready = a->since = clock_ms();
	fill = MIN_WINDOW + (size_t)round_trip(a);
	a->window = window > fill ? fill : window;
	a->worked = 0;
	a->results = 0;
	return AGENT_READY;
}

static void
close_fd(struct agent *a)
{
	if (a->fd >= 0)
		close(a->fd);
	a->fd = -1;
}

/* A worker has lost its connection: another one takes its place, with the
 * deliveries that have no result. 0, or -1 if there is to be no other. */
static int
replace_worker(struct agent *a, const struct carried *carried)
{
	size_t i = 0;
	pid_t pid;
	int fd;

	pid = a->signals ? -1 : worker_start(a->remote, a->helo, a->seconds,
	    carried, &fd);
	if (pid < 0)
		return -1;
	while (i < a->deliveries &&
	    worker_give(fd, a->delivery[i].id, a->delivery[i].fd) == 0)
		i++;
	close_fd(a);
	a->pid = pid;
	a->fd = fd;
	a->began = clock_ms();
	if (i < a->deliveries)
		kill(pid, SIGKILL);
	return 0;
}

/* A packet as an event; AGENT_NOTHING if the owner need not know. */
static enum agent_event_kind
on_packet(struct agent *a, const struct worker_packet *p)
{
	struct str text = { p->text, p->n };
	struct delivery *d = find_delivery(a, p->id);

	switch (p->kind) {
	case WORKER_PEER:
		buf_set(&a->peer, text);
		return AGENT_NOTHING;
	case WORKER_READY:
		return on_ready(a, p->index);
	case WORKER_RECIPIENT:
		if (d)
			delivery_refuse(d, p->index, p->code, text);
		return AGENT_NOTHING;
	case WORKER_NOTE:
		return AGENT_NOTE;
	case WORKER_MESSAGE:
		if (!d || d != a->delivery)
			return AGENT_NOTHING;
		a->results++;
		a->worked += clock_ms() - a->since;
		a->since = clock_ms();
		return AGENT_RESULT;
	case WORKER_AGAIN:
		return replace_worker(a, &p->carried) == 0 || a->signals ?
		    AGENT_NOTHING : AGENT_DOWN;
	case WORKER_DOWN:
		return AGENT_DOWN;
	}
	return AGENT_NOTHING;
}

static struct agent_event
read_worker(struct agent *a)
{
	static struct worker_packet p;
	struct agent_event event = { 0 };
	int got;

	while ((got = worker_packet(a->fd, &p)) > 0) {
		event.kind = on_packet(a, &p);
		if (event.kind != AGENT_NOTHING) {
			event.code = p.code;
			event.stage = p.stage;
			event.text = (struct str){ p.text, p.n };
			return event;
		}
	}
	if (got < 0) {
		close_fd(a);
		event.kind = a->deliveries ? AGENT_CRASHED : AGENT_END;
	}
	return event;
}

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

/* A module has ended when its process has, even if its stdout is still open
 * elsewhere. */
struct agent_event
agent_ended(struct agent *a, int status)
{
	struct agent_event event = { 0 };

	if (!a->external)
		return agent_read(a);
	if (a->fd >= 0)
		read_output(a);
	close_fd(a);
	kill(-a->pid, SIGKILL);
	event.stage = STAGE_module;
	event.text = str_trim(buf_str(&a->output));
	event.kind = AGENT_END;
	if (a->deliveries && WIFEXITED(status) && !a->signals) {
		event.kind = AGENT_RESULT;
		event.code = WEXITSTATUS(status);
	} else if (a->deliveries) {
		event.kind = AGENT_CRASHED;
	}
	return event;
}

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
	kill(a->external ? -a->pid : a->pid, a->signals++ ? SIGKILL : SIGTERM);
	agent_patience(a, ms);
}

void
agent_free(struct agent *a)
{
	int error = errno;

	while (a->deliveries)
		delivery_free(&a->delivery[--a->deliveries]);
	close_fd(a);
	buf_free(&a->output);
	buf_free(&a->peer);
	buf_free(&a->host);
	buf_free(&a->protocol);
	free(a->delivery);
	free(a);
	errno = error;
}

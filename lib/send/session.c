/* session - a child that delivers to one remote. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../ssl/ssl.h"
#include "../base/clock.h"
#include "../mail/envelope.h"
#include "../base/err.h"
#include "delivery.h"
#include "foreign.h"
#include "../base/mem.h"
#include "../smtp/module.h"
#include "../smtp/remote.h"
#include "session.h"
#include "worker.h"

/* What is kept of a module's stdout. */
#define OUTPUT_MAX 65536

/* Messages on their way to a server that answers at once. */
#define NEAR 8

static struct session *
new_session(const struct remote *r)
{
	struct session *n = mem_new(1, sizeof *n);

	n->fd = -1;
	n->delivery = mem_new(WORKER_HOLDS, sizeof *n->delivery);
	n->deadline = CLOCK_NEVER;
	n->began = clock_ms();
	buf_set(&n->host, buf_str(&r->host));
	buf_set(&n->protocol, buf_str(&r->protocol));
	return n;
}

struct session *
session_worker(const struct remote *r, const char *helo, int seconds)
{
	struct session *n = new_session(r);

	n->remote = r;
	n->helo = helo;
	n->seconds = seconds;
	n->pid = worker_start(r, helo, seconds, NULL, &n->fd);
	if (n->pid >= 0)
		return n;
	session_free(n);
	return NULL;
}

struct session *
session_module(const struct remote *r, const char *path,
    const struct delivery *d, const char *helo, int *options_cut)
{
	struct session *n = new_session(r);
	struct foreign module;

	n->foreign = 1;
	if (foreign_start(&module, path, buf_str(&r->options), d->fd,
	    helo) < 0) {
		session_free(n);
		return NULL;
	}
	n->pid = module.pid;
	n->fd = module.out;
	*options_cut = module.options_cut;
	return n;
}

int
session_has_room(const struct session *n)
{
	return n->fd >= 0 && !n->signals &&
	    n->deliveries < (n->appetite ? n->appetite : 1);
}

/* A round trip in ms, guessed: opening takes at least three, for TCP, the
 * greeting and EHLO. */
static long long
trip(const struct session *n)
{
	return (n->ready - n->began) / 3;
}

long long
session_pace(const struct session *n)
{
	long long spared = n->appetite > MODULE_AHEAD ? trip(n) : 0;
	long long pace, in_hand;

	if (!n->ready)
		return 0;
	pace = n->results ? (n->worked - spared) / (long long)n->results :
	    trip(n) - spared;
	in_hand = n->deliveries ? clock_ms() - n->since - spared : 0;
	return in_hand > pace ? in_hand : pace;
}

int
session_give(struct session *n, const struct delivery *d)
{
	if (!n->foreign && worker_give(n->fd, d->id, d->fd) < 0)
		return -1;
	if (!n->deliveries)
		n->since = clock_ms();
	n->delivery[n->deliveries++] = *d;
	return 0;
}

void
session_go(const struct session *n)
{
	if (n->fd >= 0)
		worker_go(n->fd);
}

struct delivery
session_take(struct session *n)
{
	struct delivery d = n->delivery[0];

	n->deliveries--;
	memmove(n->delivery, n->delivery + 1, n->deliveries * sizeof n->delivery[0]);
	return d;
}

static struct delivery *
find_delivery(struct session *n, unsigned long id)
{
	size_t i;

	for (i = 0; i < n->deliveries; i++)
		if (n->delivery[i].id == id)
			return &n->delivery[i];
	return NULL;
}

/* What is on its way no other session can have, so of many no more than fill
 * it: a near server gets few. */
static enum session_event
on_ready(struct session *n, size_t appetite)
{
	size_t fill;

	n->ready = n->since = clock_ms();
	fill = NEAR + (size_t)trip(n);
	n->appetite = appetite > fill ? fill : appetite;
	n->worked = 0;
	n->results = 0;
	return SESSION_READY;
}

static void
silence(struct session *n)
{
	if (n->fd >= 0)
		close(n->fd);
	n->fd = -1;
}

/* A worker has lost its connection: another one takes its place, with the
 * deliveries that have no answer. 0, or -1 if there is to be no other. */
static int
relieve(struct session *n, const struct module_past *past)
{
	size_t i = 0;
	pid_t pid;
	int fd;

	pid = n->signals ? -1 : worker_start(n->remote, n->helo, n->seconds,
	    past, &fd);
	if (pid < 0)
		return -1;
	while (i < n->deliveries &&
	    worker_give(fd, n->delivery[i].id, n->delivery[i].fd) == 0)
		i++;
	silence(n);
	n->pid = pid;
	n->fd = fd;
	n->began = clock_ms();
	if (i < n->deliveries)
		kill(pid, SIGKILL);
	return 0;
}

/* A packet as an event; SESSION_NOTHING if it concerns nobody but us. */
static enum session_event
understand(struct session *n, const struct worker_packet *p)
{
	struct str text = { p->text, p->n };
	struct delivery *d = find_delivery(n, p->id);

	switch (p->kind) {
	case WORKER_PEER:
		buf_set(&n->peer, text);
		return SESSION_NOTHING;
	case WORKER_READY:
		return on_ready(n, p->index);
	case WORKER_RECIPIENT:
		if (d)
			delivery_refuse(d, p->index, p->code, text);
		return SESSION_NOTHING;
	case WORKER_NOTE:
		return SESSION_NOTE;
	case WORKER_MESSAGE:
		if (!d || d != n->delivery)
			return SESSION_NOTHING;
		n->results++;
		n->worked += clock_ms() - n->since;
		n->since = clock_ms();
		return SESSION_RESULT;
	case WORKER_AGAIN:
		return relieve(n, &p->past) == 0 || n->signals ?
		    SESSION_NOTHING : SESSION_DOWN;
	case WORKER_DOWN:
		return SESSION_DOWN;
	}
	return SESSION_NOTHING;
}

static struct session_news
hear_worker(struct session *n)
{
	static struct worker_packet p;
	struct session_news news = { 0 };
	int got;

	while ((got = worker_packet(n->fd, &p)) > 0) {
		news.event = understand(n, &p);
		if (news.event != SESSION_NOTHING) {
			news.code = p.code;
			news.stage = p.stage;
			news.text = (struct str){ p.text, p.n };
			return news;
		}
	}
	if (got < 0) {
		silence(n);
		news.event = n->deliveries ? SESSION_CRASHED : SESSION_END;
	}
	return news;
}

static void
read_output(struct session *n)
{
	char block[4096];
	ssize_t got;

	while ((got = read(n->fd, block, sizeof block)) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 && errno == EAGAIN)
			return;
		if (got < 0)
			break;
		if (n->output.n < OUTPUT_MAX)
			buf_add(&n->output, (struct str){ block, (size_t)got });
	}
	silence(n);
}

struct session_news
session_hear(struct session *n)
{
	struct session_news nothing = { 0 };

	if (n->fd < 0)
		return nothing;
	if (!n->foreign)
		return hear_worker(n);
	read_output(n);
	return nothing;
}

/* A module is through when its process is, whoever still holds its stdout. */
struct session_news
session_ended(struct session *n, int status)
{
	struct session_news news = { 0 };

	if (!n->foreign)
		return session_hear(n);
	if (n->fd >= 0)
		read_output(n);
	silence(n);
	kill(-n->pid, SIGKILL);
	news.stage = STAGE_module;
	news.text = str_trim(buf_str(&n->output));
	news.event = SESSION_END;
	if (n->deliveries && WIFEXITED(status) && !n->signals) {
		news.event = SESSION_RESULT;
		news.code = WEXITSTATUS(status);
	} else if (n->deliveries) {
		news.event = SESSION_CRASHED;
	}
	return news;
}

void
session_patience(struct session *n, long long ms)
{
	n->deadline = clock_in(ms);
}

void
session_dismiss(struct session *n, long long ms)
{
	n->owner = NULL;
	silence(n);
	session_patience(n, ms);
}

void
session_kill(struct session *n, long long ms)
{
	kill(n->foreign ? -n->pid : n->pid, n->signals++ ? SIGKILL : SIGTERM);
	session_patience(n, ms);
}

void
session_free(struct session *n)
{
	int error = errno;

	while (n->deliveries)
		delivery_free(&n->delivery[--n->deliveries]);
	silence(n);
	buf_free(&n->output);
	buf_free(&n->peer);
	buf_free(&n->host);
	buf_free(&n->protocol);
	free(n->delivery);
	free(n);
	errno = error;
}

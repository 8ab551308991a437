/* workers - modelled children of the sender: workers with one connection each,
 * external modules, and writers of reports. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../../applets/send/sender.h"
#include "../../../lib/send/external.h"
#include "../../../lib/send/worker.h"
#include "proc.h"
#include "real.h"
#include "sim.h"

#define PROCS 96
#define FD_AGENTS (MODELLED + 100)

static struct proc procs[PROCS];
static int serial;

/* ---- processes ---- */

static int
is_free(const struct proc *p)
{
	return !p->kind || (!p->alive && (p->reaped || p->orphan) &&
	    p->fd < 0);
}

static struct proc *
new_proc(enum proc_kind kind)
{
	struct proc *p = procs;

	while (p < procs + PROCS && !is_free(p))
		p++;
	check(p < procs + PROCS, "the sender has too many children");
	free(p->packets);
	*p = (struct proc){ 0 };
	p->kind = kind;
	p->alive = 1;
	p->serial = ++serial;
	p->pid = 1000 + serial;
	p->m = -1;
	p->fd = kind == REPORTER ? -1 : FD_AGENTS + (int)(p - procs);
	return p;
}

static struct proc *
by_fd(int fd)
{
	return fd >= FD_AGENTS && fd < FD_AGENTS + PROCS ?
	    &procs[fd - FD_AGENTS] : NULL;
}

struct proc *
proc_of_event(int arg)
{
	struct proc *p = &procs[arg % PROCS];

	return p->alive && p->serial == arg / PROCS ? p : NULL;
}

void
proc_later(struct proc *p, long long ms, void (*run)(int))
{
	later(ms, run, p->serial * PROCS + (int)(p - procs));
}

static void
on_child(int arg)
{
	struct proc *p = &procs[arg % PROCS];

	if (p->serial != arg / PROCS || p->orphan)
		return;
	p->waitable = 1;
	send_signal(SIGCHLD);
}

/* What it had taken and never reported. */
static void
lose_held(struct proc *p)
{
	int i;

	for (i = 0; i < p->holds; i++) {
		ledger_lost(p->held[i].h.m, p->held[i].took,
		    p->held[i].marked, p->orphan);
		if (p->held[i].h.m >= 0)
			mail[p->held[i].h.m].in_hand--;
		if (p->held[i].marked)
			ledger_took_unheard(p->s);
		__real_close(p->held[i].fd);
	}
	p->holds = p->begun = 0;
	if (p->kind == WORKER)
		return;
	__real_close(p->file);
	if (p->m >= 0)
		mail[p->m].in_hand--;
}

void
proc_ends(struct proc *p, int status)
{
	if (!p->alive)
		return;
	say("%s %d: ends, status %x", p->kind == WORKER ? "worker" :
	    p->kind == MODULE ? "module" : "report", p->pid, status);
	p->alive = 0;
	p->status = status;
	lose_held(p);
	if (!p->orphan)
		proc_later(p, chance(800) ? 0 : pick(50), on_child);
}

int
proc_wait(int *status)
{
	struct proc *p;

	for (p = procs; p < procs + PROCS; p++)
		if (p->kind && p->waitable && !p->reaped && !p->orphan) {
			p->reaped = 1;
			*status = p->status;
			module_reaped(p);
			w.news++;
			return p->pid;
		}
	return 0;
}

int
is_on_the_way(int m)
{
	const struct proc *p;
	int i;

	for (p = procs; p < procs + PROCS; p++) {
		if (p->kind == MODULE && p->m == m && !p->reaped)
			return 1;
		for (i = p->packet_at; i < p->packet_count; i++)
			if (p->packets[i].m == m)
				return 1;
	}
	return 0;
}

int
reports_unread(void)
{
	int i, n = 0;

	for (i = 0; i < PROCS; i++)
		n += procs[i].kind == REPORTER && !procs[i].reaped &&
		    !procs[i].orphan;
	return n;
}

static void
die_of(int arg)
{
	struct proc *p = proc_of_event(arg);

	if (p)
		proc_ends(p, SIGTERM);
}

/* TERM may not have done it; and its remote may be retired meanwhile. */
static void
must_be_over(int arg)
{
	const struct proc *p = proc_of_event(arg);

	check(!p || p->orphan, "process %d ignores TERM, and gets no KILL",
	    p->pid);
}

/* After a suspension the sender is late too. */
static void
should_be_over(int arg)
{
	struct proc *p = proc_of_event(arg);

	if (p)
		proc_later(p, 2000, must_be_over);
}

int
proc_kill(pid_t pid, int number)
{
	struct proc *p = procs;

	pid = pid < 0 ? -pid : pid;
	while (p < procs + PROCS && (!p->kind || p->orphan || p->pid != pid))
		p++;
	if (p == procs + PROCS || p->reaped) {
		errno = ESRCH;
		return -1;
	}
	say("kill: %d by signal %d", p->pid, number);
	if (!p->signalled)
		proc_later(p, 2 * GRACE, should_be_over);
	p->signalled = 1;
	if (number == SIGKILL || chance(850))
		proc_ends(p, number);
	else if (p->alive && chance(500))
		proc_later(p, pick(4000), die_of);
	return 0;
}

/* ---- packets ---- */

struct packet *
proc_packet(struct proc *p, enum worker_kind kind)
{
	struct packet *q;

	if (p->packet_count == p->packet_room) {
		p->packet_room = p->packet_room ? p->packet_room * 2 : 16;
		p->packets = realloc(p->packets, (size_t)p->packet_room *
		    sizeof *p->packets);
		check(p->packets, "the simulator has no memory");
	}
	q = &p->packets[p->packet_count++];
	memset(q, 0, sizeof *q);
	q->kind = kind;
	q->m = -1;
	q->carried = p->carried;
	q->answered = (unsigned long)p->answered;
	return q;
}

/* Another worker of the same server that was let in. */
static int
has_sister(const struct proc *p)
{
	int i;

	for (i = 0; i < PROCS; i++)
		if (&procs[i] != p && procs[i].kind == WORKER &&
		    procs[i].s == p->s && procs[i].ready && !procs[i].orphan &&
		    procs[i].fd >= 0)
			return 1;
	return 0;
}

/* Those of the message first, as they show that the server takes mail. */
static void
answers_are_read(const struct proc *p, const struct packet *q)
{
	int i;

	for (i = 0; i < RCPTS; i++)
		if (q->shares[i])
			ledger_answer(p->s, q->m, i, &q->answer);
	for (i = 0; i < p->stashed; i++)
		ledger_answer(p->s, q->m, p->stash[i].r, &p->stash[i].answer);
}

/* A sender has read a packet: what it knows now. */
static void
packet_is_read(struct proc *p, const struct packet *q)
{
	w.news++;
	if (q->kind == WORKER_RECIPIENT && q->m >= 0 &&
	    p->stashed < (int)(sizeof p->stash / sizeof p->stash[0]))
		p->stash[p->stashed++] = (struct stash){ q->r, q->answer };
	if (q->kind != WORKER_MESSAGE)
		return;
	if (q->m >= 0)
		answers_are_read(p, q);
	p->stashed = 0;
	if (q->m < 0)
		return;
	ledger_read(q->m, q->took);
	rules_result(p->s, q->m, &(struct result){ q->code, q->fault,
	    q->stage, q->reply, q->unanswered, str_of(q->text) },
	    has_sister(p), q->whom);
}

static void
give_out(const struct packet *q, struct worker_packet *out)
{
	out->kind = q->kind;
	out->id = q->id;
	out->index = q->index;
	out->code = q->code;
	out->fault = q->fault;
	out->stage = q->stage;
	out->reply = q->reply;
	out->unanswered = q->unanswered;
	out->carried = q->carried;
	out->answered = q->answered;
	out->last = q->last;
	out->n = strlen(q->text);
	memcpy(out->text, q->text, out->n);
}

int
worker_packet(int fd, struct worker_packet *out)
{
	struct proc *p = by_fd(fd);
	struct packet *q;
	int known;

	step(ON_OTHER, IN_NONE);
	check(p && p->kind == WORKER && p->fd == fd,
	    "the sender reads from a worker that is not");
	if (p->packet_at == p->packet_count)
		return p->alive ? 0 : -1;
	q = &p->packets[p->packet_at++];
	if (q->kind == WORKER_END && q->fault == FAULT_LOGIN &&
	    !has_sister(p))
		rules_login_refused(p->s);
	known = q->kind >= WORKER_PEER && q->kind < WORKER_KINDS;
	w.inside = 0;
	packet_is_read(p, q);
	give_out(q, out);
	w.inside = 1;
	return known ? 1 : -1;
}

/* ---- the sender's side ---- */

int
agent_fd_ready(int fd)
{
	struct proc *p = by_fd(fd);

	return p && p->fd == fd && (!p->alive ||
	    p->packet_at < p->packet_count || p->output_n);
}

void
agent_fd_close(int fd)
{
	struct proc *p = by_fd(fd);
	int i;

	if (!p || p->fd != fd)
		return;
	for (i = p->packet_at; i < p->packet_count; i++)
		if (p->packets[i].m >= 0)
			ledger_lost(p->packets[i].m, p->packets[i].took,
			    p->packets[i].marked, p->orphan);
	p->packet_at = p->packet_count;
	p->fd = -1;
	if (p->alive && p->kind == WORKER)
		worker_wakes(p);
}

ssize_t
agent_fd_read(int fd, char *to, size_t n)
{
	struct proc *p = by_fd(fd);
	size_t got;

	step(ON_OTHER, IN_NONE);
	if (!p || (p->alive && !p->output_n)) {
		errno = EAGAIN;
		return -1;
	}
	got = p->output_n < n ? p->output_n : n;
	memcpy(to, p->output, got);
	p->output_n = 0;
	return (ssize_t)got;
}

/* As worker.c has them. */
pid_t
worker_start(const struct worker_setup *setup, int *fd)
{
	int error = step(ON_FORK, IN_NONE);
	struct proc *p;

	if (error) {
		errno = error;
		return -1;
	}
	w.inside = 0;
	p = new_proc(WORKER);
	*fd = p->fd;
	worker_begins(p, setup);
	w.inside = 1;
	return p->pid;
}

/* Sessions of this remote that the sender has not given up. */
int
workers_of(int s)
{
	int i, n = 0;

	for (i = 0; i < PROCS; i++)
		n += procs[i].kind == WORKER && procs[i].s == s &&
		    procs[i].alive && procs[i].fd >= 0 && !procs[i].orphan &&
		    !procs[i].over;
	return n;
}

int
workers_ready(int s)
{
	int i, n = 0;

	for (i = 0; i < PROCS; i++)
		n += procs[i].kind == WORKER && procs[i].s == s &&
		    procs[i].ready && procs[i].alive && !procs[i].orphan;
	return n;
}

/* Deliveries of this server's workers. */
int
workers_holding(int s)
{
	int i, n = 0;

	for (i = 0; i < PROCS; i++)
		if (procs[i].kind == WORKER && procs[i].s == s &&
		    procs[i].fd >= 0 && !procs[i].orphan)
			n += procs[i].holds;
	return n;
}

int
worker_give(int fd, unsigned long id, unsigned over, int message)
{
	struct proc *p = by_fd(fd);
	int rc;

	step(ON_OTHER, IN_NONE);
	check(p && p->kind == WORKER && p->fd == fd,
	    "the sender gives to a worker that is not");
	w.inside = 0;
	rc = worker_takes(p, id, over, message);
	w.inside = 1;
	return rc;
}

void
worker_go(int fd)
{
	struct proc *p = by_fd(fd);

	step(ON_OTHER, IN_NONE);
	if (!p || !p->alive || p->fd != fd)
		return;
	p->go = 1;
	worker_wakes(p);
}

/* ---- a sender that was killed, and the end ---- */

/* What it held may be done by its worker, which lives on for a while; what was
 * on the way to it is as if it had just read it. */
static void
orphan(struct proc *p)
{
	int i;

	for (i = p->packet_at; i < p->packet_count; i++)
		if (p->packets[i].m >= 0)
			ledger_read(p->packets[i].m, p->packets[i].took);
	if (p->kind == MODULE && p->m >= 0 && !p->reaped && p->exit_took)
		ledger_read(p->m, p->took);
	p->packet_at = p->packet_count;
	p->stashed = 0;
	p->fd = -1;
	p->orphan = 1;
	if (!p->alive)
		return;
	if (p->kind == WORKER ? !p->go || chance(500) : chance(500))
		proc_ends(p, SIGTERM);
	else
		say("orphan: %d lives on", p->pid);
	if (p->alive && p->kind == WORKER)
		worker_wakes(p);
}

void
workers_orphan(void)
{
	struct proc *p;

	for (p = procs; p < procs + PROCS; p++)
		if (p->kind && !p->orphan)
			orphan(p);
}

void
workers_end(void)
{
	struct proc *p;

	for (p = procs; p < procs + PROCS; p++) {
		p->orphan = 1;
		if (p->alive)
			proc_ends(p, SIGKILL);
		p->fd = -1;
	}
}

void
workers_begin(void)
{
	struct proc *p;
	int i;

	for (p = procs; p < procs + PROCS; p++) {
		p->fd = -1;
		if (!p->kind)
			continue;
		for (i = 0; i < p->holds; i++)
			__real_close(p->held[i].fd);
		if (p->kind != WORKER && p->alive)
			__real_close(p->file);
		free(p->packets);
		*p = (struct proc){ 0 };
		p->fd = -1;
	}
	serial = 0;
}

struct proc *
proc_begins(enum proc_kind kind)
{
	return new_proc(kind);
}

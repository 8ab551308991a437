/* connection - what a worker does: it is let in or not, takes messages, gets
 * answers, loses its connection at any point, and may report nonsense. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../../../lib/queue/spool.h"
#include "proc.h"
#include "real.h"
#include "sim.h"

static void work(int arg);

/* ---- its words ---- */

static void
set_answer(struct packet *q, const struct answer *a)
{
	q->answer = *a;
	q->code = a->code;
	q->fault = a->code ? a->verdict.fault : FAULT_NONE;
	q->stage = a->stage;
	q->reply = a->reply;
	snprintf(q->text, sizeof q->text, "%s", a->text);
}

/* The last packet, and the end. */
static void
leave(struct proc *p, enum fault fault, enum stage stage, int reply,
    const char *text)
{
	struct packet *q = proc_packet(p, WORKER_END);

	p->over = 1;
	q->code = fault == FAULT_LOGIN ? ERR_AUTH : fault == FAULT_OURS ?
	    ERR_MSG_TEMP : reply ? ERR_MSG_TEMP : ERR_CONNECT;
	q->fault = fault;
	q->stage = stage;
	q->reply = reply;
	snprintf(q->text, sizeof q->text, "%s h%d", text, p->s);
	say("worker %d (h%d): end, fault %d: %s", p->pid, p->s, fault,
	    q->text);
	proc_ends(p, q->code << 8);
}

static void
say_ready(struct proc *p)
{
	struct packet *q = proc_packet(p, WORKER_READY);

	q->index = (size_t)p->window;
	say("worker %d (h%d): ready, window %d", p->pid, p->s, p->window);
}

/* ---- the beginning ---- */

static unsigned
addresses_in(struct str list)
{
	unsigned set = 0;
	struct str line;

	while (list.n) {
		line = str_cut(&list, '\n');
		if (line.n)
			set |= 1u << (line.p[line.n - 1] - '0');
	}
	return set;
}

/* The first address that was not tried, those that are sick last; -1. */
static int
choose_address(const struct proc *p)
{
	unsigned all = (1u << server[p->s].addresses) - 1;
	unsigned set = all & ~p->tried, well = set & ~p->sick;
	int a = 0;

	if (!set)
		return -1;
	if (well)
		set = well;
	while (!(set & 1u << a))
		a++;
	return a;
}

static void
say_peer(struct proc *p, int a)
{
	struct packet *q = proc_packet(p, WORKER_PEER);

	snprintf(q->text, sizeof q->text, "10.%d.0.%d port 25", p->s, a);
}

static void
refuse_address(struct proc *p, int a)
{
	static const enum stage stages[] = { STAGE_connect, STAGE_greeting,
		STAGE_helo, STAGE_tls, STAGE_auth };
	unsigned all = (1u << server[p->s].addresses) - 1;
	struct packet *q;

	leave(p, FAULT_ADDRESS, stages[pick(5)], chance(500) ? 421 : 0,
	    "421 not here");
	q = &p->packets[p->packet_count - 1];
	q->last = !(all & ~p->tried & ~(1u << a));
}

static void
let_in(struct proc *p)
{
	p->one_too_many = server_wants_no_more(p->s) && workers_ready(p->s);
	p->ready = 1;
	p->let_in_at = w.now;
	p->window = server[p->s].window > 8 ? 8 : server[p->s].window;
	if (p->carried.window && p->window == 8)
		p->window = p->carried.window;
	say_ready(p);
}

static void
crash(struct proc *p)
{
	say("worker %d (h%d): crashes", p->pid, p->s);
	proc_ends(p, chance(500) ? 11 : 17 << 8);
}

static void
open_connection(struct proc *p)
{
	int a = choose_address(p);
	enum opening how = server_opens(p->s, a);

	if (a < 0 || how == OPEN_NAME) {
		leave(p, FAULT_ADDRESS, STAGE_connect, 0, "No address");
		p->packets[p->packet_count - 1].last = 1;
		return;
	}
	if (how != OPEN_OURS)
		say_peer(p, a);
	switch (how) {
	case OPEN_FINE:
		let_in(p);
		break;
	case OPEN_LOGIN:
		leave(p, FAULT_LOGIN, STAGE_auth, 535, "535 5.7.8 no");
		break;
	case OPEN_REMOTE:
		leave(p, FAULT_REMOTE, STAGE_auth, 454, "454 4.7.0 not now");
		break;
	case OPEN_OURS:
		leave(p, FAULT_OURS, STAGE_connect, 0, "No memory");
		break;
	case OPEN_AGAIN:
		p->carried.no_chunking = 1;
		leave(p, FAULT_AGAIN, STAGE_greeting, 0, "Another one");
		break;
	case OPEN_CRASH:
		crash(p);
		break;
	case OPEN_SILENT:
		break;
	default:
		refuse_address(p, a);
	}
}

void
worker_begins(struct proc *p, const struct worker_setup *setup)
{
	unsigned sender;
	size_t i;
	int alive;

	p->s = buf_str(&setup->remote->host).p[1] - '0';
	alive = workers_of(p->s) - 1;
	p->tried = addresses_in(setup->tried);
	p->sick = addresses_in(setup->sick);
	p->carried = setup->carried;
	p->messages = setup->messages;
	p->options = setup->remote->options;
	if (p->options.soft_bounce) {
		snprintf(p->soft_bounce, sizeof p->soft_bounce, "%s",
		    p->options.soft_bounce);
		p->options.soft_bounce = p->soft_bounce;
	}
	p->which = (size_t)(setup->remote - setup->remotes->list);
	for (i = 0; i < setup->remotes->count; i++)
		for (sender = FROM_D; sender <= FROM_NULL; sender *= 2)
			p->takes[i][sender] = choice_takes(setup->remotes, i,
			    sender);
	say("worker %d (h%d): begins, tried %x sick %x messages %d", p->pid,
	    p->s, p->tried, p->sick, p->messages);
	rules_start(p->s, setup->remote, alive);
	p->next = w.now + 1 + pick((unsigned)server[p->s].latency);
	proc_later(p, p->next - w.now, work);
}

/* ---- messages ---- */

unsigned
recipients_of(const struct head *h)
{
	unsigned set = 0;
	int i;

	for (i = 0; i < h->n; i++)
		set |= 1u << h->r[i];
	return set;
}

/* Those whom the line takes, and no line that has had them. */
static void
narrow(const struct proc *p, struct held *h, unsigned over)
{
	unsigned sender = choice_sender(h->h.m), set;
	int i, n = 0;

	set = p->takes[p->which][sender];
	for (i = 0; i < SERVERS; i++)
		if (over & 1u << i)
			set &= ~p->takes[i][sender];
	for (i = 0; i < h->h.n; i++)
		if (set & 1u << h->h.r[i])
			h->h.r[n++] = h->h.r[i];
	h->others = h->h.n - n;
	h->h.n = n;
	check(n, "h%d gets m%d, of whose recipients it takes none", p->s,
	    h->h.m);
}

int
worker_takes(struct proc *p, unsigned long id, unsigned over, int message)
{
	struct held *h = &p->held[p->holds];

	if (!p->alive) {
		errno = EPIPE;
		return -1;
	}
	if (!w.calm && chance(5)) {
		say("worker %d (h%d): not now", p->pid, p->s);
		return 1;
	}
	if (!w.calm && chance(3)) {
		say("worker %d (h%d): ends as it is given one", p->pid, p->s);
		proc_ends(p, SIGKILL);
		errno = EPIPE;
		return -1;
	}
	check(p->holds < WORKER_HOLDS, "a worker gets more than it holds");
	memset(h, 0, sizeof *h);
	h->id = id;
	if (read_head(message, &h->h) == 0 && h->h.n)
		narrow(p, h, over);
	if (!w.calm && chance(3)) {
		struct packet *q = proc_packet(p, WORKER_MESSAGE);

		say("worker %d: no descriptor came with %lu", p->pid, id);
		q->id = id;
		q->code = ERR_MSG_TEMP;
		q->fault = FAULT_OURS;
		q->m = h->h.m;
		return 0;
	}
	h->fd = fcntl(message, F_DUPFD_CLOEXEC, HIGH);
	p->holds++;
	p->given++;
	say("worker %d (h%d): gets m%d as %lu", p->pid, p->s, h->h.m, id);
	if (h->h.m >= 0) {
		mail[h->h.m].in_hand++;
		rules_try(p->s, h->h.m, h->h.n + h->others,
		    recipients_of(&h->h));
	}
	check(!p->messages || p->given <= p->messages,
	    "a connection gets more than messages=");
	worker_wakes(p);
	return 0;
}

static void
forget_held(struct proc *p, int i)
{
	if (p->held[i].h.m >= 0)
		mail[p->held[i].h.m].in_hand--;
	__real_close(p->held[i].fd);
	p->holds--;
	if (p->begun > i)
		p->begun--;
	memmove(p->held + i, p->held + i + 1,
	    (size_t)(p->holds - i) * sizeof p->held[0]);
}

/* The server takes it for some of its recipients. */
static void
server_takes(struct proc *p, struct held *h, const struct answer *own)
{
	int i;

	say("h%d: takes m%d%s", p->s, h->h.m, h->h.m < 0 ? "" :
	    mail[h->h.m].report ? ", a report" : "");
	for (i = 0; i < h->h.n && h->h.m >= 0; i++)
		h->took[h->h.r[i]] += !own[i].reply;
	/* Without locks the next sender cannot know. */
	if (p->orphan && (w.no_locks || w.lock_failed))
		ledger_lost(h->h.m, h->took, 0, 1);
	for (i = 0; i < RCPTS && h->h.m >= 0; i++)
		if (h->took[i])
			ledger_taken(h->h.m, i, h->took[i]);
}

static void
report_refusals(struct proc *p, const struct held *h,
    const struct answer *own)
{
	struct packet *q;
	int i;

	for (i = 0; i < h->h.n; i++) {
		if (!own[i].reply)
			continue;
		q = proc_packet(p, WORKER_RECIPIENT);
		q->id = h->id;
		q->index = (size_t)i;
		set_answer(q, &own[i]);
		q->m = h->h.m;
		q->r = h->h.r[i];
	}
}

/* The result, and the end of what it was about. A message without any taken
 * recipient is no success, whatever was said to it. */
static void
report_message(struct proc *p, int which, const struct answer *own,
    const struct answer *whole, int unanswered)
{
	struct held *h = &p->held[which];
	struct packet *q;
	int i;

	report_refusals(p, h, own);
	q = proc_packet(p, WORKER_MESSAGE);
	q->id = h->id;
	set_answer(q, whole);
	q->unanswered = unanswered;
	q->m = h->h.m;
	q->marked = h->marked;
	q->whom = recipients_of(&h->h);
	memcpy(q->took, h->took, sizeof q->took);
	for (i = 0; i < h->h.n; i++)
		q->shares[h->h.r[i]] |= !own[i].reply;
	say("worker %d (h%d): m%d code %d fault %d%s: %s", p->pid, p->s,
	    h->h.m, q->code, q->fault, unanswered ? " UNANSWERED" : "",
	    q->text);
	memset(h->took, 0, sizeof h->took);
	if (p->fd < 0 || unanswered) {
		ledger_lost(q->m, q->took, q->marked, p->orphan);
		memset(q->took, 0, sizeof q->took);
	}
	forget_held(p, which);
	p->answered += !unanswered;
}

static int
all_accepted(const struct held *h, const struct answer *own)
{
	int i = 0;

	while (i < h->h.n && !own[i].reply)
		i++;
	return i == h->h.n;
}

static void
ask_recipients(const struct proc *p, const struct held *h,
    struct answer own[64])
{
	int i, m = h->h.m;

	memset(own, 0, 64 * sizeof own[0]);
	for (i = 0; m >= 0 && i < h->h.n; i++)
		own[i] = server_recipient(p->s, m, h->h.r[i],
		    mail[m].account[h->h.r[i]].tries++, &p->options);
}

static void
mark(struct held *h)
{
	if (!w.no_marks && !chance(w.calm ? 0 : 5))
		h->marked = spool_mark(h->fd) == 0;
	say("worker: m%d is %smarked", h->h.m, h->marked ? "" : "NOT ");
}

static int
refused_by_all(const struct held *h, const struct answer *own)
{
	int i = 0;

	while (i < h->h.n && own[i].reply)
		i++;
	return i == h->h.n;
}

/* Asks for the answer to one message. 0; -1 when the worker has died. */
static int
finish_message(struct proc *p, int which)
{
	struct held *h = &p->held[which];
	struct answer own[64], whole;

	ask_recipients(p, h, own);
	if (p->one_too_many && !w.calm)
		whole = server_busy(p->s, h->h.m, &p->options);
	else if (h->h.n && refused_by_all(h, own))
		whole = own[pick((unsigned)h->h.n)];
	else
		whole = server_message(p->s, h->h.m, &p->options);
	if (whole.code == ERR_OK) {
		server_takes(p, h, own);
		if (!w.calm && chance(4)) {
			crash(p);
			return -1;
		}
		if (all_accepted(h, own) && !h->others)
			mark(h);
		if (!w.calm && chance(4)) {
			crash(p);
			return -1;
		}
	}
	report_message(p, which, own, &whole, 0);
	return 0;
}

/* ---- the end of a connection ---- */

static struct answer
lost(const struct proc *p, int how)
{
	struct fault_case c = { STAGE_dot, 0, { NULL, 0 }, FAULT_LOST, 0, 0,
		0 };
	struct answer a = { 0 };

	c.answered = p->answered > 0;
	c.how = how ? FAULT_TIMEOUT : FAULT_LOST;
	c.stage = chance(300) ? STAGE_mail : STAGE_dot;
	a.stage = c.stage;
	a.verdict = fault_of(&c);
	a.code = how ? ERR_TIMED_OUT : ERR_PROTOCOL;
	snprintf(a.text, sizeof a.text, "%s h%d", how ? "Timeout" :
	    "Connection lost", p->s);
	return a;
}

/* Sent whole and never answered: the server may have it. */
static void
leave_unanswered(struct proc *p, const struct answer *why)
{
	struct held *h = &p->held[0];
	struct answer own[64];

	ask_recipients(p, h, own);
	if (refused_by_all(h, own) || chance(500))
		memset(own, 0, sizeof own);
	if (chance(500))
		server_takes(p, h, own);
	report_message(p, 0, own, why, 1);
}

static void
lose_connection(struct proc *p)
{
	struct answer why = lost(p, chance(300));
	struct answer none[64];
	int sent = (int)pick((unsigned)p->begun + 1);

	memset(none, 0, sizeof none);
	say("h%d: connection of %d is lost, %d of %d were sent", p->s, p->pid,
	    sent, p->begun);
	if (chance(60)) {
		crash(p);
		return;
	}
	if (!sent && p->begun && why.verdict.fault == FAULT_CONNECTION)
		report_message(p, 0, none, &why, 0);
	while (sent--)
		leave_unanswered(p, &why);
	leave(p, why.verdict.fault, why.stage, 0, why.text);
}

/* ---- nonsense ---- */

static void
say_nonsense(struct proc *p)
{
	struct packet *q = proc_packet(p, WORKER_MESSAGE), copy;
	int kind = (int)pick(8);

	q->id = p->holds ? p->held[pick((unsigned)p->holds)].id : 1;
	q->reply = 250;
	snprintf(q->text, sizeof q->text, "250 nonsense");
	if (kind == 0)
		q->id += 100000;
	else if (kind == 1)
		q->fault = FAULT_MESSAGE;
	else if (kind == 2)
		q->unanswered = 1;
	else if (kind == 3)
		q->kind = chance(500) ? (enum worker_kind)0 : WORKER_KINDS;
	else if (kind == 4)
		q->kind = WORKER_READY;
	else
		q->kind = WORKER_RECIPIENT;
	q->index = kind == 4 ? chance(500) ? 0 : WORKER_HOLDS + 1 :
	    kind == 5 ? 100 + pick(1000000) : 0;
	q->code = kind == 5 || kind == 6 ? ERR_MSG_PERM : ERR_OK;
	if (kind == 6) {
		copy = *q;
		q = proc_packet(p, q->kind);
		*q = copy;
		q->reply = 550;
	}
	p->over = 1;
	say("worker %d (h%d): nonsense of kind %d", p->pid, p->s, kind);
}

/* ---- its steps ---- */

/* It begins no more messages. */
static int
used_up(const struct proc *p)
{
	return (p->messages && p->sent >= p->messages) ||
	    (p->sent && w.now - p->let_in_at >= 300000);
}

static void
begin_messages(struct proc *p)
{
	int most = p->window > PROTOCOL_AHEAD ? p->window : 1;

	while (p->begun < p->holds && p->begun < most && !used_up(p)) {
		p->begun++;
		p->sent++;
	}
}

static void
grow_window(struct proc *p)
{
	if (p->window < PROTOCOL_AHEAD + 1 || p->window >= 64 ||
	    !chance(200) || p->fd < 0)
		return;
	p->window *= 2;
	p->carried.window = p->window;
	say_ready(p);
}

static void
note_something(struct proc *p)
{
	struct packet *q = proc_packet(p, WORKER_NOTE);

	snprintf(q->text, sizeof q->text, "a note");
}

/* With nothing to do: the server closes, or the sender has. */
static int
idle(struct proc *p)
{
	if (p->fd < 0) {
		proc_ends(p, 0);
		return 0;
	}
	if (w.calm || !chance(300))
		return 1;
	leave(p, p->answered ? FAULT_END : FAULT_CONNECTION, STAGE_session,
	    421, "421 idle");
	return 0;
}

/* 0 when it has ended. */
static int
one_step(struct proc *p)
{
	int which;

	if (!p->holds)
		return idle(p);
	begin_messages(p);
	if (!p->begun) {
		leave(p, FAULT_END, STAGE_session, 0, "Long enough");
		return 0;
	}
	if (server_loses(p->s, p->held[0].h.m)) {
		lose_connection(p);
		return 0;
	}
	which = p->begun > 1 && chance(50) ? (int)pick((unsigned)p->begun) :
	    0;
	if (finish_message(p, which) < 0)
		return 0;
	if (p->fd < 0 && (p->orphan ? !p->holds : chance(500))) {
		proc_ends(p, 0);
		return 0;
	}
	if (p->orphan && chance(500)) {
		proc_ends(p, SIGTERM);
		return 0;
	}
	if (server[p->s].limit && p->answered >= server[p->s].limit) {
		leave(p, FAULT_END, STAGE_mail, 421, "421 enough");
		return 0;
	}
	if (p->messages && p->sent >= p->messages && !p->begun) {
		leave(p, FAULT_END, STAGE_session, 0, "Messages enough");
		return 0;
	}
	grow_window(p);
	if (!w.calm && chance(10))
		note_something(p);
	return 1;
}

/* Nothing to do: the server may close. */
static void
rest(struct proc *p)
{
	p->next = w.now + 30000 + pick(300000);
	proc_later(p, p->next - w.now, work);
}

/* Of the times that were set the earliest counts. */
static void
work(int arg)
{
	struct proc *p = proc_of_event(arg);

	if (!p || p->over || !p->next || w.now < p->next)
		return;
	p->next = 0;
	if (!p->ready)
		open_connection(p);
	else if (w.wrong && !w.calm && !p->orphan && chance(20))
		say_nonsense(p);
	else if ((p->go || p->fd < 0) && !one_step(p))
		return;
	if (p->holds || p->fd < 0)
		worker_wakes(p);
	else if (p->alive)
		rest(p);
}

/* It has something to do, and an answer comes after some time. */
void
worker_wakes(struct proc *p)
{
	unsigned latency = (unsigned)server[p->s].latency;
	long long ms = 1 + pick(latency);

	if (!p->alive || !p->ready || p->over)
		return;
	if (!w.calm && chance(20))
		ms += pick(400000);
	if (p->next && p->next <= w.now + ms)
		return;
	p->next = w.now + ms;
	proc_later(p, ms, work);
}

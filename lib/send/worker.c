/* worker - a session to one remote in a child process. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "child.h"
#include "../base/clock.h"
#include "../queue/spool.h"
#include "../smtp/connection.h"
#include "../smtp/remote.h"
#include "worker.h"

/* A connection is used for so many messages, or so many ms; then QUIT. */
#define MESSAGES 1000
#define AGE 300000

/* ---- the packets, both sides ---- */

union control {
	struct cmsghdr align;
	char space[CMSG_SPACE(sizeof(int))];
};

static void
prepare_header(struct msghdr *h, struct iovec *data, union control *control)
{
	*h = (struct msghdr){ 0 };
	h->msg_iov = data;
	h->msg_iovlen = 1;
	h->msg_control = control->space;
	h->msg_controllen = sizeof control->space;
}

static int
is_for_now(int error)
{
	return error == EAGAIN || error == EWOULDBLOCK || error == EINTR ||
	    error == ENOBUFS || error == ETOOMANYREFS || error == EMFILE ||
	    error == ENFILE || error == ENOMEM;
}

int
worker_give(int fd, unsigned long id, unsigned over, int message)
{
	struct worker_order order = { WORKER_TAKE, id, over };
	union control control = { { 0 } };
	struct iovec data = { &order, sizeof order };
	struct msghdr h;
	struct cmsghdr *c;

	prepare_header(&h, &data, &control);
	c = CMSG_FIRSTHDR(&h);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof message);
	memcpy(CMSG_DATA(c), &message, sizeof message);
	if (sendmsg(fd, &h, MSG_NOSIGNAL) >= 0)
		return 0;
	return is_for_now(errno) ? 1 : -1;
}

void
worker_go(int fd)
{
	struct worker_order order = { WORKER_GO, 0, 0 };

	send(fd, &order, sizeof order, MSG_NOSIGNAL);
}

/* Takes an order; *message is -1 if no descriptor came. 1; 0 when none is there
 * and wait is 0; -1 at the end. */
static int
take_order(int fd, struct worker_order *order, int *message, int wait)
{
	union control control;
	struct iovec data = { order, sizeof *order };
	struct msghdr h;
	struct cmsghdr *c;
	ssize_t n;

	*message = -1;
	prepare_header(&h, &data, &control);
	do
		n = recvmsg(fd, &h, MSG_CMSG_CLOEXEC |
		    (wait ? 0 : MSG_DONTWAIT));
	while (n < 0 && errno == EINTR);
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return 0;
	if (n != sizeof *order)
		return -1;
	c = CMSG_FIRSTHDR(&h);
	if (c && c->cmsg_type == SCM_RIGHTS &&
	    c->cmsg_len == CMSG_LEN(sizeof *message))
		memcpy(message, CMSG_DATA(c), sizeof *message);
	return 1;
}

int
worker_packet(int fd, struct worker_packet *p)
{
	ssize_t n = recv(fd, p, sizeof *p, MSG_DONTWAIT);

	/* A worker that ends with messages unread resets the socket, but its
	 * last words are still there. */
	if (n < 0 && errno == ECONNRESET)
		n = recv(fd, p, sizeof *p, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK ||
	    errno == EINTR))
		return 0;
	if (n < (ssize_t)offsetof(struct worker_packet, text) ||
	    p->n > WORKER_TEXT ||
	    (size_t)n != offsetof(struct worker_packet, text) + p->n)
		return -1;
	return p->kind >= WORKER_PEER && p->kind < WORKER_KINDS ? 1 : -1;
}

/* ---- the child ---- */

struct worker {
	int fd;
	const struct worker_setup *setup;
	const struct protocol *protocol;
	struct carried carried;
	struct connection *session;
	int seconds;
	unsigned long messages;	/* for this connection at most */
	unsigned long sent;	/* so far */
	long long begin_by;	/* no message is begun later; clock_ms */
	size_t window;		/* as the sender knows it; 0 before */
	int waits;		/* for the sender's word after READY */
	int alone;		/* the sender is gone */
	struct protocol_message held[WORKER_HOLDS];
	size_t holds;
	size_t begun;		/* of those held, known to this session */
};

/* Without a sender what is on its way is still waited for, as it is to be
 * marked. */
static void
send_packet(struct worker *w, struct worker_packet *p, struct str text)
{
	p->n = text.n < WORKER_TEXT ? text.n : WORKER_TEXT;
	if (p->n)
		memcpy(p->text, text.p, p->n);
	if (send(w->fd, p, offsetof(struct worker_packet, text) + p->n,
	    MSG_NOSIGNAL) >= 0)
		return;
	if (!w->begun)
		_exit(ERR_UNKNOWN);
	w->alone = 1;
}

/* The window is news when it has grown. */
static void
send_ready(struct worker *w)
{
	struct worker_packet p = { 0 };
	size_t window = w->protocol->window(w->session);

	if (window > WORKER_HOLDS)
		window = WORKER_HOLDS;
	if (window <= w->window)
		return;
	if (!w->window)
		w->waits = 1;
	w->window = window;
	p.kind = WORKER_READY;
	p.index = window;
	p.carried = w->carried;
	send_packet(w, &p, STR(""));
}

static void
send_words(struct worker *w, enum worker_kind kind, enum stage stage,
    struct str text)
{
	struct worker_packet p = { 0 };

	p.kind = kind;
	p.stage = stage;
	send_packet(w, &p, text);
}

static void
report_peer(void *context, struct str text)
{
	send_words(context, WORKER_PEER, STAGE_connect, text);
}

static void
report_note(void *context, struct str text)
{
	send_words(context, WORKER_NOTE, STAGE_session, text);
}

static void
send_result(struct worker *w, struct worker_packet *p, const struct result *r)
{
	p->code = r->code;
	p->fault = r->fault;
	p->stage = r->stage;
	p->reply = r->reply;
	p->unanswered = r->unanswered;
	p->carried = w->carried;
	send_packet(w, p, r->text);
}

static void
report_recipient(void *context, unsigned long id, size_t index,
    const struct result *r)
{
	struct worker_packet p = { 0 };

	p.kind = WORKER_RECIPIENT;
	p.id = id;
	p.index = index;
	send_result(context, &p, r);
}

/* Index of the message held with this id; holds if there is none. */
static size_t
find_held(const struct worker *w, unsigned long id)
{
	size_t i;

	for (i = 0; i < w->holds && w->held[i].id != id; i++)
		continue;
	return i;
}

static void
release_message(struct worker *w, unsigned long id)
{
	size_t i = find_held(w, id);

	if (i == w->holds)
		return;
	close(w->held[i].fd);
	w->holds--;
	if (w->begun > i)
		w->begun--;
	memmove(w->held + i, w->held + i + 1,
	    (w->holds - i) * sizeof w->held[0]);
}

static void
set_limit(struct worker *w)
{
	w->session->limit = w->seconds > 0 ?
	    clock_in((long long)w->seconds * 1000) : CLOCK_NEVER;
}

static void
report_taken(void *context, unsigned long id)
{
	struct worker *w = context;
	size_t i = find_held(w, id);

	if (i < w->holds)
		spool_mark(w->held[i].fd);
}

/* The time of the next one, if it is on its way already, runs from now. */
static void
report_message(void *context, unsigned long id, const struct result *r)
{
	struct worker *w = context;
	struct worker_packet p = { 0 };

	p.kind = WORKER_MESSAGE;
	p.id = id;
	send_result(w, &p, r);
	release_message(w, id);
	if (w->begun)
		set_limit(w);
}

/* The connection has ended, or there was none. */
static void
leave_process(struct worker *w, enum fault fault, int code, enum stage stage,
    struct str text)
{
	const struct connection *c = w->session;
	struct worker_packet p = { 0 };

	p.kind = WORKER_END;
	p.code = code;
	p.fault = fault;
	p.stage = stage;
	p.carried = w->carried;
	p.last = 1;
	if (c) {
		p.reply = c->reply;
		p.answered = c->answered;
		p.last = c->last != 0;
	}
	send_packet(w, &p, text);
	_exit(code);
}

static void
check_session(struct worker *w, int code)
{
	const struct connection *c = w->session;

	if (code)
		leave_process(w, c->fault, code, c->stage, buf_str(&c->text));
	send_ready(w);
}

static void
open_session(struct worker *w)
{
	set_limit(w);
	check_session(w, w->protocol->open(w->session));
	w->begin_by = clock_in(AGE);
}

static int
used_up(const struct worker *w)
{
	return w->alone || w->sent == w->messages ||
	    (w->sent && clock_left(w->begin_by) == 0);
}

/* Begins the next message that is held. Its time runs from the opening of the
 * session if it is the first there. */
static void
send_next(struct worker *w)
{
	if (!w->session->open)
		open_session(w);
	else if (!w->begun)
		set_limit(w);
	w->sent++;
	check_session(w, w->protocol->send(w->session,
	    &w->held[w->begun++]));
}

/* Sends what is held; when nothing more is to be had, or held, waits for the
 * oldest result. */
static void
deliver(struct worker *w, int wait)
{
	while (w->begun < w->holds && !used_up(w))
		send_next(w);
	while (w->begun && (wait || used_up(w) || w->holds == WORKER_HOLDS)) {
		check_session(w, w->protocol->settle(w->session));
		wait = 0;
	}
	if (w->sent == w->messages || w->begun < w->holds) {
		w->protocol->close(w->session);
		leave_process(w, FAULT_END, ERR_OK, STAGE_session,
		    STR("The connection has been used for long enough"));
	}
}

/* A message whose file did not arrive is none of its own fault. */
static void
refuse_order(struct worker *w, const struct worker_order *order)
{
	struct result r = { ERR_MSG_OPEN, FAULT_OURS, STAGE_session, 0, 0,
	    STR("No descriptor was left for the message's file") };
	struct worker_packet p = { 0 };

	p.kind = WORKER_MESSAGE;
	p.id = order->id;
	send_result(w, &p, &r);
}

static void
hold_message(struct worker *w, const struct worker_order *order, int message)
{
	const struct remotes *all = w->setup->remotes;

	if (order->kind == WORKER_GO)
		w->waits = 0;
	else if (message < 0)
		refuse_order(w, order);
	else
		w->held[w->holds++] = (struct protocol_message){ order->id,
		    message, all, (size_t)(w->setup->remote - all->list),
		    order->over };
}

static void
serve(struct worker *w)
{
	struct worker_order order;
	int got, message;

	do {
		got = take_order(w->fd, &order, &message,
		    w->waits || !w->holds);
		if (got > 0)
			hold_message(w, &order, message);
		deliver(w, got <= 0);
	} while (got >= 0 || w->holds);
	w->protocol->close(w->session);
}

static void
run_worker(int fd, const struct worker_setup *ws)
{
	const struct remote *r = ws->remote;
	struct options options = r->options;
	struct worker w = { 0 };
	struct protocol_report report = { &w, report_recipient, report_message,
		report_note, report_peer, report_taken };
	struct protocol_setup setup = { &options, ws->helo, &report,
		&w.carried, 0, ws->tried, ws->sick, ws->open_by };
	struct buf why = { 0 };
	int code = r->fault;

	if (ws->pass.p)
		options.pass = ws->pass.p;
	w.fd = fd;
	w.setup = ws;
	w.seconds = ws->seconds;
	w.carried = ws->carried;
	w.protocol = r->protocol;
	w.messages = ws->messages > 0 && ws->messages < MESSAGES ?
	    (unsigned long)ws->messages : MESSAGES;
	if (code)
		buf_set(&why, buf_str(&r->why));
	else
		w.session = w.protocol->create(&setup, &code, &why);
	if (!w.session)
		leave_process(&w, FAULT_REMOTE, code, STAGE_options,
		    buf_str(&why));
	serve(&w);
	w.protocol->free(w.session);
	_exit(0);
}

/* The child keeps its end at 3 and nothing else; it shares no fate with a
 * terminal, ends when the sender does, and cannot be looked into. */
static void
setup_worker(int fd, pid_t parent)
{
	if (fd != 3 && dup2(fd, 3) < 0)
		_exit(ERR_UNKNOWN);
	child_clean(4);
	fcntl(3, F_SETFD, FD_CLOEXEC);
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGALRM, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	prctl(PR_SET_DUMPABLE, 0);
	if (getppid() != parent)
		_exit(ERR_UNKNOWN);
}

pid_t
worker_start(const struct worker_setup *w, int *fd)
{
	int pair[2];
	pid_t parent = getpid(), pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -1;
	pid = fork();
	if (pid == 0) {
		setup_worker(pair[1], parent);
		run_worker(3, w);
	}
	close(pair[1]);
	if (pid < 0) {
		close(pair[0]);
		return -1;
	}
	fcntl(pair[0], F_SETFL, O_NONBLOCK);
	*fd = pair[0];
	return pid;
}

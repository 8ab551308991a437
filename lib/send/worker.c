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
#include "../smtp/connection.h"
#include "../smtp/remote.h"
#include "worker.h"

/* Sessions in a row that may be lost in the middle of a message before
 * it is the remote's fault and not the message's. */
#define STRIKES 3

/* What take may say beside 1, 0 and -1. */
#define GO 2

/* ---- the packets, both sides ---- */

int
worker_give(int fd, unsigned long id, int message)
{
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(sizeof(int))];
	} control = { { 0 } };
	struct iovec data = { &id, sizeof id };
	struct msghdr h = { 0 };
	struct cmsghdr *c;

	h.msg_iov = &data;
	h.msg_iovlen = 1;
	h.msg_control = control.space;
	h.msg_controllen = sizeof control.space;
	c = CMSG_FIRSTHDR(&h);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof message);
	memcpy(CMSG_DATA(c), &message, sizeof message);
	return sendmsg(fd, &h, MSG_NOSIGNAL) < 0 ? -1 : 0;
}

void
worker_go(int fd)
{
	send(fd, &(unsigned long){ 0 }, sizeof(unsigned long), MSG_NOSIGNAL);
}

/* Takes a message. 1; 0 when none is there and wait is 0; GO; -1 at the
 * end. */
static int
take_message(int fd, struct protocol_message *m, int wait)
{
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec data = { &m->id, sizeof m->id };
	struct msghdr h = { 0 };
	struct cmsghdr *c;
	ssize_t n;

	h.msg_iov = &data;
	h.msg_iovlen = 1;
	h.msg_control = control.space;
	h.msg_controllen = sizeof control.space;
	do
		n = recvmsg(fd, &h, MSG_CMSG_CLOEXEC |
		    (wait ? 0 : MSG_DONTWAIT));
	while (n < 0 && errno == EINTR);
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return 0;
	if (n != sizeof m->id)
		return -1;
	c = CMSG_FIRSTHDR(&h);
	if (!c || c->cmsg_type != SCM_RIGHTS)
		return GO;
	memcpy(&m->fd, CMSG_DATA(c), sizeof m->fd);
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
	return 1;
}

/* ---- the child ---- */

struct worker {
	int fd;
	const struct protocol *protocol;
	struct carried carried;
	struct connection *session;
	int seconds;
	int waits;		/* for the sender's word after READY */
	struct protocol_message held[WORKER_HOLDS];
	size_t holds;
	size_t begun;		/* of those held, known to this session */
	int accepted;		/* messages taken in this session */
	int answered;		/* messages taken or not */
};

static void
send_packet(struct worker *w, struct worker_packet *p, struct str text)
{
	p->n = text.n < WORKER_TEXT ? text.n : WORKER_TEXT;
	if (p->n)
		memcpy(p->text, text.p, p->n);
	if (send(w->fd, p, offsetof(struct worker_packet, text) + p->n,
	    MSG_NOSIGNAL) < 0)
		_exit(ERR_UNKNOWN);
}

static void
send_words(struct worker *w, enum worker_kind kind, int code, enum stage stage,
    struct str text)
{
	struct worker_packet p = { 0 };

	p.kind = kind;
	p.code = code;
	p.stage = stage;
	send_packet(w, &p, text);
}

/* The session stands. */
static void
send_ready(struct worker *w)
{
	struct worker_packet p = { 0 };

	p.kind = WORKER_READY;
	p.index = w->protocol->window(w->session);
	if (p.index > WORKER_HOLDS)
		p.index = WORKER_HOLDS;
	send_packet(w, &p, STR(""));
	w->waits = 1;
}

static void
report_peer(void *context, struct str text)
{
	send_words(context, WORKER_PEER, 0, STAGE_connect, text);
}

static void
report_note(void *context, struct str text)
{
	send_words(context, WORKER_NOTE, 0, STAGE_session, text);
}

static void
report_recipient(void *context, unsigned long id, size_t index, int code,
    struct str text)
{
	struct worker_packet p = { 0 };

	p.kind = WORKER_RECIPIENT;
	p.id = id;
	p.index = index;
	p.code = code;
	p.stage = STAGE_rcpt;
	send_packet(context, &p, text);
}

static void
release_message(struct worker *w, unsigned long id)
{
	size_t i;

	for (i = 0; i < w->holds && w->held[i].id != id; i++)
		continue;
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
report_message(void *context, unsigned long id, int code, enum stage stage,
    struct str text)
{
	struct worker *w = context;
	struct worker_packet p = { 0 };

	p.kind = WORKER_MESSAGE;
	p.id = id;
	p.code = code;
	p.stage = stage;
	send_packet(w, &p, text);
	release_message(w, id);
	w->answered++;
	if (code == ERR_OK) {
		w->accepted++;
		w->carried.lost_in_row = 0;
	}
}

/* Last packet before exit: DOWN (remote unusable) or AGAIN (start another
 * worker). */
static void
leave(struct worker *w, enum worker_kind kind, int code)
{
	struct worker_packet p = { 0 };

	p.kind = kind;
	p.code = code;
	p.stage = w->session->stage;
	p.carried = w->carried;
	send_packet(w, &p, buf_str(&w->session->text));
	_exit(code);
}

static void
set_limit(struct worker *w)
{
	w->session->limit = w->seconds > 0 ?
	    clock_in((long long)w->seconds * 1000) : CLOCK_NEVER;
}

static void
open_session(struct worker *w)
{
	int rc;

	set_limit(w);
	rc = w->protocol->open(w->session);
	if (rc)
		leave(w, WORKER_DOWN, rc);
	send_ready(w);
}

/* The session was lost in the middle of things. If it had taken messages it
 * was an ordinary end and the rest goes over a new one. If not, and the server
 * has not said that it is about the session, the message it was busy with may
 * be the reason, and must not keep others waiting. */
static void
on_session_lost(struct worker *w, int code)
{
	if (w->accepted)
		return;
	if (code == ERR_TIMED_OUT || code == ERR_MSG_TEMP ||
	    w->session->stage <= STAGE_tls ||
	    ++w->carried.lost_in_row == STRIKES)
		leave(w, WORKER_DOWN, code);
	if (!w->answered && w->begun)
		report_message(w, w->held[0].id, code,
		    w->session->stage,
		    buf_str(&w->session->text));
}

/* Begins the next message that is held. Its time runs from the opening of
 * the session if it is the first there. */
static int
send_next(struct worker *w)
{
	if (w->begun || w->answered)
		set_limit(w);
	return w->protocol->send(w->session, &w->held[w->begun++]);
}

static void
check_session(struct worker *w, int rc)
{
	if (rc && rc != PROTOCOL_AGAIN)
		on_session_lost(w, rc);
	if (!w->session->open)
		leave(w, WORKER_AGAIN, ERR_OK);
}

/* Sends what is held; when nothing more is to be had, or held, waits for the
 * oldest result. */
static void
deliver(struct worker *w, int wait)
{
	while (w->begun < w->holds) {
		if (!w->session->open)
			open_session(w);
		check_session(w, send_next(w));
	}
	if (w->holds && (wait || w->holds == WORKER_HOLDS))
		check_session(w, w->protocol->settle(w->session));
}

static void
serve(struct worker *w)
{
	struct protocol_message m;
	int got;

	do {
		got = take_message(w->fd, &m, w->waits || !w->holds);
		if (got == GO)
			w->waits = 0;
		else if (got > 0)
			w->held[w->holds++] = m;
		deliver(w, got <= 0);
	} while (got >= 0 || w->holds);
	w->protocol->close(w->session);
}

static void
run_worker(int fd, const struct remote *r, const char *helo, int seconds,
    const struct carried *carried)
{
	struct worker w = { 0 };
	struct protocol_report report = { &w, report_recipient, report_message,
		report_note, report_peer };
	struct protocol_setup setup = { &r->options, helo, &report,
		&w.carried, 0 };
	struct buf why = { 0 };
	int code = r->fault;

	w.fd = fd;
	w.seconds = seconds;
	w.protocol = r->protocol;
	if (carried)
		w.carried = *carried;
	if (code)
		buf_set(&why, buf_str(&r->why));
	else
		w.session = w.protocol->create(&setup, &code, &why);
	if (!w.session) {
		send_words(&w, WORKER_DOWN, code, STAGE_options,
		    buf_str(&why));
		_exit(code);
	}
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
worker_start(const struct remote *r, const char *helo, int seconds,
    const struct carried *carried, int *fd)
{
	int pair[2];
	pid_t parent = getpid(), pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -1;
	pid = fork();
	if (pid == 0) {
		setup_worker(pair[1], parent);
		run_worker(3, r, helo, seconds, carried);
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

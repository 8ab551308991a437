/* peer - a scripted SMTP server on loopback for the dialogue tests
 *
 * peer [-6] [-a ADDRESS] [-e INSTRUCTION]... [-l LOG] [-n CONNECTIONS]
 *      [-o PREFIX] [-P PORT] [-p PORTFILE] [-t SECONDS] SCRIPT...
 *
 * Connection k plays script k, the last script repeats; connections run side
 * by side.  Instructions of -e are put before the first script's own.  -a is
 * another IPv4 address than 127.0.0.1; without -P the kernel chooses.  Ends
 * after -n connections, at TERM, or after -t seconds (60).  Exit 0: all played
 * as written; 1: not, with a line "FILE:LINE: expected ..., got ..." on stderr;
 * 2: bad script or usage.
 *
 * LOG has lines "CONNECTION MS TAG TEXT", control bytes as \xHH; the tags:
 * +  accepted          C: S:  a line received, bytes sent     E: client is gone
 * -  ended: ok/failed  F:  flight: client had waited for us   !  a flaw
 * M: N BYTES nul=COUNT DATA|BDAT STATE FROM TO...   STATE is by our reply:
 *    accepted -> PREFIX.N, else PREFIX.N.refused, .unanswered or .cut; the file
 *    is as it was on the wire, dots and all, without the final dot's line.
 *
 * Bytes must be legal: bare CR, bare LF, NUL in a command, a dot not doubled,
 * lines sent ahead against RFC 2920 (seen in auto only) are flaws and fail the
 * script unless it says lax.
 *
 * One instruction per line; # begins a comment line.  QUOTED is "..." with the
 * escapes \r \n \t \0 \\ \" \xHH.
 * S: TEXT            send TEXT CRLF
 * S QUOTED           send just these bytes (also written S"...")
 * fill N QUOTED      send QUOTED again and again, N bytes in all
 * endless QUOTED     the same until the client goes; 256 MB taken = failure
 * junk N             N bytes of noise, the same in every run
 * C: GLOB  C= TEXT   expect a line (* and ?), exactly this line
 * data               expect message data to the lone dot
 * bye                expect QUIT or end of file
 * wait MS            neither read nor speak; ends early when the client goes
 * stall [S]          read and say nothing for S seconds, or till client goes
 * close              hang up as a process that ends: what is held is sent and
 *                    the socket closed, a RST where input is unread, else a FIN
 *                    and then a RST for what comes
 * fin                hang up softly: a FIN, and read what comes
 * reset              a RST in any case
 * chop N [MS]        from here on send N bytes at a time, MS apart
 * shortread N [MS]   from here on read N bytes at a time, MS apart
 * lag MS             hold replies until the client was silent so long (0); with
 *                    it flights are counted and lines sent ahead seen exactly
 * lax                from here on flaws and cut messages are only logged
 * auto               a small server until the client quits or closes, greeting
 *                    included if nothing was sent yet
 * auto until WHAT    ... until WHAT came; it is left unanswered (BDAT unread)
 * For auto: WHAT is VERB[#N] [GLOB], VERB a command in capitals or GREETING,
 * USER, PASS (steps of AUTH), DOT (BDAT LAST too) or *; GLOB, known by one of
 * * ? @ <, is held against the argument, the address, for DATA, BDAT, DOT the
 * sender; #N is the Nth match only.  The first rule that fits counts.
 * on WHAT REPLY      REPLY is a line that begins with a digit, or any other
 *                    instruction; 421 also closes, as close does
 * after N messages REPLY   the answer to all once N messages were accepted
 * rate N WHAT REPLY  so many in a second, of all connections, are answered as
 *                    usual, the others so
 * sessions N REPLY   the greeting of a connection while N others stand
 * crowd N WHAT REPLY the answer to WHAT on a connection that came then
 * recipients N REPLY the answer to RCPT once a transaction has N
 * delay WHAT MS      wait before that reply, and read nothing meanwhile
 * hold WHAT N        that reply and those after it are sent when N commands
 *                    more have come, or nothing came for a second
 * hold WHAT N ms     ... after so long, while all that comes is read
 * cap TEXT           a line for EHLO, such as: cap AUTH PLAIN LOGIN
 * auth USER PASS     demand this login before MAIL (else any will do)
 * starttls FILE      offer STARTTLS until it is on, and mean it
 * tls FILE           a handshake as server; FILE has key and certificates, PEM.
 *                    It is done by a process of ssl_server, beside peer; the
 *                    log has T: on, or T: failed, and then it is over
 *
 * So "peer -e 'on DOT 451 later' -e 'cap PIPELINING' tests/talk/plain.talk" is
 * a server that pipelines and takes no message; tests/talk/ has more.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { FOREVER = -1, DRAIN_MS = 5000, ENDLESS = 256 << 20, BUFSIZE = 65536 };
enum { HOLD_MS = 1000 };
enum { MAXRULES = 64, MAXCAPS = 32, MAXKIDS = 4096 };
/* what in() and the like say besides a count of bytes */
enum { IN_END = 0, IN_NONE = -1 };
/* what an instruction says: go on, the connection is over, failed */
enum { GO = 0, OVER = 1, BAD = -1 };
/* and parts of auto: back to the script; AUTH has had its last reply */
enum { AUTO_LEAVE = 2, AUTH_DONE = 3 };

struct conn;

struct rule;
struct op;

struct ins {
	const struct op *op;
	char *text;
	size_t n;
	long num[2];
	int nums, line;
	struct rule *rule;
};

struct op {
	const char *name;
	int (*run)(struct conn *, struct ins *);
	const char *form;	/* n number, o optional one, m the word ms if
				 * it is there, q quoted, t text, r reply,
				 * w what, a after's words, u until */
};

struct rule {
	const char *verb, *glob;
	long nth, seen, after, rate, most;
	struct ins reply;
};

struct script {
	const char *name;
	char *text;
	struct ins *v;
	int n;
};

struct msg {
	int fd, number, col, last, dots, told;
	enum { M_NONE, M_OPEN, M_WHOLE } state;
	long size, nul;
	char head[3];
	char path[4096];
};

struct conn {
	int fd;			/* client, or with TLS the process between */
	int net;		/* with TLS the client, else -1 */
	pid_t tls_pid;
	int tls, number, line, failed, gone, spoke, flights, code, greeted;
	int live;		/* connections when it came, with this one */
	const char *file, *ended;
	char in[BUFSIZE], out[BUFSIZE], line_in[BUFSIZE];
	size_t at, have, held, mark, ignored;
	long chop, chop_ms, bite, bite_ms, lag;
	long hold, hold_until;	/* commands still to come; a time or 0 */
	int lax, ehlo, unmet, authed, open, rcpts, refuse;
	long done;
	struct rule *until;
	struct rule *on[MAXRULES], *delay[MAXRULES], *holds[MAXRULES];
	int ons, delays, nholds, ncaps;
	const char *caps[MAXCAPS], *user, *pass;
	char *cert;
	char from[1024], to[8192];
	struct msg msg;
};

/* What the processes of all connections share. */
struct shared {
	int messages;
	long since, passed;	/* a second began, in ms; how many in it */
};

static struct {
	const char *log, *prefix, *portfile, *self, *host;
	struct script *scripts;
	int logfd, six;
	unsigned short port;
	long limit, connections, start;
	struct shared *shared;
	sigset_t mask;
	volatile sig_atomic_t stop, child;
} peer = { .logfd = -1, .limit = 60, .connections = -1 };

static long
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000L + t.tv_nsec / 1000000L;
}

static void
die(int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(code);
}

/* log */

static size_t
escape(char *to, size_t cap, const char *p, size_t n)
{
	size_t i, k = 0;

	for (i = 0; i < n && k + 5 < cap; i++) {
		if ((unsigned char)p[i] >= ' ' && p[i] != 0x7f)
			to[k++] = p[i];
		else
			k += (size_t)sprintf(to + k, "\\x%02x",
			    (unsigned char)p[i]);
	}
	to[k] = 0;
	return k;
}

static void
note(struct conn *c, const char *tag, const char *p, size_t n)
{
	char text[16384], line[16500];
	int k;

	if (peer.logfd < 0)
		return;
	escape(text, sizeof text, p, n);
	k = snprintf(line, sizeof line, "%d %ld %s %s\n", c->number,
	    now() - peer.start, tag, text);
	if (write(peer.logfd, line, (size_t)k) != k)
		die(2, "peer: cannot write %s", peer.log);
}

static int
fail(struct conn *c, const char *want, const char *got, size_t n)
{
	char a[300], b[300];

	escape(a, sizeof a, want, strlen(want));
	escape(b, sizeof b, got, n);
	fprintf(stderr, "%s:%d: expected %s, got %s\n", c->file, c->line, a, b);
	note(c, "!", b, strlen(b));
	c->failed = 1;
	return BAD;
}

static int
fail_end(struct conn *c, const char *want)
{
	return fail(c, want, c->ended, strlen(c->ended));
}

static void
flaw(struct conn *c, const char *what)
{
	if (c->lax)
		note(c, "!", what, strlen(what));
	else
		fail(c, "legal bytes", what, strlen(what));
}

/* waiting, reading, writing */

static void
on_signal(int sig)
{
	if (sig == SIGCHLD)
		peer.child = 1;
	else
		peer.stop = 1;
}

/* Readiness of fd within ms: >0, 0 not in time, -1 stopped or time is up. */
static int
await(int fd, int events, long ms)
{
	struct pollfd p = { .fd = fd, .events = (short)events };
	struct timespec t;
	long left, end = peer.start + peer.limit * 1000;
	int r;

	if (ms >= 0 && now() + ms < end)
		end = now() + ms;
	do {
		left = end - now();
		if (left < 0)
			left = 0;
		t.tv_sec = left / 1000;
		t.tv_nsec = left % 1000 * 1000000L;
		r = peer.stop ? -1 : ppoll(&p, 1, &t, &peer.mask);
	} while (r < 0 && errno == EINTR && !peer.stop && !peer.child);
	if (r == 0 && now() >= peer.start + peer.limit * 1000)
		return -1;
	return r;
}

static void
ended(struct conn *c, const char *how)
{
	if (!c->ended)
		note(c, "E:", how, strlen(how));
	c->ended = how;
}

static const char stopped[] = "the stop signal";
static const char timeup[] = "silence until the time was up";

/* Bytes read, IN_END, or IN_NONE if none came in ms milliseconds. */
static int
net_in(struct conn *c, char *p, size_t n, int ms)
{
	ssize_t k;
	int r;

	r = await(c->fd, POLLIN, ms);
	if (r == 0)
		return IN_NONE;
	if (r < 0) {
		ended(c, peer.stop ? stopped : timeup);
		return IN_END;
	}
	k = recv(c->fd, p, n, 0);
	if (k <= 0) {
		ended(c, k ? "reset" : "end of file");
		return IN_END;
	}
	return (int)k;
}

static int
net_out(struct conn *c, const char *p, size_t n)
{
	ssize_t k;

	while (n) {
		if (await(c->fd, POLLOUT, FOREVER) <= 0)
			return -1;
		k = send(c->fd, p, n, MSG_NOSIGNAL);
		if (k < 0 && errno != EAGAIN)
			return -1;
		if (k > 0) {
			p += k;
			n -= (size_t)k;
		}
	}
	return 0;
}

static void
net_end(struct conn *c)
{
	shutdown(c->fd, SHUT_WR);
}

static void
put(struct conn *c, const char *p, size_t n)
{
	size_t k;

	c->spoke = c->spoke || n;
	while (n && !c->gone) {
		k = c->chop && (size_t)c->chop < n ? (size_t)c->chop : n;
		if (net_out(c, p, k) < 0)
			c->gone = 1;
		p += k;
		n -= k;
		if (n && c->chop_ms)
			await(-1, 0, c->chop_ms);
	}
}

static void
flush(struct conn *c)
{
	put(c, c->out, c->held);
	c->held = 0;
	c->hold = c->hold_until = 0;
}

/* More input behind what there is: as in(). */
static int
more(struct conn *c, int ms)
{
	size_t room;
	int r;

	if (c->ended)
		return IN_END;
	memmove(c->in, c->in + c->at, c->have - c->at);
	c->have -= c->at;
	c->at = 0;
	room = sizeof c->in - c->have;
	if (c->bite && (size_t)c->bite < room) {
		await(-1, 0, c->bite_ms);
		room = (size_t)c->bite;
	}
	r = net_in(c, c->in + c->have, room, ms);
	if (r > 0)
		c->have += (size_t)r;
	return r;
}

/* How long replies are still held if nothing comes. */
static long
held_for(struct conn *c)
{
	long left = c->hold ? HOLD_MS : c->hold_until - now();

	return left > c->lag ? left : c->lag;
}

/* The same when the script cannot go on without; now held replies go out. */
static int
pull(struct conn *c, int ms)
{
	char num[20];
	int r;

	if (c->held && c->hold_until && now() >= c->hold_until)
		flush(c);
	if (c->held) {
		r = more(c, (int)held_for(c));
		if (r > 0)
			return r;
		flush(c);
	}
	r = more(c, ms);
	if (r > 0 && c->spoke) {
		c->spoke = 0;
		note(c, "F:", num, (size_t)sprintf(num, "%d", ++c->flights));
	}
	return r;
}

/* Next line, without its end and with NUL behind, in *line until the next
 * one is taken.  Its length, or -1 at the end of input. */
static long
take_line(struct conn *c, char **line)
{
	size_t seen = 0, n;
	char *p, *nl;

	for (;;) {
		p = c->in + c->at;
		n = c->have - c->at;
		nl = memchr(p + seen, '\n', n - seen);
		if (nl)
			break;
		seen = n;
		if (n == sizeof c->in)
			ended(c, "64 KB without LF");
		if (pull(c, FOREVER) <= 0)
			return -1;
	}
	c->mark = c->at;
	c->at += (size_t)(nl - p) + 1;
	n = (size_t)(nl - p);
	if (n && p[n - 1] == '\r')
		n--;
	else
		flaw(c, "bare LF in a command");
	p = memcpy(c->line_in, p, n);
	p[n] = 0;
	note(c, "C:", p, n);
	if (c->hold && !--c->hold)
		flush(c);
	if (memchr(p, '\r', n))
		flaw(c, "bare CR in a command");
	if (memchr(p, 0, n))
		flaw(c, "NUL in a command");
	*line = p;
	return (long)n;
}

/* messages */

static void
msg_open(struct conn *c, int dots)
{
	struct msg *m = &c->msg;

	memset(m, 0, sizeof *m);
	m->state = M_OPEN;
	m->dots = dots;
	m->number = __atomic_add_fetch(&peer.shared->messages, 1,
	    __ATOMIC_SEQ_CST);
	m->fd = -1;
	if (!peer.prefix)
		return;
	snprintf(m->path, sizeof m->path, "%s.%d", peer.prefix, m->number);
	strcat(m->path, ".part");
	m->fd = open(m->path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	if (m->fd < 0)
		die(2, "peer: cannot make %s", m->path);
}

static void
msg_end(struct conn *c, const char *state)
{
	struct msg *m = &c->msg;
	char to[5000], line[9600];
	int n;

	m->state = M_NONE;
	c->done += !strcmp(state, "accepted");
	n = snprintf(line, sizeof line, "%d %ld nul=%ld %s %s %s%s", m->number,
	    m->size, m->nul, m->dots ? "DATA" : "BDAT", state,
	    *c->from ? c->from : "-", c->to);
	note(c, "M:", line, (size_t)n);
	if (m->fd < 0)
		return;
	if (m->dots && m->col && ftruncate(m->fd, m->size) < 0)
		die(2, "peer: cannot cut %s", m->path);
	close(m->fd);
	n = snprintf(to, sizeof to, "%s.%d", peer.prefix, m->number);
	if (strcmp(state, "accepted"))
		snprintf(to + n, sizeof to - (size_t)n, ".%s", state);
	if (rename(m->path, to) < 0)
		die(2, "peer: cannot rename %s", m->path);
}

static void
msg_flaw(struct conn *c, int bit, const char *what)
{
	if (c->msg.told & bit)
		return;
	c->msg.told |= bit;
	flaw(c, what);
}

/* One byte of message data.  1 if it is the last one of the dot's line; that
 * line is then not counted in size, and col says how long it is. */
static int
msg_byte(struct conn *c, int b)
{
	struct msg *m = &c->msg;
	int col = m->col++, last = m->last;

	m->size++;
	m->nul += !b;
	m->last = b;
	if (col < 3)
		m->head[col] = (char)b;
	if (last == '\r' && b != '\n')
		msg_flaw(c, 1, "bare CR in message data");
	if (b == '\n' && last != '\r')
		msg_flaw(c, 2, "bare LF in message data");
	if (m->dots && col == 1 && m->head[0] == '.' && !strchr(".\r\n", b))
		msg_flaw(c, 4, "dot not doubled");
	if (b != '\n')
		return 0;
	if (m->dots && m->head[0] == '.' && (col == 1 ||
	    (col == 2 && m->head[1] == '\r'))) {
		m->size -= m->col;
		return 1;
	}
	m->col = 0;
	return 0;
}

/* Take data until the dot, or if there are no dots n bytes. */
static int
msg_take(struct conn *c, size_t n)
{
	struct msg *m = &c->msg;
	size_t from;
	int end = 0;

	while (!end && (m->dots || n)) {
		if (c->at == c->have && pull(c, FOREVER) <= 0) {
			msg_end(c, "cut");
			return c->lax ? OVER : fail_end(c, "message data");
		}
		from = c->at;
		while (c->at < c->have && !end && (m->dots || n)) {
			end = msg_byte(c, (unsigned char)c->in[c->at++]);
			n -= !m->dots;
		}
		if (m->fd >= 0 && write(m->fd, c->in + from, c->at - from) < 0)
			die(2, "peer: cannot write %s", m->path);
	}
	return GO;
}

static int
take_data(struct conn *c)
{
	int r;

	msg_open(c, 1);
	r = msg_take(c, 0);
	if (r == GO)
		c->msg.state = M_WHOLE;
	return r;
}

/* The chunk of this BDAT command line.  *last is set at LAST. */
static int
take_chunk(struct conn *c, const char *line, int *last)
{
	char *end;
	size_t n = strtoul(line + 4, &end, 10);
	int r;

	*last = !strcasecmp(end, " LAST");
	if (strncasecmp(line, "BDAT ", 5) || !isdigit((unsigned char)line[5]) ||
	    (*end && !*last))
		return fail(c, "BDAT N [LAST]", line, strlen(line));
	if (c->msg.state != M_OPEN)
		msg_open(c, 0);
	r = msg_take(c, n);
	if (r != GO || !*last)
		return r;
	if (c->msg.col)
		msg_flaw(c, 8, "last line of BDAT without CRLF");
	c->msg.col = 0;
	c->msg.state = M_WHOLE;
	return GO;
}

/* speaking */

/* The code of the whole reply that ends with these bytes, 0 if none does. */
static int
reply_code(const char *p, size_t n)
{
	size_t i = n;

	if (n < 4 || p[n - 1] != '\n')
		return 0;
	for (i = n - 1; i && p[i - 1] != '\n'; i--)
		;
	if (n - i < 4 || !isdigit((unsigned char)p[i]) || p[i + 3] == '-')
		return 0;
	return atoi(p + i);
}

static void
say(struct conn *c, const char *p, size_t n)
{
	c->greeted = 1;
	c->code = reply_code(p, n);
	if (c->code && c->msg.state == M_WHOLE)
		msg_end(c, c->code / 100 == 2 ? "accepted" : "refused");
	if (c->held + n > sizeof c->out)
		flush(c);
	if (n > sizeof c->out) {
		put(c, p, n);
		return;
	}
	memcpy(c->out + c->held, p, n);
	c->held += n;
}

static void
say_line(struct conn *c, const char *text, size_t n)
{
	char *p = malloc(n + 2);

	if (!p)
		die(2, "peer: out of memory");
	memcpy(p, text, n);
	memcpy(p + n, "\r\n", 2);
	note(c, "S:", text, n);
	say(c, p, n + 2);
	free(p);
}

/* Whether the client has said something that the script has not heard. */
static int
unread(const struct conn *c)
{
	int n = 0;

	return c->have > c->at || (ioctl(c->fd, FIONREAD, &n) == 0 && n > 0);
}

/* With TLS the process between sends what it has, and ends; but one whose
 * client does not read has to be ended. */
static void
end_tls(struct conn *c)
{
	const struct timespec tick = { 0, 10000000L };
	long end = now() + DRAIN_MS / 5;

	close(c->fd);
	while (waitpid(c->tls_pid, NULL, WNOHANG) == 0) {
		if (now() >= end)
			kill(c->tls_pid, SIGKILL);
		nanosleep(&tick, NULL);
	}
	c->fd = c->net;
}

static void
drain(struct conn *c)
{
	long end = now() + DRAIN_MS;

	if (c->net >= 0)
		close(c->net);
	net_end(c);
	do {
		c->ignored += c->have - c->at;
		c->at = c->have;
	} while (now() < end && more(c, 100) != IN_END);
}

/* End the connection in the way that how names: close, fin, reset. */
static int
hang_up(struct conn *c, const char *how)
{
	struct linger at_once = { 1, 0 };
	int rst = *how == 'r' || (*how == 'c' && unread(c));

	flush(c);
	if (*how == 'f')
		drain(c);
	else if (c->net >= 0)
		end_tls(c);
	if (rst)
		setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &at_once,
		    sizeof at_once);
	if (c->msg.state != M_NONE)
		msg_end(c, c->msg.state == M_WHOLE ? "unanswered" : "cut");
	close(c->fd);
	c->fd = -1;
	return OVER;
}

static int
glob(const char *g, const char *s)
{
	if (!*g)
		return !*s;
	if (*g == '*')
		return glob(g + 1, s) || (*s && glob(g, s + 1));
	return *s && (*g == '?' || *g == *s) && glob(g + 1, s + 1);
}

/* instructions */

static int run(struct conn *, struct ins *);

static int
op_send(struct conn *c, struct ins *i)
{
	if (i->op->name[1]) {
		say_line(c, i->text, i->n);
		return GO;
	}
	note(c, "S:", i->text, i->n);
	say(c, i->text, i->n);
	return GO;
}

static int
op_fill(struct conn *c, struct ins *i)
{
	int endless = *i->op->name == 'e';
	long k, n = endless ? ENDLESS : i->num[0];

	flush(c);
	note(c, "S:", i->op->name, 4);
	c->greeted = 1;
	for (k = 0; k < n && !c->gone; k += (long)i->n)
		put(c, i->text, i->n);
	if (endless && !c->gone)
		return fail(c, "the client to go", "256 MB taken", 12);
	return GO;
}

static int
op_junk(struct conn *c, struct ins *i)
{
	unsigned x = 2463534242U;
	long k;

	flush(c);
	note(c, "S:", "junk", 4);
	for (k = 0; k < i->num[0]; k++) {
		x ^= x << 13;
		x ^= x >> 17;
		x ^= x << 5;
		c->out[c->held++] = (char)(x >> 24);
		if (c->held == sizeof c->out)
			flush(c);
	}
	return GO;
}

static int
op_line(struct conn *c, struct ins *i)
{
	int exact = i->op->name[1] == '=';
	char *line;
	long n;

	n = take_line(c, &line);
	if (n < 0)
		return fail_end(c, i->text);
	if (exact ? (size_t)n == i->n && !memcmp(line, i->text, i->n)
	    : glob(i->text, line))
		return GO;
	return fail(c, i->text, line, (size_t)n);
}

static int
op_data(struct conn *c, struct ins *i)
{
	(void)i;
	return take_data(c);
}

static int
op_bye(struct conn *c, struct ins *i)
{
	char *line;
	long n;

	(void)i;
	n = take_line(c, &line);
	if (n == 4 && !memcmp(line, "QUIT", 4)) {
		say_line(c, "221 bye", 7);
		hang_up(c, "fin");
		return c->ignored ? fail(c, "nothing after QUIT", "more", 4) :
		    OVER;
	}
	if (n >= 0)
		return fail(c, "end of file", line, (size_t)n);
	if (c->ended == timeup || c->ended == stopped || c->have > c->at)
		return fail_end(c, "end of file");
	return GO;
}

static int
op_wait(struct conn *c, struct ins *i)
{
	flush(c);
	await(c->fd, POLLRDHUP, i->num[0]);
	return GO;
}

static int
op_stall(struct conn *c, struct ins *i)
{
	long left, end = now() + (i->nums ? i->num[0] : peer.limit * 2) * 1000;
	char *line;

	flush(c);
	for (;;) {
		while (memchr(c->in + c->at, '\n', c->have - c->at))
			take_line(c, &line);
		if (c->have - c->at == sizeof c->in)
			c->at = c->have;
		left = end - now();
		if (left <= 0 || pull(c, (int)left) <= 0)
			break;
	}
	return c->ended == timeup ? fail_end(c, "the client to go") : GO;
}

static int
op_end(struct conn *c, struct ins *i)
{
	return hang_up(c, i->op->name);
}

static int
op_chop(struct conn *c, struct ins *i)
{
	flush(c);
	c->chop = i->num[0];
	c->chop_ms = i->num[1];
	return GO;
}

static int
op_shortread(struct conn *c, struct ins *i)
{
	int small = 4096;

	c->bite = i->num[0];
	c->bite_ms = i->num[1];
	setsockopt(c->fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
	return GO;
}

static int
op_set(struct conn *c, struct ins *i)
{
	if (!strcmp(i->op->name, "lag"))
		c->lag = i->num[0];
	else
		c->lax = 1;
	return GO;
}

static int
add_rule(struct conn *c, struct ins *i, struct rule **to, int *n)
{
	if (*n == MAXRULES)
		die(2, "%s:%d: too many rules", c->file, i->line);
	to[(*n)++] = i->rule;
	return GO;
}

static int
op_rule(struct conn *c, struct ins *i)
{
	return add_rule(c, i, c->on, &c->ons);
}

static int
op_rate(struct conn *c, struct ins *i)
{
	i->rule->rate = i->num[0];
	return add_rule(c, i, c->on, &c->ons);
}

static int
op_sessions(struct conn *c, struct ins *i)
{
	if (!i->rule->verb)
		i->rule->verb = "GREETING";
	return c->live > i->num[0] ? add_rule(c, i, c->on, &c->ons) : GO;
}

static int
op_recipients(struct conn *c, struct ins *i)
{
	i->rule->verb = "RCPT";
	i->rule->most = i->num[0];
	return add_rule(c, i, c->on, &c->ons);
}

static int
op_delay(struct conn *c, struct ins *i)
{
	i->rule->reply.num[0] = i->num[0];
	return add_rule(c, i, c->delay, &c->delays);
}

static int
op_hold(struct conn *c, struct ins *i)
{
	i->rule->reply.num[0] = i->num[0];
	i->rule->reply.nums = i->nums;
	return add_rule(c, i, c->holds, &c->nholds);
}

static int
op_cap(struct conn *c, struct ins *i)
{
	if (c->ncaps == MAXCAPS)
		die(2, "%s:%d: too many capabilities", c->file, i->line);
	c->caps[c->ncaps++] = i->text;
	return GO;
}

static int
op_auth(struct conn *c, struct ins *i)
{
	char *blank = strchr(i->text, ' ');

	c->user = i->text;
	c->pass = "";
	if (blank) {
		*blank = 0;
		c->pass = blank + 1;
	}
	return GO;
}

/* TLS */

static void
become_server(int client, int plain, char *file)
{
	char path[4096];
	const char *slash = strrchr(peer.self, '/');

	snprintf(path, sizeof path, "%.*sssl_server",
	    slash ? (int)(slash + 1 - peer.self) : 0, peer.self);
	sigprocmask(SIG_SETMASK, &peer.mask, NULL);
	if (dup2(client, 0) == 0 && dup2(plain, 1) == 1)
		execl(path, path, file, (char *)NULL);
	die(2, "peer: cannot run %s", path);
}

/* From here on the client is talked with by way of another process. */
static int
start_tls(struct conn *c, char *file)
{
	int pair[2];
	char byte;
	pid_t pid;

	flush(c);
	if (c->at != c->have)
		flaw(c, "plain text ahead of TLS");
	c->at = c->have = 0;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		die(2, "peer: cannot make a socket");
	pid = fork();
	if (pid < 0)
		die(2, "peer: cannot fork");
	if (!pid)
		become_server(c->fd, pair[1], file);
	c->net = c->fd;
	c->tls_pid = pid;
	close(pair[1]);
	c->fd = pair[0];
	fcntl(c->fd, F_SETFL, O_NONBLOCK);
	c->tls = net_in(c, &byte, 1, FOREVER) == 1;
	note(c, "T:", c->tls ? "on" : "failed", c->tls ? 2 : 6);
	c->ehlo = c->authed = c->open = 0;
	c->unmet = 1;
	return c->tls ? GO : hang_up(c, "close");
}

static int
op_tls(struct conn *c, struct ins *i)
{
	if (*i->op->name == 't')
		return start_tls(c, i->text);
	c->cert = i->text;
	return GO;
}

/* auto */

/* Counts one more in this second: whether it is beyond so many. */
static int
too_fast(long most)
{
	long since = peer.shared->since;

	if (now() - since >= 1000 && __atomic_compare_exchange_n(
	    &peer.shared->since, &since, now(), 0, __ATOMIC_SEQ_CST,
	    __ATOMIC_SEQ_CST))
		peer.shared->passed = 0;
	return __atomic_fetch_add(&peer.shared->passed, 1,
	    __ATOMIC_SEQ_CST) >= most;
}

static int
fits(const struct conn *c, struct rule *r, const char *verb, const char *arg)
{
	char bare[1024];
	const char *end, *second = strchr(verb, ' ');
	size_t n = second ? (size_t)(second - verb) : strlen(verb);

	if (c->done < r->after || c->rcpts < r->most || (strcmp(r->verb, "*") &&
	    (strlen(r->verb) != n || memcmp(r->verb, verb, n)) &&
	    (!second || strcmp(r->verb, second + 1))))
		return 0;
	end = *arg == '<' ? strchr(arg, '>') : NULL;
	if (end) {
		snprintf(bare, sizeof bare, "%.*s", (int)(end - arg - 1),
		    arg + 1);
	}
	if (r->glob && !glob(r->glob, arg) && !(end && glob(r->glob, bare)))
		return 0;
	if (++r->seen != r->nth && r->nth)
		return 0;
	return !r->rate || too_fast(r->rate);
}

static int
offered(const struct conn *c, const char *word)
{
	size_t n = strlen(word);
	int i;

	for (i = 0; c->ehlo && i < c->ncaps; i++)
		if (!strncasecmp(c->caps[i], word, n) &&
		    strchr(" ", c->caps[i][n]))
			return 1;
	return 0;
}

/* RFC 2920 3.1: what may not have anything behind it before its reply. */
static void
check_ahead(struct conn *c, const char *verb)
{
	static const char alone[] =
	    " GREETING EHLO HELO AUTH USER PASS STARTTLS DATA NOOP QUIT ";
	char word[40], what[80];

	snprintf(word, sizeof word, " %s ", verb);
	if (offered(c, "PIPELINING") && !strstr(alone, word))
		return;
	if (c->at == c->have && more(c, (int)c->lag) <= 0)
		return;
	snprintf(what, sizeof what, "bytes sent before the reply to %s", verb);
	flaw(c, what);
}

/* Delay or hold the reply if a rule says so. */
static void
postpone(struct conn *c, const char *verb, const char *arg)
{
	struct ins *how;
	int i;

	for (i = 0; i < c->delays; i++) {
		if (fits(c, c->delay[i], verb, arg)) {
			flush(c);
			await(-1, 0, c->delay[i]->reply.num[0]);
			break;
		}
	}
	for (i = 0; i < c->nholds; i++) {
		if (fits(c, c->holds[i], verb, arg)) {
			how = &c->holds[i]->reply;
			flush(c);
			c->hold = how->nums == 1 ? how->num[0] : 0;
			c->hold_until = how->nums == 2 ? now() + how->num[0] :
			    0;
			break;
		}
	}
}

/* Answer a command as the rules say, else with the usual reply.  A second word
 * of verb counts for rules, but not for until, which had its chance. */
static int
answer(struct conn *c, const char *verb, const char *arg, const char *usual)
{
	char first[20];
	int i, r = GO, line = c->line;

	snprintf(first, sizeof first, "%.*s", (int)strcspn(verb, " "), verb);
	if (c->until && fits(c, c->until, first, arg))
		return AUTO_LEAVE;
	check_ahead(c, verb);
	postpone(c, verb, arg);
	for (i = 0; i < c->ons && !fits(c, c->on[i], verb, arg); i++)
		;
	c->code = 0;
	if (i < c->ons)
		r = run(c, &c->on[i]->reply);
	else
		say_line(c, usual, strlen(usual));
	c->line = line;
	if (r == GO && c->code == 421)
		r = hang_up(c, "close");
	return r;
}

static int
do_ehlo(struct conn *c, char *arg)
{
	char text[4096], *p = text, *end = text + sizeof text;
	int i, starttls = c->cert && !c->tls;

	c->ehlo = 1;
	c->open = 0;
	p += snprintf(p, (size_t)(end - p), "250%cpeer",
	    c->ncaps || starttls ? '-' : ' ');
	if (starttls)
		p += snprintf(p, (size_t)(end - p), "\r\n250%cSTARTTLS",
		    c->ncaps ? '-' : ' ');
	for (i = 0; i < c->ncaps && p < end; i++)
		p += snprintf(p, (size_t)(end - p), "\r\n250%c%s",
		    i + 1 < c->ncaps ? '-' : ' ', c->caps[i]);
	i = answer(c, "EHLO", arg, text);
	c->ehlo = c->code == 250;
	c->unmet = !c->ehlo;
	return i;
}

static int
do_helo(struct conn *c, char *arg)
{
	int r;

	c->ehlo = c->open = 0;
	r = answer(c, "HELO", arg, "250 peer");
	c->unmet = c->code != 250;
	return r;
}

/* The bytes of a base64 word, up to the first odd character. */
static size_t
unbase64(char *to, size_t cap, const char *p)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789+/";
	unsigned long bits = 0;
	size_t n = 0;
	const char *d;
	int have = 0;

	for (; *p && n + 1 < cap && (d = strchr(digits, *p)); p++) {
		bits = (bits << 6 | (unsigned long)(d - digits)) & 0xffffff;
		have += 6;
		if (have >= 8) {
			have -= 8;
			to[n++] = (char)(bits >> have);
		}
	}
	to[n] = 0;
	return n;
}

/* Answer with a prompt and decode the line that comes back.  GO if it came,
 * AUTH_DONE if the answer was no prompt. */
static int
ask(struct conn *c, const char *verb, const char *arg, const char *prompt,
    char *to, size_t *n)
{
	char *line;
	int r;

	r = answer(c, verb, arg, prompt);
	if (r != GO || c->code / 100 != 3)
		return r == GO ? AUTH_DONE : r;
	if (take_line(c, &line) < 0)
		return c->lax ? AUTH_DONE : fail_end(c, "a line for AUTH");
	*n = unbase64(to, 512, line);
	return GO;
}

static int
judge(struct conn *c, const char *verb, const char *arg, const char *user,
    const char *pass)
{
	int ok, r;

	ok = !c->user || (!strcmp(user, c->user) && !strcmp(pass, c->pass));
	r = answer(c, verb, arg, ok ? "235 2.7.0 welcome" : "535 5.7.8 wrong");
	c->authed = c->code == 235;
	return r;
}

static int
auth_plain(struct conn *c, const char *arg, const char *word)
{
	char text[514] = "", *user, *pass;
	const char *verb = *word ? "AUTH" : "PASS";
	size_t n = unbase64(text, 512, word);
	int r = GO;

	if (!*word)
		r = ask(c, "AUTH", arg, "334 ", text, &n);
	if (r != GO)
		return r;
	arg = *word ? arg : "";
	text[n + 1] = 0;
	user = text + strlen(text) + 1;
	pass = user < text + n ? user + strlen(user) + 1 : user;
	if (pass + strlen(pass) != text + n || (*text && strcmp(text, user)))
		return answer(c, verb, arg, "535 5.7.8 not two NULs, or "
		    "another's name");
	return judge(c, verb, arg, user, pass);
}

static int
auth_login(struct conn *c, const char *arg, const char *word)
{
	static const char prompt_user[] = "334 VXNlcm5hbWU6";
	static const char prompt_pass[] = "334 UGFzc3dvcmQ6";
	char user[512] = "", pass[512] = "";
	size_t n = unbase64(user, sizeof user, word);
	int r;

	r = ask(c, "AUTH", arg, *word ? prompt_pass : prompt_user,
	    *word ? pass : user, &n);
	if (r == GO && !*word)
		r = ask(c, "USER", "", prompt_pass, pass, &n);
	return r == GO ? judge(c, "PASS", "", user, pass) : r;
}

static int
do_auth(struct conn *c, char *arg)
{
	const char *word = strchr(arg, ' ');
	int r;

	word = word ? word + 1 : "";
	if (!strncasecmp(arg, "PLAIN", 5))
		r = auth_plain(c, arg, word);
	else if (!strncasecmp(arg, "LOGIN", 5))
		r = auth_login(c, arg, word);
	else if (!strncasecmp(arg, "EXTERNAL", 8))
		r = judge(c, "AUTH", arg, c->user, c->pass);
	else
		r = answer(c, "AUTH", arg, "504 5.5.4 unknown mechanism");
	return r == AUTH_DONE ? GO : r;
}

/* The parameters behind an address must have been offered. */
static void
check_params(struct conn *c, const char *p)
{
	char word[40], what[80];
	size_t n;

	for (; *p; p += n) {
		p += strspn(p, " ");
		n = strcspn(p, " ");
		snprintf(word, sizeof word, "%.*s", (int)strcspn(p, " ="), p);
		if (!strcasecmp(word, "BODY"))
			strcpy(word, "8BITMIME");
		snprintf(what, sizeof what, "parameter %s not offered", word);
		if (n && !offered(c, word))
			flaw(c, what);
	}
}

static int
do_mail(struct conn *c, char *arg)
{
	const char *usual = "250 2.1.0 ok", *end = strrchr(arg, '>');
	int r;

	if (strncasecmp(arg, "FROM:<", 6) || !end)
		return answer(c, "MAIL", arg, "501 5.5.4 MAIL FROM:<address>");
	if (c->user && !c->authed)
		usual = "530 5.7.0 log in first";
	if (c->unmet)
		usual = "503 5.5.1 EHLO first";
	if (c->open)
		usual = "503 5.5.1 one sender is enough";
	check_params(c, end + 1);
	r = answer(c, "MAIL", arg + 5, usual);
	if (c->code / 100 != 2)
		return r;
	c->open = 1;
	c->rcpts = 0;
	*c->to = 0;
	snprintf(c->from, sizeof c->from, "%.*s", (int)(end - arg - 4),
	    arg + 5);
	return r;
}

static int
do_rcpt(struct conn *c, char *arg)
{
	const char *end = strrchr(arg, '>');
	size_t n = strlen(c->to);
	int r;

	if (strncasecmp(arg, "TO:<", 4) || !end)
		return answer(c, "RCPT", arg, "501 5.5.4 RCPT TO:<address>");
	check_params(c, end + 1);
	r = answer(c, "RCPT", arg + 3, c->open ? "250 2.1.5 ok" :
	    "503 5.5.1 MAIL first");
	if (c->code / 100 != 2 || !c->open)
		return r;
	c->rcpts++;
	snprintf(c->to + n, sizeof c->to - n, " %.*s", (int)(end - arg - 2),
	    arg + 3);
	return r;
}

static const char *
not_ready(const struct conn *c, const char *ready)
{
	if (!c->open)
		return "503 5.5.1 MAIL first";
	return c->rcpts ? ready : "554 5.5.1 no valid recipients";
}

static int
do_data(struct conn *c, char *arg)
{
	int r;

	(void)arg;
	if (!c->open)
		*c->from = *c->to = 0;
	r = answer(c, "DATA", c->from, not_ready(c, "354 go ahead"));
	if (r != GO || c->code / 100 != 3)
		return r;
	r = take_data(c);
	if (r == GO)
		r = answer(c, "DOT", c->from, not_ready(c, "250 2.0.0 taken"));
	c->open = 0;
	return r;
}

static int
do_bdat(struct conn *c, char *arg)
{
	char line[100];
	int last, r;

	/* Left to the script, the chunk must still be in front of it. */
	if (c->until && fits(c, c->until, "BDAT", c->from)) {
		c->at = c->mark;
		return AUTO_LEAVE;
	}
	if (!offered(c, "CHUNKING"))
		flaw(c, "BDAT not offered");
	snprintf(line, sizeof line, "BDAT %s", arg);
	r = take_chunk(c, line, &last);
	if (r == GO)
		r = answer(c, last ? "DOT BDAT" : " BDAT", c->from,
		    not_ready(c, "250 2.0.0 taken"));
	if (last)
		c->open = 0;
	return r;
}

static int
do_rset(struct conn *c, char *arg)
{
	c->open = 0;
	return answer(c, "RSET", arg, "250 2.0.0 ok");
}

static int
do_starttls(struct conn *c, char *arg)
{
	int r = answer(c, "STARTTLS", arg, c->cert && !c->tls ?
	    "220 2.0.0 go ahead" : "502 5.5.1 not here");

	return r == GO && c->code == 220 && c->cert && !c->tls ?
	    start_tls(c, c->cert) : r;
}

static int
do_quit(struct conn *c, char *arg)
{
	int r = answer(c, "QUIT", arg, "221 2.0.0 bye");

	return r == GO ? hang_up(c, "fin") : r;
}

static const struct {
	const char *verb;
	int (*run)(struct conn *, char *);
} commands[] = {
	{ "EHLO", do_ehlo }, { "HELO", do_helo }, { "AUTH", do_auth },
	{ "MAIL", do_mail }, { "RCPT", do_rcpt }, { "DATA", do_data },
	{ "BDAT", do_bdat }, { "RSET", do_rset }, { "QUIT", do_quit },
	{ "STARTTLS", do_starttls },
};

static int
command(struct conn *c, char *line)
{
	char verb[20], *arg = strchr(line, ' ');
	size_t i;

	snprintf(verb, sizeof verb, "%.*s", (int)strcspn(line, " "), line);
	arg = arg ? arg + 1 : line + strlen(line);
	for (i = 0; verb[i]; i++)
		verb[i] = (char)toupper((unsigned char)verb[i]);
	if (c->refuse && strcmp(verb, "QUIT"))
		return answer(c, verb, arg, "503 5.5.1 not here");
	for (i = 0; i < sizeof commands / sizeof *commands; i++)
		if (!strcmp(commands[i].verb, verb))
			return commands[i].run(c, arg);
	return answer(c, verb, arg, strcmp(verb, "NOOP") ?
	    "500 5.5.2 unknown command" : "250 2.0.0 ok");
}

static int
op_auto(struct conn *c, struct ins *i)
{
	char *line;
	int r = GO;

	c->until = i->rule;
	if (!c->greeted) {
		r = answer(c, "GREETING", "", "220 peer ESMTP");
		c->refuse = c->code / 100 != 2;
	}
	while (r == GO) {
		if (take_line(c, &line) < 0)
			break;
		r = command(c, line);
	}
	if (r == AUTO_LEAVE)
		return GO;
	if (r != BAD && c->until)
		return fail(c, c->until->verb, "the end of the session", 22);
	if (r == GO && (c->ended == timeup || (c->have > c->at && !c->lax)))
		return fail_end(c, "QUIT or the end of file");
	return r;
}

/* scripts */

static const struct op ops[] = {
	{ "S:", op_send, "t" }, { "S", op_send, "q" },
	{ "fill", op_fill, "nq" }, { "endless", op_fill, "q" },
	{ "junk", op_junk, "n" },
	{ "C:", op_line, "t" }, { "C=", op_line, "t" },
	{ "data", op_data, "" }, { "bye", op_bye, "" },
	{ "wait", op_wait, "n" }, { "stall", op_stall, "o" },
	{ "close", op_end, "" }, { "fin", op_end, "" },
	{ "reset", op_end, "" },
	{ "chop", op_chop, "no" }, { "shortread", op_shortread, "no" },
	{ "lag", op_set, "n" }, { "lax", op_set, "" },
	{ "auto", op_auto, "u" }, { "on", op_rule, "wr" },
	{ "after", op_rule, "ar" }, { "rate", op_rate, "nwr" },
	{ "sessions", op_sessions, "nr" }, { "crowd", op_sessions, "nwr" },
	{ "recipients", op_recipients, "nr" },
	{ "delay", op_delay, "wn" }, { "hold", op_hold, "wnm" },
	{ "cap", op_cap, "t" }, { "auth", op_auth, "t" },
	{ "tls", op_tls, "t" }, { "starttls", op_tls, "t" },
};

/* Cut the next word off *s. */
static char *
word(char **s)
{
	char *w = *s += strspn(*s, " \t");

	*s += strcspn(*s, " \t");
	if (**s)
		*(*s)++ = 0;
	return w;
}

/* Decode "..." at s in place.  The byte behind the closing quote, or NULL. */
static char *
unquote(char *s, size_t *n)
{
	static const char from[] = "rnt0\\\"", to[] = "\r\n\t\0\\\"";
	char *d = s, *p = s + 1, hex[3] = "";
	const char *e;

	if (*s != '"')
		return NULL;
	for (; *p && *p != '"'; p++) {
		if (*p != '\\') {
			*d++ = *p;
		} else if (*++p == 'x' && isxdigit((unsigned char)p[1]) &&
		    isxdigit((unsigned char)p[2])) {
			memcpy(hex, p + 1, 2);
			*d++ = (char)strtol(hex, NULL, 16);
			p += 2;
		} else if (*p && (e = strchr(from, *p))) {
			*d++ = to[e - from];
		} else {
			return NULL;
		}
	}
	*n = (size_t)(d - s);
	return *p ? p + 1 : NULL;
}

static int parse(struct ins *, char *);

static struct rule *
new_rule(struct ins *i)
{
	if (!i->rule)
		i->rule = calloc(1, sizeof *i->rule);
	if (!i->rule)
		die(2, "peer: out of memory");
	return i->rule;
}

/* VERB[#N] [GLOB] */
static int
parse_what(struct ins *i, char **s)
{
	struct rule *r = new_rule(i);
	char *hash, *w = word(s);
	size_t n;

	r->verb = w;
	hash = strchr(w, '#');
	if (hash) {
		*hash = 0;
		r->nth = atol(hash + 1);
	}
	*s += strspn(*s, " \t");
	n = strcspn(*s, " \t");
	w = strpbrk(*s, "*?@<");
	if (w && w < *s + n)
		r->glob = word(s);
	return *r->verb && (!hash || r->nth > 0) ? 0 : -1;
}

static int
parse_after(struct ins *i, char **s)
{
	struct rule *r = new_rule(i);

	r->verb = "*";
	r->after = atol(word(s));
	return r->after > 0 && !strcmp(word(s), "messages") ? 0 : -1;
}

static int
parse_reply(struct ins *i, char **s)
{
	struct ins *reply = &new_rule(i)->reply;
	char *p = *s += strspn(*s, " \t");

	*s += strlen(*s);
	reply->line = i->line;
	if (!isdigit((unsigned char)*p))
		return parse(reply, p);
	reply->op = &ops[0];
	reply->text = p;
	reply->n = strlen(p);
	return 0;
}

static int
parse_number(struct ins *i, char **s, int optional)
{
	char *w;

	*s += strspn(*s, " \t");
	if (!isdigit((unsigned char)**s))
		return optional ? 0 : -1;
	w = word(s);
	i->num[i->nums++] = strtol(w, &w, 10);
	return *w ? -1 : 0;
}

static int
parse_part(struct ins *i, char **s, char part)
{
	char *w;

	switch (part) {
	case 'n':
	case 'o':
		return parse_number(i, s, part == 'o');
	case 'm':
		*s += strspn(*s, " \t");
		i->nums += !strcmp(*s, "ms");
		*s += strcmp(*s, "ms") ? 0 : 2;
		return 0;
	case 'q':
		i->text = *s += strspn(*s, " \t");
		*s = unquote(*s, &i->n);
		return *s && (i->n || *i->op->name == 'S') ? 0 : -1;
	case 't':
		i->text = *s + (**s == ' ');
		i->n = strlen(i->text);
		*s += strlen(*s);
		return 0;
	case 'w':
		return parse_what(i, s);
	case 'a':
		return parse_after(i, s);
	case 'r':
		return parse_reply(i, s);
	}
	w = word(s);
	return !*w ? 0 : strcmp(w, "until") ? -1 : parse_what(i, s);
}

/* One instruction.  -1 if it is none. */
static int
parse(struct ins *i, char *s)
{
	size_t k, n = strcspn(s, " \t\"");
	const char *part;

	for (k = 0; k < sizeof ops / sizeof *ops; k++)
		if (strlen(ops[k].name) == n && !memcmp(s, ops[k].name, n))
			i->op = &ops[k];
	if (!i->op)
		return -1;
	s += n;
	for (part = i->op->form; *part; part++)
		if (parse_part(i, &s, *part) < 0)
			return -1;
	return s[strspn(s, " \t")] ? -1 : 0;
}

static void
add_line(struct script *s, char *line, int number)
{
	line += strspn(line, " \t");
	if (!*line || *line == '#')
		return;
	s->v = realloc(s->v, (size_t)(s->n + 1) * sizeof *s->v);
	if (!s->v)
		die(2, "peer: out of memory");
	memset(&s->v[s->n], 0, sizeof *s->v);
	s->v[s->n].line = number;
	if (parse(&s->v[s->n++], line) < 0)
		die(2, "%s:%d: bad instruction", s->name, number);
}

static void
load(struct script *s)
{
	static char text[1 << 20];
	char *line, *next;
	FILE *f = fopen(s->name, "r");
	size_t n = f ? fread(text, 1, sizeof text - 1, f) : 0;
	int number = 0;

	if (!n)
		die(2, "%s: cannot read it", s->name);
	fclose(f);
	text[n] = 0;
	s->text = strdup(text);
	for (line = s->text; line && *line; line = next) {
		next = line + strcspn(line, "\n");
		if (*next)
			*next++ = 0;
		add_line(s, line, ++number);
	}
}

static int
run(struct conn *c, struct ins *i)
{
	c->line = i->line;
	return i->op->run(c, i);
}

/* connections */

static void
play(struct conn *c, struct script *s)
{
	int i, r = GO;

	for (i = 0; i < s->n && r == GO; i++)
		r = run(c, &s->v[i]);
	if (c->fd < 0)
		return;
	hang_up(c, "fin");
	if (r == GO && c->ignored)
		fail(c, "the end of the script", "more input", 10);
}

/* The child of one connection: its exit status. */
static int
serve(int fd, int number, int live, struct script *s)
{
	static struct conn c;
	int one = 1;

	signal(SIGCHLD, SIG_IGN);
	c.number = number;
	c.live = live;
	c.net = -1;
	c.file = s->name;
	c.fd = fd;
	fcntl(fd, F_SETFL, O_NONBLOCK);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	note(&c, "+", s->name, strlen(s->name));
	play(&c, s);
	note(&c, "-", c.failed ? "failed" : "ok", c.failed ? 6 : 2);
	return c.failed;
}

static int
listen_any(void)
{
	struct sockaddr_in6 a6 = { .sin6_family = AF_INET6,
	    .sin6_addr = IN6ADDR_LOOPBACK_INIT,
	    .sin6_port = htons(peer.port) };
	struct sockaddr_in a4 = { .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	    .sin_port = htons(peer.port) };
	struct sockaddr *a = peer.six ? (struct sockaddr *)&a6 :
	    (struct sockaddr *)&a4;
	socklen_t n = peer.six ? sizeof a6 : sizeof a4;
	char part[4096];
	FILE *f = stdout;
	int fd = socket(a->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (peer.host && inet_pton(AF_INET, peer.host, &a4.sin_addr) != 1)
		die(2, "peer: bad address %s", peer.host);
	if (fd < 0 || bind(fd, a, n) < 0 || listen(fd, 128) < 0 ||
	    getsockname(fd, a, &n) < 0)
		die(2, "peer: cannot listen: %s", strerror(errno));
	if (peer.portfile) {
		snprintf(part, sizeof part, "%s.part", peer.portfile);
		f = fopen(part, "w");
	}
	if (!f || fprintf(f, "%d\n", ntohs(peer.six ? a6.sin6_port :
	    a4.sin_port)) < 0 || fflush(f) ||
	    (peer.portfile && (fclose(f) || rename(part, peer.portfile) < 0)))
		die(2, "peer: cannot write %s", peer.portfile);
	return fd;
}

static pid_t kids[MAXKIDS];
static int nkids;

/* Collect ended children.  1 if one of them failed. */
static int
reap(void)
{
	int i, status, bad = 0;

	peer.child = 0;
	for (i = 0; i < nkids; ) {
		if (waitpid(kids[i], &status, WNOHANG) != kids[i]) {
			i++;
			continue;
		}
		bad |= status != 0;
		kids[i] = kids[--nkids];
	}
	return bad;
}

static int
next_connection(int fd, int number, struct script *s)
{
	int conn = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
	pid_t pid;

	if (conn < 0)
		return 0;
	pid = nkids < MAXKIDS ? fork() : -1;
	if (pid < 0)
		die(2, "peer: cannot fork");
	if (!pid) {
		close(fd);
		exit(serve(conn, number, nkids + 1, s));
	}
	close(conn);
	kids[nkids++] = pid;
	return 1;
}

/* Wait for the children until end, and stop them if we are stopped. */
static int
finish(long end)
{
	const struct timespec tick = { 0, 100000000L };
	sigset_t set;
	int i, sig = peer.stop ? SIGTERM : 0, bad = 0;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGCHLD);
	for (;;) {
		for (i = 0; i < nkids && (sig == SIGTERM || sig == SIGINT); i++)
			kill(kids[i], SIGTERM);
		bad |= reap();
		if (!nkids || now() > end)
			break;
		sig = sigtimedwait(&set, NULL, &tick);
	}
	for (i = 0; i < nkids; i++)
		kill(kids[i], SIGKILL);
	return bad || nkids;
}

static int
listen_loop(int n)
{
	struct script *s = peer.scripts;
	int served = 0, bad = 0, come, fd = listen_any();
	long end = peer.start + peer.limit * 1000;

	while (!peer.stop && now() < end && served != peer.connections) {
		come = await(fd, POLLIN, FOREVER) > 0;
		bad |= reap();
		if (come)
			served += next_connection(fd, served + 1,
			    &s[served < n ? served : n - 1]);
	}
	close(fd);
	if (!peer.stop && served < peer.connections) {
		fprintf(stderr, "peer: expected %ld connections, got %d\n",
		    peer.connections, served);
		bad = 1;
	}
	return bad | finish(end + DRAIN_MS);
}

static void
catch(void)
{
	struct sigaction sa = { .sa_handler = on_signal };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, &peer.mask);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGCHLD, &sa, NULL);
}

int
main(int argc, char **argv)
{
	struct script *s = calloc((size_t)argc, sizeof *s);
	int i, opt;

	peer.scripts = s;
	peer.self = argv[0];
	if (!s)
		die(2, "peer: out of memory");
	s->name = "-e";
	while ((opt = getopt(argc, argv, "6P:a:e:l:n:o:p:t:")) >= 0) {
		if (opt == '6')
			peer.six = 1;
		else if (opt == 'a')
			peer.host = optarg;
		else if (opt == 'e')
			add_line(s, optarg, 0);
		else if (opt == 'l')
			peer.log = optarg;
		else if (opt == 'n')
			peer.connections = atol(optarg);
		else if (opt == 'o')
			peer.prefix = optarg;
		else if (opt == 'P')
			peer.port = (unsigned short)atoi(optarg);
		else if (opt == 'p')
			peer.portfile = optarg;
		else if (opt == 't')
			peer.limit = atol(optarg);
		else
			die(2, "usage: see the head of peer.c");
	}
	if (optind == argc || peer.limit <= 0)
		die(2, "usage: see the head of peer.c");
	for (i = 0; optind + i < argc; i++) {
		s[i].name = argv[optind + i];
		load(&s[i]);
	}
	if (peer.log)
		peer.logfd = open(peer.log, O_WRONLY | O_CREAT | O_APPEND,
		    0644);
	if (peer.log && peer.logfd < 0)
		die(2, "peer: cannot write %s", peer.log);
	peer.shared = mmap(NULL, sizeof *peer.shared,
	    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (peer.shared == MAP_FAILED)
		die(2, "peer: out of memory");
	peer.start = now();
	catch();
	return listen_loop(argc - optind);
}

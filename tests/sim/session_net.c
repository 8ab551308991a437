/* session_net - what the session stands on, modelled: time, files, and a
 * connection whose every octet may come late, in pieces, or not at all. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "../../lib/base/buf.h"
#include "../../lib/base/clock.h"
#include "../../lib/net/io.h"
#include "../../lib/net/net.h"
#include "../../lib/net/sandbox.h"
#include "session.h"

#define UP 65536		/* what a connection holds of ours */
#define DOWN 262144

static struct {
	char up[UP];		/* sent, not yet with the server */
	size_t up_at, up_end;
	char down[DOWN];	/* said by the server */
	size_t down_end;
	size_t here;		/* of it, in our kernel */
	size_t read;		/* of it, by the client */
	int over;		/* the server has closed */
	int hard;
	int reset;		/* and we know: writing fails */
	int stalled;
	long long later;	/* nothing moves before */
	size_t room;		/* of the client's buffer */
} net;

/* ---- time, files, processes ---- */

long long
clock_ms(void)
{
	return world.now;
}

long long
clock_in(long long ms)
{
	return ms < 0 ? CLOCK_NEVER : world.now + ms;
}

int
clock_left(long long deadline)
{
	if (deadline == CLOCK_NEVER)
		return -1;
	return deadline > world.now ? (int)(deadline - world.now) : 0;
}

long long
clock_first(long long a, long long b)
{
	return a < b ? a : b;
}

/* A file that is changed by another process between two looks at it. */
ssize_t
pread(int fd, void *p, size_t n, off_t at)
{
	struct message *m = &world.message[fd - FILES];

	if (m->changes && m->looks++ > 1 && !chance(3)) {
		say("  file %d changes by %d", fd - FILES, m->changes);
		m->size = (size_t)((long)m->size + m->changes);
		m->changes = 0;
	}
	if ((size_t)at >= m->size)
		return 0;
	if (n > m->size - (size_t)at)
		n = m->size - (size_t)at;
	memcpy(p, m->text + at, n);
	return (ssize_t)n;
}

int
sigprocmask(int how, const sigset_t *restrict set, sigset_t *restrict old)
{
	(void)how, (void)set, (void)old;
	return 0;
}

void
sandbox_enter(void)
{
}

void
net_literal(int fd, struct buf *out)
{
	(void)fd;
	buf_add(out, STR("[192.0.2.1]"));
}

int
net_is_loopback(int fd)
{
	(void)fd;
	return 1;
}

int
net_connect(const struct net_request *q, struct buf *peer, int *last,
    struct buf *why)
{
	(void)q, (void)why;
	net.up_at = net.up_end = net.down_end = net.here = net.read = 0;
	net.over = net.hard = net.reset = net.stalled = 0;
	net.later = 0;
	net.room = chance(2) ? 30 + pick(500) : 32768;
	world.heard = world.bye_at = 0;
	*last = 1;
	buf_set(peer, STR("192.0.2.1 port 25"));
	server_begin();
	return 3;
}

/* ---- the server's end ---- */

void
net_say(const char *p, size_t n)
{
	if (net.over || net.stalled)
		return;
	if (net.down_end + n > DOWN) {
		wrong("the server says more than is read");
		n = DOWN - net.down_end;
	}
	memcpy(net.down + net.down_end, p, n);
	net.down_end += n;
}

size_t
net_said(void)
{
	return net.stalled ? 0 : net.down_end;
}

/* A hard close destroys what is still on its way to the client. */
void
net_close(int hard)
{
	net.over = 1;
	net.hard = hard;
	if (hard && net.here < net.down_end)
		net.down_end = net.here + pick((unsigned)(net.down_end -
		    net.here + 1));
}

void
net_stall(void)
{
	net.stalled = 1;
}

void
net_later(long long ms)
{
	net.later = world.now + ms;
}

static size_t
some(size_t n)
{
	return chance(3) ? 1 + pick((unsigned)n) : n;
}

/* Moves octets both ways. 1 if any moved. */
static int
move(void)
{
	size_t n, had = net.up_end - net.up_at, before = net.here;

	if (world.now < net.later)
		return 0;
	if (had && !net.stalled && !net.over) {
		n = some(had);
		net.up_at += n;
		world.octets += n;
		server_eat(net.up + net.up_at - n, n);
	}
	if (net.over && had) {
		net.up_at = net.up_end;
		net.reset = 1;
	}
	if (net.here < net.down_end)
		net.here += some(net.down_end - net.here);
	if (net.up_at == net.up_end)
		net.up_at = net.up_end = 0;
	world.heard = net.here;
	return had != net.up_end - net.up_at || before != net.here;
}

void
net_leftover(void)
{
	while (!net.over && !net.stalled && net.up_at < net.up_end) {
		server_eat(net.up + net.up_at, net.up_end - net.up_at);
		net.up_at = net.up_end;
	}
}

/* ---- the client's end: lib/net/io.h ---- */

static int
fail(struct io *io, enum io_state state, int error)
{
	if (io->state == IO_OPEN) {
		io->state = state;
		io->error = error;
	}
	return -1;
}

void
io_init(struct io *io, int fd)
{
	memset(io, 0, offsetof(struct io, in));
	io->fd = fd;
	io->limit = io->deadline = CLOCK_NEVER;
}

void
io_deadline(struct io *io, long long ms)
{
	if (io->mute && ms > 10000)
		ms = 10000;
	io->deadline = clock_first(clock_in(ms), io->limit);
}

int
io_tls(struct io *io, struct ssl *ssl)
{
	(void)ssl;
	return fail(io, IO_TLS, 0);
}

/* Takes over what has come. -1 at the end of it. */
static int
receive(struct io *io)
{
	size_t n = net.here - net.read, room = sizeof io->in - io->in_end;

	if (n > room)
		n = room;
	memcpy(io->in + io->in_end, net.down + net.read, n);
	net.read += n;
	io->in_end += n;
	if (!n && room && net.over && net.here == net.down_end)
		return fail(io, chance(4) ? IO_TLS : net.hard ? IO_ERROR :
		    IO_EOF, ECONNRESET);
	return 0;
}

static void
transmit(struct io *io)
{
	size_t pending = io->out_end - io->out_at;
	size_t room = UP - net.up_end, n;

	if (net.reset || (net.over && (net.hard || chance(2)))) {
		io->mute = 1;
		io->out_at = io->out_end = 0;
		return;
	}
	n = some(pending);
	if (n > room)
		n = room;
	memcpy(net.up + net.up_end, io->out + io->out_at, n);
	net.up_end += n;
	io->sent += n;
	io->out_at += n;
	if (io->out_at == io->out_end)
		io->out_at = io->out_end = 0;
}

/* Nothing moves by itself: time does. */
static int
wait_longer(struct io *io)
{
	if (net.later > world.now && net.later < io->deadline) {
		world.now = net.later;
		return 0;
	}
	if (io->deadline == CLOCK_NEVER)
		wrong("it waits for ever");
	world.now = io->deadline;
	return fail(io, IO_TIMEOUT, 0);
}

static int
drain(struct io *io)
{
	size_t before;

	if (io->state != IO_OPEN || io->mute)
		return -1;
	while (io->out_end > io->out_at) {
		before = io->out_end - io->out_at;
		if (chance(2))
			move();
		if (receive(io) < 0)
			return -1;
		transmit(io);
		if (io->mute)
			return -1;
		if (before == io->out_end - io->out_at && !move() &&
		    wait_longer(io) < 0)
			return -1;
	}
	return 0;
}

int
io_put(struct io *io, struct str s)
{
	size_t n;

	while (s.n && !io->mute) {
		n = net.room - io->out_end;
		if (n > s.n)
			n = s.n;
		memcpy(io->out + io->out_end, s.p, n);
		io->out_end += n;
		io->put += n;
		s = str_skip(s, n);
		if (io->out_end == net.room && drain(io) < 0)
			return -1;
	}
	return io->state == IO_OPEN && !io->mute ? 0 : -1;
}

int
io_flush(struct io *io)
{
	return drain(io);
}

void
io_mute(struct io *io)
{
	drain(io);
	io->mute = 1;
}

static int
cut_line(struct io *io, struct str *line)
{
	struct str have = { io->in + io->in_at, io->in_end - io->in_at };
	size_t n = str_find(have, '\n');

	if (n == have.n && n < sizeof io->in)
		return 0;
	*line = str_head(have, n);
	io->in_at += n;
	if (n == have.n)
		return 2;
	io->in_at++;
	if (line->n && line->p[line->n - 1] == '\r')
		line->n--;
	return 1;
}

int
io_line(struct io *io, struct str *line)
{
	int found;

	memmove(io->in, io->in + io->in_at, io->in_end - io->in_at);
	io->in_end -= io->in_at;
	io->in_at = 0;
	found = cut_line(io, line);
	if (!found) {
		drain(io);
		if (io->state != IO_OPEN)
			return -1;
	}
	while (!found) {
		world.now += pick(50);
		if (world.now >= io->deadline)
			return fail(io, IO_TIMEOUT, 0);
		if (!move() && net.read == net.here && !net.over &&
		    wait_longer(io) < 0)
			return -1;
		if (receive(io) < 0)
			return -1;
		found = cut_line(io, line);
	}
	return found;
}

int
io_byte(struct io *io)
{
	(void)io;
	return -1;
}

int
io_wait(struct io *io, long long ms)
{
	(void)io, (void)ms;
	return 1;
}

size_t
io_unread(const struct io *io)
{
	return io->in_end - io->in_at;
}

const char *
io_why(const struct io *io)
{
	return io->state == IO_TIMEOUT ? "Timed out waiting for server" :
	    io->state == IO_OPEN ? "" : "Connection closed by server";
}

void
io_close(struct io *io)
{
	io->fd = -1;
}

/* io - a connection: bytes out, lines in, a deadline in every wait. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "../../ssl/ssl.h"
#include "../base/clock.h"
#include "io.h"

/* How long, in ms, to wait for what a peer that takes no more has said. */
#define LAST_WORDS 10000

static int
end_io(struct io *io, enum io_state state)
{
	if (io->state == IO_OPEN) {
		io->state = state;
		io->error = errno;
	}
	return -1;
}

static int
would_block(void)
{
	return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

static size_t
in_room(const struct io *io)
{
	return sizeof io->in - io->in_end;
}

static size_t
out_pending(const struct io *io)
{
	return io->out_end - io->out_at;
}

static void
in_compact(struct io *io)
{
	memmove(io->in, io->in + io->in_at, io->in_end - io->in_at);
	io->in_end -= io->in_at;
	io->in_at = 0;
}

static void
out_sent(struct io *io, size_t n)
{
	io->out_at += n;
	io->sent += n;
	if (io->out_at == io->out_end)
		io->out_at = io->out_end = 0;
}

/* What the peer does not take is forgotten. */
static void
plain_write(struct io *io)
{
	ssize_t n = write(io->fd, io->out + io->out_at, out_pending(io));

	if (n < 0 && would_block())
		return;
	if (n >= 0) {
		out_sent(io, (size_t)n);
		return;
	}
	io->mute = 1;
	io->error = errno;
	io->out_at = io->out_end = 0;
}

static int
plain_read(struct io *io)
{
	ssize_t n = read(io->fd, io->in + io->in_end, in_room(io));

	if (n < 0)
		return would_block() ? 0 : end_io(io, IO_ERROR);
	if (n == 0) {
		errno = io->error;
		return end_io(io, io->mute && errno != EPIPE ? IO_ERROR :
		    IO_EOF);
	}
	io->in_end += (size_t)n;
	return 0;
}

/* Reads and writes without waiting; the events to wait for, or -1. */
static int
plain_step(struct io *io, int revents)
{
	if (revents & ~POLLOUT && in_room(io) && plain_read(io) < 0)
		return -1;
	if (out_pending(io))
		plain_write(io);
	return (in_room(io) ? POLLIN : 0) | (out_pending(io) ? POLLOUT : 0);
}

static void
tls_shuffle(struct io *io)
{
	io->in_end += ssl_read(io->ssl, io->in + io->in_end, in_room(io));
	if (!out_pending(io))
		return;
	out_sent(io, ssl_write(io->ssl, io->out + io->out_at,
	    out_pending(io)));
	if (!out_pending(io))
		ssl_flush(io->ssl);
}

static int
tls_step(struct io *io, int revents)
{
	int events = ssl_step(io->ssl, io->fd, revents & POLLHUP ?
	    revents | POLLIN : revents);

	tls_shuffle(io);
	if (events > 0)
		events = ssl_step(io->ssl, io->fd, 0);
	if (events < 0)
		return end_io(io, IO_TLS);
	return events ? events : end_io(io, IO_EOF);
}

/* Waits once, then reads and writes: the events to wait for, or -1. */
static int
wait_once(struct io *io, int events)
{
	struct pollfd p = { io->fd, (short)(in_room(io) ? events :
	    events & ~POLLIN), 0 };
	int n = poll(&p, 1, clock_left(io->deadline));

	if (n < 0 && errno != EINTR)
		return end_io(io, IO_ERROR);
	/* A peer that never pauses does not push the deadline away. */
	if (clock_left(io->deadline) == 0)
		return end_io(io, IO_TIMEOUT);
	return io->step(io, n > 0 ? p.revents : 0);
}

void
io_init(struct io *io, int fd)
{
	memset(io, 0, offsetof(struct io, in));
	io->fd = fd;
	io->step = plain_step;
	io->limit = io->deadline = CLOCK_NEVER;
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

void
io_deadline(struct io *io, long long ms)
{
	if (io->mute && ms > LAST_WORDS)
		ms = LAST_WORDS;
	io->deadline = clock_first(clock_in(ms), io->limit);
}

int
io_tls(struct io *io, struct ssl *ssl)
{
	int events;

	if (io_flush(io) < 0)
		return -1;
	if (io_unread(io)) {
		errno = 0;
		return end_io(io, IO_ERROR);
	}
	io->ssl = ssl;
	io->step = tls_step;
	if (ssl_start(ssl) < 0)
		return end_io(io, IO_TLS);
	events = tls_step(io, 0);
	while (events >= 0 && !ssl_ready(ssl))
		events = wait_once(io, events);
	return events < 0 ? -1 : 0;
}

/* Sends all of it. */
static int
drain(struct io *io)
{
	int events;

	if (io->state != IO_OPEN || io->mute)
		return -1;
	events = out_pending(io) ? io->step(io, 0) : 0;
	while (events >= 0 && (out_pending(io) || events & POLLOUT))
		events = wait_once(io, events);
	return events < 0 || io->mute ? -1 : 0;
}

/* Sends what waits and is taken. 1 if more can be received. */
static int
can_receive(struct io *io)
{
	drain(io);
	return io->state == IO_OPEN;
}

int
io_put(struct io *io, struct str s)
{
	size_t n;

	while (s.n && !io->mute) {
		n = sizeof io->out - io->out_end;
		if (n > s.n)
			n = s.n;
		memcpy(io->out + io->out_end, s.p, n);
		io->out_end += n;
		io->put += n;
		s = str_skip(s, n);
		if (io->out_end == sizeof io->out && drain(io) < 0)
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

/* Takes a line out of what has been received. */
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
	int events = POLLIN;
	int found;

	in_compact(io);
	found = cut_line(io, line);
	if (!found && !can_receive(io))
		return -1;
	while (!found && events >= 0) {
		events = wait_once(io, events);
		found = cut_line(io, line);
	}
	return found ? found : -1;
}

int
io_byte(struct io *io)
{
	int events = POLLIN;

	if (!io_unread(io)) {
		in_compact(io);
		if (!can_receive(io))
			events = -1;
	}
	while (!io_unread(io) && events >= 0)
		events = wait_once(io, events);
	return io_unread(io) ? (unsigned char)io->in[io->in_at++] : -1;
}

int
io_wait(struct io *io, long long ms)
{
	struct pollfd p = { io->fd, POLLIN, 0 };

	return poll(&p, 1, clock_left(clock_first(clock_in(ms),
	    io->limit))) != 0;
}

size_t
io_unread(const struct io *io)
{
	return io->in_end - io->in_at;
}

const char *
io_why(const struct io *io)
{
	switch (io->state) {
	case IO_OPEN:
		break;
	case IO_EOF:
		return "Connection closed by server";
	case IO_TIMEOUT:
		return "Timed out waiting for server";
	case IO_ERROR:
		return io->error ? strerror(io->error) :
		    "Server sent data before TLS began";
	case IO_TLS:
		return ssl_why(io->ssl);
	}
	return "";
}

void
io_close(struct io *io)
{
	if (io->fd < 0)
		return;
	if (io->ssl && io->state == IO_OPEN) {
		ssl_close(io->ssl);
		ssl_step(io->ssl, io->fd, POLLOUT);
	}
	close(io->fd);
	io->fd = -1;
	explicit_bzero(io->out, sizeof io->out);
}

/* io.h - a connection: bytes out, lines in, a deadline in every wait. Plain or
 * TLS is chosen once, by io_tls; nothing above asks which it is.
 *
 * Whatever waits, waits for both directions: a peer that answers while we
 * still send can block neither side, as long as its answers fit into the
 * input buffer and the kernel's.
 *
 * When writing has failed, what the peer said before can still be received: it
 * counts, and says more of what the peer has than the failure does. */
#ifndef IO_H
#define IO_H

#include "../base/str.h"

struct ssl;

enum io_state {
	IO_OPEN,
	IO_EOF,			/* the peer has closed */
	IO_TIMEOUT,		/* the deadline has passed */
	IO_ERROR,		/* errno in error */
	IO_TLS			/* for the reason see ssl_why */
};

struct io {
	int fd;
	struct ssl *ssl;
	int (*step)(struct io *io, int revents);
	enum io_state state;	/* anything but IO_OPEN is final */
	int error;
	int mute;		/* the peer takes no more, or is to get no
				 * more: io_put and io_flush fail */
	long long limit;	/* no deadline goes beyond it; clock_ms */
	long long deadline;
	unsigned long long put;		/* octets taken by io_put so far ... */
	unsigned long long sent;	/* ... and of those handed on */
	size_t in_at, in_end;
	size_t out_at, out_end;
	char in[16384];
	char out[32768];
};

/* Takes over a connected socket and makes it non-blocking; no limit, no
 * deadline. */
void io_init(struct io *io, int fd);

/* Sets the deadline: in ms milliseconds, but not after the limit. */
void io_deadline(struct io *io, long long ms);

/* Turns TLS on. 0, or -1 when the handshake fails or when bytes were received
 * before it, which are an attack or a mistake. The caller keeps ssl. */
int io_tls(struct io *io, struct ssl *ssl);

/* Adds bytes to the output; sends when the buffer is full. 0 or -1. */
int io_put(struct io *io, struct str s);

/* Sends all output. 0 or -1. */
int io_flush(struct io *io);

/* Sends what waits and nothing more: what is put from now on is lost. */
void io_mute(struct io *io);

/* Receives: 1 and a line without its LF or CRLF; 2 and the beginning of a
 * line too long for the buffer; -1 when nothing more is to be had. Borrowed
 * until the next io_ call. What was put is sent first, if the peer takes it. */
int io_line(struct io *io, struct str *line);

/* Waits for something to receive, at most so many ms, within the limit. 1 there
 * is, or the connection has ended; else 0. */
int io_wait(struct io *io, long long ms);

/* Receives: the next byte, or -1. Bytes received before the connection was lost
 * can still be read. */
int io_byte(struct io *io);

/* Bytes received and not yet returned. */
size_t io_unread(const struct io *io);

/* The state in words, for a log. */
const char *io_why(const struct io *io);

/* Closes, with close_notify where there is TLS; never waits. */
void io_close(struct io *io);

#endif

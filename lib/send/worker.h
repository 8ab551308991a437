/* worker.h - a session to one remote in a child process, without exec. Parent
 * and child share a SOCK_SEQPACKET pair: messages go down as an id and an open
 * queue file, results come up as packets. End of file means: finish, QUIT,
 * exit. A worker that dies fails only what it held. Once connected it lives in
 * the sandbox and cannot connect again: another connection is another
 * worker.
 *
 * Results are those of protocol.h's report. A message's refused recipients come
 * in packets of their own before its result, as a packet is too small for the
 * recipients of a mailing list. */
#ifndef WORKER_H
#define WORKER_H

#include <sys/types.h>

#include "../smtp/protocol.h"

struct remote;

/* Messages a worker may hold: with CHUNKING all of them may be on their way to
 * the server at once. */
#define WORKER_HOLDS 64

/* What a text is cut to. */
#define WORKER_TEXT 4096

enum worker_kind {
	WORKER_PEER,		/* connected: text is the address */
	WORKER_READY,		/* let in: index is its window from now on; it
				 * waits for worker_go */
	WORKER_NOTE,		/* text is for the administrator */
	WORKER_RECIPIENT,	/* id, index, code, text */
	WORKER_MESSAGE,		/* id, code, stage, text */
	WORKER_AGAIN,		/* it lost the connection as in DOWN, but the
				 * next worker may fare better: carried */
	WORKER_DOWN		/* the remote is unusable: code, stage, text;
				 * what has no result was not sent */
};

struct worker_packet {
	enum worker_kind kind;
	unsigned long id;
	size_t index;
	int code;
	enum stage stage;
	struct carried carried;
	size_t n;
	char text[WORKER_TEXT];
};

/* Starts a worker; seconds is the time it may take for one message, 0 for no
 * limit; carried is that of the worker whose place it takes, or NULL. Returns
 * its pid and sets *fd (non-blocking), or -1 with errno. */
pid_t worker_start(const struct remote *r, const char *helo, int seconds,
    const struct carried *carried, int *fd);

/* Hands over a message; the file stays open here too. 0, or -1 with errno. */
int worker_give(int fd, unsigned long id, int message);

/* After READY: no more messages for now. Lets the worker start with a full
 * window. */
void worker_go(int fd);

/* The next packet. 1; 0 when none is there; -1 when there will be none. */
int worker_packet(int fd, struct worker_packet *p);

#endif

/* worker.h - a session to one remote in a child process, without exec. Parent
 * and child share a SOCK_SEQPACKET pair: orders go down, each message as an id
 * and an open queue file, and packets come up. A worker has one connection,
 * and from then on lives in the sandbox. When that ends, for whatever reason,
 * it reports what is due, sends WORKER_END and exits; whether there is to be
 * another worker is the sender's decision. End of file from the sender means:
 * finish what is held, QUIT, exit 0 without WORKER_END.
 *
 * Results are those of protocol.h's report. A message's recipients come in
 * packets of their own directly before its result. A message whose recipients
 * were all taken is marked (spool_mark) before that is reported. */
#ifndef WORKER_H
#define WORKER_H

#include <sys/types.h>

#include "../smtp/protocol.h"

struct remote;
struct remotes;

/* Messages a worker may hold: with CHUNKING all of them may be on their way to
 * the server at once. */
#define WORKER_HOLDS 64

/* What a text is cut to. */
#define WORKER_TEXT 1024

/* Down. A WORKER_TAKE whose descriptor did not arrive is answered by a
 * WORKER_MESSAGE of FAULT_OURS. */
enum worker_order_kind { WORKER_TAKE = 1, WORKER_GO };

struct worker_order {
	int kind;
	unsigned long id;
	unsigned over;		/* lines, as struct protocol_message has them */
};

/* Up. */
enum worker_kind {
	WORKER_PEER = 1,	/* connected: text is the address */
	WORKER_READY,		/* let in, or, from the second on, its window
				 * has grown: index is the window from now on;
				 * carried. After the first it waits for
				 * worker_go */
	WORKER_NOTE,		/* text is for the administrator */
	WORKER_RECIPIENT,	/* id, index, and a result */
	WORKER_MESSAGE,		/* id, a result, carried: a sender may not wait
				 * for the end */
	WORKER_END,		/* the last one: code, fault, stage, reply, text
				 * of what ended it, carried, answered, last */
	WORKER_KINDS
};

struct worker_packet {
	enum worker_kind kind;
	unsigned long id;
	size_t index;
	int code;		/* this and the next four: struct result */
	enum fault fault;
	enum stage stage;
	int reply;
	int unanswered;
	struct carried carried;
	unsigned long answered;	/* messages this connection has answered for */
	unsigned char last;	/* no untried address is left */
	size_t n;
	char text[WORKER_TEXT];
};

/* What a worker is made of; copied. */
struct worker_setup {
	const struct remotes *remotes;	/* all, and ... */
	const struct remote *remote;	/* ... this one of them */
	const char *helo;
	int seconds;		/* for one message; 0: no limit */
	long long open_by;	/* to be let in by, clock_ms, or CLOCK_NEVER */
	struct carried carried;
	struct str tried, sick;	/* addresses, see struct protocol_setup */
	struct str pass;	/* instead of that of the options, if p */
	int messages;		/* after so many it ends with FAULT_END;
				 * 0: no limit but the worker's own */
};

/* Starts a worker. Returns its pid and sets *fd (non-blocking), or -1 with
 * errno. */
pid_t worker_start(const struct worker_setup *w, int *fd);

/* Hands over a message, for those of its recipients whom the remote takes and
 * none of the lines over; the file stays open here too. 0; 1 not now (EAGAIN,
 * ENOBUFS, ETOOMANYREFS, EMFILE, ENOMEM, ENFILE); -1 with errno. */
int worker_give(int fd, unsigned long id, unsigned over, int message);

/* After the first WORKER_READY: no more messages for now. Lets the worker
 * start with a full window. */
void worker_go(int fd);

/* The next packet. 1; 0 when none is there; -1 when there will be none, or
 * when it is malformed (unknown kind or a length that is not its text's). */
int worker_packet(int fd, struct worker_packet *p);

#endif

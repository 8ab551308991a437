/* agent.h - the sender's side of a child that delivers to one remote: a worker
 * with up to WORKER_HOLDS messages over one connection, or an external module
 * with one message. The owner polls fd for reading and reaps children; what
 * happened comes as events. Results are matched by id; a packet that cannot be
 * right ends the worker. */
#ifndef AGENT_H
#define AGENT_H

#include <sys/types.h>

#include "../base/buf.h"
#include "../smtp/protocol.h"

struct delivery;
struct remote;
struct worker_setup;

struct agent {
	struct agent *next;	/* the owner's list */
	void *owner;		/* the owner's, NULL once it is retired */
	pid_t pid;		/* 0 once it was waited for */
	int fd;			/* -1 after end of file */
	int external;
	int asks;		/* a passcommand; it gets no delivery */
	int wrong;		/* it sent a packet that cannot be right */
	struct delivery *delivery;	/* in the order they were handed over */
	size_t deliveries;
	size_t window;		/* most deliveries at a time; 0 until ready */
	size_t given;		/* deliveries so far ... */
	size_t limit;		/* ... and how many it may have; 0: any */
	int alone;		/* it has a suspect message, and no other */
	int closing;		/* it gets no more messages */
	long long began;	/* clock_ms */
	long long ready;	/* clock_ms, 0 before */
	long long since;	/* clock_ms of the last result, or of when
				 * there was work again */
	long long worked;	/* ms for the results so far */
	unsigned long results;
	unsigned long taken;	/* results that were a success */
	int same_key;		/* of failures in a row ... */
	int same;		/* ... and how many */
	struct carried carried;	/* as the worker had it last */
	long long deadline;	/* for what it does now; clock_ms */
	int signals;		/* sent to it so far: TERM, then KILL */
	struct buf output;	/* of a module, so far */
	struct buf peer;	/* "192.0.2.1 port 25" */
	struct buf host, protocol;
};

enum agent_event_kind {
	AGENT_NOTHING,		/* nothing more for now */
	AGENT_READY,		/* let in: it takes more now, and then waits
				 * for agent_go; carried */
	AGENT_NOTE,		/* result.text is for the administrator */
	AGENT_RESULT,		/* of the delivery which; all recipients that
				 * have no refusal share it; carried */
	AGENT_END,		/* its connection has ended: result says why;
				 * deliveries without a result were not
				 * attempted; carried, answered, last */
	AGENT_CRASHED,		/* it ended without a word */
	AGENT_CLOSED		/* it ended as it should */
};

struct agent_event {
	enum agent_event_kind kind;
	size_t which;
	struct result result;	/* text: borrowed until the next call */
	struct carried carried;
	unsigned long answered;	/* messages the connection answered for */
	int last;		/* no address is left that was not tried */
};

/* Starts a worker, or path as an external module for the delivery d, which it
 * does not take over yet; part is a file for its recipients alone, or -1. NULL
 * with errno on failure. */
struct agent *agent_worker(const struct worker_setup *setup);
struct agent *agent_module(const struct remote *r, const char *path,
    const struct delivery *d, int part, const char *helo, int *options_cut);

/* Starts the passcommand of a remote, as an external module without a delivery;
 * at its deadline it is killed. NULL with errno. */
struct agent *agent_command(const struct remote *r);

/* 1 if it can take another delivery; a suspect message wants to be alone. */
int agent_has_room(const struct agent *a, int suspect);

/* Estimated ms per message: the average since READY, or the age of the current
 * one if larger; one round trip before the first result; 0 until READY. With
 * many in flight the round trip is not counted per message. */
long long agent_pace(const struct agent *a);

/* clock_ms when agent_pace will be above pace if nothing happens; CLOCK_NEVER
 * if it will not. */
long long agent_slower_at(const struct agent *a, long long pace);

/* Hands d over; on success the agent owns it. 0; 1 not now; -1 with errno. */
int agent_give(struct agent *a, const struct delivery *d);

/* After READY: no more messages for now. */
void agent_go(const struct agent *a);

/* Takes a delivery off the list without freeing it. */
struct delivery agent_take(struct agent *a, size_t which);

/* Reads what there is to read and returns one event at a time. */
struct agent_event agent_read(struct agent *a);

/* The process has ended with this wait status: what a module's end means. */
struct agent_event agent_ended(struct agent *a, int status);

/* What it does now must be over in ms; negative: no limit. */
void agent_patience(struct agent *a, long long ms);

/* No more deliveries: a worker finishes and leaves, within ms. */
void agent_retire(struct agent *a, long long ms);

/* TERM, at the second call KILL, to a module's whole process group. */
void agent_kill(struct agent *a, long long ms);

/* Frees all, deliveries included. */
void agent_free(struct agent *a);

#endif

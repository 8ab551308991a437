/* agent.h - the sender's side of a child that delivers to one remote: a worker
 * with up to WORKER_HOLDS messages, or an external module with one. The owner
 * polls fd for reading and reaps children; what happened comes as events. */
#ifndef AGENT_H
#define AGENT_H

#include <sys/types.h>

#include "../base/buf.h"
#include "../base/err.h"

struct delivery;
struct remote;

struct agent {
	struct agent *next;	/* the owner's list */
	void *owner;		/* the owner's, NULL once it is retired */
	pid_t pid;		/* of its present process */
	int fd;			/* -1 after end of file */
	int external;
	struct delivery *delivery;	/* oldest first */
	size_t deliveries;
	size_t window;		/* most deliveries at a time; 0 until ready */
	long long began;	/* clock_ms */
	long long ready;	/* clock_ms, 0 before */
	long long since;	/* clock_ms of the last result, or of when
				 * there was work again */
	long long worked;	/* ms for the results so far */
	unsigned long results;
	long long deadline;	/* for what it does now; clock_ms */
	int signals;		/* sent to it so far: TERM, then KILL */
	struct buf output;	/* of a module, so far */
	struct buf peer;	/* "192.0.2.1 port 25" */
	struct buf host, protocol;
	const struct remote *remote;	/* the next worker is for */
	const char *helo;
	int seconds;
};

enum agent_event_kind {
	AGENT_NOTHING,		/* nothing more for now */
	AGENT_READY,		/* let in: it takes more now, and then waits
				 * for agent_go */
	AGENT_NOTE,		/* text is for the administrator */
	AGENT_RESULT,		/* of the oldest delivery */
	AGENT_DOWN,		/* worker reports: remote unusable; its
				 * deliveries were not attempted */
	AGENT_CRASHED,		/* it ended without results for its
				 * deliveries */
	AGENT_END		/* it ended; the process may still be there */
};

struct agent_event {
	enum agent_event_kind kind;
	int code;
	enum stage stage;
	struct str text;	/* borrowed until the next call */
};

/* Starts a worker, or path as an external module for the delivery d, which it
 * does not take over yet. seconds: 0 for no limit. A worker's r and helo are
 * used again until the agent is retired. NULL with errno on failure. */
struct agent *agent_worker(const struct remote *r, const char *helo,
    int seconds);
struct agent *agent_module(const struct remote *r, const char *path,
    const struct delivery *d, const char *helo, int *options_cut);

/* 1 if it can take another delivery. */
int agent_has_room(const struct agent *a);

/* Estimated ms per message: the average since READY, or the age of the current
 * one if larger; one round trip before the first result; 0 until READY. With
 * many in flight the round trip is not counted per message. */
long long agent_pace(const struct agent *a);

/* Hands d over; on success the agent owns it. 0, or -1 with errno. */
int agent_give(struct agent *a, const struct delivery *d);

/* After READY: no more messages for now. */
void agent_go(const struct agent *a);

/* Takes the oldest delivery off the list without freeing it. */
struct delivery agent_take(struct agent *a);

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

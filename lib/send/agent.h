/* agent.h - a child that delivers to one remote: a worker with up to
 * WORKER_HOLDS messages, or a external module with one. The owner polls fd for
 * reading and reaps children; what happened comes back as events. */
#ifndef AGENT_H
#define AGENT_H

#include <sys/types.h>

#include "../base/buf.h"
#include "../base/err.h"

struct delivery;
struct remote;

struct agent {
	struct agent *next;	/* the owner's list */
	void *owner;		/* the owner's, NULL once it is dismissed */
	pid_t pid;		/* of its present process */
	int fd;			/* -1 when it has no more to say */
	int external;
	struct delivery *delivery;	/* oldest first */
	size_t deliveries;
	size_t window;	/* deliveries it likes to have; 0 until ready */
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
	AGENT_NOTHING,	/* nothing more for now */
	AGENT_READY,		/* let in: it takes more now, and then waits
				 * for agent_go */
	AGENT_NOTE,		/* text is for the administrator */
	AGENT_RESULT,		/* of the oldest delivery */
	AGENT_DOWN,		/* the remote is of no use, says a worker; the
				 * deliveries were not taken */
	AGENT_CRASHED,	/* it ended without a word about its deliveries */
	AGENT_END		/* it ended; the process may still be there */
};

struct agent_event {
	enum agent_event_kind kind;
	int code;
	enum stage stage;
	struct str text;	/* borrowed until the next call */
};

/* Starts a worker, or path as a external module for the delivery f, which it does
 * not take over yet. seconds: 0 for no limit. A worker's r and helo are used
 * again until the session is dismissed. NULL with errno on failure. */
struct agent *agent_worker(const struct remote *r, const char *helo,
    int seconds);
struct agent *agent_module(const struct remote *r, const char *path,
    const struct delivery *f, const char *helo, int *options_cut);

/* 1 if it can take another delivery. */
int agent_has_room(const struct agent *a);

/* Milliseconds a message takes here, as far as can be seen: on average since
 * it got ready, or what the next result has already taken if that is more; a
 * round trip before anything else is known. Where many messages are on their
 * way at once, the way costs but one of these. 0 until it is ready. */
long long agent_pace(const struct agent *a);

/* Hands f over; on success the session owns it. 0, or -1 with errno. */
int agent_give(struct agent *a, const struct delivery *f);

/* A session that got ready was given what there is for now. */
void agent_go(const struct agent *a);

/* The oldest delivery is through: takes it off the list without freeing. */
struct delivery agent_take(struct agent *a);

/* Reads what there is to read and returns one event at a time. */
struct agent_event agent_read(struct agent *a);

/* The process has ended with this wait status. What a module's end means. */
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

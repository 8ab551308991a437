/* sender.h - the state of nullmailer-send, and what its files do for each
 * other. Each file calls only those above it:
 *
 *	sender.c	control files, clock, scan of the queue
 *	journal.c	the log lines of a delivery
 *	routes.c	the remotes in this queue run, and their agents
 *	reports.c	bounces and delay notifications in the making
 *	dispatch.c	which agent gets the next message
 *	deliver.c	events of agents, results
 *	run.c		a queue run
 *	send.c		start, loop, end */
#ifndef SENDER_H
#define SENDER_H

#include "../../lib/queue/spool.h"
#include "../../lib/queue/trigger.h"
#include "../../lib/send/agent.h"
#include "../../lib/send/bounce.h"
#include "../../lib/send/messages.h"
#include "../../lib/send/settings.h"

#define GRACE 5000		/* ms from TERM to KILL, and at our own end */
#define POLL_PAUSE 300		/* s between queue runs without a trigger */

/* A remote in this run. */
struct route {
	const struct remote *remote;
	int sessions;		/* now */
	int max_sessions;	/* at a time, as far as known */
	size_t next;		/* index of the next message to consider */
	int second_pass;	/* suspect messages too */
	int external;
	int dead;
};

struct sender {
	struct spool spool;
	struct buf me;
	struct settings set;
	struct messages messages;
	struct route *routes;
	size_t route_count;
	struct agent *agents;
	struct bounce *bounces;
	struct trigger trigger;
	int signals, errors;
	int once;		/* --once */
	int running;		/* a queue run is going on */
	long long joins_until;
	int again;		/* another run is wanted after this one */
	int stop;		/* TERM or INT came */
	long long stop_at;
	long long next_run;
	long long pause;	/* s */
	long long clock_offset;	/* wall clock minus monotonic, s */
	unsigned long last_id;
	unsigned long long status;	/* for status_write */
	int recalled;		/* what an earlier sender wrote */
};

/* ---- sender.c ---- */

/* Reads all control files, or keeps what there was. 0 if there is something
 * to work with; does not return after an error at the first time. */
int sender_configure(struct sender *s, int first);
int sender_one_shot(const struct sender *s);

/* Wall clock, and how a message stands to it. */
long long sender_now(void);
void sender_watch_clock(struct sender *s);
int sender_expired(const struct sender *s, const struct message *m);
int sender_delayed(const struct sender *s, const struct message *m);

/* Lists the queue. */
void sender_scan(struct sender *s);

/* Opens a message for delivery, after what is left to be done to its file. 0,
 * or -1: skip it in this run (its state or remotes_tried is set). */
int sender_open(struct sender *s, struct message *m, struct delivery *d);

/* ---- journal.c ---- */

/* The agent's oldest delivery begins; once for each. */
void journal_begins(struct agent *a);
void journal_refused(const struct delivery *d);
void journal_failed(const struct sender *s, const struct agent *a, int code,
    enum stage stage, struct str text);

/* Names the deliveries from first on that the server may have taken without
 * its answer having come. */
void journal_cut_off(const struct agent *a, size_t first);

/* ---- routes.c ---- */

void routes_make(struct sender *s);
void routes_free(struct sender *s);

/* m is free again: makes sure that the next remote considers it. */
void routes_make_available(struct sender *s, struct message *m);

/* Leaves a remote out for the rest of the run. */
void route_dead(struct sender *s, struct route *r, int code, enum stage stage,
    struct str text);

/* Takes the oldest delivery off the agent: its turn here is over, unless it is
 * to come again. */
struct delivery route_take(struct agent *a, int again);

/* The agent's deliveries were not attempted: their turn here is not over. */
void route_give_back(struct sender *s, struct agent *a);

/* An agent gets no more messages; has so much time for what it does; is
 * freed. */
void route_retire(struct agent *a);
void route_set_patience(const struct sender *s, struct agent *a);
void route_forget(struct sender *s, struct agent *a);

/* ---- reports.c ---- */

/* A bounce that takes over d and result. */
struct bounce *reports_new(const struct delivery *d, unsigned char *result,
    enum dsn_kind kind, struct str text);
void reports_begin(struct sender *s, struct bounce *b);
void reports_ended(struct sender *s, struct bounce *b, int status);
int reports_have_room(const struct sender *s);

/* Bounces expired messages and announces delays, after all remotes were tried;
 * a few reports at a time. 1 when all is done. */
int reports_expire(struct sender *s);

/* ---- dispatch.c ---- */

/* Hands messages to r while it takes them. */
void dispatch(struct sender *s, struct route *r);

/* 1 if time alone may make another session worth while. */
int dispatch_recheck_needed(const struct sender *s);

/* ---- deliver.c ---- */

/* Reads what an agent has to say; waits for children; ends an agent whose time
 * is over. */
void deliver_read(struct sender *s, struct agent *a);
void deliver_reap(struct sender *s);
void deliver_timed_out(struct agent *a);

/* ---- run.c ---- */

void run_begin(struct sender *s);

/* Hands out what can be handed out, and ends the run when it is over. */
void run_advance(struct sender *s);

#endif

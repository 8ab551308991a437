/* proc.h - a modelled child of the sender. */
#ifndef PROC_H
#define PROC_H

#include "../../../lib/send/worker.h"
#include "spool.h"
#include "sim.h"

enum proc_kind { NO_PROC, WORKER, MODULE, REPORTER };

struct packet {
	enum worker_kind kind;
	unsigned long id;
	size_t index;
	int code;
	enum fault fault;
	enum stage stage;
	int reply, unanswered;
	struct carried carried;
	unsigned long answered;
	unsigned char last;
	char text[160];
	/* for the ledger */
	int m, r;
	int marked;
	short took[RCPTS];
	unsigned whom;		/* a bit for each recipient */
	unsigned char shares[RCPTS];	/* share the answer of the message */
	struct answer answer;
};

struct stash {
	int r;
	struct answer answer;
};

struct held {
	unsigned long id;
	int fd;
	struct head h;		/* with those of its recipients alone */
	int others;
	short took[RCPTS];
	int marked;
	int sent;		/* its last octet was */
};

struct proc {
	enum proc_kind kind;
	int alive, waitable, reaped, orphan, signalled;
	int serial;
	pid_t pid;
	int status;
	int fd;			/* the sender's end; -1 closed */
	int s;			/* server */
	/* a worker */
	struct packet *packets;
	int packet_count, packet_at, packet_room;
	struct held held[WORKER_HOLDS];
	int holds, begun;
	int ready, go, over;
	int one_too_many;	/* the server puts off all it sends */
	long long next;		/* when it does something; 0 not set */
	long long let_in_at;
	int window, answered, given, sent, messages;
	unsigned tried, sick;	/* addresses */
	struct carried carried;
	struct options options;
	char soft_bounce[32];
	size_t which;		/* line of remotes, and whom all take: */
	unsigned takes[SERVERS][FROM_NULL + 1];
	struct stash stash[64];
	int stashed;
	/* a module */
	char output[200];
	size_t output_n;
	int exit_took;
	/* a module or a report */
	int file;
	int m;
	int delay;
	short took[RCPTS];
};

struct proc *proc_begins(enum proc_kind kind);
struct proc *proc_of_event(int arg);
void proc_later(struct proc *p, long long ms, void (*run)(int));
void proc_ends(struct proc *p, int status);
struct packet *proc_packet(struct proc *p, enum worker_kind kind);
int workers_of(int s);
int workers_holding(int s);
int workers_ready(int s);

/* connection.c */
void worker_begins(struct proc *p, const struct worker_setup *setup);
int worker_takes(struct proc *p, unsigned long id, unsigned over, int message);
unsigned recipients_of(const struct head *h);
void worker_wakes(struct proc *p);

/* children.c */
void module_reaped(const struct proc *p);

#endif

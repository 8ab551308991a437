/* bounce.h - a notification that a child process writes into the queue, about
 * recipients of a message that failed or is late (dsn.h). */
#ifndef BOUNCE_H
#define BOUNCE_H

#include <sys/types.h>

#include "../mail/dsn.h"
#include "delivery.h"

struct bounce {
	struct bounce *next;
	pid_t pid;
	struct delivery d;	/* a bounce names those that FAILED, a delay
				 * notification all */
	enum dsn_kind kind;
	struct str default_status;	/* where a reply has no code */
	struct result whole;	/* of those not refused singly; its text: */
	struct buf text;
	struct buf host, protocol;
	int unanswered;		/* an earlier attempt may have been taken */
};

/* What the sender alone knows. */
struct bounce_times {
	time_t arrival, last_attempt, retry_until;
};

/* Starts the child. queue is queue_main. 1 with b->pid; 0 with why: no report
 * is wanted; -1 with why: to be tried again. */
int bounce_start(struct bounce *b, const struct bounce_times *t,
    int (*queue)(int argc, char **argv), struct buf *why);

/* Frees b itself too. */
void bounce_free(struct bounce *b);

#endif

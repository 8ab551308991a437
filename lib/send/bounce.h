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
	struct delivery d;
	unsigned char *result;	/* enum rcpt_result, one a recipient: a bounce
				 * names those that FAILED, a delay all */
	enum dsn_kind kind;
	struct str default_status;	/* where a reply has no code */
	struct buf text;	/* the reason of those not refused singly */
	struct buf host, protocol;
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

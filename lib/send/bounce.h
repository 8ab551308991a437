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
	unsigned char *result;	/* enum rcpt_result, a recipient each; of a failure
				 * it tells those who FAILED, of a delay all */
	enum dsn_kind kind;
	struct str otherwise;	/* status code where a reply has none */
	struct buf text;	/* why, but for those refused by themselves */
	struct buf host, protocol;
};

/* What the sender alone knows. */
struct bounce_times {
	time_t arrival, last_attempt, retry_until;
};

/* Starts the child. queue is queue_main. 1 with r->pid; 0 when there is nobody
 * to tell, why tells; -1 when it has to be tried again, why tells. */
int bounce_start(struct bounce *r, const struct bounce_times *t,
    int (*queue)(int argc, char **argv), struct buf *why);

/* Frees r itself too. */
void bounce_free(struct bounce *r);

#endif

/* enqueue.h - hands a message to nullmailer-queue: in a forked child without
 * exec where this process may write the spool itself (root becomes the owner
 * of queue/ in that child), else by executing the set-uid program, or
 * $NULLMAILER_QUEUE when set. A program with one message may do the child's
 * work itself and need no child.
 *
 * A producer that dies closes the pipe too, so end of file alone does not make
 * a complete message: our own queue program also reads one byte from a second
 * pipe before it commits, `nullmailer-queue --confirm-fd=N`. Other programs
 * ignore arguments and commit at end of file, and are killed on abort. */
#ifndef ENQUEUE_H
#define ENQUEUE_H

#include <sys/types.h>

#include "../base/buf.h"

struct enqueue {
	pid_t pid;
	int fd;			/* message */
	int confirm;		/* -1 if the program reads no confirmation */
	struct buf out;		/* bytes not yet written */
	int failed;		/* errno of the first failed write, or 0 */
};

/* Starts the queue program with its stdout joined to our stderr, where its
 * error messages appear. 0, or -1 with errno. SIGPIPE must be ignored while a
 * message is written; an ignored SIGCHLD is set to its default.
 *
 * bare: recipients may have no domain, `nullmailer-queue --bare`; only for our
 * own program, which enqueue_is_ours tells beforehand.
 *
 * queue is queue_main, or NULL: then, if this process may write the spool
 * itself, nothing is started and the result is 1. A process that was root is
 * the owner of queue/ from then on, in all three uids and gids. */
int enqueue_open(struct enqueue *q, int bare,
    int (*queue)(int argc, char **argv));

/* Whether $NULLMAILER_QUEUE names no other program. */
int enqueue_is_ours(void);

/* Adds bytes: sender LF, recipients LF, LF, message. A failed write is
 * remembered, and reported by enqueue_commit. */
void enqueue_write(struct enqueue *q, struct str s);

/* Ends the message. 0 queued; otherwise the wait status of the program (exit
 * codes: applets/nullmailer-queue.8), or -1 with errno when writing failed and
 * the program gave no reason. Done with q. */
int enqueue_commit(struct enqueue *q);

/* Makes sure that nothing is queued: ends the program before its input ends,
 * within seconds. Done with q; harmless when done already. */
void enqueue_abort(struct enqueue *q);

#endif

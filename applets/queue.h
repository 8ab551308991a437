/* queue.h - nullmailer-queue inside another program, for its last message. */
#ifndef QUEUE_H
#define QUEUE_H

#include <sys/types.h>

#include "../lib/base/buf.h"

/* Does the work of nullmailer-queue, after enqueue_open has returned 1. The
 * input is head, which is emptied, and then the descriptor input, or nothing
 * more if that is -1; with bare, recipients may have no domain. Complaints go
 * to stderr. Returns an exit code of nullmailer-queue(8). Signals that end the
 * process stay blocked, except while input is read: then they remove the
 * temporary file first. */
int queue_here(uid_t invoker, int bare, struct buf *head, int input);

#endif

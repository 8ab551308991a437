/* queue.h - nullmailer-queue inside another program, for its last message. */
#ifndef QUEUE_H
#define QUEUE_H

#include <sys/types.h>

#include "../lib/base/buf.h"

/* Does what nullmailer-queue does in a process that enqueue_open allows it to.
 * The input begins with head, which is taken, and goes on at the descriptor
 * input, or is complete if that is -1. Complaints go to stderr. Returns an exit
 * code of nullmailer-queue(8). A signal that ends the process waits for the
 * return if the input is complete, else what was begun is removed first. */
int queue_here(uid_t invoker, struct buf *head, int input);

#endif

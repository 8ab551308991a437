/* external.h - runs a protocol module that is not ours, one process a message.
 * nullmailer-smtp(8): options on stdin, the message on descriptor 3,
 * text on stdout, the result as exit code, $HELOHOST, nothing else. */
#ifndef EXTERNAL_H
#define EXTERNAL_H

#include <sys/types.h>

#include "../base/str.h"

struct external {
	pid_t pid;		/* leader of a process group of its own */
	int out;		/* its stdout, non-blocking */
	int options_cut;	/* it did not take all of its options */
};

/* Starts path. A module that cannot be executed exits with ERR_EXEC and says
 * why on its stdout. lock: a descriptor it keeps open besides, at 4, or -1. 0,
 * or -1 with errno. */
int external_start(struct external *f, const char *path, struct str options,
    int message, int lock, const char *helo);

#endif

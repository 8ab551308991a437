/* progress.h - how a queue gets empty, as a line that moves on a terminal. */
#ifndef PROGRESS_H
#define PROGRESS_H

#include <stddef.h>

struct buf;

/* {0} to start. */
struct progress {
	int begun;
	long long began;	/* clock_ms */
	size_t waiting;		/* at the last call */
	size_t sent;		/* since the first one */
};

/* Puts the line for so many that wait now into line, which is cleared, with
 * how long the rest takes where that can be told. What arrives meanwhile is
 * not counted as sent. */
void progress_line(struct progress *p, size_t waiting, struct buf *line);

#endif

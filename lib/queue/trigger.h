/* trigger.h - the FIFO spool/trigger: a byte is written to it when a message is
 * queued, and the sender scans the queue. nullmailer(7). */
#ifndef TRIGGER_H
#define TRIGGER_H

struct spool;

/* The sender's end. */
struct trigger {
	int fd;			/* for reading; -1: there is none */
	int watch;		/* inotify on the spool folder; -1: none */
};

/* Writes a byte. 0, or -1 with errno: ENXIO means that no sender is running and
 * is no fault, EINVAL that it is no FIFO. */
int trigger_pull(const struct spool *s);

/* Opens both descriptors (non-blocking, O_CLOEXEC). 0, or -1 with errno for the
 * FIFO; EINVAL if it is none. A missing watch is no failure. */
int trigger_open(struct trigger *t, const struct spool *s);

/* fd or watch can be read. 1 if the trigger was pulled or another one was put
 * in its place, else 0; *error is set to errno where reading failed, else to
 * 0. The FIFO has been opened again: fd is -1 with errno if that failed. */
int trigger_read(struct trigger *t, const struct spool *s, int *error);
int trigger_replaced(struct trigger *t, const struct spool *s);

#endif

/* trigger.h - how the sender hears of new mail: the FIFO spool/trigger, into
 * which every program that queues a message writes a byte, nullmailer(7); and
 * inotify, which names what has changed in queue/. */
#ifndef TRIGGER_H
#define TRIGGER_H

#include <stddef.h>

struct spool;

/* The sender's end. */
struct trigger {
	const struct spool *spool;
	int fd;			/* FIFO for reading; -1: there is none */
	int watch;		/* inotify; -1: none */
	int root, queue;	/* watches of the two folders; -1: none */
	int all;		/* who pulled it wants all remotes asked */
	int replaced;		/* another trigger was put in its place */
	int lost;		/* names of queue/ were lost */
	union {
		long align;
		char bytes[4096];
	} events;		/* n bytes were read, at looked at */
	size_t n, at;
};

/* Writes a byte; trigger_pull_all one that asks for all remotes, also those
 * that rest. 0; -1 with errno when nobody can be told: ENXIO means no
 * sender is running and is no fault, EINVAL that it is no FIFO. */
int trigger_pull(const struct spool *s);
int trigger_pull_all(const struct spool *s);

/* Whether a sender reads it: 1, 0 none; -1 with errno, as EACCES for who may
 * not know. No byte is written. */
int trigger_has_reader(const struct spool *s);

/* Opens both descriptors (non-blocking, O_CLOEXEC); s must outlive t. 0, or -1
 * with errno of the FIFO; EINVAL if it is none. A missing watch is no
 * failure. */
int trigger_open(struct trigger *t, const struct spool *s);

/* fd or watch can be read. 1 if the trigger was pulled or another one was put
 * in its place, else 0; *error is set to errno where reading failed, else to
 * 0. The FIFO has been opened again: fd is -1 with errno if that failed. After
 * trigger_replaced trigger_name is to be asked for all there are: names that
 * were not asked for are lost with the next call. */
int trigger_read(struct trigger *t, const struct spool *s, int *error);
int trigger_replaced(struct trigger *t, const struct spool *s);

/* The names in queue/ that were made, moved in, written or touched since the
 * last call, one at a time, in the order of the events; those that begin with
 * a dot are left out. A name may come several times, and for what
 * the sender itself has done. 1 with name; 0 none is left for now; -1 names
 * were lost, or there is no inotify here: only a scan tells. */
int trigger_name(struct trigger *t, char name[256]);

#endif

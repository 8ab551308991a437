/* spool.h - the spool folder: queue/ tmp/ failed/ and the FIFO trigger.
 * nullmailer(7). All names are opened relative to the folders and without
 * following links, as some programs that read it do not trust its owner. */
#ifndef SPOOL_H
#define SPOOL_H

#include <sys/stat.h>
#include <sys/types.h>

#include "../base/buf.h"

struct envelope;

/* Descriptors of the folders, O_CLOEXEC; -1 where not opened. */
struct spool {
	int root;
	int queue;
	int tmp;
	int failed;
};

/* For programs that add messages: opens root, queue and tmp (failed stays
 * -1). 0, or -1 with a reason that names the path. */
int spool_open(struct spool *s, struct buf *why);

/* For the sender: makes what is missing (queue, tmp, failed 0700, trigger
 * 0600; LAYOUT=debian: Debian's modes; made by root, they get the owner of the
 * root folder), replaces a trigger that is no FIFO, removes debris older than
 * a day from tmp, tries whether a file can go from tmp to queue, opens
 * everything. 0, or -1 with a reason that names path, owner found and owner
 * wanted. 0 with a reason: only the trigger failed, which this file system
 * cannot hold or which cannot be replaced; the sender must scan the queue at
 * intervals. */
int spool_create(struct spool *s, struct buf *why);

void spool_close(struct spool *s);

/* One sender per spool: flock on the root folder. wait 0: do not wait.
 * 0 locked (until root is closed), 1 another process has the lock, -1 errno. */
int spool_lock(const struct spool *s, int wait);

/* Opens queue/name for reading: a regular file, not through a link, never
 * waiting. Descriptor (O_CLOEXEC), or -1 with errno; EINVAL if it is no
 * regular file (a link, FIFO, socket, folder, device). st, when not NULL, gets
 * its status. */
int spool_message(const struct spool *s, const char *name, struct stat *st);

/* Makes a new file in tmp/ with an unused name, mode 0600: the process id, with
 * more digits after it where that is taken. Its name goes to name. Descriptor
 * (O_CLOEXEC), or -1 with errno. */
int spool_temporary(const struct spool *s, struct buf *name);

/* Moves a file without ever replacing one, within or between two folders of
 * the spool: by link, by rename where the file system has no hard links.
 * Nothing is synced. 0, or -1 with errno; EEXIST if to is taken. */
int spool_move(int from_folder, const char *from, int to_folder,
    const char *to);

/* Makes tmp/temporary the message queue/SECONDS.DIGITS, an unused name, and
 * syncs the folder. The file must have been synced. Its name goes to name.
 * Signals that end the process must be blocked. 0, or -1 with errno and nothing
 * queued (the temporary is gone). */
int spool_commit(const struct spool *s, const char *temporary, time_t seconds,
    struct buf *name);

/* Writes to folder (s->queue or s->failed) under name a copy of the queue
 * file fd that names only the recipients i with keep[i] != 0: through tmp,
 * synced, renamed over what was there, folder synced, mtime kept.
 * 0, or -1 with errno and everything as it was; if only the last sync failed
 * the copy is there already but may not outlive a power cut. Trying again with
 * the same arguments is right in both cases. */
int spool_copy(const struct spool *s, int fd, const struct envelope *e,
    const unsigned char *keep, int folder, const char *name);

/* The seconds since the epoch that the name of a queue file begins with; 0 if
 * its digits are no time. */
long long spool_seconds(const char *name);

#endif

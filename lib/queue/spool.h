/* spool.h - the spool folder: queue/ tmp/ failed/ and the FIFO trigger.
 * nullmailer(7). All names are opened relative to the folders and
 * without following links, as the owner of the spool is not trusted by
 * everybody who reads it. */
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

/* ---- the folders ---- */

/* For programs that add messages: opens root, queue and tmp (failed stays
 * -1). 0, or -1 with a reason that names the path. */
int spool_open(struct spool *s, struct buf *why);

/* For the sender: makes what is missing (queue, tmp, failed 0700, trigger
 * 0600; LAYOUT=debian: Debian's modes; made by root, they get the owner of the
 * root folder), replaces a trigger that is no FIFO, tries whether a file can go
 * from tmp to queue and to failed, opens everything. 0, or -1 with a reason
 * that names path, owner found and owner wanted. 0 with a reason: the spool can
 * be read, but the disk is full or read-only, or there is no trigger to be had,
 * so that the sender has to look by the clock. */
int spool_create(struct spool *s, struct buf *why);

/* Makes again what is missing while the sender runs, as spool_create does, and
 * opens everything anew. 0 (perhaps with a reason); -1 with a reason, s is as
 * it was. */
int spool_repair(struct spool *s, struct buf *why);

void spool_close(struct spool *s);

/* One sender per spool: flock on the file lock in the root folder, made 0600;
 * on the root folder itself where that file cannot be had. wait 0: do not
 * wait. 0 locked, until the process ends and all children that have not closed
 * what they inherited; 1 another process has it; 2 no locks are to be had
 * here; -1 errno, of memory and descriptors. */
int spool_lock(const struct spool *s, int wait);

/* Calls each with every name in queue/ that does not begin with a dot, in the
 * folder's order; a name may come twice where the file system gives it twice.
 * 0 at the end; what each returned, as soon as that is not 0; -1 with errno
 * when not all could be read: then nothing is known of the rest. */
int spool_list(const struct spool *s,
    int (*each)(void *context, const char *name), void *context);

/* Syncs queue/. 0, or -1 with errno: what was done may not outlive a power cut
 * yet, and is tried again. */
int spool_sync(const struct spool *s);

/* Whether a file of so many bytes could be written, synced and moved to queue/
 * now; it is removed at once. 0, or -1 with errno. */
int spool_probe(const struct spool *s, unsigned long long bytes);

/* Writes what conf_given has, but no remotes, to conf/ for other programs, and
 * removes the rest there. For the one sender. 0, or -1 with errno. */
int spool_hand_out(const struct spool *s);

/* Removes debris from tmp/: files older than a day that no process has locked,
 * as every writer does. Where there are no locks nothing is removed. For the
 * one sender, after spool_lock. */
void spool_clean(const struct spool *s);

/* ---- new files ---- */

/* Makes a new file in tmp/ with a name that no other has, mode 0600, and locks
 * it (flock): the process id, with more digits after it where that is taken.
 * Its name goes to name. Descriptor (O_CLOEXEC), or -1 with errno. */
int spool_temporary(const struct spool *s, struct buf *name);

/* Moves a file without ever replacing one, within or between two folders of
 * the spool: by link, by rename where the file system has no hard links.
 * Nothing is synced. 0, or -1 with errno; EEXIST if to is taken. */
int spool_move(int from_folder, const char *from, int to_folder,
    const char *to);

/* Makes tmp/temporary, open as fd and synced, the message
 * queue/SECONDS.TEMPORARY, with more digits where that is taken, and syncs the
 * folder. The name goes to name.
 * Signals that end the process are to be blocked. 0, or -1 with errno and
 * nothing queued. Either way the temporary is gone, and so is the lock. */
int spool_commit(const struct spool *s, int fd, const char *temporary,
    time_t seconds, struct buf *name);

/* The seconds since the epoch that the name of a queue file begins with; 0 if
 * its digits are no time. */
long long spool_seconds(const char *name);

/* A copy of the queue file fd for the recipients of e, which is its envelope or
 * a part of it: a file without a name. Descriptor, or -1 with errno. */
int spool_part(const struct spool *s, int fd, const struct envelope *e);

/* ---- an open queue file, and what becomes of it ---- */

/* Opens queue/name for reading: a regular file, not through a link, never
 * waiting. Descriptor (O_CLOEXEC), or -1 with errno; EINVAL if it is no
 * regular file (a link, FIFO, socket, folder, device). st, when not NULL, gets
 * its status. */
int spool_message(const struct spool *s, const char *name, struct stat *st);

/* The same for a file of any kind. */
int spool_open_any(const struct spool *s, const char *name);

/* flock on an open queue file. 0 held until all copies of the descriptor are
 * closed, in whatever process; 1 another process has it: it is still being
 * sent, or written; -1 with errno: no locks here. */
int spool_hold(int fd);

/* All recipients of the open file have been taken: the file is marked so, by
 * mode 01000, and only root can open it after that. 0, or -1 with errno. */
int spool_mark(int fd);

/* Whether a regular file is marked. */
int spool_is_marked(const struct stat *st);

/* Removes queue/name if it is marked. 0 removed and, if that was possible,
 * synced, or it was gone; 1 it is not marked; -1 with errno. */
int spool_remove_marked(const struct spool *s, const char *name);

enum spool_name { SPOOL_SAME, SPOOL_GONE, SPOOL_OTHER };

/* Whether queue/name still is the open file fd with envelope e: device and
 * inode, or, where these change, size and mtime; and the file begins with that
 * envelope still. Without an envelope (NULL) only the inode counts. One of the
 * above; -1 with errno when that cannot be known. */
int spool_is(const struct spool *s, const char *name, int fd,
    const struct envelope *e);

/* Removes queue/name if it still is the open file. 0 done, or it was gone; 1
 * another file has its name, or it was changed in place, and stays; -1 with
 * errno. Not synced: fd is to stay open until spool_sync has returned 0, as on
 * some file systems a new, half-written file may get its place on the disk, and
 * after a power cut its name. */
int spool_remove(const struct spool *s, const char *name, int fd,
    const struct envelope *e);

/* Writes queue/name anew with the recipients i with keep[i] != 0, if it still
 * is the open file: a copy in tmp/, synced, that takes the old one's place; the
 * mtime is carried over. fd must stay open until this returns; it is the old
 * file after that, and *now is the new one, locked where that is possible and
 * to be closed by the caller; -1 after anything but 0 and 1. 0 done and synced;
 * 1 done, but neither the file's place nor the folder is sure to be synced:
 * spool_sync tries that again; 2 the name is gone or another file's, or the
 * open file was changed in place and has another envelope now: nothing done; -1
 * with errno, nothing changed. */
int spool_rewrite(const struct spool *s, int fd, const struct envelope *e,
    const unsigned char *keep, const char *name, int *now);

/* Puts the open file queue/name into failed/ (keep NULL: the file itself by a
 * second link, or, where that cannot be, a copy), or a copy for the recipients
 * i with keep[i] != 0. A whole message becomes failed/NAME, or NAME.1, NAME.2
 * ... where that is taken by another one; a part is always NAME.N. Nothing is
 * overwritten. File and folder are synced; queue/ is not touched; mode 0600 or
 * the file's own, mtime carried over. as gets the name. 0; or -1 with errno and
 * nothing there, ESTALE if the open file has another envelope now, or, of a
 * whole message, if queue/name is not the open file any more. */
int spool_fail(const struct spool *s, int fd, const struct envelope *e,
    const unsigned char *keep, const char *name, struct buf *as);

/* Removes the files that lie in failed/ for more seconds, and appends their
 * names to removed, LF each. */
void spool_expire_failed(const struct spool *s, int seconds,
    struct buf *removed);

/* For many whole messages at a time: as spool_fail, but only by a link, and
 * nothing is synced. No message may leave queue/ because of it before
 * spool_sync_failed, once for all of them, has returned 0. 0; -1 with errno:
 * spool_fail may do better. */
int spool_fail_later(const struct spool *s, int fd, const struct envelope *e,
    const char *name, struct buf *as);
int spool_sync_failed(const struct spool *s);

/* Writes to folder (s->queue or s->failed) under name a copy of the queue
 * file fd that names only the recipients i with keep[i] != 0: through tmp,
 * synced, renamed over what was there, folder synced, mtime carried over.
 * 0, or -1 with errno and everything as it was; if only the last sync failed
 * the copy is there already but may not outlive a power cut. Trying again with
 * the same arguments is right in both cases. */
int spool_copy(const struct spool *s, int fd, const struct envelope *e,
    const unsigned char *keep, int folder, const char *name);

#endif

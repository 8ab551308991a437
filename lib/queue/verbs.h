/* verbs.h - what an administrator does to a message while a sender is at work.
 * What touches a file holds its lock (spool_hold), as the sender does during
 * a delivery, and acts on a name only while it is the file that was locked. */
#ifndef VERBS_H
#define VERBS_H

struct buf;
struct spool;

/* Moves a message from one folder of the spool to another, both open, under its
 * name or, where that is taken, with a number after it, which goes to as; never
 * losing or doubling it: link, sync, unlink. renew: its age begins anew. 0; -1
 * with errno: EBUSY the sender has it just now, ENOENT; EINVAL no message;
 * EALREADY it has been delivered. */
int verbs_move(int from, const char *id, int to, int renew, struct buf *as);

/* Removes it. As verbs_move. */
int verbs_delete(int from, const char *id);

/* The sender will take the file for a new one, of the same age. */
int verbs_retry(int folder, const char *id);

/* Whether id may be the name of a file of the spool. */
int verbs_is_id(const char *id);

#endif

/* owner.h - the owner of the spool: of queue/, or of the spool folder while
 * there is no queue/. Who works in the spool as root becomes that user first,
 * so that no file in it is more than its owner's. */
#ifndef OWNER_H
#define OWNER_H

#include <sys/types.h>

struct buf;
struct stat;

/* The status of that folder. 0, or -1 with errno. */
int owner_find(struct stat *st);

/* A process of root becomes the owner, in all three uids and gids and without
 * groups; of others nothing is changed. 0; 1 the owner is root, or there is no
 * spool yet; -1 with why. */
int owner_become(struct buf *why);

/* The same for ids that are known. 0, or -1 with errno. */
int owner_take(uid_t uid, gid_t gid);

/* Whether this process is run by root or the owner, whatever rights it has
 * beside. */
int owner_is_here(void);

#endif

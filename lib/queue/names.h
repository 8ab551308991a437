/* names.h - names in the folders of the spool, for the other files here. */
#ifndef NAMES_H
#define NAMES_H

#include <sys/types.h>

#include "../base/buf.h"

struct spool;

/* As spool_temporary, for a process whose id is known. */
int names_temporary(const struct spool *s, pid_t pid, struct buf *name);

/* Gives a file a name without ever replacing one: by link, by rename where the
 * file system has no hard links. 0 linked, from is still there; 1 moved, from
 * is gone; -1 with errno, EEXIST if to is taken. */
int names_link(int from_folder, const char *from, int to_folder,
    const char *to);

/* Whether errno, after linkat, says that there are no links here. */
int names_no_links(void);

/* Exchanges two names in one step. 0, or -1 with errno: not every system and
 * file system can. */
int names_exchange(int folder_a, const char *a, int folder_b, const char *b);

/* Syncs a folder. 0, also where there is nothing to sync in a folder; -1 with
 * errno. */
int names_sync(int folder);

/* Remove a name, close a descriptor unless it is -1; errno stays as it was. */
void names_discard(int folder, const char *name);
void names_close(int fd);

/* Calls each with every name in the folder that does not begin with a dot, in
 * the folder's order. A file system that is changed meanwhile may give a name
 * twice. 0 at the end; what each returned, as soon as that is not 0; -1 with
 * errno when not all names could be read. */
int names_list(int folder, int (*each)(void *context, const char *name),
    void *context);

#endif

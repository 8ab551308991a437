/* settle.h - what settle.c, copy.c and failed.c share. */
#ifndef SETTLE_H
#define SETTLE_H

#include <stddef.h>

#include "../base/buf.h"

struct envelope;
struct spool;

/* As spool_is, for a name in any folder. */
int settle_is(int folder, const char *name, int fd, const struct envelope *e);

/* 1 if the open file begins with this envelope, else 0; -1 with errno. */
int settle_has(int fd, const struct envelope *e);

/* 1 if keep chooses any of the count recipients, else 0 and errno EINVAL. */
int settle_any(const unsigned char *keep, size_t count);

/* A copy of the open file for the recipients in keep (NULL: all), in tmp/,
 * synced, open and locked: its descriptor, and its name; -1 with errno, and
 * none there. */
int settle_copy(const struct spool *s, int fd, const struct envelope *e,
    const unsigned char *keep, struct buf *name);

#endif

/* addresses.h - the addresses in a control file. nullmailer(7). */
#ifndef ADDRESSES_H
#define ADDRESSES_H

#include "../base/buf.h"

struct hostnames;

/* Sets list to the addresses in the file's first line, read as those of a To
 * field, each ended by LF; empty without the file. names, {0} or loaded, are
 * loaded when there are any. 0; -1 unreadable and -2 no addresses, both with
 * conf_why. */
int addresses_load(const char *file, struct hostnames *names,
    struct buf *list);

#endif

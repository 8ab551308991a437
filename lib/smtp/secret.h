/* secret.h - where a password comes from but the line itself. */
#ifndef SECRET_H
#define SECRET_H

#include "../base/buf.h"

/* Sets secret to the first line of text, without its line end. NULL, or what is
 * wrong: empty, longer than 4 KB. */
const char *secret_line(struct str text, struct buf *secret);

/* Sets secret to the first line of a regular file, without its line end. 0, or
 * -1 with a reason appended to why: not there, not regular, empty, longer than
 * 4 KB. */
int secret_read(const char *file, struct buf *secret, struct buf *why);

#endif

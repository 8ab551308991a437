/* base64.h - RFC 4648 section 4. */
#ifndef BASE64_H
#define BASE64_H

#include "buf.h"

void base64_add(struct buf *b, struct str raw);

/* Appends the bytes that text stands for. 0, or -1 if it is not base64. */
int base64_decode(struct buf *b, struct str text);

#endif

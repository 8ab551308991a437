/* json.h - objects and lists (RFC 8259) put together in a buf, in ASCII. A
 * comma goes where one is due. Keys are our own words. */
#ifndef JSON_H
#define JSON_H

#include "buf.h"

/* bracket: "{" or "[" to begin, "}" or "]" to end. After json_key, in a list,
 * or first of all. */
void json_begin(struct buf *b, char bracket);
void json_end(struct buf *b, char bracket);

void json_key(struct buf *b, const char *key);
void json_number(struct buf *b, const char *key, long long v);

/* Text of any origin: what is not ASCII as \uXXXX, a byte that is no UTF-8 as
 * \ufffd, and then KEY_hex beside it has all bytes. */
void json_text(struct buf *b, const char *key, struct str text);

#endif

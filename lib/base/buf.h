/* buf.h - an owned, growing run of bytes. {0} is empty; whatever the contents,
 * once anything was put in p[n] is NUL. Running out of memory ends the
 * process (mem.h), so nothing here fails. */
#ifndef BUF_H
#define BUF_H

#include <stdarg.h>

#include "str.h"

struct buf {
	char *p;
	size_t n;
	size_t cap;
};

/* A borrowed view, valid until the buf changes. */
struct str buf_str(const struct buf *b);

/* The contents as a C string, "" when empty; borrowed likewise. */
const char *buf_z(const struct buf *b);

/* s may be a part of b. */
void buf_set(struct buf *b, struct str s);
void buf_add(struct buf *b, struct str s);
void buf_addc(struct buf *b, char c);
void buf_addu(struct buf *b, unsigned long long v);

/* Appends formatted text; for our own words, never for bytes of a message. */
void buf_fmt(struct buf *b, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void buf_vfmt(struct buf *b, const char *format, va_list ap)
    __attribute__((format(printf, 2, 0)));

/* Appends s as text fit for a log, a status file or a header: at most max
 * bytes, control bytes and the like as '?', white space runs as they are but
 * line ends as " / " (RFC 3464 has no line ends in a field). */
void buf_clean(struct buf *b, struct str s, size_t max);

/* Appends s with a backslash before each quote and each backslash. */
void buf_escape(struct buf *b, struct str s);

/* Appends all parts, each a struct str. */
#define buf_cat(b, ...) \
	buf_join(b, (const struct str[]){ __VA_ARGS__ }, \
	    sizeof((const struct str[]){ __VA_ARGS__ }) / sizeof(struct str))
void buf_join(struct buf *b, const struct str *parts, size_t count);

/* Appends form with the next part, each a struct str, for each '%'. There is
 * no '%' of any other meaning. */
#define buf_put(b, form, ...) \
	buf_fill(b, form, (const struct str[]){ __VA_ARGS__ }, \
	    sizeof((const struct str[]){ __VA_ARGS__ }) / sizeof(struct str))
void buf_fill(struct buf *b, const char *form, const struct str *parts,
    size_t count);

/* Returns room for n more bytes after the contents; the caller adds to n. */
char *buf_room(struct buf *b, size_t n);

/* Empty the buffer: keeping its memory, overwriting it, or freeing it. */
void buf_clear(struct buf *b);
void buf_wipe(struct buf *b);
void buf_free(struct buf *b);

#endif

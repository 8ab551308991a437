/* why.h - one line that says why a session failed. Private to ssl/. */
#ifndef WHY_H
#define WHY_H

#include <stddef.h>

struct hs;

/* Of a failed or cut session; error is the socket's errno or 0. The line begins
 * with a fixed text that log filters know. */
void why_failed(const struct hs *, int error, char *out, size_t size);

#endif

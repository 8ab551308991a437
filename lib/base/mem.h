/* mem.h - memory, or the end of the process: the one exit in lib/. */
#ifndef MEM_H
#define MEM_H

#include <stddef.h>

/* realloc that does not fail; p may be NULL. */
void *mem_resize(void *p, size_t n);

/* Zeroed room for count things of size n each. */
void *mem_new(size_t count, size_t n);

/* Says so on stderr and exits with 75, "try again" (sysexits), which as the
 * exit code of a protocol module is temporary too. */
void mem_out(void) __attribute__((noreturn));

/* Called when there is no memory, for every request again until it returns 0;
 * 1 says that it gave something back. NULL: nothing is called. */
void mem_when_short(int (*f)(void));

/* Called by mem_out first; must need no memory. NULL: nothing is called. */
void mem_at_end(void (*f)(void));

#endif

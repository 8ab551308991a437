/* seed.h - random numbers from the kernel. Private to ssl/. */
#ifndef SEED_H
#define SEED_H

#include <stddef.h>

/* Fills n bytes. 0, or -1 with errno; EAGAIN when the kernel has none yet, for
 * which it is given 10 s. */
int seed_get(void *, size_t n);

#endif

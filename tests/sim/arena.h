/* arena.h - what a simulator wants to know of the memory it uses. */
#ifndef SIM_ARENA_H
#define SIM_ARENA_H

#include <stddef.h>

/* Octets not freed; the most there were at a time since the last call. Both
 * are 0 where the allocator is not ours. */
size_t arena_live(void);
size_t arena_peak(void);

#endif

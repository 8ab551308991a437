/* mistake.h - what a word of a line of `remotes` may have been meant to be. */
#ifndef MISTAKE_H
#define MISTAKE_H

#include "../base/str.h"

struct opts;

/* The option that name, without a value, may mean: as others call it, with a
 * slip of the pen, or a bare port. p NULL if nothing is like it. */
struct str mistake_hint(const struct opts *all, struct str name);

/* a is b but for case, "_" for "-", or one letter. */
int mistake_is_slip(struct str a, struct str b);

#endif

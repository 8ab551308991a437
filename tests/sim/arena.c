/* arena - memory for a simulator: handed out in a row, all of it taken back at
 * once when nobody holds any. Not for builds with sanitizers, which bring their
 * own. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"

#define ARENA (8 * 1024 * 1024)
#define HEAD 16

static union { char c[ARENA]; long double align; } space;
static char *const arena = space.c;
static size_t top, last;
static size_t live, peak;

static size_t *
size_at(void *p)
{
	return (size_t *)((char *)p - HEAD);
}

static void *
hand_out(size_t n)
{
	char *p = arena + top + HEAD;

	n = (n + 15) & ~(size_t)15;
	if (n > ARENA || top + HEAD + n > ARENA)
		return NULL;
	last = top;
	top += HEAD + n;
	*size_at(p) = n;
	live += n;
	if (live > peak)
		peak = live;
	return p;
}

void *
malloc(size_t n)
{
	return hand_out(n);
}

void
free(void *p)
{
	if (!p)
		return;
	live -= *size_at(p);
	if ((char *)p - HEAD == arena + last)
		top = last;
	if (!live)
		top = last = 0;
}

void *
calloc(size_t count, size_t n)
{
	void *p = n && count > SIZE_MAX / n ? NULL : hand_out(count * n);

	return p ? memset(p, 0, count * n) : NULL;
}

void *
realloc(void *p, size_t n)
{
	void *new;

	if (p && n <= *size_at(p))
		return p;
	new = hand_out(n);
	if (p && new) {
		memcpy(new, p, *size_at(p));
		free(p);
	}
	return new;
}

size_t
arena_live(void)
{
	return live;
}

size_t
arena_peak(void)
{
	size_t was = peak;

	peak = live;
	return was;
}

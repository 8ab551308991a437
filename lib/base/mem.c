/* mem - memory, or the end of the process. */
#include <stdlib.h>
#include <unistd.h>

#include "mem.h"

static void (*at_end)(void);
static int (*when_short)(void);

void
mem_at_end(void (*f)(void))
{
	at_end = f;
}

void
mem_when_short(int (*f)(void))
{
	when_short = f;
}

/* Whether to ask for memory again. */
static int
is_given_back(void)
{
	return when_short && when_short();
}

void
mem_out(void)
{
	static const char text[] = "out of memory\n";

	if (at_end)
		at_end();
	if (write(2, text, sizeof text - 1) < 0)
		_exit(75);
	_exit(75);
}

void *
mem_resize(void *p, size_t n)
{
	void *new;

	do
		new = realloc(p, n ? n : 1);
	while (!new && is_given_back());
	if (!new)
		mem_out();
	return new;
}

void *
mem_new(size_t count, size_t n)
{
	void *p;

	do
		p = calloc(count ? count : 1, n ? n : 1);
	while (!p && is_given_back());
	if (!p)
		mem_out();
	return p;
}

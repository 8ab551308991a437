/* mem - memory, or the end of the process. */
#include <stdlib.h>
#include <unistd.h>

#include "mem.h"

static void (*at_end)(void);

void
mem_at_end(void (*f)(void))
{
	at_end = f;
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
	p = realloc(p, n ? n : 1);
	if (!p)
		mem_out();
	return p;
}

void *
mem_new(size_t count, size_t n)
{
	void *p = calloc(count ? count : 1, n ? n : 1);

	if (!p)
		mem_out();
	return p;
}

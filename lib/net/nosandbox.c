/* nosandbox - sandbox.h for builds with sanitizers, which it would break: they
 * read /proc and start a thread to look for leaks. */
#include <stddef.h>

#include "sandbox.h"

void
sandbox_enter(void)
{
}

const char *
sandbox_lacks(void)
{
	return NULL;
}

/* nosandbox - sandbox.h for builds whose sanitizers need what it takes away:
 * they read /proc and start a thread to look for leaks. */
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

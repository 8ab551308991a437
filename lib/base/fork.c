/* fork - a second process, as POSIX's newer _Fork makes it.
 *
 * It takes the place of the C library's, which locks what other threads could
 * be using before it does the same. There are none. */
#include <unistd.h>

pid_t
fork(void)
{
	return _Fork();
}

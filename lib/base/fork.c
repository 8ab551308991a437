/* fork - a second process, as POSIX's newer _Fork makes it.
 *
 * It replaces the C library's, which first locks what other threads could be
 * using. There are none. */
#include <unistd.h>

pid_t
fork(void)
{
	return _Fork();
}

/* synccall - calls a function in every thread. There is one.
 *
 * It replaces the C library's, by which setuid and the like reach other threads
 * with signals, and which brings semaphores. */

void __synccall(void (*call)(void *), void *context);

void
__synccall(void (*call)(void *), void *context)
{
	call(context);
}

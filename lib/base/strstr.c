/* strstr - finds a text within another, by memmem.
 *
 * It replaces the C library's, which has a search of its own for long ones. */
#include <string.h>

char *
strstr(const char *text, const char *what)
{
	return memmem(text, strlen(text), what, strlen(what));
}

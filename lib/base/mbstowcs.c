/* mbstowcs - text as wide characters, in the C locale, where a byte is one.
 *
 * It replaces the C library's. Nothing here uses wide characters, but the
 * library's resolver measures host names with it, and would bring UTF-8. */
#include <stdlib.h>

size_t
mbstowcs(wchar_t *restrict to, const char *restrict from, size_t n)
{
	size_t i;

	for (i = 0; !to || i < n; i++) {
		if (to)
			to[i] = (unsigned char)from[i];
		if (!from[i])
			break;
	}
	return i;
}

/* memmem - finds a run of bytes within another.
 *
 * It replaces the C library's, which is twenty times its size to be fast when
 * the searched run is long. Ours are short. */
#include <string.h>

void *
memmem(const void *text, size_t n, const void *what, size_t m)
{
	const char *p = text, *at, *end = p + n;

	if (m == 0)
		return (void *)p;
	while ((size_t)(end - p) >= m) {
		at = memchr(p, *(const char *)what, (size_t)(end - p) - m + 1);
		if (!at)
			break;
		if (memcmp(at, what, m) == 0)
			return (void *)at;
		p = at + 1;
	}
	return NULL;
}

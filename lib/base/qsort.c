/* qsort - sorts, by Shell's method with the gaps of Gonnet and Baeza-Yates.
 *
 * It replaces the C library's, which is eight times its size and takes as long
 * for the 100,000 messages of a large queue. Not stable. */
#include <stdlib.h>

static void
swap(char *a, char *b, size_t n)
{
	char c;

	for (; n; n--) {
		c = *a;
		*a++ = *b;
		*b++ = c;
	}
}

void
qsort(void *list, size_t n, size_t size,
    int (*compare)(const void *, const void *))
{
	size_t gap, i;
	char *p, *first = list;

	for (gap = n / 2; gap; gap = gap < 3 ? gap / 2 : gap * 5 / 11)
		for (i = gap; i < n; i++)
			for (p = first + i * size;
			    (size_t)(p - first) >= gap * size
			    && compare(p - gap * size, p) > 0; p -= gap * size)
				swap(p - gap * size, p, size);
}

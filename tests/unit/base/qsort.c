/* The C library's own is what is tested with SAN=1. */
#include <stdlib.h>
#include <string.h>

#include "../t.h"

enum { MANY = 3000 };

struct item {
	unsigned key;
	unsigned char from[3];		/* an odd size, to be moved whole */
};

static struct item list[MANY];

static int
compare(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	return x->key < y->key ? -1 : x->key > y->key;
}

static void
put(size_t at, unsigned key)
{
	list[at].key = key;
	list[at].from[0] = (unsigned char)key;
	list[at].from[2] = (unsigned char)(key >> 8);
}

/* Whether the first n are in order, whole, and have this sum; the one behind
 * them was not touched. */
static int
sorted(size_t n, unsigned long sum)
{
	size_t i;

	put(n, 7777777);
	qsort(list, n, sizeof list[0], compare);
	for (i = 0; i < n; i++) {
		sum -= list[i].key;
		if (list[i].from[0] != (list[i].key & 0xFF)
		    || list[i].from[2] != (list[i].key >> 8 & 0xFF)
		    || (i && list[i - 1].key > list[i].key))
			return 0;
	}
	return sum == 0 && list[n].key == 7777777;
}

/* kind 0: at random; 1: in order; 2: backwards; 3: few different ones. */
static int
all(int kind, size_t n)
{
	unsigned long sum = 0, seed = 12345;
	size_t i;

	for (i = 0; i < n; i++) {
		seed = (seed * 1103515245 + 12345) & 0x7FFFFFFF;
		put(i, kind == 0 ? (unsigned)(seed >> 8) : kind == 1 ?
		    (unsigned)i : kind == 2 ? (unsigned)(n - i) :
		    (unsigned)(seed >> 16) % 3);
		sum += list[i].key;
	}
	return sorted(n, sum);
}

int
main(void)
{
	size_t n, good = 0;
	int kind;

	for (kind = 0; kind < 4; kind++) {
		T(all(kind, 0) && all(kind, 1));
		T(all(kind, MANY - 1));
		for (good = n = 0; n < 100; n++)
			good += (size_t)all(kind, n);
		T(good == 100);
	}
	return T_END();
}

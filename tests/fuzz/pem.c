/* pem - any bytes as a file of PEM or DER objects. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../ssl/pem.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* What an object is must lie within the memory and be no longer than it. */
static void
check(const struct pem_object *o, const unsigned char *room, size_t n)
{
	if (o->der < room || o->n > n || o->der + o->n > room + n
	    || strlen(o->label) >= sizeof o->label)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	unsigned char *room = malloc(n + 1);
	struct pem_object o;
	struct pem p;
	size_t found = 0;
	int got;

	if (!room)
		return 0;
	memcpy(room, data, n);
	pem_mem(&p, room, n);
	while ((got = pem_next(&p, &o)) != 0) {
		if (++found > n)
			abort();
		if (got > 0)
			check(&o, room, n);
		else if (!p.why)
			abort();
	}
	pem_close(&p);
	free(room);
	return 0;
}

/* keylog - a client that tells its secrets, for those who look at the wire: in
 * front of schedule_derive by the linker's --wrap, so that the product knows
 * nothing of it. Lines as NSS writes them go to the file $SSLKEYLOGFILE. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../ssl/hs.h"

void __real_schedule_derive(const struct schedule *, const char *,
    const void *, unsigned char *);
void __wrap_schedule_derive(const struct schedule *, const char *,
    const void *, unsigned char *);

static const char *const labels[][2] = {
	{ "c hs traffic", "CLIENT_HANDSHAKE_TRAFFIC_SECRET" },
	{ "s hs traffic", "SERVER_HANDSHAKE_TRAFFIC_SECRET" },
	{ "c ap traffic", "CLIENT_TRAFFIC_SECRET_0" },
	{ "s ap traffic", "SERVER_TRAFFIC_SECRET_0" },
};

static void
put_hex(FILE *f, const unsigned char *p, size_t n)
{
	putc(' ', f);
	while (n--)
		fprintf(f, "%02x", *p++);
}

static void
tell(const char *name, const struct schedule *s, const unsigned char *secret)
{
	const unsigned char *hs = (const unsigned char *)s
	    - offsetof(struct hs, schedule);
	FILE *f = fopen(getenv("SSLKEYLOGFILE"), "a");

	if (!f)
		abort();
	fputs(name, f);
	put_hex(f, hs + offsetof(struct hs, eng.client_random), 32);
	put_hex(f, secret, s->n);
	putc('\n', f);
	fclose(f);
}

void
__wrap_schedule_derive(const struct schedule *s, const char *label,
    const void *transcript, unsigned char *out)
{
	size_t i;

	__real_schedule_derive(s, label, transcript, out);
	for (i = 0; i < sizeof labels / sizeof labels[0]; i++)
		if (strcmp(labels[i][0], label) == 0)
			tell(labels[i][1], s, out);
}

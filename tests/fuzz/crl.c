/* crl - any bytes as a file of revocation lists, with and without an issuer
 * among the anchors, and as a certificate and a name. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../ssl/der.h"
#include "../../ssl/cert.h"
#include "../../ssl/anchor.h"
#include "../../ssl/crl.h"
#include "../../ssl/limits.h"
#include "../../ssl/name.h"
#include "../../ssl/pubkey.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static const char *
as_file(const uint8_t *data, size_t n)
{
	static char name[64];
	static int fd = -1;

	if (fd < 0) {
		fd = memfd_create("crl", MFD_CLOEXEC);
		snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
	}
	if (ftruncate(fd, 0) < 0 || pwrite(fd, data, n, 0) != (ssize_t)n)
		abort();
	return name;
}

static void
certificate(struct der in)
{
	struct cert c;
	struct host h;
	unsigned long work = 1 << 24;
	char text[100];
	struct pubkey key;

	if (cert_parse(&c, in) < 0) {
		if (!c.why)
			abort();
		return;
	}
	cert_label(&c, text, sizeof text);
	name_list(&c, text, sizeof text);
	if (host_parse(&h, "mail.test") == 0) {
		name_matches(&c, &h);
		limits_broken(c.limits, &c, &h, &work);
	}
	pubkey_parse(c.spki, &key);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct anchors *anchors;
	struct cert c;
	struct crls *l;
	char why[300] = "";

	if (!anchors)
		anchors = anchors_bundled();
	certificate((struct der){ data, n });
	l = crls_load(as_file(data, n), anchors, 1795219200, why, sizeof why);
	if (!l && !*why)
		abort();
	memset(&c, 0, sizeof c);
	c.serial.p = data;
	c.serial.n = n > 3 ? 3 : n;
	if (l)
		crls_revoked(l, &c);
	crls_free(l);
	return 0;
}

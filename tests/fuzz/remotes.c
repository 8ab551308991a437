/* remotes - any bytes as the control file: each line is a host, a protocol and
 * options, which the module reads or refuses with a reason. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../lib/base/buf.h"
#include "../../lib/base/err.h"
#include "../../lib/smtp/remote.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
must(int condition)
{
	if (!condition)
		abort();
}

/* A line is right, and complete, or it has a reason. */
static void
check_remote(const struct remote *r)
{
	must(r->lines.n > 0 && r->lines.p[r->lines.n - 1] == '\n');
	must(r->sessions > 0 && r->sessions <= 1000);
	if (r->fault)
		must(r->protocol && r->why.n > 0);
	else if (r->protocol)
		must(r->options.host && r->options.port > 0 &&
		    r->options.port < 65536);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct remotes r = { 0 }, again = { 0 };
	size_t i;

	remotes_parse(&r, (struct str){ (const char *)data, n });
	remotes_parse(&again, (struct str){ (const char *)data, n });
	must(r.count == again.count);
	for (i = 0; i < r.count; i++) {
		must(remote_equal(&r.list[i], &again.list[i]));
		check_remote(&r.list[i]);
	}
	remotes_free(&r);
	remotes_free(&again);
	return 0;
}

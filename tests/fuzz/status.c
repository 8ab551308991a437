/* status - any bytes as spool/status: what was written once and is what it is
 * cut to stays the same. */
#include <stdint.h>
#include <stdlib.h>

#include "../../lib/queue/status.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
must(int condition)
{
	if (!condition)
		abort();
}

static void
write_all(struct str text, struct buf *out)
{
	struct status s;

	while (status_next(&text, &s)) {
		must(s.id.n > 0);
		status_add(out, &s);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct str text = { (const char *)data, n };
	struct buf once = { 0 }, twice = { 0 }, again = { 0 };

	write_all(text, &once);
	write_all(buf_str(&once), &twice);
	write_all(buf_str(&twice), &again);
	must(str_eq(buf_str(&twice), buf_str(&again)));
	buf_free(&once);
	buf_free(&twice);
	buf_free(&again);
	return 0;
}

/* remotes - any bytes as the control file: each line is a host, a protocol and
 * options, which the module reads or refuses with a reason. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../ssl/ssl.h"
#include "../../lib/base/buf.h"
#include "../../lib/base/err.h"
#include "../../lib/smtp/module.h"
#include "../../lib/base/opt.h"
#include "../../lib/smtp/remote.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
must(int condition)
{
	if (!condition)
		abort();
}

/* As a module reads its input: an option a line. */
static void
check_options(const struct buf *options)
{
	struct module_options o = { 0 };
	struct opt rows[MODULE_ROWS];
	struct opts all = { rows, module_rows(&o, rows), 0 };
	struct buf lines = { 0 }, why = { 0 };
	char *line, *end;
	int rc = 0;

	buf_set(&lines, buf_str(options));
	must(lines.n > 0 && lines.p[lines.n - 1] == '\n');
	for (line = lines.p; rc == 0 && *line; line = end + 1) {
		end = strchr(line, '\n');
		if (!end)
			break;
		*end = '\0';
		rc = opt_text(&all, line, &why);
		must(rc == 0 || why.n > 0);
	}
	if (rc == 0 && module_check(&o, 25, 465, &why) == ERR_OK)
		must(o.host && o.port > 0 && o.port < 65536);
	else
		must(why.n > 0);
	buf_free(&lines);
	buf_free(&why);
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
		check_options(&r.list[i].options);
	}
	remotes_free(&r);
	remotes_free(&again);
	return 0;
}

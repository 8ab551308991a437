/* diagnostic - any bytes as what a server said of a recipient, in a report. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../lib/base/chr.h"
#include "../../lib/mail/dsn.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
must(int condition)
{
	if (!condition)
		abort();
}

static int
put(void *context, struct str bytes)
{
	buf_add(context, bytes);
	return 0;
}

static void
status(struct str text)
{
	struct buf b = { 0 };

	dsn_status(&b, DSN_FAILED, text, STR("5.0.0"));
	must(dsn_is_status(buf_str(&b)) && b.p[0] == '5');
	buf_clear(&b);
	dsn_status(&b, DSN_DELAYED, text, STR("4.0.0"));
	must(dsn_is_status(buf_str(&b)) && b.p[0] == '4');
	buf_free(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const char queue_file[] = "s@x.y\nr@x.y\n\nSubject: x\n\nb\n";
	static int fd = -1;
	struct str text = { (const char *)data, n };
	struct dsn_recipient r = { STR("r@x.y"), STR(""), text };
	struct dsn_rules rules = { 0 };
	struct dsn d = { 0 };
	struct buf out = { 0 };
	struct str rest, line;
	size_t i;

	if (fd < 0) {
		fd = memfd_create("message", MFD_CLOEXEC);
		must(write(fd, queue_file, sizeof queue_file - 1) > 0);
	}
	status(text);
	buf_set(&rules.me, STR("h.e"));
	buf_set(&rules.idhost, STR("h.e"));
	d.sender = STR("s@x.y");
	d.recipients = &r;
	d.count = 1;
	d.otherwise = STR("5.0.0");
	d.remote = text;
	d.envelope_id = text;
	d.message = fd;
	d.header = 13;
	d.lines = -1;
	must(dsn_write(&d, &rules, STR("s@x.y\n"), put, &out) == 0);
	rest = buf_str(&out);
	while (rest.n) {
		line = str_cut(&rest, '\n');
		must(line.n <= 998);
		for (i = 0; i < line.n; i++)
			must(line.p[i] == '\t' || !chr_is(line.p[i], CHR_CTL));
	}
	buf_free(&out);
	buf_free(&rules.me);
	buf_free(&rules.idhost);
	return 0;
}

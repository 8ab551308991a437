/* conf - any bytes as a control file: what is read as a line, as a number and
 * as all of it agrees. */
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../lib/base/buf.h"
#include "../../lib/base/chr.h"
#include "../../lib/conf/conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
must(int condition)
{
	if (!condition)
		abort();
}

static char prefix[] = "/tmp/fuzz-conf.XXXXXX";
static char folder[sizeof prefix + 5];

static void
remove_folder(void)
{
	unlink(folder);
	rmdir(prefix);
}

/* A prefix whose configuration folder holds the files that are open. */
static void
open_file(char *name, size_t size)
{
	int fd = memfd_create("conf", MFD_CLOEXEC);

	must(fd >= 0 && mkdtemp(prefix));
	snprintf(folder, sizeof folder, "%s/conf", prefix);
	must(symlink("/proc/self/fd", folder) == 0);
	setenv("NULLMAILER_TEST_PREFIX", prefix, 1);
	snprintf(name, size, "%d", fd);
	atexit(remove_folder);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static char name[16];
	struct str file = { (const char *)data, n };
	struct buf line = { 0 }, text = { 0 };
	int found, value = 0;

	if (!*name)
		open_file(name, sizeof name);
	must(ftruncate(atoi(name), 0) == 0);
	must(pwrite(atoi(name), data, n, 0) == (ssize_t)n);
	found = conf_file(name, &text);
	must(found >= 0 && str_eq(buf_str(&text), file));
	found = conf_line(name, &line);
	must(found >= 0 && !found == !line.n);
	must(str_eq(buf_str(&line), str_trim(buf_str(&line))));
	must(str_eq(buf_str(&line), str_trim(str_cut(&file, '\n'))));
	must(conf_int(name, INT_MIN, &value) == 0);
	if (value != INT_MIN)
		must(line.n && (chr_is(line.p[0], CHR_DIGIT) ||
		    line.p[0] == '-' || line.p[0] == '+'));
	buf_free(&line);
	buf_free(&text);
	return 0;
}

/* path - where things are. The roots come from config.mk. */
#include <stdlib.h>
#include <unistd.h>

#include "../base/buf.h"
#include "path.h"

static const struct {
	const char *built_in;
	const char *below_prefix;
} roots[] = {
	[PATH_SPOOL] = { SPOOL_DIR, "/queue" },
	[PATH_CONFIG] = { CONFIG_DIR, "/conf" },
	[PATH_MODULES] = { MODULES_DIR, "/protocols" },
	[PATH_BIN] = { BIN_DIR, "/bin" },
	[PATH_SBIN] = { SBIN_DIR, "/sbin" },
};

/* The caller of a set-uid program must not choose where its files are. */
static const char *
test_prefix(void)
{
	const char *prefix = getenv("NULLMAILER_TEST_PREFIX");

	if (!prefix || !*prefix)
		return NULL;
	if (getuid() != geteuid() || getgid() != getegid())
		return NULL;
	return prefix;
}

void
path_set(struct buf *b, enum path_root root, const char *name)
{
	const char *prefix = test_prefix();

	buf_clear(b);
	if (prefix)
		buf_cat(b, str_of(prefix), str_of(roots[root].below_prefix));
	else
		buf_add(b, str_of(roots[root].built_in));
	if (*name)
		buf_put(b, "/%", str_of(name));
}

void
path_option(struct buf *b, const char *name)
{
	if (name[0] == '/' || access(name, F_OK) == 0)
		buf_set(b, str_of(name));
	else
		path_set(b, PATH_CONFIG, name);
}

/* own.h - a spool of the test's own below the folder top, and a look at it. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../../lib/queue/spool.h"
#include "../t.h"

static char top[] = "/tmp/spool.XXXXXX";
static struct spool s;
static struct buf why;

static inline int
put(int folder, const char *name, struct str text)
{
	int fd = openat(folder, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	int ok = fd >= 0 && write(fd, text.p, text.n) == (ssize_t)text.n;

	close(fd);
	return ok;
}

static inline int
holds(int folder, const char *name, struct str want)
{
	char text[4096];
	int fd = openat(folder, name, O_RDONLY);
	ssize_t n = read(fd, text, sizeof text);

	close(fd);
	return n >= 0 && str_eq((struct str){ text, (size_t)n }, want);
}

static inline int
mode(const char *name)
{
	struct stat st;

	return fstatat(s.root, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ? -1
	    : (int)st.st_mode;
}

static inline int
exists(int folder, const char *name)
{
	return faccessat(folder, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static inline int
create(void)
{
	buf_clear(&why);
	return spool_create(&s, &why);
}

static inline void
empty(int folder)
{
	char command[128];

	snprintf(command, sizeof command, "rm -rf %s/queue/%s/*", top,
	    folder == s.queue ? "queue" : folder == s.tmp ? "tmp" : "failed");
	T(system(command) == 0);
}

static inline void
own_spool(void)
{
	if (!mkdtemp(top) || chdir(top) < 0)
		exit(1);
	setenv("NULLMAILER_TEST_PREFIX", top, 1);
}

static inline void
end_spool(void)
{
	char command[64];

	spool_close(&s);
	buf_free(&why);
	snprintf(command, sizeof command, "rm -rf %s", top);
	T(system(command) == 0);
}

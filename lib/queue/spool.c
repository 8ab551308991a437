/* spool - the spool folder: opened, locked, listed, synced. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "../base/chr.h"
#include "../conf/path.h"
#include "names.h"
#include "spool.h"

#define FOLDER (O_RDONLY | O_DIRECTORY | O_CLOEXEC)

static const struct spool closed = { -1, -1, -1, -1 };

static int
open_failure(struct buf *why, const char *name)
{
	struct buf path = { 0 };
	int error = errno;

	path_set(&path, PATH_SPOOL, name);
	buf_fmt(why, "%s: %s", buf_z(&path), strerror(error));
	buf_free(&path);
	errno = error;
	return -1;
}

static int
open_spool_root(struct spool *s, struct buf *why)
{
	struct buf path = { 0 };

	*s = closed;
	path_set(&path, PATH_SPOOL, "");
	/* As in conf.c, openat is one system call and open is two. */
	s->root = openat(AT_FDCWD, buf_z(&path), FOLDER);
	buf_free(&path);
	return s->root < 0 ? open_failure(why, "") : 0;
}

static int
open_folder(const struct spool *s, const char *name, int *fd, struct buf *why)
{
	*fd = openat(s->root, name, FOLDER | O_NOFOLLOW);
	return *fd < 0 ? open_failure(why, name) : 0;
}

int
spool_open(struct spool *s, struct buf *why)
{
	int error;

	if (open_spool_root(s, why) == 0
	    && open_folder(s, "queue", &s->queue, why) == 0
	    && open_folder(s, "tmp", &s->tmp, why) == 0)
		return 0;
	error = errno;
	spool_close(s);
	errno = error;
	return -1;
}

void
spool_close(struct spool *s)
{
	names_close(s->failed);
	names_close(s->tmp);
	names_close(s->queue);
	names_close(s->root);
	*s = closed;
}

/* Whatever is in the way of the file is no matter here: the folder can be
 * locked as well, only not on NFS, where a lock needs a descriptor for
 * writing. */
static int
open_lock(const struct spool *s)
{
	int fd = openat(s->root, "lock", O_WRONLY | O_CREAT | O_NOFOLLOW
	    | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0600);

	if (fd < 0 && errno != EMFILE && errno != ENFILE && errno != ENOMEM)
		return openat(s->root, ".", FOLDER);
	if (fd >= 0)
		fchmod(fd, 0600);	/* the umask has taken from it */
	return fd;
}

int
spool_lock(const struct spool *s, int wait)
{
	int fd = open_lock(s);

	if (fd < 0)
		return -1;
	if (flock(fd, LOCK_EX | (wait ? 0 : LOCK_NB)) == 0)
		return 0;
	names_close(fd);
	return errno == EWOULDBLOCK || errno == EINTR ? 1 : 2;
}

int
spool_list(const struct spool *s,
    int (*each)(void *context, const char *name), void *context)
{
	return names_list(s->queue, each, context);
}

int
spool_sync(const struct spool *s)
{
	return names_sync(s->queue);
}

long long
spool_seconds(const char *name)
{
	long long seconds = 0;
	int digits = 0;

	for (; chr_is(*name, CHR_DIGIT); name++)
		if (++digits <= 18)
			seconds = seconds * 10 + (*name - '0');
	return digits <= 18 ? seconds : 0;
}

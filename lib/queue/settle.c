/* settle - what becomes of a queue file: held, marked, removed, written anew;
 * failed.c puts it into failed/, copy.c makes copies.
 *
 * What is done stays done, whatever a sync says after it; and the only other
 * copy of a message goes when the one that takes its place is synced, file and
 * folder. A file whose data could not be synced is discarded, and not synced
 * again: after one failure the system may report success for what was lost. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../mail/envelope.h"
#include "names.h"
#include "settle.h"
#include "spool.h"

/* ---- held, marked, the same ---- */

int
spool_open_any(const struct spool *s, const char *name)
{
	int fd = openat(s->queue, name,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0 && (errno == ELOOP || errno == ENXIO || errno == ENODEV))
		errno = EINVAL;
	return fd;
}

int
spool_message(const struct spool *s, const char *name, struct stat *st)
{
	struct stat mine;
	int fd = spool_open_any(s, name);

	if (fd < 0)
		return -1;
	if (!st)
		st = &mine;
	if (fstat(fd, st) == 0) {
		if (S_ISREG(st->st_mode))
			return fd;
		errno = EINVAL;
	}
	names_close(fd);
	return -1;
}

int
spool_hold(int fd)
{
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	return errno == EWOULDBLOCK ? 1 : -1;
}

int
spool_mark(int fd)
{
	return fchmod(fd, S_ISVTX);
}

int
spool_is_marked(const struct stat *st)
{
	return st->st_mode == (S_IFREG | S_ISVTX);
}

static int
remove_name(const struct spool *s, const char *name)
{
	return unlinkat(s->queue, name, 0) == 0 || errno == ENOENT ? 0 : -1;
}

/* It cannot be opened for reading, but it can be held: before the folder is
 * synced no other file shall have its place on the disk. */
int
spool_remove_marked(const struct spool *s, const char *name)
{
	int rc, fd = openat(s->queue, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return errno == ENOENT ? 0 : -1;
	rc = fstat(fd, &st);
	if (rc == 0)
		rc = spool_is_marked(&st) ? remove_name(s, name) : 1;
	if (rc == 0)
		names_sync(s->queue);
	names_close(fd);
	return rc;
}

int
settle_has(int fd, const struct envelope *e)
{
	struct envelope now = { 0 };
	int rc = envelope_read(fd, &now);

	if (rc == 0)
		rc = str_eq(buf_str(&now.text), buf_str(&e->text));
	else if (errno == EINVAL)
		rc = 0;
	envelope_free(&now);
	return rc;
}

static int
same_age_and_size(const struct stat *a, const struct stat *b)
{
	return S_ISREG(a->st_mode) && a->st_size == b->st_size
	    && a->st_mtim.tv_sec == b->st_mtim.tv_sec
	    && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

int
settle_is(int folder, const char *name, int fd, const struct envelope *e)
{
	struct spool there = { -1, folder, -1, -1 };
	struct stat a, b;
	int rc = 1, other = fd;

	if (fstat(fd, &b) < 0)
		return -1;
	if (fstatat(folder, name, &a, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? SPOOL_GONE : -1;
	if (a.st_ino != b.st_ino || a.st_dev != b.st_dev) {
		if (!e || !same_age_and_size(&a, &b))
			return SPOOL_OTHER;
		other = spool_message(&there, name, NULL);
	}
	if (e)
		rc = settle_has(other, e);
	if (other != fd)
		names_close(other);
	return rc < 0 ? -1 : rc ? SPOOL_SAME : SPOOL_OTHER;
}

int
spool_is(const struct spool *s, const char *name, int fd,
    const struct envelope *e)
{
	return settle_is(s->queue, name, fd, e);
}

int
spool_remove(const struct spool *s, const char *name, int fd,
    const struct envelope *e)
{
	int is = spool_is(s, name, fd, e);

	if (is == SPOOL_SAME)
		return remove_name(s, name);
	return is == SPOOL_OTHER ? 1 : is == SPOOL_GONE ? 0 : -1;
}

/* ---- written anew ---- */

/* The old file gets the name COPY.N in tmp/ besides, so that no file system can
 * lose both while the new one is not synced; and by that name is seen whose
 * file it is. 0; 1 another one's; 2 there are no links here, or the file has as
 * many as it may, which serves as well; -1. */
static int
keep_old(const struct spool *s, int fd, const struct envelope *e,
    const char *copy, const char *name, struct buf *old)
{
	int rc = names_numbered(names_link_only, s->queue, name, s->tmp, copy,
	    1, old);

	if (rc < 0)
		return names_no_links() ? 2 : errno == ENOENT ? 1 : -1;
	rc = settle_is(s->tmp, buf_z(old), fd, e);
	return rc < 0 ? -1 : rc != SPOOL_SAME;
}

/* What a rename changed may be written with the file, whose data is synced
 * already: that can be tried again. */
static int
replace(const struct spool *s, int to, const char *copy, const char *name)
{
	int rc;

	if (renameat(s->tmp, copy, s->queue, name) < 0)
		return -1;
	rc = fsync(to) < 0 && fsync(to) < 0;
	return rc | (names_sync(s->queue) < 0);
}

/* After a sync that failed the old file keeps its name in tmp/. */
static int
rewrite(const struct spool *s, int fd, const struct envelope *e, int to,
    const char *copy, const char *name)
{
	struct buf old = { 0 };
	int kept = keep_old(s, fd, e, copy, name, &old);
	int rc = kept < 0 ? -1 : 2;

	if (kept == 0 || kept == 2)
		rc = replace(s, to, copy, name);
	if (kept != 2 && rc != 1)
		names_discard(s->tmp, buf_z(&old));
	if (rc < 0 || rc == 2)
		names_discard(s->tmp, copy);
	buf_free(&old);
	return rc;
}

int
spool_rewrite(const struct spool *s, int fd, const struct envelope *e,
    const unsigned char *keep, const char *name, int *now)
{
	struct buf copy = { 0 };
	int rc, to = -1, is = spool_is(s, name, fd, e);

	*now = -1;
	if (is != SPOOL_SAME)
		return is < 0 ? -1 : 2;
	if (settle_any(keep, e->count))
		to = settle_copy(s, fd, e, keep, &copy);
	rc = to < 0 ? -1 : rewrite(s, fd, e, to, buf_z(&copy), name);
	if (rc == 0 || rc == 1)
		*now = to;
	else
		names_close(to);
	buf_free(&copy);
	return rc;
}

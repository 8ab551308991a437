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

#define NAMES_TRIED 1000

/* ---- held, marked, the same ---- */

int
spool_message(const struct spool *s, const char *name, struct stat *st)
{
	struct stat mine;
	int fd;

	fd = openat(s->queue, name,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0) {
		if (errno == ELOOP || errno == ENXIO || errno == ENODEV)
			errno = EINVAL;
		return -1;
	}
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

int
spool_remove_marked(const struct spool *s, const char *name)
{
	struct stat st;

	if (fstatat(s->queue, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -1;
	return spool_is_marked(&st) ? remove_name(s, name) : 1;
}

int
settle_has(int fd, const struct envelope *e)
{
	struct envelope now = { { 0 }, 0, 0, 0 };
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
	int other, rc;

	if (fstat(fd, &b) < 0)
		return -1;
	if (fstatat(folder, name, &a, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? SPOOL_GONE : -1;
	if (a.st_dev == b.st_dev && a.st_ino == b.st_ino) {
		rc = e ? settle_has(fd, e) : 1;
		return rc < 0 ? -1 : rc ? SPOOL_SAME : SPOOL_OTHER;
	}
	if (!e || !same_age_and_size(&a, &b))
		return SPOOL_OTHER;
	other = spool_message(&there, name, NULL);
	rc = other < 0 ? -1 : settle_has(other, e);
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

/* The old file keeps a name in tmp/ until the new one is synced, so that no
 * file system can lose both; and by that name can be seen whose file it was
 * that makes room. 0; 1 another one's, all is as before; 2 another one's, and
 * that cannot be undone; -1. */
static int
swap_names(const struct spool *s, int fd, const struct envelope *e,
    const char *copy, const char *name)
{
	int is;

	if (names_exchange(s->tmp, copy, s->queue, name) < 0)
		return -1;
	is = settle_is(s->tmp, copy, fd, e);
	if (is == SPOOL_SAME)
		return 0;
	if (names_exchange(s->tmp, copy, s->queue, name) < 0)
		return 2;
	return is < 0 ? -1 : 1;
}

/* Gives the old file the name COPY.N in tmp/. 0; 1 there are no links here, old
 * is empty; -1. */
static int
keep_name(const struct spool *s, const char *copy, const char *name,
    struct buf *old)
{
	unsigned n = 0;
	int rc;

	do {
		buf_set(old, str_of(copy));
		buf_fmt(old, ".%u", ++n);
		rc = linkat(s->queue, name, s->tmp, buf_z(old), 0);
	} while (rc < 0 && errno == EEXIST && n < NAMES_TRIED);
	if (rc == 0)
		return 0;
	buf_clear(old);
	return names_no_links() ? 1 : -1;
}

static int
replace(const struct spool *s, int fd, const struct envelope *e,
    const char *copy, const char *name, struct buf *old)
{
	int rc = keep_name(s, copy, name, old);

	if (rc == 0 && settle_is(s->tmp, buf_z(old), fd, e) == SPOOL_OTHER)
		rc = 1;
	else if (rc >= 0)
		rc = renameat(s->tmp, copy, s->queue, name);
	if (rc != 0 && old->n)
		names_discard(s->tmp, buf_z(old));
	return rc;
}

/* The copy takes the place of the old file, of which old gets the name if it is
 * to be removed. 0; 1 another file is there; -1: the copy is where it was. */
static int
take_place(const struct spool *s, int fd, const struct envelope *e,
    const char *copy, const char *name, struct buf *old)
{
	int rc = swap_names(s, fd, e, copy, name);

	if (rc == 0)
		buf_set(old, str_of(copy));
	if (rc >= 0)
		return rc == 1;
	return errno == ENOENT ? 1 : replace(s, fd, e, copy, name, old);
}

/* What a rename changed may be written with the file, whose data is synced
 * already: that can be tried again. */
static int
rewrite(const struct spool *s, int fd, const struct envelope *e, int to,
    const char *copy, const char *name)
{
	struct buf old = { 0 };
	int rc = take_place(s, fd, e, copy, name, &old);

	if (rc != 0) {
		names_discard(s->tmp, copy);
		rc = rc < 0 ? -1 : 2;
	} else {
		rc = fsync(to) < 0 && fsync(to) < 0;
		rc |= names_sync(s->queue) < 0;
		if (rc == 0 && old.n)
			names_discard(s->tmp, buf_z(&old));
	}
	buf_free(&old);
	return rc;
}

int
spool_rewrite(const struct spool *s, int fd, const struct envelope *e,
    const unsigned char *keep, const char *name)
{
	struct buf copy = { 0 };
	int rc, to = -1, is = spool_is(s, name, fd, e);

	if (is != SPOOL_SAME)
		return is < 0 ? -1 : 2;
	if (settle_any(keep, e->count))
		to = settle_copy(s, fd, e, keep, &copy);
	rc = to < 0 ? -1 : rewrite(s, fd, e, to, buf_z(&copy), name);
	names_close(to);
	buf_free(&copy);
	return rc;
}

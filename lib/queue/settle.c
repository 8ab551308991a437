/* settle - what becomes of a queue file: held, marked, removed, written anew,
 * put into failed/.
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
#include "spool.h"

#define BLOCK 16384
#define NAMES_TRIED 100000

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

/* 1 if the file begins with this envelope, 0, or -1. */
static int
has_envelope(int fd, const struct envelope *e)
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

static int
is_in(int folder, const char *name, int fd, const struct envelope *e)
{
	struct spool there = { -1, folder, -1, -1 };
	struct stat a, b;
	int other, rc;

	if (fstat(fd, &b) < 0)
		return -1;
	if (fstatat(folder, name, &a, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? SPOOL_GONE : -1;
	if (a.st_dev == b.st_dev && a.st_ino == b.st_ino) {
		rc = e ? has_envelope(fd, e) : 1;
		return rc < 0 ? -1 : rc ? SPOOL_SAME : SPOOL_OTHER;
	}
	if (!e || !same_age_and_size(&a, &b))
		return SPOOL_OTHER;
	other = spool_message(&there, name, NULL);
	rc = other < 0 ? -1 : has_envelope(other, e);
	names_close(other);
	return rc < 0 ? -1 : rc ? SPOOL_SAME : SPOOL_OTHER;
}

int
spool_is(const struct spool *s, const char *name, int fd,
    const struct envelope *e)
{
	return is_in(s->queue, name, fd, e);
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

/* ---- copies ---- */

static int
write_envelope(int fd, const struct envelope *e, const unsigned char *keep)
{
	struct buf text = { 0 };
	struct str recipient;
	size_t at = 0, i = 0;
	int rc;

	buf_cat(&text, envelope_sender(e), STR("\n"));
	for (;;) {
		recipient = envelope_next(e, &at);
		if (!recipient.p)
			break;
		if (!keep || keep[i++])
			buf_cat(&text, recipient, STR("\n"));
	}
	buf_addc(&text, '\n');
	rc = str_write(fd, buf_str(&text));
	buf_free(&text);
	return rc;
}

static int
write_body(int to, int from, off_t at)
{
	char block[BLOCK];
	ssize_t n;

	for (;;) {
		n = pread(from, block, sizeof block, at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return (int)n;
		if (str_write(to, (struct str){ block, (size_t)n }) < 0)
			return -1;
		at += n;
	}
}

/* The time stamp is the message's age, so it goes along; and so does the owner,
 * or what root wrote could not be read by the sender. */
static int
write_copy(int to, int from, const struct envelope *e,
    const unsigned char *keep)
{
	struct timespec times[2];
	struct stat st;

	if (fstat(from, &st) < 0 || write_envelope(to, e, keep) < 0
	    || write_body(to, from, e->body) < 0)
		return -1;
	if (geteuid() == 0 && fchown(to, st.st_uid, st.st_gid) < 0
	    && errno != EPERM)
		return -1;
	times[0] = st.st_atim;
	times[1] = st.st_mtim;
	return futimens(to, times) < 0 ? -1 : fsync(to);
}

/* A synced copy in tmp/, open and locked; -1 with errno, and none there. */
static int
make_copy(const struct spool *s, int fd, const struct envelope *e,
    const unsigned char *keep, struct buf *temporary)
{
	int to = spool_temporary(s, temporary);

	if (to < 0 || write_copy(to, fd, e, keep) == 0)
		return to;
	names_discard(s->tmp, buf_z(temporary));
	names_close(to);
	return -1;
}

static int
any(const unsigned char *keep, size_t count)
{
	size_t i = 0;

	while (i < count && !keep[i])
		i++;
	if (i == count)
		errno = EINVAL;
	return i < count;
}

/* ---- written anew ---- */

/* How a copy has got the name of the old file. */
enum { EXCHANGED, REPLACED, NAME_IS_OTHERS };

/* Exchanged, the old file keeps a name, so no file system can lose both; and
 * whose file has made room can be asked before that goes. */
static int
take_place(const struct spool *s, int fd, const struct envelope *e,
    const char *copy, const char *name)
{
	int rc = names_exchange(s->tmp, copy, s->queue, name);

	if (rc != 0) {
		if (rc < 0 && errno == ENOENT)
			return NAME_IS_OTHERS;
		return renameat(s->tmp, copy, s->queue, name) < 0
		    ? -1 : REPLACED;
	}
	if (is_in(s->tmp, copy, fd, e) == SPOOL_SAME)
		return EXCHANGED;
	return names_exchange(s->tmp, copy, s->queue, name) < 0
	    ? REPLACED : NAME_IS_OTHERS;
}

/* The file once more, as what a rename changed may be written with it. */
static int
replace(const struct spool *s, int fd, const struct envelope *e, int to,
    const char *copy, const char *name)
{
	int how = take_place(s, fd, e, copy, name), rc;

	if (how < 0 || how == NAME_IS_OTHERS) {
		names_discard(s->tmp, copy);
		return how < 0 ? -1 : 2;
	}
	rc = fsync(to);
	if (names_sync(s->queue) < 0 || rc < 0)
		return 1;
	if (how == EXCHANGED)
		names_discard(s->tmp, copy);
	return 0;
}

int
spool_rewrite(const struct spool *s, int fd, const struct envelope *e,
    const unsigned char *keep, const char *name)
{
	struct buf copy = { 0 };
	int rc, to = -1, is = spool_is(s, name, fd, e);

	if (is != SPOOL_SAME)
		return is < 0 ? -1 : 2;
	if (any(keep, e->count))
		to = make_copy(s, fd, e, keep, &copy);
	rc = to < 0 ? -1 : replace(s, fd, e, to, buf_z(&copy), name);
	names_close(to);
	buf_free(&copy);
	return rc;
}

/* ---- failed ---- */

/* On its way into failed/: fd and its envelope, NULL for a part. */
struct failing {
	const struct spool *s;
	int fd;
	const struct envelope *whole;
	const char *name;
	struct buf *as;
};

static int
is_there(const struct failing *f)
{
	return f->whole && is_in(f->s->failed, buf_z(f->as), f->fd,
	    f->whole) == SPOOL_SAME;
}

/* Gives a file the first free name in failed/, unless the message has one
 * there. 0 it has, from is there still; 1 moved, from is gone; -1. */
static int
name_failed(struct failing *f, int folder, const char *from,
    int (*give)(int, const char *, int, const char *))
{
	unsigned n = !f->whole;
	int rc;

	do {
		buf_set(f->as, str_of(f->name));
		if (n)
			buf_fmt(f->as, ".%u", n);
		rc = give(folder, from, f->s->failed, buf_z(f->as));
		if (rc < 0 && errno == EEXIST && is_there(f))
			return 0;
	} while (rc < 0 && errno == EEXIST && ++n < NAMES_TRIED);
	return rc;
}

/* Also the file: its size and where it begins may be written with it and not
 * with the folder, and whoever put it into queue/ by hand has not synced it. */
static int
sync_failed(const struct failing *f)
{
	struct spool failed = { -1, f->s->failed, -1, -1 };
	int fd = spool_message(&failed, buf_z(f->as), NULL);
	int rc = fd < 0 ? -1 : fsync(fd);

	names_close(fd);
	if (rc == 0 && names_sync(f->s->failed) == 0)
		return 0;
	names_discard(f->s->failed, buf_z(f->as));
	return -1;
}

static int
link_only(int from_folder, const char *from, int to_folder, const char *to)
{
	return linkat(from_folder, from, to_folder, to, 0);
}

static int
fail_by_link(struct failing *f)
{
	if (name_failed(f, f->s->queue, f->name, link_only) < 0)
		return -1;
	if (is_there(f))
		return sync_failed(f);
	names_discard(f->s->failed, buf_z(f->as));
	return -1;
}

static int
fail_by_copy(struct failing *f, const struct envelope *e,
    const unsigned char *keep)
{
	struct buf copy = { 0 };
	int rc, to = make_copy(f->s, f->fd, e, keep, &copy);

	rc = to < 0 ? -1 : name_failed(f, f->s->tmp, buf_z(&copy), names_link);
	if (to >= 0 && rc <= 0)
		names_discard(f->s->tmp, buf_z(&copy));
	names_close(to);
	buf_free(&copy);
	return rc < 0 ? -1 : sync_failed(f);
}

int
spool_fail(const struct spool *s, int fd, const struct envelope *e,
    const unsigned char *keep, const char *name, struct buf *as)
{
	struct failing f = { s, fd, keep ? NULL : e, name, as };
	int rc = has_envelope(fd, e);

	if (rc == 0)
		errno = ESTALE;
	if (rc <= 0 || (keep && !any(keep, e->count)))
		return -1;
	if (!keep && fail_by_link(&f) == 0)
		return 0;
	return fail_by_copy(&f, e, keep);
}

int
spool_copy(const struct spool *s, int fd, const struct envelope *e,
    const unsigned char *keep, int folder, const char *name)
{
	struct buf temporary = { 0 };
	int to = -1, rc = -1;

	if (any(keep, e->count))
		to = make_copy(s, fd, e, keep, &temporary);
	if (to >= 0)
		rc = renameat(s->tmp, buf_z(&temporary), folder, name);
	if (rc < 0 && to >= 0)
		names_discard(s->tmp, buf_z(&temporary));
	names_close(to);
	if (rc == 0)
		rc = names_sync(folder);
	buf_free(&temporary);
	return rc;
}

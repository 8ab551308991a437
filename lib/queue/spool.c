/* spool - the spool folder: queue/ tmp/ failed/ and the FIFO trigger. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "../base/chr.h"
#include "../conf/path.h"
#include "../mail/envelope.h"
#include "spool.h"

/* From linux/fs.h, which musl's compiler does not find. */
#define RENAME_DO_NOT_REPLACE 1

#define FOLDER (O_RDONLY | O_DIRECTORY | O_CLOEXEC)
#define NAMES_TRIED 100000
#define BLOCK 16384

static const struct spool closed = { -1, -1, -1, -1 };

static int
open_failure(struct buf *why, const char *name)
{
	struct buf path = { 0 };
	int error = errno;

	path_set(&path, PATH_SPOOL, name);
	buf_cat(why, buf_str(&path), STR(": "), str_of(strerror(error)));
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

static void
close_one(int fd)
{
	if (fd >= 0)
		close(fd);
}

void
spool_close(struct spool *s)
{
	close_one(s->failed);
	close_one(s->tmp);
	close_one(s->queue);
	close_one(s->root);
	*s = closed;
}

int
spool_lock(const struct spool *s, int wait)
{
	if (flock(s->root, LOCK_EX | (wait ? 0 : LOCK_NB)) == 0)
		return 0;
	return errno == EWOULDBLOCK ? 1 : -1;
}

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
	if (fstat(fd, &mine) == 0 && S_ISREG(mine.st_mode)) {
		if (st)
			*st = mine;
		return fd;
	}
	close(fd);
	errno = EINVAL;
	return -1;
}

/* First the process id alone, as nullmailer does. It may be taken: by debris,
 * or by the same id in another container. Then digits of the clock follow, and
 * soon give a free name; the attempt is added in case the clock is coarse. */
static void
add_digits(struct buf *name, unsigned attempt)
{
	struct timespec now = { 0, 0 };

	buf_addu(name, (unsigned long long)getpid());
	if (attempt == 0)
		return;
	clock_gettime(CLOCK_MONOTONIC, &now);
	buf_addu(name, ((unsigned long)now.tv_nsec + attempt) % 1000000);
}

int
spool_temporary(const struct spool *s, struct buf *name)
{
	unsigned attempt;
	int fd;

	for (attempt = 0; attempt < NAMES_TRIED; attempt++) {
		buf_clear(name);
		add_digits(name, attempt);
		fd = openat(s->tmp, buf_z(name), O_WRONLY | O_CREAT | O_EXCL
		    | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (fd >= 0 || errno != EEXIST)
			return fd;
	}
	return -1;
}

/* Where the file system can neither link nor rename without replacing, a file
 * with a dot before its name reserves that name; readers of the queue ignore
 * it. Without it two writers could both find the name free. */
static int
move_reserved(int from_folder, const char *from, int to_folder, const char *to)
{
	struct buf dot = { 0 };
	struct stat st;
	int fd, error, rc = -1;

	buf_cat(&dot, STR("."), str_of(to));
	fd = openat(to_folder, buf_z(&dot), O_WRONLY | O_CREAT | O_EXCL
	    | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd >= 0) {
		close(fd);
		if (fstatat(to_folder, to, &st, AT_SYMLINK_NOFOLLOW) == 0)
			errno = EEXIST;
		else if (errno == ENOENT)
			rc = renameat(from_folder, from, to_folder, to);
		error = errno;
		unlinkat(to_folder, buf_z(&dot), 0);
		errno = error;
	}
	buf_free(&dot);
	return rc;
}

static int
move_without_links(int from_folder, const char *from, int to_folder,
    const char *to)
{
	if (syscall(SYS_renameat2, from_folder, from, to_folder, to,
	    RENAME_DO_NOT_REPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	return move_reserved(from_folder, from, to_folder, to);
}

/* 0 linked, from still there; 1 moved, from gone; -1. */
static int
link_or_rename(int from_folder, const char *from, int to_folder, const char *to)
{
	if (linkat(from_folder, from, to_folder, to, 0) == 0)
		return 0;
	if (errno != EPERM && errno != EOPNOTSUPP && errno != ENOSYS
	    && errno != EMLINK)
		return -1;
	if (move_without_links(from_folder, from, to_folder, to) < 0)
		return -1;
	return 1;
}

int
spool_move(int from_folder, const char *from, int to_folder, const char *to)
{
	int rc = link_or_rename(from_folder, from, to_folder, to);

	if (rc == 0)
		unlinkat(from_folder, from, 0);
	return rc < 0 ? -1 : 0;
}

/* Some file systems cannot sync a folder and need no sync of it. */
static int
sync_folder(int fd)
{
	if (fsync(fd) == 0 || errno == EINVAL || errno == EOPNOTSUPP
	    || errno == ENOSYS)
		return 0;
	return -1;
}

static void
discard(int folder, const char *name)
{
	int error = errno;

	unlinkat(folder, name, 0);
	errno = error;
}

/* The temporary is removed last: until the folder is synced it is the only name
 * that is sure to survive a crash. */
int
spool_commit(const struct spool *s, const char *temporary, time_t seconds,
    struct buf *name)
{
	unsigned attempt = 0;
	int rc;

	do {
		buf_clear(name);
		buf_fmt(name, "%lld.", (long long)seconds);
		add_digits(name, attempt);
		rc = link_or_rename(s->tmp, temporary, s->queue, buf_z(name));
	} while (rc < 0 && errno == EEXIST && ++attempt < NAMES_TRIED);
	if (rc >= 0 && sync_folder(s->queue) < 0) {
		discard(s->queue, buf_z(name));
		rc = -1;
	}
	if (rc <= 0)
		discard(s->tmp, temporary);
	return rc < 0 ? -1 : 0;
}

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
		if (keep[i++])
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

/* The time stamp is the message's age, so the copy gets it. */
static int
write_copy(int to, int from, const struct envelope *e,
    const unsigned char *keep)
{
	struct timespec times[2];
	struct stat st;

	if (fstat(from, &st) < 0 || write_envelope(to, e, keep) < 0
	    || write_body(to, from, e->body) < 0)
		return -1;
	times[0] = st.st_atim;
	times[1] = st.st_mtim;
	return futimens(to, times) < 0 ? -1 : fsync(to);
}

static int
any_kept(const unsigned char *keep, size_t count)
{
	size_t i = 0;

	while (i < count && !keep[i])
		i++;
	return i < count;
}

int
spool_copy(const struct spool *s, int fd, const struct envelope *e,
    const unsigned char *keep, int folder, const char *name)
{
	struct buf temporary = { 0 };
	int to, rc;

	if (!any_kept(keep, e->count)) {
		errno = EINVAL;
		return -1;
	}
	to = spool_temporary(s, &temporary);
	rc = to < 0 ? -1 : write_copy(to, fd, e, keep);
	if (to >= 0 && close(to) < 0)
		rc = -1;
	if (rc == 0)
		rc = renameat(s->tmp, buf_z(&temporary), folder, name);
	if (rc < 0 && to >= 0)
		discard(s->tmp, buf_z(&temporary));
	if (rc == 0)
		rc = sync_folder(folder);
	buf_free(&temporary);
	return rc;
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

/* names - names in the folders of the spool. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "names.h"
#include "settle.h"
#include "spool.h"

/* From linux/fs.h, which musl's compiler does not find. */
#define RENAME_DO_NOT_REPLACE 1

#define FOLDER (O_RDONLY | O_DIRECTORY | O_CLOEXEC)
#define NEW_FILE (O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC)
#define NAMES_TRIED 100000

/* The first name that is tried is taken by debris, or by the same process id in
 * another container: then digits of the clock follow, which find a free one
 * soon, and a counter for clocks that stand still. */
static void
add_digits(struct buf *name, unsigned attempt)
{
	struct timespec now = { 0, 0 };

	if (attempt == 0)
		return;
	clock_gettime(CLOCK_MONOTONIC, &now);
	buf_addu(name, ((unsigned long)now.tv_nsec + attempt) % 1000000);
}

/* Where the file system has no locks, none is asked for either. */
int
names_temporary(const struct spool *s, pid_t pid, struct buf *name)
{
	unsigned attempt = 0;
	int fd;

	do {
		buf_clear(name);
		buf_addu(name, (unsigned long long)pid);
		add_digits(name, attempt);
		fd = openat(s->tmp, buf_z(name), NEW_FILE, 0600);
	} while (fd < 0 && errno == EEXIST && ++attempt < NAMES_TRIED);
	if (fd >= 0)
		flock(fd, LOCK_EX | LOCK_NB);
	return fd;
}

int
spool_temporary(const struct spool *s, struct buf *name)
{
	return names_temporary(s, getpid(), name);
}

/* Where the file system can neither link nor rename without replacing, a name
 * is reserved by a file of the same name after a dot, which no reader of the
 * queue looks at. Without it two writers could both find the name free. */
static int
move_reserved(int from_folder, const char *from, int to_folder, const char *to)
{
	struct buf dot = { 0 };
	struct stat st;
	int fd, rc = -1;

	buf_put(&dot, ".%", str_of(to));
	fd = openat(to_folder, buf_z(&dot), NEW_FILE, 0600);
	if (fd >= 0) {
		close(fd);
		if (fstatat(to_folder, to, &st, AT_SYMLINK_NOFOLLOW) == 0)
			errno = EEXIST;
		else if (errno == ENOENT)
			rc = renameat(from_folder, from, to_folder, to);
		names_discard(to_folder, buf_z(&dot));
	}
	buf_free(&dot);
	return rc;
}

static int
lacks_flags(void)
{
	return errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP;
}

static int
move_without_links(int from_folder, const char *from, int to_folder,
    const char *to)
{
	if (syscall(SYS_renameat2, from_folder, from, to_folder, to,
	    RENAME_DO_NOT_REPLACE) == 0)
		return 0;
	if (!lacks_flags())
		return -1;
	return move_reserved(from_folder, from, to_folder, to);
}

int
names_no_links(void)
{
	return errno == EPERM || errno == EOPNOTSUPP || errno == ENOSYS
	    || errno == EMLINK;
}

int
names_link(int from_folder, const char *from, int to_folder, const char *to)
{
	if (linkat(from_folder, from, to_folder, to, 0) == 0)
		return 0;
	if (!names_no_links())
		return -1;
	if (move_without_links(from_folder, from, to_folder, to) < 0)
		return -1;
	return 1;
}

int
names_link_only(int from_folder, const char *from, int to_folder,
    const char *to)
{
	return linkat(from_folder, from, to_folder, to, 0);
}

int
names_numbered(int (*give)(int, const char *, int, const char *),
    int from_folder, const char *from, int to_folder, const char *to,
    unsigned n, struct buf *as)
{
	unsigned most = n + NAMES_TRIED;
	int rc;

	do {
		buf_set(as, str_of(to));
		if (n)
			buf_fmt(as, ".%u", n);
		rc = give(from_folder, from, to_folder, buf_z(as));
	} while (rc < 0 && errno == EEXIST && ++n < most);
	return rc;
}

/* Some file systems have nothing to sync in a folder, and say so. */
int
names_sync(int folder)
{
	if (fsync(folder) == 0 || errno == EINVAL || errno == EOPNOTSUPP
	    || errno == ENOSYS)
		return 0;
	return -1;
}

void
names_discard(int folder, const char *name)
{
	int error = errno;

	unlinkat(folder, name, 0);
	errno = error;
}

void
names_close(int fd)
{
	int error = errno;

	if (fd >= 0)
		close(fd);
	errno = error;
}

int
spool_move(int from_folder, const char *from, int to_folder, const char *to)
{
	int rc = names_link(from_folder, from, to_folder, to);

	if (rc == 0)
		unlinkat(from_folder, from, 0);
	return rc < 0 ? -1 : 0;
}

/* What a rename changed is written with the file on some file systems (vfat:
 * its size and where it begins), so the file is synced again. A lock would tell
 * the sender to wait. */
static int
settle_commit(const struct spool *s, int fd, int moved)
{
	int rc = moved ? fsync(fd) : 0;

	flock(fd, LOCK_UN);
	return rc < 0 ? -1 : names_sync(s->queue);
}

/* The temporary goes last: until the folder is synced it is the only name
 * that is sure to survive. The new name goes again only if it is the file's. */
int
spool_commit(const struct spool *s, int fd, const char *temporary,
    time_t seconds, struct buf *name)
{
	unsigned attempt = 0;
	int how, rc = -1;

	do {
		buf_clear(name);
		buf_fmt(name, "%lld.%s", (long long)seconds, temporary);
		add_digits(name, attempt);
		how = names_link(s->tmp, temporary, s->queue, buf_z(name));
	} while (how < 0 && errno == EEXIST && ++attempt < NAMES_TRIED);
	if (how >= 0)
		rc = settle_commit(s, fd, how);
	if (how >= 0 && rc < 0 && settle_is(s->queue, buf_z(name), fd, NULL)
	    == SPOOL_SAME)
		names_discard(s->queue, buf_z(name));
	if (how <= 0)
		names_discard(s->tmp, temporary);
	return rc;
}

/* A folder that was removed reads as if it were empty. */
static int
list_stream(DIR *dir, int (*each)(void *context, const char *name),
    void *context)
{
	struct dirent *d;
	struct stat st;
	int rc = 0;

	do {
		errno = 0;
		d = readdir(dir);
		if (d && d->d_name[0] != '.')
			rc = each(context, d->d_name);
	} while (d && rc == 0);
	if (!d && !errno && fstat(dirfd(dir), &st) == 0 && st.st_nlink == 0)
		errno = ENOENT;
	return !d && errno ? -1 : rc;
}

int
names_list(int folder, int (*each)(void *context, const char *name),
    void *context)
{
	int fd = openat(folder, ".", FOLDER), rc, error;
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (!dir) {
		names_close(fd);
		return -1;
	}
	rc = list_stream(dir, each, context);
	error = errno;
	closedir(dir);
	errno = error;
	return rc;
}

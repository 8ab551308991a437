/* spoolinit - makes what a spool lacks and reports what is wrong with the rest.
 * What root makes gets the owner of the spool folder; otherwise the sender
 * could use it and the programs that add messages could not. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../conf/path.h"
#include "spool.h"

#define FOLDER (O_RDONLY | O_DIRECTORY | O_CLOEXEC)
#define DEBRIS_SECONDS (24 * 60 * 60)

enum {
	ROOT_MODE = 0755,
	QUEUE_MODE = DEBIAN_RULES ? 0750 : 0700,
	FAILED_MODE = DEBIAN_RULES ? 0755 : 0700,
	TRIGGER_MODE = DEBIAN_RULES ? 0622 : 0600
};

static int
create_failure(struct buf *why, const char *name, const char *text)
{
	struct buf path = { 0 };

	path_set(&path, PATH_SPOOL, name);
	buf_cat(why, buf_str(&path), STR(": "), str_of(text));
	buf_free(&path);
	return -1;
}

/* The usual reason is a changed uid or a restored backup, so the text shows the
 * owner. */
static int
not_usable(const struct stat *st, struct buf *why, const char *name)
{
	unsigned mode = (unsigned)st->st_mode;

	create_failure(why, name, strerror(errno));
	buf_fmt(why, " (owner is uid %lu, mode %u%u%u, wanted is uid %lu)",
	    (unsigned long)st->st_uid, mode >> 6 & 7, mode >> 3 & 7, mode & 7,
	    (unsigned long)geteuid());
	return -1;
}

static int
create_root(struct buf *why)
{
	struct buf path = { 0 };
	int fd;

	path_set(&path, PATH_SPOOL, "");
	fd = open(buf_z(&path), FOLDER);
	if (fd < 0 && errno == ENOENT && mkdir(buf_z(&path), ROOT_MODE) == 0)
		fd = open(buf_z(&path), FOLDER);
	if (fd < 0)
		create_failure(why, "", strerror(errno));
	buf_free(&path);
	return fd;
}

/* Sets the mode once more, as the umask was taken off. */
static int
set_mode_and_owner(int root, const char *name, mode_t mode)
{
	struct stat st;

	/* Some file systems have one mode for all files. */
	if (fchmodat(root, name, mode, 0) < 0 && errno != EPERM &&
	    errno != ENOSYS && errno != EOPNOTSUPP)
		return -1;
	if (fstat(root, &st) < 0)
		return -1;
	if (geteuid() != 0 || st.st_uid == 0)
		return 0;
	return fchownat(root, name, st.st_uid, st.st_gid, AT_SYMLINK_NOFOLLOW);
}

static int
make_folder(int root, const char *name, mode_t mode, struct buf *why)
{
	struct stat st;
	int error;

	if (mkdirat(root, name, mode) < 0) {
		error = errno;
		if (error == EEXIST || fstat(root, &st) < 0)
			return 0;
		errno = error;
		return not_usable(&st, why, "");
	}
	if (set_mode_and_owner(root, name, mode) < 0)
		return create_failure(why, name, strerror(errno));
	return 0;
}

static int
prepare_folder(int root, const char *name, mode_t mode, struct buf *why)
{
	struct stat st;

	if (make_folder(root, name, mode, why) < 0)
		return -1;
	if (fstatat(root, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return create_failure(why, name, strerror(errno));
	if (!S_ISDIR(st.st_mode))
		return create_failure(why, name, "is not a folder");
	if (faccessat(root, name, R_OK | W_OK | X_OK, 0) < 0)
		return not_usable(&st, why, name);
	return 0;
}

/* 1 if there is a FIFO, 0 if there is nothing (any more), -1 if what is there
 * cannot be removed. */
static int
clear_trigger(int root)
{
	struct stat st;

	if (fstatat(root, "trigger", &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -1;
	if (S_ISFIFO(st.st_mode))
		return 1;
	return unlinkat(root, "trigger",
	    S_ISDIR(st.st_mode) ? AT_REMOVEDIR : 0);
}

/* A FIFO that this process cannot read is as good as none. */
static void
prepare_trigger(int root, struct buf *why)
{
	int rc = clear_trigger(root);

	if (rc == 0) {
		rc = mkfifoat(root, "trigger", TRIGGER_MODE);
		if (rc == 0)
			rc = set_mode_and_owner(root, "trigger", TRIGGER_MODE);
		else if (errno == EEXIST)
			rc = clear_trigger(root) == 1 ? 0 : -1;
	}
	if (rc >= 0)
		rc = faccessat(root, "trigger", R_OK, 0);
	if (rc < 0)
		create_failure(why, "trigger", strerror(errno));
}

static void
remove_debris(int tmp)
{
	time_t now = time(NULL);
	struct dirent *d;
	struct stat st;
	DIR *dir;
	int fd = openat(tmp, ".", FOLDER);

	dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while ((d = readdir(dir)) != NULL)
		if (fstatat(tmp, d->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0
		    && S_ISREG(st.st_mode)
		    && now - st.st_mtime > DEBRIS_SECONDS)
			unlinkat(tmp, d->d_name, 0);
	closedir(dir);
}

/* Only a rename shows whether tmp and queue are on one file system, and an
 * error at the start is better than one for each message. */
static int
try_move(const struct spool *s, struct buf *why)
{
	struct buf name = { 0 };
	int rc, fd = spool_temporary(s, &name);

	if (fd < 0)
		return create_failure(why, "tmp", strerror(errno));
	close(fd);
	rc = renameat(s->tmp, buf_z(&name), s->queue, ".try");
	if (rc < 0)
		create_failure(why, "tmp", errno == EXDEV
		    ? "not on the same file system as queue"
		    : strerror(errno));
	if (rc < 0)
		unlinkat(s->tmp, buf_z(&name), 0);
	else
		unlinkat(s->queue, ".try", 0);
	buf_free(&name);
	return rc;
}

static int
prepare_spool(int root, struct buf *why)
{
	if (prepare_folder(root, "queue", QUEUE_MODE, why) < 0
	    || prepare_folder(root, "tmp", QUEUE_MODE, why) < 0
	    || prepare_folder(root, "failed", FAILED_MODE, why) < 0)
		return -1;
	prepare_trigger(root, why);
	return 0;
}

int
spool_create(struct spool *s, struct buf *why)
{
	int rc, root = create_root(why);

	*s = (struct spool){ -1, -1, -1, -1 };
	if (root < 0)
		return -1;
	rc = prepare_spool(root, why);
	close(root);
	if (rc < 0 || spool_open(s, why) < 0)
		return -1;
	s->failed = openat(s->root, "failed", FOLDER | O_NOFOLLOW);
	if (s->failed < 0)
		rc = create_failure(why, "failed", strerror(errno));
	else
		rc = try_move(s, why);
	if (rc < 0)
		spool_close(s);
	else
		remove_debris(s->tmp);
	return rc;
}

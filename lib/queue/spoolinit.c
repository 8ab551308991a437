/* spoolinit - makes what a spool lacks and says what is wrong with the rest.
 * What is made by root belongs to the owner of the spool folder, or else the
 * sender could use it and the programs that add messages could not. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "../conf/conf.h"
#include "../conf/path.h"
#include "../conf/user.h"
#include "names.h"
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
is_full(int error)
{
	return error == ENOSPC || error == EDQUOT || error == EROFS;
}

static int
create_failure(struct buf *why, const char *name, const char *text)
{
	struct buf path = { 0 };

	path_set(&path, PATH_SPOOL, name);
	buf_fmt(why, "%s: %s", buf_z(&path), text);
	buf_free(&path);
	return -1;
}

/* The usual reason is a changed uid or a restored backup, so the owner is what
 * people want to see. */
static int
not_usable(const struct stat *st, struct buf *why, const char *name)
{
	unsigned mode = (unsigned)st->st_mode;

	create_failure(why, name, strerror(errno));
	buf_add(why, STR(" (owner is "));
	user_add(st->st_uid, why);
	buf_fmt(why, ", mode %u%u%u, you are ", mode >> 6 & 7, mode >> 3 & 7,
	    mode & 7);
	user_add(geteuid(), why);
	buf_addc(why, ')');
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

/* The mode once more, as the umask has taken from it. */
static int
set_mode_and_owner(int root, const char *name, mode_t mode)
{
	struct stat st;

	/* Some file systems have one mode for all, and are content with it. */
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
ready_folder(int root, const char *name, mode_t mode, struct buf *why)
{
	struct stat st;

	if (make_folder(root, name, mode, why) < 0)
		return -1;
	if (fstatat(root, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return create_failure(why, name, strerror(errno));
	if (!S_ISDIR(st.st_mode))
		return create_failure(why, name, "is not a folder");
	if (faccessat(root, name, R_OK | W_OK | X_OK, 0) < 0
	    && !is_full(errno))
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
ready_trigger(int root, struct buf *why)
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

/* ---- what can be done in it ---- */

/* Where no room can be reserved, a block must do. */
static int
fill_file(int fd, unsigned long long bytes)
{
	char block[4096] = { 0 };

	if (!bytes || fallocate(fd, 0, 0, (off_t)bytes) == 0)
		return 0;
	if (errno != EOPNOTSUPP && errno != ENOSYS && errno != EINVAL)
		return -1;
	return str_write(fd, (struct str){ block, sizeof block });
}

/* A file of so many bytes goes from tmp to queue, and to failed where that is
 * open. *where is the folder that does not take it. */
static int
try_file(const struct spool *s, unsigned long long bytes, const char **where)
{
	struct buf name = { 0 };
	int rc = -1, fd = spool_temporary(s, &name);

	*where = "tmp";
	if (fd >= 0 && fill_file(fd, bytes) == 0 && fsync(fd) == 0) {
		*where = "queue";
		rc = renameat(s->tmp, buf_z(&name), s->queue, ".try");
	}
	if (rc < 0 && fd >= 0)
		names_discard(s->tmp, buf_z(&name));
	if (rc == 0 && s->failed >= 0) {
		*where = "failed";
		rc = renameat(s->queue, ".try", s->failed, ".try");
		if (rc == 0)
			unlinkat(s->failed, ".try", 0);
	}
	names_discard(s->queue, ".try");
	names_close(fd);
	buf_free(&name);
	return rc;
}

int
spool_probe(const struct spool *s, unsigned long long bytes)
{
	struct spool queue = { s->root, s->queue, s->tmp, -1 };
	const char *where;

	return try_file(&queue, bytes, &where);
}

/* Whether the folders are one file system is known only to the kernel, and an
 * answer now is better than one for each message. A full disk is no reason not
 * to start: what fills it may be the queue. */
static int
try_moves(const struct spool *s, struct buf *why)
{
	const char *where;
	int error;

	if (try_file(s, 0, &where) == 0)
		return 0;
	error = errno;
	if (error == EXDEV && strcmp(where, "queue") == 0)
		where = "tmp";
	create_failure(why, where, error == EXDEV
	    ? "not on the same file system as queue" : strerror(error));
	return is_full(error) ? 0 : -1;
}

/* ---- debris ---- */

/* Opened for writing, as a lock on NFS asks for it. */
static void
remove_if_unused(int tmp, const char *name)
{
	int fd = openat(tmp, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY
	    | O_CLOEXEC);

	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
		unlinkat(tmp, name, 0);
	names_close(fd);
}

struct cleaning {
	int tmp;
	int synced;
};

/* A name left here by a program that ended after its message had one in queue/
 * may be that of a delivered file, which cannot be opened. And an old file that
 * made room for a new one in queue/ keeps a name here until the new one is on
 * the disk: so nothing goes before all is. */
static int
see_debris(void *context, const char *name)
{
	struct cleaning *c = context;
	struct stat st;

	if (fstatat(c->tmp, name, &st, AT_SYMLINK_NOFOLLOW) < 0
	    || !S_ISREG(st.st_mode)
	    || time(NULL) - st.st_mtime <= DEBRIS_SECONDS)
		return 0;
	c->synced = c->synced || syncfs(c->tmp) == 0;
	if (!c->synced)
		return -1;
	if (spool_is_marked(&st))
		unlinkat(c->tmp, name, 0);
	else
		remove_if_unused(c->tmp, name);
	return 0;
}

void
spool_clean(const struct spool *s)
{
	struct cleaning c = { s->tmp, 0 };

	names_list(s->tmp, see_debris, &c);
}

/* ---- all of it ---- */

/* A folder that was made just now, and is not synced where it stands, may be
 * lost with all that will be synced in it. */
static int
check_ready(int root, struct buf *why)
{
	if (ready_folder(root, "queue", QUEUE_MODE, why) < 0
	    || ready_folder(root, "tmp", QUEUE_MODE, why) < 0
	    || ready_folder(root, "failed", FAILED_MODE, why) < 0)
		return -1;
	if (names_sync(root) < 0 && !is_full(errno))
		return create_failure(why, "", strerror(errno));
	ready_trigger(root, why);
	return 0;
}

int
spool_create(struct spool *s, struct buf *why)
{
	int rc, root = create_root(why);

	*s = (struct spool){ -1, -1, -1, -1 };
	if (root < 0)
		return -1;
	rc = check_ready(root, why);
	close(root);
	if (rc < 0 || spool_open(s, why) < 0)
		return -1;
	s->failed = openat(s->root, "failed", FOLDER | O_NOFOLLOW);
	if (s->failed < 0)
		rc = create_failure(why, "failed", strerror(errno));
	else
		rc = try_moves(s, why);
	if (rc < 0)
		spool_close(s);
	return rc;
}

int
spool_repair(struct spool *s, struct buf *why)
{
	struct spool now;

	if (spool_create(&now, why) < 0)
		return -1;
	spool_close(s);
	*s = now;
	return 0;
}

/* Through a new file, so that half of it is never read. */
static int
hand_out(int folder, const char *name, const char *value)
{
	int fd = openat(folder, ".new", O_WRONLY | O_CREAT | O_TRUNC |
	    O_NOFOLLOW | O_CLOEXEC, 0644);
	int ok = fd >= 0 && fchmod(fd, 0644) == 0 &&
	    str_write(fd, str_of(value)) == 0 && str_write(fd, STR("\n")) == 0;

	close(fd);
	return ok ? renameat(folder, ".new", folder, name) : -1;
}

int
spool_hand_out(const struct spool *s)
{
	int folder = openat(s->root, "conf", FOLDER | O_NOFOLLOW), rc = 0;
	const char *name = conf_names, *value;

	for (; strcmp(name, "remotes"); name += strlen(name) + 1) {
		value = conf_given(name);
		if (value && folder < 0) {
			mkdirat(s->root, "conf", 0755);
			folder = openat(s->root, "conf", FOLDER | O_NOFOLLOW);
		}
		if (value && (fchmod(folder, 0755) < 0 ||
		    hand_out(folder, name, value) < 0))
			rc = -1;
		else if (!value && folder >= 0)
			unlinkat(folder, name, 0);
	}
	if (folder >= 0)
		close(folder);
	return rc;
}

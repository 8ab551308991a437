/* calls - the system calls of lib/queue, made on the modelled disk. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "calls.h"
#include "disk.h"

#define FIRST 100
#define OPENS 64
#define OWNER 1000

struct open {
	int ino, at, locked, process;
	int unsaid;		/* an error of a sync that another one met */
};

/* A folder that is read. */
struct stream {
	int fd, count, at;
	struct dirent entry;
	char names[64][NAME_SIZE];
};

struct input input;
long long now;
static struct open opens[OPENS];
static struct stream stream;

/* -1 with errno, also for "it cannot be". */
static int
no(int error)
{
	errno = error;
	return -1;
}

#define FAIL(c, what) do { \
		int error_ = made(c, what); \
		if (error_) \
			return no(error_); \
	} while (0)

/* ---- descriptors ---- */

void
calls_close_all(int process)
{
	int i;

	for (i = 0; i < OPENS; i++)
		if (opens[i].ino && opens[i].process == process) {
			disk_closed(opens[i].ino);
			opens[i].ino = 0;
		}
}

void
calls_forget_all(void)
{
	memset(opens, 0, sizeof opens);
}

static struct open *
open_of(int fd)
{
	if (fd < FIRST || fd >= FIRST + OPENS || !opens[fd - FIRST].ino)
		return NULL;
	return &opens[fd - FIRST];
}

static const char *
shown_fd(int fd)
{
	static char text[4][32];
	static unsigned turn;
	struct open *o = open_of(fd);

	if (!shown)
		return "";
	turn = (turn + 1) % 4;
	snprintf(text[turn], 32, "%d(inode %d)", fd, o ? o->ino : 0);
	return text[turn];
}

/* The folder and the name, as an administrator would write it. */
static const char *
place(int folder, const char *name)
{
	static const char *const folders[] = { "queue", "tmp", "failed" };
	static char text[4][80];
	static unsigned turn;
	const char *in = folder == ROOT ? "" : "a removed folder";
	int i;

	if (!shown)
		return "";
	for (i = 0; i < 3; i++)
		if (disk_find(ROOT, folders[i]) == folder)
			in = folders[i];
	turn = (turn + 1) % 4;
	snprintf(text[turn], 80, "%s%s%s", in, *in ? "/" : "", name);
	return text[turn];
}

static int
new_fd(int ino)
{
	int i;

	for (i = 0; i < OPENS; i++)
		if (!opens[i].ino) {
			opens[i] = (struct open){ ino, 0, 0, running, 0 };
			disk_inode(ino)->opens++;
			return FIRST + i;
		}
	return no(EMFILE);
}

static int
folder_of(int fd)
{
	struct open *o = open_of(fd);

	return o && disk_inode(o->ino)->folder ? o->ino : 0;
}

/* A folder that was removed takes nothing. */
static int
is_gone(int folder)
{
	return folder != ROOT && disk_inode(folder)->links == 0;
}

static int
open_path(const char *path)
{
	if (strcmp(path, SPOOL_DIR))
		return no(ENOENT);	/* no control file at all */
	FAIL(CALL_openat, path);
	return new_fd(ROOT);
}

static int
create_name(int folder, const char *name, unsigned mode, int new_folder)
{
	int ino = is_gone(folder) ? 0 : disk_new(new_folder);

	if (!ino)
		return 0;
	disk_inode(ino)->mode = disk_inode(ino)->mode_before = mode;
	disk_inode(ino)->mtime = now;
	disk_set(folder, name, ino);
	return ino;
}

static int
open_name(int folder, const char *name, int how, unsigned mode)
{
	struct inode *i;
	int ino;

	FAIL(CALL_openat, place(folder, name));
	ino = strcmp(name, ".") ? disk_find(folder, name) : folder;
	if (ino && how & O_EXCL)
		return no(EEXIST);
	if (!ino && how & O_CREAT) {
		ino = create_name(folder, name, mode, 0);
		return ino ? new_fd(ino) : no(ENOENT);
	}
	if (!ino)
		return no(ENOENT);
	i = disk_inode(ino);
	if (i->fifo)
		return no(ENXIO);
	if (how & O_DIRECTORY && !i->folder)
		return no(ENOTDIR);
	if (i->folder || how & O_PATH || i->mode & 0400)
		return new_fd(ino);
	return no(EACCES);
}

int
__wrap_openat(int fd, const char *name, int how, ...)
{
	unsigned mode = 0;
	va_list ap;

	if (how & O_CREAT) {
		va_start(ap, how);
		mode = va_arg(ap, unsigned);
		va_end(ap);
	}
	if (fd == AT_FDCWD)
		return open_path(name);
	if (!folder_of(fd))
		return no(EBADF);
	return open_name(folder_of(fd), name, how, mode);
}

int
__wrap_open(const char *name, int how, ...)
{
	(void)how;
	return open_path(name);
}

int __real_close(int fd);

int
__wrap_close(int fd)
{
	struct open *o = open_of(fd);
	int error;

	if (fd < INPUT)
		return __real_close(fd);
	if (!o)
		return no(EBADF);
	error = made(CALL_close, shown_fd(fd));
	disk_closed(o->ino);
	o->ino = 0;
	return error ? no(error) : 0;
}

/* ---- data ---- */

/* As much as is there, and sometimes less. */
static int
some(size_t wanted, int there)
{
	int n = wanted < (size_t)there ? (int)wanted : there;

	return n > 1 && dice(6) == 0 ? 1 + (int)dice((unsigned)n - 1) : n;
}

ssize_t
__wrap_read(int fd, void *to, size_t wanted)
{
	int n;

	FAIL(CALL_read, "input");
	n = some(wanted, input.n - input.at);
	memcpy(to, input.text + input.at, (size_t)n);
	input.at += n;
	return fd == INPUT ? n : no(EBADF);
}

ssize_t
__wrap_pread(int fd, void *to, size_t wanted, off_t at)
{
	struct open *o = open_of(fd);
	struct inode *i = o ? disk_inode(o->ino) : NULL;
	int n;

	if (!o)
		return no(EBADF);
	FAIL(CALL_pread, shown_fd(fd));
	n = at < i->n ? some(wanted, i->n - (int)at) : 0;
	memcpy(to, i->data + at, (size_t)n);
	return n;
}

ssize_t __real_write(int fd, const void *from, size_t n);

ssize_t
__wrap_write(int fd, const void *from, size_t wanted)
{
	struct open *o = open_of(fd);
	int n;

	if (fd < INPUT)
		return __real_write(fd, from, wanted);
	if (!o)
		return no(EBADF);
	FAIL(CALL_write, shown_fd(fd));
	n = some(wanted, DATA_SIZE - disk_inode(o->ino)->n);
	if (n == 0)
		return no(ENOSPC);
	disk_write(o->ino, from, n);
	disk_inode(o->ino)->mtime = now;
	return n;
}

int
__wrap_fallocate(int fd, int mode, off_t at, off_t n)
{
	(void)mode, (void)at, (void)n;
	FAIL(CALL_fallocate, shown_fd(fd));
	return no(EOPNOTSUPP);
}

/* Every descriptor that was open then is told once. */
static void
spread_error(const struct open *o)
{
	int i;

	for (i = 0; i < OPENS; i++)
		if (&opens[i] != o && opens[i].ino == o->ino)
			opens[i].unsaid = 1;
}

int
__wrap_fsync(int fd)
{
	struct open *o = open_of(fd);
	int error;

	if (!o)
		return no(EBADF);
	error = made(CALL_fsync, shown_fd(fd));
	if (!error && o->unsaid) {
		o->unsaid = 0;
		return no(EIO);
	}
	disk_sync(o->ino, error);
	if (error == EIO)
		spread_error(o);
	return error ? no(error) : 0;
}

int
__wrap_syncfs(int fd)
{
	FAIL(CALL_fsync, shown_fd(fd));
	disk_sync_fs();
	return 0;
}

/* ---- names ---- */

int
__wrap_linkat(int from_fd, const char *from, int fd, const char *name, int how)
{
	int from_folder = folder_of(from_fd), folder = folder_of(fd);
	int error = made(CALL_linkat, place(folder, name));
	int ino = disk_find(from_folder, from);

	(void)how;
	if (error == EMLINK)
		disk_crowd(ino);
	if (error)
		return no(error);
	if (!ino || !folder || is_gone(folder))
		return no(ENOENT);
	if (disk.kind == VFAT)
		return no(EPERM);
	if (disk_find(folder, name))
		return no(EEXIST);
	disk_set(folder, name, ino);
	return 0;
}

int
__wrap_renameat(int from_fd, const char *from, int fd, const char *name)
{
	int from_folder = folder_of(from_fd), folder = folder_of(fd);

	FAIL(CALL_renameat, place(folder, name));
	if (!disk_find(from_folder, from) || !folder || is_gone(folder))
		return no(ENOENT);
	disk_rename(from_folder, from, folder, name);
	return 0;
}

static int
rename_sparing(int from_folder, const char *from, int folder, const char *name)
{
	FAIL(CALL_renameat2, place(folder, name));
	if (!disk.spares)
		return no(EINVAL);
	if (!disk_find(from_folder, from) || !folder || is_gone(folder))
		return no(ENOENT);
	if (disk_find(folder, name))
		return no(EEXIST);
	disk_rename(from_folder, from, folder, name);
	return 0;
}

long
__wrap_syscall(long number, ...)
{
	const char *from, *name;
	int from_fd, fd;
	va_list ap;

	if (number != SYS_renameat2)
		return no(ENOSYS);
	va_start(ap, number);
	from_fd = va_arg(ap, int);
	from = va_arg(ap, const char *);
	fd = va_arg(ap, int);
	name = va_arg(ap, const char *);
	va_end(ap);
	return rename_sparing(folder_of(from_fd), from, folder_of(fd), name);
}

int
__wrap_unlinkat(int fd, const char *name, int how)
{
	int folder = folder_of(fd);

	(void)how;
	FAIL(CALL_unlinkat, place(folder, name));
	if (!folder || !disk_find(folder, name))
		return no(ENOENT);
	disk_set(folder, name, 0);
	return 0;
}

static int
make_name(int fd, const char *name, enum call c)
{
	int ino, folder = folder_of(fd);

	FAIL(c, place(folder, name));
	if (disk_find(folder, name))
		return no(EEXIST);
	ino = create_name(folder, name, 0700, c == CALL_mkdirat);
	disk_inode(ino)->fifo = c == CALL_mkfifoat;
	return 0;
}

int
__wrap_mkdirat(int fd, const char *name, mode_t mode)
{
	(void)mode;
	return make_name(fd, name, CALL_mkdirat);
}

int
__wrap_mkfifoat(int fd, const char *name, mode_t mode)
{
	(void)mode;
	return make_name(fd, name, CALL_mkfifoat);
}

int
__wrap_mkdir(const char *path, mode_t mode)
{
	(void)path, (void)mode;
	return no(EEXIST);
}

/* ---- attributes ---- */

/* vfat knows no such mode and says nothing. */
int
__wrap_fchmod(int fd, mode_t mode)
{
	struct open *o = open_of(fd);

	if (!o)
		return no(EBADF);
	FAIL(CALL_fchmod, shown_fd(fd));
	if (disk.kind != VFAT)
		disk_chmod(o->ino, mode);
	return 0;
}

int
__wrap_fchmodat(int fd, const char *name, mode_t mode, int how)
{
	(void)mode, (void)how;
	FAIL(CALL_fchmodat, place(folder_of(fd), name));
	return 0;
}

int
__wrap_fchown(int fd, uid_t uid, gid_t gid)
{
	(void)uid, (void)gid;
	FAIL(CALL_fchown, shown_fd(fd));
	return no(EPERM);
}

int
__wrap_fchownat(int fd, const char *name, uid_t uid, gid_t gid, int how)
{
	(void)name, (void)how;
	return __wrap_fchown(fd, uid, gid);
}

int
__wrap_faccessat(int fd, const char *name, int mode, int how)
{
	(void)mode, (void)how;
	FAIL(CALL_faccessat, place(folder_of(fd), name));
	return 0;
}

int
__wrap_futimens(int fd, const struct timespec times[2])
{
	struct open *o = open_of(fd);

	if (!o)
		return no(EBADF);
	FAIL(CALL_futimens, shown_fd(fd));
	disk_inode(o->ino)->mtime = times[1].tv_sec;
	return 0;
}

static void
set_status(struct stat *st, int ino)
{
	struct inode *i = disk_inode(ino);

	memset(st, 0, sizeof *st);
	st->st_dev = 1;
	st->st_ino = (ino_t)ino;
	st->st_mode = i->mode | (i->folder ? S_IFDIR : i->fifo ? S_IFIFO
	    : S_IFREG);
	st->st_nlink = (nlink_t)(ino == ROOT ? 2 : i->links);
	st->st_uid = OWNER;
	st->st_size = i->n;
	st->st_mtim.tv_sec = i->mtime;
}

int
__wrap_fstat(int fd, struct stat *st)
{
	struct open *o = open_of(fd);

	if (!o)
		return no(EBADF);
	FAIL(CALL_fstat, shown_fd(fd));
	set_status(st, o->ino);
	return 0;
}

int
__wrap_fstatat(int fd, const char *name, struct stat *st, int how)
{
	int folder = folder_of(fd);

	(void)how;
	FAIL(CALL_fstatat, place(folder, name));
	if (!folder || !disk_find(folder, name))
		return no(ENOENT);
	set_status(st, disk_find(folder, name));
	return 0;
}

int
__wrap_fstatvfs(int fd, struct statvfs *st)
{
	(void)fd;
	memset(st, 0, sizeof *st);
	return 0;
}

int
__wrap_flock(int fd, int how)
{
	struct open *o = open_of(fd);
	int i;

	(void)how;
	if (!o)
		return no(EBADF);
	FAIL(CALL_flock, shown_fd(fd));
	for (i = 0; i < OPENS; i++)
		if (opens[i].ino == o->ino && opens[i].locked && &opens[i] != o)
			return no(EWOULDBLOCK);
	o->locked = 1;
	return 0;
}

/* ---- reading a folder ---- */

DIR *
__wrap_fdopendir(int fd)
{
	const char *name;

	stream.fd = fd;
	stream.count = stream.at = 0;
	while (stream.count < 64 && (name = disk_name(folder_of(fd),
	    stream.count)) != NULL)
		strcpy(stream.names[stream.count++], name);
	return (DIR *)(void *)&stream;
}

struct dirent *
__wrap_readdir(DIR *dir)
{
	int error = made(CALL_readdir, shown_fd(stream.fd));

	(void)dir;
	if (error)
		errno = error;
	if (error || stream.at == stream.count)
		return NULL;
	strcpy(stream.entry.d_name, stream.names[stream.at++]);
	return &stream.entry;
}

int
__wrap_closedir(DIR *dir)
{
	(void)dir;
	return __wrap_close(stream.fd);
}

int
__wrap_dirfd(DIR *dir)
{
	(void)dir;
	return stream.fd;
}

/* ---- who and when ---- */

pid_t
__wrap_getpid(void)
{
	return pids[running];
}

uid_t
__wrap_geteuid(void)
{
	return OWNER;
}

time_t
__wrap_time(time_t *t)
{
	if (t)
		*t = (time_t)now;
	return (time_t)now;
}

int
__wrap_clock_gettime(clockid_t clock, struct timespec *t)
{
	(void)clock;
	t->tv_sec = (time_t)now;
	t->tv_nsec = (long)dice(1000000);
	return 0;
}

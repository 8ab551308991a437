/* settle - what becomes of a queue file: whose it is, and that nothing is
 * removed, replaced or overwritten that is another's. */
#include <errno.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "../../../lib/mail/envelope.h"
#include "own.h"

static const char text[] = "a@b.c\nd@e.f\ng@h.i\nd@e.f\n\nX: y\n\n\nz";
static const struct str whole = { text, sizeof text - 1 };
static const unsigned char second[] = { 0, 1, 0 }, none[] = { 0, 0, 0 };
static struct envelope e;
static int fd = -1;

/* queue/9.9, made anew, with its time, open. */
static void
begin(void)
{
	struct timespec old[2] = { { 5, 0 }, { 1234567890, 5 } };

	close(fd);
	empty(s.queue), empty(s.failed), empty(s.tmp);
	T(put(s.queue, "9.9", whole));
	utimensat(s.queue, "9.9", old, 0);
	fd = spool_message(&s, "9.9", NULL);
	T(envelope_read(fd, &e) == 0 && e.count == 3);
}

static int
has_old_time(int folder, const char *name)
{
	struct stat st;

	return fstatat(folder, name, &st, 0) == 0
	    && st.st_mtim.tv_sec == 1234567890 && st.st_mtim.tv_nsec == 5;
}

static int
files(const char *folder)
{
	char command[128];

	snprintf(command, sizeof command,
	    "test $(ls -A %s/queue/%s | wc -l) = 0", top, folder);
	return system(command) != 0;
}

static void
opens_messages(void)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	struct stat st;
	int f;

	T(put(s.queue, "1", STR("abc")));
	f = spool_message(&s, "1", &st);
	T(f >= 0 && st.st_size == 3 && fcntl(f, F_GETFD) & FD_CLOEXEC);
	close(f);
	T(symlinkat("1", s.queue, "2") == 0);
	T(spool_message(&s, "2", NULL) == -1 && errno == EINVAL);
	T(mkfifoat(s.queue, "3", 0600) == 0);
	T(spool_message(&s, "3", NULL) == -1 && errno == EINVAL);
	T(mkdirat(s.queue, "4", 0700) == 0);
	T(spool_message(&s, "4", NULL) == -1 && errno == EINVAL);
	snprintf(sun.sun_path, sizeof sun.sun_path, "%s/queue/queue/5", top);
	f = socket(AF_UNIX, SOCK_STREAM, 0);
	T(bind(f, (struct sockaddr *)&sun, sizeof sun) == 0);
	close(f);
	T(spool_message(&s, "5", NULL) == -1 && errno == EINVAL);
	T(spool_message(&s, "6", NULL) == -1 && errno == ENOENT);
}

static void
holds_and_marks(void)
{
	struct stat st;
	int other;

	begin();
	other = spool_message(&s, "9.9", NULL);
	T(spool_hold(fd) == 0 && spool_hold(fd) == 0 && spool_hold(other) == 1);
	T(close(dup(fd)) == 0 && spool_hold(other) == 1);
	close(other);
	T(spool_hold(-1) == -1 && errno == EBADF);
	T(fstat(fd, &st) == 0 && !spool_is_marked(&st));
	T(spool_remove_marked(&s, "9.9") == 1 && exists(s.queue, "9.9"));
	T(spool_mark(fd) == 0 && fstat(fd, &st) == 0 && spool_is_marked(&st));
	T((st.st_mode & 07777) == 01000);
	T(spool_is(&s, "9.9", fd, &e) == SPOOL_SAME);
	T(spool_remove_marked(&s, "9.9") == 0 && !exists(s.queue, "9.9"));
	T(spool_remove_marked(&s, "9.9") == 0);
	T(mkdirat(s.queue, "9.9", 01000) == 0);
	T(spool_remove_marked(&s, "9.9") == 1 && exists(s.queue, "9.9"));
	begin();
	T(fchmod(fd, 01600) == 0 && spool_remove_marked(&s, "9.9") == 1);
}

/* It leaves the new file open, and locked. */
static int
rewrite(const unsigned char *keep)
{
	int now, other, rc = spool_rewrite(&s, fd, &e, keep, "9.9", &now);
	struct envelope new = { 0 };

	T((now >= 0) == (rc == 0 || rc == 1));
	if (now < 0)
		return rc;
	T(spool_is(&s, "9.9", now, NULL) == SPOOL_SAME);
	T(envelope_read(now, &new) == 0);
	envelope_free(&new);
	other = spool_message(&s, "9.9", NULL);
	T(spool_hold(other) == 1);
	close(other);
	close(now);
	return rc;
}

/* All that stands under the name but the open file stays. */
static void
names(void)
{
	begin();
	T(spool_is(&s, "9.9", fd, &e) == SPOOL_SAME);
	T(spool_is(&s, "9.9", fd, NULL) == SPOOL_SAME);
	T(spool_is(&s, "8.8", fd, &e) == SPOOL_GONE);
	T(spool_is(&s, "9.9", -1, &e) == -1 && errno == EBADF);
	T(spool_remove(&s, "9.9", fd, &e) == 0 && !exists(s.queue, "9.9"));
	T(spool_is(&s, "9.9", fd, &e) == SPOOL_GONE);
	T(spool_remove(&s, "9.9", fd, &e) == 0);
	T(rewrite(second) == 2);
	T(!exists(s.queue, "9.9"));
	T(put(s.queue, "9.9", STR("a@b.c\nx@y.z\n\n")));
	T(spool_is(&s, "9.9", fd, &e) == SPOOL_OTHER);
	T(spool_remove(&s, "9.9", fd, &e) == 1);
	T(rewrite(second) == 2);
	T(holds(s.queue, "9.9", STR("a@b.c\nx@y.z\n\n")));
	unlinkat(s.queue, "9.9", 0);
	T(symlinkat("/etc/passwd", s.queue, "9.9") == 0);
	T(spool_is(&s, "9.9", fd, &e) == SPOOL_OTHER);
	T(spool_remove(&s, "9.9", fd, &e) == 1 && exists(s.queue, "9.9"));
	T(!files("tmp"));
}

/* Where inodes change, size, time and envelope tell. */
static void
other_inodes(void)
{
	struct timespec old[2] = { { 5, 0 }, { 1234567890, 5 } };
	char other[64];

	memcpy(other, whole.p, whole.n);
	begin();
	T(renameat(s.queue, "9.9", s.tmp, "1") == 0);
	T(put(s.queue, "9.9", whole));
	T(spool_is(&s, "9.9", fd, &e) == SPOOL_OTHER);
	utimensat(s.queue, "9.9", old, 0);
	T(spool_is(&s, "9.9", fd, &e) == SPOOL_SAME);
	T(spool_is(&s, "9.9", fd, NULL) == SPOOL_OTHER);
	other[6] = 'x';
	T(put(s.queue, "9.9", (struct str){ other, whole.n }));
	utimensat(s.queue, "9.9", old, 0);
	T(spool_is(&s, "9.9", fd, &e) == SPOOL_OTHER);
	T(spool_remove(&s, "9.9", fd, &e) == 1);
}

/* Written over in place it is the same inode and other mail. */
static void
changed_in_place(void)
{
	struct buf as = { 0 };

	begin();
	T(put(s.queue, "9.9", STR("a@b.c\nd@e.f\nnew@h.i\n\nX: y\n\n\nz")));
	T(spool_is(&s, "9.9", fd, NULL) == SPOOL_SAME);
	T(spool_is(&s, "9.9", fd, &e) == SPOOL_OTHER);
	T(spool_remove(&s, "9.9", fd, &e) == 1);
	T(rewrite(second) == 2);
	T(spool_fail(&s, fd, &e, second, "9.9", &as) == -1 && errno == ESTALE);
	T(spool_fail(&s, fd, &e, NULL, "9.9", &as) == -1 && errno == ESTALE);
	T(holds(s.queue, "9.9", STR("a@b.c\nd@e.f\nnew@h.i\n\nX: y\n\n\nz")));
	T(put(s.queue, "9.9", STR("")));
	T(spool_is(&s, "9.9", fd, &e) == SPOOL_OTHER);
	T(!files("failed") && !files("tmp"));
	begin();
	T(put(s.queue, "9.9", STR("a@b.c\nd@e.f\ng@h.i\nd@e.f\n\nmore\n")));
	T(rewrite(second) == 0);
	T(holds(s.queue, "9.9", STR("a@b.c\ng@h.i\n\nmore\n")));
	buf_free(&as);
}

static void
rewrites(void)
{
	struct stat st;

	begin();
	T(rewrite(none) == -1 && errno == EINVAL);
	T(holds(s.queue, "9.9", whole));
	T(rewrite(second) == 0);
	T(holds(s.queue, "9.9", STR("a@b.c\ng@h.i\n\nX: y\n\n\nz")));
	T(has_old_time(s.queue, "9.9") && !files("tmp"));
	T(fstatat(s.queue, "9.9", &st, 0) == 0);
	T((st.st_mode & 07777) == 0600 && st.st_nlink == 1);
	T(rewrite(second) == 2);
	begin();
	T(renameat(s.root, "tmp", s.root, "t") == 0 && close(s.tmp) == 0);
	s.tmp = -1;
	T(rewrite(second) == -1 && errno == EBADF);
	T(holds(s.queue, "9.9", whole));
	T(renameat(s.root, "t", s.root, "tmp") == 0);
	spool_close(&s);
	T(create() == 0);
}

static int
fails(const unsigned char *keep, const char *as)
{
	struct buf name = { 0 };
	int ok = spool_fail(&s, fd, &e, keep, "9.9", &name) == 0
	    && !strcmp(buf_z(&name), as);

	buf_free(&name);
	return ok && holds(s.queue, "9.9", whole)
	    && has_old_time(s.failed, as) && !files("tmp");
}

/* Of that size and of the old time, but no queue file. */
static int
disguise(const char *name, off_t size)
{
	struct timespec old[2] = { { 5, 0 }, { 1234567890, 5 } };
	int f = openat(s.failed, name, O_WRONLY);
	int ok = ftruncate(f, size) == 0 && futimens(f, old) == 0;

	close(f);
	return ok;
}

static void
whole_fails(void)
{
	struct stat a, b;

	begin();
	T(put(s.failed, "9.9", STR("older")));
	T(put(s.failed, "9.9.1", STR("as long as the file of this test")));
	T(fstat(fd, &a) == 0 && disguise("9.9.1", a.st_size));
	T(fails(NULL, "9.9.2") && fails(NULL, "9.9.2"));
	T(fstatat(s.failed, "9.9.2", &b, 0) == 0 && a.st_ino == b.st_ino);
	begin();
	T(put(s.failed, "9.9", STR("older")));
	T(fails(NULL, "9.9.1") && fails(NULL, "9.9.1"));
	T(fstat(fd, &a) == 0 && fstatat(s.failed, "9.9.1", &b, 0) == 0);
	T(a.st_ino == b.st_ino && !exists(s.failed, "9.9.2"));
	T(holds(s.failed, "9.9", STR("older")));
	begin();
	T(fails(NULL, "9.9") && holds(s.failed, "9.9", whole));
}

static void
many_fail(void)
{
	struct buf as = { 0 };

	begin();
	T(spool_fail_later(&s, fd, &e, "9.9", &as) == 0);
	T(!strcmp(buf_z(&as), "9.9") && holds(s.failed, "9.9", whole));
	T(spool_fail_later(&s, fd, &e, "9.9", &as) == 0);
	T(!exists(s.failed, "9.9.1") && spool_sync_failed(&s) == 0);
	begin();
	T(unlinkat(s.queue, "9.9", 0) == 0 && put(s.queue, "9.9", STR("x")));
	T(spool_fail_later(&s, fd, &e, "9.9", &as) == -1 && errno == ESTALE);
	T(holds(s.queue, "9.9", STR("x")) && !files("failed"));
	buf_free(&as);
}

static void
part_fails(void)
{
	static const unsigned char first[] = { 1, 0, 0 };
	struct buf as = { 0 };

	begin();
	T(fails(second, "9.9.1") && fails(first, "9.9.2"));
	T(holds(s.failed, "9.9.1", STR("a@b.c\ng@h.i\n\nX: y\n\n\nz")));
	T(holds(s.failed, "9.9.2", STR("a@b.c\nd@e.f\n\nX: y\n\n\nz")));
	T(!exists(s.failed, "9.9"));
	T(fails(second, "9.9.3"));
	T(spool_fail(&s, fd, &e, none, "9.9", &as) == -1 && errno == EINVAL);
	buf_free(&as);
}

/* What has the name now is no business of the open file's. */
static void
other_fails(void)
{
	begin();
	T(renameat(s.queue, "9.9", s.root, "old") == 0);
	T(put(s.queue, "9.9", STR("a@b.c\nx@y.z\n\n")));
	T(spool_fail(&s, fd, &e, NULL, "9.9", &why) == -1 && errno == ESTALE);
	T(holds(s.queue, "9.9", STR("a@b.c\nx@y.z\n\n")) && !files("failed"));
	T(unlinkat(s.queue, "9.9", 0) == 0);
	T(spool_fail(&s, fd, &e, NULL, "9.9", &why) == -1 && errno == ESTALE);
	T(spool_fail(&s, fd, &e, second, "9.9", &why) == 0);
	T(!strcmp(buf_z(&why), "9.9.1") && has_old_time(s.failed, "9.9.1"));
	T(unlinkat(s.root, "old", 0) == 0);
}

/* failed/ is removed while the sender runs. */
static void
repairs(void)
{
	struct buf as = { 0 };

	begin();
	T(unlinkat(s.root, "failed", AT_REMOVEDIR) == 0);
	T(spool_fail(&s, fd, &e, NULL, "9.9", &as) == -1 && errno == ENOENT);
	T(spool_fail(&s, fd, &e, second, "9.9", &as) == -1 && errno == ENOENT);
	T(!files("tmp"));
	T(spool_repair(&s, &why) == 0 && fails(NULL, "9.9"));
	begin();
	T(unlinkat(s.root, "failed", AT_REMOVEDIR) == 0);
	T(symlinkat("/tmp", s.root, "failed") == 0);
	T(spool_repair(&s, &why) == -1 && s.queue >= 0);
	T(spool_is(&s, "9.9", fd, &e) == SPOOL_SAME);
	T(unlinkat(s.root, "failed", 0) == 0 && spool_repair(&s, &why) == 0);
	buf_free(&as);
}

int
main(void)
{
	own_spool();
	T(create() == 0);
	opens_messages();
	holds_and_marks();
	names();
	other_inodes();
	changed_in_place();
	rewrites();
	whole_fails();
	many_fail();
	part_fails();
	other_fails();
	repairs();
	T(spool_sync(&s) == 0);
	close(fd);
	envelope_free(&e);
	end_spool();
	return T_END();
}

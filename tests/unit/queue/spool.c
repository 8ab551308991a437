/* spool - names, moves, debris, locks, and spools that are not as they should
 * be. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../../../lib/queue/trigger.h"
#include "own.h"

static void
sets_up(void)
{
	const int folder = DEBIAN_RULES ? 0750 : 0700;
	const int failed = DEBIAN_RULES ? 0755 : 0700;
	const int trigger = DEBIAN_RULES ? 0622 : 0600;

	buf_clear(&why);
	T(spool_open(&s, &why) == -1 && errno == ENOENT && s.root == -1);
	T(strstr(buf_z(&why), "/queue: No such file") != NULL);
	umask(0777);
	T(create() == 0 && why.n == 0);
	umask(022);
	T(mode("queue") == (S_IFDIR | folder));
	T(mode("tmp") == (S_IFDIR | folder));
	T(mode("failed") == (S_IFDIR | failed));
	T(mode("trigger") == (S_IFIFO | trigger));
	T(!exists(s.queue, ".try"));
	spool_close(&s);
	T(s.root == -1 && s.queue == -1 && s.tmp == -1 && s.failed == -1);
	T(create() == 0 && why.n == 0);
}

static void
repairs_trigger(void)
{
	struct trigger t;

	unlinkat(s.root, "trigger", 0);
	T(trigger_pull(&s) == -1 && errno == ENOENT);
	T(put(s.root, "trigger", STR("x")));
	T(trigger_open(&t, &s) == -1 && errno == EINVAL && t.fd == -1);
	close(t.watch);
	T(trigger_pull(&s) == -1 && errno == EINVAL);
	T(holds(s.root, "trigger", STR("x")));
	spool_close(&s);
	T(create() == 0 && S_ISFIFO(mode("trigger")));
	unlinkat(s.root, "trigger", 0);
	T(mkdirat(s.root, "trigger", 0700) == 0);
	spool_close(&s);
	T(create() == 0 && S_ISFIFO(mode("trigger")));
	unlinkat(s.root, "trigger", 0);
	mkdirat(s.root, "trigger", 0700);
	T(mkdirat(s.root, "trigger/full", 0700) == 0);
	spool_close(&s);
	T(create() == 0 && strstr(buf_z(&why), "/trigger: ") != NULL);
	unlinkat(s.root, "trigger/full", AT_REMOVEDIR);
	spool_close(&s);
	T(create() == 0 && S_ISFIFO(mode("trigger")));
}

static void
refuses(void)
{
	spool_close(&s);
	chdir(top);
	T(rmdir("queue/failed") == 0 && symlink("/tmp", "queue/failed") == 0);
	T(create() == -1 && strstr(buf_z(&why), "failed: is not a folder"));
	T(s.root == -1);
	unlink("queue/failed");
	T(mkdir("queue/failed", 0) == 0);
	if (geteuid() != 0)
		T(create() == -1 && strstr(buf_z(&why), "owner is "));
	rmdir("queue/failed");
	T(create() == 0);
}

/* As another user, a spool of root's is refused with both names. */
static void
names_owners(void)
{
	pid_t pid;
	int status = 1;

	if (geteuid() != 0)
		return;
	chmod(top, 0755);
	chmod("queue", 0755);
	pid = fork();
	if (pid == 0) {
		if (setresuid(1234, 1234, 1234) < 0)
			_exit(2);
		_exit(!(create() == -1
		    && strstr(buf_z(&why), "/queue/queue: Permission denied "
		    "(owner is root (uid 0), mode 7")
		    && strstr(buf_z(&why), "0, you are uid 1234)")));
	}
	waitpid(pid, &status, 0);
	T(status == 0);
}

/* What root makes belongs to whom the spool belongs to. */
static void
gives_away(void)
{
	struct stat st;

	if (geteuid() != 0)
		return;
	spool_close(&s);
	rmdir("queue/failed");
	unlink("queue/trigger");
	T(chown("queue", 1234, 1235) == 0);
	T(create() == 0);
	T(fstat(s.failed, &st) == 0 && st.st_uid == 1234 && st.st_gid == 1235);
	T(stat("queue/trigger", &st) == 0 && st.st_uid == 1234);
	T(chown("queue", 0, 0) == 0);
}

static void
make_old(int folder, const char *name)
{
	struct timespec old[2] = { { 0, 0 }, { 0, 0 } };

	old[0].tv_sec = old[1].tv_sec = time(NULL) - 25 * 3600;
	T(utimensat(folder, name, old, 0) == 0);
}

static void
removes_debris(void)
{
	struct buf name = { 0 };
	int fd = spool_temporary(&s, &name);

	make_old(s.tmp, buf_z(&name));
	T(put(s.tmp, "old", STR("x")) && put(s.tmp, "new", STR("x")));
	T(mkdirat(s.tmp, "folder", 0700) == 0);
	T(put(s.queue, "1.1", STR("x")));
	make_old(s.tmp, "old");
	make_old(s.tmp, "folder");
	make_old(s.queue, "1.1");
	spool_close(&s);
	T(create() == 0 && exists(s.tmp, "old"));
	spool_clean(&s);
	T(!exists(s.tmp, "old") && exists(s.tmp, "new"));
	T(exists(s.tmp, "folder") && exists(s.queue, "1.1"));
	T(exists(s.tmp, buf_z(&name)));
	close(fd);
	spool_clean(&s);
	T(!exists(s.tmp, buf_z(&name)));
	unlinkat(s.tmp, "new", 0);
	unlinkat(s.tmp, "folder", AT_REMOVEDIR);
	unlinkat(s.queue, "1.1", 0);
	buf_free(&name);
}

static void
temporary_names(void)
{
	struct buf a = { 0 }, b = { 0 }, pid = { 0 };
	int fd = spool_temporary(&s, &a);
	struct stat st;

	buf_addu(&pid, (unsigned long long)getpid());
	T(fd >= 0 && str_eq(buf_str(&a), buf_str(&pid)));
	T(fstat(fd, &st) == 0 && (st.st_mode & 0777) == 0600);
	T(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	close(fd);
	fd = spool_temporary(&s, &b);
	T(fd >= 0 && b.n > a.n && str_starts(buf_str(&b), buf_str(&a)));
	T(strspn(buf_z(&b), "0123456789") == b.n);
	close(fd);
	unlinkat(s.tmp, buf_z(&a), 0);
	T(symlinkat("/tmp/elsewhere", s.tmp, buf_z(&a)) == 0);
	fd = spool_temporary(&s, &b);
	T(fd >= 0 && b.n > a.n && access("/tmp/elsewhere", F_OK) < 0);
	close(fd);
	buf_free(&a), buf_free(&b), buf_free(&pid);
}

static void
commits(void)
{
	struct buf name = { 0 }, again = { 0 }, want = { 0 }, t = { 0 };
	int fd = spool_temporary(&s, &t), other;

	T(write(fd, "one", 3) == 3);
	T(spool_commit(&s, fd, buf_z(&t), 1795289074, &name) == 0);
	T(!exists(s.tmp, buf_z(&t)));
	buf_fmt(&want, "1795289074.%ld", (long)getpid());
	T(str_eq(buf_str(&name), buf_str(&want)));
	T(holds(s.queue, buf_z(&name), STR("one")));
	other = spool_message(&s, buf_z(&name), NULL);
	T(spool_hold(other) == 0 && close(other) == 0 && close(fd) == 0);
	fd = spool_temporary(&s, &t);
	T(write(fd, "two", 3) == 3);
	T(spool_commit(&s, fd, buf_z(&t), 1795289074, &again) == 0);
	T(str_starts(buf_str(&again), buf_str(&want)) && again.n > want.n);
	T(strspn(buf_z(&again) + 11, "0123456789") == again.n - 11);
	T(holds(s.queue, buf_z(&name), STR("one")));
	T(holds(s.queue, buf_z(&again), STR("two")));
	T(spool_commit(&s, fd, "none", 1, &name) == -1 && errno == ENOENT);
	close(fd);
	T(spool_move(s.queue, buf_z(&again), s.failed, "x") == 0);
	T(!exists(s.queue, buf_z(&again)) && exists(s.failed, "x"));
	T(put(s.queue, "y", STR("y")));
	T(spool_move(s.queue, "y", s.failed, "x") == -1 && errno == EEXIST);
	T(holds(s.failed, "x", STR("two")) && exists(s.queue, "y"));
	buf_free(&name), buf_free(&again), buf_free(&want), buf_free(&t);
	empty(s.queue);
	empty(s.failed);
}

/* The lock goes with the process that has it. */
static int
lock_elsewhere(int wait)
{
	struct spool other;
	int status = 1;
	pid_t pid = fork();

	if (pid == 0)
		_exit(spool_open(&other, &why) < 0 ? 9
		    : spool_lock(&other, wait));
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status)
	    ? WEXITSTATUS(status) : -1;
}

static void
locks(void)
{
	int gate[2], status = 1;
	pid_t pid;
	char c;

	T(pipe(gate) == 0);
	T(lock_elsewhere(0) == 0 && lock_elsewhere(0) == 0);
	pid = fork();
	if (pid == 0) {
		close(gate[1]);
		c = (char)spool_lock(&s, 0);
		_exit(read(gate[0], &c, 1) != 0);
	}
	usleep(50000);
	T(lock_elsewhere(0) == 1);
	T(mode("lock") == (S_IFREG | 0600));
	close(gate[1]);
	T(lock_elsewhere(1) == 0);
	T(waitpid(pid, &status, 0) == pid && status == 0);
	close(gate[0]);
	T(unlinkat(s.root, "lock", 0) == 0);
	T(symlinkat("/tmp/elsewhere", s.root, "lock") == 0);
	T(lock_elsewhere(0) == 0 && access("/tmp/elsewhere", F_OK) < 0);
	T(flock(s.root, LOCK_EX) == 0 && lock_elsewhere(0) == 1);
	flock(s.root, LOCK_UN);
	T(unlinkat(s.root, "lock", 0) == 0);
}

/* A disk of its own, where mounts are to be had. */
static int
mount_disk(const char *folder, const char *size)
{
	static int private = -1;

	if (private < 0)
		private = geteuid() == 0 && unshare(CLONE_NEWNS) == 0
		    && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
	return private && mount("none", folder, "tmpfs", 0, size) == 0;
}

static void
full_disks(void)
{
	char name[] = "a";

	spool_close(&s);
	if (!mount_disk("queue", "nr_blocks=16,nr_inodes=9"))
		return;
	T(create() == 0 && why.n == 0);
	T(spool_probe(&s, 40000) == 0 && spool_probe(&s, 0) == 0);
	T(spool_probe(&s, 80000) == -1 && errno == ENOSPC);
	T(put(s.queue, "1.1", STR("x")) && put(s.queue, "1.2", STR("x")));
	while (name[0] < 'z' && put(s.root, name, STR("x")))
		name[0]++;
	T(name[0] < 'z');
	T(spool_probe(&s, 1) == -1 && errno == ENOSPC);
	spool_close(&s);
	T(create() == 0);
	T(strstr(buf_z(&why), "/queue/tmp: No space left") != NULL);
	T(spool_lock(&s, 0) == 0 && holds(s.queue, "1.1", STR("x")));
	spool_close(&s);
	T(mount(NULL, "queue", NULL, MS_REMOUNT | MS_RDONLY, NULL) == 0);
	T(create() == 0 && strstr(buf_z(&why), "Read-only") != NULL);
	T(spool_probe(&s, 1) == -1 && errno == EROFS);
	spool_close(&s);
	T(umount2("queue", MNT_DETACH) == 0);
}

/* failed/ must take what comes from queue/. */
static void
other_disks(void)
{
	if (!mount_disk("queue/failed", "nr_blocks=16"))
		return;
	T(create() == -1);
	T(strstr(buf_z(&why), "/queue/failed: not on the same file system"));
	T(umount2("queue/failed", MNT_DETACH) == 0 && create() == 0);
}

static int
count_names(void *context, const char *name)
{
	T(name[0] != '.');
	return ++*(int *)context == 3 ? 7 : 0;
}

static void
lists(void)
{
	int n = 0, fd;

	T(spool_list(&s, count_names, &n) == 0 && n == 0);
	T(put(s.queue, "1", STR("x")) && put(s.queue, "2", STR("x")));
	T(put(s.queue, ".3", STR("x")));
	T(spool_list(&s, count_names, &n) == 0 && n == 2);
	T(spool_list(&s, count_names, &n) == 7 && n == 3);
	unlinkat(s.queue, ".3", 0);
	empty(s.queue);
	T(unlinkat(s.root, "queue", AT_REMOVEDIR) == 0);
	T(spool_list(&s, count_names, &n) == -1 && errno == ENOENT);
	fd = s.queue;
	s.queue = -1;
	T(spool_list(&s, count_names, &n) == -1 && errno == EBADF);
	s.queue = fd;
	T(spool_repair(&s, &why) == 0);
	T(spool_list(&s, count_names, &n) == 0);
}

int
main(void)
{
	own_spool();
	sets_up();
	repairs_trigger();
	refuses();
	names_owners();
	gives_away();
	removes_debris();
	temporary_names();
	empty(s.tmp);
	commits();
	locks();
	lists();
	full_disks();
	other_disks();
	end_spool();
	return T_END();
}

/* spool - names, moves, copies, locks, and spools that are not as they
 * should be. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../../../lib/mail/envelope.h"
#include "../../../lib/queue/spool.h"
#include "../../../lib/queue/trigger.h"
#include "../t.h"

static char top[] = "/tmp/spool.XXXXXX";
static struct spool s;
static struct buf why;

static int
put(int folder, const char *name, struct str text)
{
	int fd = openat(folder, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	int ok = fd >= 0 && write(fd, text.p, text.n) == (ssize_t)text.n;

	close(fd);
	return ok;
}

static int
holds(int folder, const char *name, struct str want)
{
	char text[4096];
	int fd = openat(folder, name, O_RDONLY);
	ssize_t n = read(fd, text, sizeof text);

	close(fd);
	return n >= 0 && str_eq((struct str){ text, (size_t)n }, want);
}

static int
mode(const char *name)
{
	struct stat st;

	return fstatat(s.root, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ? -1
	    : (int)st.st_mode;
}

static int
exists(int folder, const char *name)
{
	return faccessat(folder, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static int
create(void)
{
	buf_clear(&why);
	return spool_create(&s, &why);
}

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
		T(create() == -1 && strstr(buf_z(&why), "owner is uid"));
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
		    "(owner is uid 0, mode 7")
		    && strstr(buf_z(&why), "0, wanted is uid 1234)")));
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
removes_debris(void)
{
	struct timespec old[2] = { { 0, 0 }, { 0, 0 } };

	old[0].tv_sec = old[1].tv_sec = time(NULL) - 25 * 3600;
	T(put(s.tmp, "old", STR("x")) && put(s.tmp, "new", STR("x")));
	T(mkdirat(s.tmp, "folder", 0700) == 0);
	T(put(s.queue, "1.1", STR("x")));
	utimensat(s.tmp, "old", old, 0);
	utimensat(s.tmp, "folder", old, 0);
	utimensat(s.queue, "1.1", old, 0);
	spool_close(&s);
	T(create() == 0);
	T(!exists(s.tmp, "old") && exists(s.tmp, "new"));
	T(exists(s.tmp, "folder") && exists(s.queue, "1.1"));
	unlinkat(s.tmp, "new", 0);
	unlinkat(s.tmp, "folder", AT_REMOVEDIR);
	unlinkat(s.queue, "1.1", 0);
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
empty(int folder)
{
	char command[128];

	snprintf(command, sizeof command, "rm -rf %s/queue/%s/*", top,
	    folder == s.queue ? "queue" : folder == s.tmp ? "tmp" : "failed");
	T(system(command) == 0);
}

static void
commits(void)
{
	struct buf name = { 0 }, again = { 0 }, want = { 0 };

	T(put(s.tmp, "t1", STR("one")) && put(s.tmp, "t2", STR("two")));
	T(spool_commit(&s, "t1", 1795289074, &name) == 0);
	buf_fmt(&want, "1795289074.%ld", (long)getpid());
	T(str_eq(buf_str(&name), buf_str(&want)));
	T(holds(s.queue, buf_z(&name), STR("one")) && !exists(s.tmp, "t1"));
	T(spool_commit(&s, "t2", 1795289074, &again) == 0);
	T(str_starts(buf_str(&again), buf_str(&want)) && again.n > want.n);
	T(strspn(buf_z(&again) + 11, "0123456789") == again.n - 11);
	T(holds(s.queue, buf_z(&name), STR("one")));
	T(holds(s.queue, buf_z(&again), STR("two")));
	T(spool_commit(&s, "t3", 1, &name) == -1 && errno == ENOENT);
	T(spool_move(s.queue, buf_z(&again), s.failed, "x") == 0);
	T(!exists(s.queue, buf_z(&again)) && exists(s.failed, "x"));
	T(put(s.queue, "y", STR("y")));
	T(spool_move(s.queue, "y", s.failed, "x") == -1 && errno == EEXIST);
	T(holds(s.failed, "x", STR("two")) && exists(s.queue, "y"));
	buf_free(&name), buf_free(&again), buf_free(&want);
	empty(s.queue);
	empty(s.failed);
}

static void
opens_messages(void)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	struct stat st;
	int fd;

	T(put(s.queue, "1", STR("abc")));
	fd = spool_message(&s, "1", &st);
	T(fd >= 0 && st.st_size == 3 && fcntl(fd, F_GETFD) & FD_CLOEXEC);
	close(fd);
	T(symlinkat("1", s.queue, "2") == 0);
	T(spool_message(&s, "2", NULL) == -1 && errno == EINVAL);
	T(mkfifoat(s.queue, "3", 0600) == 0);
	T(spool_message(&s, "3", NULL) == -1 && errno == EINVAL);
	T(mkdirat(s.queue, "4", 0700) == 0);
	T(spool_message(&s, "4", NULL) == -1 && errno == EINVAL);
	snprintf(sun.sun_path, sizeof sun.sun_path, "%s/queue/queue/5", top);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	T(bind(fd, (struct sockaddr *)&sun, sizeof sun) == 0);
	close(fd);
	T(spool_message(&s, "5", NULL) == -1 && errno == EINVAL);
	T(spool_message(&s, "6", NULL) == -1 && errno == ENOENT);
	empty(s.queue);
}

static void
copies(void)
{
	static const unsigned char second[] = { 0, 1, 0 };
	static const unsigned char none[] = { 0, 0, 0 };
	struct timespec old[2] = { { 5, 0 }, { 1234567890, 5 } };
	struct envelope e = { { 0 }, 0, 0, 0 };
	struct stat st;
	int fd;

	T(put(s.queue, "9.9",
	    STR("a@b.c\nd@e.f\ng@h.i\nd@e.f\n\nX: y\n\n\nz")));
	utimensat(s.queue, "9.9", old, 0);
	fd = spool_message(&s, "9.9", NULL);
	T(envelope_read(fd, &e) == 0 && e.count == 3);
	T(spool_copy(&s, fd, &e, none, s.queue, "9.9") == -1
	    && errno == EINVAL);
	T(spool_copy(&s, fd, &e, second, s.failed, "9.9") == 0);
	T(spool_copy(&s, fd, &e, second, s.queue, "9.9") == 0);
	T(holds(s.queue, "9.9", STR("a@b.c\ng@h.i\n\nX: y\n\n\nz")));
	T(holds(s.failed, "9.9", STR("a@b.c\ng@h.i\n\nX: y\n\n\nz")));
	T(fstatat(s.queue, "9.9", &st, 0) == 0
	    && st.st_mtim.tv_sec == 1234567890 && st.st_mtim.tv_nsec == 5);
	T((st.st_mode & 0777) == 0600);
	T(spool_copy(&s, fd, &e, second, -1, "9.9") == -1 && errno == EBADF);
	close(fd);
	envelope_free(&e);
	fd = openat(s.tmp, ".", O_RDONLY);
	T(unlinkat(s.root, "tmp", AT_REMOVEDIR) == 0);
	T(mkdirat(s.root, "tmp", 0700) == 0);
	close(fd);
	spool_close(&s);
	T(create() == 0);
	empty(s.queue);
	empty(s.failed);
}

static void
locks(void)
{
	struct spool other;
	int status = 1;
	pid_t pid;

	T(spool_lock(&s, 0) == 0 && spool_lock(&s, 0) == 0);
	T(spool_open(&other, &why) == 0 && spool_lock(&other, 0) == 1);
	pid = fork();
	if (pid == 0) {
		spool_close(&s);
		_exit(spool_lock(&other, 1));
	}
	usleep(50000);
	T(waitpid(pid, &status, WNOHANG) == 0);
	flock(s.root, LOCK_UN);
	T(waitpid(pid, &status, 0) == pid && status == 0);
	spool_close(&other);
}

static void
triggers(void)
{
	struct trigger t;
	int i, error;

	T(trigger_pull(&s) == -1 && errno == ENXIO);
	T(trigger_open(&t, &s) == 0 && fcntl(t.fd, F_GETFD) & FD_CLOEXEC);
	T(trigger_read(&t, &s, &error) == 0 && error == 0);
	T(trigger_pull(&s) == 0);
	T(trigger_read(&t, &s, &error) == 1 && error == 0 && t.fd >= 0);
	for (i = 0; i < 70000; i++)
		if (trigger_pull(&s) < 0)
			break;
	T(i == 70000);
	T(trigger_read(&t, &s, &error) == 1);
	T(trigger_replaced(&t, &s) == 0);
	unlinkat(s.root, "trigger", 0);
	T(mkfifoat(s.root, "trigger", 0600) == 0);
	T(trigger_replaced(&t, &s) == 1 && trigger_pull(&s) == 0);
	T(trigger_read(&t, &s, &error) == 1);
	unlinkat(s.root, "trigger", 0);
	T(trigger_pull(&s) == -1 && errno == ENOENT);
	T(trigger_read(&t, &s, &error) == 0 && t.fd == -1);
	T(mkfifoat(s.root, "trigger", 0600) == 0);
	close(t.watch);
}

int
main(void)
{
	char path[64];

	if (!mkdtemp(top) || chdir(top) < 0)
		return 1;
	setenv("NULLMAILER_TEST_PREFIX", top, 1);
	snprintf(path, sizeof path, "%s/queue", top);
	sets_up();
	repairs_trigger();
	refuses();
	names_owners();
	gives_away();
	removes_debris();
	temporary_names();
	empty(s.tmp);
	commits();
	opens_messages();
	copies();
	locks();
	triggers();
	spool_close(&s);
	buf_free(&why);
	snprintf(path, sizeof path, "rm -rf %s", top);
	T(system(path) == 0);
	return T_END();
}

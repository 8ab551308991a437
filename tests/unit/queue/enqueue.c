/* enqueue - what the queue program gets, and that it gets nothing whole
 * unless it is told so. */
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../../lib/queue/enqueue.h"
#include "../t.h"

static char top[] = "/tmp/enqueue.XXXXXX";
static char got[64];

/* Stand-ins for queue_main: they run in the child. */

static int
drain(const char *name)
{
	char block[4096];
	ssize_t n;
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	while ((n = read(0, block, sizeof block)) > 0)
		if (write(fd, block, (size_t)n) != n)
			return 9;
	close(fd);
	return n < 0 ? 9 : 0;
}

static int
patient(int argc, char **argv)
{
	char c;

	if (argc < 2 || strcmp(argv[1], "--confirm-fd=3") || drain(got))
		return 9;
	if (read(3, &c, 1) == 1)
		return 0;
	unlink(got);
	return 1;
}

static int
refusing(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return 18;
}

static int
deaf(int argc, char **argv)
{
	signal(SIGTERM, SIG_IGN);
	return patient(argc, argv);
}

static off_t
size_of(const char *name)
{
	struct stat st;

	return stat(name, &st) < 0 ? -1 : st.st_size;
}

static void
fill(struct enqueue *q, size_t lines)
{
	while (lines--)
		enqueue_write(q, STR("0123456789abcde\n"));
}

static void
built_in(void)
{
	struct enqueue q;
	int rc;

	T(enqueue_open(&q, 0, patient) == 0 && q.confirm >= 0);
	fill(&q, 100000);
	T(enqueue_commit(&q) == 0);
	T(size_of(got) == 1600000);
	enqueue_abort(&q);
	T(enqueue_open(&q, 0, patient) == 0);
	fill(&q, 10000);
	enqueue_abort(&q);
	usleep(20000);
	T(waitpid(-1, NULL, WNOHANG) == -1);
	T(enqueue_open(&q, 0, refusing) == 0);
	fill(&q, 100000);
	rc = enqueue_commit(&q);
	T(WIFEXITED(rc) && WEXITSTATUS(rc) == 18);
	T(enqueue_open(&q, 0, deaf) == 0);
	usleep(50000);
	enqueue_abort(&q);
	T(waitpid(-1, NULL, WNOHANG) == -1);
}

/* The producer dies: no confirmation, nothing kept. */
static void
producer_dies(void)
{
	struct enqueue q;
	pid_t pid = fork();
	int status = 0, tries = 100;

	if (pid == 0) {
		if (enqueue_open(&q, 0, patient) < 0)
			_exit(1);
		fill(&q, 5000);
		kill(getpid(), SIGKILL);
	}
	waitpid(pid, &status, 0);
	T(WIFSIGNALED(status));
	while (size_of(got) >= 0 && --tries)
		usleep(20000);
	T(tries > 0);
}

static void
script(const char *name, const char *text)
{
	FILE *f = fopen(name, "w");

	fputs(text, f);
	fclose(f);
	chmod(name, 0700);
	setenv("NULLMAILER_QUEUE", name, 1);
}

static void
foreign(void)
{
	struct enqueue q;
	int rc;

	script("program", "#!/bin/sh\necho $# >args\nexec cat >whole\n");
	T(enqueue_open(&q, 0, refusing) == 0 && q.confirm == -1);
	fill(&q, 1000);
	T(enqueue_commit(&q) == 0);
	T(size_of("whole") == 16000 && size_of("args") == 2);
	script("program", "#!/bin/sh\ncat >half\nmv half all\n");
	T(enqueue_open(&q, 0, refusing) == 0);
	fill(&q, 1000);
	enqueue_abort(&q);
	usleep(100000);
	T(size_of("all") == -1);
	script("program", "#!/bin/sh\nexec <&-\nexit 0\n");
	T(enqueue_open(&q, 0, refusing) == 0);
	fill(&q, 100000);
	rc = enqueue_commit(&q);
	T(rc == -1);
	setenv("NULLMAILER_QUEUE", "/nowhere/queue", 1);
	T(enqueue_open(&q, 0, refusing) == -1);
	unsetenv("NULLMAILER_QUEUE");
}

/* Callers such as cron may leave SIGCHLD ignored, pipes on low numbers. */
static void
odd_callers(void)
{
	struct enqueue q;

	signal(SIGCHLD, SIG_IGN);
	T(enqueue_open(&q, 0, patient) == 0);
	fill(&q, 1);
	T(enqueue_commit(&q) == 0);
	close(0);
	T(enqueue_open(&q, 0, patient) == 0);
	fill(&q, 3);
	T(enqueue_commit(&q) == 0 && size_of(got) == 48);
	close(3);
	T(enqueue_open(&q, 0, patient) == 0);
	fill(&q, 2);
	T(enqueue_commit(&q) == 0 && size_of(got) == 32);
}

/* What enqueue_open says to a process of user uid without a queue program of
 * its own, and whether it is all of uid want then. In a child, as there is no
 * way back. */
static int
here(uid_t uid, int rc, uid_t want)
{
	struct enqueue q;
	uid_t u = 0, eu = 0, su = 0;
	gid_t g = 0, eg = 0, sg = 0;
	int status = -1, root = geteuid() == 0;
	gid_t more = 7;
	pid_t pid = fork();

	if (pid == 0) {
		if (root && setgroups(1, &more) < 0)
			_exit(3);
		if (uid && (setgroups(0, NULL) < 0 ||
		    setresgid(uid, uid, uid) < 0 ||
		    setresuid(uid, uid, uid) < 0))
			_exit(3);
		if (enqueue_open(&q, 0, NULL) != rc || q.pid >= 0 || q.fd >= 0)
			_exit(4);
		getresuid(&u, &eu, &su);
		getresgid(&g, &eg, &sg);
		if (u != want || eu != want || su != want)
			_exit(5);
		_exit(root && (g != want || eg != want || sg != want ||
		    (uid != want && getgroups(0, NULL) != 0)));
	}
	waitpid(pid, &status, 0);
	return status == 0;
}

static void
in_this_process(void)
{
	struct enqueue q;

	T(mkdir("queue", 0755) == 0 && mkdir("queue/queue", 0700) == 0);
	T(here(0, 1, geteuid()));
	script("program", "#!/bin/sh\nexec cat >whole\n");
	T(enqueue_open(&q, 0, NULL) == 0 && q.pid > 0);
	T(enqueue_commit(&q) == 0);
	unsetenv("NULLMAILER_QUEUE");
	if (geteuid() == 0) {
		T(chmod(top, 0711) == 0);
		T(chown("queue/queue", 4000, 4000) == 0);
		T(here(0, 1, 4000));
		T(here(4000, 1, 4000));
		T(here(4001, 1, 4001));
		T(mkdir("sbin", 0755) == 0);
		script("sbin/nullmailer-queue", "#!/bin/sh\nexec cat >whole\n");
		unsetenv("NULLMAILER_QUEUE");
		T(enqueue_open(&q, 0, NULL) == 0 && q.pid > 0);
		T(enqueue_commit(&q) == 0);
		unlink("sbin/nullmailer-queue"), rmdir("sbin");
	}
	rmdir("queue/queue"), rmdir("queue");
}

int
main(void)
{
	signal(SIGPIPE, SIG_IGN);
	unsetenv("NULLMAILER_QUEUE");
	if (!mkdtemp(top) || chdir(top) < 0)
		return 1;
	setenv("NULLMAILER_TEST_PREFIX", top, 1);
	snprintf(got, sizeof got, "%s/got", top);
	built_in();
	producer_dies();
	foreign();
	odd_callers();
	in_this_process();
	unlink("program"), unlink("args"), unlink("whole");
	unlink("half"), unlink(got);
	T(chdir("/") == 0 && rmdir(top) == 0);
	return T_END();
}

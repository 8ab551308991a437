/* enqueue - hands a message to nullmailer-queue. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../conf/path.h"
#include "enqueue.h"
#include "owner.h"

#define FLUSH_AT (32 * 1024)

/* Time for a queue program to remove its temporary file after SIGTERM. */
#define PATIENCE_MS 2000

/* Where the child finds the second pipe. */
#define CONFIRM_FD 3

struct pipes {
	int message[2];
	int confirm[2];
};

/* How to get at the queue. */
struct plan {
	struct buf path;
	int confirms;		/* it understands --confirm-fd */
	int found;		/* it may be executed */
	int in_process;		/* no need to execute it ... */
	int root;		/* ... but to become the owner of queue/ */
	uid_t uid;
	gid_t gid;
};

static void
close_end(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void
close_pipes(struct pipes *p)
{
	int error = errno;

	close_end(&p->message[0]);
	close_end(&p->message[1]);
	close_end(&p->confirm[0]);
	close_end(&p->confirm[1]);
	errno = error;
}

/* The sender could not read a file of another user than the owner of queue/,
 * so write access is not enough. It is not checked either: the set-uid program
 * has no more access than the owner. */
static int
is_owner(struct plan *plan)
{
	struct buf folder = { 0 };
	uid_t me = geteuid();
	struct stat st;
	int found;

	path_set(&folder, PATH_SPOOL, "queue");
	found = stat(buf_z(&folder), &st) == 0;
	buf_free(&folder);
	if (!found || (me != 0 && me != st.st_uid))
		return 0;
	plan->root = me != st.st_uid;
	plan->uid = st.st_uid;
	plan->gid = st.st_gid;
	return 1;
}

static int
find_program(struct plan *plan)
{
	plan->found = access(buf_z(&plan->path), X_OK) == 0;
	return plan->found;
}

static const char variable[] = "NULLMAILER_QUEUE";

int
enqueue_is_ours(void)
{
	return !str_of(getenv(variable)).n;
}

/* A program below the test prefix was put there by a test, so it is executed.
 * Without any program the attempt is made here and reports why it fails. */
static void
make_plan(struct plan *plan)
{
	static const char built_in[] = SBIN_DIR "/nullmailer-queue";

	if (!enqueue_is_ours()) {
		buf_set(&plan->path, str_of(getenv(variable)));
		return;
	}
	plan->confirms = 1;
	path_set(&plan->path, PATH_SBIN, "nullmailer-queue");
	if (strcmp(buf_z(&plan->path), built_in) && find_program(plan))
		return;
	plan->in_process = is_owner(plan) || !find_program(plan);
}

/* Fails for root without CAP_SETUID; then the set-uid program is executed. */
static int
become_owner(const struct plan *plan)
{
	return plan->root ? owner_take(plan->uid, plan->gid) : 0;
}

/* Gives fd that number, also in a program that is executed. */
static int
renumber(int fd, int number)
{
	return fd == number ? fcntl(fd, F_SETFD, 0) : dup2(fd, number);
}

/* The pipes may have any numbers, even those they are to get. The ends for
 * reading may keep their old numbers too; the ends for writing are closed on
 * exec. */
static int
set_descriptors(struct pipes *p, int in_process)
{
	int confirm = p->confirm[0];

	if (in_process) {
		close_end(&p->message[1]);
		close_end(&p->confirm[1]);
	}
	if (confirm >= 0 && confirm < CONFIRM_FD)
		confirm = fcntl(confirm, F_DUPFD_CLOEXEC, CONFIRM_FD);
	if (renumber(p->message[0], 0) < 0 || dup2(2, 1) < 0)
		return -1;
	return confirm < 0 ? 0 : renumber(confirm, CONFIRM_FD);
}

static void
run_child(const struct plan *plan, struct pipes *p, int bare,
    int (*queue)(int argc, char **argv))
{
	static char name[] = "nullmailer-queue";
	static char confirm[] = "--confirm-fd=3";
	struct buf invoked_by = { 0 };
	static char bare_names[] = "--bare";
	char *argv[5] = { name, plan->confirms ? confirm : NULL,
		bare ? bare_names : confirm, NULL, NULL };
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGTERM, SIG_DFL);
	if (set_descriptors(p, plan->in_process) < 0)
		_exit(75);
	if (plan->in_process) {
		buf_fmt(&invoked_by, "--invoked-by=%lu",
		    (unsigned long)getuid());
		argv[3] = invoked_by.p;
		if (become_owner(plan) == 0)
			_exit(queue(4, argv));
		argv[3] = NULL;
	}
	if (!plan->confirms)	/* our own program ignores it anyway */
		signal(SIGPIPE, SIG_DFL);
	execv(buf_z(&plan->path), argv);
	_exit(errno == ENOENT ? 127 : 126);
}

/* With SIGCHLD ignored, as some callers leave it, there is no exit status. */
static void
unignore_sigchld(void)
{
	struct sigaction now;

	if (sigaction(SIGCHLD, NULL, &now) == 0
	    && now.sa_handler == SIG_IGN)
		signal(SIGCHLD, SIG_DFL);
}

static int
start_child(struct enqueue *q, const struct plan *plan, struct pipes *p,
    int bare, int (*queue)(int argc, char **argv))
{
	if (pipe2(p->message, O_CLOEXEC) < 0
	    || (plan->confirms && pipe2(p->confirm, O_CLOEXEC) < 0))
		return -1;
	unignore_sigchld();
	q->pid = fork();
	if (q->pid == 0)
		run_child(plan, p, bare, queue);
	if (q->pid < 0)
		return -1;
	q->fd = p->message[1];
	p->message[1] = -1;
	q->confirm = p->confirm[1];
	p->confirm[1] = -1;
	return 0;
}

int
enqueue_open(struct enqueue *q, int bare, int (*queue)(int argc, char **argv))
{
	struct plan plan = { .path = { 0 } };
	struct pipes pipes = { { -1, -1 }, { -1, -1 } };
	int rc = 0;

	*q = (struct enqueue){ -1, -1, -1, { 0 }, 0 };
	make_plan(&plan);
	if (plan.in_process && !queue) {
		plan.in_process = become_owner(&plan) == 0;
		rc = plan.in_process;
	} else if (!plan.in_process && !plan.found)
		rc = access(buf_z(&plan.path), X_OK);
	if (rc == 0)
		rc = start_child(q, &plan, &pipes, bare, queue);
	close_pipes(&pipes);
	buf_free(&plan.path);
	return rc;
}

static void
flush_out(struct enqueue *q)
{
	struct str rest = buf_str(&q->out);
	ssize_t n;

	while (rest.n && !q->failed) {
		n = write(q->fd, rest.p, rest.n);
		if (n > 0)
			rest = str_skip(rest, (size_t)n);
		else if (n < 0 && errno != EINTR)
			q->failed = errno;
	}
	buf_clear(&q->out);
}

void
enqueue_write(struct enqueue *q, struct str s)
{
	struct str part;

	while (s.n && !q->failed) {
		part = str_head(s, FLUSH_AT - q->out.n);
		buf_add(&q->out, part);
		s = str_skip(s, part.n);
		if (q->out.n == FLUSH_AT)
			flush_out(q);
	}
}

static int
wait_child(struct enqueue *q)
{
	int status = 0;
	pid_t pid;

	do
		pid = waitpid(q->pid, &status, 0);
	while (pid < 0 && errno == EINTR);
	q->pid = -1;
	return pid < 0 ? -1 : status;
}

static void
close_all(struct enqueue *q)
{
	close_end(&q->confirm);
	close_end(&q->fd);
	buf_free(&q->out);
}

/* The byte is sent before the end of file: all of the message is in the pipe by
 * then, so it is complete even if this process dies in between. */
int
enqueue_commit(struct enqueue *q)
{
	int status;

	flush_out(q);
	if (!q->failed && q->confirm >= 0 && write(q->confirm, "", 1) < 0)
		q->failed = errno;
	close_all(q);
	status = wait_child(q);
	if (status == 0 && q->failed) {
		errno = q->failed;
		status = -1;
	}
	return status;
}

/* The pipe stays open until the program has ended: a program that reads no
 * confirmation would take its end for the end of a complete message. */
void
enqueue_abort(struct enqueue *q)
{
	const struct timespec moment = { 0, 10 * 1000 * 1000 };
	int left = PATIENCE_MS / 10;

	if (q->pid > 0) {
		kill(q->pid, SIGTERM);
		while (waitpid(q->pid, NULL, WNOHANG) == 0 && left-- > 0)
			nanosleep(&moment, NULL);
		if (left < 0) {
			kill(q->pid, SIGKILL);
			wait_child(q);
		}
	}
	q->pid = -1;
	close_all(q);
}

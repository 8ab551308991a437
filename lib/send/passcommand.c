/* passcommand - a program that prints a password. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../base/clock.h"
#include "../base/mem.h"
#include "../base/words.h"
#include "../conf/path.h"
#include "../conf/user.h"
#include "../smtp/options.h"
#include "../smtp/secret.h"
#include "child.h"
#include "passcommand.h"

extern char **environ;

/* ---- the child ---- */

static void
clean_environment(void)
{
	struct buf home = { 0 };
	char **from, **to;

	for (from = to = environ; *from; from++)
		if (!str_starts(str_of(*from), STR("NULLMAILER_")))
			*to++ = *from;
	*to = NULL;
	if (user_home(geteuid(), &home))
		setenv("HOME", buf_z(&home), 1);
}

static void
exec_command(const char *command, int out)
{
	struct str rest = str_of(command);
	struct buf word = { 0 };
	char **argv = NULL;
	size_t n = 0;
	int in = open("/dev/null", O_RDONLY);

	setpgid(0, 0);
	if (dup2(in, 0) < 0 || dup2(out, 1) < 0 || chdir("/") < 0)
		_exit(126);
	child_clean(3);
	clean_environment();
	for (; words_next(&rest, &word); word = (struct buf){ 0 }) {
		argv = mem_resize(argv, (n + 2) * sizeof *argv);
		argv[n++] = (char *)buf_z(&word);
		argv[n] = NULL;
	}
	if (n)
		execvp(argv[0], argv);
	_exit(127);
}

/* ---- the parent ---- */

pid_t
passcommand_start(const char *command, int *fd)
{
	int out[2];
	pid_t pid;

	if (pipe2(out, O_CLOEXEC) < 0)
		return -1;
	pid = fork();
	if (pid == 0)
		exec_command(command, out[1]);
	close(out[1]);
	if (pid < 0) {
		close(out[0]);
		return -1;
	}
	setpgid(pid, pid);
	fcntl(out[0], F_SETFL, O_NONBLOCK);
	*fd = out[0];
	return pid;
}

int
passcommand_word(struct str output, int status, struct buf *secret,
    struct buf *why)
{
	const char *wrong = secret_line(output, secret);
	int code = WEXITSTATUS(status);

	if (WIFEXITED(status) && !code && !wrong)
		return 0;
	buf_wipe(secret);
	buf_add(why, STR("The passcommand "));
	if (!WIFEXITED(status))
		buf_add(why, STR("was killed, it may take 10 s"));
	else if (code == 127)
		buf_add(why, STR("was not found"));
	else if (code)
		buf_fmt(why, "ended with exit code %d", code);
	else
		buf_cat(why, STR("does not help: "), str_of(wrong));
	return -1;
}

static void
take_output(int fd, struct buf *output)
{
	char block[4096];
	ssize_t n;

	while ((n = read(fd, block, sizeof block)) > 0)
		if (output->n < 2 * sizeof block)
			buf_add(output, (struct str){ block, (size_t)n });
	explicit_bzero(block, sizeof block);
}

/* It has ended when its process has, even if its stdout is open elsewhere. The
 * wait status. */
static int
wait_for(pid_t pid, int fd, struct buf *output)
{
	long long until = clock_in(PASSCOMMAND_TIME);
	int status = 0;

	while (waitpid(pid, &status, WNOHANG) == 0) {
		take_output(fd, output);
		if (clock_left(until) == 0)
			kill(-pid, SIGKILL);
		poll(NULL, 0, 20);
	}
	kill(-pid, SIGKILL);
	take_output(fd, output);
	return status;
}

int
passcommand_run(const char *command, struct buf *secret, struct buf *why)
{
	struct buf output = { 0 };
	int fd, status, rc;
	pid_t pid = passcommand_start(command, &fd);

	if (pid < 0) {
		buf_cat(why, STR("Could not run passcommand: "),
		    str_of(strerror(errno)));
		return -1;
	}
	status = wait_for(pid, fd, &output);
	close(fd);
	rc = passcommand_word(buf_str(&output), status, secret, why);
	buf_wipe(&output);
	buf_free(&output);
	return rc;
}

/* Who may write the file, or make another one, may run what he likes. */
static int
is_ours_alone(const char *name)
{
	struct buf path = { 0 };
	struct stat st;
	int rc;

	path_set(&path, PATH_CONFIG, name);
	rc = stat(buf_z(&path), &st);
	buf_free(&path);
	return rc == 0 && !(st.st_mode & (S_IWGRP | S_IWOTH)) &&
	    (st.st_uid == 0 || st.st_uid == geteuid());
}

const char *
passcommand_forbidden(void)
{
	if (geteuid() == 0)
		return "No passcommand is run as root: the folder queue "
		    "should be another user's";
	return is_ours_alone("remotes") && is_ours_alone("") ? NULL :
	    "No passcommand is run, as others may write remotes or its "
	    "folder";
}

int
passcommand_fetch(struct options *o, struct buf *secret, struct buf *why)
{
	int rc = 0;

	if (o->passfile)
		rc = secret_read(o->passfile, secret, why);
	if (o->passcommand)
		rc = passcommand_run(o->passcommand, secret, why);
	if (o->passfile || o->passcommand)
		o->pass = buf_z(secret);
	return rc;
}

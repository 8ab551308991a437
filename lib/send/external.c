/* external - runs a protocol module that is not ours. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../base/buf.h"
#include "child.h"
#include "../base/err.h"
#include "external.h"

/* Puts descriptors where the module expects them; the sources are kept away
 * from 0 to 3 first, so that none is overwritten before its turn. */
static int
place_descriptors(int in, int out, int message)
{
	in = fcntl(in, F_DUPFD, 4);
	out = fcntl(out, F_DUPFD, 4);
	message = fcntl(message, F_DUPFD, 4);
	return in < 0 || out < 0 || message < 0 || dup2(in, 0) < 0 ||
	    dup2(out, 1) < 0 || dup2(message, 3) < 0 ? -1 : 0;
}

static void
exec_module(const char *path, int in, int out, int message, int lock,
    const char *helo)
{
	struct buf why = { 0 };
	char *const argv[] = { (char *)path, NULL };

	setpgid(0, 0);
	if (place_descriptors(in, out, message) == 0) {
		lseek(3, 0, SEEK_SET);
		child_clean(4 + (lock >= 0 && dup2(lock, 4) == 4));
		fcntl(4, F_SETFD, 0);
		setenv("HELOHOST", helo, 1);
		execv(path, argv);
	}
	buf_cat(&why, STR("Could not exec "), str_of(path), STR(": "),
	    str_of(strerror(errno)), STR("\n"));
	if (write(1, why.p, why.n) < 0)
		_exit(ERR_EXEC);
	_exit(ERR_EXEC);
}

static void
write_options(struct external *f, int fd, struct str options)
{
	struct buf text = { 0 };

	fcntl(fd, F_SETFL, O_NONBLOCK);
	buf_cat(&text, options, STR("\n"));
	f->options_cut = write(fd, text.p, text.n) != (ssize_t)text.n;
	buf_wipe(&text);
	buf_free(&text);
}

static void
close_pair(int fd[2])
{
	close(fd[0]);
	close(fd[1]);
}

int
external_start(struct external *f, const char *path, struct str options,
    int message, int lock, const char *helo)
{
	int in[2], out[2];

	if (pipe2(in, O_CLOEXEC) < 0)
		return -1;
	if (pipe2(out, O_CLOEXEC) < 0) {
		close_pair(in);
		return -1;
	}
	f->pid = fork();
	if (f->pid == 0)
		exec_module(path, in[0], out[1], message, lock, helo);
	if (f->pid < 0) {
		close_pair(in);
		close_pair(out);
		return -1;
	}
	setpgid(f->pid, f->pid);
	close(in[0]);
	close(out[1]);
	write_options(f, in[1], options);
	close(in[1]);
	fcntl(out[0], F_SETFL, O_NONBLOCK);
	f->out = out[0];
	return 0;
}

/* trigger - the FIFO spool/trigger. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../conf/path.h"
#include "spool.h"
#include "trigger.h"

static int
open_fifo(const struct spool *s, int how)
{
	struct stat st;
	int fd;

	fd = openat(s->root, "trigger",
	    how | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC);
	if (fd >= 0 && (fstat(fd, &st) < 0 || !S_ISFIFO(st.st_mode))) {
		close(fd);
		errno = EINVAL;
		fd = -1;
	}
	return fd;
}

/* A full FIFO wakes the sender as well as one more byte in it. */
int
trigger_pull(const struct spool *s)
{
	int fd = open_fifo(s, O_WRONLY);
	int error;
	ssize_t n;

	if (fd < 0)
		return -1;
	n = write(fd, "", 1);
	error = errno;
	close(fd);
	errno = error;
	return n == 1 || error == EAGAIN ? 0 : -1;
}

/* Opens the new FIFO before closing the old one: in between a writer would get
 * ENXIO. */
static int
reopen_fifo(struct trigger *t, const struct spool *s)
{
	int old = t->fd, error;

	t->fd = open_fifo(s, O_RDONLY);
	error = errno;
	if (old >= 0)
		close(old);
	errno = error;
	return t->fd < 0 ? -1 : 0;
}

int
trigger_open(struct trigger *t, const struct spool *s)
{
	struct buf path = { 0 };

	t->fd = -1;
	t->watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	path_set(&path, PATH_SPOOL, "");
	if (t->watch >= 0)
		inotify_add_watch(t->watch, buf_z(&path),
		    IN_CREATE | IN_MOVED_TO);
	buf_free(&path);
	return reopen_fifo(t, s);
}

/* A writer that leaves after its byte was read is no event. */
int
trigger_read(struct trigger *t, const struct spool *s, int *error)
{
	char bytes[1024];
	ssize_t n = read(t->fd, bytes, sizeof bytes);

	*error = n < 0 && errno != EAGAIN ? errno : 0;
	reopen_fifo(t, s);
	return n > 0;
}

int
trigger_replaced(struct trigger *t, const struct spool *s)
{
	union {
		struct inotify_event event;
		char space[4096];
	} u;
	ssize_t n = read(t->watch, &u, sizeof u);
	ssize_t at = 0;
	int replaced = 0;

	while (at + (ssize_t)sizeof u.event <= n) {
		const struct inotify_event *e = (void *)(u.space + at);

		replaced |= e->len && !strcmp(e->name, "trigger");
		at += (ssize_t)(sizeof *e + e->len);
	}
	if (replaced)
		reopen_fifo(t, s);
	return replaced;
}

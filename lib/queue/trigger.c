/* trigger - the FIFO spool/trigger. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../conf/path.h"
#include "names.h"
#include "spool.h"
#include "trigger.h"

#define NAME_ROOM 256
#define ALL "\001"

#define NEW (IN_CREATE | IN_MOVED_TO)

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
static int
pull_with(const struct spool *s, const char *byte)
{
	int fd = open_fifo(s, O_WRONLY);
	int error;
	ssize_t n;

	if (fd < 0)
		return -1;
	n = write(fd, byte, 1);
	error = errno;
	close(fd);
	errno = error;
	return n == 1 || error == EAGAIN ? 0 : -1;
}

int
trigger_pull(const struct spool *s)
{
	return pull_with(s, "");
}

int
trigger_pull_all(const struct spool *s)
{
	return pull_with(s, ALL);
}

int
trigger_has_reader(const struct spool *s)
{
	int fd = open_fifo(s, O_WRONLY);

	if (fd < 0)
		return errno == ENXIO ? 0 : -1;
	close(fd);
	return 1;
}

/* Opens the new FIFO before closing the old one: in between a writer would get
 * ENXIO. */
static int
reopen(struct trigger *t, const struct spool *s)
{
	int old = t->fd;

	t->fd = open_fifo(s, O_RDONLY);
	names_close(old);
	return t->fd < 0 ? -1 : 0;
}

/* A watch goes away with its folder, and is set on the next of that name. */
static void
set_watch(const struct trigger *t, int *id, const char *folder, uint32_t events)
{
	struct buf path = { 0 };

	if (*id >= 0 || t->watch < 0)
		return;
	path_set(&path, PATH_SPOOL, folder);
	*id = inotify_add_watch(t->watch, buf_z(&path), events | IN_ONLYDIR);
	buf_free(&path);
}

static void
set_watches(struct trigger *t)
{
	set_watch(t, &t->root, "", NEW | IN_DELETE | IN_MOVED_FROM);
	set_watch(t, &t->queue, "queue", NEW | IN_CLOSE_WRITE | IN_ATTRIB);
}

int
trigger_open(struct trigger *t, const struct spool *s)
{
	*t = (struct trigger){ .spool = s, .fd = -1, .root = -1, .queue = -1 };
	t->watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	set_watches(t);
	return reopen(t, s);
}

/* A writer that leaves after its byte was read is no event. */
int
trigger_read(struct trigger *t, const struct spool *s, int *error)
{
	char bytes[1024];
	ssize_t n = read(t->fd, bytes, sizeof bytes);

	*error = n < 0 && errno != EAGAIN ? errno : 0;
	if (n > 0 && memchr(bytes, ALL[0], (size_t)n))
		t->all = 1;
	reopen(t, s);
	return n > 0;
}

static void
note_event(struct trigger *t, const struct inotify_event *e)
{
	int lost = e->mask & (IN_Q_OVERFLOW | IN_IGNORED);
	int in_root = e->wd == t->root && e->len;

	if (lost || (in_root && !strcmp(e->name, "queue"))) {
		t->root = t->queue = -1;
		t->lost = 1;
	}
	if (lost || (in_root && !strcmp(e->name, "trigger")
	    && e->mask & (IN_CREATE | IN_MOVED_TO))) {
		t->replaced = 1;
		reopen(t, t->spool);
	}
}

/* The next event of those that were read, NULL after the last. */
static const struct inotify_event *
next_event(struct trigger *t)
{
	const struct inotify_event *e = (void *)(t->events.bytes + t->at);
	size_t left = t->n - t->at;

	if (left < sizeof *e || left - sizeof *e < e->len)
		return NULL;
	t->at += sizeof *e + e->len;
	return e;
}

/* Reads some events, unless there are some, and notes what is not a name.
 * 1 there are some, 0 there are none. */
static int
read_events(struct trigger *t)
{
	const struct inotify_event *e;
	ssize_t n;

	if (t->at < t->n)
		return 1;
	n = read(t->watch, t->events.bytes, sizeof t->events.bytes);
	t->lost |= n == 0 || (n < 0 && errno != EAGAIN);
	t->n = n > 0 ? (size_t)n : 0;
	t->at = 0;
	while ((e = next_event(t)) != NULL)
		note_event(t, e);
	t->lost |= t->at < t->n;
	t->at = 0;
	return t->n > 0;
}

/* Names that were not asked for make room. */
int
trigger_replaced(struct trigger *t, const struct spool *s)
{
	int replaced;

	t->spool = s;
	t->lost |= t->at < t->n;
	t->at = t->n;
	read_events(t);
	replaced = t->replaced;
	t->replaced = 0;
	return replaced;
}

int
trigger_name(struct trigger *t, char name[NAME_ROOM])
{
	const struct inotify_event *e;

	while (t->queue >= 0 && !t->lost) {
		e = read_events(t) ? next_event(t) : NULL;
		if (!e)
			return 0;
		if (e->wd != t->queue || !e->len || e->name[0] == '.')
			continue;
		if (strlen(e->name) < NAME_ROOM) {
			strcpy(name, e->name);
			return 1;
		}
		t->lost = 1;
	}
	t->lost = 0;
	t->n = t->at = 0;
	set_watches(t);
	return -1;
}

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
#define NAMES_KEPT 65536
#define READS_AT_ONCE 64

#define NAMES (IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO)

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
reopen(struct trigger *t, const struct spool *s)
{
	int old = t->fd, error;

	t->fd = open_fifo(s, O_RDONLY);
	error = errno;
	if (old >= 0)
		close(old);
	errno = error;
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
	set_watch(t, &t->root, "", NAMES);
	set_watch(t, &t->queue, "queue", NAMES | IN_CLOSE_WRITE | IN_ATTRIB);
}

int
trigger_open(struct trigger *t, const struct spool *s)
{
	*t = (struct trigger){ .spool = s, .fd = -1, .root = -1, .queue = -1 };
	t->watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	set_watches(t);
	return reopen(t, s);
}

void
trigger_close(struct trigger *t)
{
	names_close(t->fd);
	names_close(t->watch);
	buf_free(&t->names);
	*t = (struct trigger){ .fd = -1, .watch = -1 };
}

/* A writer that leaves after its byte was read is no event. */
int
trigger_read(struct trigger *t, const struct spool *s, int *error)
{
	char bytes[1024];
	ssize_t n = read(t->fd, bytes, sizeof bytes);

	*error = n < 0 && errno != EAGAIN ? errno : 0;
	reopen(t, s);
	return n > 0;
}

static void
lose_names(struct trigger *t)
{
	buf_clear(&t->names);
	t->at = t->last = 0;
	t->lost = 1;
}

/* Several events of one file follow each other: made, written, closed. */
static void
note_name(struct trigger *t, const char *name)
{
	size_t n = strlen(name) + 1;

	if (name[0] == '.' || (t->at < t->names.n && t->at <= t->last
	    && !strcmp(t->names.p + t->last, name)))
		return;
	if (n > NAME_ROOM || t->names.n + n > NAMES_KEPT) {
		lose_names(t);
		return;
	}
	t->last = t->names.n;
	buf_add(&t->names, (struct str){ name, n });
}

static void
on_trigger(struct trigger *t)
{
	t->replaced = 1;
	reopen(t, t->spool);
}

/* The folder that was watched may live on as long as it is open somewhere. */
static void
forget_queue(struct trigger *t)
{
	inotify_rm_watch(t->watch, t->queue);
	t->queue = -1;
	lose_names(t);
}

static void
on_root(struct trigger *t, const struct inotify_event *e)
{
	if (e->mask & IN_IGNORED) {
		t->root = -1;
		on_trigger(t);
		forget_queue(t);
	} else if (e->len && !strcmp(e->name, "queue"))
		forget_queue(t);
	else if (e->len && !strcmp(e->name, "trigger") &&
	    e->mask & (IN_CREATE | IN_MOVED_TO))
		on_trigger(t);
}

static void
on_change(struct trigger *t, const struct inotify_event *e)
{
	if (e->mask & IN_Q_OVERFLOW) {
		on_trigger(t);
		lose_names(t);
	} else if (e->wd == t->root)
		on_root(t, e);
	else if (e->wd == t->queue && e->mask & IN_IGNORED)
		forget_queue(t);
	else if (e->wd == t->queue && e->len)
		note_name(t, e->name);
}

/* Some events, perhaps not all. 1, or 0 if there were none. */
static int
read_events(struct trigger *t)
{
	union {
		struct inotify_event event;
		char space[4096];
	} u;
	ssize_t n = read(t->watch, &u, sizeof u), at = 0, size;
	const struct inotify_event *e;

	if (n < 0 && errno == EAGAIN)
		return 0;
	while (at + (ssize_t)sizeof u.event <= n) {
		e = (void *)(u.space + at);
		size = (ssize_t)(sizeof *e + e->len);
		if (size > n - at)
			break;
		on_change(t, e);
		at += size;
	}
	if (n <= 0 || at < n)
		lose_names(t);
	return 1;
}

int
trigger_replaced(struct trigger *t, const struct spool *s)
{
	t->spool = s;
	read_events(t);
	if (!t->replaced)
		return 0;
	t->replaced = 0;
	set_watches(t);
	return 1;
}

int
trigger_name(struct trigger *t, char name[NAME_ROOM])
{
	int reads = READS_AT_ONCE;

	if (t->queue < 0)
		t->lost = 1;
	while (!t->lost && t->at == t->names.n) {
		buf_clear(&t->names);
		t->at = 0;
		if (!reads-- || !read_events(t))
			return 0;
	}
	if (!t->lost) {
		strcpy(name, t->names.p + t->at);
		t->at += strlen(name) + 1;
		return 1;
	}
	set_watches(t);
	lose_names(t);
	t->lost = 0;
	return -1;
}

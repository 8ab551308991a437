/* mailq - list the messages in the queue.
 *
 * Installed set-uid to the owner of the spool, so that all users can see what
 * waits: envelopes and sizes, never a header or a body. Other programs parse
 * the layout: nothing is printed for an empty queue, and complaints go to
 * stdout. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../lib/base/chr.h"
#include "../lib/base/date.h"
#include "../lib/base/mem.h"
#include "../lib/conf/path.h"
#include "../lib/mail/envelope.h"
#include "../lib/queue/spool.h"
#include "../lib/queue/status.h"
#include "applets.h"
#include "cli.h"

/* Bytes that are shown of a file that is no valid message. */
#define JUNK_MAX 4096

#define FLUSH_AT (32 * 1024)
#define FOLDER (O_RDONLY | O_DIRECTORY | O_CLOEXEC)

struct entry {
	long long seconds;
	char *name;
};

struct entries {
	struct entry *list;
	size_t n, cap;
};

/* Lines of the status file by id. */
struct status_index {
	struct buf text;
	struct status *list;
	size_t n, cap;
};

static int
by_time(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->seconds != y->seconds)
		return x->seconds < y->seconds ? -1 : 1;
	return strcmp(x->name, y->name);
}

static int
compare_ids(struct str a, struct str b)
{
	int rc = memcmp(a.p, b.p, a.n < b.n ? a.n : b.n);

	return rc ? rc : (a.n > b.n) - (a.n < b.n);
}

static int
by_id(const void *a, const void *b)
{
	const struct status *x = a, *y = b;

	return compare_ids(x->id, y->id);
}

/* Doubles a list that is full. */
static void *
grow(void *list, size_t n, size_t *cap, size_t size)
{
	if (n < *cap)
		return list;
	*cap = *cap * 2 + 16;
	return mem_resize(list, *cap * size);
}

static void
read_names(DIR *dir, struct entries *e)
{
	struct dirent *d;

	while ((d = readdir(dir)) != NULL) {
		if (d->d_name[0] == '.')
			continue;
		e->list = grow(e->list, e->n, &e->cap, sizeof e->list[0]);
		e->list[e->n].seconds = spool_seconds(d->d_name);
		e->list[e->n].name = strdup(d->d_name);
		if (!e->list[e->n++].name)
			mem_out();
	}
	if (e->n)
		qsort(e->list, e->n, sizeof e->list[0], by_time);
}

static void
read_status(int root, struct status_index *k)
{
	struct str rest;

	status_read(root, &k->text);
	rest = buf_str(&k->text);
	do
		k->list = grow(k->list, k->n, &k->cap, sizeof k->list[0]);
	while (status_next(&rest, &k->list[k->n]) == 1 && ++k->n);
	if (k->n)
		qsort(k->list, k->n, sizeof k->list[0], by_id);
}

/* The output may go to a terminal, so control bytes are replaced. */
static void
put_clean(struct buf *out, struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		buf_addc(out, chr_is(s.p[i], CHR_CTL) ? '?' : s.p[i]);
}

static void
put_status(struct buf *out, const struct status_index *k, const char *name)
{
	struct status key = { .id = str_of(name) };
	const struct status *s = NULL;

	if (k->n)
		s = bsearch(&key, k->list, k->n, sizeof key, by_id);
	if (!s || s->attempts == 0)
		return;
	buf_add(out, STR("  "));
	put_clean(out, s->id);
	buf_fmt(out, " tried %lu time%s", s->attempts,
	    s->attempts == 1 ? "" : "s");
	if (s->next) {
		buf_add(out, STR(", next "));
		date_iso(out, (time_t)s->next);
	}
	if (s->remote.n) {
		buf_add(out, STR(", last: "));
		put_clean(out, s->remote);
		buf_add(out, STR(": "));
		put_clean(out, s->text);
	}
	buf_addc(out, '\n');
}

/* The envelope of a message, or the first lines of a file that is none. */
static void
read_head(int fd, struct envelope *e)
{
	const char *end;
	ssize_t n;

	if (envelope_read(fd, e) == 0)
		return;
	buf_clear(&e->text);
	n = pread(fd, buf_room(&e->text, JUNK_MAX), JUNK_MAX, 0);
	e->text.n = n > 0 ? (size_t)n : 0;
	end = e->text.n ? memmem(e->text.p, e->text.n, "\n\n", 2) : NULL;
	if (end)
		e->text.n = (size_t)(end - e->text.p);
}

static void
add_message(struct buf *out, int fd, const struct status_index *k,
    const char *name)
{
	struct envelope e = { { 0 }, 0, 0, 0 };
	struct str rest, line;

	if (fd >= 0)
		read_head(fd, &e);
	rest = buf_str(&e.text);
	if (rest.n) {
		buf_add(out, STR(" from <"));
		put_clean(out, str_cut(&rest, '\n'));
		buf_addc(out, '>');
	}
	buf_addc(out, '\n');
	put_status(out, k, name);
	while (rest.n) {
		line = str_cut(&rest, '\n');
		if (line.n == 0)
			continue;
		buf_add(out, STR("  to <"));
		put_clean(out, line);
		buf_add(out, STR(">\n"));
	}
	envelope_free(&e);
}

static void
list_entry(struct buf *out, const struct spool *s, const struct status_index *k,
    const struct entry *e)
{
	struct stat st;
	int fd = spool_message(s, e->name, &st);

	if (fd < 0) {
		if (errno == EINVAL || errno == ENOENT)
			return;
		if (fstatat(s->queue, e->name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			st.st_size = -1;
		else if (!S_ISREG(st.st_mode))
			return;
	}
	date_iso(out, (time_t)e->seconds);
	if (st.st_size < 0)
		buf_add(out, STR(" ????? bytes"));
	else
		buf_fmt(out, " %lld bytes", (long long)st.st_size);
	add_message(out, fd, k, e->name);
	if (fd >= 0)
		close(fd);
}

static int
complain(const char *text)
{
	struct buf line = { 0 }, path = { 0 };
	const char *reason = strerror(errno);

	path_set(&path, PATH_SPOOL, "queue");
	buf_cat(&line, str_of(text), STR(" ("), buf_str(&path), STR(": "),
	    str_of(reason), STR(")\n"));
	str_write(1, buf_str(&line));
	buf_free(&path);
	buf_free(&line);
	return 1;
}

static int
list_messages(DIR *dir, int root)
{
	struct spool s = { -1, dirfd(dir), -1, -1 };
	struct entries e = { NULL, 0, 0 };
	struct status_index k = { { 0 }, NULL, 0, 0 };
	struct buf out = { 0 };
	size_t i;
	int rc = 0;

	read_names(dir, &e);
	if (e.n)
		read_status(root, &k);
	for (i = 0; i < e.n && rc == 0; i++) {
		list_entry(&out, &s, &k, &e.list[i]);
		if (out.n >= FLUSH_AT || i + 1 == e.n) {
			rc = str_write(1, buf_str(&out));
			buf_clear(&out);
		}
	}
	for (i = 0; i < e.n; i++)
		free(e.list[i].name);
	free(e.list);
	free(k.list);
	buf_free(&k.text);
	buf_free(&out);
	return rc < 0;
}

int
mailq_main(int argc, char **argv)
{
	struct buf path = { 0 };
	DIR *dir = NULL;
	int root, queue, readable, rc;

	(void)argc;
	(void)argv;
	cli_begin("mailq");
	path_set(&path, PATH_SPOOL, "");
	root = open(buf_z(&path), O_PATH | O_DIRECTORY | O_CLOEXEC);
	buf_free(&path);
	queue = root < 0 ? -1 : openat(root, "queue",
	    O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (root < 0 || queue < 0)
		return complain("Cannot change directory to queue.");
	readable = openat(queue, ".", FOLDER);
	dir = readable < 0 ? NULL : fdopendir(readable);
	if (!dir)
		return complain("Cannot open queue directory.");
	rc = list_messages(dir, root);
	closedir(dir);
	close(queue);
	close(root);
	return rc;
}

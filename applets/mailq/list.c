/* list - the messages of one folder of the spool. Other programs parse the
 * layout of the plain listing. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../../lib/base/chr.h"
#include "../../lib/base/date.h"
#include "../../lib/base/json.h"
#include "../../lib/base/mem.h"
#include "../../lib/mail/envelope.h"
#include "../../lib/queue/spool.h"
#include "../../lib/queue/status.h"
#include "mailq.h"

/* Bytes that are shown of a file that is no valid message. */
#define JUNK_MAX 4096

#define HEADER_MAX 65536

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
read_status(int root, const char *file, struct status_index *k)
{
	struct str rest;

	status_read(root, file, &k->text);
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

static const struct status *
status_of(const struct status_index *k, const char *name)
{
	struct status key = { .id = str_of(name) };

	return k->n ? bsearch(&key, k->list, k->n, sizeof key, by_id) : NULL;
}

/* Also of one that was not tried, as its remote is of no use. */
static void
put_status(struct buf *out, const struct status *s)
{
	if (!s || (s->attempts == 0 && !s->text.n))
		return;
	buf_add(out, STR("  "));
	put_clean(out, s->id);
	if (s->attempts)
		buf_fmt(out, " tried %lu time%s", s->attempts,
		    s->attempts == 1 ? "" : "s");
	else
		buf_add(out, STR(" not tried"));
	if (s->next) {
		buf_add(out, STR(", next "));
		date_iso(out, (time_t)s->next);
	}
	if (s->text.n) {
		buf_add(out, STR(", last: "));
		put_clean(out, s->remote);
		buf_add(out, s->remote.n ? STR(": ") : STR(""));
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
put_plain(struct buf *out, const struct status *s, struct str envelope)
{
	struct str line;

	if (envelope.n) {
		buf_add(out, STR(" from <"));
		put_clean(out, str_cut(&envelope, '\n'));
		buf_addc(out, '>');
	}
	buf_addc(out, '\n');
	put_status(out, s);
	while (envelope.n) {
		line = str_cut(&envelope, '\n');
		if (line.n == 0)
			continue;
		buf_add(out, STR("  to <"));
		put_clean(out, line);
		buf_add(out, STR(">\n"));
	}
}

static void
put_object(struct buf *out, const struct listing *l, const char *name,
    const struct stat *st, const struct status *s, struct str envelope)
{
	static const struct status none;

	if (!s)
		s = &none;
	json_begin(out, '{');
	json_text(out, "id", str_of(name));
	json_text(out, "state", str_of(l->state));
	json_number(out, "time", spool_seconds(name));
	json_number(out, "age", (long long)time(NULL) - st->st_mtime);
	json_number(out, "size", (long long)st->st_size);
	json_text(out, "sender", str_cut(&envelope, '\n'));
	json_key(out, "recipients");
	json_begin(out, '[');
	while (envelope.n) {
		struct str line = str_cut(&envelope, '\n');

		if (!line.n)
			continue;
		json_begin(out, '{');
		json_text(out, "address", line);
		json_end(out, '}');
	}
	json_end(out, ']');
	json_number(out, "attempts", (long long)s->attempts);
	json_number(out, "last", s->last);
	json_number(out, "next", s->next);
	json_text(out, "host", s->remote);
	json_number(out, "code", s->code);
	json_text(out, "reply", s->text);
	json_end(out, '}');
	buf_addc(out, '\n');
}

/* The header; a body is not shown. */
static void
put_header(struct buf *out, int fd, off_t at)
{
	static struct buf block;
	struct str rest, line;
	ssize_t n = pread(fd, buf_room(&block, HEADER_MAX), HEADER_MAX, at);

	rest = (struct str){ block.p, n > 0 ? (size_t)n : 0 };
	while (rest.n && (line = str_cut(&rest, '\n')).n) {
		buf_add(out, STR("  "));
		put_clean(out, line);
		buf_addc(out, '\n');
	}
}

static void
add_message(struct buf *out, const struct listing *l, int fd,
    const struct status_index *k, const char *name, const struct stat *st)
{
	struct envelope e = { 0 };

	if (fd >= 0)
		read_head(fd, &e);
	if (l->json)
		put_object(out, l, name, st, status_of(k, name),
		    buf_str(&e.text));
	else
		put_plain(out, status_of(k, name), buf_str(&e.text));
	if (l->only && fd >= 0 && e.body)
		put_header(out, fd, e.body);
	envelope_free(&e);
}

static void
list_entry(struct buf *out, const struct listing *l, const struct spool *s,
    const struct status_index *k, const struct entry *e)
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
	if (!l->json) {
		date_iso(out, (time_t)e->seconds);
		if (st.st_size < 0)
			buf_add(out, STR(" ????? bytes"));
		else
			buf_fmt(out, " %lld bytes", (long long)st.st_size);
	}
	add_message(out, l, fd, k, e->name, &st);
	if (fd >= 0)
		close(fd);
}

/* Whose files are sorted by their own names. */
static int
list_messages(const struct listing *l, DIR *dir, int root)
{
	struct spool s = { -1, dirfd(dir), -1, -1 };
	struct entries e = { NULL, 0, 0 };
	struct status_index k = { { 0 }, NULL, 0, 0 };
	struct buf out = { 0 };
	size_t i, n = 0;
	int rc = 0;

	read_names(dir, &e);
	if (e.n)
		read_status(root, l->status, &k);
	for (i = 0; i < e.n && rc == 0; i++) {
		if (l->only && strcmp(l->only, e.list[i].name))
			continue;
		n++;
		list_entry(&out, l, &s, &k, &e.list[i]);
		if (out.n >= FLUSH_AT) {
			rc = str_write(1, buf_str(&out));
			buf_clear(&out);
		}
	}
	if (rc == 0)
		rc = str_write(1, buf_str(&out));
	for (i = 0; i < e.n; i++)
		free(e.list[i].name);
	free(e.list);
	free(k.list);
	buf_free(&k.text);
	buf_free(&out);
	return rc < 0 ? -1 : n > 0;
}

int
list_folder(const struct listing *l, int root)
{
	int rc, folder = openat(root, l->folder, FOLDER | O_NOFOLLOW);
	DIR *dir = folder < 0 ? NULL : fdopendir(folder);

	if (!dir)
		return -1;
	rc = list_messages(l, dir, root);
	closedir(dir);
	return rc < 0 ? -2 : rc;
}

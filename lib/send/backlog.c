/* backlog - the messages that wait in queue/, as the sender remembers them. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backlog.h"
#include "../base/chr.h"
#include "../base/err.h"
#include "../base/mem.h"
#include "../queue/spool.h"
#include "../queue/status.h"

/* What the list is in the order of. */
struct key {
	long long when;
	const char *name;
};

static int
compare_keys(const struct key *x, const struct key *y)
{
	if (x->when != y->when)
		return x->when < y->when ? -1 : 1;
	return strcmp(x->name, y->name);
}

static struct key
key_of(const void *element)
{
	const struct waiting *w = *(struct waiting *const *)element;

	return (struct key){ w->when, w->name };
}

static int
compare_messages(const void *a, const void *b)
{
	struct key x = key_of(a), y = key_of(b);

	return compare_keys(&x, &y);
}

static int
compare_key(const void *key, const void *b)
{
	struct key y = key_of(b);

	return compare_keys(key, &y);
}

/* The list is in order up to count. */
static struct waiting *
find_name(const struct backlog *b, size_t count, const char *name)
{
	struct key key = { spool_seconds(name), name };
	struct waiting **found = count ? bsearch(&key, b->list, count,
	    sizeof *b->list, compare_key) : NULL;

	return found ? *found : NULL;
}

static void
forget_outcome(struct waiting *w)
{
	if (!w->outcome)
		return;
	buf_free(&w->outcome->remote);
	buf_free(&w->outcome->text);
	free(w->outcome->keep);
	free(w->outcome);
	w->outcome = NULL;
}

static void
free_message(struct waiting *w)
{
	forget_outcome(w);
	free(w);
}

static int
clamp(long long seconds)
{
	if (seconds > INT_MAX)
		return INT_MAX;
	return seconds < INT_MIN ? INT_MIN : (int)seconds;
}

static void
add_new(struct backlog *b, const char *name, const struct stat *st,
    long long now)
{
	size_t n = offsetof(struct waiting, name) + strlen(name) + 1;
	struct waiting *w = mem_new(1, n > sizeof *w ? n : sizeof *w);

	strcpy(w->name, name);
	w->when = spool_seconds(name);
	w->mtime = st->st_mtime;
	w->seen = 1;
	if (w->mtime < BUILD_DATE || w->mtime > now)
		w->credit = clamp(now - w->mtime);
	if ((b->count & (b->count - 1)) == 0)
		b->list = mem_resize(b->list,
		    (b->count ? b->count * 2 : 1) * sizeof *b->list);
	b->list[b->count++] = w;
}

static int
is_plain(const char *name)
{
	while (*name && !chr_is(*name, CHR_CTL))
		name++;
	return !*name;
}

static void
note_skipped(struct buf *notes, struct str why, const char *name)
{
	buf_add(notes, why);
	buf_clean(notes, str_of(name), 255);
	buf_add(notes, STR(", skipping.\n"));
}

/* A name with control bytes would write its own lines into logs; whoever made
 * it made no message. */
static void
see(struct backlog *b, size_t known, const struct spool *s, const char *name,
    long long now, struct buf *notes)
{
	struct waiting *w;
	struct stat st;

	if (name[0] == '.')
		return;
	w = find_name(b, known, name);
	if (w) {
		w->seen = 1;
	} else if (fstatat(s->queue, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		note_skipped(notes, STR("Could not stat "), name);
	} else {
		add_new(b, name, &st, now);
		if (!is_plain(name)) {
			b->list[b->count - 1]->state = WAITING_BAD;
			note_skipped(notes, STR("Strange name "), name);
		}
	}
}

/* The power of two that add counts on. */
static void
fit(struct backlog *b)
{
	size_t room = 1;

	while (room < b->count)
		room *= 2;
	b->list = mem_resize(b->list, room * sizeof *b->list);
}

void
backlog_sweep(struct backlog *b)
{
	size_t i, kept = 0;

	for (i = 0; i < b->count; i++) {
		struct waiting *w = b->list[i];

		if (w->state == WAITING_GONE ||
		    (!w->seen && w->state != WAITING_BUSY)) {
			free_message(w);
		} else {
			w->index = (unsigned)kept;
			b->list[kept++] = w;
		}
	}
	b->count = kept;
	fit(b);
}

static DIR *
open_queue(const struct spool *s)
{
	int fd = openat(s->queue, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);

	if (!d && fd >= 0)
		close(fd);
	return d;
}

int
backlog_scan(struct backlog *b, const struct spool *s, long long now,
    struct buf *notes)
{
	DIR *d = open_queue(s);
	struct dirent *entry;
	size_t known = b->count, i;

	if (!d)
		return -1;
	for (i = 0; i < known; i++)
		b->list[i]->seen = 0;
	errno = 0;
	while ((entry = readdir(d)) != NULL)
		see(b, known, s, entry->d_name, now, notes);
	closedir(d);
	backlog_sweep(b);
	qsort(b->list, b->count, sizeof *b->list, compare_messages);
	for (i = 0; i < b->count; i++)
		b->list[i]->index = (unsigned)i;
	return 0;
}

size_t
backlog_size(const struct backlog *b)
{
	size_t i, n = 0;

	for (i = 0; i < b->count; i++)
		n += b->list[i]->state == WAITING_READY ||
		    b->list[i]->state == WAITING_BUSY;
	return n;
}

long long
backlog_age(const struct waiting *w, long long now)
{
	long long age = now - w->mtime - w->credit;

	return age > 0 ? age : 0;
}

void
backlog_clock_jumped(struct backlog *b, long long seconds)
{
	size_t i;

	for (i = 0; i < b->count; i++)
		b->list[i]->credit = clamp(b->list[i]->credit + seconds);
}

static struct outcome *
outcome_of(struct waiting *w)
{
	if (!w->outcome)
		w->outcome = mem_new(1, sizeof *w->outcome);
	return w->outcome;
}

void
backlog_keep(struct waiting *w, unsigned char *mask)
{
	struct outcome *o = outcome_of(w);

	free(o->keep);
	o->keep = mask;
}

void
backlog_failed(struct waiting *w, struct str remote, int code,
    struct str text, long long now)
{
	struct outcome *o = outcome_of(w);

	o->attempts++;
	o->last = now;
	if (!o->first)
		o->first = now;
	o->code = code;
	buf_set(&o->remote, remote);
	buf_set(&o->text, text);
}

void
backlog_status(const struct backlog *b, long long next, struct buf *out)
{
	size_t i;

	for (i = 0; i < b->count; i++) {
		const struct waiting *w = b->list[i];
		struct status s = { 0 };

		if (w->state == WAITING_GONE || w->state == WAITING_BAD)
			continue;
		s.id = str_of(w->name);
		s.next = next;
		s.credit = w->credit;
		s.warned = w->warned;
		if (w->outcome) {
			s.attempts = w->outcome->attempts;
			s.first = w->outcome->first;
			s.last = w->outcome->last;
			s.remote = buf_str(&w->outcome->remote);
			s.code = w->outcome->code;
			s.text = buf_str(&w->outcome->text);
		}
		status_add(out, &s);
	}
}

/* What was written by a clock that stood before the build date, and is read
 * by one that does not, counts as far as that clock had got. */
static void
recall_credit(struct waiting *w, const struct status *s)
{
	long long now = w->mtime + w->credit;
	long long age = s->next - w->mtime - s->credit;

	w->credit = clamp(s->next < BUILD_DATE && now >= BUILD_DATE ?
	    w->credit - age : s->credit);
}

void
backlog_recall(struct backlog *b, struct str status)
{
	struct buf name = { 0 };
	struct status s;
	struct waiting *w;

	while (status_next(&status, &s)) {
		buf_set(&name, s.id);
		w = find_name(b, b->count, buf_z(&name));
		if (!w)
			continue;
		if (s.attempts) {
			backlog_failed(w, s.remote, s.code, s.text, s.last);
			w->outcome->attempts = (unsigned)s.attempts;
			w->outcome->first = s.first;
		}
		recall_credit(w, &s);
		w->late = s.code == ERR_PROTOCOL || s.code == ERR_TIMED_OUT;
		w->warned = s.warned != 0;
	}
	buf_free(&name);
}

void
backlog_free(struct backlog *b)
{
	size_t i;

	for (i = 0; i < b->count; i++)
		free_message(b->list[i]);
	free(b->list);
	*b = (struct backlog){ 0 };
}

/* messages - the messages that wait in queue/, as the sender remembers them. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "messages.h"
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
	const struct message *m = *(struct message *const *)element;

	return (struct key){ m->when, m->name };
}

static int
compare_messages(const void *a, const void *q)
{
	struct key x = key_of(a), y = key_of(q);

	return compare_keys(&x, &y);
}

static int
compare_key(const void *key, const void *q)
{
	struct key y = key_of(q);

	return compare_keys(key, &y);
}

/* The list is in order up to count. */
static struct message *
find_name(const struct messages *q, size_t count, const char *name)
{
	struct key key = { spool_seconds(name), name };
	struct message **found = count ? bsearch(&key, q->list, count,
	    sizeof *q->list, compare_key) : NULL;

	return found ? *found : NULL;
}

static void
free_attempt(struct message *m)
{
	if (!m->attempt)
		return;
	buf_free(&m->attempt->remote);
	buf_free(&m->attempt->text);
	free(m->attempt->keep);
	free(m->attempt);
	m->attempt = NULL;
}

static void
free_message(struct message *m)
{
	free_attempt(m);
	free(m);
}

static int
clamp(long long seconds)
{
	if (seconds > INT_MAX)
		return INT_MAX;
	return seconds < INT_MIN ? INT_MIN : (int)seconds;
}

static void
add_new(struct messages *q, const char *name, const struct stat *st,
    long long now)
{
	size_t n = offsetof(struct message, name) + strlen(name) + 1;
	struct message *m = mem_new(1, n > sizeof *m ? n : sizeof *m);

	strcpy(m->name, name);
	m->when = spool_seconds(name);
	m->mtime = st->st_mtime;
	m->seen = 1;
	if (m->mtime < BUILD_DATE || m->mtime > now)
		m->credit = clamp(now - m->mtime);
	if ((q->count & (q->count - 1)) == 0)
		q->list = mem_resize(q->list,
		    (q->count ? q->count * 2 : 1) * sizeof *q->list);
	q->list[q->count++] = m;
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
see(struct messages *q, size_t known, const struct spool *s, const char *name,
    long long now, struct buf *notes)
{
	struct message *m;
	struct stat st;

	if (name[0] == '.')
		return;
	m = find_name(q, known, name);
	if (m) {
		m->seen = 1;
	} else if (fstatat(s->queue, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		note_skipped(notes, STR("Could not stat "), name);
	} else {
		add_new(q, name, &st, now);
		if (!is_plain(name)) {
			q->list[q->count - 1]->state = MESSAGE_BAD;
			note_skipped(notes, STR("Strange name "), name);
		}
	}
}

/* The power of two that add counts on. */
static void
fit(struct messages *q)
{
	size_t room = 1;

	while (room < q->count)
		room *= 2;
	q->list = mem_resize(q->list, room * sizeof *q->list);
}

void
messages_sweep(struct messages *q)
{
	size_t i, kept = 0;

	for (i = 0; i < q->count; i++) {
		struct message *m = q->list[i];

		if (m->state == MESSAGE_GONE ||
		    (!m->seen && m->state != MESSAGE_BUSY)) {
			free_message(m);
		} else {
			m->index = (unsigned)kept;
			q->list[kept++] = m;
		}
	}
	q->count = kept;
	fit(q);
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
messages_scan(struct messages *q, const struct spool *s, long long now,
    struct buf *notes)
{
	DIR *d = open_queue(s);
	struct dirent *entry;
	size_t known = q->count, i;

	if (!d)
		return -1;
	for (i = 0; i < known; i++)
		q->list[i]->seen = 0;
	errno = 0;
	while ((entry = readdir(d)) != NULL)
		see(q, known, s, entry->d_name, now, notes);
	closedir(d);
	messages_sweep(q);
	qsort(q->list, q->count, sizeof *q->list, compare_messages);
	for (i = 0; i < q->count; i++)
		q->list[i]->index = (unsigned)i;
	return 0;
}

size_t
messages_size(const struct messages *q)
{
	size_t i, n = 0;

	for (i = 0; i < q->count; i++)
		n += q->list[i]->state == MESSAGE_READY ||
		    q->list[i]->state == MESSAGE_BUSY;
	return n;
}

long long
message_age(const struct message *m, long long now)
{
	long long age = now - m->mtime - m->credit;

	return age > 0 ? age : 0;
}

void
messages_clock_jumped(struct messages *q, long long seconds)
{
	size_t i;

	for (i = 0; i < q->count; i++)
		q->list[i]->credit = clamp(q->list[i]->credit + seconds);
}

static struct attempt *
attempt_of(struct message *m)
{
	if (!m->attempt)
		m->attempt = mem_new(1, sizeof *m->attempt);
	return m->attempt;
}

void
message_keep(struct message *m, unsigned char *mask)
{
	struct attempt *o = attempt_of(m);

	free(o->keep);
	o->keep = mask;
}

void
message_failed(struct message *m, struct str remote, int code,
    struct str text, long long now)
{
	struct attempt *o = attempt_of(m);

	o->attempts++;
	o->last = now;
	if (!o->first)
		o->first = now;
	o->code = code;
	buf_set(&o->remote, remote);
	buf_set(&o->text, text);
}

void
messages_status(const struct messages *q, long long next, struct buf *out)
{
	size_t i;

	for (i = 0; i < q->count; i++) {
		const struct message *m = q->list[i];
		struct status s = { 0 };

		if (m->state == MESSAGE_GONE || m->state == MESSAGE_BAD)
			continue;
		s.id = str_of(m->name);
		s.next = next;
		s.credit = m->credit;
		s.warned = m->warned;
		if (m->attempt) {
			s.attempts = m->attempt->attempts;
			s.first = m->attempt->first;
			s.last = m->attempt->last;
			s.remote = buf_str(&m->attempt->remote);
			s.code = m->attempt->code;
			s.text = buf_str(&m->attempt->text);
		}
		status_add(out, &s);
	}
}

/* What was written by a clock that stood before the build date, and is read
 * by one that does not, counts as far as that clock had got. */
static void
recall_credit(struct message *m, const struct status *s)
{
	long long now = m->mtime + m->credit;
	long long age = s->next - m->mtime - s->credit;

	m->credit = clamp(s->next < BUILD_DATE && now >= BUILD_DATE ?
	    m->credit - age : s->credit);
}

void
messages_recall(struct messages *q, struct str status)
{
	struct buf name = { 0 };
	struct status s;
	struct message *m;

	while (status_next(&status, &s)) {
		buf_set(&name, s.id);
		m = find_name(q, q->count, buf_z(&name));
		if (!m)
			continue;
		if (s.attempts) {
			message_failed(m, s.remote, s.code, s.text, s.last);
			m->attempt->attempts = (unsigned)s.attempts;
			m->attempt->first = s.first;
		}
		recall_credit(m, &s);
		m->suspect = s.code == ERR_PROTOCOL || s.code == ERR_TIMED_OUT;
		m->warned = s.warned != 0;
	}
	buf_free(&name);
}

void
messages_free(struct messages *q)
{
	size_t i;

	for (i = 0; i < q->count; i++)
		free_message(q->list[i]);
	free(q->list);
	*q = (struct messages){ 0 };
}

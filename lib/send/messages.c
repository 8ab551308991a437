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

#include "../base/chr.h"
#include "../base/mem.h"
#include "../queue/spool.h"
#include "messages.h"

#define LAST_CHANCE 3600	/* s for a message that is found too old */

/* ---- by name ---- */

static struct message **
bucket_of(const struct messages *q, const char *name)
{
	unsigned sum = 2166136261U;

	for (; *name; name++)
		sum = (sum ^ (unsigned char)*name) * 16777619U;
	return &q->bucket[sum & (q->buckets - 1)];
}

struct message *
messages_find(const struct messages *q, const char *name)
{
	struct message *m = q->buckets ? *bucket_of(q, name) : NULL;

	while (m && strcmp(m->name, name))
		m = m->chain;
	return m;
}

/* Room for count messages, and all of them in their buckets. */
static void
fit(struct messages *q, size_t count)
{
	size_t room = 16, i;

	while (room < count)
		room *= 2;
	q->list = mem_resize(q->list, room * sizeof *q->list);
	free(q->bucket);
	q->bucket = mem_new(room, sizeof *q->bucket);
	q->buckets = room;
	for (i = 0; i < q->count; i++) {
		struct message **at = bucket_of(q, q->list[i]->name);

		q->list[i]->chain = *at;
		*at = q->list[i];
	}
}

/* ---- what is known ---- */

static void
free_attempt(struct message *m)
{
	if (!m->attempt)
		return;
	buf_free(&m->attempt->remote);
	buf_free(&m->attempt->text);
	buf_free(&m->attempt->done);
	buf_free(&m->attempt->unfit);
	free(m->attempt);
	m->attempt = NULL;
}

static void
forget(struct message *m)
{
	free_attempt(m);
	free(m);
}

static int
counts(enum message_state state)
{
	return state != MESSAGE_BAD && state != MESSAGE_GONE;
}

void
message_state(struct messages *q, struct message *m, enum message_state state)
{
	q->waiting += (size_t)counts(state);
	q->waiting -= (size_t)counts((enum message_state)m->state);
	m->state = (unsigned char)state;
}

static int
clamp(long long seconds)
{
	if (seconds > INT_MAX)
		return INT_MAX;
	return seconds < INT_MIN ? INT_MIN : (int)seconds;
}

void
message_note_file(struct message *m, const struct stat *st)
{
	if (m->mtime != st->st_mtime && m->credit < 0)
		m->credit = 0;
	m->mtime = st->st_mtime;
	m->nsec = (int)st->st_mtim.tv_nsec;
	m->size = (unsigned)st->st_size;
}

/* A file that was not there before, or is another one. */
static void
note_file(struct message *m, const struct stat *st,
    const struct messages_look *look)
{
	long long age, chance;

	message_note_file(m, st);
	m->credit = 0;
	m->fresh = 1;
	if (m->mtime < BUILD_DATE || m->mtime > look->now)
		m->credit = clamp(look->now - m->mtime);
	age = message_age(m, look->now) - look->lifetime;
	chance = look->lifetime < LAST_CHANCE ? look->lifetime : LAST_CHANCE;
	if (look->chance && look->lifetime > 0 && age > 0)
		m->credit = clamp(m->credit + age + chance);
}

int
message_has_changed(const struct message *m, const struct stat *st)
{
	return m->mtime != st->st_mtime ||
	    m->nsec != (int)st->st_mtim.tv_nsec ||
	    m->size != (unsigned)st->st_size;
}

static struct message *
add_known(struct messages *q, const char *name)
{
	size_t n = offsetof(struct message, name) + strlen(name) + 1;
	struct message *m = mem_new(1, n > sizeof *m ? n : sizeof *m);
	struct message **at;

	strcpy(m->name, name);
	if (q->count == q->buckets)
		fit(q, q->count + 1);
	at = bucket_of(q, name);
	m->chain = *at;
	*at = m;
	q->list[q->count++] = m;
	q->waiting++;
	return m;
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

/* Listed it is offered anyway; but its age begins anew. */
static void
note_touched(struct message *m, const struct stat *st)
{
	if (m->mtime != st->st_mtime)
		m->credit = 0;
	message_note_file(m, st);
}

/* The name of a known message: the file may have changed, by an
 * administrator's hand, or be another one. */
static struct message *
look_again(struct messages *q, struct message *m, const struct stat *st,
    const struct messages_look *look)
{
	m->seen = 1;
	if (m->state == MESSAGE_LISTED)
		note_touched(m, st);
	if (m->state == MESSAGE_LISTED ||
	    (m->state == MESSAGE_WAITING && !message_has_changed(m, st)) ||
	    (m->state == MESSAGE_BAD && (!message_has_changed(m, st) ||
	    !is_plain(m->name))))
		return NULL;
	if (m->state == MESSAGE_GONE)
		free_attempt(m);
	if (m->attempt && !m->attempt->file)
		buf_clear(&m->attempt->done);
	note_file(m, st, look);
	message_state(q, m, MESSAGE_WAITING);
	return m;
}

/* It is new, as far as is known, so another look is due. */
static void
note_unsure(struct messages *q, const char *name, struct buf *notes)
{
	if (!q->noted)
		note_skipped(notes, STR("Could not stat "), name);
	q->unsure++;
}

/* A name with control bytes would write its own lines into logs;
 * nullmailer-queue makes no such names. */
struct message *
messages_see(struct messages *q, const struct spool *s, const char *name,
    const struct messages_look *look, struct buf *notes)
{
	struct message *m;
	struct stat st;

	if (name[0] == '.')
		return NULL;
	m = messages_find(q, name);
	/* Most often the news is what a delivery did to it. */
	if (m && m->state == MESSAGE_BUSY) {
		m->seen = 1;
		return NULL;
	}
	if (fstatat(s->queue, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		if (errno == ENOENT)
			return NULL;
		note_unsure(q, name, notes);
		if (m)
			m->seen = 1;
		return NULL;
	}
	if (m)
		return look_again(q, m, &st, look);
	m = add_known(q, name);
	m->seen = 1;
	note_file(m, &st, look);
	if (is_plain(name))
		return m;
	message_state(q, m, MESSAGE_BAD);
	note_skipped(notes, STR("Strange name "), name);
	return NULL;
}

void
messages_sweep(struct messages *q)
{
	size_t i, kept = 0;

	for (i = 0; i < q->count; i++)
		if (q->list[i]->state == MESSAGE_GONE)
			forget(q->list[i]);
		else
			q->list[kept++] = q->list[i];
	if (kept == q->count)
		return;
	q->count = kept;
	fit(q, kept);
}

/* What the scan has not found, and is in no list or delivery, is gone. */
static void
sweep_unseen(struct messages *q)
{
	size_t i;

	for (i = 0; i < q->count; i++)
		if (!q->list[i]->seen && (q->list[i]->state ==
		    MESSAGE_WAITING || q->list[i]->state == MESSAGE_BAD))
			message_state(q, q->list[i], MESSAGE_GONE);
	messages_sweep(q);
}

int
messages_scan(struct messages *q, const struct spool *s,
    const struct messages_look *look, struct buf *notes)
{
	int fd = openat(s->queue, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	int error = errno;
	size_t i;

	if (!d && fd >= 0)
		close(fd);
	errno = error;
	if (!d)
		return -1;
	for (i = 0; i < q->count; i++)
		q->list[i]->seen = 0;
	q->unsure = 0;
	while ((errno = 0, entry = readdir(d)) != NULL)
		messages_see(q, s, entry->d_name, look, notes);
	error = errno;
	closedir(d);
	q->noted = q->unsure > 0;
	if (!error)
		sweep_unseen(q);
	errno = error;
	return error ? -1 : 0;
}

/* ---- order and age ---- */

/* The number in a name, which has no leading zeros: the longer the larger. */
static int
compare_numbers(const char *a, const char *b)
{
	const char *x = strchr(a, '.'), *y = strchr(b, '.');
	size_t m = strlen(x ? x : a), n = strlen(y ? y : b);

	if (m != n)
		return m < n ? -1 : 1;
	return strcmp(x ? x : a, y ? y : b);
}

static int
compare_messages(const void *a, const void *b)
{
	const struct message *x = *(struct message *const *)a;
	const struct message *y = *(struct message *const *)b;

	if (x->mtime != y->mtime)
		return x->mtime < y->mtime ? -1 : 1;
	if (x->nsec != y->nsec)
		return x->nsec < y->nsec ? -1 : 1;
	return compare_numbers(x->name, y->name);
}

void
messages_sort(struct message **list, size_t count)
{
	qsort(list, count, sizeof *list, compare_messages);
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

/* ---- attempts ---- */

void
messages_forget_lines(struct messages *q)
{
	size_t i;

	for (i = 0; i < q->count; i++)
		if (q->list[i]->attempt)
			q->list[i]->attempt->over = 0;
}

struct attempt *
message_attempt(struct message *m)
{
	if (!m->attempt)
		m->attempt = mem_new(1, sizeof *m->attempt);
	return m->attempt;
}

void
message_failed(struct message *m, struct str remote, int code,
    struct str text, long long now)
{
	struct attempt *a = message_attempt(m);

	a->attempts++;
	a->last = now;
	if (!a->first)
		a->first = now;
	a->code = code;
	buf_set(&a->remote, remote);
	buf_set(&a->text, text);
}

void
messages_free(struct messages *q)
{
	size_t i;

	for (i = 0; i < q->count; i++)
		forget(q->list[i]);
	free(q->list);
	free(q->bucket);
	*q = (struct messages){ 0 };
}

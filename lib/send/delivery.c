/* delivery - one attempt of a message at a remote. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../base/mem.h"
#include "../queue/spool.h"
#include "../queue/status.h"
#include "../smtp/remote.h"
#include "delivery.h"
#include "messages.h"

/* What is kept of the texts of one delivery. */
#define WORDS_MAX 65536

/* ---- opening ---- */

/* A marked file may be readable for root only. */
static int
open_locked(const struct spool *s, const char *name, int *unlockable,
    struct stat *st)
{
	int fd = spool_open_any(s, name), held;

	if (fd < 0 && errno == EACCES &&
	    fstatat(s->queue, name, st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    spool_is_marked(st))
		errno = EALREADY;
	if (fd < 0)
		return -1;
	held = spool_hold(fd);
	*unlockable |= held < 0;
	/* Only now: another sender's worker may just have marked it. */
	if (held == 1)
		errno = EBUSY;
	else if (fstat(fd, st) == 0) {
		if (S_ISREG(st->st_mode) && !spool_is_marked(st))
			return fd;
		errno = S_ISREG(st->st_mode) ? EALREADY : EINVAL;
	}
	close(fd);
	return -1;
}

/* All recipients are DEFERRED. */
static void
begin_results(struct delivery *d)
{
	size_t i;

	free(d->result);
	d->result = mem_new(d->e.count + 1, 1);
	for (i = 0; i < d->e.count; i++)
		d->result[i] = DEFERRED;
	d->count[DELIVERED] = d->count[FAILED] = 0;
	d->count[DEFERRED] = d->e.count;
}

int
delivery_open(struct delivery *d, const struct spool *s, struct message *m,
    int *unlockable)
{
	struct stat st = { 0 };
	int error;

	*d = (struct delivery){ 0 };
	d->m = m;
	d->file = -1;
	d->fd = open_locked(s, m->name, unlockable, &st);
	d->inode = st.st_ino;
	if (d->fd >= 0 && envelope_read(d->fd, &d->e) == 0) {
		begin_results(d);
		return 0;
	}
	error = errno;
	delivery_free(d);
	errno = error;
	return -1;
}

size_t
delivery_narrow(struct delivery *d, const struct remotes *r, size_t which,
    unsigned over)
{
	struct buf text = { 0 };

	d->over = over;
	buf_set(&text, buf_str(&d->e.text));
	d->names = d->e;
	d->names.text = text;
	remotes_narrow(r, which, over, &d->e, 0);
	if (d->e.others)
		begin_results(d);
	else
		envelope_free(&d->names);
	return d->e.count;
}

/* The worker may not yet have closed its copy of the descriptor. */
static void
close_unlocked(int fd)
{
	if (fd < 0)
		return;
	flock(fd, LOCK_UN);
	close(fd);
}

void
delivery_free(struct delivery *d)
{
	close_unlocked(d->fd);
	close_unlocked(d->file);
	envelope_free(&d->e);
	envelope_free(&d->names);
	free(d->result);
	free(d->refused);
	free(d->which);
	buf_free(&d->words);
	*d = (struct delivery){ 0 };
	d->fd = d->file = -1;
}

int
delivery_file(const struct delivery *d, const struct envelope **e)
{
	*e = d->names.text.n && !d->unread ? &d->names : &d->e;
	return d->file >= 0 && !d->unread ? d->file : d->fd;
}

/* ---- results ---- */

/* Where the text stands in words: once, if it is like the one before. */
static void
keep_text(struct delivery *d, struct refusal *r, struct str text)
{
	const struct refusal *last = d->refusals ?
	    &d->refused[d->refusals - 1] : NULL;

	if (last && (d->words.n + text.n > WORDS_MAX || str_eq(text,
	    (struct str){ d->words.p + last->text, last->text_n }))) {
		r->text = last->text;
		r->text_n = last->text_n;
		return;
	}
	r->text = d->words.n;
	r->text_n = text.n;
	buf_add(&d->words, text);
}

int
delivery_refuse(struct delivery *d, size_t index, const struct result *r)
{
	struct refusal own = { index, *r, 0, 0 };

	if (index >= d->e.count || (d->which && d->which[index]))
		return -1;
	if (!d->which)
		d->which = mem_new(d->e.count, sizeof *d->which);
	keep_text(d, &own, r->text);
	if ((d->refusals & (d->refusals - 1)) == 0)
		d->refused = mem_resize(d->refused, (d->refusals ?
		    d->refusals * 2 : 1) * sizeof *d->refused);
	d->refused[d->refusals++] = own;
	d->which[index] = (unsigned)d->refusals;
	return 0;
}

struct result
delivery_said(const struct delivery *d, size_t index,
    const struct result *whole)
{
	const struct refusal *own;
	struct result r;

	if (!d->which || !d->which[index])
		return *whole;
	own = &d->refused[d->which[index] - 1];
	r = own->r;
	r.text = (struct str){ d->words.p ? d->words.p + own->text : "",
		own->text_n };
	return r;
}

void
delivery_decide(struct delivery *d, size_t index, enum rcpt_result r)
{
	d->count[d->result[index]]--;
	d->result[index] = (unsigned char)r;
	d->count[r]++;
}

void
delivery_addresses(const struct delivery *d, enum rcpt_result r,
    struct buf *out)
{
	struct str address;
	size_t i, at = 0;

	for (i = 0; (address = envelope_next(&d->e, &at)).p; i++)
		if (d->result[i] == r)
			buf_cat(out, address, STR("\n"));
}

/* ---- recipients by address ---- */

/* Takes one line that is the address out of the list: 1, or 0 if there is
 * none. Each line stands for one recipient, as addresses may come twice. */
static int
strike(struct buf *list, struct str address)
{
	struct str rest = buf_str(list), line;
	size_t n;

	while (rest.n) {
		line = str_cut(&rest, '\n');
		if (!str_eq(line, address))
			continue;
		n = (size_t)(line.p - list->p);
		memmove(list->p + n, list->p + n + line.n + 1,
		    list->n - n - line.n - 1);
		list->n -= line.n + 1;
		return 1;
	}
	return 0;
}

/* Gives the recipients of d the results that their addresses have in the
 * lists of those delivered and failed. */
static void
decide_by_address(struct delivery *d, struct buf *delivered,
    struct buf *failed)
{
	struct str address;
	size_t i, at = 0;

	for (i = 0; (address = envelope_next(&d->e, &at)).p; i++)
		if (strike(delivered, address))
			delivery_decide(d, i, DELIVERED);
		else if (strike(failed, address))
			delivery_decide(d, i, FAILED);
}

/* The result of each recipient that the envelope names: those of d, as far as
 * both have the same addresses in the same order. -1 if they have not. */
static int
map_in_order(const struct delivery *d, const struct envelope *names,
    unsigned char *result)
{
	struct str have, want;
	size_t i, k = 0, at = 0, from = 0;

	for (i = 0; (want = envelope_next(names, &at)).p; i++) {
		while ((have = envelope_next(&d->e, &from)).p &&
		    !str_eq(have, want))
			k++;
		if (!have.p)
			return -1;
		result[i] = d->result[k++];
	}
	return 0;
}

/* The same where an administrator has changed the order, or added some. */
static void
map_by_address(const struct delivery *d, const struct envelope *names,
    unsigned char *result)
{
	struct buf list[2] = { { 0 }, { 0 } };
	struct str address;
	size_t i, at = 0;

	delivery_addresses(d, DELIVERED, &list[0]);
	delivery_addresses(d, FAILED, &list[1]);
	for (i = 0; (address = envelope_next(names, &at)).p; i++)
		if (strike(&list[0], address))
			result[i] = DELIVERED;
		else
			result[i] = strike(&list[1], address) ? FAILED :
			    DEFERRED;
	buf_free(&list[0]);
	buf_free(&list[1]);
}

/* ---- what becomes of the file ---- */

/* The file as it is now: its descriptor, envelope, and in keep whether each
 * recipient it names is one of those. */
struct file {
	int fd;
	const struct envelope *e;
	unsigned char *is;
	size_t count;
};

/* An administrator may have changed the file where it stands. */
static int
read_again(struct delivery *d)
{
	int fd = d->file >= 0 ? d->file : d->fd;
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -1;
	if (st.st_mtime == d->m->mtime &&
	    (int)st.st_mtim.tv_nsec == d->m->nsec)
		return 0;
	return envelope_read(fd, &d->names);
}

static void
choose(const struct delivery *d, enum rcpt_result r, struct file *f)
{
	size_t i;

	f->fd = delivery_file(d, &f->e);
	f->is = mem_new(f->e->count, 1);
	f->count = 0;
	if (f->e == &d->e)
		memcpy(f->is, d->result, f->e->count);
	else if (map_in_order(d, f->e, f->is) < 0)
		map_by_address(d, f->e, f->is);
	for (i = 0; i < f->e->count; i++)
		f->count += f->is[i] = f->is[i] == r;
}

static void
invert(struct file *f)
{
	size_t i;

	for (i = 0; i < f->e->count; i++)
		f->is[i] = !f->is[i];
}

/* Bytes that those take in the envelope. */
static unsigned
size_of(const struct file *f)
{
	struct str address;
	size_t i, at = 0, n = 0;

	for (i = 0; (address = envelope_next(f->e, &at)).p; i++)
		if (f->is[i])
			n += address.n + 1;
	return (unsigned)n;
}

/* The file that was made of the old one, open; if it cannot be read now nothing
 * can be said of it but that it is ours. */
static void
note_rewritten(struct delivery *d, int now, unsigned shorter)
{
	struct stat st;

	if (d->file >= 0)
		close(d->file);
	d->file = now;
	d->inode = fstat(now, &st) < 0 ? 0 : st.st_ino;
	d->unread = !d->inode || envelope_read(now, &d->names) < 0;
	if (d->unread)
		d->m->size -= shorter;
	else
		message_note_file(d->m, &st);
}

/* Takes them off the file. As delivery_settle. */
static int
take_off(struct delivery *d, const struct spool *s, struct messages *q,
    struct file *f)
{
	unsigned shorter = size_of(f);
	int rc, now;

	if (f->count == f->e->count) {
		rc = spool_remove(s, d->m->name, f->fd, f->e);
		if (rc >= 0)
			message_state(q, d->m, MESSAGE_GONE);
		return rc > 0 ? 2 : rc == 0 ? 1 : -1;
	}
	invert(f);
	rc = spool_rewrite(s, f->fd, f->e, f->is, d->m->name, &now);
	if (rc == 2)
		message_state(q, d->m, MESSAGE_GONE);
	if (now >= 0)
		note_rewritten(d, now, shorter);
	return rc;
}

/* Puts them into failed/. 0, or -1 with errno. */
static int
put_failed(const struct delivery *d, const struct spool *s,
    const struct file *f)
{
	const struct attempt *a = d->m->attempt;
	struct status one = { 0 };
	struct buf as = { 0 };
	int rc = spool_fail(s, f->fd, f->e, f->count < f->e->count ? f->is :
	    NULL, d->m->name, &as);

	one.id = buf_str(&as);
	one.last = time(NULL);
	if (a) {
		one.attempts = a->attempts;
		one.first = a->first;
		one.remote = buf_str(&a->remote);
		one.code = a->code;
		one.text = buf_str(&a->text);
	}
	if (rc == 0)
		status_add_failure(s, &one);
	buf_free(&as);
	return rc;
}

/* What a message remembers of recipients whom its file still names: they were
 * taken; they failed; they did and are in failed/ already. */
enum { TAKEN = 'T', TO_FAIL = 'F', IN_FAILED = 'P' };

static void
remember_done(const struct delivery *d, enum rcpt_result r, char kind)
{
	struct attempt *a = message_attempt(d->m);
	struct buf list = { 0 };
	struct str rest;
	int error = errno;

	delivery_addresses(d, r, &list);
	for (rest = buf_str(&list); rest.n; ) {
		buf_addc(&a->done, kind);
		buf_cat(&a->done, str_cut(&rest, '\n'), STR("\n"));
	}
	buf_free(&list);
	a->file = d->inode;
	errno = error;
}

/* *put: they are in failed/. */
static int
settle_now(struct delivery *d, const struct spool *s, struct messages *q,
    enum rcpt_result which, int *put)
{
	struct file f;
	int rc = 0;

	if (d->unread)
		errno = EIO;
	if (d->unread || read_again(d) < 0)
		return -1;
	choose(d, which, &f);
	if (f.count && which == FAILED && !*put) {
		rc = put_failed(d, s, &f);
		*put = rc == 0;
	}
	if (f.count && rc == 0)
		rc = take_off(d, s, q, &f);
	free(f.is);
	return rc;
}

int
delivery_settle(struct delivery *d, const struct spool *s, struct messages *q,
    enum rcpt_result which)
{
	int put = 0;
	int rc = d->count[which] ? settle_now(d, s, q, which, &put) : 0;

	if (rc < 0)
		remember_done(d, which, which == DELIVERED ? TAKEN :
		    put ? IN_FAILED : TO_FAIL);
	return rc;
}

/* The addresses of one kind, and the lines of the others. */
static void
split(struct str done, char kind, struct buf *mine, struct buf *others)
{
	struct str line;

	while (done.n) {
		line = str_cut(&done, '\n');
		if (line.n && line.p[0] == kind)
			buf_cat(mine, str_skip(line, 1), STR("\n"));
		else if (line.n)
			buf_cat(others, line, STR("\n"));
	}
}

/* Those that were to fail are in failed/ now. */
static void
note_put(struct buf *done)
{
	size_t i;

	for (i = 0; i < done->n; i++)
		if (done->p[i] == TO_FAIL && (!i || done->p[i - 1] == '\n'))
			done->p[i] = IN_FAILED;
}

/* Settles the remembered ones of one kind, and forgets them when that is
 * done. */
static int
catch_up(struct delivery *d, const struct spool *s, struct messages *q,
    char kind)
{
	enum rcpt_result which = kind == TAKEN ? DELIVERED : FAILED;
	struct buf mine = { 0 }, others = { 0 }, none = { 0 };
	struct buf *done = &d->m->attempt->done;
	int rc = 0, put = kind == IN_FAILED;

	split(buf_str(done), kind, &mine, &others);
	if (mine.n) {
		decide_by_address(d, which == DELIVERED ? &mine : &none,
		    which == FAILED ? &mine : &none);
		rc = settle_now(d, s, q, which, &put);
	}
	if (rc >= 0) {
		buf_set(done, buf_str(&others));
		d->m->attempt->file = d->inode;
	} else if (put) {
		note_put(done);
	}
	buf_free(&mine);
	buf_free(&others);
	return rc;
}

/* Whether it is the file that the remembered recipients are about. 1, 0, or
 * -1. */
static int
is_remembered(const struct delivery *d)
{
	unsigned long long file = d->m->attempt->file;
	struct stat st;

	if (file)
		return file == d->inode;
	return fstat(d->fd, &st) < 0 ? -1 : !message_has_changed(d->m, &st);
}

int
delivery_catch_up(struct delivery *d, const struct spool *s,
    struct messages *q)
{
	static const char kinds[] = { TAKEN, IN_FAILED, TO_FAIL };
	const struct message *m = d->m;
	size_t i;
	int is_it;

	if (!m->attempt || !m->attempt->done.n)
		return 0;
	is_it = is_remembered(d);
	if (is_it < 0)
		return -1;
	/* Another file has the name: of its recipients none is done. */
	if (!is_it) {
		buf_clear(&m->attempt->done);
		return 0;
	}
	for (i = 0; i < sizeof kinds && m->state != MESSAGE_GONE; i++)
		if (catch_up(d, s, q, kinds[i]) < 0)
			return -1;
	return 1;
}

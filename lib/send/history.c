/* history - what a sender knows of its remotes, and what spool/status keeps of
 * that and of the messages.
 *
 * A remote's line: "=", "x" and its sum in hex, limit, recipients at a time,
 * no chunking, window, proven, pause and time of its login, messages counted
 * by rate= and when the last one went, the file its login was in, mechanism. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../base/clock.h"
#include "../base/mem.h"
#include "../queue/status.h"
#include "../smtp/remote.h"
#include "history.h"

#define LOGIN_PAUSE 300		/* s, and at most ... */
#define LOGIN_PAUSE_MAX 3600
#define SICK_MS 3600000

/* ---- remotes ---- */

static unsigned long long
add_sum(unsigned long long sum, const char *text)
{
	for (; text && *text; text++)
		sum = (sum ^ (unsigned char)*text) * 0x100000001b3;
	return (sum ^ 0xff) * 0x100000001b3;
}

static unsigned long long
sum_of(const struct remote *r)
{
	unsigned long long sum = add_sum(0xcbf29ce484222325, buf_z(&r->host));

	sum = add_sum(sum, buf_z(&r->name)) ^
	    (unsigned long long)r->options.port;
	if (r->options.from)
		sum = add_sum(sum, r->options.from);
	return add_sum(sum, r->options.user);
}

static struct history *
history_by_sum(struct histories *all, unsigned long long sum)
{
	struct history *h;
	size_t i;

	for (i = 0; i < all->count; i++)
		if (all->list[i].sum == sum)
			return &all->list[i];
	all->list = mem_resize(all->list,
	    (all->count + 1) * sizeof *all->list);
	h = &all->list[all->count++];
	*h = (struct history){ 0 };
	h->sum = sum;
	return h;
}

struct history *
history_of(struct histories *all, const struct remote *r)
{
	return history_by_sum(all, sum_of(r));
}

void
history_login_refused(struct history *h, long long now)
{
	h->login_pause = h->login_pause ? h->login_pause * 2 : LOGIN_PAUSE;
	if (h->login_pause > LOGIN_PAUSE_MAX)
		h->login_pause = LOGIN_PAUSE_MAX;
	h->login_at = now + h->login_pause;
}

void
history_rests(struct history *h, struct str host, struct str why)
{
	if (!h->why.n)
		h->since = time(NULL);
	buf_set(&h->host, host);
	buf_set(&h->why, why);
}

void
history_works(struct history *h)
{
	h->login_pause = 0;
	buf_clear(&h->why);
}

void
history_sick(struct history *h, struct str address, long long ms)
{
	history_well(h, address);
	h->sick_since = ms;
	buf_put(&h->sick, "%\n", address);
}

void
history_well(struct history *h, struct str address)
{
	struct str rest = buf_str(&h->sick), line;
	struct buf others = { 0 };

	if (!h->sick.n)
		return;
	while (rest.n)
		if (!str_eq(line = str_cut(&rest, '\n'), address))
			buf_put(&others, "%\n", line);
	buf_set(&h->sick, buf_str(&others));
	buf_free(&others);
}

struct str
history_sick_now(struct history *h, long long ms)
{
	if (ms - h->sick_since > SICK_MS)
		buf_clear(&h->sick);
	return buf_str(&h->sick);
}

/* ---- rate= ---- */

long long
history_rate_next(const struct history *h, const struct remote *r)
{
	long long ms = (long long)r->options.rate_seconds * 1000;

	if (!r->options.rate_messages || !h->sent_size || h->sent_size !=
	    (size_t)r->options.rate_messages || !h->sent[h->sent_at])
		return 0;
	/* What is sent now is counted there a little later. */
	return h->sent[h->sent_at] + ms + ms / 50 + 5;
}

/* Another rate: the newest of what was counted stay, after zeros for never. */
static void
resize_ring(struct history *h, size_t n)
{
	long long *ring = mem_new(n, sizeof *ring);
	size_t i, old = h->sent_size, kept = old < n ? old : n;

	for (i = 0; i < kept; i++)
		ring[n - kept + i] =
		    h->sent[(h->sent_at + old - kept + i) % old];
	free(h->sent);
	h->sent = ring;
	h->sent_size = n;
	h->sent_at = 0;
}

void
history_rate_count(struct history *h, const struct remote *r, long long ms)
{
	size_t n = (size_t)r->options.rate_messages;

	if (!n)
		return;
	if (h->sent_size != n)
		resize_ring(h, n);
	h->sent[h->sent_at] = ms;
	h->sent_at = (h->sent_at + 1) % n;
}

/* ---- spool/status ---- */

static void
write_message(const struct message *m, const struct attempt *reason,
    long long next, struct buf *out)
{
	const struct attempt *a = m->attempt;
	struct status s = { 0 };

	s.id = str_of(m->name);
	s.next = next;
	s.credit = m->credit;
	s.warned = m->warned;
	s.suspect = m->suspect;
	if (a) {
		s.attempts = a->attempts;
		s.first = a->first;
		s.last = a->last;
		s.unanswered = a->unanswered;
	}
	if (!a || (!a->attempts && !a->text.n))
		a = reason;
	if (a) {
		s.remote = buf_str(&a->remote);
		s.code = a->code;
		s.text = buf_str(&a->text);
	}
	status_add(out, &s);
}

static size_t
counted(const struct history *h, long long *last)
{
	size_t i, n = 0;

	*last = 0;
	for (i = 0; i < h->sent_size; i++) {
		n += h->sent[i] != 0;
		if (h->sent[i] > *last)
			*last = h->sent[i];
	}
	return n;
}

static void
write_remote(const struct history *h, long long next, struct buf *out)
{
	const struct carried *c = &h->carried;
	long long last, now = time(NULL);
	size_t n = counted(h, &last);

	if (last)
		last = now - (clock_ms() - last) / 1000;
	buf_fmt(out, "=\tx%llx\t%d\t%d\t%d\t%d\t%d\t%d\t%lld\t%zu\t%lld\t"
	    "%u\t%s\n",
	    h->sum, h->limit, c->at_once, c->no_chunking, c->window,
	    h->proven, h->login_pause, h->login_at, n, last, h->login_file,
	    c->mechanism);
	if (!h->why.n)
		return;
	buf_add(out, STR("=\tr\t"));
	buf_clean(out, buf_str(&h->host), 255);
	buf_fmt(out, "\t%lld\t%lld\t", h->since, h->login_pause ? h->login_at :
	    next);
	buf_clean(out, buf_str(&h->why), 1024);
	buf_addc(out, '\n');
}

void
history_write(const struct messages *q, const struct histories *all,
    const struct attempt *reason, long long next, struct buf *out)
{
	size_t i;

	for (i = 0; i < q->count; i++)
		if (q->list[i]->state != MESSAGE_GONE &&
		    q->list[i]->state != MESSAGE_BAD)
			write_message(q->list[i], reason, next, out);
	for (i = 0; i < all->count; i++)
		write_remote(&all->list[i], next, out);
}

/* What was written by a clock that stood before the build date, and is read
 * by one that does not, counts as far as that clock had got. */
static void
recall_credit(struct message *m, const struct status *s)
{
	long long now = m->mtime + m->credit, credit = s->credit;
	long long age = s->next - m->mtime - s->credit;

	if (s->next < BUILD_DATE && now >= BUILD_DATE)
		credit = m->credit - age;
	m->credit = credit > INT_MAX ? INT_MAX : credit < INT_MIN ? INT_MIN :
	    (int)credit;
}

/* 0 if it is not known. */
static int
read_message(struct messages *q, const struct status *s)
{
	struct buf name = { 0 };
	struct message *m;

	buf_set(&name, s->id);
	m = messages_find(q, buf_z(&name));
	buf_free(&name);
	if (!m)
		return 0;
	if (s->attempts) {
		message_failed(m, s->remote, s->code, s->text, s->last);
		m->attempt->attempts = (unsigned)s->attempts;
		m->attempt->unanswered = (unsigned)s->unanswered;
		m->attempt->first = s->first;
	}
	recall_credit(m, s);
	m->suspect = s->suspect != 0;
	m->warned = s->warned != 0;
	return 1;
}

/* The next field as a number, 0 where there is none. */
static long long
cut_integer(struct str *line)
{
	unsigned long n = 0;

	str_number(str_cut(line, '\t'), ULONG_MAX, &n);
	return (long long)n;
}

static void
recall_rate(struct history *h, size_t n, long long last)
{
	long long ms = clock_ms() - ((long long)time(NULL) - last) * 1000;

	if (!n || n > 100000 || !last)
		return;
	/* The clock may have been set back since. */
	if (ms > clock_ms())
		ms = clock_ms();
	free(h->sent);
	h->sent = mem_new(n, sizeof *h->sent);
	h->sent_size = n;
	h->sent_at = 0;
	while (n)
		h->sent[--n] = ms > 0 ? ms : 1;
}

static void
read_remote(struct histories *all, struct str line)
{
	struct str sum = str_skip(str_cut(&line, '\t'), 1), mechanism;
	unsigned long long key = 0;
	struct history *h;
	size_t n;

	for (; sum.n; sum = str_skip(sum, 1))
		key = key * 16 + (unsigned)(sum.p[0] <= '9' ?
		    sum.p[0] - '0' : sum.p[0] - 'a' + 10);
	h = history_by_sum(all, key);
	h->limit = (int)cut_integer(&line);
	h->carried.at_once = (int)cut_integer(&line);
	h->carried.no_chunking = (int)cut_integer(&line);
	h->carried.window = (int)cut_integer(&line);
	h->proven = (int)cut_integer(&line);
	h->login_pause = (int)cut_integer(&line);
	h->login_at = cut_integer(&line);
	n = (size_t)cut_integer(&line);
	recall_rate(h, n, cut_integer(&line));
	h->login_file = (unsigned)cut_integer(&line);
	mechanism = str_head(line, sizeof h->carried.mechanism - 1);
	memcpy(h->carried.mechanism, mechanism.p ? mechanism.p : "",
	    mechanism.n);
}

void
history_read(struct messages *q, struct histories *all, struct str text,
    struct buf *unknown)
{
	struct str line, rest;
	struct status s;

	while (text.n) {
		line = rest = str_cut(&text, '\n');
		if (str_starts(line, STR("=\tx")))
			read_remote(all, str_skip(line, 2));
		else if (status_next(&rest, &s) && !read_message(q, &s))
			buf_put(unknown, "%\n", line);
	}
}

void
histories_free(struct histories *all)
{
	size_t i;

	for (i = 0; i < all->count; i++) {
		buf_free(&all->list[i].sick);
		buf_free(&all->list[i].host);
		buf_free(&all->list[i].why);
		free(all->list[i].sent);
	}
	free(all->list);
	*all = (struct histories){ 0 };
}

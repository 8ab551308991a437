/* turns - which remote has a message next: the lines in which messages wait for
 * each, and who of a message's recipients is for which remote. */
#include <unistd.h>

#include "../../lib/base/clock.h"
#include "../../lib/smtp/remote.h"
#include "../log.h"
#include "sender.h"

/* ---- lines ---- */

static void
append(struct line *l, struct message *m)
{
	m->next = NULL;
	if (l->tail)
		l->tail->next = m;
	else
		l->head = m;
	l->tail = m;
	l->count++;
}

static void
prepend(struct line *l, struct message *m)
{
	m->next = l->head;
	l->head = m;
	if (!l->tail)
		l->tail = m;
	l->count++;
}

struct message *
turns_shift(struct line *l)
{
	struct message *m = l->head;

	if (!m)
		return NULL;
	l->head = m->next;
	if (!l->head)
		l->tail = NULL;
	l->count--;
	m->next = NULL;
	return m;
}

/* ---- whose turn it is ---- */

static unsigned
lines_over(const struct message *m)
{
	return m->attempt ? m->attempt->over : 0;
}

static int
peek_envelope(const struct sender *s, const struct message *m,
    struct envelope *e)
{
	int fd = spool_message(&s->spool, m->name, NULL);
	int rc = fd < 0 ? -1 : envelope_read(fd, e);

	if (fd >= 0)
		close(fd);
	return rc;
}

/* The first line from this one on that takes some recipient of m whom none of
 * those over takes. What cannot be read any line may have: when it is opened
 * the log says why. */
static unsigned short
find_line(const struct sender *s, const struct message *m, size_t i, int dead,
    unsigned over)
{
	struct envelope e = { 0 };

	for (; i < s->route_count; i++) {
		if (s->routes[i].dead && !dead)
			continue;
		if (!over && !remote_chooses(s->routes[i].remote))
			break;
		if ((!e.text.n && peek_envelope(s, m, &e) < 0) ||
		    remotes_narrow(&s->set.remotes, i, over, &e, 1))
			break;
	}
	envelope_free(&e);
	return (unsigned short)i;
}

/* It is kept, and expires as others do. */
static void
note_no_line(struct sender *s, struct message *m)
{
	static const char words[] =
	    "No line of remotes takes it (if-from, if-to)";
	struct attempt *a;

	if (!s->route_count || find_line(s, m, 0, 1, 0) < s->route_count)
		return;
	s->deferred = 1;
	a = message_attempt(m);
	if (str_eq(buf_str(&a->text), str_of(words)))
		return;
	log_fault("%s: %s", m->name, words);
	buf_clear(&a->remote);
	buf_set(&a->text, str_of(words));
	a->code = ERR_CONFIG;
	s->status_changed = 1;
}

static int
is_put_off(const struct message *m)
{
	return m->attempt && !m->attempt->over &&
	    m->attempt->not_before > clock_ms();
}

void
routes_offer(struct sender *s, struct message *m, enum route_place where)
{
	struct route *r;

	if (!is_put_off(m))
		m->turn = find_line(s, m, m->turn, 0, lines_over(m));
	if (m->turn >= s->route_count || is_put_off(m)) {
		message_state(&s->messages, m, MESSAGE_WAITING);
		if (m->turn >= s->route_count)
			note_no_line(s, m);
		return;
	}
	r = &s->routes[m->turn];
	message_state(&s->messages, m, MESSAGE_LISTED);
	if (where == ROUTE_LAST || m->suspect)
		append(&r->last, m);
	else if (where == ROUTE_FRONT)
		prepend(&r->line, m);
	else
		append(&r->line, m);
}

void
routes_next(struct sender *s, struct message *m)
{
	if (m->turn < s->route_count)
		m->turn++;
	routes_offer(s, m, ROUTE_END);
}

void
routes_over(struct sender *s, struct message *m)
{
	m->turn = (unsigned short)s->route_count;
	if (m->attempt)
		m->attempt->over = 0;
	message_state(&s->messages, m, MESSAGE_WAITING);
}

/* Of what a line takes that chooses the others need not wait. */
void
routes_over_here(struct sender *s, struct message *m)
{
	size_t i = m->turn;

	if (i < s->route_count && i < 8 * sizeof m->attempt->over &&
	    remote_chooses(s->routes[i].remote)) {
		message_attempt(m)->over |= 1u << i;
		routes_next(s, m);
	} else {
		routes_over(s, m);
	}
}

int
route_begins(const struct sender *s, const struct route *r,
    struct delivery *d)
{
	return delivery_narrow(d, &s->set.remotes,
	    (size_t)(r - s->routes), lines_over(d->m)) > 0;
}

struct message *
route_shift(struct sender *s, struct route *r, enum route_place where)
{
	struct message *m = turns_shift(where == ROUTE_LAST ? &r->last :
	    &r->line);

	if (m)
		message_state(&s->messages, m, MESSAGE_WAITING);
	return m;
}

size_t
route_waiting(const struct route *r)
{
	return r->line.count + r->last.count;
}

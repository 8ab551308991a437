/* reports - bounces and delay notifications in the making. A failed recipient
 * leaves the queue only once the report about it is queued. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "../../lib/base/mem.h"
#include "../applets.h"
#include "../cli.h"
#include "../log.h"
#include "sender.h"

#define MAX_BOUNCES 4		/* written at a time */

/* The report is in the queue, or there is to be none: only now the failed
 * leave it. What is left is offered to the next remote. */
static void
settle_failed(struct sender *s, struct bounce *b)
{
	struct message *m = b->d.m;
	int rc = sender_settle(s, &b->d, FAILED);

	if (rc == 2)
		sender_look_at(s, m->name);
	else if (rc >= 0 && m->state != MESSAGE_GONE)
		routes_next(s, m);
}

static void
finish_report(struct sender *s, struct bounce *b, int failed)
{
	struct message *m = b->d.m;
	struct bounce **at = &s->bounces;

	message_state(&s->messages, m, MESSAGE_WAITING);
	s->status_changed = 1;
	if (failed)
		routes_over(s, m);
	else if (b->kind == DSN_DELAYED)
		m->warned = 1;
	else
		settle_failed(s, b);
	while (*at != b)
		at = &(*at)->next;
	*at = b->next;
	bounce_free(b);
}

void
reports_ended(struct sender *s, struct bounce *b, int status)
{
	if (status)
		cli_warn("nullmailer-queue failed: %d", WIFEXITED(status) ?
		    WEXITSTATUS(status) : status);
	if (status)
		log_fault("No report on %s could be queued, it stays and is "
		    "tried again", b->d.m->name);
	else
		s->look = 1;
	finish_report(s, b, status);
}

void
reports_begin(struct sender *s, struct bounce *b)
{
	struct message *m = b->d.m;
	struct bounce_times times = { m->mtime, sender_now(),
		m->mtime + s->set.queuelifetime };
	struct buf why = { 0 };
	int rc;

	if (m->attempt && m->attempt->last)
		times.last_attempt = m->attempt->last;
	b->unanswered = m->attempt && m->attempt->unanswered;
	message_state(&s->messages, m, MESSAGE_BUSY);
	b->next = s->bounces;
	s->bounces = b;
	if (b->kind == DSN_FAILED)
		log_fault("Moving message %s into failed", m->name);
	rc = bounce_start(b, &times, queue_main, &why);
	if (rc > 0)
		log_say("Generating %s for %s", b->kind == DSN_FAILED ?
		    "bounce" : "delay notification", m->name);
	if (rc == 0 && b->kind == DSN_FAILED && !envelope_sender(&b->d.e).n)
		log_say("Not generating double bounce for %s", m->name);
	if (rc <= 0) {
		log_say("No report on %s: %s", m->name, buf_z(&why));
		finish_report(s, b, rc < 0);
	}
	buf_free(&why);
}

int
reports_have_room(const struct sender *s)
{
	const struct bounce *b;
	int n = 0;

	for (b = s->bounces; b; b = b->next)
		n++;
	return n < MAX_BOUNCES;
}

/* ---- what waited too long ---- */

/* A report on a message as a whole: what its last attempt left, or why its
 * remote is left out. */
static void
report_whole(struct sender *s, const struct delivery *d, enum dsn_kind kind)
{
	const struct attempt *a = d->m->attempt && d->m->attempt->text.n ?
	    d->m->attempt : &s->reason;
	struct bounce *b = mem_new(1, sizeof *b);
	size_t i;

	b->d = *d;
	b->kind = kind;
	for (i = 0; i < d->e.count; i++)
		delivery_decide(&b->d, i, FAILED);
	buf_set(&b->text, a->text.n ? buf_str(&a->text) :
	    STR("no remote could be tried"));
	b->default_status = kind == DSN_FAILED ? STR("5.4.7") : STR("4.0.0");
	buf_set(&b->protocol, STR("smtp"));
	buf_set(&b->host, buf_str(&a->remote));
	reports_begin(s, b);
}

/* Its age begins anew when an administrator has touched the file. */
static int
touched(struct message *m, const struct delivery *d)
{
	struct stat st;

	if (fstat(d->fd, &st) < 0 || st.st_mtime == m->mtime)
		return 0;
	message_note_file(m, &st);
	return 1;
}

/* 0, or 1 if it must wait. */
static int
expire_one(struct sender *s, struct message *m, long long now)
{
	int old = sender_expired(s, m, now), rc;
	struct delivery d;

	if (m->state != MESSAGE_WAITING || m->looked || m->locked ||
	    m->fresh || (!old && !sender_delayed(s, m, now)))
		return 0;
	rc = sender_open(s, m, &d);
	if (rc > 0)
		return 1;
	m->looked = 1;
	if (rc < 0)
		return 0;
	if (touched(m, &d)) {
		delivery_free(&d);
		return 0;
	}
	if (old)
		log_fault("Giving up on %s: it waited longer than "
		    "queuelifetime", m->name);
	report_whole(s, &d, old ? DSN_FAILED : DSN_DELAYED);
	return 0;
}

int
reports_expire(struct sender *s)
{
	long long now = sender_now();
	int later = 0;

	while (s->expiring < s->messages.count && reports_have_room(s) &&
	    !(later = expire_one(s, s->messages.list[s->expiring], now)))
		s->expiring++;
	if (later)
		s->expire_at = s->not_before;
	return s->expiring >= s->messages.count && !s->bounces;
}

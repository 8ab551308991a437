/* reports - bounces and delay notifications in the making. A failed recipient
 * leaves the queue only once the report about him is queued. */
#include <errno.h>
#include <string.h>
#include <sys/wait.h>

#include "../../lib/base/mem.h"
#include "../applets.h"
#include "../cli.h"
#include "../log.h"
#include "sender.h"

#define MAX_BOUNCES 4		/* written at a time */

static void
move_failed(struct sender *s, struct bounce *b)
{
	if (delivery_move_failed(&b->d, &s->spool, b->result) < 0)
		log_fault("Can't rename file: %s", strerror(errno));
}

/* The report is in the queue, or there is to be none: only now may the
 * message leave it. */
static void
finish_report(struct sender *s, struct bounce *b, int failed)
{
	struct message *m = b->d.m;
	struct bounce **at = &s->bounces;

	m->state = MESSAGE_READY;
	if (failed)
		m->remotes_tried = (unsigned short)s->route_count;
	else if (b->kind == DSN_DELAYED)
		m->warned = 1;
	else
		move_failed(s, b);
	routes_make_available(s, m);
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
	else if (s->trigger.fd < 0)
		s->again = 1;	/* or nobody would tell of it */
	finish_report(s, b, status);
}

void
reports_begin(struct sender *s, struct bounce *b)
{
	const struct message *m = b->d.m;
	struct bounce_times times = { m->mtime, sender_now(),
		m->mtime + s->set.queuelifetime };
	struct buf why = { 0 };
	int rc;

	if (m->attempt && m->attempt->last)
		times.last_attempt = m->attempt->last;
	b->d.m->state = MESSAGE_BUSY;
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

struct bounce *
reports_new(const struct delivery *d, unsigned char *result, enum dsn_kind kind,
    struct str text)
{
	struct bounce *b = mem_new(1, sizeof *b);

	b->d = *d;
	b->result = result;
	b->kind = kind;
	buf_set(&b->text, text);
	return b;
}

int
reports_have_room(const struct sender *s)
{
	const struct bounce *b;
	int a = 0;

	for (b = s->bounces; b; b = b->next)
		a++;
	return a < MAX_BOUNCES;
}

/* Tells of a message as a whole what its last attempt left. */
static void
report_whole(struct sender *s, const struct delivery *d, enum dsn_kind kind)
{
	const struct attempt *o = d->m->attempt;
	unsigned char *result = mem_new(d->e.count, 1);
	struct bounce *b;

	memset(result, FAILED, d->e.count);
	b = reports_new(d, result, kind, o && o->text.n ? buf_str(&o->text) :
	    STR("no remote could be tried"));
	b->default_status = kind == DSN_FAILED ? STR("5.4.7") : STR("4.0.0");
	buf_set(&b->protocol, STR("smtp"));
	if (o)
		buf_set(&b->host, buf_str(&o->remote));
	reports_begin(s, b);
}

static void
expire_one(struct sender *s, struct message *m)
{
	int old = sender_expired(s, m);
	struct delivery d;

	if (m->state != MESSAGE_READY || m->remotes_tried > s->route_count ||
	    (!old && !sender_delayed(s, m)) || sender_open(s, m, &d) < 0)
		return;
	m->remotes_tried = (unsigned short)(s->route_count + 1);
	if (old)
		log_fault("Giving up on %s: it waited longer than "
		    "queuelifetime", m->name);
	report_whole(s, &d, old ? DSN_FAILED : DSN_DELAYED);
}

int
reports_expire(struct sender *s)
{
	size_t i;

	for (i = 0; i < s->messages.count && reports_have_room(s); i++)
		expire_one(s, s->messages.list[i]);
	return i == s->messages.count && !s->bounces;
}

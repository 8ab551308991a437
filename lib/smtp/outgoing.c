/* outgoing - a message in an SMTP session, and what became of it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../base/mem.h"
#include "../mail/content.h"
#include "../mail/identity.h"
#include "outgoing.h"
#include "remote.h"

/* What is kept of a text: of the first all, then this much, and when there are
 * many, less. */
#define TEXT_KEPT 1024
#define TEXT_OF_MANY 100
#define MANY_OUTCOMES 64

/* ---- outcomes ---- */

static struct str
kept_text(const struct outgoing *o, struct str text)
{
	if (!o->outcomes)
		return text;
	return str_head(text, o->outcomes < MANY_OUTCOMES ? TEXT_KEPT :
	    TEXT_OF_MANY);
}

static int
same_result(const struct outcome *a, const struct result *b, struct str text)
{
	return a->r.code == b->code && a->r.fault == b->fault &&
	    a->r.stage == b->stage && a->r.reply == b->reply &&
	    a->r.unanswered == b->unanswered &&
	    str_eq(buf_str(&a->text), text);
}

unsigned
outgoing_outcome(struct outgoing *o, const struct result *r)
{
	struct str text = kept_text(o, r->text);
	struct outcome *new;

	if (o->outcomes > o->settled &&
	    same_result(&o->outcome[o->outcomes - 1], r, text))
		return (unsigned)o->outcomes;
	o->outcome = mem_resize(o->outcome,
	    (o->outcomes + 1) * sizeof *o->outcome);
	new = &o->outcome[o->outcomes];
	new->r = *r;
	new->text = (struct buf){ 0 };
	buf_set(&new->text, text);
	return (unsigned)++o->outcomes;
}

void
outgoing_fail(struct outgoing *o, int code, enum fault fault, struct str text)
{
	struct result r = { code, fault, STAGE_mail, 0, 0, text };

	o->result = outgoing_outcome(o, &r);
}

static void
cannot_read(struct outgoing *o)
{
	struct buf text = { 0 };

	buf_cat(&text, STR("Could not read message: "),
	    str_of(strerror(errno)));
	outgoing_fail(o, ERR_MSG_READ, FAULT_OURS, buf_str(&text));
	buf_free(&text);
}

static int
measure_message(struct outgoing *o, const struct identity *id)
{
	struct content c;
	int rc;

	identity_envelope(id, &o->e);
	content_begin(&c, o->m.fd, &o->e, -1, id);
	rc = wire_measure(&c, &o->size);
	content_free(&c);
	return rc;
}

struct outgoing *
outgoing_new(const struct protocol_message *m, const struct identity *id)
{
	struct outgoing *o = mem_new(1, sizeof *o);

	o->m = *m;
	if (remotes_envelope(m, &o->e) < 0 || measure_message(o, id) < 0) {
		cannot_read(o);
		o->e.count = 0;
		return o;
	}
	o->waiting = o->e.count;
	o->fate = mem_new(o->e.count, sizeof *o->fate + sizeof *o->state);
	o->state = (unsigned char *)(o->fate + o->e.count);
	return o;
}

void
outgoing_settle(struct outgoing *o)
{
	o->settled = o->outcomes;
}

static void
wait_again(struct outgoing *o, size_t i)
{
	o->state[i] = RCPT_WAITING;
	o->fate[i] = 0;
	o->waiting++;
}

void
outgoing_forget(struct outgoing *o)
{
	size_t i;

	for (i = 0; i < o->e.count; i++)
		if (o->fate[i] > o->settled || o->state[i] == RCPT_ASKED ||
		    o->state[i] == RCPT_ACCEPTED)
			wait_again(o, i);
	while (o->outcomes > o->settled)
		buf_free(&o->outcome[--o->outcomes].text);
	if (o->result > o->settled)
		o->result = 0;
}

void
outgoing_move(struct outgoing *o, enum rcpt from, enum rcpt to, unsigned fate)
{
	size_t i;

	for (i = 0; i < o->e.count; i++) {
		if (o->state[i] != from)
			continue;
		o->state[i] = (unsigned char)to;
		o->fate[i] = fate;
		o->waiting += (to == RCPT_WAITING) - (from == RCPT_WAITING);
		o->taken += to == RCPT_TAKEN;
	}
}

/* ---- the report ---- */

/* Of a message that has no result but its recipients': that of one who is to
 * be tried again, if any. */
static unsigned
common_fate(const struct outgoing *o)
{
	unsigned fate = o->result;
	size_t i;

	for (i = 0; !o->result && i < o->e.count; i++) {
		if (o->fate[i])
			fate = o->fate[i];
		if (fate && !err_is_permanent(o->outcome[fate - 1].r.code))
			break;
	}
	return fate;
}

static struct result
result_at(const struct outgoing *o, unsigned fate)
{
	struct result r = o->outcome[fate - 1].r;

	r.text = buf_str(&o->outcome[fate - 1].text);
	return r;
}

/* Who was refused has a report of his own even if the message shares it. */
static int
is_named(const struct outgoing *o, size_t i, unsigned common)
{
	unsigned fate = o->fate[i];

	if (!fate || (o->state[i] != RCPT_REFUSED && (fate == common ||
	    (o->state[i] == RCPT_TAKEN && !o->outcome[common - 1].r.code))))
		return 0;
	return 1;
}

void
outgoing_report(const struct outgoing *o, const struct protocol_report *report)
{
	unsigned common = common_fate(o);
	struct result r;
	size_t i;

	for (i = 0; i < o->e.count; i++) {
		if (!is_named(o, i, common))
			continue;
		r = result_at(o, o->fate[i]);
		report->recipient(report->context, o->m.id, i, &r);
	}
	r = result_at(o, common);
	if (o->taken && o->taken == o->e.count && !o->e.others &&
	    report->taken)
		report->taken(report->context, o->m.id);
	report->message(report->context, o->m.id, &r);
}

void
outgoing_free(struct outgoing *o)
{
	while (o->outcomes)
		buf_free(&o->outcome[--o->outcomes].text);
	free(o->outcome);
	free(o->fate);
	envelope_free(&o->e);
	free(o);
}

/* journal - the log lines of a delivery. */
#include <stdio.h>
#include <unistd.h>

#include "../../lib/base/clock.h"
#include "../../lib/base/err.h"
#include "../log.h"
#include "sender.h"

#define HEADER_MAX 65536	/* where a Message-Id is looked for */

static void
say_message_id(const struct delivery *d)
{
	char block[HEADER_MAX];
	ssize_t n = pread(d->fd, block, sizeof block, d->e.body);
	struct str header = { block, n > 0 ? (size_t)n : 0 }, line;

	while (header.n && (line = str_trim(str_cut(&header, '\n'))).n)
		if (str_istarts(line, STR("message-id:")))
			log_say("%s", log_clean(0, line));
}

/* The log speaks of one message of a session at a time, so one that was
 * handed over ahead is announced when its predecessor is done. */
void
journal_begins(const struct agent *a, struct delivery *d)
{
	struct buf line = { 0 };
	struct str recipient;
	const char *separator = " <";
	size_t at = 0;

	if (d->announced)
		return;
	d->announced = 1;
	log_say("Starting delivery: host: %s protocol: %s file: %s",
	    log_clean(0, buf_str(&a->host)),
	    log_clean(1, buf_str(&a->protocol)), d->m->name);
	buf_put(&line, "From: <%> to:", envelope_sender(&d->e));
	while ((recipient = envelope_next(&d->e, &at)).p) {
		buf_put(&line, "%%>", str_of(separator), recipient);
		separator = ", <";
	}
	log_say("%s", buf_z(&line));
	buf_free(&line);
	say_message_id(d);
}

void
journal_refused(const struct delivery *d)
{
	static const struct result none = { 0 };
	struct str recipient;
	size_t i, at = 0;

	for (i = 0; (recipient = envelope_next(&d->e, &at)).p; i++)
		if (d->which && d->which[i])
			log_fault("Recipient refused: file: %s to: <%s> "
			    "reply: %s", d->m->name, log_clean(0, recipient),
			    log_clean(1, delivery_said(d, i, &none).text));
}

/* A message without an answer, or what failed is ours, has no next remote in
 * this run. */
static const char *
what_next(const struct sender *s, const struct delivery *d,
    const struct result *r)
{
	const struct attempt *a = d->m->attempt;
	long long pause = s->pause, left;
	static char text[48];
	size_t i;

	if (d->count[FAILED] && !d->count[DEFERRED])
		return "none";
	for (i = d->m->turn + 1u; i < s->route_count; i++)
		if (!s->routes[i].dead && !r->unanswered &&
		    r->fault != FAULT_OURS)
			return "the next remote";
	if (sender_one_shot(s))
		return "the next run";
	left = a && r->unanswered ?
	    (a->not_before - clock_ms() + 999) / 1000 : 0;
	snprintf(text, sizeof text, "try again in %lld s",
	    left > pause ? left : pause);
	return text;
}

static const char delivered[] = "Delivered";

static struct str
in_digits(char out[24], long long v)
{
	snprintf(out, 24, "%lld", v);
	return str_of(out);
}

/* Both lines have the same keys, in the same order. */
static void
say_result(const struct agent *a, const struct delivery *d,
    const struct result *r, const char *event, const char *next)
{
	int failed = event != delivered;
	size_t n = failed ? d->count[FAILED] + d->count[DEFERRED] :
	    d->count[DELIVERED];
	char recipients[24], age[24];
	const struct log_field fields[] = {
		{ "file", str_of(d->m->name) },
		{ "host", buf_str(&a->host) },
		{ "recipients", in_digits(recipients, (long long)n) },
		{ "age", in_digits(age, message_age(d->m, sender_now())) },
		{ "address", a->peer.n ? buf_str(&a->peer) : STR("none") },
		{ "stage", str_of(stage_name(failed ? r->stage :
		    a->external ? STAGE_module : STAGE_dot)) },
		{ "reply", r->text.n ? r->text : str_of(err_text(r->code)) },
		{ "next", str_of(next) },
	};

	log_event(failed, event, fields, sizeof fields / sizeof fields[0]);
}

void
journal_failed(const struct sender *s, const struct agent *a,
    const struct delivery *d, const struct result *r)
{
	say_result(a, d, r, "Attempt failed", what_next(s, d, r));
}

void
journal_delivered(const struct agent *a, const struct delivery *d,
    const struct result *r)
{
	say_result(a, d, r, delivered, "none");
}

void
journal_cut_off(const struct agent *a)
{
	log_fault("Delivery of %s was cut off, it may have been taken",
	    a->delivery[0].m->name);
}

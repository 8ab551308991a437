/* delivery - a message on its way to a remote. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "messages.h"
#include "../base/err.h"
#include "delivery.h"
#include "../base/mem.h"
#include "../queue/spool.h"

int
delivery_open(struct delivery *d, const struct spool *s, struct message *m)
{
	int error;

	*d = (struct delivery){ 0 };
	d->m = m;
	d->fd = spool_message(s, m->name, NULL);
	if (d->fd >= 0 && envelope_read(d->fd, &d->e) == 0)
		return 0;
	error = errno;
	delivery_free(d);
	errno = error;
	return -1;
}

void
delivery_free(struct delivery *d)
{
	size_t i;

	for (i = 0; i < d->refusals; i++)
		buf_free(&d->refused[i].text);
	free(d->refused);
	if (d->fd >= 0)
		close(d->fd);
	envelope_free(&d->e);
	d->refused = NULL;
	d->refusals = 0;
	d->fd = -1;
}

void
delivery_refuse(struct delivery *d, size_t index, int code, struct str text)
{
	struct refusal *r;

	d->refused = mem_resize(d->refused,
	    (d->refusals + 1) * sizeof *d->refused);
	r = &d->refused[d->refusals++];
	*r = (struct refusal){ index, code, { 0 } };
	buf_set(&r->text, text);
}

const struct refusal *
delivery_refusal(const struct delivery *d, size_t index)
{
	size_t i;

	for (i = 0; i < d->refusals; i++)
		if (d->refused[i].index == index)
			return &d->refused[i];
	return NULL;
}

static enum rcpt_result
result_of(int code)
{
	if (!code)
		return DELIVERED;
	return err_is_permanent(code) ? FAILED : DEFERRED;
}

unsigned char *
delivery_results(const struct delivery *d, int code, size_t count[RESULTS])
{
	unsigned char *result = mem_new(d->e.count, 1);
	size_t i;

	for (i = 0; i < d->e.count; i++)
		result[i] = result_of(code);
	for (i = 0; i < d->refusals; i++)
		if (d->refused[i].index < d->e.count)
			result[d->refused[i].index] =
			    result_of(d->refused[i].code);
	for (i = 0; i < RESULTS; i++)
		count[i] = 0;
	for (i = 0; i < d->e.count; i++)
		count[result[i]]++;
	return result;
}

/* Sets mask to the recipients whose result is a or b; returns their number. */
static size_t
choose_recipients(const struct delivery *d, const unsigned char *result,
    enum rcpt_result a, enum rcpt_result b, unsigned char *mask)
{
	size_t i, n = 0;

	for (i = 0; i < d->e.count; i++)
		n += mask[i] = result[i] == a || result[i] == b;
	return n;
}

/* Rewrites the queue file for the n recipients in mask, or removes it when
 * there are none. */
static int
keep_recipients(const struct delivery *d, const struct spool *s,
    const unsigned char *mask, size_t n)
{
	if (n)
		return spool_copy(s, d->fd, &d->e, mask, s->queue,
		    d->m->name);
	if (unlinkat(s->queue, d->m->name, 0) < 0 && errno != ENOENT)
		return -1;
	d->m->state = MESSAGE_GONE;
	return 0;
}

/* Notes what the queue file should say. It names all recipients, or all but
 * those delivered. */
static void
remember_change(const struct delivery *d, const unsigned char *result,
    int all_named)
{
	unsigned char *mask = mem_new(d->e.count, 1);
	int error = errno;
	size_t i, n = 0;

	for (i = 0; i < d->e.count; i++)
		if (all_named)
			mask[n++] = result[i] != DELIVERED;
		else if (result[i] != DELIVERED)
			mask[n++] = result[i] == DEFERRED;
	message_keep(d->m, mask);
	errno = error;
}

int
delivery_drop_delivered(struct delivery *d, const struct spool *s,
    const unsigned char *result)
{
	unsigned char *mask = mem_new(d->e.count, 1);
	size_t n = choose_recipients(d, result, FAILED, DEFERRED, mask);
	int rc = n < d->e.count ? keep_recipients(d, s, mask, n) : 0;

	if (rc < 0)
		remember_change(d, result, 1);
	free(mask);
	return rc;
}

/* Nothing that failed earlier is overwritten, though names may come again
 * where the clock does. */
static int
move_file(const struct delivery *d, const struct spool *s)
{
	struct buf name = { 0 };
	char digit;
	int rc = spool_move(s->queue, d->m->name, s->failed, d->m->name);

	for (digit = '0'; rc < 0 && errno == EEXIST && digit <= '9'; digit++) {
		buf_set(&name, str_of(d->m->name));
		buf_addc(&name, digit);
		rc = spool_move(s->queue, d->m->name, s->failed,
		    buf_z(&name));
	}
	buf_free(&name);
	return rc;
}

int
delivery_move_failed(struct delivery *d, const struct spool *s,
    const unsigned char *result)
{
	unsigned char *mask = mem_new(d->e.count, 1);
	size_t deferred = choose_recipients(d, result, DEFERRED, DEFERRED,
	    mask);
	int rc;

	if (!deferred) {
		rc = move_file(d, s);
		if (rc == 0)
			d->m->state = MESSAGE_GONE;
	} else {
		choose_recipients(d, result, FAILED, FAILED, mask);
		rc = spool_copy(s, d->fd, &d->e, mask, s->failed,
		    d->m->name);
		choose_recipients(d, result, DEFERRED, DEFERRED, mask);
		if (rc == 0 && (rc = keep_recipients(d, s, mask, deferred)) < 0)
			remember_change(d, result, 0);
	}
	free(mask);
	return rc;
}

int
delivery_catch_up(struct delivery *d, const struct spool *s)
{
	struct attempt *o = d->m->attempt;
	size_t i, n = 0;

	if (!o || !o->keep)
		return 0;
	for (i = 0; i < d->e.count; i++)
		n += o->keep[i];
	if (keep_recipients(d, s, o->keep, n) < 0)
		return -1;
	free(o->keep);
	o->keep = NULL;
	return 1;
}

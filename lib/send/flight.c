/* flight - a message on its way to a remote. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "messages.h"
#include "../mail/envelope.h"
#include "../base/err.h"
#include "flight.h"
#include "../base/mem.h"
#include "../queue/spool.h"

int
flight_open(struct flight *f, const struct spool *s, struct message *m)
{
	int error;

	*f = (struct flight){ 0 };
	f->m = m;
	f->fd = spool_message(s, m->name, NULL);
	if (f->fd >= 0 && envelope_read(f->fd, &f->e) == 0)
		return 0;
	error = errno;
	flight_free(f);
	errno = error;
	return -1;
}

void
flight_free(struct flight *f)
{
	size_t i;

	for (i = 0; i < f->refusals; i++)
		buf_free(&f->refused[i].text);
	free(f->refused);
	if (f->fd >= 0)
		close(f->fd);
	envelope_free(&f->e);
	f->refused = NULL;
	f->refusals = 0;
	f->fd = -1;
}

void
flight_refuse(struct flight *f, size_t index, int code, struct str text)
{
	struct refusal *r;

	f->refused = mem_resize(f->refused,
	    (f->refusals + 1) * sizeof *f->refused);
	r = &f->refused[f->refusals++];
	*r = (struct refusal){ index, code, { 0 } };
	buf_set(&r->text, text);
}

const struct refusal *
flight_refusal(const struct flight *f, size_t index)
{
	size_t i;

	for (i = 0; i < f->refusals; i++)
		if (f->refused[i].index == index)
			return &f->refused[i];
	return NULL;
}

static enum fate
fate_of(int code)
{
	if (!code)
		return DELIVERED;
	return err_is_permanent(code) ? FAILED : DEFERRED;
}

unsigned char *
flight_fates(const struct flight *f, int code, size_t count[FATES])
{
	unsigned char *fate = mem_new(f->e.count, 1);
	size_t i;

	for (i = 0; i < f->e.count; i++)
		fate[i] = fate_of(code);
	for (i = 0; i < f->refusals; i++)
		if (f->refused[i].index < f->e.count)
			fate[f->refused[i].index] =
			    fate_of(f->refused[i].code);
	for (i = 0; i < FATES; i++)
		count[i] = 0;
	for (i = 0; i < f->e.count; i++)
		count[fate[i]]++;
	return fate;
}

/* Sets mask to the recipients whose fate is a or b; returns their number. */
static size_t
choose_recipients(const struct flight *f, const unsigned char *fate,
    enum fate a, enum fate b, unsigned char *mask)
{
	size_t i, n = 0;

	for (i = 0; i < f->e.count; i++)
		n += mask[i] = fate[i] == a || fate[i] == b;
	return n;
}

/* Rewrites the queue file for the n recipients in mask, or removes it when
 * there are none. */
static int
keep_recipients(const struct flight *f, const struct spool *s,
    const unsigned char *mask, size_t n)
{
	if (n)
		return spool_copy(s, f->fd, &f->e, mask, s->queue,
		    f->m->name);
	if (unlinkat(s->queue, f->m->name, 0) < 0 && errno != ENOENT)
		return -1;
	f->m->state = MESSAGE_GONE;
	return 0;
}

/* Notes what the queue file should say. It names all recipients, or all but
 * those delivered. */
static void
remember_change(const struct flight *f, const unsigned char *fate,
    int all_named)
{
	unsigned char *mask = mem_new(f->e.count, 1);
	int error = errno;
	size_t i, n = 0;

	for (i = 0; i < f->e.count; i++)
		if (all_named)
			mask[n++] = fate[i] != DELIVERED;
		else if (fate[i] != DELIVERED)
			mask[n++] = fate[i] == DEFERRED;
	message_keep(f->m, mask);
	errno = error;
}

int
flight_drop_delivered(struct flight *f, const struct spool *s,
    const unsigned char *fate)
{
	unsigned char *mask = mem_new(f->e.count, 1);
	size_t n = choose_recipients(f, fate, FAILED, DEFERRED, mask);
	int rc = n < f->e.count ? keep_recipients(f, s, mask, n) : 0;

	if (rc < 0)
		remember_change(f, fate, 1);
	free(mask);
	return rc;
}

/* Nothing that failed earlier is overwritten, though names may come again
 * where the clock does. */
static int
move_file(const struct flight *f, const struct spool *s)
{
	struct buf name = { 0 };
	char digit;
	int rc = spool_move(s->queue, f->m->name, s->failed, f->m->name);

	for (digit = '0'; rc < 0 && errno == EEXIST && digit <= '9'; digit++) {
		buf_set(&name, str_of(f->m->name));
		buf_addc(&name, digit);
		rc = spool_move(s->queue, f->m->name, s->failed,
		    buf_z(&name));
	}
	buf_free(&name);
	return rc;
}

int
flight_move_failed(struct flight *f, const struct spool *s,
    const unsigned char *fate)
{
	unsigned char *mask = mem_new(f->e.count, 1);
	size_t deferred = choose_recipients(f, fate, DEFERRED, DEFERRED, mask);
	int rc;

	if (!deferred) {
		rc = move_file(f, s);
		if (rc == 0)
			f->m->state = MESSAGE_GONE;
	} else {
		choose_recipients(f, fate, FAILED, FAILED, mask);
		rc = spool_copy(s, f->fd, &f->e, mask, s->failed,
		    f->m->name);
		choose_recipients(f, fate, DEFERRED, DEFERRED, mask);
		if (rc == 0 && (rc = keep_recipients(f, s, mask, deferred)) < 0)
			remember_change(f, fate, 0);
	}
	free(mask);
	return rc;
}

int
flight_catch_up(struct flight *f, const struct spool *s)
{
	struct outcome *o = f->m->outcome;
	size_t i, n = 0;

	if (!o || !o->keep)
		return 0;
	for (i = 0; i < f->e.count; i++)
		n += o->keep[i];
	if (keep_recipients(f, s, o->keep, n) < 0)
		return -1;
	free(o->keep);
	o->keep = NULL;
	return 1;
}

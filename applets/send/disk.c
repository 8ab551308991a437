/* disk - whether there is room to rewrite queue files, or memory to read them,
 * the sync of queue/ within a second of a change, and what earlier senders have
 * left. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../lib/base/clock.h"
#include "../../lib/base/mem.h"
#include "../../lib/queue/status.h"
#include "../log.h"
#include "sender.h"

#define PROBE (64 * 1024)	/* bytes of a file that must fit at least */
#define RESERVE (256 * 1024)	/* bytes of memory; not touched until then */
#define SYNC 1000		/* ms a change may be unsynced */

/* No copy of so many bytes. */
static void
note_full(struct sender *s, int error, unsigned long long bytes)
{
	if (error != ENOSPC && error != EDQUOT && error != EROFS &&
	    error != EFBIG)
		return;
	s->full = bytes;
	if (sender_first(s, SAID_FULL))
		log_fault("No room to rewrite queue files: %s; messages of "
		    "several recipients wait", strerror(error));
}

void
sender_note_full(struct sender *s, int error)
{
	note_full(s, error, 1);
}

int
sender_is_full(struct sender *s, unsigned long long bytes)
{
	if (bytes < PROBE)
		bytes = PROBE;
	if (bytes > s->fits && !(s->full && s->full <= bytes)) {
		/* Without a journal a name that was removed could come back,
		 * after a power cut, for an inode that is the probe's now. */
		sender_sync(s);
		if (spool_probe(&s->spool, bytes) == 0)
			s->fits = bytes;
		else
			note_full(s, errno, bytes);
	}
	return s->full && s->full <= bytes;
}

void
sender_look_for_room(struct sender *s)
{
	if (!s->full)
		sender_over(s, SAID_FULL);
	s->fits = s->full = 0;
}

void
sender_unsynced(struct sender *s, int rc)
{
	if (rc == 1 && s->sync_at == CLOCK_NEVER)
		s->sync_at = clock_in(SYNC);
}

void
sender_sync(struct sender *s)
{
	if (s->sync_at == CLOCK_NEVER)
		return;
	if (spool_sync(&s->spool) == 0) {
		s->sync_at = CLOCK_NEVER;
		sender_over(s, SAID_SYNC);
		return;
	}
	if (sender_first(s, SAID_SYNC))
		log_fault("Cannot sync queue directory: %s; tried again",
		    strerror(errno));
	s->sync_at = clock_in(SYNC);
}

/* What a message or a server costs is taken from it when there is no memory
 * left, and no message is opened until it is there again. */
static void *reserve;

static int
give_reserve(void)
{
	int had = reserve != NULL;

	free(reserve);
	reserve = NULL;
	return had;
}

static const struct sender *the_sender;

static void
name_in_hand(void)
{
	const struct messages *q = &the_sender->messages;
	size_t i;

	for (i = 0; i < q->count; i++) {
		if (q->list[i]->state != MESSAGE_BUSY &&
		    q->list[i] != the_sender->settling)
			continue;
		str_write(2, str_of(q->list[i]->name));
		str_write(2, STR(": it may have been taken\n"));
	}
}

int
sender_keep_reserve(const struct sender *s)
{
	the_sender = s;
	mem_at_end(name_in_hand);
	mem_when_short(give_reserve);
	if (!reserve)
		reserve = malloc(RESERVE);
	return reserve ? 0 : -1;
}

void
sender_clean_failed(struct sender *s, size_t too_many)
{
	struct buf removed = { 0 };
	struct str rest;

	if (s->set.failedlifetime)
		spool_expire_failed(&s->spool, s->set.failedlifetime,
		    &removed);
	for (rest = buf_str(&removed); rest.n;)
		log_say("Removed failed message %s: it lay there longer than "
		    "failedlifetime", log_clean(0, str_cut(&rest, '\n')));
	buf_free(&removed);
	status_trim_failures(&s->spool, too_many);
}

void
sender_recall(struct sender *s)
{
	struct buf text = s->unknown;

	if (s->recalled && !text.n)
		return;
	if (!s->recalled)
		status_read(s->spool.root, STATUS_WAITING, &text);
	s->recalled = 1;
	s->unknown = (struct buf){ 0 };
	history_read(&s->messages, &s->histories, buf_str(&text), &s->unknown);
	if (!s->rescan)
		buf_free(&s->unknown);
	buf_free(&text);
}

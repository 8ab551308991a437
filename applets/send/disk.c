/* disk - whether there is room to rewrite queue files, and the sync of queue/
 * within a second of a change. */
#include <errno.h>
#include <string.h>

#include "../../lib/base/clock.h"
#include "../../lib/queue/status.h"
#include "../log.h"
#include "sender.h"

#define PROBE (64 * 1024)	/* bytes of a file that must fit */
#define SYNC 1000		/* ms a change may be unsynced */

void
sender_note_full(struct sender *s, int error)
{
	if (error != ENOSPC && error != EDQUOT && error != EROFS)
		return;
	s->probed = s->full = 1;
	if (sender_first(s, SAID_FULL))
		log_fault("No room to rewrite queue files: %s; messages of "
		    "several recipients wait", strerror(error));
}

int
sender_is_full(struct sender *s)
{
	if (s->probed)
		return s->full;
	s->probed = 1;
	s->full = 0;
	if (spool_probe(&s->spool, PROBE) < 0)
		sender_note_full(s, errno);
	else
		sender_over(s, SAID_FULL);
	return s->full;
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

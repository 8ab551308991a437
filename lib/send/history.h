/* history.h - what a sender knows of its remotes from one queue run to the
 * next, and what spool/status keeps of that and of the messages for the next
 * sender. */
#ifndef HISTORY_H
#define HISTORY_H

#include <stddef.h>

#include "../base/buf.h"
#include "../smtp/protocol.h"
#include "messages.h"

struct remote;

struct history {
	unsigned long long sum;	/* of host, port, from and user: who we are
				 * there */
	struct carried carried;
	int limit;		/* messages a connection; 0: none known */
	int proven;		/* it has accepted a recipient */
	int login_pause;	/* s; 0: the login was not refused */
	long long login_at;	/* when it is asked again; seconds since the
				 * epoch */
	unsigned login_file;	/* what tells a change of the file it was in */
	struct buf host, why;	/* it is left out, and what was said; why.n
				 * 0: it is not ... */
	long long since;	/* ... since; seconds since the epoch */
	struct buf sick;	/* addresses to be used last, LF each ... */
	long long sick_since;	/* ... clock_ms; forgotten after an hour */
	long long *sent;	/* ring of clock_ms, as long as rate= says */
	size_t sent_size, sent_at;
};

struct histories {
	struct history *list;
	size_t count;
};

/* That of a remote; made if there is none. Valid until the next call. */
struct history *history_of(struct histories *all, const struct remote *r);

/* The login was refused: it is asked again after 5 minutes, doubled each time
 * up to an hour. */
void history_login_refused(struct history *h, long long now);

/* It is left out since now, unless it was before; or all is well with it. */
void history_rests(struct history *h, struct str host, struct str why);
void history_works(struct history *h);

/* An address is to be used last for an hour; or all is well with it. */
void history_sick(struct history *h, struct str address, long long ms);
void history_well(struct history *h, struct str address);
struct str history_sick_now(struct history *h, long long ms);

/* rate=N/TIME. clock_ms from which the next message may go; a message goes. */
long long history_rate_next(const struct history *h, const struct remote *r);
void history_rate_count(struct history *h, const struct remote *r,
    long long ms);

/* The text of spool/status: the messages, with the reason for those that were
 * never attempted, and the remotes. And back, after a scan: unknown gets the
 * lines of messages that are not known. */
void history_write(const struct messages *q, const struct histories *all,
    const struct attempt *reason, long long next, struct buf *out);
void history_read(struct messages *q, struct histories *all, struct str text,
    struct buf *unknown);

void histories_free(struct histories *all);

#endif

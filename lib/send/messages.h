/* messages.h - the messages that wait in queue/, as the sender remembers them:
 * oldest first by the seconds their names begin with. */
#ifndef MESSAGES_H
#define MESSAGES_H

#include <stddef.h>

#include "../base/buf.h"

struct spool;

enum message_state {
	MESSAGE_READY,
	MESSAGE_BUSY,		/* somebody holds a pointer to it */
	MESSAGE_BAD,		/* no message: said once, then passed over */
	MESSAGE_GONE		/* to be forgotten */
};

/* What the last failed attempt left. */
struct attempt {
	unsigned attempts;
	long long first, last;	/* seconds since the epoch, 0 never */
	struct buf remote;
	struct buf text;
	int code;
	unsigned char *keep;	/* NULL, or for each recipient in the file
				 * whether it is still to be served: the file
				 * could not be rewritten */
};

/* There may be a hundred thousand of them: 36 bytes and the name. */
struct message {
	long long when;		/* seconds its name begins with */
	long long mtime;
	struct attempt *attempt;	/* NULL before the first failure */
	int credit;		/* seconds of age that are the clock's doing */
	unsigned index;		/* in the list, until the next scan */
	unsigned short remotes_tried;	/* in this queue run */
	unsigned char state;	/* enum message_state */
	unsigned char seen : 1;	/* by the scan that is going on */
	unsigned char warned : 1;	/* its sender knows of the delay */
	unsigned char suspect : 1;	/* a session ended over it: it goes
					 * last */
	char name[];
};

struct messages {
	struct message **list;
	size_t count;
};

/* Lists queue/: what is new is added, what is gone and not busy forgotten. A
 * message whose mtime lies before build_date or in the future begins to age
 * now. Appends to notes a line for each entry that could not be looked at.
 * 0, or -1 with errno. */
int messages_scan(struct messages *q, const struct spool *s, long long now,
    struct buf *notes);

/* Forgets what is gone or was not found again, unless it is busy. */
void messages_sweep(struct messages *q);

/* Messages that are not gone or bad. */
size_t messages_size(const struct messages *q);

/* Age in seconds, without what the clock made up; never negative. */
long long message_age(const struct message *m, long long now);

/* The wall clock went so many seconds further than time itself. */
void messages_clock_jumped(struct messages *q, long long seconds);

/* Notes how an attempt ended. */
void message_failed(struct message *m, struct str remote, int code,
    struct str text, long long now);

/* Notes that its file names recipients who must not get it again: mask says of
 * each one in the file whether it is to be kept. Takes over mask. */
void message_keep(struct message *m, unsigned char *mask);

/* All of it as spool/status has it; and back, after the first scan. */
void messages_status(const struct messages *q, long long next, struct buf *out);
void messages_recall(struct messages *q, struct str status);

/* Forgets all messages. */
void messages_free(struct messages *q);

#endif

/* messages.h - the messages that wait in queue/, as the sender remembers them:
 * found by name, listed oldest first. */
#ifndef MESSAGES_H
#define MESSAGES_H

#include <stddef.h>

#include "../base/buf.h"

struct spool;
struct stat;

enum message_state {
	MESSAGE_WAITING,	/* in no list */
	MESSAGE_LISTED,		/* in a route's list */
	MESSAGE_BUSY,		/* in a delivery or a report */
	MESSAGE_BAD,		/* no message: said once, then passed over
				 * until the file changes */
	MESSAGE_GONE		/* to be forgotten */
};

/* What attempts have left. */
struct attempt {
	unsigned attempts;
	unsigned unanswered;	/* of these: last octet sent, no answer */
	long long first, last;	/* seconds since the epoch, 0 never */
	long long not_before;	/* clock_ms; after an attempt without answer */
	unsigned over;		/* lines of remotes, a bit each, who have had
				 * those they take; 0: the message as a whole
				 * waits for not_before */
	struct buf remote;
	struct buf text;
	int code;
	struct buf done;	/* recipients the file still names although
				 * they are done, one a line (delivery.h) */
	unsigned long long file;	/* the inode of that file */
	struct buf unfit;	/* "TURN ADDRESS" LF of each recipient whom the
				 * remote of that turn cannot take for what the
				 * message is */
};

/* There may be a hundred thousand of them: 56 bytes and the name. */
struct message {
	struct message *chain;	/* others of its bucket */
	struct message *next;	/* in a route's list */
	struct attempt *attempt;	/* NULL before the first failure */
	long long mtime;
	int nsec;
	unsigned size;		/* low bits: with mtime, whether it changed */
	int credit;		/* seconds of age that are the clock's doing */
	unsigned short turn;	/* index of the remote whose turn it is */
	unsigned char state;	/* enum message_state */
	unsigned char seen : 1;	/* by the scan that is going on */
	unsigned char fresh : 1;	/* not yet offered to any remote */
	unsigned char warned : 1;	/* its sender knows of the delay */
	unsigned char suspect : 1;	/* a connection ended over it: it goes
					 * last, alone */
	unsigned char looked : 1;	/* for its age, in this run */
	unsigned char again : 1;	/* it had a second try in this run */
	unsigned char locked : 1;	/* its injector or another sender's
					 * worker has it ... */
	unsigned char met : 2;	/* ... seen so often, at most 3 */
	char name[];
};

struct messages {
	struct message **list;	/* in no order */
	size_t count;
	struct message **bucket;	/* by name; a power of two of them */
	size_t buckets;
	size_t waiting;		/* neither bad nor gone */
	size_t unsure;		/* names that could not be looked at, in the
				 * last scan or since: another one is due */
	int noted;		/* that was said in a scan before */
};

/* Lists queue/: what is new or has changed is fresh, what is gone and not busy
 * forgotten. A message whose mtime lies before BUILD_DATE or in the future
 * begins to age now; one above lifetime at first sight has an hour, or
 * lifetime if that is less, if chance is set. Appends to notes a line for each
 * entry that could not be looked at, the first time. 0; -1 with errno, and then
 * nothing that was known is forgotten. */
struct messages_look {
	long long now;		/* seconds since the epoch */
	int lifetime;
	int chance;
};
int messages_scan(struct messages *q, const struct spool *s,
    const struct messages_look *look, struct buf *notes);

/* Looks at one name. The message if it is new or has changed, else NULL. */
struct message *messages_see(struct messages *q, const struct spool *s,
    const char *name, const struct messages_look *look, struct buf *notes);

/* The file is ours again after it was rewritten: that is no change. Another
 * mtime is an administrator's; when it was set is not known, so the age is
 * rather too low. */
void message_note_file(struct message *m, const struct stat *st);

/* Whether the file is another one than it was, or was touched. */
int message_has_changed(const struct message *m, const struct stat *st);

/* Sets a state; the only way to. */
void message_state(struct messages *q, struct message *m,
    enum message_state state);

/* Forgets what is gone. */
void messages_sweep(struct messages *q);

/* Sorts so many of them: oldest first, to the nanosecond of their mtime, then
 * by the number in their name. */
void messages_sort(struct message **list, size_t count);

/* Age in seconds, without what the clock made up; never negative. */
long long message_age(const struct message *m, long long now);

/* The wall clock went so many seconds further than time itself. */
void messages_clock_jumped(struct messages *q, long long seconds);

/* The lines are others now. */
void messages_forget_lines(struct messages *q);

/* What is remembered of its attempts; made if there is nothing yet. */
struct attempt *message_attempt(struct message *m);

/* Notes how an attempt ended. */
void message_failed(struct message *m, struct str remote, int code,
    struct str text, long long now);

/* The message of that name, or NULL. */
struct message *messages_find(const struct messages *q, const char *name);

/* Forgets all messages. */
void messages_free(struct messages *q);

#endif

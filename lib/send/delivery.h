/* delivery.h - one attempt of a message at a remote: its open queue file, its
 * envelope, what became of each recipient, and what follows for the file. */
#ifndef DELIVERY_H
#define DELIVERY_H

#include "../mail/envelope.h"
#include "../smtp/protocol.h"

struct message;
struct messages;
struct remotes;
struct spool;

/* What a delivery ended in for one recipient. Results belong to the delivery
 * and die with it; only what is done for good is remembered (attempt.done). */
enum rcpt_result { DELIVERED, FAILED, DEFERRED, RESULTS };

/* A recipient with a result of its own. Equal texts are kept once. */
struct refusal {
	size_t index;
	struct result r;	/* without its text: */
	size_t text, text_n;	/* in words */
};

struct delivery {
	struct message *m;
	unsigned long id;
	int fd;			/* locked, as handed to the agent; -1 once the
				 * delivery was handed on */
	struct envelope e;
	unsigned over;		/* whom these lines take is not in it */
	unsigned long long inode;	/* of the file that has the name; 0: not
					 * known */
	int file;		/* what the name is now, if it was rewritten
				 * since, else -1 ... */
	struct envelope names;	/* ... and the file's envelope; text.n 0: as
				 * e */
	int unread;		/* it was rewritten and could not be read */
	unsigned char *result;	/* enum rcpt_result, one a recipient */
	size_t count[RESULTS];
	struct refusal *refused;
	size_t refusals;
	unsigned *which;	/* of each recipient: its refusal + 1, or 0 */
	struct buf words;
	int announced;
};

/* Opens the queue file of m and locks it. 0; -1 with errno, and d is of no
 * use: EINVAL or ELOOP it is no queue file, EBUSY another sender's worker still
 * has it, EALREADY all its recipients have been taken. *unlockable is set to 1
 * where the file system has no locks. */
int delivery_open(struct delivery *d, const struct spool *s, struct message *m,
    int *unlockable);

/* It concerns only the recipients whom that line takes and none of the lines
 * over (remotes_narrow); to be called before anything has a result. How many
 * these are. */
size_t delivery_narrow(struct delivery *d, const struct remotes *r,
    size_t which, unsigned over);

void delivery_free(struct delivery *d);

/* The file that has the name now, locked, and its envelope; of one that could
 * not be read, what was opened. */
int delivery_file(const struct delivery *d, const struct envelope **e);

/* Notes the result of recipient number index. 0; -1 if there is no such
 * recipient or it has one already. */
int delivery_refuse(struct delivery *d, size_t index, const struct result *r);

/* What was said about recipient number index: its own, or whole. The text is
 * borrowed. */
struct result delivery_said(const struct delivery *d, size_t index,
    const struct result *whole);

/* Sets what recipient number index ended in. At first all are DEFERRED. */
void delivery_decide(struct delivery *d, size_t index, enum rcpt_result r);

/* The addresses of those whose result is r, LF each. */
void delivery_addresses(const struct delivery *d, enum rcpt_result r,
    struct buf *out);

/* The file gets rid of those that were DELIVERED; of those that FAILED, who go
 * to failed/ first. Recipients are meant by address, and the name is touched
 * only while it is the open file, or what was made of it. If none is left m is
 * gone. 0 done; 1 done but for a sync of queue/; 2 the name is gone or another
 * file's, which stays; -1 with errno: remembered in m, nothing is lost. */
int delivery_settle(struct delivery *d, const struct spool *s,
    struct messages *q, enum rcpt_result which);

/* Does what m remembers. 0 nothing; 1 done, open it again; -1 with errno, it
 * must not be sent yet. */
int delivery_catch_up(struct delivery *d, const struct spool *s,
    struct messages *q);

#endif

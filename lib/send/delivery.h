/* delivery.h - one attempt of a message at a remote: its open queue file, its
 * envelope, the recipients that were refused; and how the queue file is
 * rewritten when recipients have different results. */
#ifndef DELIVERY_H
#define DELIVERY_H

#include "../mail/envelope.h"

struct message;
struct spool;

/* Why a recipient was refused while others were not. */
struct refusal {
	size_t index;
	int code;
	struct buf text;
};

struct delivery {
	struct message *m;
	unsigned long id;
	int fd;			/* -1 once somebody else has taken over */
	struct envelope e;
	struct refusal *refused;
	size_t refusals;
	int announced;
};

/* What a delivery ended in for one recipient. */
enum rcpt_result { DELIVERED, FAILED, DEFERRED, RESULTS };

/* Opens the queue file of m. 0, or -1 with errno: EINVAL or ELOOP when it is
 * no queue file. d is of no use then. */
int delivery_open(struct delivery *d, const struct spool *s, struct message *m);

void delivery_free(struct delivery *d);

/* Notes that recipient number index was refused. */
void delivery_refuse(struct delivery *d, size_t index, int code,
    struct str text);

/* The refusal of recipient number index, or NULL. */
const struct refusal *delivery_refusal(const struct delivery *d, size_t index);

/* Works out each recipient's result, that of the message for all who were not
 * refused, and counts them. The caller frees the array of
 * enum rcpt_result, one byte each. */
unsigned char *delivery_results(const struct delivery *d, int code,
    size_t count[RESULTS]);

/* Removes delivered recipients from the queue file at once, so that a crash
 * cannot send to them again; removes the file when no recipient is left. 0; on
 * failure -1 with errno: the change is remembered in m, and made by
 * delivery_catch_up. */
int delivery_drop_delivered(struct delivery *d, const struct spool *s,
    const unsigned char *result);

/* Moves the failed to failed/: with the file if nobody else is left in it,
 * else with a copy of their own. 0, or -1 with errno. */
int delivery_move_failed(struct delivery *d, const struct spool *s,
    const unsigned char *result);

/* Makes a remembered change. 0 there is none; 1 made, the file must be opened
 * again; -1 with errno, it must not be sent yet. */
int delivery_catch_up(struct delivery *d, const struct spool *s);

#endif

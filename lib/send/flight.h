/* flight.h - a message on its way to a remote: its open queue file, its
 * envelope, what was said of single recipients; and what becomes of the file
 * when the recipients' ways part. */
#ifndef FLIGHT_H
#define FLIGHT_H

struct spool;
struct message;

/* Why a recipient was refused while others were not. */
struct refusal {
	size_t index;
	int code;
	struct buf text;
};

struct flight {
	struct message *m;
	unsigned long id;
	int fd;			/* -1 once somebody else has taken over */
	struct envelope e;
	struct refusal *refused;
	size_t refusals;
	int announced;
};

/* A recipient's share of the outcome. */
enum fate { DELIVERED, FAILED, DEFERRED, FATES };

/* Opens the queue file of m. 0, or -1 with errno: EINVAL or ELOOP when it is
 * no queue file. f is of no use then. */
int flight_open(struct flight *f, const struct spool *s, struct message *m);

void flight_free(struct flight *f);

/* Notes that recipient number index was refused. */
void flight_refuse(struct flight *f, size_t index, int code, struct str text);

/* The refusal of recipient number index, or NULL. */
const struct refusal *flight_refusal(const struct flight *f, size_t index);

/* Works out each recipient's fate from the result of the message, which all
 * share who were not refused, and counts them. The caller frees the array of
 * enum fate, one byte each. */
unsigned char *flight_fates(const struct flight *f, int code,
    size_t count[FATES]);

/* Takes the delivered off the queue file at once, so that no crash sends to
 * them again; removes the file when nobody is left. 0; -1 with errno when
 * that must wait: then m remembers it, and catch_up does it later. */
int flight_drop_delivered(struct flight *f, const struct spool *s,
    const unsigned char *fate);

/* Moves the failed to failed/: with the file if nobody else is left in it,
 * else with a copy of their own. 0, or -1 with errno. */
int flight_move_failed(struct flight *f, const struct spool *s,
    const unsigned char *fate);

/* Does what had to wait. 0 nothing had; 1 done, and the file must be opened
 * again; -1 with errno, it must not be sent yet. */
int flight_catch_up(struct flight *f, const struct spool *s);

#endif

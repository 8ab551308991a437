/* envelope.h - the head of a queue file: sender LF, recipients LF each, LF.
 * nullmailer(7). Null sender: an empty first line. */
#ifndef ENVELOPE_H
#define ENVELOPE_H

#include <sys/types.h>

#include "../base/buf.h"

/* RFC 5321 4.5.3.1.3 asks for 256 bytes; more is kept for X.400 and the like,
 * but no line may grow without end. The second is for all of the envelope. */
#define ADDRESS_MAX 4096
#define ENVELOPE_MAX (16 * 1024 * 1024)

struct envelope {
	struct buf text;	/* sender and recipients, each LF ended */
	size_t sender_n;	/* length of the sender without its LF */
	size_t count;		/* recipients, at least 1 */
	size_t others;		/* that the file names beside them */
	off_t body;		/* where the message's header begins */
};

/* Reads and checks the envelope of an open queue file from offset 0; the
 * file's own offset is neither used nor moved. 0; -1 with errno, EINVAL when
 * it is no valid queue file (no blank line, no recipient, control bytes, an
 * unreasonable size). e may be reused; free it with envelope_free. */
int envelope_read(int fd, struct envelope *e);

/* Borrowed from e. */
struct str envelope_sender(const struct envelope *e);

/* The recipient at offset *at of text; moves *at past it. Start with *at = 0.
 * p is NULL after the last. */
struct str envelope_next(const struct envelope *e, size_t *at);

void envelope_free(struct envelope *e);

/* 1 if the address fits an envelope line: not empty, no control bytes, not
 * above ADDRESS_MAX. */
int address_plain(struct str address);

/* Whether an envelope may hold the address. Domain = text after the last '@'.
 * 1 if the address has both parts, no control bytes, and a domain that has a
 * dot or is localhost (any case) or an address literal ([...]); LAYOUT=debian
 * needs no dot. Else 0. */
int address_valid(struct str address);

/* The part after the last '@', or the empty run. */
struct str address_domain(struct str address);

#endif

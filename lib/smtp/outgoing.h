/* outgoing.h - a message in an SMTP session: which of its recipients have been
 * asked for, accepted, refused, taken, and how that is reported. One message
 * may need several transactions; results belong to it and die with it. */
#ifndef OUTGOING_H
#define OUTGOING_H

#include "../base/buf.h"
#include "../mail/envelope.h"
#include "../mail/wire.h"
#include "protocol.h"

/* Where a recipient stands. An outcome beside it says more. */
enum rcpt {
	RCPT_WAITING,		/* for a transaction */
	RCPT_ASKED,		/* RCPT was said */
	RCPT_ACCEPTED,
	RCPT_REFUSED,		/* itself */
	RCPT_FAILED,		/* with its transaction */
	RCPT_TAKEN
};

/* A result whose text is kept. */
struct outcome {
	struct result r;
	struct buf text;
};

struct identity;

struct outgoing {
	struct outgoing *next;
	struct protocol_message m;
	struct envelope e;
	struct wire_size size;
	unsigned char *state;	/* enum rcpt of each recipient */
	unsigned *fate;		/* 1 + index of its outcome; 0: the message's;
				 * one allocation with state */
	size_t waiting;		/* recipients */
	size_t taken;
	size_t parts;		/* transactions that left some waiting */
	int doubt;		/* BDAT may be why it was refused */
	struct outcome *outcome;
	size_t outcomes;
	size_t settled;		/* of them, known in step */
	unsigned result;	/* like fate, of the message; 0: that of its
				 * recipients */
};

/* Reads envelope and size of m, both as they go out. One that cannot be read
 * has a result, and no recipients. */
struct outgoing *outgoing_new(const struct protocol_message *m,
    const struct identity *id);

/* The message fails with this code, fault and text, at MAIL. */
void outgoing_fail(struct outgoing *o, int code, enum fault fault,
    struct str text);

/* Keeps a result and returns what fate takes. Equal ones in a row are one, and
 * of very many the texts are cut. */
unsigned outgoing_outcome(struct outgoing *o, const struct result *r);

/* What is known so far is known in step ... or was never known: who was
 * refused or asked since then waits as before. */
void outgoing_settle(struct outgoing *o);
void outgoing_forget(struct outgoing *o);

/* All recipients in state from go to state to, with that fate. */
void outgoing_move(struct outgoing *o, enum rcpt from, enum rcpt to,
    unsigned fate);

/* Reports what became of the message. */
void outgoing_report(const struct outgoing *o,
    const struct protocol_report *report);

void outgoing_free(struct outgoing *o);

#endif

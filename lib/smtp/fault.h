/* fault.h - whose fault a failure is, and so what follows from it: one table,
 * fault.c, and nothing else decides. What the verdicts lead to is the sender's
 * business, but for FAULT_MECHANISM and FAULT_TRANSACTION, which a session
 * settles itself. */
#ifndef FAULT_H
#define FAULT_H

#include "../base/err.h"
#include "../base/str.h"

enum fault {
	FAULT_NONE,		/* success */
	FAULT_OURS,		/* memory, descriptors, files: not now */
	FAULT_ADDRESS,		/* this address: another one may do */
	FAULT_MECHANISM,	/* the next SASL mechanism offered */
	FAULT_LOGIN,		/* user or password */
	FAULT_END,		/* none's: a connection that has answered for a
				 * message has ended */
	FAULT_AGAIN,		/* none's: another connection, with what was
				 * learned, will do */
	FAULT_CONNECTION,	/* it ended with nothing answered, timed out, or
				 * spoke no SMTP: the message in hand is
				 * suspect */
	FAULT_REMOTE,		/* the remote: left out for this run */
	FAULT_WITNESS,		/* the remote's if a second message with other
				 * recipients gets the same fault_key */
	FAULT_TRANSACTION,	/* too many recipients at a time: in parts */
	FAULT_ROUTE,		/* this message at this remote: SIZE,
				 * SMTPUTF8 */
	FAULT_RECIPIENT,
	FAULT_MESSAGE,
	FAULTS
};

struct fault_case {
	enum stage stage;
	int reply;		/* basic code; 0: no reply, how says why */
	struct str text;	/* the reply, in which an enhanced code may
				 * stand (RFC 2034, 3463) */
	enum { FAULT_LOST = 1, FAULT_TIMEOUT, FAULT_GARBLED } how;
	int answered;		/* this connection has answered for a message */
	size_t accepted;	/* recipients accepted before, in this
				 * transaction */
	size_t recipients;	/* of this transaction */
};

struct verdict {
	enum fault fault;
	int permanent;		/* of FAULT_WITNESS and FAULT_ROUTE: once no
				 * remote is to blame, or left to be asked */
};

struct verdict fault_of(const struct fault_case *c);

/* What two replies have in common: 2000000 + class, subject and detail of the
 * enhanced code as a number (5.7.1: 7007001); else the basic code; 0 without
 * a reply. */
int fault_key(int reply, struct str text);

/* Whether a refusal of a message or recipient, said to several in a row, is the
 * server's being busy. */
int fault_may_be_busy(enum stage stage, int reply, struct str text);

/* Whether a permanent verdict is temporary while the remote is on probation
 * (has taken no recipient since its line changed): 1, but 0 for 5.1.z, 5.2.z,
 * 5.6.z. */
int fault_softened_on_probation(int reply, struct str text);

/* The same by the option soft-bounce: NULL not given, "" all, or codes such as
 * "550,5.4.5". */
int fault_softened(const char *soft_bounce, int reply, struct str text);

#endif

/* transaction.h - what the files of the SMTP session's transactions share:
 *
 *	outgoing.c	a message, its recipients, the report
 *	command.c	what is said: MAIL, RCPT, DATA, BDAT, RSET
 *	transaction.c	what is heard, and what follows from it
 *	smtp.c		who is served when, the message's octets, life
 *
 * Each calls only those above it. */
#ifndef TRANSACTION_H
#define TRANSACTION_H

#include "outgoing.h"
#include "session.h"

struct transaction {
	struct transaction *next;
	struct outgoing *o;
	size_t recipients;	/* RCPT commands */
	size_t said, heard;	/* commands */
	size_t say, hear;	/* index of the next recipient to be named,
				 * answered */
	size_t say_at;		/* the former, as envelope_next wants it */
	size_t accepted;	/* recipients ... */
	size_t postponed;	/* ... and those for the next transaction */
	size_t limit;		/* accepted before the first of the latter, if
				 * none was after it */
	int chunked;		/* BDAT, not DATA */
	int go;			/* DATA was answered 354 */
	int class;		/* of the reply to BDAT; 0 none yet */
	int doubt;		/* it refused, and may not know BDAT */
	int unknown;		/* it says so */
	unsigned failure;	/* fate by what was said of MAIL, DATA, or the
				 * message; 0 none */
	unsigned success;	/* fate of those accepted; 0 none */
	unsigned long long end;	/* io.put after its last octet; 0 before */
};

struct smtp {
	struct smtp_session session;	/* first: it begins with its
					 * connection */
	int strict;
	struct transaction *first, *last;	/* unanswered, oldest first */
	struct outgoing *more;	/* need another transaction, next first */
	size_t unheard;		/* commands */
	unsigned long long octets;	/* of the messages among them */
	size_t in_flight;	/* such messages */
	size_t window;		/* of them at most */
	size_t clean;		/* answers since it last grew */
	int chunks;		/* it has shown that it knows BDAT */
	unsigned long reports;
	int none_taken;		/* of what is unanswered, as the session ended
				 * so */
	int garbled;		/* it ended out of step */
};

/* ---- command.c ---- */

/* What command number k of a transaction is; a RSET is of STAGE_session. */
enum stage command_stage(const struct transaction *t, size_t k);

/* Says the next command. */
void command_next(struct smtp *s, struct transaction *t);

int command_needs_utf8(struct str address);

/* ---- transaction.c ---- */

/* Begins a transaction for as many recipients of o as one may have. */
struct transaction *transaction_new(struct smtp *s, struct outgoing *o);

/* Hears the next reply, which is the oldest transaction's. 0, or the ERR_ code
 * of what ended the session. */
int transaction_hear(struct smtp *s);

/* Writing has failed: hears what was answered before. The ERR_ code of what
 * ended the session. */
int transaction_hear_rest(struct smtp *s);

/* The oldest transaction is complete: what became of it. */
void transaction_finish(struct smtp *s);

/* The session has ended with this code: reports what the server could have
 * taken. Returns the code. */
int transaction_abandon(struct smtp *s, int code);

/* The server speaks out of turn. As transaction_hear. */
int transaction_unasked(struct smtp *s);

/* Reports o and frees it. */
void transaction_report(struct smtp *s, struct outgoing *o);

/* Says goodbye with this fault and code, and abandons. Returns the code. */
int transaction_end(struct smtp *s, enum fault fault, int code,
    struct str text);

/* Recipients of a transaction at most. */
size_t transaction_limit(const struct smtp *s);

#endif

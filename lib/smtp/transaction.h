/* transaction.h - what the files of the SMTP session's transactions share:
 *
 *	outgoing.c	a message, its recipients, the report
 *	command.c	what is said: MAIL, RCPT, DATA, BDAT, RSET
 *	transaction.c	how transactions begin and end, and sessions in them
 *	answer.c	what is heard, and what follows from it
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

/* Recipients of a transaction at most. */
size_t transaction_limit(const struct smtp *s);

/* Begins a transaction for as many recipients of o as one may have. */
struct transaction *transaction_new(struct smtp *s, struct outgoing *o);

/* Reports o and frees it. */
void transaction_report(struct smtp *s, struct outgoing *o);

/* The oldest transaction is complete: what became of it. The second form counts
 * it as answered, and returns 0. */
void transaction_finish(struct smtp *s);
int transaction_answered(struct smtp *s);

/* The oldest was refused by a server that may not know BDAT: once more, by
 * DATA, as no message fails because of BDAT alone. Returns 0. */
int transaction_by_data(struct smtp *s);

/* Four ends of a session: what the server could have taken is reported. They
 * return the ERR_ code: given; of a lost connection or a malformed reply; of a
 * 421, after which the server takes nothing more; of a reply out of step. */
int transaction_end(struct smtp *s, enum fault fault, int code,
    struct str text);
int transaction_lost(struct smtp *s);
int transaction_farewell(struct smtp *s);
int transaction_out_of_step(struct smtp *s);

/* ---- answer.c ---- */

/* Hears the next reply, which is the oldest transaction's. 0, or the ERR_ code
 * of what ended the session. */
int answer_hear(struct smtp *s);

/* Writing has failed: hears what was answered before. The ERR_ code of what
 * ended the session. */
int answer_hear_rest(struct smtp *s);

/* The server speaks out of turn. As answer_hear. */
int answer_unasked(struct smtp *s);

#endif

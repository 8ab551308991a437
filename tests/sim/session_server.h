/* session_server.h - the modelled server in two parts: session_event.c is what
 * it says and what may go wrong with that, session_server.c what it understands
 * and takes. */
#ifndef SIM_SESSION_SERVER_H
#define SIM_SESSION_SERVER_H

#include "session.h"

/* What a reply answers. */
enum to { TO_OTHER, TO_MAIL, TO_RCPT, TO_DATA, TO_CHUNK, TO_DOT, TO_RSET };

struct server {
	enum { COMMANDS, TEXT, CHUNK, GONE } mode;
	int replies;
	int before;		/* code of the last one */
	int mail;		/* number of the message, or -1 */
	size_t rcpt[RECIPIENTS];
	size_t rcpts;
	int messages;
	char line[600];
	size_t line_n;
	char body[FILE_MAX * 2];
	size_t body_n, chunk;
	int raw;		/* what follows was sent as a chunk */
	size_t said;		/* where the last reply ends, 0 not said */
	char held[64];		/* a reply that comes late */
	enum to held_to;
};
extern struct server server;


/* ---- session_event.c ---- */

/* Replies, unless something happens instead. */
void answer(enum to to, int code, const char *text);

/* What an event is once the reply has been said. */
void happens_behind(enum event event);

/* Closes, hard or not, after these words if they are not NULL. */
void go(int hard, const char *text);

/* The message of the transaction, and its end; those accepted are refused. */
struct message *mail(void);
void forget_mail(void);
void refuse_accepted(int code);

#endif

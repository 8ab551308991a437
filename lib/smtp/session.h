/* session.h - an SMTP session up to where messages begin, client side: the
 * connection, greeting, hello, STARTTLS, AUTH, and how commands are spoken and
 * replies heard. RFC 5321, 3207, 4954. Transactions are smtp.c's. What ended a
 * session stands in its connection. */
#ifndef SESSION_H
#define SESSION_H

#include "connection.h"
#include "reply.h"

/* Milliseconds; RFC 5321 4.5.3.2 asks for no less. */
#define PATIENCE_COMMAND 300000
#define PATIENCE_BLOCK 180000
#define PATIENCE_DOT 600000
#define PATIENCE_QUIT 2000

/* What the server offered in its last answer to EHLO. */
struct extensions {
	int pipelining, chunking, eight_bit, utf8, starttls, size;
	unsigned long size_limit;	/* 0: none stated */
	struct buf auth;		/* mechanisms, separated by blanks */
};

struct smtp_session {
	struct connection c;
	const char *helo;
	struct carried *carried;
	struct reply reply;	/* the last one */
	struct extensions ext;
};

/* Connects and goes on to where MAIL may be said. 0, or an ERR_ code with
 * stage and text set and the connection closed. */
int session_open(struct smtp_session *s);

/* AUTH, as the options want it. 0, or an ERR_ code as session_open; login.c. */
int session_login(struct smtp_session *s);

/* Puts one command, CRLF added, into the connection's buffer. 0; -1 if the
 * connection is lost or, with nothing put, if a part has a control byte. */
#define session_send(s, ...) session_send_parts(s, \
	(const struct str[]){ __VA_ARGS__ }, \
	sizeof((const struct str[]){ __VA_ARGS__ }) / sizeof(struct str))
int session_send_parts(struct smtp_session *s, const struct str *parts,
    size_t count);

/* Sends what was put and waits for a reply, so many ms. Its class, 2 to 5, or
 * -1 when the connection is lost or the reply is none. */
int session_reply(struct smtp_session *s, long long patience);

/* Four ends, each with fault and text set and the connection closed. They
 * return the ERR_ code: given; of a lost connection or malformed reply; of a
 * reply that was not hoped for and is about no message, which is never
 * permanent; of a reply that is out of step. */
int session_end(struct smtp_session *s, enum fault fault, int code,
    struct str text);
int session_lost(struct smtp_session *s);
int session_refused(struct smtp_session *s);
int session_out_of_step(struct smtp_session *s);

/* Says QUIT, waits a little for the answer, closes. */
void session_quit(struct smtp_session *s);

void session_free(struct smtp_session *s);

#endif

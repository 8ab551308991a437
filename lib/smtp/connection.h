/* connection.h - the connection of a session, as SMTP and QMQP share it. */
#ifndef CONNECTION_H
#define CONNECTION_H

#include "../base/buf.h"
#include "../mail/identity.h"
#include "../net/io.h"
#include "protocol.h"

struct ssl;

struct connection {
	const struct protocol_setup *setup;
	const struct options *o;
	const struct protocol_report *report;
	struct identity identity;
	struct ssl *ssl;	/* NULL if the options ask for no TLS */
	struct io io;
	int open;		/* messages can be sent */
	long long limit;	/* what follows must be over by it; clock_ms */
	unsigned long answered;	/* messages the server has answered for */
	struct buf peer;	/* "192.0.2.1 port 25" once it stands */
	int last;		/* no other address was left to be tried */
	/* Each reply heard before messages begin; set after create by who wants
	 * to know, else NULL. context is the report's. */
	void (*heard)(void *context, enum stage stage, struct str text);
	/* Why the session ended or did not begin: */
	enum fault fault;
	enum stage stage;
	int reply;		/* basic code, 0: no reply */
	struct buf text;
};

/* Fills an empty c and reads the files of TLS. The setup stays the caller's.
 * 0, or an ERR_ code with a reason appended to why. */
int connection_init(struct connection *c, const struct protocol_setup *setup,
    struct buf *why);

/* Connects, with TLS if that comes first. 0, or an ERR_ code with fault and
 * text. A connection is the process's last: it gives up what sandbox.h
 * lists. Up to connection_greeted all has to be over in half a minute while
 * another address is left, else in five minutes. */
int connection_open(struct connection *c);
void connection_greeted(struct connection *c);

/* Let in: only limit counts from now on. */
void connection_opened(struct connection *c);

/* Turns TLS on. 0, or an ERR_ code with fault and text. */
int connection_tls(struct connection *c);

/* What TLS agreed on, "" without it; what the chains look like from now on;
 * the compiled-in CA list: see ssl.h. */
const char *connection_about(const struct connection *c);
void connection_describe_chain(struct connection *c, char *out, size_t size);
const char *connection_roots(void);

/* Closes a connection that was lost; the ERR_ code of that, with fault and
 * text. */
int connection_lost(struct connection *c);

/* The verdict about what happened in this stage: a reply, or minus FAULT_LOST
 * and the like; to a transaction of so many recipients, of whom so many were
 * accepted. Softened by the options. */
struct verdict connection_verdict(const struct connection *c, int reply,
    struct str text, size_t accepted, size_t recipients);

/* Sets fault and reply by such a verdict. */
void connection_blame(struct connection *c, int reply, struct str text);

/* While the answer to a whole message is out, being stopped would mean not to
 * know whether it has been taken. how: SIG_BLOCK or SIG_UNBLOCK. */
void connection_hold_signals(int how);

/* Closes and frees. */
void connection_free(struct connection *c);

#endif

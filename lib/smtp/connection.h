/* connection.h - the connection of a session, as SMTP and QMQP share it. */
#ifndef CONNECTION_H
#define CONNECTION_H

#include "../base/buf.h"
#include "../net/io.h"
#include "protocol.h"

struct ssl;

struct connection {
	const struct options *o;
	const struct protocol_report *report;
	struct ssl *ssl;	/* NULL if the options ask for no TLS */
	struct io io;
	int open;		/* messages can be sent */
	long long limit;	/* what follows must be over by it; clock_ms */
	enum stage stage;
	struct buf text;	/* why the session ended or did not begin */
};

/* Fills an empty c and reads the files of TLS. Options and report stay the
 * caller's. 0, or an ERR_ code with a reason appended to why. */
int connection_init(struct connection *c, const struct protocol_setup *setup,
    struct buf *why);

/* Connects, with TLS if that comes first. 0, or an ERR_ code with text. A
 * connection is the process's last: it gives up what sandbox.h lists. */
int connection_open(struct connection *c);

/* Turns TLS on. 0, or an ERR_ code with text. */
int connection_tls(struct connection *c);

/* Closes a connection that was lost; the ERR_ code of that, with text. */
int connection_lost(struct connection *c);

/* While the answer to a whole message is out, being stopped would mean not to
 * know whether it has been taken. how: SIG_BLOCK or SIG_UNBLOCK. */
void connection_hold_signals(int how);

/* Closes and frees. */
void connection_free(struct connection *c);

#endif

/* protocol.h - a protocol as the worker and the classic module use it: one row
 * of functions each for SMTP and QMQP. */
#ifndef PROTOCOL_H
#define PROTOCOL_H

#include "../base/err.h"
#include "../base/str.h"

struct buf;
struct connection;
struct options;

/* One message to be sent. The file is the caller's. */
struct protocol_message {
	unsigned long id;
	int fd;
};

/* How a session answers. Each message handed to it is answered by exactly one
 * call of message, or by none if the session ended before the server could
 * have taken it: such a message may be tried again at once. Texts are
 * borrowed, hostile, and may have several lines. */
struct protocol_report {
	void *context;
	/* Recipient number index was refused with code; all recipients not
	 * named share the result of the message. */
	void (*recipient)(void *context, unsigned long id, size_t index,
	    int code, struct str text);
	void (*message)(void *context, unsigned long id, int code,
	    enum stage stage, struct str text);
	/* Something an administrator should know, once a session. */
	void (*note)(void *context, struct str text);
	/* The connection stands: with whom. May be NULL. */
	void (*peer)(void *context, struct str text);
};

/* What a session has learned that the next one with the same server needs. */
struct carried {
	int no_chunking;	/* the server offers it and does not mean it */
	int warned;		/* of a password in clear */
	int lost_in_row;	/* sessions lost in the middle of a message */
};

/* What a session is made of; all of it must outlive the session. */
struct protocol_setup {
	const struct options *options;	/* checked */
	const char *helo;
	const struct protocol_report *report;
	struct carried *carried;
	/* A message goes to all of its recipients or to none, as the classic
	 * interface of protocol modules knows no part. */
	int strict;
};

/* What ended a session is nobody's fault and will not happen again. */
#define PROTOCOL_AGAIN (-1)

/* The window of a session that sends one message at a time: the current one,
 * the next, whose envelope may go ahead, and a spare. A larger window means
 * that several are in flight. */
#define PROTOCOL_AHEAD 3

struct protocol {
	const char *name;
	const char *about;	/* one line */
	int port, port_tls;	/* defaults; port_tls 0: none */
	int starttls;		/* 1 if the protocol has it */

	/* Reads the files of TLS. NULL: *code and why say the reason. The
	 * session is the protocol's own, and begins with its connection. */
	struct connection *(*create)(const struct protocol_setup *setup,
	    int *code, struct buf *why);
	/* Connects, says hello, authenticates. 0, or the ERR_ code of the
	 * remote: stage and text of the connection say more, and open may be
	 * tried again. A protocol with a connection for each message may
	 * connect in send. */
	int (*open)(struct connection *session);
	/* Sends a message. Its result, and those of messages before it, may be
	 * outstanding when this returns; settle or a later send reports them,
	 * in order. 0; or what ended the session: an ERR_ code, or
	 * PROTOCOL_AGAIN. What the server could have taken has then been
	 * reported, and what has not been reported may be sent again. */
	int (*send)(struct connection *session,
	    const struct protocol_message *m);
	/* Waits for the oldest outstanding result, if any. Returns as send. */
	int (*settle)(struct connection *session);
	/* How many messages it is worth to have at hand. */
	size_t (*window)(const struct connection *session);
	/* Says goodbye and closes; never waits long. */
	void (*close)(struct connection *session);
	void (*free)(struct connection *session);
};

/* The built-in protocol of that name, or NULL. */
const struct protocol *protocol_find(struct str name);

/* Checks the options for this protocol. 0, or an ERR_ code with a reason
 * appended to why. */
int protocol_check(const struct protocol *p, struct options *o,
    struct buf *why);

#endif

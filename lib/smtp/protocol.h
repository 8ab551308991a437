/* protocol.h - a protocol as the worker and the classic module use it: one row
 * of functions each for SMTP and QMQP. */
#ifndef PROTOCOL_H
#define PROTOCOL_H

#include "../base/err.h"
#include "../base/str.h"
#include "fault.h"

struct buf;
struct connection;
struct options;
struct remotes;

/* One message to be sent. The file is the caller's. */
struct protocol_message {
	unsigned long id;
	int fd;
	const struct remotes *remotes;	/* it goes to those of its recipients
					 * whom one of these lines takes ... */
	size_t which;			/* ... this one ... */
	unsigned over;			/* ... and none of these, a bit each;
					 * NULL: to all of them */
};

/* What became of a message, or of one recipient. */
struct result {
	int code;		/* ERR_; 0: taken */
	enum fault fault;
	enum stage stage;
	int reply;		/* basic code of the reply, 0: none */
	int unanswered;		/* its last octet was sent, its answer never
				 * came: the server may have it */
	struct str text;	/* borrowed, hostile, may have several lines */
};

/* How a session answers. Each message handed to it is answered by exactly one
 * call of message, in any order, or by none if the session ended first and the
 * server cannot have taken it: such a message was not attempted and may go
 * again at once. Where the session ended by FAULT_CONNECTION the message in
 * hand is always answered, with that fault; it is suspect. */
struct protocol_report {
	void *context;
	/* Of recipient number index, each at most once, and only directly
	 * before message for the same id. All recipients not named share the
	 * result of the message. */
	void (*recipient)(void *context, unsigned long id, size_t index,
	    const struct result *r);
	void (*message)(void *context, unsigned long id,
	    const struct result *r);
	/* Something an administrator should know, once a session. */
	void (*note)(void *context, struct str text);
	/* The connection stands: "192.0.2.1 port 25". May be NULL. */
	void (*peer)(void *context, struct str text);
	/* All recipients have been taken: called before message says so. May
	 * be NULL. */
	void (*taken)(void *context, unsigned long id);
};

/* What a session has learned that the next one with the same remote needs.
 * Empty is what is known at first. */
struct carried {
	int no_chunking;	/* the server offers it and does not mean it */
	int warned;		/* of a password in clear */
	int window;		/* messages unanswered at a time; 0: 8 */
	int at_once;		/* recipients of a transaction; 0: the
				 * option's */
	char mechanism[16];	/* that worked; "" none yet */
};

/* What a session is made of; all of it must outlive the session. */
struct protocol_setup {
	const struct options *options;	/* checked */
	const char *helo;
	const struct protocol_report *report;
	struct carried *carried;
	/* A message goes to all of its recipients or to none, one command at a
	 * time, as the classic interface of protocol modules wants it. */
	int strict;
	struct str tried;	/* addresses not to be used, each LF ended */
	struct str sick;	/* to be used last */
	long long open_by;	/* for open, clock_ms; 0: no limit */
};

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
	/* Connects, says hello, authenticates; once in a process. 0, or an
	 * ERR_ code: fault, stage, reply, text of the connection say more, and
	 * of FAULT_ADDRESS peer (the address) and last. */
	int (*open)(struct connection *session);
	/* Sends a message. Its result, and those of messages before it, may be
	 * outstanding when this returns; settle or a later send reports them.
	 * 0; or the ERR_ code of what ended the session, with fault, stage,
	 * reply, text of the connection: what the server could have taken has
	 * then been reported. */
	int (*send)(struct connection *session,
	    const struct protocol_message *m);
	/* Waits for the oldest outstanding result, if any. Returns as send. */
	int (*settle)(struct connection *session);
	/* How many messages it is worth to have at hand; grows with answers. */
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

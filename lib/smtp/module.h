/* module.h - what a protocol module is told and what it answers, whichever
 * way it is run: as a program of its own or as a worker of the sender.
 * nullmailer-smtp(8). */
#ifndef MODULE_H
#define MODULE_H

#include "../base/str.h"

struct buf;
struct opt;

enum module_auth { MODULE_AUTH_ANY, MODULE_AUTH_LOGIN, MODULE_AUTH_EXTERNAL };

/* What a session has learned that the next one with the same server needs. */
struct module_past {
	int no_chunking;	/* the server offers it and does not mean it */
	int warned;		/* of a password in clear */
	int strikes;		/* lost in the middle of a message, in a row */
};

/* Strings are borrowed from what the options were parsed from. */
struct module_options {
	const char *host;
	const char *source;
	const char *user;
	const char *pass;
	const char *helo;	/* $HELOHOST; not an option */
	int port;		/* 0: the default */
	int auth;		/* enum module_auth */
	int tls;		/* from the first byte; wins over starttls */
	int starttls;
	int x509fmtder;		/* accepted; the format is seen from the file */
	const char *tls_name;	/* name to verify instead of host */
	const char *tls_min;	/* "1.0" */
	struct ssl_conf ssl;
	int sessions;		/* for the sender, not for the session */
	struct module_past past;	/* not an option */
};

#define MODULE_ROWS 24

/* Fills rows with the options all modules share; returns their number. */
size_t module_rows(struct module_options *o, struct opt *rows);

/* Checks the options for what is missing or contradictory and completes
 * them: the port and what TLS needs; helo is left to those who say it.
 * port_tls 0: there is no default. 0, or an ERR_ code with a reason appended
 * to why. */
int module_check(struct module_options *o, int port, int port_tls,
    struct buf *why);

/* One message to be sent. The file is the caller's. */
struct module_message {
	unsigned long id;
	int fd;
};

/* How a session answers. Each message handed to it is answered by exactly one
 * call of message, or by none if the session ended before the server could
 * have taken it: such a message may be tried again at once. Texts are
 * borrowed, hostile, and may have several lines. */
struct module_report {
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

/* A protocol as the worker and the classic module use it: the functions of
 * smtp.h or qmqp.h, which have their contracts. */
#define MODULE_AGAIN (-1)

/* What a session likes to hold that has one message served at a time: that
 * one, the next to speak of ahead, and one to follow. Who likes more has them
 * served together. */
#define MODULE_AHEAD 3

struct module_protocol {
	const char *name;
	void *(*create)(struct module_options *o,
	    const struct module_report *report, int strict, int *code,
	    struct buf *why);
	void (*limit)(void *session, long long deadline);
	int (*open)(void *session);
	int (*send)(void *session, const struct module_message *m);
	int (*settle)(void *session);
	size_t (*window)(const void *session);
	int (*is_open)(const void *session);
	enum stage (*stage)(const void *session);
	struct str (*text)(const void *session);
	void (*close)(void *session);
	void (*free)(void *session);
};

/* The built-in protocol of that name, or NULL. */
const struct module_protocol *module_protocol(struct str name);

#endif

/* dsn.h - delivery status notifications: who gets one, and the report itself,
 * a message/delivery-status (RFC 3464) inside a multipart/report (RFC 6522).
 * nullmailer-dsn(1). Texts of servers are hostile and are cleaned here; of the
 * message nothing but its envelope is ever held in memory. */
#ifndef DSN_H
#define DSN_H

#include <sys/types.h>
#include <time.h>

#include "../base/buf.h"

/* What a diagnostic is cut to. */
#define DSN_TEXT 4096

enum dsn_kind { DSN_FAILED, DSN_DELAYED };

/* What the control files say. {0} to start; may be loaded again. */
struct dsn_rules {			/* addresses, LF ended */
	struct buf bounceto;
	struct buf doublebounceto;	/* or adminaddr */
	struct buf adminaddr;
	struct buf alwaysbcc;		/* no report is about it */
	int bouncelines;
	struct buf me, idhost;		/* names of this host */
};

/* 0, or -1 with conf_why; then r may only be freed or loaded again. */
int dsn_rules_load(struct dsn_rules *r);
void dsn_rules_free(struct dsn_rules *r);

/* One recipient the report is about. */
struct dsn_recipient {
	struct str address;	/* as in the queue file */
	struct str status;	/* "5.1.1"; empty: that in the diagnostic */
	struct str diagnostic;	/* "SMTP; 550 5.1.1 no such user", with any
				 * bytes and line ends; empty: none */
};

/* What a report says. Texts are borrowed; times are seconds since the epoch,
 * 0 is not known. */
struct dsn {
	enum dsn_kind kind;
	struct str sender;	/* of the message; empty or "#@[]": null */
	const struct dsn_recipient *recipients;
	size_t count;
	struct str default_status;	/* where the diagnostic has none */
	struct str remote;	/* the server's name, or empty */
	struct str envelope_id;	/* or empty */
	time_t arrival;
	time_t last_attempt;
	time_t retry_until;	/* only for a delay */
	int message;		/* the queue file; its offset is not used */
	off_t header;		/* where its header begins: envelope.body */
	long lines;		/* of the body to be quoted; negative: all */
};

/* Who gets the report, LF ended each: bounceto or the sender, but adminaddr
 * where that is no address the queue would take; about a message with the null
 * sender doublebounceto or adminaddr. 1, or 0 if none of them is set. */
int dsn_target(const struct dsn *d, const struct dsn_rules *r,
    struct buf *target);

/* Whether an automatic report may be sent: not about a report on a report, an
 * automatic reply, or the delay of a report. 1; 0 with the reason in why; -1
 * with errno if the message cannot be read. */
int dsn_wanted(const struct dsn *d, struct buf *why);

/* Writes the report as nullmailer-queue takes it: an empty line for the null
 * sender, target, an empty line, the message. put gets it piece by piece and
 * returns 0, or -1 to end it. 0; -1 with errno if the message cannot be read
 * or as put left it. */
int dsn_write(const struct dsn *d, const struct dsn_rules *r,
    struct str target, int (*put)(void *context, struct str bytes),
    void *context);

/* Appends the status code (RFC 3463) in text, a reply of a server or module:
 * [245].N.N with up to three digits each, at the beginning or after a blank,
 * '(', '#' or '-', and before neither a digit nor a dot, so that no IP address
 * is taken for one. A code after a reply code comes first; one of class 2 is
 * skipped. The class becomes that of the kind, 5 or 4: a message that is given
 * up has failed even if the reply was temporary. Without a code in text it is
 * default_status, such as "5.0.0", or "5.4.7" for an expired message. */
void dsn_status(struct buf *b, enum dsn_kind kind, struct str text,
    struct str default_status);

/* 1 if s is a status code of class 4 or 5. */
int dsn_is_status(struct str s);

/* Whether the bytes of the file from offset from to offset to contain what, of
 * at most 256 bytes. 1, 0, or -1 with errno. */
int dsn_occurs(int fd, off_t from, off_t to, struct str what);

#endif

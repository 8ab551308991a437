/* options.h - the options of one remote: those of a line of the control file
 * `remotes`, or of a protocol module run by hand. nullmailer-smtp(8). */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stddef.h>

struct buf;
struct opts;

enum options_auth { AUTH_ANY, AUTH_LOGIN, AUTH_EXTERNAL, AUTH_NAMED };

/* Strings are borrowed from the text that was parsed, NULL where the option
 * was not given. */
struct options {
	const char *host;
	int port;		/* 0: the default */
	const char *source;
	const char *domain;	/* for EHLO */
	const char *from;	/* as identity_set takes it */
	const char *bounce_from;	/* the same */
	const char *user;
	const char *pass;
	const char *passfile, *passcommand;	/* one of the three at most */
	int auth;		/* enum options_auth */
	const char *mechanism;	/* the only one; NULL: what is offered */
	int tls;		/* from the first byte; wins over starttls */
	int starttls;
	int x509fmtder;		/* accepted; the format is seen from the file */
	const char *certfile;
	const char *keyfile;
	const char *cafile;
	const char *crlfile;
	const char *tls_name;	/* name to verify instead of host */
	const char *tls_min;	/* "1.0" */
	const char *tls_max;	/* "1.2" */
	const char *pin;
	int insecure;
	int anon;
	int ipv4, ipv6;		/* only such addresses; not both */
	int no_pipelining, no_chunking;
	int recipients;		/* of a transaction at most; 0: the default */
	const char *soft_bounce;	/* as fault_softened takes it */
	/* For the sender, not for the session. */
	const char *if_from, *if_to;	/* as pattern_match takes them */
	int sessions;
	int messages;		/* of a connection at most; 0: the default */
	const char *rate;	/* as written, N/TIME ... */
	int rate_messages;	/* ... so many, 0 for no limit, ... */
	int rate_seconds;	/* ... in so many seconds */
};

/* The options all protocols share, with their targets in o (base/opt.h). */
struct opts options_table(struct options *o);

/* Parses an option a line, "name=value" LF, up to an empty line. text is cut
 * into the strings that o borrows. 0, or -1 with a reason in why: the first
 * word that is no option and what it may mean, but no word after a login,
 * which may be part of its secret. */
int options_parse(struct options *o, struct buf *text, struct buf *why);

/* Whether a word can be a name for EHLO, or an address literal. */
int options_is_name(const char *word);

/* Whether if_from and if_to are lists of patterns. 0, or ERR_USAGE with a
 * reason appended to why. */
int options_check_lists(const struct options *o, struct buf *why);

/* Checks the options for what is missing or contradictory, and completes the
 * port; a port after the host is cut off it. port_tls 0: there is no default.
 * 0, or an ERR_ code with a reason appended to why. */
int options_check(struct options *o, int port, int port_tls, struct buf *why);

#endif

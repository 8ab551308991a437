/* sasl.h - how a client proves who it is: PLAIN (RFC 4616), LOGIN (never
 * standardised), EXTERNAL (RFC 4422 appendix A). Pure text in, text out, before
 * base64; the SMTP around it (RFC 4954) is smtp.c's. */
#ifndef SASL_H
#define SASL_H

#include "buf.h"

struct sasl {
	struct str user;
	struct str pass;
	int step;		/* responses given so far */
};

struct sasl_mechanism {
	const char *name;
	/* Appends the initial response. */
	void (*begin)(struct sasl *s, struct buf *response);
	/* Appends the answer to a challenge. 0, or -1: none is known. */
	int (*answer)(struct sasl *s, struct str challenge,
	    struct buf *response);
};

/* The row of that name in any case, or NULL. */
const struct sasl_mechanism *sasl_find(struct str name);

/* The best for a user and a password among the names in offered, which are
 * separated by blanks; NULL when there is none. */
const struct sasl_mechanism *sasl_choose(struct str offered);

/* 1 if name is among the blank-separated words of offered. */
int sasl_offered(struct str offered, struct str name);

#endif

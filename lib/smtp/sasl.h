/* sasl.h - how a client proves who it is: PLAIN (RFC 4616), LOGIN (never
 * standardised), EXTERNAL (RFC 4422 appendix A), CRAM-MD5 (RFC 2195), SCRAM
 * (RFC 5802, 7677), OAUTHBEARER (RFC 7628) and XOAUTH2, Google's form of it,
 * where the password is an access token. Pure text in, text out, before base64;
 * the SMTP around it (RFC 4954) is login.c's. */
#ifndef SASL_H
#define SASL_H

#include "../base/buf.h"

struct sasl {
	struct str user;
	struct str pass;
	int step;		/* challenges answered so far */
	int ahead;		/* LOGIN: the name went ahead of them */
	struct buf first;	/* SCRAM: what we said first; XOAUTH2 and
				 * OAUTHBEARER: why the token is refused */
	unsigned char expected[32];	/* SCRAM: the server's proof */
	size_t expected_n;
};

struct sasl_mechanism {
	const char *name;
	/* Appends the initial response. 1 if there is one, 0 if the server
	 * speaks first, -1 if there is no randomness to be had. */
	int (*begin)(struct sasl *s, struct buf *response);
	/* Appends the answer to a challenge. 0, or -1: none is known, or the
	 * server has not proven that it knows the password. */
	int (*answer)(struct sasl *s, struct str challenge,
	    struct buf *response);
	/* 1 if s has seen all that the server has to show. */
	int (*done)(const struct sasl *s);
};

/* The row of that name in any case, or NULL. */
const struct sasl_mechanism *sasl_find(struct str name);

/* The best for a user and a password among the names in offered, which are
 * separated by blanks, that is not in tried, another such list; NULL when there
 * is none. In private (TLS) the server may see the password, and PLAIN is what
 * works best. */
const struct sasl_mechanism *sasl_choose(struct str offered, struct str tried,
    int in_private);

/* Whether the password is an access token. */
int sasl_is_token(const struct sasl_mechanism *m);

/* Appends the names of those that a password will do for, with blanks between
 * them. */
void sasl_names(struct buf *out);

/* 1 if name is among the blank-separated words of offered. */
int sasl_offered(struct str offered, struct str name);

/* Wipes. */
void sasl_free(struct sasl *s);

#endif

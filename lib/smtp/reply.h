/* reply.h - an SMTP reply, RFC 5321 4.2: lines "250-text" ... "250 text". */
#ifndef REPLY_H
#define REPLY_H

#include "../base/buf.h"

struct io;

/* A server may say this much before it counts as broken ... */
#define REPLY_MAX (1024 * 1024)
/* ... and of that we remember this much. */
#define REPLY_KEEP 16384

struct reply {
	int code;		/* 200-599; 0 while no line has come */
	size_t size;		/* bytes received */
	struct buf text;	/* the lines with their codes, joined by LF */
};

/* Feeds a line. 1 the reply is complete, 0 another line follows, -1 this is
 * no SMTP reply: three digits, then end, blank or '-', and the same code on
 * all lines. */
int reply_line(struct reply *r, struct str line);

/* Empties r and reads a reply. 0; -1 on loss of the connection (see the io)
 * or, with the io still open, on a malformed reply. */
int reply_read(struct reply *r, struct io *io);

/* The code's first digit. */
int reply_class(const struct reply *r);

void reply_free(struct reply *r);

#endif

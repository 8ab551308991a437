/* content.h - a queue file's message as it goes out: as it is, or with the
 * identity of a remote. Then From fields have its address, Sender, Return-Path
 * and their Resent- forms are left out, and a message without From gets one.
 * All else stays byte for byte. What goes out is the same each time it is read,
 * and takes no more memory than a From field. */
#ifndef CONTENT_H
#define CONTENT_H

#include <sys/types.h>

#include "../base/buf.h"

struct envelope;
struct identity;

/* Longer From fields are cut. */
#define CONTENT_FIELD 262144

/* The header on its way; content.c's own. */
struct content_header {
	int where;		/* in it */
	int fate;		/* of the current field */
	int begun;		/* a field was read */
	int after_cr;
	int has_from;
	size_t name;		/* which one is being taken */
	struct buf held;	/* what may be the name of a field */
	struct buf text;	/* of the From field being taken */
	struct buf out;
};

struct content {
	int fd;
	off_t at, end;		/* of the file: next block; no further */
	const struct identity *id;
	struct str sender;
	struct str left;	/* of block, not yet given */
	struct content_header header;
	char block[32768];
};

/* Begins with the message after e, whose sender is the one that goes out; up to
 * the offset end, or -1 for the end of the file. id NULL, or without address:
 * as it is. id and e must outlive c. */
void content_begin(struct content *c, int fd, const struct envelope *e,
    off_t end, const struct identity *id);

/* The next bytes, borrowed until the next call. 1; 0 at the end, c->at is
 * there; -1 with errno, EIO when the file ends before end. */
int content_next(struct content *c, struct str *bytes);

void content_free(struct content *c);

#endif

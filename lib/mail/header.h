/* header.h - the header of a message on its way in: reads it from a stream,
 * rewrites the known fields, collects recipients and sender.
 * nullmailer-inject(1); RFC 5322 3.6. */
#ifndef HEADER_H
#define HEADER_H

#include "../base/buf.h"

struct hostnames;

/* All of a header, in bytes. */
#define HEADER_MAX (4 * 1024 * 1024)

/* A stream that begins with a header. {.fd = 0}, nothing else, to start. */
struct header_reader {
	int fd;
	int eof;
	int begun;		/* a field was read */
	size_t total;
	size_t at, n;		/* unread bytes of room */
	char room[16384];
};

/* The next field with its continuations, every line ended by LF and without
 * CR, none of blanks only. Lines "From " and ">From " before the first field
 * are dropped. The first
 * line that is no field ends the header and belongs to the body; an empty line
 * ends it and is dropped.
 * 1 field; 0 end of the header; -1 errno, EFBIG beyond HEADER_MAX. */
int header_read(struct header_reader *r, struct buf *field);

/* The next bytes of the body, as they are, borrowed until the next call.
 * 1, 0 end of the stream, -1 errno. Only after header_read gave 0. */
int header_body(struct header_reader *r, struct str *bytes);

enum header_id {
	HEADER_SENDER, HEADER_FROM, HEADER_REPLY_TO, HEADER_RECEIPT_TO,
	HEADER_ERRORS_TO, HEADER_RETURN_PATH, HEADER_TO, HEADER_CC,
	HEADER_APPARENTLY_TO, HEADER_BCC, HEADER_RESENT_SENDER,
	HEADER_RESENT_FROM, HEADER_RESENT_REPLY_TO, HEADER_RESENT_TO,
	HEADER_RESENT_CC, HEADER_RESENT_BCC, HEADER_DATE, HEADER_MESSAGE_ID,
	HEADER_RESENT_DATE, HEADER_RESENT_MESSAGE_ID, HEADER_CONTENT_LENGTH,
	HEADER_OTHER
};

struct header {
	/* set by the caller */
	const struct hostnames *names;
	int use_recipients;		/* collect those of the header */
	int drop_from;			/* flags f, i and s of inject */
	int drop_message_id;
	int drop_return_path;
	int from_is_sender;		/* flag e */
	/* the result */
	struct buf text;		/* fields, folded, LF ended */
	struct buf recipients, typed;	/* as those of an addr_list */
	size_t count;
	struct buf sender;		/* of Return-Path, or the first of From;
					 * empty: null sender */
	int has_sender;
	int resent;
	unsigned long seen;		/* 1 << id of the fields in text */
};

enum header_result {
	HEADER_GOOD,
	HEADER_KEPT,		/* addresses not understood, field kept as is */
	HEADER_IGNORED,		/* the same, but the field goes away anyway */
	HEADER_BAD		/* the same, and its recipients are needed */
};

/* Takes in one field as header_read gives it. */
enum header_result header_field(struct header *h, struct str field);

#define header_has(h, id) ((h)->seen >> (id) & 1)

/* Appends "name: " and the items of an addr_list, folded between items where a
 * line would pass 78 bytes, and between words where an item alone would pass
 * 998 (RFC 5322 2.1.1). */
void header_put_items(struct buf *b, struct str name, struct str items);

void header_free(struct header *h);

#endif

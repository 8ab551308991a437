/* wire.h - a message as it must stand on the wire: every line ends in CRLF,
 * there is no other CR or LF and no NUL, and a line that begins with a dot gets
 * one more (RFC 5321 4.5.2). Other bytes pass as they are queued. */
#ifndef WIRE_H
#define WIRE_H

#include <sys/types.h>

#include "../base/str.h"

struct wire {
	int dots;		/* whether to add dots: DATA yes, BDAT no */
	int inside;		/* in the middle of a line */
	int after_cr;		/* a CR was just turned into CRLF */
	int dotted;		/* this line's extra dot is out */
};

/* Takes the next piece off the front of *in: a borrowed part of it or a
 * constant. 1, or 0 when *in is used up. Pieces joined are the message. */
int wire_next(struct wire *w, struct str *in, struct str *piece);

/* What is needed to end the last line: CRLF or nothing. */
struct str wire_end(const struct wire *w);

struct wire_size {
	unsigned long long octets;	/* without added dots */
	int eight_bit;			/* a byte above 127 occurs */
	off_t end;			/* of the file, as measured */
};

struct content;

/* Measures what goes out, reading it to its end. 0, or -1 with errno. */
int wire_measure(struct content *c, struct wire_size *size);

#endif

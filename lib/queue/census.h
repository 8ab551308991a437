/* census.h - what lies in the spool, in numbers. */
#ifndef CENSUS_H
#define CENSUS_H

#include "../base/buf.h"

enum census_row {
	CENSUS_WAITING,		/* messages in queue/ */
	CENSUS_HELD,		/* in hold/ */
	CENSUS_FAILED,		/* in failed/ */
	CENSUS_FAILED_DAY,	/* of these: since a day */
	CENSUS_OLDEST,		/* s: the age of the oldest that waits */
	CENSUS_BYTES,		/* of what waits */
	CENSUS_SENDER,		/* 1: a nullmailer-send runs */
	CENSUS_ROWS
};

/* The names of these, in `mailq -s` and everywhere else. */
extern const char *const census_names[CENSUS_ROWS];

/* Counts. 0; -1 with errno when queue/ may not be read. What else may not be
 * read counts as empty, a trigger as one without a sender. */
int census_take(long long c[CENSUS_ROWS]);

/* Appends "NAME NUMBER" LF of each; and back: 0, or -1 if one is missing. */
void census_write(const long long c[CENSUS_ROWS], struct buf *out);
int census_read(long long c[CENSUS_ROWS], struct str text);

#endif

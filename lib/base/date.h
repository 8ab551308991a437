/* date.h - dates for headers and for listings. */
#ifndef DATE_H
#define DATE_H

#include <time.h>

#include "str.h"

struct buf;

/* Appends "Sat, 21 Nov 2026 15:53:09 -0330", local time with its offset. */
void date_local(struct buf *b, time_t t);

/* Appends "Sat, 21 Nov 2026 19:24:01 -0000". */
void date_utc(struct buf *b, time_t t);

/* Appends "2026-11-21 15:53:09", local time; all zeros when its year does not
 * fit. */
void date_iso(struct buf *b, time_t t);

/* The seconds of "90", "5m", "1h30m", "1w", where a unit alone is one of it.
 * -1 if that is none, or above max. */
long date_seconds(struct str s, long max);

#endif

/* date - RFC 5322 dates, in English whatever the locale, and ISO 8601 ones
 * without the T. */
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "chr.h"
#include "date.h"

static const char days[] = "SunMonTueWedThuFriSat";
static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

static void
put_date(struct buf *b, const struct tm *tm)
{
	buf_cat(b, (struct str){ days + 3 * tm->tm_wday, 3 }, STR(", "));
	buf_fmt(b, "%02d ", tm->tm_mday);
	buf_add(b, (struct str){ months + 3 * tm->tm_mon, 3 });
	buf_fmt(b, " %d %02d:%02d:%02d ", tm->tm_year + 1900, tm->tm_hour,
	    tm->tm_min, tm->tm_sec);
}

void
date_local(struct buf *b, time_t t)
{
	struct tm tm;
	long minutes;

	tzset();
	if (!localtime_r(&t, &tm))
		return;
	minutes = tm.tm_gmtoff / 60;
	put_date(b, &tm);
	buf_fmt(b, "%c%02ld%02ld", minutes < 0 ? '-' : '+',
	    labs(minutes) / 60, labs(minutes) % 60);
}

void
date_utc(struct buf *b, time_t t)
{
	struct tm tm;

	if (!gmtime_r(&t, &tm))
		return;
	put_date(b, &tm);
	buf_add(b, STR("-0000"));
}

void
date_iso(struct buf *b, time_t t)
{
	struct tm tm;

	tzset();
	if (!localtime_r(&t, &tm))
		tm = (struct tm){ .tm_year = -1900, .tm_mon = -1 };
	buf_fmt(b, "%04d-%02d-%02d %02d:%02d:%02d", tm.tm_year + 1900,
	    tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

long
date_seconds(struct str s, long max)
{
	static const char letters[] = "smhdw";
	static const int seconds[] = { 1, 60, 3600, 86400, 604800 };
	unsigned long n, left = (unsigned long)max;
	const char *unit;
	size_t i;

	do {
		for (i = 0; i < s.n && chr_is(s.p[i], CHR_DIGIT); i++)
			continue;
		unit = i < s.n ? memchr(letters, s.p[i], 5) : letters;
		/* What lacks a number or a unit stands alone. */
		if (!unit || ((i == 0 || i == s.n) &&
		    left < (unsigned long)max))
			return -1;
		n = (unsigned long)seconds[unit - letters];
		if ((i || !s.n) && str_number(str_head(s, i), left / n, &n) < 0)
			return -1;
		n *= i ? (unsigned long)seconds[unit - letters] : 1;
		left -= n;
		s = str_skip(s, i + 1);
	} while (s.n);
	return max - (long)left;
}

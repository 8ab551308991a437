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
	buf_put(b, "%, ", (struct str){ days + 3 * tm->tm_wday, 3 });
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
	long long n = 0, sum = 0;
	int digits = 0, units = 0;
	const char *at;

	for (; s.n; s = str_skip(s, 1)) {
		if (chr_is(s.p[0], CHR_DIGIT)) {
			n = n * 10 + s.p[0] - '0';
			digits = 1;
		} else {
			at = memchr(letters, s.p[0], 5);
			if (!at || (!digits && (units || s.n > 1)))
				return -1;
			sum += (digits ? n : 1) * seconds[at - letters];
			n = digits = 0;
			units = 1;
		}
		if (n > max || sum > max)
			return -1;
	}
	return digits == units ? -1 : (long)(sum + n);
}

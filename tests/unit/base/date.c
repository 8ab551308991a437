/* date - against dates known from elsewhere, in several zones. */
#include <stdlib.h>
#include <string.h>

#include "../../../lib/base/buf.h"
#include "../../../lib/base/date.h"
#include "../t.h"

static int
local(const char *zone, time_t t, const char *want)
{
	struct buf b = { 0 };
	int ok;

	setenv("TZ", zone, 1);
	date_local(&b, t);
	ok = !strcmp(buf_z(&b), want);
	if (!ok)
		printf("# got: %s\n", buf_z(&b));
	buf_free(&b);
	return ok;
}

int
main(void)
{
	struct buf b = { 0 };

	buf_set(&b, STR("x "));
	date_utc(&b, 1795289041);
	T(!strcmp(buf_z(&b), "x Sat, 21 Nov 2026 19:24:01 -0000"));
	buf_clear(&b);
	date_utc(&b, 0);
	T(!strcmp(buf_z(&b), "Thu, 01 Jan 1970 00:00:00 -0000"));
	buf_clear(&b);
	date_utc(&b, 951782400);
	T(!strcmp(buf_z(&b), "Tue, 29 Feb 2000 00:00:00 -0000"));
	buf_free(&b);

	T(local("UTC0", 1795289041, "Sat, 21 Nov 2026 19:24:01 +0000"));
	T(local("NST3:30", 1795288989, "Sat, 21 Nov 2026 15:53:09 -0330"));
	T(local("ABC-5:45", 1795289041, "Sun, 22 Nov 2026 01:09:01 +0545"));
	T(local("ABC0:30", 0, "Wed, 31 Dec 1969 23:30:00 -0030"));
	setenv("TZ", "NST3:30", 1);
	date_iso(&b, 1795288989);
	T(!strcmp(buf_z(&b), "2026-11-21 15:53:09"));
	buf_clear(&b);
	setenv("TZ", "UTC0", 1);
	date_iso(&b, 1795228389);
	T(!strcmp(buf_z(&b), "2026-11-21 02:33:09"));
	buf_clear(&b);
	date_iso(&b, (time_t)1 << 62);
	T(!strcmp(buf_z(&b), "0000-00-00 00:00:00"));
	buf_free(&b);
	setenv("LC_ALL", "de_DE.UTF-8", 1);
	T(local("UTC0", 1795289041, "Sat, 21 Nov 2026 19:24:01 +0000"));
	return T_END();
}

/* strtoul - the numbers that the C library's resolver reads. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "../t.h"

/* Whether text is v and then rest. */
static int
reads(const char *text, int base, unsigned long v, const char *rest)
{
	char *end;

	return strtoul(text, &end, base) == v && !strcmp(end, rest)
	    && strtoull(text, &end, base) == v && !strcmp(end, rest);
}

int
main(void)
{
	char *end;

	T(reads("25", 10, 25, "") && reads("0", 10, 0, ""));
	T(reads("587/tcp", 10, 587, "/tcp") && reads("080", 10, 80, ""));
	T(reads("", 10, 0, "") && reads("eth0", 10, 0, "eth0"));
	T(reads("127.0.0.1", 0, 127, ".0.0.1") && reads("0.1", 0, 0, ".1"));
	T(reads("010.1", 0, 8, ".1") && reads("08", 0, 0, "8"));
	T(reads("0x7F.1", 0, 127, ".1") && reads("0XfFg", 0, 255, "g"));
	T(reads("0x7f", 16, 127, "") && reads("7f", 16, 127, ""));
	T(reads("0x", 0, 0, "x") && reads("0xg", 0, 0, "xg"));
	T(reads("0x1", 10, 0, "x1"));
	errno = 0;
	T(strtoull("18446744073709551615", &end, 10) == ULLONG_MAX && !errno);
	T(strtoull("18446744073709551616", &end, 10) == ULLONG_MAX &&
	    errno == ERANGE && !*end);
	errno = 0;
	T(strtoul("99999999999999999999999", NULL, 10) == ULONG_MAX &&
	    errno == ERANGE);
	return T_END();
}

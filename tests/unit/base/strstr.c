/* The C library's own is what is tested with SAN=1. */
#include <string.h>

#include "../t.h"

int
main(void)
{
	static const char text[] = "smtp://host://";

	T(strstr(text, "://") == text + 4);
	T(strstr(text + 5, "://") == text + 11);
	T(!strstr(text, ":///"));
	T(strstr(text, "") == text);
	T(!strstr("", "a"));
	return T_END();
}

/* The C library's own is what is tested with SAN=1. */
#include <stdlib.h>
#include <wchar.h>

#include "../t.h"

int
main(void)
{
	wchar_t w[4] = { 9, 9, 9, 9 };

	T(mbstowcs(NULL, "", 0) == 0);
	T(mbstowcs(NULL, "mail.example", 0) == 12);
	T(mbstowcs(w, "ab", 4) == 2 && w[0] == 'a' && w[1] == 'b');
	T(!w[2] && w[3] == 9);
	T(mbstowcs(w, "abcd", 3) == 3 && w[2] == 'c' && w[3] == 9);
	T(mbstowcs(w, "abcd", 0) == 0 && w[0] == 'a');
	return T_END();
}

/* chr - the table against the definitions, for every byte. */
#include <string.h>

#include "../../../lib/base/chr.h"
#include "../t.h"

static unsigned
wanted(int c)
{
	static const char atext[] = "!#$%&'*+-/=?^_`{|}~";
	unsigned class = 0;
	int letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
	int digit = c >= '0' && c <= '9';

	class |= c && strchr(" \t\n\v\f\r", c) ? CHR_SPACE : 0;
	class |= c < 32 || c == 127 ? CHR_CTL : 0;
	class |= digit ? CHR_DIGIT : 0;
	class |= letter || digit || c > 127 || (c && strchr(atext, c))
	    ? CHR_ATEXT : 0;
	class |= c >= 32 && c < 127 ? CHR_PRINT : 0;
	class |= c > 127 ? CHR_8BIT : 0;
	return class;
}

int
main(void)
{
	int c, wrong = 0;

	for (c = 0; c < 256; c++) {
		if (chr_class[c] != wanted(c))
			printf("# byte %d is %u, not %u\n", c, chr_class[c],
			    wanted(c));
		wrong += chr_class[c] != wanted(c);
	}
	T(wrong == 0);
	T(chr_is((char)0xff, CHR_8BIT) && !chr_is('a', CHR_8BIT));
	for (c = 0; c < 256; c++) {
		char low = chr_lower((char)c), up = chr_upper((char)c);

		wrong += (c >= 'A' && c <= 'Z') != (low != (char)c);
		wrong += (c >= 'a' && c <= 'z') != (up != (char)c);
		wrong += chr_lower(up) != low;
	}
	T(wrong == 0);
	T(chr_lower('Q') == 'q' && chr_upper('q') == 'Q');
	return T_END();
}

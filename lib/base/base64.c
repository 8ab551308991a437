/* base64 - RFC 4648 section 4. */
#include <stdint.h>
#include <string.h>

#include "base64.h"

static const char alphabet[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void
base64_add(struct buf *b, struct str raw)
{
	uint32_t v;
	char four[4];
	size_t i;

	for (i = 0; i < raw.n; i += 3) {
		struct str s = str_head(str_skip(raw, i), 3);

		v = (uint32_t)(unsigned char)s.p[0] << 16;
		if (s.n > 1)
			v |= (uint32_t)(unsigned char)s.p[1] << 8;
		if (s.n > 2)
			v |= (unsigned char)s.p[2];
		four[0] = alphabet[v >> 18];
		four[1] = alphabet[v >> 12 & 63];
		four[2] = s.n > 1 ? alphabet[v >> 6 & 63] : '=';
		four[3] = s.n > 2 ? alphabet[v & 63] : '=';
		buf_add(b, (struct str){ four, 4 });
	}
	explicit_bzero(four, sizeof four);
}

static int
digit_value(char c)
{
	const char *at = c ? strchr(alphabet, c) : NULL;

	return at ? (int)(at - alphabet) : -1;
}

int
base64_decode(struct buf *b, struct str text)
{
	uint32_t v = 0;
	size_t i, digits = text.n;

	while (digits > 0 && text.n - digits < 2 && text.p[digits - 1] == '=')
		digits--;
	if (text.n % 4 != 0)
		return -1;
	for (i = 0; i < digits; i++) {
		int d = digit_value(text.p[i]);

		if (d < 0)
			return -1;
		v = v << 6 | (uint32_t)d;
		if (i % 4 == 1)
			buf_addc(b, (char)(v >> 4));
		else if (i % 4 == 2)
			buf_addc(b, (char)(v >> 2));
		else if (i % 4 == 3)
			buf_addc(b, (char)v);
	}
	return 0;
}

/* json - objects and lists put together in a buf. */
#include <string.h>

#include "json.h"

#define HIGH 0xd800		/* surrogates, RFC 8259 7 */
#define LOW 0xdc00
#define UNKNOWN 0xfffd

void
json_begin(struct buf *b, char bracket)
{
	if (b->n && strchr("\"}]0123456789", b->p[b->n - 1]))
		buf_addc(b, ',');
	buf_addc(b, bracket);
}

void
json_end(struct buf *b, char bracket)
{
	buf_addc(b, bracket);
}

void
json_key(struct buf *b, const char *key)
{
	json_begin(b, '"');
	buf_put(b, "%\":", str_of(key));
}

void
json_number(struct buf *b, const char *key, long long v)
{
	json_key(b, key);
	buf_fmt(b, "%lld", v);
}

static void
add_character(struct buf *b, unsigned c)
{
	if (c >= 0x10000) {
		c -= 0x10000;
		buf_fmt(b, "\\u%04x", HIGH | c >> 10);
		c = LOW | (c & 0x3ff);
	}
	if (c >= ' ' && c < 0x7f && c != '"' && c != '\\')
		buf_addc(b, (char)c);
	else
		buf_fmt(b, "\\u%04x", c);
}

void
json_text(struct buf *b, const char *key, struct str text)
{
	struct str rest = text;
	size_t i, bad = 0;

	json_key(b, key);
	buf_addc(b, '"');
	while (rest.n) {
		unsigned long c;
		size_t n = str_character(rest, &c);

		bad += !n;
		add_character(b, n ? (unsigned)c : UNKNOWN);
		rest = str_skip(rest, n ? n : 1);
	}
	buf_addc(b, '"');
	if (!bad)
		return;
	json_begin(b, '"');
	buf_put(b, "%_hex\":\"", str_of(key));
	for (i = 0; i < text.n; i++)
		buf_fmt(b, "%02x", (unsigned char)text.p[i]);
	buf_addc(b, '"');
}

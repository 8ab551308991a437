/* phrase - how addresses and names are written: quotes where they are needed,
 * encoded words (RFC 2047) for what is not ASCII. */
#include "../base/chr.h"
#include "addr.h"

int
addr_is_bare(struct str text, int phrase)
{
	size_t i;

	if (!phrase && str_starts(text, STR("=?")))
		return 0;
	for (i = 0; i < text.n; i++) {
		if (chr_is(text.p[i], CHR_ATEXT))
			continue;
		if (!phrase || text.p[i] != ' ' || i == 0 ||
		    i + 1 == text.n || text.p[i + 1] == ' ')
			return 0;
	}
	return text.n > 0;
}

static int
is_dot_atom(struct str text)
{
	struct str rest = text;

	do
		if (!addr_is_bare(str_cut(&rest, '.'), 0))
			return 0;
	while (rest.p);
	return 1;
}

void
addr_put_quoted(struct buf *b, struct str text)
{
	size_t i;

	buf_addc(b, '"');
	for (i = 0; i < text.n; i++) {
		if (text.p[i] == '"' || text.p[i] == '\\')
			buf_addc(b, '\\');
		buf_addc(b, text.p[i]);
	}
	buf_addc(b, '"');
}

void
addr_put(struct buf *b, struct str address)
{
	size_t at = str_rfind(address, '@');
	struct str local = str_head(address, at);

	if (is_dot_atom(local))
		buf_add(b, local);
	else
		addr_put_quoted(b, local);
	buf_add(b, str_skip(address, at));
}

static void
put_q_byte(struct buf *b, unsigned char c)
{
	static const char hex[] = "0123456789ABCDEF";
	int plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	    (c >= 'a' && c <= 'z');

	if (c == ' ')
		buf_addc(b, '_');
	else if (plain || c == '!' || c == '*' || c == '+' || c == '-' ||
	    c == '/')
		buf_addc(b, (char)c);
	else {
		buf_addc(b, '=');
		buf_addc(b, hex[c >> 4]);
		buf_addc(b, hex[c & 15]);
	}
}

/* Appends the character at the start of s, returns its length. */
static size_t
put_q(struct buf *b, struct str s)
{
	unsigned long code;
	size_t i, n = str_character(s, &code);
	unsigned char c = (unsigned char)s.p[0];

	if (n == 0) {
		put_q_byte(b, (unsigned char)(0xc0 | c >> 6));
		put_q_byte(b, (unsigned char)(0x80 | (c & 0x3f)));
		return 1;
	}
	for (i = 0; i < n; i++)
		put_q_byte(b, (unsigned char)s.p[i]);
	return n;
}

/* An encoded word has at most 75 bytes, and no character goes over its end. */
static void
put_encoded(struct buf *b, struct str name)
{
	struct str open = STR("=?UTF-8?Q?"), close = STR("?=");
	struct buf one = { 0 };
	size_t room = 0, start = b->n;

	while (name.n) {
		buf_clear(&one);
		name = str_skip(name, put_q(&one, name));
		if (one.n > room) {
			if (b->n > start)
				buf_add(b, STR("?= "));
			buf_add(b, open);
			room = 75 - open.n - close.n;
		}
		buf_add(b, buf_str(&one));
		room -= one.n;
	}
	buf_add(b, close);
	buf_free(&one);
}

/* name without control bytes; 1 if it is not ASCII. */
static int
tidy(struct buf *text, struct str name)
{
	size_t i;
	int high = 0;

	name = str_trim(name);
	for (i = 0; i < name.n; i++) {
		buf_addc(text, chr_is(name.p[i], CHR_CTL) ? ' ' : name.p[i]);
		high |= chr_is(name.p[i], CHR_8BIT);
	}
	return high != 0;
}

void
addr_put_phrase(struct buf *b, struct str name)
{
	struct buf text = { 0 };

	if (tidy(&text, name))
		put_encoded(b, buf_str(&text));
	else if (addr_is_bare(buf_str(&text), 1))
		buf_add(b, buf_str(&text));
	else
		addr_put_quoted(b, buf_str(&text));
	buf_free(&text);
}

void
addr_put_comment(struct buf *b, struct str name)
{
	struct buf text = { 0 };
	size_t i;

	buf_addc(b, '(');
	if (tidy(&text, name))
		put_encoded(b, buf_str(&text));
	else
		for (i = 0; i < text.n; i++) {
			if (text.p[i] == '(' || text.p[i] == ')' ||
			    text.p[i] == '\\')
				buf_addc(b, '\\');
			buf_addc(b, text.p[i]);
		}
	buf_addc(b, ')');
	buf_free(&text);
}

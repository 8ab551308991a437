/* buf - an owned, growing run of bytes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "chr.h"
#include "mem.h"

struct str
buf_str(const struct buf *b)
{
	return (struct str){ b->n ? b->p : "", b->n };
}

const char *
buf_z(const struct buf *b)
{
	return b->n ? b->p : "";
}

char *
buf_room(struct buf *b, size_t n)
{
	size_t need = b->n + n + 1;
	size_t cap = b->cap + b->cap / 2 + 32;

	if (need <= n)
		mem_out();
	if (need > b->cap) {
		if (cap < need)
			cap = need;
		b->p = mem_resize(b->p, cap);
		b->cap = cap;
	}
	return b->p + b->n;
}

void
buf_clear(struct buf *b)
{
	b->n = 0;
	if (b->p)
		b->p[0] = '\0';
}

void
buf_set(struct buf *b, struct str s)
{
	b->n = 0;
	buf_room(b, s.n);
	if (s.n)
		memmove(b->p, s.p, s.n);
	b->n = s.n;
	b->p[b->n] = '\0';
}

void
buf_add(struct buf *b, struct str s)
{
	char *end = buf_room(b, s.n);

	if (s.n)
		memcpy(end, s.p, s.n);
	end[s.n] = '\0';
	b->n += s.n;
}

void
buf_addc(struct buf *b, char c)
{
	buf_add(b, (struct str){ &c, 1 });
}

void
buf_addu(struct buf *b, unsigned long long v)
{
	char digits[24];
	size_t at = sizeof digits;

	do
		digits[--at] = (char)('0' + v % 10);
	while (v /= 10);
	buf_add(b, (struct str){ digits + at, sizeof digits - at });
}

void
buf_join(struct buf *b, const struct str *parts, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		buf_add(b, parts[i]);
}

void
buf_fill(struct buf *b, const char *form, const struct str *parts,
    size_t count)
{
	size_t n;

	for (; count; count--) {
		n = strcspn(form, "%");
		buf_add(b, (struct str){ form, n });
		buf_add(b, *parts++);
		form += form[n] ? n + 1 : n;
	}
	buf_add(b, str_of(form));
}

void
buf_vfmt(struct buf *b, const char *format, va_list ap)
{
	va_list again;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, format, again);
	va_end(again);
	if (n < 0)
		return;
	buf_room(b, (size_t)n);
	vsnprintf(b->p + b->n, (size_t)n + 1, format, ap);
	b->n += (size_t)n;
}

void
buf_fmt(struct buf *b, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	buf_vfmt(b, format, ap);
	va_end(ap);
}

void
buf_clean(struct buf *b, struct str s, size_t max)
{
	size_t i, end = b->n + max;

	s = str_trim(s);
	for (i = 0; i < s.n && b->n < end; i++) {
		if (s.p[i] == '\n')
			buf_add(b, STR(" / "));
		else if (s.p[i] != '\r')
			buf_addc(b, chr_is(s.p[i], CHR_CTL) ? '?' : s.p[i]);
	}
}

void
buf_escape(struct buf *b, struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++) {
		if (s.p[i] == '"' || s.p[i] == '\\')
			buf_addc(b, '\\');
		buf_addc(b, s.p[i]);
	}
}

void
buf_wipe(struct buf *b)
{
	if (b->p)
		explicit_bzero(b->p, b->cap);
	b->n = 0;
}

void
buf_free(struct buf *b)
{
	free(b->p);
	*b = (struct buf){ 0 };
}

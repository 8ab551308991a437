/* printf - the part of vsnprintf that this program uses: %d %i %u %x %c %s %%,
 * the flags '-' and '0', width and precision, the lengths l ll z.
 *
 * It replaces the C library's, which would bring floating point and wide
 * characters into a binary that has neither. C99 7.19.6.12. */
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

struct output {
	char *p;
	size_t size;
	size_t n;		/* what would have been written */
};

struct directive {
	int left, zero;
	int width, precision;	/* precision -1: none */
	int length;		/* 0 int, 1 long, 2 long long, 3 size_t */
};

static void
put_char(struct output *o, char c)
{
	if (o->n + 1 < o->size)
		o->p[o->n] = c;
	o->n++;
}

static void
put_padding(struct output *o, char c, int n)
{
	while (n-- > 0)
		put_char(o, c);
}

static void
put_field(struct output *o, const struct directive *d, const char *sign,
    const char *text, size_t n)
{
	int pad = d->width - (int)n - (int)strlen(sign);
	int zero = d->zero && !d->left;

	if (!zero && !d->left)
		put_padding(o, ' ', pad);
	while (*sign)
		put_char(o, *sign++);
	if (zero)
		put_padding(o, '0', pad);
	while (n--)
		put_char(o, *text++);
	if (d->left)
		put_padding(o, ' ', pad);
}

static void
put_number(struct output *o, const struct directive *d, const char *sign,
    unsigned long long v, unsigned base)
{
	char digits[24];
	size_t at = sizeof digits;

	do
		digits[--at] = "0123456789abcdef"[v % base];
	while (v /= base);
	put_field(o, d, sign, digits + at, sizeof digits - at);
}

static long long
signed_argument(int length, va_list *ap)
{
	switch (length) {
	case 1:
		return va_arg(*ap, long);
	case 2:
		return va_arg(*ap, long long);
	case 3:
		return (long long)va_arg(*ap, size_t);
	default:
		return va_arg(*ap, int);
	}
}

static unsigned long long
unsigned_argument(int length, va_list *ap)
{
	switch (length) {
	case 1:
		return va_arg(*ap, unsigned long);
	case 2:
		return va_arg(*ap, unsigned long long);
	case 3:
		return va_arg(*ap, size_t);
	default:
		return va_arg(*ap, unsigned);
	}
}

static int
star_or_digits(const char **f, va_list *ap)
{
	int n = 0;

	if (**f == '*') {
		++*f;
		return va_arg(*ap, int);
	}
	while (**f >= '0' && **f <= '9')
		n = n * 10 + *(*f)++ - '0';
	return n;
}

static struct directive
parse_directive(const char **f, va_list *ap)
{
	struct directive d = { 0, 0, 0, -1, 0 };

	for (; **f == '-' || **f == '0'; ++*f)
		*(**f == '-' ? &d.left : &d.zero) = 1;
	d.width = star_or_digits(f, ap);
	if (**f == '.') {
		++*f;
		d.precision = star_or_digits(f, ap);
	}
	for (; **f == 'l'; ++*f)
		d.length++;
	if (**f == 'z') {
		d.length = 3;
		++*f;
	}
	return d;
}

static void
convert(struct output *o, const struct directive *d, char kind, va_list *ap)
{
	long long v;
	const char *s;
	char c;

	switch (kind) {
	case 'd':
	case 'i':
		v = signed_argument(d->length, ap);
		put_number(o, d, v < 0 ? "-" : "", v < 0 ?
		    0 - (unsigned long long)v : (unsigned long long)v, 10);
		break;
	case 'u':
	case 'x':
		put_number(o, d, "", unsigned_argument(d->length, ap),
		    kind == 'u' ? 10 : 16);
		break;
	case 's':
		s = va_arg(*ap, const char *);
		put_field(o, d, "", s, d->precision < 0 ? strlen(s) :
		    strnlen(s, (size_t)d->precision));
		break;
	default:
		c = kind == 'c' ? (char)va_arg(*ap, int) : kind;
		put_field(o, d, "", &c, 1);
	}
}

int
vsnprintf(char *p, size_t size, const char *format, va_list args)
{
	struct output o = { p, size, 0 };
	struct directive d;
	va_list ap;

	va_copy(ap, args);
	while (*format) {
		if (*format != '%') {
			put_char(&o, *format++);
			continue;
		}
		format++;
		d = parse_directive(&format, &ap);
		if (!*format)
			break;
		convert(&o, &d, *format++, &ap);
	}
	va_end(ap);
	if (size)
		p[o.n < size ? o.n : size - 1] = '\0';
	return (int)o.n;
}

/* dn - distinguished names (X.501 Name), compared as RFC 5280 7.1 says.
 *
 * Name ::= SEQUENCE OF SET OF SEQUENCE { type OID, value ANY }. What RFC 4518
 * does to texts is done for ASCII only: authorities that write a name in two
 * ways differ in string type, case or blanks. */
#include "dn.h"

/* Universal tags of strings that hold ASCII as it is: UTF8String,
 * NumericString, PrintableString, TeletexString, IA5String, VisibleString. */
static int
is_ascii_type(int tag)
{
	return tag < 32 && (1UL << 12 | 1UL << 18 | 1UL << 19 | 1UL << 20
	    | 1UL << 22 | 1UL << 26) >> tag & 1;
}

static int
is_blank(int c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static struct der
trim_blanks(struct der in)
{
	for (; in.n && is_blank(*in.p); in.n--)
		in.p++;
	while (in.n && is_blank(in.p[in.n - 1]))
		in.n--;
	return in;
}

/* Takes one character off a trimmed text, several blanks as one; -1 at its
 * end. */
static int
next_folded(struct der *in)
{
	int c;

	if (in->n == 0)
		return -1;
	c = *in->p++;
	in->n--;
	if (!is_blank(c))
		return der_lower(c);
	for (; in->n && is_blank(*in->p); in->n--)
		in->p++;
	return ' ';
}

static enum dn_relation
compare_values(const struct attribute *x, const struct attribute *y)
{
	struct der a = trim_blanks(x->value), b = trim_blanks(y->value);
	int c, d;

	if (x->tag == y->tag && der_same(x->value, y->value))
		return DN_SAME;
	if (!is_ascii_type(x->tag) || !is_ascii_type(y->tag))
		return DN_UNCLEAR;
	do {
		c = next_folded(&a);
		d = next_folded(&b);
	} while (c == d && c >= 0 && (c < 0x80 || x->tag == y->tag));
	if (c >= 0x80 || d >= 0x80)
		return DN_UNCLEAR;
	return c == d ? DN_SAME : DN_DIFFERENT;
}

static int
take_attribute(struct der *set, struct attribute *a)
{
	struct der pair;

	if (der_take(set, DER_SEQ, &pair) < 0
	    || der_take(&pair, DER_OID, &a->type) < 0)
		return -1;
	a->tag = der_next(&pair, &a->value, NULL);
	return a->tag < 0 || pair.n ? -1 : 0;
}

/* DER sorts a SET by its bytes, so that two of several attributes may be the
 * same though their orders differ. */
static enum dn_relation
compare_sets(struct der a, struct der b)
{
	enum dn_relation how = DN_SAME;
	struct attribute x, y;
	int several = 0;

	while (how == DN_SAME && a.n && b.n) {
		if (take_attribute(&a, &x) < 0 || take_attribute(&b, &y) < 0)
			return DN_UNCLEAR;
		several |= a.n || b.n;
		how = der_same(x.type, y.type) ? compare_values(&x, &y)
		    : DN_DIFFERENT;
	}
	if (how == DN_SAME && (a.n || b.n))
		how = DN_DIFFERENT;
	return how != DN_SAME && several ? DN_UNCLEAR : how;
}

enum dn_relation
dn_compare(struct der base, struct der name)
{
	enum dn_relation how, all = DN_SAME;
	struct der b, n, x, y;

	if (der_same(base, name))
		return DN_SAME;
	if (der_take(&base, DER_SEQ, &b) < 0
	    || der_take(&name, DER_SEQ, &n) < 0)
		return DN_UNCLEAR;
	while (b.n) {
		if (n.n == 0)
			return DN_DIFFERENT;
		if (der_take(&b, DER_SET, &x) < 0
		    || der_take(&n, DER_SET, &y) < 0)
			return DN_UNCLEAR;
		how = compare_sets(x, y);
		if (how == DN_DIFFERENT)
			return how;
		if (how == DN_UNCLEAR)
			all = how;
	}
	return all == DN_SAME && n.n ? DN_BELOW : all;
}

int
dn_same(struct der a, struct der b)
{
	return dn_compare(a, b) == DN_SAME;
}

struct dn_walk
dn_begin(struct der name)
{
	struct dn_walk w = { { NULL, 0 }, { NULL, 0 } };

	der_take(&name, DER_SEQ, &w.parts);
	return w;
}

int
dn_next(struct dn_walk *w, struct attribute *a)
{
	while (w->set.n == 0) {
		if (w->parts.n == 0)
			return 0;
		if (der_take(&w->parts, DER_SET, &w->set) < 0)
			break;
	}
	if (take_attribute(&w->set, a) == 0)
		return 1;
	w->parts.n = w->set.n = 0;
	return -1;
}

/* FNV-1a. */
static uint64_t
mix(uint64_t h, int c)
{
	return (h ^ (unsigned char)c) * UINT64_C(0x100000001b3);
}

uint64_t
dn_hash(struct der name)
{
	struct dn_walk w = dn_begin(name);
	uint64_t h = UINT64_C(0xcbf29ce484222325);
	struct attribute a;
	int c;

	while (dn_next(&w, &a) > 0) {
		for (; a.type.n; a.type.n--)
			h = mix(h, *a.type.p++);
		a.value = trim_blanks(a.value);
		while ((c = next_folded(&a.value)) >= 0)
			h = mix(h, c);
	}
	return h;
}

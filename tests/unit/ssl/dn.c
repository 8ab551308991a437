/* dn - which names are the same: string types, case, blanks, order, and what
 * cannot be told. Names are written TYPE:ATTRIBUTE=VALUE, "+" within a part and
 * "/" between parts; {} is a part without attributes. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "../../../ssl/dn.h"
#include "../t.h"

struct out {
	unsigned char p[256];
	size_t n;
};

static void
put(struct out *o, int tag, const void *p, size_t n)
{
	o->p[o->n++] = (unsigned char)tag;
	o->p[o->n++] = (unsigned char)n;
	memcpy(o->p + o->n, p, n);
	o->n += n;
}

static int
tag_of(char type)
{
	switch (type) {
	case 'U': return 0x0C;	/* UTF8String */
	case 'N': return 0x12;	/* NumericString */
	case 'P': return 0x13;	/* PrintableString */
	case 'T': return 0x14;	/* TeletexString */
	case 'I': return 0x16;	/* IA5String */
	case 'B': return 0x1E;	/* BMPString */
	default: return 0x03;	/* BIT STRING */
	}
}

static void
put_attribute(struct out *set, const char *s, size_t n)
{
	unsigned char oid[3] = { 0x55, 0x04, 0 };
	struct out pair = { { 0 }, 0 };

	oid[2] = (unsigned char)s[2];
	put(&pair, DER_OID, oid, sizeof oid);
	put(&pair, tag_of(s[0]), s + 4, n - 4);
	put(set, DER_SEQ, pair.p, pair.n);
}

static struct der
name(struct out *all, const char *s)
{
	struct out parts = { { 0 }, 0 }, set;
	size_t n;

	while (*s) {
		for (set.n = 0; *s && *s != '/'; s += n + (s[n] == '+')) {
			n = strcspn(s, "+/");
			if (*s != '{')
				put_attribute(&set, s, n);
		}
		s += *s == '/';
		put(&parts, DER_SET, set.p, set.n);
	}
	all->n = 0;
	put(all, DER_SEQ, parts.p, parts.n);
	return (struct der){ all->p, all->n };
}

static enum dn_relation
relation(const char *base, const char *of)
{
	struct out a, b;
	struct der x = name(&a, base), y = name(&b, of);
	enum dn_relation how = dn_compare(x, y), back = dn_compare(y, x);

	/* What is the same is so both ways and is found by the same number. */
	T((how == DN_SAME) == (back == DN_SAME));
	T(how != DN_SAME || dn_hash(x) == dn_hash(y));
	T(dn_same(x, y) == (how == DN_SAME));
	return how;
}

static void
texts(void)
{
	static const struct {
		const char *a, *b;
		enum dn_relation how;
	} rows[] = {
		{ "U:c=Root One", "U:c=Root One", DN_SAME },
		{ "U:c=Root One", "P:c=Root One", DN_SAME },
		{ "T:c=Root One", "I:c=Root One", DN_SAME },
		{ "N:c=12 34", "P:c=12 34", DN_SAME },
		{ "U:c=Root One", "U:c=rOOT oNE", DN_SAME },
		{ "U:c=Root One", "U:c= \tRoot\n  One ", DN_SAME },
		{ "U:c=Root One", "U:c=RootOne", DN_DIFFERENT },
		{ "U:c=Root One", "U:c=Root", DN_DIFFERENT },
		{ "U:c=", "P:c=  ", DN_SAME },
		{ "U:c=", "U:c=a", DN_DIFFERENT },
		{ "U:c=[", "U:c={", DN_DIFFERENT },
		{ "U:c=@", "U:c=`", DN_DIFFERENT },
		{ "U:c=Root", "U:o=Root", DN_DIFFERENT },
		/* Not ASCII: the same bytes, or unclear. */
		{ "U:c=A \303\234b", "U:c=a  \303\234B", DN_SAME },
		{ "U:c=\303\234b", "U:c=\303\274b", DN_UNCLEAR },
		{ "U:c=\303\234b", "U:c=U\314\210b", DN_UNCLEAR },
		{ "U:c=\303\234b", "T:c=\303\234b", DN_UNCLEAR },
		{ "T:c=\334b", "T:c=\334B", DN_SAME },
		{ "U:c=\303\234b", "U:c=\303\234c", DN_DIFFERENT },
		{ "U:c=a\303\234", "U:c=b\303\234", DN_DIFFERENT },
		{ "U:c=a", "U:c=a\303\234", DN_UNCLEAR },
		/* Types we do not read. */
		{ "B:c=xAxB", "B:c=xAxB", DN_SAME },
		{ "B:c=xAxB", "B:c=xaxb", DN_UNCLEAR },
		{ "B:c=xAxB", "U:c=AB", DN_UNCLEAR },
		{ "X:c=xA", "X:c=xB", DN_UNCLEAR }
	};
	size_t i;

	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		if (relation(rows[i].a, rows[i].b) != rows[i].how)
			printf("# %s %s\n", rows[i].a, rows[i].b);
		T(relation(rows[i].a, rows[i].b) == rows[i].how);
	}
}

static void
parts(void)
{
	T(relation("", "") == DN_SAME);
	T(relation("", "P:o=a") == DN_BELOW);
	T(relation("P:o=a", "") == DN_DIFFERENT);
	T(relation("P:o=a", "U:o=A/U:c=b") == DN_BELOW);
	T(relation("U:o=A/U:c=b", "P:o=a") == DN_DIFFERENT);
	T(relation("U:o=a", "U:c=b/U:o=a") == DN_DIFFERENT);
	T(relation("U:o=a", "U:o=ab/U:c=b") == DN_DIFFERENT);
	/* A later part that differs settles what an earlier one left open. */
	T(relation("B:o=xa/U:c=a", "U:o=a/U:c=b") == DN_DIFFERENT);
	T(relation("B:o=xa/U:c=a", "U:o=a/U:c=a/U:c=b") == DN_UNCLEAR);
	/* Parts of several attributes. */
	T(relation("P:c=a+P:o=b", "U:c=A+U:o=B") == DN_SAME);
	T(relation("P:c=a+P:o=b", "P:o=b+P:c=a") == DN_UNCLEAR);
	T(relation("P:c=a+P:o=b", "P:c=a") == DN_UNCLEAR);
	T(relation("P:c=a", "P:c=a+P:o=b") == DN_UNCLEAR);
	T(relation("{}", "{}") == DN_SAME);
	T(relation("{}", "P:c=a") == DN_DIFFERENT);
}

#define DER(s) ((struct der){ (const unsigned char *)(s), sizeof(s) - 1 })

static void
damaged(void)
{
	struct out o;
	struct der good = name(&o, "P:o=a");
	struct dn_walk w;
	struct attribute a;

	T(dn_compare(DER("\x30\x02\x31\x05"), good) == DN_UNCLEAR);
	T(dn_compare(good, DER("\x30\x02\x31\x05")) == DN_UNCLEAR);
	T(dn_compare(good, DER("\x31\x00")) == DN_UNCLEAR);
	T(dn_compare(good, DER("")) == DN_UNCLEAR);
	T(dn_compare(good, DER("\x30\x06\x31\x04\x30\x02\x06\x00"))
	    == DN_UNCLEAR);
	w = dn_begin(good);
	T(dn_next(&w, &a) == 1 && a.tag == 0x13 && a.value.n == 1
	    && *a.value.p == 'a' && a.type.n == 3);
	T(dn_next(&w, &a) == 0 && dn_next(&w, &a) == 0);
	w = dn_begin(DER("\x30\x06\x31\x04\x30\x02\x06\x00"));
	T(dn_next(&w, &a) == -1 && dn_next(&w, &a) == 0);
	w = dn_begin(DER("\x30\x02\x31\x05"));
	T(dn_next(&w, &a) == -1 && dn_next(&w, &a) == 0);
	w = dn_begin(DER("\x04\x00"));
	T(dn_next(&w, &a) == 0);
}

int
main(void)
{
	texts();
	parts();
	damaged();
	return T_END();
}

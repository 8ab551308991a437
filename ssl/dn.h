/* dn.h - distinguished names (X.501 Name, RFC 5280 4.1.2.4), compared as RFC
 * 5280 7.1 says. A name is a whole Name, with tag and length. Private to ssl/.
 */
#ifndef DN_H
#define DN_H

#include <stdint.h>

#include "der.h"

enum dn_relation {
	DN_DIFFERENT,
	DN_SAME,
	DN_BELOW,	/* the second has more parts after those of the first */
	DN_UNCLEAR	/* cannot be told: no DER, or texts we cannot compare */
};

/* How name stands to base. Texts in PrintableString, UTF8String, IA5String and
 * TeletexString are the same whatever their type, the case of their ASCII
 * letters and the white space around and between their words. Other characters
 * are the same when their bytes are, and else unclear, as are other types and
 * parts of several attributes in another order. */
enum dn_relation dn_compare(struct der base, struct der name);

/* 1 when the two are the same name, which needs to be clear. */
int dn_same(struct der, struct der);

/* 64 bits that are the same for names that are; the key of the compiled-in
 * bundle. They only have to spread: a wrong hit fails on the signature. */
uint64_t dn_hash(struct der name);

struct attribute {
	struct der type;	/* contents of the OID */
	int tag;		/* of the value */
	struct der value;
};

struct dn_walk {
	struct der parts, set;
};

/* Attribute after attribute of a name: dn_next is 1, 0 after the last, -1 and
 * no more when the rest is not DER. */
struct dn_walk dn_begin(struct der name);
int dn_next(struct dn_walk *, struct attribute *);

#endif

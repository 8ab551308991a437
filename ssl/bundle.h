/* bundle.h - the trust anchors compiled in. The definitions are a file that
 * mkbundle writes at build time from roots.pem, or from the folder CA_DIR; when
 * CA_DIR is empty the table is.
 *
 * Records one after the other: hash of the subject (8 bytes, dn_hash), end of
 * validity in seconds since 1970 (4), kind of key (1), length of the key (2),
 * key; numbers big-endian. A key is a point (kind 23 to 25, TLS's number of the
 * curve) or a modulus (kind 0: the exponent is 65537); for kind 1 the last
 * eight bytes of the key are the exponent. */
#ifndef BUNDLE_H
#define BUNDLE_H

#include <stddef.h>

enum { BUNDLE_RSA = 0, BUNDLE_RSA_E = 1, BUNDLE_HEAD = 15, BUNDLE_E = 8 };

extern const unsigned char bundle[];
extern const size_t bundle_size;
extern const unsigned bundle_count;

/* YYYY-MM-DD of the tree's list, "" when there is none or it is a folder. */
extern const char bundle_date[];

#endif

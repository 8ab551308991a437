/* extension.h - the extensions a server sends (RFC 8446 4.2). Private to
 * ssl/. */
#ifndef EXTENSION_H
#define EXTENSION_H

#include "bytes.h"

struct hs;

enum {
	EXT_SNI = 0, EXT_GROUPS = 10, EXT_POINTS = 11, EXT_SCHEMES = 13,
	EXT_EMS = 23, EXT_VERSIONS = 43, EXT_COOKIE = 44, EXT_SHARE = 51,
	EXT_RENEG = 0xFF01
};

/* Where they may be, as bits. */
enum {
	IN_HELLO12 = 1, IN_HELLO = 2, IN_RETRY = 4, IN_ENCRYPTED = 8,
	IN_REQUEST = 16
};

/* The contents of those that are looked at; p is NULL where it is absent. */
enum {
	VERSIONS, SHARE, COOKIE, SCHEMES, EMS, RENEG, REST, EXTENSIONS
};
struct extensions {
	struct reader of[EXTENSIONS];
};

/* Takes a block of extensions apart. 1; 0 when it has failed: one that is
 * malformed, repeated, not asked for or in the wrong place. */
int extensions_read(struct hs *, struct reader *, unsigned where,
    struct extensions *);

/* What is wrong with such a one. */
extern const char extension_bad[];

#endif

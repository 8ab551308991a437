/* anchor.h - whom we trust: the CA file given, else the first of the system's
 * that holds a certificate, else the compiled-in bundle. Anchors are looked at
 * only when their subject is asked for: decoding all of a system's takes ten
 * times longer than a whole session. Private to ssl/. */
#ifndef ANCHOR_H
#define ANCHOR_H

#include <stddef.h>

struct anchors;
struct cert;
struct der;
struct pubkey;

/* given may be NULL. NULL with why ("FILE: reason") when the given file cannot
 * be read, holds no certificate or a damaged one, or when there is no anchor
 * on the system at all. */
struct anchors *anchors_load(const char *given, char *why, size_t size);

/* The compiled-in bundle alone, which may be empty. NULL: out of memory. */
struct anchors *anchors_bundled(void);

/* For messages: the file's name, or that it is the bundle. */
const char *anchors_source(const struct anchors *);

/* The next anchor with this subject (a whole Name); *at is 0 before the first.
 * 1, or 0 when there are no more. A key we cannot use is PUBKEY_NONE. An
 * anchor of the bundle has no more than subject, until and key; c->subject
 * then borrows from name, else from the anchors. */
int anchors_next(const struct anchors *, struct der name, size_t *at,
    struct cert *c, struct pubkey *key);

void anchors_free(struct anchors *);

#endif

/* scheme.h - signatures of the handshake (RFC 8446 4.2.3, RFC 5246 7.4.1.4.1,
 * RFC 2246 7.4.3). Private to ssl/. */
#ifndef SCHEME_H
#define SCHEME_H

#include <bearssl.h>

#include "bytes.h"

struct pubkey;

/* Before TLS 1.2 no scheme is named: the key's kind is all. */
enum { RSA_SHA256 = 0x0401, ECDSA_SHA256 = 0x0403, SCHEME_OLD = 0xFFFF };

/* Writes the numbers of those offered. */
void scheme_list(struct writer *);

/* Did the owner of key sign these n bytes by this scheme, which this version
 * allows? NULL when it is so, else what is wrong, static. */
const char *scheme_verify(unsigned id, unsigned version,
    const struct pubkey *key, const void *p, size_t n, struct reader sig);

/* The best one in the list for a key of ours; 0 when there is none. */
unsigned scheme_choose(struct reader list, unsigned version,
    const struct pubkey *key);

/* The hash of a scheme that was chosen; *oid, if wanted, is its identifier for
 * PKCS #1. */
const br_hash_class *scheme_hash(unsigned id, const unsigned char **oid);

/* 1 when it is RSA-PSS. */
int scheme_is_pss(unsigned id);

#endif

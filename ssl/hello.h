/* hello.h - what is offered and what the server has chosen: cipher suites,
 * extensions, ClientHello, ServerHello and HelloRetryRequest (RFC 8446 4.1,
 * RFC 5246 7.4.1). Private to ssl/. */
#ifndef HELLO_H
#define HELLO_H

#include <stdint.h>

#include "bytes.h"

enum { KX_ECDHE, KX_DHE, KX_RSA, KX_13 };
enum { AUTH_RSA, AUTH_ECDSA, AUTH_NONE, AUTH_13 };
enum { CIPHER_GCM, CIPHER_CHAPOL, CIPHER_CBC };

struct suite {
	uint16_t id;
	unsigned char kx, auth, cipher;
	unsigned char key;	/* bytes */
	unsigned char mac;	/* hash of CBC's, BearSSL's number, else 0 */
	unsigned char hash;	/* of PRF and transcript, from TLS 1.2 on */
};

struct hs;

/* Puts a ClientHello in the queue, with a key share of that group: the first, or
 * the second with the cookie that a HelloRetryRequest may have. */
void hello_send(struct hs *, unsigned group, struct reader cookie);

/* Takes a ServerHello or HelloRetryRequest. */
void hello_take(struct hs *, struct reader *);

/* Where the server's extensions may be (RFC 8446 4.2), as bits. */
enum {
	IN_HELLO12 = 1, IN_HELLO = 2, IN_RETRY = 4, IN_ENCRYPTED = 8,
	IN_CERTIFICATE = 16, IN_REQUEST = 32
};

/* The contents of those that are looked at; p is NULL where it is absent. */
struct extensions {
	struct reader version, share, cookie, schemes, ems, reneg;
};

/* Takes a block of extensions apart. 1; 0 when it has failed: one that is
 * malformed, repeated, not asked for or in the wrong place. */
int hello_extensions(struct hs *, struct reader *, unsigned where,
    struct extensions *);

#endif

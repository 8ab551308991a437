/* suite.h - the cipher suites offered (RFC 8446 B.4, RFC 5289, RFC 7905, RFC
 * 5288, RFC 5246 A.5, RFC 8422). Private to ssl/. */
#ifndef SUITE_H
#define SUITE_H

#include <stdint.h>

struct hs;
struct writer;

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

/* The one of this number if it is offered in this handshake, else NULL. */
const struct suite *suite_find(const struct hs *, unsigned id);

/* Writes the vector of all that are. */
void suite_list(const struct hs *, struct writer *);

#endif

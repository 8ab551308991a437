/* skey.h - a private key: PKCS #8 (RFC 5958), PKCS #1 (RFC 8017 A.1.2) or SEC 1
 * (RFC 5915), in DER. Private to ssl/; calls no function of BearSSL. */
#ifndef SKEY_H
#define SKEY_H

#include <bearssl.h>

#include "der.h"
#include "pubkey.h"

enum { SKEY_RSA_BITS = 8192 };

/* Numbers borrow from the key's bytes. */
struct skey {
	enum pubkey_kind kind;	/* PUBKEY_RSA, PUBKEY_EC, else PUBKEY_NONE */
	br_rsa_private_key rsa;
	br_ec_private_key ec;
};

/* Takes a whole key apart. 0, or -1 and kind PUBKEY_NONE when it is none or we
 * cannot use it; rsa.n_bitlen is set if it is RSA and only too large. Whether
 * its numbers belong together is not looked at. */
int skey_parse(struct der, struct skey *);

#endif

/* cert.h - one X.509 certificate (RFC 5280 4.1) taken apart, nothing judged.
 * Private to ssl/. */
#ifndef CERT_H
#define CERT_H

#include <stddef.h>
#include <stdint.h>

#include "der.h"

enum {	/* bits of usage: X.509's named bit i is 0x80 >> i */
	USAGE_CERT_SIGN = 0x04, USAGE_CRL_SIGN = 0x02
};

/* What certificates and revocation lists are (RFC 5280 4.1.1 and 5.1.1), with
 * tag and length but for sig, which is the signature's bytes alone. */
struct sealed {
	struct der all, tbs, alg, sig;
};

/* Takes one apart; *tbs is the contents of the part that is signed. 0 or -1. */
int cert_unseal(struct der in, struct sealed *, struct der *tbs);

/* All der fields borrow from the certificate's bytes. A field of n 0 or a
 * usage or pathlen of -1 stands for an absent extension. */
struct cert {
	struct sealed sealed;		/* with the issuer's signature */
	struct der serial, issuer, subject, spki;
	struct der names;		/* subjectAltName */
	struct der limits;		/* nameConstraints */
	struct der critical;		/* OID of one we do not know */
	int64_t from, until;
	int v1;			/* version 1 or 2: has no extensions */
	int ca, usage;
	long pathlen;
	int purposes;		/* -1 no list; 1 has TLS servers, else 0 */
	const char *why;	/* after -1: static text */
};

/* 0; -1 and why when it is no certificate we could read. */
int cert_parse(struct cert *, struct der);

/* What a reader would call a name or a certificate: the last common name, else
 * the last attribute of any kind, else a DNS name. Printable ASCII, the rest as
 * '?', cut to fit; returns out. */
const char *cert_name(struct der name, char *out, size_t size);
const char *cert_label(const struct cert *, char *out, size_t size);

/* Appends bytes of a peer to out the same way. */
void cert_print(struct der, char *out, size_t size);

/* The contents of the one common name in a name. 1; 0 none or several. */
int cert_cn(struct der name, struct der *out);

#endif

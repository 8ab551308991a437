/* verify.h - which server is accepted: trust anchors, chain, names, CRLs, pin.
 * Private to ssl/. */
#ifndef VERIFY_H
#define VERIFY_H

#include <stddef.h>

struct der;
struct pubkey;
struct ssl_conf;
struct verify;

/* Loads the CA source and the CRLs named in conf, or the fallbacks. NULL with
 * why as in ssl_new. With conf->insecure no CA file is needed or read. The host
 * that every chain is judged for is conf->host. */
struct verify *verify_new(const struct ssl_conf *, char *why, size_t size);

/* More certificates than these, or more bytes in all, are refused. */
enum { VERIFY_CERTS = 32, VERIFY_BYTES = 256 << 10 };

/* Judges a server by its Certificate message (RFC 8446 4.4.2, RFC 5246 7.4.2):
 * the DER of n certificates in the order they came, the server's own first.
 * They need not have been looked at before: n may be 0 and a certificate empty
 * or of any other bytes. Of a chain of more than VERIFY_CERTS none is read, so
 * that n may be larger than the array.
 *
 * 0: the server is the one that was asked for, or conf says that it does not
 * matter; *key is its public key, to verify the handshake's signature with, and
 * borrows from chain[0]'s bytes.
 * -1: end the session; verify_why and verify_alert tell, and *key is
 * PUBKEY_NONE.
 *
 * One call for each session: what it costs, whatever a server sends, is bounded
 * (path.h). */
int verify_chain(struct verify *, const struct der *chain, size_t n,
    struct pubkey *key);

/* Why the last chain was refused: one line, a fixed text that
 * log filters know first, then the rule and the certificate. */
const char *verify_why(const struct verify *);

/* The same as the number of an alert (RFC 8446 6.2). */
int verify_alert(const struct verify *);

/* What insecure let pass or what the clock was lifted to, or "". */
const char *verify_note(const struct verify *);

/* See ssl_describe_chain. */
void verify_describe(struct verify *, char *out, size_t size);

void verify_free(struct verify *);

#endif

/* sig.h - the signature on a certificate or a CRL. Private to ssl/. */
#ifndef SIG_H
#define SIG_H

struct sealed;
struct pubkey;

enum { SIG_SHA1_TOO = 1 };	/* CRLs may still be signed so, as in GnuTLS */

/* Is this a certificate or list that the owner of key has signed? NULL when it
 * is, else the rule it breaks, static text. */
const char *sig_check(const struct sealed *, const struct pubkey *key,
    int flags);

/* What that costs, in about nanoseconds of a fast machine. */
unsigned long sig_work(const struct sealed *, const struct pubkey *);

#endif

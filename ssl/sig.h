/* sig.h - the signature on a certificate or a CRL. Private to ssl/. */
#ifndef SIG_H
#define SIG_H

struct der;
struct pubkey;

enum { SIG_SHA1_TOO = 1 };	/* CRLs may still be signed so, as in GnuTLS */

/* Is sig (a BIT STRING without its first byte) made over the bytes of tbs by
 * the owner of key, as alg (a whole AlgorithmIdentifier) says? NULL when it
 * is, else the rule it breaks, static text. */
const char *sig_check(struct der tbs, struct der alg, struct der sig,
    const struct pubkey *key, int flags);

/* What that costs, in about nanoseconds of a fast machine. */
unsigned long sig_work(struct der tbs, const struct pubkey *);

#endif

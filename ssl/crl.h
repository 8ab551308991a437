/* crl.h - revocation lists as GnuTLS takes them: whatever is given must be
 * good when it is loaded, and no list for an issuer means not revoked.
 * Private to ssl/. */
#ifndef CRL_H
#define CRL_H

#include <stddef.h>
#include <stdint.h>

struct anchors;
struct cert;
struct crls;

/* Reads every list of a PEM or DER file. Each must be signed by an anchor and
 * be valid at now, seconds since 1970. NULL with why ("FILE: reason"). The
 * anchors are not needed afterwards. */
struct crls *crls_load(const char *file, const struct anchors *, int64_t now,
    char *why, size_t size);

/* Is this certificate on a list of its issuer's? */
int crls_revoked(const struct crls *, const struct cert *);

void crls_free(struct crls *);

#endif

/* limits.h - name constraints (RFC 5280 4.2.1.10). Private to ssl/. */
#ifndef LIMITS_H
#define LIMITS_H

struct cert;
struct der;
struct host;

/* May an authority with these nameConstraints (contents of the extension)
 * speak for this certificate, and for the host when that is not NULL? NULL
 * when it may, else the rule broken, static text.
 *
 * Compared are DNS names, addresses, directory names, mail addresses and the
 * hosts of URIs. Refused, where a limit could apply, is what cannot be
 * compared: another kind of name, a malformed name or limit, a text that may
 * or may not be the same.
 *
 * *work is what comparing may cost, about nanoseconds of a fast machine; what
 * was spent is taken off, and 0 left when it was not enough, which refuses. */
const char *limits_broken(struct der limits, const struct cert *,
    const struct host *, unsigned long *work);

#endif

/* ec.h - the elliptic curves: P-256, P-384, P-521 and X25519. Private to
 * ssl/. */
#ifndef EC_H
#define EC_H

#include <bearssl.h>

extern const br_ec_impl ec_all;

#endif

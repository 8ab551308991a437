/* ec - all curves behind one of BearSSL's interfaces
 *
 * BearSSL's own collection has one more implementation that is for P-256 alone.
 * It takes a third less time there, half a millisecond for each signature, and
 * a fortieth of the whole program. X25519 is what most sessions agree on. */
#include "ec.h"

static const br_ec_impl *
which(int curve)
{
	return curve == BR_EC_curve25519 ? &br_ec_c25519_m31
	    : &br_ec_prime_i31;
}

static const unsigned char *
generator(int curve, size_t *n)
{
	return which(curve)->generator(curve, n);
}

static const unsigned char *
order(int curve, size_t *n)
{
	return which(curve)->order(curve, n);
}

static size_t
xoff(int curve, size_t *n)
{
	return which(curve)->xoff(curve, n);
}

static uint32_t
mul(unsigned char *g, size_t gn, const unsigned char *x, size_t xn, int curve)
{
	return which(curve)->mul(g, gn, x, xn, curve);
}

static size_t
mulgen(unsigned char *r, const unsigned char *x, size_t xn, int curve)
{
	return which(curve)->mulgen(r, x, xn, curve);
}

static uint32_t
muladd(unsigned char *a, const unsigned char *b, size_t n,
    const unsigned char *x, size_t xn, const unsigned char *y, size_t yn,
    int curve)
{
	return which(curve)->muladd(a, b, n, x, xn, y, yn, curve);
}

const br_ec_impl ec_all = {
	1u << BR_EC_secp256r1 | 1u << BR_EC_secp384r1 | 1u << BR_EC_secp521r1
	    | 1u << BR_EC_curve25519,
	generator, order, xoff, mul, mulgen, muladd
};

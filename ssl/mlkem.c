/* mlkem - ML-KEM-768 (FIPS 203), small
 *
 * Numbers modulo q are held in 0 .. q - 1. Neither a branch nor an address nor
 * a division depends on a secret: quotient() is a multiplication, because what
 * is written as a division by q some compilers leave as one, whose time tells
 * of the key. tests/divide.sh looks at what they made. */
#include <string.h>

#include "mlkem.h"
#include "sha3.h"

enum {
	Q = 3329, N = 256, K = 3,
	POLY = 12 * N / 8,		/* bytes of a polynomial of ek */
	U_BITS = 10, U = U_BITS * N / 8,
	V_BITS = 4
};

const int mlkem_built = 1;

/* 17^BitRev7(i), appendix A; ntt(), which is where all begins, makes them, as
 * that takes less room than a table. */
static uint16_t zetas[N / 2];

/* x / q for x < 3 q^2: 20642679 is 2^36 / q, rounded up. */
static uint32_t
quotient(uint32_t x)
{
	return (uint32_t)((uint64_t)x * 20642679 >> 36);
}

static uint16_t
reduce(uint32_t x)
{
	return (uint16_t)(x - quotient(x) * Q);
}

static void
make_zetas(void)
{
	unsigned i, j, reversed;
	uint16_t power = 1;

	if (zetas[0])
		return;
	for (i = 0; i < N / 2; i++) {
		for (reversed = j = 0; j < 7; j++)
			reversed |= (i >> j & 1) << (6 - j);
		zetas[reversed] = power;
		power = reduce(power * 17u);
	}
}

/* Algorithm 9. */
static void
ntt(uint16_t *f)
{
	unsigned at, i, j, len;
	uint16_t t;

	make_zetas();
	for (i = 1, len = N / 2; len >= 2; len /= 2)
		for (at = 0; at < N; at += 2 * len, i++)
			for (j = at; j < at + len; j++) {
				t = reduce((uint32_t)zetas[i] * f[j + len]);
				f[j + len] = reduce(f[j] + (uint32_t)Q - t);
				f[j] = reduce((uint32_t)f[j] + t);
			}
}

/* Algorithm 10. */
static void
inverse_ntt(uint16_t *f)
{
	unsigned at, i, j, len;
	uint32_t t;

	for (i = N / 2 - 1, len = 2; len < N; len *= 2)
		for (at = 0; at < N; at += 2 * len, i--)
			for (j = at; j < at + len; j++) {
				t = f[j];
				f[j] = reduce(t + f[j + len]);
				t = f[j + len] + (uint32_t)Q - t;
				f[j + len] = reduce(zetas[i] * t);
			}
	for (j = 0; j < N; j++)
		f[j] = reduce(f[j] * 3303u);
}

/* Algorithm 11: sum += f * g, all in the NTT's domain. */
static void
add_product(uint16_t *sum, const uint16_t *f, const uint16_t *g)
{
	unsigned i;
	uint32_t z, t;

	for (i = 0; i < N; i += 2) {
		z = zetas[N / 4 + i / 4];
		if (i & 2)
			z = Q - z;
		t = reduce((uint32_t)f[i + 1] * g[i + 1]);
		sum[i] = reduce(sum[i] + (uint32_t)f[i] * g[i] + t * z);
		sum[i + 1] = reduce(sum[i + 1] + (uint32_t)f[i] * g[i + 1]
		    + (uint32_t)f[i + 1] * g[i]);
	}
}

static void
poly_add(uint16_t *f, const uint16_t *g)
{
	unsigned i;

	for (i = 0; i < N; i++)
		f[i] = reduce((uint32_t)f[i] + g[i]);
}

/* Numbers of `bits` bits, lowest first: Compress (4.7) and ByteEncode (4.2.1);
 * 12 bits are not compressed. Half of q is rounded up, by the +1. */
static void
poly_encode(unsigned char *out, const uint16_t *f, unsigned bits)
{
	uint32_t held = 0, v;
	unsigned i, have = 0;

	for (i = 0; i < N; i++) {
		v = f[i];
		if (bits < 12)
			v = quotient((v << bits) + Q / 2) & ((1u << bits) - 1);
		held |= v << have;
		for (have += bits; have >= 8; have -= 8) {
			*out++ = (unsigned char)held;
			held >>= 8;
		}
	}
}

static void
poly_decode(uint16_t *f, const unsigned char *in, unsigned bits)
{
	uint32_t held = 0, v;
	unsigned i, have = 0;

	for (i = 0; i < N; i++) {
		for (; have < bits; have += 8)
			held |= (uint32_t)*in++ << have;
		v = held & ((1u << bits) - 1);
		if (bits < 12)
			v = (v * Q + (1u << (bits - 1))) >> bits;
		f[i] = (uint16_t)v;
		held >>= bits;
		have -= bits;
	}
}

/* Algorithm 7: one polynomial of the matrix, which is no secret. */
static void
sample_ntt(uint16_t *f, const unsigned char *rho, unsigned i, unsigned j)
{
	const unsigned char at[] = { (unsigned char)i, (unsigned char)j };
	unsigned char c[3];
	struct sha3 s;
	unsigned have = 0, v;

	sha3_init(&s, SHAKE128);
	sha3_add(&s, rho, 32);
	sha3_add(&s, at, sizeof at);
	while (have < N) {
		sha3_get(&s, c, sizeof c);
		v = c[0] | (c[1] & 0xFu) << 8;
		if (v < Q)
			f[have++] = (uint16_t)v;
		v = c[1] >> 4 | (unsigned)c[2] << 4;
		if (v < Q && have < N)
			f[have++] = (uint16_t)v;
	}
}

/* Hashes a and b to n bytes. */
static void
hash_two(enum sha3_kind kind, const void *a, size_t a_n, const void *b,
    size_t b_n, unsigned char *out, size_t n)
{
	struct sha3 s;

	sha3_init(&s, kind);
	sha3_add(&s, a, a_n);
	sha3_add(&s, b, b_n);
	sha3_get(&s, out, n);
	explicit_bzero(&s, sizeof s);
}

/* Algorithm 8 with eta 2, of the seed's n-th stream: two bits less two. */
static void
noise(uint16_t *f, const unsigned char *seed, unsigned n)
{
	unsigned char stream[N / 2], number = (unsigned char)n;
	unsigned i, b;

	hash_two(SHAKE256, seed, 32, &number, 1, stream, sizeof stream);
	for (i = 0; i < N; i++) {
		b = stream[i / 2] >> 4 * (i & 1);
		f[i] = reduce((b & 1) + (b >> 1 & 1) + Q - (b >> 2 & 1)
		    - (b >> 3 & 1));
	}
	explicit_bzero(stream, sizeof stream);
}

/* Row i of the matrix, or of the transposed one, times v. */
static void
row_product(uint16_t *sum, const unsigned char *rho, unsigned i,
    int transposed, uint16_t v[K][N])
{
	uint16_t f[N];
	unsigned j;

	memset(sum, 0, N * sizeof *sum);
	for (j = 0; j < K; j++) {
		sample_ntt(f, rho, transposed ? i : j, transposed ? j : i);
		add_product(sum, f, v[j]);
	}
}

/* Algorithm 14, K-PKE.Encrypt of m with the randomness r. */
static void
pke_encrypt(const unsigned char *ek, const unsigned char *m,
    const unsigned char *r, unsigned char *ct)
{
	struct { uint16_t y[K][N], sum[N], f[N]; } w;
	unsigned i;

	for (i = 0; i < K; i++) {
		noise(w.y[i], r, i);
		ntt(w.y[i]);
	}
	for (i = 0; i < K; i++) {
		row_product(w.sum, ek + K * POLY, i, 1, w.y);
		inverse_ntt(w.sum);
		noise(w.f, r, K + i);
		poly_add(w.sum, w.f);
		poly_encode(ct + i * U, w.sum, U_BITS);
	}
	memset(w.sum, 0, sizeof w.sum);
	for (i = 0; i < K; i++) {
		poly_decode(w.f, ek + i * POLY, 12);
		add_product(w.sum, w.f, w.y[i]);
	}
	inverse_ntt(w.sum);
	noise(w.f, r, 2 * K);
	poly_add(w.sum, w.f);
	poly_decode(w.f, m, 1);
	poly_add(w.sum, w.f);
	poly_encode(ct + K * U, w.sum, V_BITS);
	explicit_bzero(&w, sizeof w);
}

/* Algorithm 15, K-PKE.Decrypt. */
static void
pke_decrypt(const struct mlkem_key *k, const unsigned char *ct,
    unsigned char *m)
{
	struct { uint16_t sum[N], f[N]; } w;
	unsigned i;

	memset(w.sum, 0, sizeof w.sum);
	for (i = 0; i < K; i++) {
		poly_decode(w.f, ct + i * U, U_BITS);
		ntt(w.f);
		add_product(w.sum, k->s[i], w.f);
	}
	inverse_ntt(w.sum);
	poly_decode(w.f, ct + K * U, V_BITS);
	for (i = 0; i < N; i++)
		w.f[i] = reduce(w.f[i] + (uint32_t)Q - w.sum[i]);
	poly_encode(m, w.f, 1);
	explicit_bzero(&w, sizeof w);
}

/* Algorithms 13 and 16. */
void
mlkem_keygen(struct mlkem_key *k, unsigned char ek[MLKEM_EK],
    const unsigned char seed[MLKEM_SEED])
{
	static const unsigned char rank = K;
	unsigned char both[64];		/* rho, sigma */
	uint16_t t[N], e[N];
	unsigned i;

	hash_two(SHA3_512, seed, 32, &rank, 1, both, sizeof both);
	for (i = 0; i < K; i++) {
		noise(k->s[i], both + 32, i);
		ntt(k->s[i]);
	}
	for (i = 0; i < K; i++) {
		noise(e, both + 32, K + i);
		ntt(e);
		row_product(t, both, i, 0, k->s);
		poly_add(t, e);
		poly_encode(k->ek + i * POLY, t, 12);
	}
	memcpy(k->ek + K * POLY, both, 32);
	memcpy(ek, k->ek, MLKEM_EK);
	memcpy(k->z, seed + 32, 32);
	hash_two(SHA3_256, ek, MLKEM_EK, "", 0, k->hash, 32);
	explicit_bzero(both, sizeof both);
	explicit_bzero(e, sizeof e);
	explicit_bzero(t, sizeof t);
}

/* Algorithm 18. A ciphertext that we would not have made ourselves gives a
 * secret of z instead, and must not be told from one that we would. */
int
mlkem_decaps(const struct mlkem_key *k, const unsigned char *ct,
    size_t ct_len, unsigned char shared[MLKEM_SHARED])
{
	struct {
		unsigned char m[32], both[64], instead[32], again[MLKEM_CT];
	} w;
	uint32_t other = 0;
	unsigned i;

	if (ct_len != MLKEM_CT)
		return -1;
	pke_decrypt(k, ct, w.m);
	hash_two(SHA3_512, w.m, 32, k->hash, 32, w.both, sizeof w.both);
	hash_two(SHAKE256, k->z, 32, ct, MLKEM_CT, w.instead, 32);
	pke_encrypt(k->ek, w.m, w.both + 32, w.again);
	for (i = 0; i < MLKEM_CT; i++)
		other |= (uint32_t)ct[i] ^ w.again[i];
	other = (other - 1) >> 8;	/* all ones if they are the same */
	for (i = 0; i < MLKEM_SHARED; i++)
		shared[i] = (unsigned char)((w.both[i] & other)
		    | (w.instead[i] & ~other));
	explicit_bzero(&w, sizeof w);
	return 0;
}

/* Algorithm 17. Numbers of q and more, 7.2, do not survive being reduced. */
int
mlkem_encaps(const unsigned char *ek, size_t ek_len,
    const unsigned char m[32], unsigned char ct[MLKEM_CT],
    unsigned char shared[MLKEM_SHARED])
{
	unsigned char both[64];
	uint16_t f[N];
	unsigned i, j;

	if (ek_len != MLKEM_EK)
		return -1;
	for (i = 0; i < K; i++) {
		poly_decode(f, ek + i * POLY, 12);
		for (j = 0; j < N; j++)
			if (f[j] >= Q)
				return -1;
	}
	hash_two(SHA3_256, ek, MLKEM_EK, "", 0, both, 32);
	hash_two(SHA3_512, m, 32, both, 32, both, sizeof both);
	pke_encrypt(ek, m, both + 32, ct);
	memcpy(shared, both, MLKEM_SHARED);
	explicit_bzero(both, sizeof both);
	return 0;
}

void
mlkem_wipe(struct mlkem_key *k)
{
	explicit_bzero(k, sizeof *k);
}

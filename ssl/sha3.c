/* sha3 - SHA-3 and SHAKE (FIPS 202). Small rather than fast: a session with
 * ML-KEM needs about a hundred permutations. Neither time nor addresses depend
 * on what is hashed. */
#include <string.h>

#include "sha3.h"

static const struct {
	unsigned char rate, end;
} kinds[] = {
	[SHA3_256] = { 136, 0x06 },
	[SHA3_512] = { 72, 0x06 },
	[SHAKE128] = { 168, 0x1F },
	[SHAKE256] = { 136, 0x1F },
};

/* Step iota (3.2.5): bit j stands for bit 2^j - 1 of a round's constant. */
static const unsigned char constants[24] = {
	0x01, 0x1A, 0x5E, 0x70, 0x1F, 0x21, 0x79, 0x55, 0x0E, 0x0C, 0x35, 0x26,
	0x3F, 0x4F, 0x5D, 0x53, 0x52, 0x48, 0x16, 0x66, 0x79, 0x58, 0x21, 0x74
};

/* Steps rho and pi: where a lane goes, and how far it is rotated. */
static const unsigned char places[24] = {
	10, 7, 11, 17, 18, 3, 5, 16, 8, 21, 24, 4,
	15, 23, 19, 13, 12, 2, 20, 14, 22, 9, 6, 1
};
static const unsigned char shifts[24] = {
	1, 3, 6, 10, 15, 21, 28, 36, 45, 55, 2, 14,
	27, 41, 56, 8, 25, 43, 62, 18, 39, 61, 20, 44
};

static uint64_t
rotate(uint64_t v, unsigned n)
{
	return v << n | v >> (64 - n);
}

static void
theta(uint64_t *a)
{
	uint64_t sum[10], d;
	unsigned x, y;

	for (x = 0; x < 5; x++)
		sum[x] = sum[x + 5] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15]
		    ^ a[x + 20];
	for (x = 0; x < 5; x++) {
		d = sum[x + 4] ^ rotate(sum[x + 1], 1);
		for (y = 0; y < 25; y += 5)
			a[x + y] ^= d;
	}
}

static void
rho_and_pi(uint64_t *a)
{
	uint64_t moving = a[1], next;
	unsigned i;

	for (i = 0; i < 24; i++) {
		next = a[places[i]];
		a[places[i]] = rotate(moving, shifts[i]);
		moving = next;
	}
}

static void
chi(uint64_t *a)
{
	uint64_t row[7];
	unsigned x, y;

	for (y = 0; y < 25; y += 5) {
		for (x = 0; x < 5; x++)
			row[x] = a[y + x];
		row[5] = row[0];
		row[6] = row[1];
		for (x = 0; x < 5; x++)
			a[y + x] = row[x] ^ (~row[x + 1] & row[x + 2]);
	}
}

static void
permute(struct sha3 *s)
{
	unsigned i, j;

	for (i = 0; i < 24; i++) {
		theta(s->lane);
		rho_and_pi(s->lane);
		chi(s->lane);
		for (j = 0; j < 7; j++)
			s->lane[0] ^= (uint64_t)(constants[i] >> j & 1)
			    << ((1u << j) - 1);
	}
	s->at = 0;
}

static void
add_byte(struct sha3 *s, unsigned at, unsigned char byte)
{
	s->lane[at / 8] ^= (uint64_t)byte << 8 * (at % 8);
}

void
sha3_init(struct sha3 *s, enum sha3_kind kind)
{
	memset(s, 0, sizeof *s);
	s->rate = kinds[kind].rate;
	s->end = kinds[kind].end;
}

void
sha3_add(struct sha3 *s, const void *p, size_t n)
{
	const unsigned char *in = p;

	while (n--) {
		if (s->at == s->rate)
			permute(s);
		add_byte(s, s->at++, *in++);
	}
}

void
sha3_get(struct sha3 *s, void *out, size_t n)
{
	unsigned char *to = out;

	if (s->end) {
		if (s->at == s->rate)
			permute(s);
		add_byte(s, s->at, s->end);
		add_byte(s, s->rate - 1, 0x80);
		s->end = 0;
		permute(s);
	}
	while (n--) {
		if (s->at == s->rate)
			permute(s);
		*to++ = (unsigned char)(s->lane[s->at / 8]
		    >> 8 * (s->at % 8));
		s->at++;
	}
}

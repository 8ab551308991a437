/* mlkem - every row of tests/data/mlkem.txt, and both sides of exchanges. */
#include "../../../ssl/mlkem.h"
#include "../t.h"
#include "vector.h"

static struct mlkem_key key;
static unsigned char ek[MLKEM_EK], ct[MLKEM_CT];

/* 1 when all of a row is as it says: SEED EK CIPHERTEXT SHARED */
static int
decaps_row(char **w)
{
	unsigned char shared[MLKEM_SHARED], before[MLKEM_SHARED], *seed, *c;
	size_t n;
	int rc, right;

	memset(shared, 0xA5, sizeof shared);
	memcpy(before, shared, sizeof shared);
	seed = vector_bytes(w[0], &n);
	mlkem_keygen(&key, ek, seed);
	free(seed);
	c = vector_bytes(w[2], &n);
	rc = mlkem_decaps(&key, c, n, shared);
	free(c);
	if (strcmp(w[3], "-") == 0)
		right = rc == -1 && !memcmp(shared, before, sizeof shared);
	else
		right = rc == 0 && vector_is(w[3], shared, sizeof shared);
	return right && (strcmp(w[1], "-") == 0 || vector_is(w[1], ek,
	    sizeof ek));
}

/* encaps EK M VERDICT CIPHERTEXT SHARED */
static int
encaps_row(char **w)
{
	unsigned char shared[MLKEM_SHARED], *e, *m;
	size_t n, m_n;
	int rc;

	e = vector_bytes(w[1], &n);
	m = vector_bytes(w[2], &m_n);
	rc = mlkem_encaps(e, n, m, ct, shared);
	free(e);
	free(m);
	if (strcmp(w[3], "valid") != 0)
		return rc == -1;
	return rc == 0 && vector_is(w[4], ct, sizeof ct)
	    && vector_is(w[5], shared, sizeof shared);
}

/* keygen SEED EK */
static int
keygen_row(char **w)
{
	size_t n;
	unsigned char *seed = vector_bytes(w[1], &n);

	mlkem_keygen(&key, ek, seed);
	free(seed);
	return vector_is(w[2], ek, sizeof ek);
}

/* How many exchanges of n go wrong. */
static unsigned
exchanges(unsigned n)
{
	unsigned char seed[MLKEM_SEED], ours[MLKEM_SHARED];
	unsigned char theirs[MLKEM_SHARED], other[MLKEM_SHARED];
	unsigned i, wrong = 0;

	for (i = 0; i < n; i++) {
		memset(seed, (int)i, sizeof seed);
		mlkem_keygen(&key, ek, seed);
		if (mlkem_encaps(ek, sizeof ek, seed + i % 32, ct, theirs) < 0
		    || mlkem_decaps(&key, ct, sizeof ct, ours) < 0
		    || memcmp(ours, theirs, sizeof ours) != 0)
			wrong++;
		ct[i * 37 % MLKEM_CT] ^= (unsigned char)(1 << i % 8);
		if (mlkem_decaps(&key, ct, sizeof ct, other) < 0
		    || memcmp(ours, other, sizeof ours) == 0)
			wrong++;
	}
	return wrong;
}

/* Numbers that are not reduced, at both ends; a wrong length. */
static void
bad_keys(void)
{
	static const unsigned char m[32];
	unsigned char shared[MLKEM_SHARED], was[2];

	T(mlkem_encaps(ek, sizeof ek, m, ct, shared) == 0);
	T(mlkem_encaps(ek, sizeof ek - 1, m, ct, shared) == -1);
	memcpy(was, ek, 2);
	ek[0] = 3329 & 0xFF;
	ek[1] = (unsigned char)((was[1] & 0xF0) | 3329 >> 8);
	T(mlkem_encaps(ek, sizeof ek, m, ct, shared) == -1);
	ek[0] = 3328 & 0xFF;
	T(mlkem_encaps(ek, sizeof ek, m, ct, shared) == 0);
	memcpy(ek, was, 2);
	ek[1151] = 0xFF;
	T(mlkem_encaps(ek, sizeof ek, m, ct, shared) == -1);
}

int
main(int argc, char **argv)
{
	static const struct mlkem_key none;
	struct vector v;

	T(mlkem_built == 1);
	vector_open(&v, argc, argv, "tests/data/mlkem.txt");
	while (vector_next(&v)) {
		if (strcmp(v.word[0], "encaps") == 0)
			t_line(encaps_row(v.word), "row", v.number, "encaps");
		else if (strcmp(v.word[0], "keygen") == 0)
			t_line(keygen_row(v.word), "row", v.number, "keygen");
		else
			t_line(decaps_row(v.word), "row", v.number, "decaps");
	}
	T(exchanges(100) == 0);
	bad_keys();
	T(memcmp(&key, &none, sizeof key) != 0);
	mlkem_wipe(&key);
	T(memcmp(&key, &none, sizeof key) == 0);
	return T_END();
}

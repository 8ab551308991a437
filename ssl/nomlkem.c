/* nomlkem - the mlkem.h of a build without ML-KEM (MLKEM=0). */
#include "mlkem.h"

const int mlkem_built;

void
mlkem_keygen(struct mlkem_key *k, unsigned char ek[MLKEM_EK],
    const unsigned char seed[MLKEM_SEED])
{
	(void)k, (void)ek, (void)seed;
}

int
mlkem_decaps(const struct mlkem_key *k, const unsigned char *ct, size_t ct_len,
    unsigned char shared[MLKEM_SHARED])
{
	(void)k, (void)ct, (void)ct_len, (void)shared;
	return -1;
}

int
mlkem_encaps(const unsigned char *ek, size_t ek_len,
    const unsigned char m[32], unsigned char ct[MLKEM_CT],
    unsigned char shared[MLKEM_SHARED])
{
	(void)ek, (void)ek_len, (void)m, (void)ct, (void)shared;
	return -1;
}

void
mlkem_wipe(struct mlkem_key *k)
{
	(void)k;
}

/* ssl_taint - ML-KEM with secrets that valgrind takes for memory that was never
 * written, so that it reports each branch and each address that depends on one.
 * With an argument it branches on one itself, which must be noticed. */
#include <stdio.h>
#include <string.h>

#include "../ssl/mlkem.h"

static volatile int sink;

/* Takes over whatever the stack holds. */
static void
taint(unsigned char *p, size_t n)
{
	unsigned char never[4096];
	unsigned char *volatile from = never;

	memcpy(p, from, n);
}

static void
taint_key(struct mlkem_key *k)
{
	unsigned char secret[sizeof k->s];
	unsigned i;

	taint(k->z, sizeof k->z);
	taint(secret, sizeof secret);
	for (i = 0; i < 3 * 256; i++)
		k->s[i / 256][i % 256] = (uint16_t)(secret[i] << 3);
}

int
main(int argc, char **argv)
{
	static const unsigned char seed[MLKEM_SEED];
	static struct mlkem_key k;
	static unsigned char ek[MLKEM_EK], ct[MLKEM_CT], shared[MLKEM_SHARED];

	(void)argv;
	mlkem_keygen(&k, ek, seed);
	taint_key(&k);
	if (mlkem_decaps(&k, ct, sizeof ct, shared) < 0)
		return 1;
	if (argc > 1 && shared[0] & 1)
		sink++;
	puts("the secret is not for you");
	return 0;
}

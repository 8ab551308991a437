/* ed25519 - every row of tests/data/ed25519.txt, and each bit of a signature,
 * its key and its message. */
#include "../../../ssl/ed25519.h"
#include "../t.h"
#include "vector.h"

/* How many of n bytes' single bits can change without notice. */
static unsigned
unnoticed(unsigned char *p, size_t n, unsigned char *const w[3], size_t msg_n)
{
	unsigned count = 0;
	size_t i;

	for (i = 0; i < 8 * n; i++) {
		p[i / 8] ^= (unsigned char)(1 << i % 8);
		count += ed25519_verify(w[0], w[1], msg_n, w[2]) != 0;
		p[i / 8] ^= (unsigned char)(1 << i % 8);
	}
	return count;
}

int
main(int argc, char **argv)
{
	struct vector v;
	unsigned char *w[3];
	size_t n[3];
	int i, got, bits = 0;

	vector_open(&v, argc, argv, "tests/data/ed25519.txt");
	while (vector_next(&v)) {
		for (i = 0; i < 3; i++)
			w[i] = vector_bytes(v.word[i + 1], &n[i]);
		got = ed25519_verify(w[0], w[1], n[1], w[2]);
		t_line(got == (strcmp(v.word[0], "valid") == 0),
		    "ed25519.txt", v.number, v.word[0]);
		if (argc == 1 && got && n[1] && !bits++) {
			T(unnoticed(w[0], 32, w, n[1]) == 0);
			T(unnoticed(w[1], n[1], w, n[1]) == 0);
			T(unnoticed(w[2], 64, w, n[1]) == 0);
		}
		for (i = 0; i < 3; i++)
			free(w[i]);
	}
	return T_END();
}

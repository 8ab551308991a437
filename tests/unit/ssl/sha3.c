/* sha3 - every row of tests/data/sha3.txt, at once and in pieces. */
#include "../../../ssl/sha3.h"
#include "../t.h"
#include "vector.h"

static enum sha3_kind
kind_of(const char *name)
{
	static const char *const names[] = {
		[SHA3_256] = "SHA3-256", [SHA3_512] = "SHA3-512",
		[SHAKE128] = "SHAKE128", [SHAKE256] = "SHAKE256"
	};
	int i;

	for (i = SHAKE256; i > 0; i--)
		if (strcmp(names[i], name) == 0)
			break;
	return (enum sha3_kind)i;
}

/* 1 when steps of so many bytes in and out give the row's value. */
static int
gives(char **w, size_t step)
{
	static unsigned char in[4096], out[4096];
	size_t i, n = strtoul(w[1], NULL, 10), out_n = strlen(w[2]) / 2;
	struct sha3 s;

	for (i = 0; i < n; i++)
		in[i] = (unsigned char)(i % 251);
	sha3_init(&s, kind_of(w[0]));
	for (i = 0; i + step < n; i += step)
		sha3_add(&s, in + i, step);
	sha3_add(&s, in + i, n - i);
	for (i = 0; i + step < out_n; i += step)
		sha3_get(&s, out + i, step);
	sha3_get(&s, out + i, out_n - i);
	return vector_is(w[2], out, out_n);
}

int
main(int argc, char **argv)
{
	struct vector v;

	vector_open(&v, argc, argv, "tests/data/sha3.txt");
	while (vector_next(&v)) {
		t_line(gives(v.word, 4096), "sha3.txt", v.number, v.word[0]);
		t_line(gives(v.word, 1), "sha3.txt", v.number, "by bytes");
		t_line(gives(v.word, 7), "sha3.txt", v.number, "by sevens");
	}
	return T_END();
}

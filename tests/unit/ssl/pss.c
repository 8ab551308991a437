/* pss - every row of tests/data/pss.txt, and each bit of a signature. */
#include <bearssl.h>

#include "../../../ssl/pss.h"
#include "../t.h"
#include "vector.h"

static const br_hash_class *
hash_of(const char *name, const char *msg, unsigned char *digest)
{
	const br_hash_class *h = strcmp(name, "sha256") == 0
	    ? &br_sha256_vtable : strcmp(name, "sha384") == 0
	    ? &br_sha384_vtable : &br_sha512_vtable;
	br_hash_compat_context c;
	size_t n;
	unsigned char *p = vector_bytes(msg, &n);

	h->init(&c.vtable);
	h->update(&c.vtable, p, n);
	h->out(&c.vtable, digest);
	free(p);
	return h;
}

/* HASH SALT VERDICT MODULUS EXPONENT MESSAGE SIGNATURE */
static void
verify(char **w, int number)
{
	unsigned char digest[64], *sig;
	br_rsa_public_key pk;
	const br_hash_class *h = hash_of(w[0], w[5], digest);
	size_t n;
	int got;

	pk.n = vector_bytes(w[3], &pk.nlen);
	pk.e = vector_bytes(w[4], &pk.elen);
	sig = vector_bytes(w[6], &n);
	got = pss_verify(h, strtoul(w[1], NULL, 10), digest, &pk, sig, n);
	t_line(got == (strcmp(w[2], "valid") == 0), "pss.txt", number, w[2]);
	free(pk.n);
	free(pk.e);
	free(sig);
}

/* sign HASH BITS P Q DP DQ IQ MODULUS MESSAGE SALT SIGNATURE */
static void
sign(char **w, int number)
{
	unsigned char digest[64], sig[1024], *salt;
	br_rsa_private_key sk;
	const br_hash_class *h = hash_of(w[1], w[9], digest);
	size_t n;

	sk.n_bitlen = (uint32_t)strtoul(w[2], NULL, 10);
	sk.p = vector_bytes(w[3], &sk.plen);
	sk.q = vector_bytes(w[4], &sk.qlen);
	sk.dp = vector_bytes(w[5], &sk.dplen);
	sk.dq = vector_bytes(w[6], &sk.dqlen);
	sk.iq = vector_bytes(w[7], &sk.iqlen);
	salt = vector_bytes(w[10], &n);
	n = pss_sign(h, digest, &sk, salt, sig);
	t_line(vector_is(w[11], sig, n), "pss.txt", number, "signed");
	free(sk.p);
	free(sk.q);
	free(sk.dp);
	free(sk.dq);
	free(sk.iq);
	free(salt);
}

/* Each bit counts: of the signature, of the digest, of the key. */
static void
bits(char **w)
{
	unsigned char digest[64], *sig;
	br_rsa_public_key pk;
	const br_hash_class *h = hash_of(w[0], w[5], digest);
	size_t n, i, wrong = 0, salt = strtoul(w[1], NULL, 10);

	pk.n = vector_bytes(w[3], &pk.nlen);
	pk.e = vector_bytes(w[4], &pk.elen);
	sig = vector_bytes(w[6], &n);
	for (i = 0; i < 8 * n; i++) {
		sig[i / 8] ^= (unsigned char)(1 << i % 8);
		wrong += pss_verify(h, salt, digest, &pk, sig, n) != 0;
		sig[i / 8] ^= (unsigned char)(1 << i % 8);
	}
	T(wrong == 0);
	digest[0] ^= 1;
	T(!pss_verify(h, salt, digest, &pk, sig, n));
	digest[0] ^= 1;
	T(!pss_verify(h, (size_t)-1, digest, &pk, sig, n));
	T(!pss_verify(h, (size_t)-32, digest, &pk, sig, n));
	T(pss_verify(h, salt, digest, &pk, sig, n));
	free(pk.n);
	free(pk.e);
	free(sig);
}

int
main(int argc, char **argv)
{
	struct vector v;
	int first = 1;

	vector_open(&v, argc, argv, "tests/data/pss.txt");
	while (vector_next(&v)) {
		if (strcmp(v.word[0], "sign") == 0)
			sign(v.word, v.number);
		else
			verify(v.word, v.number);
		if (first && argc == 1)
			bits(v.word);
		first = 0;
	}
	return T_END();
}

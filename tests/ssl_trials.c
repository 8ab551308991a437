/* ssl_trials SEED - arithmetic of ssl/ on what tests/ssl_trials.py makes up.
 * Lines of words as in tests/unit/ssl/vector.h come on stdin, an answer for
 * each goes to stdout:
 *   sig KIND HASH SALT KEY TEXT SIGNATURE   1 0: it fits, and does not with a
 *                                           bit changed
 *   pss HASH BITS P Q DP DQ IQ TEXT         SIGNATURE
 *   ec GROUP POINT                          OURS SECRET
 *   dh P G Y                                OURS SECRET */
#include <string.h>

#include "../ssl/der.h"
#include "../ssl/kex.h"
#include "../ssl/pss.h"
#include "../ssl/pubkey.h"
#include "../ssl/schedule.h"
#include "../ssl/sig.h"
#include "unit/ssl/vector.h"

static br_hmac_drbg_context rng;

static unsigned char *keep[VECTOR_WORDS];
static int kept;

static struct der
bytes(const char *hex)
{
	struct der d;

	d.p = keep[kept++] = vector_bytes(hex, &d.n);
	return d;
}

static void
say(const char *before, const void *data, size_t n)
{
	const unsigned char *p = data;

	fputs(before, stdout);
	while (n--)
		printf("%02x", *p++);
}

static void
sig(char **w, int number)
{
	int kind = atoi(w[1]), hash = atoi(w[2]), bit;
	size_t salt = strtoul(w[3], NULL, 10);
	struct der spki = bytes(w[4]), text = bytes(w[5]), s = bytes(w[6]);
	struct pubkey key;

	if (pubkey_parse(spki, &key) < 0) {
		printf("no key");
		return;
	}
	printf("%d", sig_verify(text, s, &key, kind, hash, salt));
	bit = (int)((unsigned)number * 2654435761U % (8 * s.n));
	pubkey_bytes(s.p)[bit / 8] ^= (unsigned char)(1 << bit % 8);
	printf(" %d", sig_verify(text, s, &key, kind, hash, salt));
}

static void
pss(char **w)
{
	const br_hash_class *h = sig_hash(atoi(w[1]), NULL);
	unsigned char digest[64], salt[64], out[1024];
	struct der part[5], text;
	br_rsa_private_key sk;
	int i;

	for (i = 0; i < 5; i++)
		part[i] = bytes(w[3 + i]);
	sk.n_bitlen = (uint32_t)atoi(w[2]);
	sk.p = pubkey_bytes(part[0].p), sk.plen = part[0].n;
	sk.q = pubkey_bytes(part[1].p), sk.qlen = part[1].n;
	sk.dp = pubkey_bytes(part[2].p), sk.dplen = part[2].n;
	sk.dq = pubkey_bytes(part[3].p), sk.dqlen = part[3].n;
	sk.iq = pubkey_bytes(part[4].p), sk.iqlen = part[4].n;
	text = bytes(w[8]);
	hash_of(h, text.p, text.n, digest);
	br_hmac_drbg_generate(&rng, salt, sizeof salt);
	say("", out, pss_sign(h, digest, &sk, salt, out));
}

static void
agree(const struct writer *ours, const struct secret *s, const char *bad)
{
	if (bad) {
		printf("%s", bad);
		return;
	}
	say("", ours->p, ours->n);
	say(" ", s->p, s->n);
}

static void
ec(char **w)
{
	struct der point = bytes(w[2]);
	struct reader r = { point.p, point.n, 0 };
	struct writer ours = { 0 };
	struct kex k = { 0 };
	struct secret s;

	kex_make(&k, &rng, (unsigned)atoi(w[1]), &ours);
	agree(&ours, &s, kex_shared(&k, r, &s));
	writer_free(&ours);
}

static void
dh(char **w)
{
	struct writer in = { 0 }, ours = { 0 };
	struct reader r = { 0 };
	struct secret s;
	struct der d;
	int i;

	for (i = 1; i <= 3; i++) {
		d = bytes(w[i]);
		writer_open(&in, 2);
		writer_bytes(&in, d.p, d.n);
		writer_close(&in);
	}
	r.p = in.p;
	r.n = in.n;
	agree(&ours, &s, kex_dh(&r, &rng, &ours, &s));
	writer_free(&in);
	writer_free(&ours);
}

int
main(int argc, char **argv)
{
	struct vector v;
	const char *what;

	if (argc != 2)
		return 2;
	br_hmac_drbg_init(&rng, &br_sha256_vtable, argv[1], strlen(argv[1]));
	vector_open(&v, 1, argv, "/dev/stdin");
	while (vector_next(&v)) {
		what = v.word[0];
		if (strcmp(what, "sig") == 0)
			sig(v.word, v.number);
		else if (strcmp(what, "pss") == 0)
			pss(v.word);
		else if (strcmp(what, "ec") == 0)
			ec(v.word);
		else
			dh(v.word);
		putchar('\n');
		while (kept)
			free(keep[--kept]);
	}
	return 0;
}

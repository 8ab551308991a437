/* kex - both halves of each group agree; halves that are none are refused. */
#include <string.h>

#include "../../../ssl/kex.h"
#include "../t.h"

static br_hmac_drbg_context rng;

static struct reader
all_of(const struct writer *w)
{
	struct reader r = { w->p, w->n, 0 };

	return r;
}

static void
curve(unsigned group, size_t share, size_t secret)
{
	struct kex a = { 0 }, b = { 0 };
	struct writer wa = { 0 }, wb = { 0 };
	struct secret sa, sb;
	struct reader r;

	kex_make(&a, &rng, group, &wa);
	kex_make(&b, &rng, group, &wb);
	T(wa.n == share && wb.n == share && memcmp(wa.p, wb.p, share) != 0);
	kex_make(&a, &rng, group, &wa);
	T(wa.n == 2 * share && memcmp(wa.p, wa.p + share, share) == 0);
	wa.n = share;
	r = all_of(&wb);
	T(!kex_shared(&a, r, &sa) && !kex_shared(&b, all_of(&wa), &sb));
	T(sa.n == secret && sb.n == secret && !memcmp(sa.p, sb.p, secret));
	T(a.n == 0 && a.key[0] == 0 && a.key[share / 4] == 0);
	kex_make(&a, &rng, group, &wa);
	r.n--;
	T(kex_shared(&a, r, &sa) != NULL);
	kex_make(&a, &rng, group, &wa);
	memset(wb.p, 0, wb.n);
	r.n++;
	T(kex_shared(&a, r, &sa) != NULL);
	writer_free(&wa);
	writer_free(&wb);
}

/* The server's half is a ciphertext before a point, as its secret is. */
static void
hybrid(void)
{
	static const unsigned char random[32] = "thirty-two random bytes";
	struct kex a = { 0 }, b = { 0 };
	struct writer wa = { 0 }, wb = { 0 };
	unsigned char shared[32], *to;
	struct reader r;
	struct secret s, t;

	kex_make(&a, &rng, GROUP_X25519MLKEM768, &wa);
	T(wa.n == 1184 + 32);
	to = writer_room(&wb, MLKEM_CT);
	T(to && mlkem_encaps(wa.p, MLKEM_EK, random, to, shared) == 0);
	kex_make(&b, &rng, GROUP_X25519, &wb);
	r.p = wa.p + 1184;
	r.n = 32;
	r.bad = 0;
	T(!kex_shared(&b, r, &t));
	T(!kex_shared(&a, all_of(&wb), &s) && s.n == 64);
	T(memcmp(s.p, shared, 32) == 0 && memcmp(s.p + 32, t.p, 32) == 0);
	T(a.mlkem.s[0][0] == 0 && a.mlkem.z[0] == 0 && a.n == 0);
	kex_make(&a, &rng, GROUP_X25519MLKEM768, &wa);
	r = all_of(&wb);
	r.n = MLKEM_CT;
	T(kex_shared(&a, r, &s) != NULL);
	kex_make(&a, &rng, GROUP_X25519MLKEM768, &wa);
	r.n = MLKEM_CT - 1;
	T(kex_shared(&a, r, &s) != NULL);
	kex_make(&a, &rng, GROUP_X25519MLKEM768, &wa);
	memset(wb.p + MLKEM_CT, 0, 32);
	T(kex_shared(&a, all_of(&wb), &s) != NULL);
	writer_free(&wa);
	writer_free(&wb);
}

static void
lists(void)
{
	struct writer w = { 0 };

	kex_groups(&w, 0);
	T(w.n == 8 && memcmp(w.p, "\0\x1d\0\x17\0\x18\0\x19", 8) == 0);
	kex_groups(&w, 1);
	T(w.n == (mlkem_built ? 18 : 16));
	T(kex_offered(GROUP_X25519, 0) && kex_offered(GROUP_P521, 1));
	T(!kex_offered(GROUP_X25519MLKEM768, 0));
	T(kex_offered(GROUP_X25519MLKEM768, 1) == mlkem_built);
	T(!kex_offered(0, 1) && !kex_offered(30, 1) && !kex_offered(256, 1));
	writer_free(&w);
}

int
main(void)
{
	br_hmac_drbg_init(&rng, &br_sha256_vtable, "seed", 4);
	lists();
	curve(GROUP_X25519, 32, 32);
	curve(GROUP_P256, 65, 32);
	curve(GROUP_P384, 97, 48);
	curve(GROUP_P521, 133, 66);
	if (mlkem_built)
		hybrid();
	return T_END();
}

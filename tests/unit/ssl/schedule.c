/* schedule - RFC 8448 3, "Simple 1-RTT Handshake", and what two other
 * implementations make of SHA-384 and of the older versions' PRFs. */
#include <stdio.h>
#include <string.h>

#include "../../../ssl/bytes.h"
#include "../../../ssl/kex.h"
#include "../../../ssl/schedule.h"
#include "../t.h"

static unsigned char *
unhex(const char *s)
{
	static unsigned char buf[8][128];
	static int next;
	unsigned char *p = buf[next++ % 8];
	unsigned byte;
	size_t i;

	for (i = 0; s[2 * i] && sscanf(s + 2 * i, "%2x", &byte) == 1; i++)
		p[i] = (unsigned char)byte;
	return p;
}

static int
same(const void *p, const char *s)
{
	return memcmp(p, unhex(s), strlen(s) / 2) == 0;
}

static const char shared[] =
    "8bd4054fb55b9d63fdfbacf9f04b9f0d35e6d63f537563efd46272900f89492d";

/* The hashes of ClientHello to ServerHello, and to the server's Finished. */
static const char hello[] =
    "860c06edc07858ee8e78f0e7428c58edd6b43f2ca3e6e95f02ed063cf0e1cad8",
    finished[] =
    "9608102a0f1ccc6db6250b7b7e417b1a000eaada3daae4777a7686c9ff83df13";

static void
secrets(struct schedule *s)
{
	schedule_begin(s, &br_sha256_vtable);
	T(s->n == 32);
	T(same(s->secret, "33ad0a1c607ec03b09e6cd9893680ce210adf300aa1f2660"
	    "e1b22e10f170f92a"));
	schedule_next(s, unhex(shared), 32);
	T(same(s->secret, "1dc826e93606aa6fdc0aadc12f741b01046aa6b99f691ed2"
	    "21a9f0ca043fbeac"));
	schedule_derive(s, "c hs traffic", unhex(hello), s->client);
	T(same(s->client, "b3eddb126e067f35a780b3abf45e2d8f3b1a950738f52e96"
	    "00746a0e27a55a21"));
	schedule_derive(s, "s hs traffic", unhex(hello), s->server);
	T(same(s->server, "b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d"
	    "42befd59d391ad38"));
}

static void
keys(struct schedule *s)
{
	unsigned char out[HASH_MAX];

	schedule_expand(s, s->server, "key", "", 0, out, 16);
	T(same(out, "3fce516009c21727d0f2e4e86ee403bc"));
	schedule_expand(s, s->server, "iv", "", 0, out, 12);
	T(same(out, "5d313eb2671276ee13000b30"));
	schedule_expand(s, s->client, "key", "", 0, out, 16);
	T(same(out, "dbfaa693d1762c5b666af5d950258d01"));
	schedule_expand(s, s->client, "iv", "", 0, out, 12);
	T(same(out, "5bd3c71b836e0b76bb73265f"));
	schedule_expand(s, s->server, "finished", "", 0, out, 32);
	T(same(out, "008d3b66f816ea559f96b537e885c31fc068bf492c652f01f288a1d8"
	    "cdc19fc8"));
	schedule_finished(s, s->client, unhex(finished), out);
	T(same(out, "a8ec436d677634ae525ac1fcebe11a039ec17694fac6e98527b642f2"
	    "edd5ce61"));
}

static void
application(struct schedule *s)
{
	unsigned char out[HASH_MAX];

	schedule_next(s, NULL, 0);
	T(same(s->secret, "18df06843d13a08bf2a449844c5f8a478001bc4d4c627984"
	    "d5a41da8d0402919"));
	schedule_derive(s, "c ap traffic", unhex(finished), out);
	T(same(out, "9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7"
	    "c17504a5"));
	schedule_derive(s, "s ap traffic", unhex(finished), out);
	T(same(out, "a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3f"
	    "cb631643"));
}

/* The trace's private key and the server's share. */
static void
agreement(void)
{
	struct kex k = { 0 };
	struct secret secret;
	struct reader share = { NULL, 32, 0 };

	k.group = GROUP_X25519;
	k.n = 32;
	memcpy(k.key, unhex("49af42ba7f7994852d713ef2784bcbcaa7911de26adc5642"
	    "cb634540e7ea5005"), 32);
	share.p = unhex("c9828876112095fe66762bdbf7c672e156d6cc253b833df1dd69"
	    "b1b04e751f0f");
	T(!kex_shared(&k, share, &secret));
	T(secret.n == 32 && same(secret.p, shared));
	T(k.n == 0 && k.key[0] == 0);
}

static void
sha384(void)
{
	unsigned char hash[HASH_MAX], out[HASH_MAX];
	struct schedule s;

	schedule_begin(&s, &br_sha384_vtable);
	schedule_next(&s, unhex(shared), 32);
	T(s.n == 48 && same(s.secret, "984e65f4ea6ac0dece14762ac3752b71867a045c"
	    "60d3fe7808b31949d2ce27d3142e6da6d92a68437f77c26509ce0b2b"));
	hash_of(&br_sha384_vtable, "transcript", 10, hash);
	schedule_derive(&s, "s hs traffic", hash, s.server);
	schedule_expand(&s, s.server, "key", "", 0, out, 32);
	T(same(out, "f850525abb430c869072e4657074ef43ad7ab5a1a5c833b9ff7064d4"
	    "aabf8870"));
	schedule_finished(&s, s.server, hash, out);
	T(same(out, "6a4e02fca1abbda6d9c7f434e1d0e53edffa03a2dd052074c508c851"
	    "e8a6297ea0446903372f27f0f01f1b0421d6999c"));
	schedule_update(&s, s.server);
	T(same(s.server, "b8c53707ddadfadedab9c534d6ebe7b136e635e2c216942d4ce6"
	    "f2d474c65fde625f47d27afce772e8b80844cc632c33"));
}

static int
prf(unsigned version, int hash, const char *want)
{
	unsigned char out[32];

	schedule_prf(version, hash, unhex("9bbe436ba940f017b17652849a71db35"),
	    16, "test label", unhex("a0ba9f936cda3118"), 8,
	    unhex("27a6f796ffd5198c"), 8, out, sizeof out);
	return same(out, want);
}

int
main(void)
{
	struct schedule s;

	secrets(&s);
	keys(&s);
	application(&s);
	agreement();
	sha384();
	T(prf(BR_TLS12, br_sha256_ID, "e3f229ba727be17b8d122620557cd453c2aab21d"
	    "07c3d495329b52d4e61edb5a"));
	T(prf(BR_TLS12, br_sha384_ID, "dd88775cd827187b67a3f7652b5c13f715791cc4"
	    "6e0274a6d3fb16651103defc"));
	T(prf(BR_TLS11, br_sha256_ID, "661740e6f98bc901efd2738502a71c03f76dd2f8"
	    "6298549b1148eff06714cf0f"));
	T(prf(BR_TLS10, br_sha384_ID, "661740e6f98bc901efd2738502a71c03f76dd2f8"
	    "6298549b1148eff06714cf0f"));
	return T_END();
}

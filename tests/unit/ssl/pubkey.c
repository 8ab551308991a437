/* pubkey - SubjectPublicKeyInfo by its parts, and the parameters of RSASSA-PSS.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <bearssl.h>

#include "../../../ssl/der.h"
#include "../../../ssl/pubkey.h"
#include "../t.h"

#define DER(s) ((struct der){ (const unsigned char *)(s), sizeof(s) - 1 })

struct out {
	unsigned char p[1400];
	size_t n;
};

static void
put(struct out *o, int tag, const void *p, size_t n)
{
	o->p[o->n++] = (unsigned char)tag;
	if (n >= 256)
		o->p[o->n++] = 0x82;
	else if (n >= 128)
		o->p[o->n++] = 0x81;
	if (n >= 256)
		o->p[o->n++] = (unsigned char)(n >> 8);
	o->p[o->n++] = (unsigned char)n;
	memcpy(o->p + o->n, p, n);
	o->n += n;
}

#define RSA "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00"
#define PSS "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a"
#define EC(curve) "\x06\x07\x2a\x86\x48\xce\x3d\x02\x01" curve
#define P256 "\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07"
#define P384 "\x06\x05\x2b\x81\x04\x00\x22"
#define ED "\x06\x03\x2b\x65\x70"

/* The kind of a key with this algorithm (contents) and these bits, of which the
 * first byte is the number of unused ones. */
static enum pubkey_kind
kind(struct der alg, const void *bits, size_t n, struct pubkey *k)
{
	struct out seq = { { 0 }, 0 }, all = { { 0 }, 0 };
	int bad;

	put(&seq, DER_SEQ, alg.p, alg.n);
	put(&seq, DER_BITS, bits, n);
	put(&all, DER_SEQ, seq.p, seq.n);
	memset(k, 0xAA, sizeof *k);
	bad = pubkey_parse((struct der){ all.p, all.n }, k);
	return (bad < 0) == (k->kind == PUBKEY_NONE) ? k->kind
	    : (enum pubkey_kind)99;
}

static enum pubkey_kind
rsa(struct der alg, size_t bytes, int first, int last, const char *e, size_t n)
{
	static unsigned char modulus[1200];
	struct out seq = { { 0 }, 0 }, bits = { { 0 }, 1 };
	struct pubkey k;

	memset(modulus, 0x55, sizeof modulus);
	modulus[0] = 0;
	modulus[1] = (unsigned char)first;
	modulus[bytes] = (unsigned char)last;
	put(&seq, DER_INT, modulus, bytes + 1);
	put(&seq, DER_INT, e, n);
	put(&bits, DER_SEQ, seq.p, seq.n);
	return kind(alg, bits.p, bits.n, &k);
}

static void
rsa_keys(void)
{
	T(rsa(DER(RSA), 128, 0x80, 1, "\x03", 1) == PUBKEY_RSA);
	T(rsa(DER(RSA), 128, 0x7f, 1, "\x03", 1) == PUBKEY_NONE);
	T(rsa(DER(RSA), 127, 0xff, 1, "\x03", 1) == PUBKEY_NONE);
	T(rsa(DER(RSA), 1024, 0xff, 1, "\x03", 1) == PUBKEY_RSA);
	T(rsa(DER(RSA), 1025, 0x01, 1, "\x03", 1) == PUBKEY_NONE);
	T(rsa(DER(RSA), 128, 0x80, 2, "\x03", 1) == PUBKEY_NONE);
	T(rsa(DER(RSA), 128, 0x80, 1, "\x01\x00\x01", 3) == PUBKEY_RSA);
	T(rsa(DER(RSA), 128, 0x80, 1, "\x02", 1) == PUBKEY_NONE);
	T(rsa(DER(RSA), 128, 0x80, 1, "\x01", 1) == PUBKEY_NONE);
	T(rsa(DER(RSA), 128, 0x80, 1, "\x00", 1) == PUBKEY_NONE);
	T(rsa(DER(RSA), 128, 0x80, 1, "\x01\0\0\0\0\0\0\1", 8) == PUBKEY_RSA);
	T(rsa(DER(RSA), 128, 0x80, 1, "\x01\0\0\0\0\0\0\0\1", 9)
	    == PUBKEY_NONE);
	T(rsa(DER(PSS), 128, 0x80, 1, "\x03", 1) == PUBKEY_PSS);
	T(rsa(DER(PSS "\x05\x00"), 128, 0x80, 1, "\x03", 1) == PUBKEY_NONE);
	T(rsa(DER(PSS "\x30\x00"), 128, 0x80, 1, "\x03", 1) == PUBKEY_NONE);
}

static void
other_keys(void)
{
	unsigned char bits[134] = { 0, 4 };
	struct pubkey k;

	T(kind(DER(EC(P256)), bits, 66, &k) == PUBKEY_EC
	    && k.ec.curve == BR_EC_secp256r1 && k.ec.qlen == 65
	    && k.ec.q[0] == 4 && k.rsa.nlen == 0 && !k.ed25519);
	T(kind(DER(EC(P256)), bits, 65, &k) == PUBKEY_NONE);
	T(kind(DER(EC(P384)), bits, 66, &k) == PUBKEY_NONE);
	T(kind(DER(EC(P384)), bits, 98, &k) == PUBKEY_EC);
	T(kind(DER(EC("")), bits, 66, &k) == PUBKEY_NONE);
	T(kind(DER(EC(ED)), bits, 66, &k) == PUBKEY_NONE);
	bits[1] = 2;
	T(kind(DER(EC(P256)), bits, 66, &k) == PUBKEY_NONE);
	T(kind(DER(ED), bits, 33, &k) == PUBKEY_ED25519 && k.ed25519[0] == 2);
	T(kind(DER(ED), bits, 32, &k) == PUBKEY_NONE);
	T(kind(DER(ED), bits, 34, &k) == PUBKEY_NONE);
	T(kind(DER(ED "\x05\x00"), bits, 33, &k) == PUBKEY_NONE);
	bits[0] = 1;
	T(kind(DER(ED), bits, 33, &k) == PUBKEY_NONE);
	T(kind(DER("\x06\x03\x2b\x65\x71"), bits, 33, &k) == PUBKEY_NONE);
	T(kind(DER(""), bits, 33, &k) == PUBKEY_NONE);
}

#define SHA(last, null) "\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02" last null
#define WITH "\x05\x00"
#define HASH(last) "\xa0\x0f\x30\x0d" SHA(last, WITH)
#define BARE_HASH(last) "\xa0\x0d\x30\x0b" SHA(last, "")
#define MGF(last) "\xa1\x1c\x30\x1a\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01" \
	"\x08\x30\x0d" SHA(last, WITH)
#define MGF_2(last) "\xa1\x1c\x30\x1a\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01" \
	"\x09\x30\x0d" SHA(last, WITH)
#define SALT(n) "\xa2\x03\x02\x01" n

/* Hash and salt as one number, or -1. */
static long
pss(struct der params)
{
	struct out all = { { 0 }, 0 };
	int hash = 0;
	size_t salt = 0;

	put(&all, DER_SEQ, params.p, params.n);
	if (pubkey_pss((struct der){ all.p, all.n }, &hash, &salt) < 0)
		return -1;
	return hash * 10000 + (long)salt;
}

static void
pss_parameters(void)
{
	T(pss(DER(HASH("\1") MGF("\1") SALT("\x20"))) == 40032);
	T(pss(DER(HASH("\2") MGF("\2") SALT("\x30"))) == 50048);
	T(pss(DER(HASH("\3") MGF("\3") SALT("\x40"))) == 60064);
	T(pss(DER(BARE_HASH("\1") MGF("\1") SALT("\x20"))) == 40032);
	T(pss(DER(HASH("\1") MGF("\1") SALT("\x00"))) == 40000);
	T(pss(DER(HASH("\1") MGF("\1"))) == 40020);
	T(pss(DER(HASH("\1") MGF("\1") "\xa2\x04\x02\x02\x04\x00")) == 41024);
	T(pss(DER(HASH("\1") MGF("\1") "\xa2\x04\x02\x02\x04\x01")) == -1);
	T(pss(DER(HASH("\1") MGF("\1") SALT("\xff"))) == -1);
	T(pss(DER(HASH("\1") MGF("\1") "\xa2\x04\x02\x01\x20\x00")) == -1);
	T(pss(DER(HASH("\1") MGF("\1") SALT("\x20") "\xa3\x03\x02\x01\x02"))
	    == -1);
	T(pss(DER(HASH("\1") MGF("\2") SALT("\x20"))) == -1);
	T(pss(DER(HASH("\1") MGF_2("\1") SALT("\x20"))) == -1);
	T(pss(DER(HASH("\4") MGF("\4") SALT("\x1c"))) == -1);
	T(pss(DER(HASH("\0") MGF("\0") SALT("\x20"))) == -1);
	T(pss(DER(HASH("\1") SALT("\x20"))) == -1);
	T(pss(DER(MGF("\1") SALT("\x20"))) == -1);
	T(pss(DER("")) == -1);
}

/* A key for one hash only, and how much salt it may ask for. */
static void
pss_limits(void)
{
	static const unsigned char short_salt[] =
	    PSS "\x30\x34" HASH("\2") MGF("\2") SALT("\x30"),
	    long_salt[] = PSS "\x30\x34" HASH("\2") MGF("\2") SALT("\x31");
	struct der good = { short_salt, sizeof short_salt - 1 },
	    bad = { long_salt, sizeof long_salt - 1 };

	T(rsa(good, 128, 0x80, 1, "\x03", 1) == PUBKEY_PSS);
	T(rsa(bad, 128, 0x80, 1, "\x03", 1) == PUBKEY_NONE);
}

int
main(void)
{
	rsa_keys();
	other_keys();
	pss_parameters();
	pss_limits();
	return T_END();
}

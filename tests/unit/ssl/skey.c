/* skey - private keys in each form; what is none, or not ours, is refused. */
#include <stdlib.h>
#include <string.h>

#include "../../../ssl/skey.h"
#include "../t.h"

#define V0 "\x02\x01\x00"
#define ODD "\x02\x01\x65"
#define EVEN "\x02\x01\x64"
#define ZERO "\x02\x01\x00"
#define AFTER_MODULUS "\x02\x01\x03" "\x02\x01\x07"
#define REST "\x02\x01\x09" "\x02\x01\x0b" "\x02\x02\x00\x8d"
/* PKCS #1: modulus of 12 bits, P and Q as given. */
#define NUMBERS(p, q) "\x02\x02\x0f\xff" AFTER_MODULUS p q REST
#define RSA(p, q) "\x30\x1d" V0 NUMBERS(p, q)
#define RSA_OID "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01"
#define PSS_OID "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a"
#define EC_OID "\x06\x07\x2a\x86\x48\xce\x3d\x02\x01"
#define P256 "\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07"
#define P384 "\x06\x05\x2b\x81\x04\x00\x22"
#define K256 "\x06\x05\x2b\x81\x04\x00\x0a"
#define SCALAR "\x04\x02\x12\x34"
#define V1 "\x02\x01\x01"

static const struct {
	enum pubkey_kind kind;
	int curve;
	size_t n;
	const char *der;
} keys[] = {
#define KEY(kind, curve, der) { kind, curve, sizeof (der) - 1, der }
	KEY(PUBKEY_RSA, 0, RSA(ODD, ODD)),
	KEY(PUBKEY_NONE, 0, RSA(EVEN, ODD)),
	KEY(PUBKEY_NONE, 0, RSA(ODD, EVEN)),
	KEY(PUBKEY_NONE, 0, RSA(ZERO, ODD)),
	KEY(PUBKEY_NONE, 0, "\x30\x20" V0 NUMBERS(ODD, ODD) ODD),
	KEY(PUBKEY_NONE, 0, "\x30\x19" V0 "\x02\x02\x0f\xff" AFTER_MODULUS
	    ODD ODD "\x02\x01\x09" "\x02\x01\x0b"),
	KEY(PUBKEY_RSA, 0, "\x30\x31" V0 "\x30\x0b" RSA_OID "\x04\x1f"
	    RSA(ODD, ODD)),
	KEY(PUBKEY_NONE, 0, "\x30\x31" V0 "\x30\x0b" PSS_OID "\x04\x1f"
	    RSA(ODD, ODD)),
	KEY(PUBKEY_EC, BR_EC_secp256r1, "\x30\x13" V1 SCALAR "\xa0\x0a" P256),
	KEY(PUBKEY_EC, BR_EC_secp384r1, "\x30\x10" V1 SCALAR "\xa0\x07" P384),
	KEY(PUBKEY_NONE, 0, "\x30\x10" V1 SCALAR "\xa0\x07" K256),
	KEY(PUBKEY_NONE, 0, "\x30\x07" V1 SCALAR),
	KEY(PUBKEY_EC, BR_EC_secp256r1, "\x30\x23" V0 "\x30\x13" EC_OID P256
	    "\x04\x09" "\x30\x07" V1 SCALAR),
	KEY(PUBKEY_NONE, 0, "\x30\x20" V0 "\x30\x10" EC_OID K256
	    "\x04\x09" "\x30\x07" V1 SCALAR),
	KEY(PUBKEY_NONE, 0, "\x30\x19" V0 "\x30\x09" EC_OID
	    "\x04\x09" "\x30\x07" V1 SCALAR),
	KEY(PUBKEY_NONE, 0, "\x30\x00"),
	KEY(PUBKEY_NONE, 0, ""),
};

/* Each end that comes too early; memory of its own, for the sanitizer. */
static void
cut(struct der whole)
{
	struct skey k;
	struct der part;
	size_t wrong = 0;
	unsigned char *p;

	for (part.n = 0; part.n < whole.n; part.n++) {
		part.p = p = malloc(part.n + !part.n);
		memcpy(p, whole.p, part.n);
		wrong += skey_parse(part, &k) == 0 || k.kind != PUBKEY_NONE;
		free(p);
	}
	T(wrong == 0);
}

static void
too_large(void)
{
	static unsigned char big[4 + 3 + 4 + 1026] = "\x30\x82\x04\x09" V0
	    "\x02\x82\x04\x02\x01";
	struct der in = { big, sizeof big };
	struct skey k;

	T(skey_parse(in, &k) < 0 && k.rsa.n_bitlen == 8 * 1026 - 7);
}

int
main(void)
{
	struct skey k;
	struct der in;
	size_t i;
	int rc;

	for (i = 0; i < sizeof keys / sizeof keys[0]; i++) {
		in.p = (const unsigned char *)keys[i].der;
		in.n = keys[i].n;
		rc = skey_parse(in, &k);
		t_line(rc == (keys[i].kind ? 0 : -1) && k.kind == keys[i].kind
		    && (k.kind != PUBKEY_EC || k.ec.curve == keys[i].curve),
		    "keys", (int)i, "as it should be");
		if (rc == 0)
			cut(in);
	}
	in.p = (const unsigned char *)keys[0].der;
	in.n = keys[0].n;
	T(skey_parse(in, &k) == 0 && k.rsa.n_bitlen == 12);
	T(k.rsa.plen == 1 && *k.rsa.p == 0x65 && k.rsa.iqlen == 1);
	in.p = (const unsigned char *)keys[8].der;
	in.n = keys[8].n;
	T(skey_parse(in, &k) == 0 && k.ec.xlen == 2 && k.ec.x[1] == 0x34);
	too_large();
	return t_failed;
}

/* sig - what an AlgorithmIdentifier may say, with a signature of RFC 8032 7.1
 * (test 2), and one of another length. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <bearssl.h>

#include "../../../ssl/cert.h"
#include "../../../ssl/pubkey.h"
#include "../../../ssl/sig.h"
#include "../t.h"

#define DER(s) ((struct der){ (const unsigned char *)(s), sizeof(s) - 1 })
#define OID "\x06\x03\x2b\x65\x70"

static const unsigned char key[] =
    "\x3d\x40\x17\xc3\xe8\x43\x89\x5a\x92\xb7\x0a\xa7\x4d\x1b\x7e\xbc"
    "\x9c\x98\x2c\xcf\x2e\xc4\x96\x8c\xc0\xcd\x55\xf1\x2a\xf4\x66\x0c";
static const unsigned char sig[] =
    "\x92\xa0\x09\xa9\xf0\xd4\xca\xb8\x72\x0e\x82\x0b\x5f\x64\x25\x40"
    "\xa2\xb2\x7b\x54\x16\x50\x3f\x8f\xb3\x76\x22\x23\xeb\xdb\x69\xda"
    "\x08\x5a\xc1\xe4\x3e\x15\x99\x6e\x45\x8f\x36\x13\xd0\xf1\x1d\x8c"
    "\x38\x7b\x2e\xae\xb4\x30\x2a\xee\xb0\x0d\x29\x16\x12\xbb\x0c\x00";

static const char *
check(struct der alg, size_t n, enum pubkey_kind kind)
{
	struct sealed s = { { NULL, 0 }, { NULL, 0 }, { NULL, 0 },
		{ NULL, 0 } };
	struct pubkey k;
	const char *bad;

	memset(&k, 0, sizeof k);
	k.kind = kind;
	k.ed25519 = key;
	s.tbs = DER("\x72");
	s.alg = alg;
	s.sig.p = sig;
	s.sig.n = n;
	bad = sig_check(&s, &k, 0);
	return bad ? bad : "right";
}

static int
says(const char *text, const char *part)
{
	return strstr(text, part) != NULL;
}

int
main(void)
{
	T(says(check(DER("\x30\x05" OID), 64, PUBKEY_ED25519), "right"));
	T(says(check(DER("\x30\x05" OID), 63, PUBKEY_ED25519), "wrong"));
	T(says(check(DER("\x30\x05" OID), 65, PUBKEY_ED25519), "wrong"));
	T(says(check(DER("\x30\x05" OID), 0, PUBKEY_ED25519), "wrong"));
	T(says(check(DER("\x30\x05" OID), 64, PUBKEY_EC), "kind of key"));
	/* RFC 8410 3: no parameters. */
	T(says(check(DER("\x30\x07" OID "\x05\x00"), 64, PUBKEY_ED25519),
	    "not supported"));
	T(says(check(DER("\x30\x05\x06\x03\x2b\x65\x71"), 64, PUBKEY_ED25519),
	    "not supported"));
	T(says(check(DER("\x30\x05\x05\x03\x2b\x65\x70"), 64, PUBKEY_ED25519),
	    "not supported"));
	T(says(check(DER(""), 64, PUBKEY_ED25519), "not supported"));
	return T_END();
}

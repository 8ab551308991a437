/* digest - the examples of RFC 1321, 2104, 6070 and FIPS 180. */
#include <stdio.h>
#include <string.h>

#include "../../../ssl/digest.h"
#include "../t.h"

static unsigned char out[DIGEST_MAX];

static int
is_hex(size_t n, const char *want)
{
	char hex[2 * DIGEST_MAX + 1] = "";
	size_t i;

	for (i = 0; i < n; i++)
		snprintf(hex + 2 * i, 3, "%02x", out[i]);
	return !strcmp(hex, want);
}

int
main(void)
{
	T(is_hex(digest_hash(DIGEST_MD5, "abc", 3, out),
	    "900150983cd24fb0d6963f7d28e17f72"));
	T(is_hex(digest_hash(DIGEST_SHA1, "abc", 3, out),
	    "a9993e364706816aba3e25717850c26c9cd0d89d"));
	T(is_hex(digest_hash(DIGEST_SHA256, "", 0, out), "e3b0c44298fc1c149a"
	    "fbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
	T(is_hex(digest_hmac(DIGEST_MD5, "Jefe", 4,
	    "what do ya want for nothing?", 28, out),
	    "750c783e6ab0b503eaa86e310a5db738"));
	T(is_hex(digest_stretch(DIGEST_SHA1, "password", 8, "salt", 4, 1, out),
	    "0c60c80f961f0e71f3a9b524af6012062fe037a6"));
	T(is_hex(digest_stretch(DIGEST_SHA1, "password", 8, "salt", 4, 4096,
	    out), "4b007901b765489abead49d926f721d065a429c1"));
	return T_END();
}

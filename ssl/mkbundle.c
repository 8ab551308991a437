/* mkbundle - writes the compiled-in trust anchors as C, for the build machine.
 * usage: mkbundle [DIR] >bundle.c
 * DIR holds one certificate per file NAME.crt, in PEM; the files are taken in
 * the order of their names' bytes. Without DIR the table is empty. The format
 * is bundle.h's. Certificates with keys we cannot use are left out, and those
 * that ended before BUILD_DATE, which is the earliest time we believe in. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bundle.h"
#include "der.h"
#include "cert.h"
#include "dn.h"
#include "pem.h"
#include "pubkey.h"

static void
die(const char *file, const char *why)
{
	fprintf(stderr, "mkbundle: %s: %s\n", file, why);
	exit(1);
}

static size_t column;

static void
put(const unsigned char *p, size_t n)
{
	for (; n; p++, n--)
		printf("%u,%s", *p, ++column % 20 ? "" : "\n");
}

static void
put_number(uint64_t v, unsigned bytes)
{
	unsigned char b[8];
	unsigned i;

	for (i = 0; i < bytes; i++)
		b[i] = (unsigned char)(v >> 8 * (bytes - 1 - i));
	put(b, bytes);
}

static void
put_head(const struct cert *c, int kind, size_t keylen)
{
	uint64_t until = c->until < 0 ? 0 : (uint64_t)c->until;

	put_number(dn_hash(c->subject), 8);
	put_number(until > UINT32_MAX ? UINT32_MAX : until, 4);
	put_number((uint64_t)kind, 1);
	put_number(keylen, 2);
}

static void
put_rsa(const struct cert *c, const br_rsa_public_key *k)
{
	uint64_t e = 0;
	size_t i;

	for (i = 0; i < k->elen; i++)
		e = e << 8 | k->e[i];
	if (e == 65537) {
		put_head(c, BUNDLE_RSA, k->nlen);
		put(k->n, k->nlen);
		return;
	}
	put_head(c, BUNDLE_RSA_E, k->nlen + BUNDLE_E);
	put(k->n, k->nlen);
	put_number(e, BUNDLE_E);
}

static void
put_anchor(const char *file, const struct cert *c)
{
	struct pubkey key;

	pubkey_parse(c->spki, &key);
	if (key.kind == PUBKEY_RSA)
		put_rsa(c, &key.rsa);
	else if (key.kind == PUBKEY_EC) {
		put_head(c, key.ec.curve, key.ec.qlen);
		put(key.ec.q, key.ec.qlen);
	} else
		fprintf(stderr, "mkbundle: %s: unsupported key\n", file);
}

static void
put_file(const char *dir, const char *name)
{
	char file[4096], why[4200];
	struct pem p;
	struct pem_object o;
	struct cert c;

	snprintf(file, sizeof file, "%s/%s", dir, name);
	if (pem_open(&p, file, why, sizeof why) < 0)
		die(file, why);
	if (pem_next(&p, &o) != 1 || strcmp(o.label, "CERTIFICATE") != 0)
		die(file, "no certificate");
	if (cert_parse(&c, (struct der){ o.der, o.n }) < 0)
		die(file, c.why);
	if (!c.ca && !c.v1)
		die(file, "not a certificate authority");
	if (c.until >= BUILD_DATE)
		put_anchor(file, &c);
	pem_close(&p);
}

static int
is_crt(const struct dirent *d)
{
	size_t n = strlen(d->d_name);

	return n > 4 && strcmp(d->d_name + n - 4, ".crt") == 0;
}

/* alphasort follows the locale, and the table must not. */
static int
by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

int
main(int argc, char **argv)
{
	struct dirent **list = NULL;
	int i, n = 0;

	if (argc > 1 && argv[1][0]) {
		n = scandir(argv[1], &list, is_crt, by_bytes);
		if (n <= 0)
			die(argv[1], "no folder with .crt files");
	}
	printf("/* Made by mkbundle from %d certificates. The keys are data\n"
	    " * of Mozilla's CA list (Mozilla Public License 2.0). */\n"
	    "#include \"bundle.h\"\n\nconst unsigned char bundle[] = {\n", n);
	for (i = 0; i < n; i++) {
		put_file(argv[1], list[i]->d_name);
		free(list[i]);
	}
	free(list);
	printf("0 };\n\nconst size_t bundle_size = sizeof bundle - 1;\n");
	return fflush(stdout) || ferror(stdout) ? 1 : 0;
}

/* mkbundle - writes the compiled-in trust anchors as C, for the build machine.
 * usage: mkbundle DISTRUST [PATH] >bundle.c
 * PATH is a file of certificates in PEM, as roots.pem, whose line "Date: " says
 * of when it is; or a folder of such files NAME.crt, taken in the order of
 * their names' bytes. Without PATH the table is empty. It is as in bundle.h.
 * Left out are certificates that DISTRUST names, those with keys we cannot use,
 * and those that ended before BUILD_DATE, which is the earliest time we believe
 * in. A line of DISTRUST begins with the certificate's SHA-256. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

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
static unsigned count;
static FILE *distrust;

static void
put_bytes(const unsigned char *p, size_t n)
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
	put_bytes(b, bytes);
}

static void
put_head(const struct cert *c, int kind, size_t keylen)
{
	uint64_t until = c->until < 0 ? 0 : (uint64_t)c->until;

	put_number(dn_hash(c->subject), 4);
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
		put_bytes(k->n, k->nlen);
		return;
	}
	put_head(c, BUNDLE_RSA_E, k->nlen + BUNDLE_E);
	put_bytes(k->n, k->nlen);
	put_number(e, BUNDLE_E);
}

/* 1 when a line of the list begins with the certificate's SHA-256. */
static int
is_distrusted(struct der cert)
{
	char hex[65], *line = NULL;
	unsigned char hash[32];
	br_sha256_context h;
	size_t size = 0, i;
	int found = 0;

	br_sha256_init(&h);
	br_sha256_update(&h, cert.p, cert.n);
	br_sha256_out(&h, hash);
	for (i = 0; i < sizeof hash; i++)
		snprintf(hex + 2 * i, 3, "%02x", hash[i]);
	rewind(distrust);
	while (!found && getline(&line, &size, distrust) >= 0)
		found = strncmp(line, hex, sizeof hex - 1) == 0;
	free(line);
	return found;
}

static void
put_anchor(const char *file, const struct cert *c)
{
	struct pubkey key;

	pubkey_parse(c->spki, &key);
	if (key.kind == PUBKEY_RSA) {
		put_rsa(c, &key.rsa);
	} else if (key.kind == PUBKEY_EC) {
		put_head(c, key.ec.curve, key.ec.qlen);
		put_bytes(key.ec.q, key.ec.qlen);
	} else {
		fprintf(stderr, "mkbundle: %s: unsupported key\n", file);
		return;
	}
	count++;
}

static void
put_file(const char *file)
{
	char why[4200];
	struct pem p;
	struct pem_object o;
	struct der all;
	struct cert c;
	int got, any = 0;

	if (pem_open(&p, file, why, sizeof why) < 0)
		die(file, why);
	for (; (got = pem_next(&p, &o)) == 1; any = 1) {
		if (strcmp(o.label, "CERTIFICATE") != 0)
			die(file, "something that is no certificate");
		all.p = o.der;
		all.n = o.n;
		if (cert_parse(&c, all) < 0)
			die(file, c.why);
		if (!c.ca && !c.v1)
			die(file, "not a certificate authority");
		if (c.until >= BUILD_DATE && !is_distrusted(all))
			put_anchor(file, &c);
	}
	if (got < 0 || !any)
		die(file, any ? p.why : "no certificate");
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

static void
put_folder(const char *folder)
{
	struct dirent **list = NULL;
	char file[4096];
	int i, n = scandir(folder, &list, is_crt, by_bytes);

	if (n <= 0)
		die(folder, "neither a file nor a folder with .crt files");
	for (i = 0; i < n; i++) {
		snprintf(file, sizeof file, "%s/%s", folder, list[i]->d_name);
		put_file(file);
		free(list[i]);
	}
	free(list);
}

/* The date that the file says, as YYYY-MM-DD, or nothing. */
static void
put_date(const char *file)
{
	FILE *f = fopen(file, "r");
	char *line = NULL;
	size_t size = 0;
	unsigned y, m, d;

	while (f && getline(&line, &size, f) >= 0)
		if (sscanf(line, "Date: %4u-%2u-%2u", &y, &m, &d) == 3) {
			printf("%04u-%02u-%02u", y, m, d);
			break;
		}
	free(line);
	if (f)
		fclose(f);
}

int
main(int argc, char **argv)
{
	const char *path = argc > 2 ? argv[2] : "";
	struct stat st;

	if (argc < 2 || !(distrust = fopen(argv[1], "r")))
		die(argc < 2 ? "usage" : argv[1], "list of distrusted roots?");
	printf("/* Made by mkbundle. The keys are data of Mozilla's CA list\n"
	    " * (Mozilla Public License 2.0). */\n"
	    "#include \"bundle.h\"\n\nconst unsigned char bundle[] = {\n");
	if (*path && stat(path, &st) == 0 && S_ISREG(st.st_mode))
		put_file(path);
	else if (*path)
		put_folder(path);
	printf("0 };\n\nconst size_t bundle_size = sizeof bundle - 1;\n"
	    "const unsigned bundle_count = %u;\n"
	    "const char bundle_date[] = \"", count);
	put_date(path);
	printf("\";\n");
	return fflush(stdout) || ferror(stdout) ? 1 : 0;
}

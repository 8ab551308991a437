/* anchor - whom we trust; see anchor.h. A file is kept as its certificates'
 * DER one after the other, the bundle is read where it lies. CA_FILES comes
 * from the command line of the build: names separated by blanks. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "der.h"
#include "cert.h"
#include "dn.h"
#include "anchor.h"
#include "bundle.h"
#include "pem.h"
#include "pubkey.h"
#include "ssl.h"

struct anchors {
	struct pem file;
	size_t used;		/* bytes of DER at the front of file.data */
	char source[256];
};

/* The whole Name of the subject, without reading the rest. */
static int
find_subject(struct der in, struct der *out)
{
	struct der seq, tbs, v;
	int i;

	if (der_take(&in, DER_SEQ, &seq) < 0
	    || der_take(&seq, DER_SEQ, &tbs) < 0)
		return -1;
	if (der_tag(&tbs) != DER_INT && der_next(&tbs, &v, NULL) < 0)
		return -1;
	if (der_take(&tbs, DER_INT, &v) < 0)
		return -1;
	for (i = 0; i < 3; i++)
		if (der_take(&tbs, DER_SEQ, &v) < 0)
			return -1;
	return der_next(&tbs, &v, out) == DER_SEQ ? 0 : -1;
}

/* Not OpenSSL's TRUSTED CERTIFICATE, which may say that it is not trusted. */
static int
is_anchor_label(const char *label)
{
	return label[0] == '\0' || strcmp(label, "CERTIFICATE") == 0
	    || strcmp(label, "X509 CERTIFICATE") == 0;
}

/* Moves one object's certificate to the others. */
static int
keep_anchor(struct anchors *a, const struct pem_object *o)
{
	struct der in = { o->der, o->n }, v, all;

	if (find_subject(in, &v) < 0 || der_next(&in, &v, &all) < 0 || in.n)
		return -1;
	memmove(a->file.data + a->used, all.p, all.n);
	a->used += all.n;
	return 0;
}

/* Text when the file is of no use; *number is the object's that is to blame. */
static const char *
read_objects(struct anchors *a, int strict, int *number)
{
	struct pem_object o;
	int got;

	for (*number = 1; (got = pem_next(&a->file, &o)) != 0; ++*number) {
		if (got > 0 && !is_anchor_label(o.label))
			continue;
		if (got > 0 && keep_anchor(a, &o) == 0)
			continue;
		if (strict)
			return got < 0 ? a->file.why : "not a certificate";
	}
	*number = 0;
	return a->used ? NULL : "holds no certificate";
}

static int
read_ca(struct anchors *a, const char *file, int strict, char *why, size_t size)
{
	const char *bad;
	int number;

	if (pem_open(&a->file, file, why, size) < 0)
		return -1;
	snprintf(a->source, sizeof a->source, "%s", file);
	bad = read_objects(a, strict, &number);
	if (bad && number)
		snprintf(why, size, "%s: object %d: %s", file, number, bad);
	else if (bad)
		snprintf(why, size, "%s: %s", file, bad);
	return bad ? -1 : 0;
}

/* One damaged certificate must not take the system's others away. */
static int
load_system(struct anchors *a)
{
	const char *p = CA_FILES;
	char name[256], why[512];
	size_t n;

	for (; *p; p += n) {
		p += strspn(p, " ");
		n = strcspn(p, " ");
		if (n == 0 || n >= sizeof name)
			continue;
		memcpy(name, p, n);
		name[n] = '\0';
		if (read_ca(a, name, 0, why, sizeof why) == 0)
			return 0;
		pem_close(&a->file);
	}
	return -1;
}

const char *
ssl_roots(void)
{
	static char text[40];

	if (!bundle_size)
		return "no roots";
	snprintf(text, sizeof text, "%u roots%s%s", bundle_count,
	    *bundle_date ? " of " : "", bundle_date);
	return text;
}

struct anchors *
anchors_bundled(void)
{
	struct anchors *a = calloc(1, sizeof *a);

	if (a)
		snprintf(a->source, sizeof a->source,
		    "the compiled-in list%s%s", *bundle_date ? " of " : "",
		    bundle_date);
	return a;
}

struct anchors *
anchors_load(const char *given, char *why, size_t size)
{
	struct anchors *a = anchors_bundled();

	if (!a) {
		snprintf(why, size, "out of memory");
		return NULL;
	}
	if (given && read_ca(a, given, 1, why, size) == 0)
		return a;
	if (!given) {
		if (load_system(a) == 0)
			return a;
		if (bundle_size) {
			anchors_free(a);
			return anchors_bundled();
		}
		snprintf(why, size, "none of " CA_FILES " is there and none "
		    "is compiled in");
	}
	anchors_free(a);
	return NULL;
}

const char *
anchors_source(const struct anchors *a)
{
	return a->source;
}

static int
next_in_file(const struct anchors *a, struct der name, size_t *at,
    struct cert *c, struct pubkey *key)
{
	struct der in, body, all, subj;

	while (*at < a->used) {
		in.p = a->file.data + *at;
		in.n = a->used - *at;
		if (der_next(&in, &body, &all) < 0)
			return 0;
		*at += all.n;
		if (find_subject(all, &subj) < 0 || !dn_same(subj, name)
		    || cert_parse(c, all) < 0)
			continue;
		pubkey_parse(c->spki, key);
		return 1;
	}
	return 0;
}

static uint64_t
big_endian(const unsigned char *p, unsigned n)
{
	uint64_t v = 0;

	for (; n; n--)
		v = v << 8 | *p++;
	return v;
}

static void
bundled_key(const unsigned char *p, size_t n, int kind, struct pubkey *key)
{
	static unsigned char f4[] = { 1, 0, 1 };
	br_rsa_public_key *rsa = &key->rsa;

	memset(key, 0, sizeof *key);
	if (kind > BUNDLE_RSA_E) {
		key->kind = PUBKEY_EC;
		key->ec.curve = kind;
		key->ec.q = pubkey_bytes(p);
		key->ec.qlen = n;
		return;
	}
	key->kind = PUBKEY_RSA;
	rsa->n = pubkey_bytes(p);
	rsa->nlen = kind == BUNDLE_RSA ? n : n - BUNDLE_E;
	rsa->e = kind == BUNDLE_RSA ? f4 : pubkey_bytes(p + rsa->nlen);
	rsa->elen = kind == BUNDLE_RSA ? sizeof f4 : BUNDLE_E;
}

static int
next_in_bundle(struct der name, size_t *at, struct cert *c, struct pubkey *key)
{
	uint32_t hash = (uint32_t)dn_hash(name);
	const unsigned char *p;
	size_t n;

	while (*at < bundle_size) {
		p = bundle + *at;
		n = big_endian(p + 9, 2);
		*at += BUNDLE_HEAD + n;
		if (big_endian(p, 4) != hash)
			continue;
		memset(c, 0, sizeof *c);
		c->subject = name;
		c->from = INT64_MIN;
		c->until = (int64_t)big_endian(p + 4, 4);
		c->ca = 1;
		c->usage = c->purposes = -1;
		c->pathlen = -1;
		bundled_key(p + BUNDLE_HEAD, n, p[8], key);
		return 1;
	}
	return 0;
}

int
anchors_next(const struct anchors *a, struct der name, size_t *at,
    struct cert *c, struct pubkey *key)
{
	if (a->used)
		return next_in_file(a, name, at, c, key);
	return next_in_bundle(name, at, c, key);
}

void
anchors_free(struct anchors *a)
{
	if (!a)
		return;
	pem_close(&a->file);
	free(a);
}

/* verify - which server is accepted; see verify.h. The order: key usable, pin,
 * path to an anchor, name. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <bearssl.h>

#include "der.h"
#include "cert.h"
#include "anchor.h"
#include "crl.h"
#include "name.h"
#include "path.h"
#include "pubkey.h"
#include "ssl.h"
#include "verify.h"

struct verify {
	struct host host;
	struct anchors *anchors;
	struct crls *crls;
	const char *pin;	/* "sha256/..." or NULL */
	int pin_decides, insecure;
	struct cert certs[VERIFY_CERTS];
	unsigned count;
	int alert;
	char why[640], note[800];
	char *chain;		/* described here, or NULL */
	size_t chain_size;
};

static const char untrusted[] = "Server SSL/TLS certificate is untrusted",
    misnamed[] = "Server SSL/TLS certificate does not match hostname",
    digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    "0123456789+/", sha256[] = "sha256/";

/* A machine without a clock starts in 1970; nothing is older than we are. */
static int64_t
verify_time(void)
{
	time_t t = time(NULL);

	return t < BUILD_DATE ? BUILD_DATE : t;
}

static void
note_clock(struct verify *v)
{
	time_t is = time(NULL);
	char a[32], b[32];

	if (is >= BUILD_DATE)
		return;
	snprintf(v->note, sizeof v->note, "the clock (%s) is older than this "
	    "program: certificates are checked as of %s",
	    path_day(is, a, sizeof a), path_day(BUILD_DATE, b, sizeof b));
}

/* RFC 7469 2.4: the hash of the whole SubjectPublicKeyInfo, in base64. */
static void
pin_of(const struct cert *c, char out[45])
{
	unsigned char h[33];
	br_sha256_context sha;
	unsigned long w;
	size_t i;

	br_sha256_init(&sha);
	br_sha256_update(&sha, c->spki.p, c->spki.n);
	br_sha256_out(&sha, h);
	h[32] = 0;
	for (i = 0; i < 11; i++) {
		w = (unsigned long)h[3 * i] << 16 | h[3 * i + 1] << 8
		    | h[3 * i + 2];
		*out++ = digits[w >> 18];
		*out++ = digits[w >> 12 & 63];
		*out++ = digits[w >> 6 & 63];
		*out++ = digits[w & 63];
	}
	out[-1] = '=';
	*out = '\0';
}

static int
pin_is_sound(const char *pin)
{
	size_t n = sizeof sha256 - 1;

	return strncmp(pin, sha256, n) == 0 && strspn(pin + n, digits) == 43
	    && strcmp(pin + n + 43, "=") == 0;
}

/* Always -1. */
static int
refuse_server(struct verify *v, const char *text, const char *detail)
{
	snprintf(v->why, sizeof v->why, "%s: %s", text, detail);
	return -1;
}

/* 0, or -1: the pin given is not the server's. */
static int
check_pin(struct verify *v)
{
	char seen[45], detail[160];

	if (!v->pin)
		return 0;
	pin_of(&v->certs[0], seen);
	if (strcmp(v->pin + sizeof sha256 - 1, seen) == 0)
		return 0;
	snprintf(detail, sizeof detail, "its key is not the pinned one, but "
	    "pin=%s%s", sha256, seen);
	return refuse_server(v, untrusted, detail);
}

static int
check_name(struct verify *v)
{
	char names[160], label[80], detail[560];

	if (name_matches(&v->certs[0], &v->host))
		return 0;
	name_list(&v->certs[0], names, sizeof names);
	cert_label(&v->certs[0], label, sizeof label);
	snprintf(detail, sizeof detail, "\"%s\" is for %s, not for %s", label,
	    *names ? names : "no name", v->host.name);
	return refuse_server(v, misnamed, detail);
}

/* Why a chain cannot be read at all, or NULL. */
static const char *
why_unreadable(const struct der *chain, size_t n)
{
	size_t i, bytes = 0;

	if (n == 0)
		return "the server sent none";
	for (i = 0; i < n && n <= VERIFY_CERTS; i++) {
		if (chain[i].n > VERIFY_BYTES
		    || bytes + chain[i].n > VERIFY_BYTES)
			break;
		bytes += chain[i].n;
	}
	return i < n ? "the server sent too many or too large ones" : NULL;
}

/* Takes the certificates apart. Only the server's own has to be sound; what
 * else cannot be read cannot be needed. */
static int
parse_chain(struct verify *v, const struct der *chain, size_t n,
    struct pubkey *key)
{
	const char *bad = why_unreadable(chain, n);
	size_t i;

	v->count = 0;
	if (bad)
		return refuse_server(v, untrusted, bad);
	for (i = 0; i < n; i++)
		if (cert_parse(&v->certs[v->count], chain[i]) == 0)
			v->count++;
		else if (i == 0)
			break;
	pubkey_parse(v->certs[0].spki, key);
	if (v->count == 0)
		return refuse_server(v, untrusted, v->certs[0].why);
	if (key->kind != PUBKEY_NONE)
		return 0;
	v->alert = ALERT_UNSUPPORTED;
	return refuse_server(v, untrusted, "its key is not supported");
}

static int
judge_chain(struct verify *v)
{
	struct path p = {
		v->certs, v->count, v->anchors, v->crls, &v->host,
		verify_time(), 0
	};
	char detail[480] = "";

	if (path_find(&p, detail, sizeof detail) == 0)
		return check_name(v);
	v->alert = p.alert;
	return refuse_server(v, untrusted, detail);
}

static int
note_insecure(struct verify *v)
{
	size_t n = strlen(v->note);

	snprintf(v->note + n, sizeof v->note - n,
	    "%saccepted only because of insecure: %s", n ? "; " : "", v->why);
	v->why[0] = '\0';
	return 0;
}

/* Without a usable key there is no session, and with another one than the
 * pinned, whatever else is let pass. */
static int
decide(struct verify *v, const struct der *chain, size_t n, struct pubkey *key)
{
	int bad = parse_chain(v, chain, n, key);

	if (key->kind == PUBKEY_NONE || check_pin(v) < 0)
		return -1;
	if (v->pin_decides)
		return bad;
	if (bad == 0)
		bad = judge_chain(v);
	return bad && v->insecure ? note_insecure(v) : bad;
}

static const char *
key_name(const struct cert *c, char out[16])
{
	struct pubkey key;

	pubkey_parse(c->spki, &key);
	switch (key.kind) {
	case PUBKEY_RSA:
	case PUBKEY_PSS:
		snprintf(out, 16, "RSA %zu", key.rsa.nlen * 8);
		return out;
	case PUBKEY_EC:
		return key.ec.curve == BR_EC_secp256r1 ? "P-256" :
		    key.ec.curve == BR_EC_secp384r1 ? "P-384" : "P-521";
	case PUBKEY_ED25519:
		return "Ed25519";
	default:
		return "key not supported";
	}
}

/* The names are a peer's, and name_list and cert_label have cleaned them. */
static void
describe_chain(struct verify *v)
{
	char label[80], issuer[80], day[32], key[16], pin[45];
	int64_t now = verify_time();
	size_t n = 0;
	unsigned i;

	v->chain[0] = '\0';
	for (i = 0; i < v->count && n < v->chain_size; i++) {
		const struct cert *c = &v->certs[i];

		pin_of(c, pin);
		n += (size_t)snprintf(v->chain + n, v->chain_size - n,
		    "\"%s\" from \"%s\", %s, until %s (%lld days)%s%s\n",
		    cert_label(c, label, sizeof label),
		    cert_name(c->issuer, issuer, sizeof issuer),
		    key_name(c, key), path_day(c->until, day, sizeof day),
		    (long long)(c->until - now) / 86400,
		    i ? "" : " pin=sha256/", i ? "" : pin);
	}
}

void
verify_describe(struct verify *v, char *out, size_t size)
{
	v->chain = out;
	v->chain_size = size;
}

int
verify_chain(struct verify *v, const struct der *chain, size_t n,
    struct pubkey *key)
{
	int bad;

	key->kind = PUBKEY_NONE;
	v->why[0] = v->note[0] = '\0';
	v->alert = ALERT_BAD;
	note_clock(v);
	bad = decide(v, chain, n, key);
	if (v->chain)
		describe_chain(v);
	if (bad)
		key->kind = PUBKEY_NONE;
	return bad ? -1 : 0;
}

static int
conf_error(char *why, size_t size, const char *text, const char *detail)
{
	snprintf(why, size, "%s: %s", text, detail);
	return -1;
}

static int
set_pin(struct verify *v, const struct ssl_conf *conf, char *why, size_t size)
{
	if (!conf->pin)
		return 0;
	if (!pin_is_sound(conf->pin))
		return conf_error(why, size, "Error setting TLS options",
		    "pin: not sha256/ and 44 characters of base64");
	v->pin = conf->pin;
	v->pin_decides = !conf->cafile || conf->insecure;
	return 0;
}

static int
load_trust(struct verify *v, const struct ssl_conf *conf, char *why,
    size_t size)
{
	static const char no_crl[] = "Error loading SSL/TLS X.509 CRL file";
	char detail[480];

	if (v->insecure) {
		v->anchors = anchors_bundled();
		return v->anchors ? 0 : conf_error(why, size,
		    "Error initializing TLS library", "out of memory");
	}
	if (v->pin_decides && conf->crlfile)
		return conf_error(why, size, no_crl, "beside a pin it needs "
		    "x509cafile, for its issuer");
	if (v->pin_decides)
		return 0;
	v->anchors = anchors_load(conf->cafile, detail, sizeof detail);
	if (!v->anchors)
		return conf_error(why, size,
		    "Error loading SSL/TLS X.509 trust file", detail);
	if (!conf->crlfile)
		return 0;
	v->crls = crls_load(conf->crlfile, v->anchors, verify_time(), detail,
	    sizeof detail);
	return v->crls ? 0 : conf_error(why, size, no_crl, detail);
}

struct verify *
verify_new(const struct ssl_conf *conf, char *why, size_t size)
{
	struct verify *v = calloc(1, sizeof *v);

	if (!v) {
		conf_error(why, size, "Error initializing TLS library",
		    "out of memory");
		return NULL;
	}
	v->insecure = conf->insecure;
	if (!conf->host || host_parse(&v->host, conf->host) < 0)
		conf_error(why, size, "Error setting TLS server name",
		    "empty or not a host name");
	else if (set_pin(v, conf, why, size) == 0
	    && load_trust(v, conf, why, size) == 0)
		return v;
	verify_free(v);
	return NULL;
}

const char *
verify_why(const struct verify *v)
{
	return v->why;
}

int
verify_alert(const struct verify *v)
{
	return v->alert;
}

const char *
verify_note(const struct verify *v)
{
	return v->note;
}

void
verify_free(struct verify *v)
{
	if (!v)
		return;
	anchors_free(v->anchors);
	crls_free(v->crls);
	free(v);
}

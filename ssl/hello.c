/* hello - what is offered and what the server has chosen; see hello.h. */
#include <string.h>

#include "hello.h"
#include "hs.h"
#include "hs12.h"
#include "hs13.h"
#include "scheme.h"

#define S256 br_sha256_ID
#define S384 br_sha384_ID
#define SHA1 br_sha1_ID

/* In the order offered, but that ChaCha20 goes before AES where the processor
 * has no AES. ECDH before DH without a certificate, and there AES-256 before
 * AES-128 because Postfix has a group of 1024 bits for the latter. */
static const struct suite suites[] = {
	{ 0x1301, KX_13, AUTH_13, CIPHER_GCM, 16, 0, S256 },
	{ 0x1302, KX_13, AUTH_13, CIPHER_GCM, 32, 0, S384 },
	{ 0x1303, KX_13, AUTH_13, CIPHER_CHAPOL, 32, 0, S256 },
	{ 0xC02B, KX_ECDHE, AUTH_ECDSA, CIPHER_GCM, 16, 0, S256 },
	{ 0xC02F, KX_ECDHE, AUTH_RSA, CIPHER_GCM, 16, 0, S256 },
	{ 0xC02C, KX_ECDHE, AUTH_ECDSA, CIPHER_GCM, 32, 0, S384 },
	{ 0xC030, KX_ECDHE, AUTH_RSA, CIPHER_GCM, 32, 0, S384 },
	{ 0xCCA9, KX_ECDHE, AUTH_ECDSA, CIPHER_CHAPOL, 32, 0, S256 },
	{ 0xCCA8, KX_ECDHE, AUTH_RSA, CIPHER_CHAPOL, 32, 0, S256 },
	{ 0x009E, KX_DHE, AUTH_RSA, CIPHER_GCM, 16, 0, S256 },
	{ 0x009F, KX_DHE, AUTH_RSA, CIPHER_GCM, 32, 0, S384 },
	{ 0xCCAA, KX_DHE, AUTH_RSA, CIPHER_CHAPOL, 32, 0, S256 },
	{ 0xC023, KX_ECDHE, AUTH_ECDSA, CIPHER_CBC, 16, S256, S256 },
	{ 0xC027, KX_ECDHE, AUTH_RSA, CIPHER_CBC, 16, S256, S256 },
	{ 0xC024, KX_ECDHE, AUTH_ECDSA, CIPHER_CBC, 32, S384, S384 },
	{ 0xC028, KX_ECDHE, AUTH_RSA, CIPHER_CBC, 32, S384, S384 },
	{ 0xC009, KX_ECDHE, AUTH_ECDSA, CIPHER_CBC, 16, SHA1, S256 },
	{ 0xC013, KX_ECDHE, AUTH_RSA, CIPHER_CBC, 16, SHA1, S256 },
	{ 0xC00A, KX_ECDHE, AUTH_ECDSA, CIPHER_CBC, 32, SHA1, S256 },
	{ 0xC014, KX_ECDHE, AUTH_RSA, CIPHER_CBC, 32, SHA1, S256 },
	{ 0x0067, KX_DHE, AUTH_RSA, CIPHER_CBC, 16, S256, S256 },
	{ 0x006B, KX_DHE, AUTH_RSA, CIPHER_CBC, 32, S256, S256 },
	{ 0x0033, KX_DHE, AUTH_RSA, CIPHER_CBC, 16, SHA1, S256 },
	{ 0x0039, KX_DHE, AUTH_RSA, CIPHER_CBC, 32, SHA1, S256 },
	{ 0x009C, KX_RSA, AUTH_RSA, CIPHER_GCM, 16, 0, S256 },
	{ 0x009D, KX_RSA, AUTH_RSA, CIPHER_GCM, 32, 0, S384 },
	{ 0x003C, KX_RSA, AUTH_RSA, CIPHER_CBC, 16, S256, S256 },
	{ 0x003D, KX_RSA, AUTH_RSA, CIPHER_CBC, 32, S256, S256 },
	{ 0x002F, KX_RSA, AUTH_RSA, CIPHER_CBC, 16, SHA1, S256 },
	{ 0x0035, KX_RSA, AUTH_RSA, CIPHER_CBC, 32, SHA1, S256 },
	{ 0xC019, KX_ECDHE, AUTH_NONE, CIPHER_CBC, 32, SHA1, S256 },
	{ 0xC018, KX_ECDHE, AUTH_NONE, CIPHER_CBC, 16, SHA1, S256 },
	{ 0x00A7, KX_DHE, AUTH_NONE, CIPHER_GCM, 32, 0, S384 },
	{ 0x00A6, KX_DHE, AUTH_NONE, CIPHER_GCM, 16, 0, S256 },
	{ 0x006D, KX_DHE, AUTH_NONE, CIPHER_CBC, 32, S256, S256 },
	{ 0x006C, KX_DHE, AUTH_NONE, CIPHER_CBC, 16, S256, S256 },
	{ 0x003A, KX_DHE, AUTH_NONE, CIPHER_CBC, 32, SHA1, S256 },
	{ 0x0034, KX_DHE, AUTH_NONE, CIPHER_CBC, 16, SHA1, S256 },
};
enum { SUITES = sizeof suites / sizeof suites[0] };

/* RFC 8446 4.1.3: the random of a HelloRetryRequest, and the ends of those of
 * a server that could do better than the version it chose. */
static const unsigned char retry[32] = {
	0xCF, 0x21, 0xAD, 0x74, 0xE5, 0x9A, 0x61, 0x11,
	0xBE, 0x1D, 0x8C, 0x02, 0x1E, 0x65, 0xB8, 0x91,
	0xC2, 0xA2, 0x11, 0x16, 0x7A, 0xBB, 0x8C, 0x5E,
	0x07, 0x9E, 0x09, 0xE2, 0xC8, 0xA8, 0x33, 0x9C
};
static const unsigned char downgrade[7] = {
	0x44, 0x4F, 0x57, 0x4E, 0x47, 0x52, 0x44
};

enum {
	EXT_SNI = 0, EXT_GROUPS = 10, EXT_POINTS = 11, EXT_SCHEMES = 13,
	EXT_EMS = 23, EXT_VERSIONS = 43, EXT_COOKIE = 44, EXT_SHARE = 51,
	EXT_RENEG = 0xFF01
};

static const char bad_extension[] =
    "the server sent a bad extension, or one nobody asked for";

/* ---- the ClientHello ---- */

static int
is_offered(const struct hs *h, const struct suite *s)
{
	if (s->kx == KX_13)
		return h->max == TLS13;
	return s->auth != AUTH_NONE || h->offer_anon;
}

static const struct suite *
find_suite(const struct hs *h, unsigned id)
{
	size_t i;

	for (i = 0; i < SUITES; i++)
		if (suites[i].id == id && is_offered(h, &suites[i]))
			return &suites[i];
	return NULL;
}

/* A rank for the row: the lowest go first. Rows of one rank keep their order,
 * AES and ChaCha20 of the same key exchange change places. */
static int
rank(const struct suite *s, int aes)
{
	static const unsigned char kinds[] = {
		[KX_13] = 0, [KX_ECDHE] = 2, [KX_DHE] = 4, [KX_RSA] = 6
	};

	if (s->auth == AUTH_NONE || s->cipher == CIPHER_CBC)
		return 6;
	return kinds[s->kx] + ((s->cipher == CIPHER_GCM) != aes);
}

/* AES without the processor's help is slow; ChaCha20 is fast anywhere. */
static void
put_suites(const struct hs *h, struct writer *w)
{
	int aes = br_aes_x86ni_ctr_get_vtable() && br_ghash_pclmul_get();
	size_t at = writer_open(w, 2), i;
	int now;

	for (now = 0; now <= 7; now++)
		for (i = 0; i < SUITES; i++)
			if (rank(&suites[i], aes) == now
			    && is_offered(h, &suites[i]))
				writer_number(w, suites[i].id, 2);
	writer_close(w, at, 2);
}

static size_t
open_extension(struct writer *w, unsigned type)
{
	writer_number(w, type, 2);
	return writer_open(w, 2);
}

/* RFC 6066 3. */
static void
put_name(const struct hs *h, struct writer *w)
{
	size_t at, list, name;

	if (!*h->name)
		return;
	at = open_extension(w, EXT_SNI);
	list = writer_open(w, 2);
	writer_number(w, 0, 1);
	name = writer_open(w, 2);
	writer_bytes(w, h->name, strlen(h->name));
	writer_close(w, name, 2);
	writer_close(w, list, 2);
	writer_close(w, at, 2);
}

/* RFC 7627, RFC 5746, RFC 8446 4.2.7, RFC 8422 5.1.2, RFC 8446 4.2.3. */
static void
put_common(const struct hs *h, struct writer *w)
{
	static const unsigned char fixed[] = {
		0, EXT_EMS, 0, 0,
		EXT_RENEG >> 8, EXT_RENEG & 0xFF, 0, 1, 0,
		0, EXT_POINTS, 0, 2, 1, 0
	};
	size_t at, list;

	writer_bytes(w, fixed, sizeof fixed);
	at = open_extension(w, EXT_GROUPS);
	list = writer_open(w, 2);
	kex_groups(w, h->max == TLS13);
	writer_close(w, list, 2);
	writer_close(w, at, 2);
	at = open_extension(w, EXT_SCHEMES);
	list = writer_open(w, 2);
	scheme_list(w);
	writer_close(w, list, 2);
	writer_close(w, at, 2);
}

static void
put_versions(const struct hs *h, struct writer *w)
{
	size_t at = open_extension(w, EXT_VERSIONS), list = writer_open(w, 1);
	unsigned v;

	for (v = h->max; v >= h->min; v--)
		writer_number(w, v, 2);
	writer_close(w, list, 1);
	writer_close(w, at, 2);
}

static void
put_share(struct hs *h, unsigned group, struct writer *w)
{
	size_t at = open_extension(w, EXT_SHARE), list = writer_open(w, 2);
	size_t key;

	writer_number(w, group, 2);
	key = writer_open(w, 2);
	kex_make(&h->kex, &h->eng.rng, group, w);
	writer_close(w, key, 2);
	writer_close(w, list, 2);
	writer_close(w, at, 2);
}

static void
put_cookie(struct writer *w, struct reader cookie)
{
	size_t at = open_extension(w, EXT_COOKIE), list = writer_open(w, 2);

	writer_bytes(w, cookie.p, cookie.n);
	writer_close(w, list, 2);
	writer_close(w, at, 2);
}

/* A session id makes TLS 1.3 look like a resumed session to what watches it in
 * between (RFC 8446 D.4). */
void
hello_send(struct hs *h, unsigned group, struct reader cookie)
{
	struct writer w = { NULL, 0, 0, 0 };
	size_t at;

	hs_begin(&w, CLIENT_HELLO);
	writer_number(&w, BR_TLS12, 2);
	writer_bytes(&w, h->eng.client_random, 32);
	at = writer_open(&w, 1);
	writer_bytes(&w, h->sid, h->max == TLS13 ? sizeof h->sid : 0);
	writer_close(&w, at, 1);
	put_suites(h, &w);
	writer_number(&w, 0x0100, 2);
	at = writer_open(&w, 2);
	put_name(h, &w);
	put_common(h, &w);
	if (h->max == TLS13)
		put_versions(h, &w);
	if (cookie.n)
		put_cookie(&w, cookie);
	if (h->max == TLS13)
		put_share(h, group, &w);
	writer_close(&w, at, 2);
	hs_send(h, &w);
}

/* ---- extensions of the server ---- */

/* Those that some servers of TLS 1.2 send without need do no harm. */
static const struct {
	unsigned type, where;
	int tls13;		/* offered with TLS 1.3 only */
} known[] = {
	{ EXT_SNI, IN_HELLO12 | IN_ENCRYPTED, 0 },
	{ EXT_GROUPS, IN_HELLO12 | IN_ENCRYPTED, 0 },
	{ EXT_POINTS, IN_HELLO12, 0 },
	{ EXT_SCHEMES, IN_HELLO12 | IN_REQUEST, 0 },
	{ EXT_EMS, IN_HELLO12, 0 },
	{ EXT_RENEG, IN_HELLO12, 0 },
	{ EXT_VERSIONS, IN_HELLO | IN_RETRY, 1 },
	{ EXT_SHARE, IN_HELLO | IN_RETRY, 1 },
	{ EXT_COOKIE, IN_RETRY, 1 },
};
enum { KNOWN = sizeof known / sizeof known[0] };

static void
keep(struct extensions *e, unsigned type, struct reader body)
{
	switch (type) {
	case EXT_VERSIONS: e->version = body; break;
	case EXT_SHARE: e->share = body; break;
	case EXT_COOKIE: e->cookie = body; break;
	case EXT_SCHEMES: e->schemes = body; break;
	case EXT_EMS: e->ems = body; break;
	case EXT_RENEG: e->reneg = body; break;
	}
}

/* The alert for an extension here, -1 when it may be. In a request the server
 * may name what we have not offered, and what nobody knows. */
static int
judge_extension(const struct hs *h, unsigned type, size_t n, unsigned where,
    unsigned *seen)
{
	unsigned i;

	for (i = 0; i < KNOWN && known[i].type != type; i++)
		;
	if (i < KNOWN && *seen & 1u << i)
		return ILLEGAL_PARAMETER;
	if (i < KNOWN)
		*seen |= 1u << i;
	if (where == IN_REQUEST)
		return -1;
	if (i == KNOWN || (known[i].tls13 && h->max != TLS13)
	    || (type == EXT_SNI && !*h->name))
		return UNSUPPORTED_EXTENSION;
	if (!(known[i].where & where))
		return ILLEGAL_PARAMETER;
	if ((type == EXT_SNI || type == EXT_EMS) && n)
		return DECODE_ERROR;
	return -1;
}

int
hello_extensions(struct hs *h, struct reader *r, unsigned where,
    struct extensions *e)
{
	struct reader all = reader_vector(r, 2), body;
	unsigned type, seen = 0;
	int alert = all.bad ? DECODE_ERROR : -1;

	memset(e, 0, sizeof *e);
	while (alert < 0 && all.n) {
		type = (unsigned)reader_number(&all, 2);
		body = reader_vector(&all, 2);
		if (all.bad)
			alert = DECODE_ERROR;
		else
			alert = judge_extension(h, type, body.n, where, &seen);
		keep(e, type, body);
	}
	if (alert >= 0)
		hs_fail(h, alert, bad_extension);
	return alert < 0;
}

/* ---- the ServerHello ---- */

struct hello {
	unsigned version;
	const unsigned char *random;
	struct reader sid;
	const struct suite *suite;
	unsigned compression;
	struct extensions ext;
};

/* Only a hello of TLS 1.3 has a list of versions, of a single one. */
static int
has_version(struct reader r)
{
	struct reader all = reader_vector(&r, 2);
	unsigned type = 0;

	while (all.n && type != EXT_VERSIONS) {
		type = (unsigned)reader_number(&all, 2);
		reader_vector(&all, 2);
	}
	return type == EXT_VERSIONS && !all.bad;
}

/* 1, or 0 when it has failed. */
static int
parse(struct hs *h, struct reader *r, struct hello *s)
{
	unsigned where = IN_HELLO12;

	s->version = (unsigned)reader_number(r, 2);
	s->random = reader_bytes(r, 32);
	s->sid = reader_vector(r, 1);
	s->suite = find_suite(h, (unsigned)reader_number(r, 2));
	s->compression = (unsigned)reader_number(r, 1);
	memset(&s->ext, 0, sizeof s->ext);
	if (r->bad) {
		hs_fail(h, DECODE_ERROR, "malformed ServerHello");
		return 0;
	}
	if (has_version(*r))
		where = memcmp(s->random, retry, 32) ? IN_HELLO : IN_RETRY;
	if (r->n && !hello_extensions(h, r, where, &s->ext))
		return 0;
	if (r->n)
		hs_fail(h, DECODE_ERROR, "bytes behind the ServerHello");
	return !hs_failed(h);
}

static const char *
old_version(unsigned version)
{
	if (version == BR_TLS10)
		return "the server offers only TLS 1.0, see tls-min";
	if (version == BR_TLS11)
		return "the server offers only TLS 1.1, see tls-min";
	return "the server chose a TLS version that was not offered";
}

/* A server that knows better versions than it chose, or than we have offered,
 * says so; where we have offered them it was kept from seeing it. */
static int
is_downgrade(const struct hs *h, const struct hello *s)
{
	const unsigned char *end = s->random + 24;

	if (memcmp(end, downgrade, sizeof downgrade) != 0)
		return 0;
	return (end[7] == 1 && h->max == TLS13)
	    || (end[7] == 0 && s->version < BR_TLS12);
}

static void
take_12(struct hs *h, const struct hello *s)
{
	const struct reader *reneg = &s->ext.reneg;

	if (s->version < h->min || s->version > BR_TLS12)
		hs_fail(h, PROTOCOL_VERSION, old_version(s->version));
	else if (s->version != h->eng.version_in || h->retried)
		hs_fail(h, PROTOCOL_VERSION,
		    "the server changes its TLS version");
	else if (is_downgrade(h, s))
		hs_fail(h, ILLEGAL_PARAMETER, "the server was made to choose "
		    "an older TLS version than it has");
	else if (s->sid.n > 32)
		hs_fail(h, DECODE_ERROR, "oversized session id");
	else if (!s->suite || s->suite->kx == KX_13
	    || (s->version < BR_TLS12 && s->suite->mac != br_sha1_ID))
		hs_fail(h, ILLEGAL_PARAMETER, "the server chose a cipher "
		    "suite that was not offered");
	else if (s->compression)
		hs_fail(h, ILLEGAL_PARAMETER, "the server chose compression");
	else if (reneg->p && (reneg->n != 1 || *reneg->p != 0))
		hs_fail(h, HANDSHAKE_FAILURE, bad_extension);
	if (hs_failed(h))
		return;
	h->suite = s->suite;
	h->ems = s->ext.ems.p != NULL;
	memcpy(h->eng.server_random, s->random, 32);
	hs12_begin(h, s->version);
}

/* RFC 8446 4.1.4: once, and it must change something. */
static void
take_retry(struct hs *h, struct extensions *e)
{
	struct reader cookie = { NULL, 0, 0 };
	unsigned group = h->kex.group;

	if (e->share.p) {
		group = (unsigned)reader_number(&e->share, 2);
		if (!reader_done(&e->share) || group == h->kex.group
		    || !kex_offered(group, 1))
			hs_fail(h, ILLEGAL_PARAMETER, bad_extension);
	}
	if (e->cookie.p) {
		cookie = reader_vector(&e->cookie, 2);
		if (!reader_done(&e->cookie) || !cookie.n)
			hs_fail(h, DECODE_ERROR, bad_extension);
	}
	if (h->retried)
		hs_fail(h, UNEXPECTED_MESSAGE,
		    "the server asks for another hello twice");
	else if (!e->share.p && !e->cookie.p)
		hs_fail(h, ILLEGAL_PARAMETER,
		    "the server asks for the same hello again");
	if (hs_failed(h) || !hs_at_border(h))
		return;
	h->retried = 1;
	hs13_retry(h);
	hello_send(h, group, cookie);
}

static void
take_13(struct hs *h, struct hello *s)
{
	struct reader *version = &s->ext.version;

	if (reader_number(version, 2) != TLS13 || !reader_done(version)
	    || s->version != BR_TLS12)
		hs_fail(h, ILLEGAL_PARAMETER, old_version(0));
	else if (s->sid.n != 32 || memcmp(s->sid.p, h->sid, 32) != 0)
		hs_fail(h, ILLEGAL_PARAMETER,
		    "the server sent another session id than ours");
	else if (!s->suite || s->suite->kx != KX_13
	    || (h->suite && h->suite != s->suite))
		hs_fail(h, ILLEGAL_PARAMETER, "the server chose a cipher "
		    "suite that was not offered");
	else if (s->compression)
		hs_fail(h, ILLEGAL_PARAMETER, "the server chose compression");
	if (hs_failed(h))
		return;
	h->suite = s->suite;
	h->eng.version_out = BR_TLS12;
	if (memcmp(s->random, retry, 32) == 0)
		take_retry(h, &s->ext);
	else
		hs13_begin(h, s->ext.share);
}

void
hello_take(struct hs *h, struct reader *r)
{
	struct hello s;

	if (!parse(h, r, &s))
		return;
	if (s.ext.version.p)
		take_13(h, &s);
	else
		take_12(h, &s);
}

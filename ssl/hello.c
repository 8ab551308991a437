/* hello - what is offered and what the server has chosen; see hello.h. */
#include <string.h>

#include "alert.h"
#include "extension.h"
#include "hello.h"
#include "hs.h"
#include "hs12.h"
#include "hs13.h"
#include "queue.h"
#include "scheme.h"
#include "suite.h"

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

/* ---- the ClientHello ---- */

/* An extension that is one vector, with a length of size bytes. */
static void
open_extension(struct writer *w, unsigned type, int size)
{
	writer_number(w, type, 2);
	writer_open(w, 2);
	writer_open(w, size);
}

static void
close_extension(struct writer *w)
{
	writer_close(w);
	writer_close(w);
}

/* RFC 6066 3. */
static void
put_name(const struct hs *h, struct writer *w)
{
	if (!*h->name)
		return;
	open_extension(w, EXT_SNI, 2);
	writer_number(w, 0, 1);
	writer_open(w, 2);
	writer_bytes(w, h->name, strlen(h->name));
	writer_close(w);
	close_extension(w);
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

	writer_bytes(w, fixed, sizeof fixed);
	open_extension(w, EXT_GROUPS, 2);
	kex_groups(w, h->max == TLS13);
	close_extension(w);
	open_extension(w, EXT_SCHEMES, 2);
	scheme_list(w);
	close_extension(w);
}

/* RFC 8446 4.2.1, 4.2.2, 4.2.8. */
static void
put_13(struct hs *h, unsigned group, struct reader cookie, struct writer *w)
{
	unsigned v;

	open_extension(w, EXT_VERSIONS, 1);
	for (v = h->max; v >= h->min; v--)
		writer_number(w, v, 2);
	close_extension(w);
	if (cookie.n) {
		open_extension(w, EXT_COOKIE, 2);
		writer_bytes(w, cookie.p, cookie.n);
		close_extension(w);
	}
	open_extension(w, EXT_SHARE, 2);
	writer_number(w, group, 2);
	writer_open(w, 2);
	h->group = group;
	kex_make(&h->kex, &h->eng.rng, group, w);
	writer_close(w);
	close_extension(w);
}

/* A session id makes TLS 1.3 look like a resumed session to what watches it in
 * between (RFC 8446 D.4). */
void
hello_send(struct hs *h, unsigned group, struct reader cookie)
{
	struct writer w = { 0 };

	queue_begin(&w, CLIENT_HELLO);
	writer_number(&w, BR_TLS12, 2);
	writer_bytes(&w, h->eng.client_random, 32);
	writer_open(&w, 1);
	writer_bytes(&w, h->sid, h->max == TLS13 ? sizeof h->sid : 0);
	writer_close(&w);
	suite_list(h, &w);
	writer_number(&w, 0x0100, 2);
	writer_open(&w, 2);
	put_name(h, &w);
	put_common(h, &w);
	if (h->max == TLS13)
		put_13(h, group, cookie, &w);
	writer_close(&w);
	queue_end(h, &w);
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
parse_hello(struct hs *h, struct reader *r, struct hello *s)
{
	unsigned where = IN_HELLO12;

	s->version = (unsigned)reader_number(r, 2);
	s->random = reader_bytes(r, 32);
	s->sid = reader_vector(r, 1);
	s->suite = suite_find(h, (unsigned)reader_number(r, 2));
	s->compression = (unsigned)reader_number(r, 1);
	memset(&s->ext, 0, sizeof s->ext);
	if (r->bad) {
		hs_fail(h, DECODE_ERROR, "malformed ServerHello");
		return 0;
	}
	if (has_version(*r))
		where = memcmp(s->random, retry, 32) ? IN_HELLO : IN_RETRY;
	if (r->n && !extensions_read(h, r, where, &s->ext))
		return 0;
	if (r->n)
		hs_fail(h, DECODE_ERROR, "bytes after the ServerHello");
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
	const struct reader *reneg = &s->ext.of[RENEG];

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
		hs_fail(h, HANDSHAKE_FAILURE, extension_bad);
	if (hs_failed(h))
		return;
	h->suite = s->suite;
	h->ems = s->ext.of[EMS].p != NULL;
	memcpy(h->eng.server_random, s->random, 32);
	hs12_begin(h, s->version);
}

/* RFC 8446 4.1.4: once, and it must change something. */
static void
take_retry(struct hs *h, struct extensions *e)
{
	struct reader cookie = { NULL, 0, 0 };
	unsigned group = h->kex.group;

	if (e->of[SHARE].p) {
		group = (unsigned)reader_number(&e->of[SHARE], 2);
		if (!reader_done(&e->of[SHARE]) || group == h->kex.group
		    || !kex_offered(group, 1))
			hs_fail(h, ILLEGAL_PARAMETER, extension_bad);
	}
	if (e->of[COOKIE].p) {
		cookie = reader_vector(&e->of[COOKIE], 2);
		if (!reader_done(&e->of[COOKIE]) || !cookie.n)
			hs_fail(h, DECODE_ERROR, extension_bad);
	}
	if (h->retried)
		hs_fail(h, UNEXPECTED_MESSAGE,
		    "the server asks for another hello twice");
	else if (!e->of[SHARE].p && !e->of[COOKIE].p)
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
	struct reader *version = &s->ext.of[VERSIONS];

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
	h->eng.version_in = 0;
	h->eng.version_out = BR_TLS12;
	if (memcmp(s->random, retry, 32) == 0)
		take_retry(h, &s->ext);
	else
		hs13_begin(h, s->ext.of[SHARE]);
}

void
hello_take(struct hs *h, struct reader *r)
{
	struct hello s;

	if (!parse_hello(h, r, &s))
		return;
	if (s.ext.of[VERSIONS].p)
		take_13(h, &s);
	else
		take_12(h, &s);
}

/* hs13 - the handshake of TLS 1.3; see hs13.h.
 *
 * server: [HelloRetryRequest] ServerHello EncryptedExtensions
 *         [CertificateRequest] Certificate CertificateVerify Finished
 * client: [Certificate [CertificateVerify]] Finished
 * server, later: NewSessionTicket, KeyUpdate */
#include <string.h>

#include "alert.h"
#include "der.h"
#include "extension.h"
#include "hs.h"
#include "hs13.h"
#include "key.h"
#include "queue.h"
#include "scheme.h"
#include "suite.h"
#include "verify.h"

/* ---- keys ---- */

/* A traffic secret's key and iv (7.3). */
static void
make_traffic(const struct hs *h, const unsigned char *secret,
    unsigned char out[RECORD_KEYS_MAX])
{
	size_t n = h->suite->key;

	schedule_expand(&h->schedule, secret, "key", "", 0, out, n);
	schedule_expand(&h->schedule, secret, "iv", "", 0, out + n, 12);
}

static void
use_in(struct hs *h)
{
	unsigned char keys[RECORD_KEYS_MAX];

	make_traffic(h, h->schedule.server, keys);
	record_in(h, keys);
	explicit_bzero(keys, sizeof keys);
}

static void
use_out(struct hs *h)
{
	unsigned char keys[RECORD_KEYS_MAX] = { 0 };

	make_traffic(h, h->schedule.client, keys);
	queue_put(h, NEW_KEYS, keys, sizeof keys);
	explicit_bzero(keys, sizeof keys);
}

/* The two traffic secrets of a stage, over the transcript so far. */
static void
derive_both(struct hs *h, const char *client, const char *server,
    const unsigned char *transcript)
{
	schedule_derive(&h->schedule, client, transcript, h->schedule.client);
	schedule_derive(&h->schedule, server, transcript, h->schedule.server);
}

/* ---- the hello ---- */

/* Appendix D.4: what watches in between takes it for a resumed session. */
static void
send_ccs(struct hs *h)
{
	if (!h->ccs_sent)
		queue_put(h, CCS, "\1", 1);
	h->ccs_sent = 1;
}

/* The first hello is replaced by its hash. */
void
hs13_retry(struct hs *h)
{
	unsigned char m[4 + HASH_MAX] = { MESSAGE_HASH };
	size_t n = hs_transcript(h, m + 4);

	m[3] = (unsigned char)n;
	br_multihash_init(&h->eng.mhash);
	br_multihash_update(&h->eng.mhash, m, 4 + n);
	hs_hash(h);
	send_ccs(h);
}

void
hs13_begin(struct hs *h, struct reader share)
{
	unsigned group = (unsigned)reader_number(&share, 2);
	struct reader point = reader_vector(&share, 2);
	unsigned char hash[HASH_MAX];
	const char *bad;

	if (!reader_done(&share) || group != h->kex.group) {
		hs_fail(h, ILLEGAL_PARAMETER,
		    "the server has no key share, or one for another group");
		return;
	}
	if (!hs_at_border(h))
		return;
	bad = kex_shared(&h->kex, point, &h->secret);
	if (bad) {
		hs_fail(h, ILLEGAL_PARAMETER, bad);
		return;
	}
	h->eng.session.version = TLS13;
	hs_hash(h);
	hs_transcript(h, hash);
	schedule_begin(&h->schedule,
	    br_multihash_getimpl(&h->eng.mhash, h->suite->hash));
	schedule_next(&h->schedule, h->secret.p, h->secret.n);
	explicit_bzero(&h->secret, sizeof h->secret);
	derive_both(h, "c hs traffic", "s hs traffic", hash);
	use_in(h);
	send_ccs(h);
	use_out(h);
	h->state = WANT_EXTENSIONS;
}

void
hs13_extensions(struct hs *h, struct reader *r)
{
	struct extensions e;

	if (extensions_read(h, r, IN_ENCRYPTED, &e) && hs_end(h, r))
		h->state = WANT_REQUEST;
}

/* ---- who it is ---- */

/* 4.3.2: in the handshake the context is empty. */
void
hs13_request(struct hs *h, struct reader *r)
{
	struct reader context = reader_vector(r, 1), none = { NULL, 0, 0 };
	struct reader list;
	struct extensions e;

	if (!extensions_read(h, r, IN_REQUEST, &e) || !hs_end(h, r))
		return;
	list = reader_vector(&e.of[SCHEMES], 2);
	if (context.n)
		hs_fail(h, ILLEGAL_PARAMETER,
		    "a request for a certificate has a context");
	else if (!e.of[SCHEMES].p)
		hs_fail(h, MISSING_EXTENSION,
		    "a request for a certificate without algorithms");
	else if (!reader_done(&e.of[SCHEMES]) || !list.n || list.n % 2)
		hs_fail(h, DECODE_ERROR, "malformed handshake message");
	if (hs_failed(h))
		return;
	h->asked = 1;
	h->scheme = key_choose(h->key, TLS13, none, list);
	h->state = WANT_CERTIFICATE;
}

/* 4.4.2: we have asked for no extension of a certificate. */
void
hs13_certificate(struct hs *h, struct reader *r)
{
	struct reader context = reader_vector(r, 1), one, more;
	struct reader list = reader_vector(r, 3);
	struct der chain[VERIFY_CERTS];
	size_t n = 0, extensions = 0;

	while (list.n) {
		one = reader_vector(&list, 3);
		more = reader_vector(&list, 2);
		extensions += more.n;
		if (n < VERIFY_CERTS) {
			chain[n].p = one.p;
			chain[n].n = one.n;
		}
		n++;
	}
	r->bad |= list.bad;
	if (!hs_end(h, r))
		return;
	if (context.n)
		hs_fail(h, ILLEGAL_PARAMETER,
		    "the server's certificate has a context");
	else if (extensions)
		hs_fail(h, UNSUPPORTED_EXTENSION, extension_bad);
	if (!hs_failed(h) && hs_verify(h, chain, n))
		h->state = WANT_VERIFY;
}

/* What is signed (4.4.3). Returns its size. */
static size_t
signed_text(const struct hs *h, const char *who, const unsigned char *hash,
    unsigned char out[64 + 34 + HASH_MAX])
{
	static const char middle[] = " CertificateVerify";
	unsigned char *p = out + 64;

	memset(out, ' ', 64);
	memcpy(p, "TLS 1.3, ", 9);
	memcpy(p + 9, who, 6);
	memcpy(p + 15, middle, sizeof middle);
	memcpy(p + 15 + sizeof middle, hash, h->schedule.n);
	return 64 + 15 + sizeof middle + h->schedule.n;
}

void
hs13_verify(struct hs *h, struct reader *r)
{
	unsigned scheme = (unsigned)reader_number(r, 2);
	struct reader sig = reader_vector(r, 2);
	unsigned char text[64 + 34 + HASH_MAX];
	const char *bad;
	size_t n;

	if (!hs_end(h, r))
		return;
	n = signed_text(h, "server", h->before, text);
	bad = scheme_verify(scheme, TLS13, &h->server_key, text, n, sig);
	if (bad)
		hs_fail(h, DECRYPT_ERROR, bad);
	h->state = WANT_FINISHED;
}

/* ---- the end ---- */

static void
send_verify(struct hs *h)
{
	unsigned char text[64 + 34 + HASH_MAX], hash[HASH_MAX];
	size_t n;

	hs_transcript(h, hash);
	n = signed_text(h, "client", hash, text);
	hash_of(scheme_hash(h->scheme, NULL), text, n, hash);
	queue_verify(h, hash);
}

static void
send_finished(struct hs *h)
{
	unsigned char hash[HASH_MAX], data[HASH_MAX];
	struct writer w = { 0 };

	if (h->asked)
		queue_certificate(h);
	if (h->scheme)
		send_verify(h);
	hs_transcript(h, hash);
	schedule_finished(&h->schedule, h->schedule.client, hash, data);
	queue_begin(&w, FINISHED);
	writer_bytes(&w, data, h->schedule.n);
	queue_end(h, &w);
}

/* The application's secrets are over what came to here, without our own. */
void
hs13_finished(struct hs *h, struct reader *r)
{
	unsigned char want[HASH_MAX], hash[HASH_MAX];

	schedule_finished(&h->schedule, h->schedule.server, h->before, want);
	if (r->n != h->schedule.n || memcmp(r->p, want, r->n) != 0) {
		hs_fail(h, DECRYPT_ERROR, "bad Finished message");
		return;
	}
	hs_transcript(h, hash);
	send_finished(h);
	schedule_next(&h->schedule, NULL, 0);
	derive_both(h, "c ap traffic", "s ap traffic", hash);
	use_in(h);
	use_out(h);
	hs_forget(h);
	queue_put(h, OPENED, NULL, 0);
	h->state = OPEN;
}

/* ---- later ---- */

/* 4.6.1: lifetime, age, nonce, ticket, extensions. We never come back. */
void
hs13_ticket(struct hs *h, struct reader *r)
{
	struct reader ticket;

	reader_bytes(r, 8);
	reader_vector(r, 1);
	ticket = reader_vector(r, 2);
	reader_vector(r, 2);
	if (hs_end(h, r) && !ticket.n)
		hs_fail(h, DECODE_ERROR, "malformed handshake message");
}

/* 4.6.3. However often it is asked for before it has gone, one answer will
 * do; after our close_notify there is none. */
void
hs13_update(struct hs *h, struct reader *r)
{
	struct writer w = { 0 };
	unsigned asked = (unsigned)reader_number(r, 1);

	if (!hs_end(h, r))
		return;
	if (asked > 1) {
		hs_fail(h, ILLEGAL_PARAMETER, "malformed handshake message");
		return;
	}
	schedule_update(&h->schedule, h->schedule.server);
	use_in(h);
	if (!asked || h->queue.n || h->closing)
		return;
	queue_begin(&w, KEY_UPDATE);
	writer_number(&w, 0, 1);
	queue_end(h, &w);
	schedule_update(&h->schedule, h->schedule.client);
	use_out(h);
}

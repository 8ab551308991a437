/* hs - who takes which message; see hs.h. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "alert.h"
#include "der.h"
#include "hello.h"
#include "hs.h"
#include "hs12.h"
#include "hs13.h"
#include "queue.h"
#include "suite.h"
#include "verify.h"

/* Linked from the library; its own header src/inner.h declares them thus. */
void br_ssl_engine_fail(br_ssl_engine_context *, int);
int br_ssl_engine_recvrec_finished(const br_ssl_engine_context *);
void br_ssl_engine_hs_reset(br_ssl_engine_context *, void (*)(void *),
    void (*)(void *));

enum { HEAD = 4 };		/* a message's type and its size */
enum { IO_FAILED = 0 };		/* br_ssl_engine_context.iomode */

/* The longest messages; only a chain has reason to be long. */
enum { MESSAGE_MAX = 128 << 10, CHAIN_MAX = VERIFY_BYTES + (16 << 10) };

/* Who takes which message when; all others are unexpected. ends: it must end
 * its record, as the keys change after it. */
static const struct row {
	unsigned char state, type, ends;
	void (*take)(struct hs *, struct reader *);
} rows[] = {
	{ WANT_HELLO, SERVER_HELLO, 0, hello_take },
	{ WANT_CERTIFICATE12, CERTIFICATE, 0, hs12_certificate },
	{ WANT_KEY12, SERVER_KEY_EXCHANGE, 0, hs12_key },
	{ WANT_REQUEST12, CERTIFICATE_REQUEST, 0, hs12_request },
	{ WANT_REQUEST12, SERVER_HELLO_DONE, 1, hs12_done },
	{ WANT_DONE12, SERVER_HELLO_DONE, 1, hs12_done },
	{ WANT_FINISHED12, FINISHED, 0, hs12_finished },
	{ WANT_EXTENSIONS, ENCRYPTED_EXTENSIONS, 0, hs13_extensions },
	{ WANT_REQUEST, CERTIFICATE_REQUEST, 0, hs13_request },
	{ WANT_REQUEST, CERTIFICATE, 0, hs13_certificate },
	{ WANT_CERTIFICATE, CERTIFICATE, 0, hs13_certificate },
	{ WANT_VERIFY, CERTIFICATE_VERIFY, 0, hs13_verify },
	{ WANT_FINISHED, FINISHED, 1, hs13_finished },
	{ OPEN, NEW_SESSION_TICKET, 0, hs13_ticket },
	{ OPEN, KEY_UPDATE, 1, hs13_update },
};
enum { ROWS = sizeof rows / sizeof rows[0] };

/* ---- failures ---- */

int
hs_failed(const struct hs *h)
{
	return h->eng.iomode == IO_FAILED;
}

void
hs_fail(struct hs *h, int alert, const char *why)
{
	if (hs_failed(h))
		return;
	h->ours = alert;
	h->why = why;
	br_ssl_engine_fail(&h->eng, BR_ERR_BAD_STATE);
}

void
hs_unexpected(struct hs *h)
{
	hs_fail(h, UNEXPECTED_MESSAGE, "unexpected message");
}

int
hs_end(struct hs *h, const struct reader *r)
{
	if (!reader_done(r))
		hs_fail(h, DECODE_ERROR, "malformed handshake message");
	return !hs_failed(h);
}

int
hs_at_border(struct hs *h)
{
	if (h->eng.hlen_in || !br_ssl_engine_recvrec_finished(&h->eng))
		hs_unexpected(h);
	return !hs_failed(h);
}

int
hs_verify(struct hs *h, const struct der *chain, size_t n)
{
	h->certificate = h->msg;
	h->msg = NULL;
	h->msg_cap = 0;
	if (verify_chain(h->verify, chain, n, &h->server_key) == 0)
		return 1;
	h->untrusted = 1;
	hs_fail(h, verify_alert(h->verify), NULL);
	return 0;
}

void
hs_forget(struct hs *h)
{
	explicit_bzero(&h->kex, sizeof h->kex);
	explicit_bzero(&h->secret, sizeof h->secret);
	explicit_bzero(&h->schedule.secret, sizeof h->schedule.secret);
	explicit_bzero(&h->eng.session.master_secret,
	    sizeof h->eng.session.master_secret);
	writer_free(&h->share);
	free(h->certificate);
	free(h->msg);
	h->certificate = h->msg = NULL;
	h->msg_n = h->msg_cap = 0;
	h->server_key.kind = PUBKEY_NONE;
}

void
hs_wipe(struct hs *h)
{
	hs_forget(h);
	explicit_bzero(&h->schedule, sizeof h->schedule);
	explicit_bzero(&h->in_seal, sizeof h->in_seal);
	explicit_bzero(&h->out_seal, sizeof h->out_seal);
	explicit_bzero(&h->eng.in, sizeof h->eng.in);
	explicit_bzero(&h->eng.out, sizeof h->eng.out);
	writer_free(&h->queue);
}

/* ---- the transcript ---- */

size_t
hs_transcript(const struct hs *h, unsigned char *out)
{
	const br_multihash_context *m = &h->eng.mhash;
	unsigned version = h->eng.session.version;

	if (version >= BR_TLS12 || !version)
		return br_multihash_out(m, h->suite->hash, out);
	br_multihash_out(m, br_md5_ID, out);
	return 16 + br_multihash_out(m, br_sha1_ID, out + 16);
}

void
hs_hash(struct hs *h)
{
	br_multihash_update(&h->eng.mhash, h->msg, h->msg_size);
}

/* ---- messages ---- */

/* RFC 5246 7.4.1.1. Only when there is room at once: silence is an answer as
 * good. */
static void
refuse_renegotiation(struct hs *h)
{
	static const unsigned char warning[2] = { 1, NO_RENEGOTIATION };

	if (h->state == OPEN12 && h->eng.hlen_out && !h->queue.n)
		queue_put(h, ALERT, warning, 2);
}

static const struct row *
find_row(const struct hs *h, int type)
{
	size_t i;

	for (i = 0; i < ROWS; i++)
		if (rows[i].state == h->state && rows[i].type == type)
			return &rows[i];
	return NULL;
}

/* One message is complete. HelloRequest counts nowhere; a hello is hashed by
 * who takes it, as a HelloRetryRequest changes what there was before. */
static void
handle(struct hs *h)
{
	struct reader body = { h->msg + HEAD, h->msg_n - HEAD, 0 };
	const struct row *row = find_row(h, h->msg[0]);

	h->msg_size = h->msg_n;
	h->msg_n = 0;
	if (h->msg[0] == HELLO_REQUEST && !body.n
	    && (h->state <= OPEN12)) {
		refuse_renegotiation(h);
		return;
	}
	if (!row)
		hs_unexpected(h);
	if (!row || (row->ends && !hs_at_border(h)))
		return;
	if (h->state != WANT_HELLO) {
		hs_transcript(h, h->before);
		hs_hash(h);
	}
	row->take(h, &body);
}

/* Makes room for n bytes of a message, of which so many have come or are
 * here. Doubled, so that who announces much does not get it for nothing. */
static int
make_room(struct hs *h, size_t n)
{
	size_t cap = h->msg_cap ? h->msg_cap : 2048;
	unsigned char *p;

	if (n <= h->msg_cap)
		return 1;
	while (cap < n)
		cap *= 2;
	p = realloc(h->msg, cap);
	if (!p) {
		hs_fail(h, INTERNAL_ERROR, "out of memory");
		return 0;
	}
	h->msg = p;
	h->msg_cap = cap;
	return 1;
}

/* Moves input to msg until that holds n bytes. 1 when it does. */
static int
fill(struct hs *h, size_t n)
{
	br_ssl_engine_context *eng = &h->eng;
	size_t take = n > h->msg_n ? n - h->msg_n : 0;

	if (take > eng->hlen_in)
		take = eng->hlen_in;
	if (!make_room(h, h->msg_n + take))
		return 0;
	memcpy(h->msg + h->msg_n, eng->hbuf_in, take);
	h->msg_n += take;
	eng->hbuf_in += take;
	eng->hlen_in -= take;
	return h->msg_n >= n;
}

static void
read_messages(struct hs *h)
{
	size_t size, most;

	while (h->eng.hlen_in && !hs_failed(h)) {
		if (!fill(h, HEAD))
			return;
		size = (size_t)h->msg[1] << 16 | (size_t)h->msg[2] << 8
		    | h->msg[3];
		most = h->msg[0] == CERTIFICATE ? CHAIN_MAX : MESSAGE_MAX;
		if (size > most)
			hs_fail(h, ILLEGAL_PARAMETER,
			    "record or message too large");
		else if (fill(h, HEAD + size))
			handle(h);
	}
}

/* ---- other records ---- */

/* In the clear; those after the ServerHello of TLS 1.3 are record.c's. Before
 * it one may come already (RFC 8446 5), and is nothing. */
static void
read_ccs(struct hs *h)
{
	br_ssl_engine_context *eng = &h->eng;
	int whole = eng->hlen_in == 1 && *eng->hbuf_in == 1
	    && br_ssl_engine_recvrec_finished(eng);

	if (h->msg_n || (h->state != WANT_CCS12
	    && (h->state != WANT_HELLO || h->max != TLS13)))
		hs_unexpected(h);
	else if (!whole)
		hs_fail(h, ILLEGAL_PARAMETER, "malformed ChangeCipherSpec");
	else if (h->state == WANT_CCS12)
		hs12_ccs(h);
	else
		eng->version_in = 0;
	eng->hlen_in = 0;
}

static void
input(struct hs *h)
{
	br_ssl_engine_context *eng = &h->eng;
	int type = eng->record_type_in;

	if (!eng->hlen_in)
		return;
	if (type == ALERT)
		alert_read(h);
	else if (h->closing && h->state != OPEN)
		eng->hlen_in = 0;
	else if (type == CCS)
		read_ccs(h);
	else if (type == HANDSHAKE)
		read_messages(h);
	if (eng->shutdown_recv && !hs_failed(h)) {
		alert_close(h);
		eng->application_data = 0;
	}
}

/* The engine's call; what it gives us is a field of its own. */
static void
run(void *cpu)
{
	struct hs *h = (void *)((unsigned char *)cpu
	    - offsetof(struct hs, eng.cpu));

	if (hs_failed(h))
		return;
	if (h->eng.action == 1)
		alert_close(h);
	input(h);
	if (!hs_failed(h))
		queue_send(h);
}

/* ---- for the owner ---- */

static void
nothing(void *cpu)
{
	(void)cpu;
}

/* The version of the first record is what servers are used to (RFC 8446
 * 5.1). */
void
hs_start(struct hs *h)
{
	br_ssl_engine_context *eng = &h->eng;
	struct reader none = { NULL, 0, 0 };

	hs_wipe(h);
	memset(&h->open, 0, sizeof *h - offsetof(struct hs, open));
	h->theirs = h->ours = -1;
	br_ssl_engine_set_buffers_bidi(eng, NULL, 0, NULL, 0);
	memset(&eng->session, 0, sizeof eng->session);
	eng->version_out = BR_TLS10;
	eng->record_type_out = HANDSHAKE;
	br_multihash_init(&eng->mhash);
	br_hmac_drbg_generate(&eng->rng, eng->client_random, 32);
	br_hmac_drbg_generate(&eng->rng, h->sid, sizeof h->sid);
	hello_send(h, GROUP_X25519, none);
	br_ssl_engine_hs_reset(eng, nothing, run);
}

int
hs_busy(const struct hs *h)
{
	return h->state == OPEN && !h->open;
}

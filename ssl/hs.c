/* hs - messages in and out, alerts, the end; see hs.h. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "der.h"
#include "hello.h"
#include "hs.h"
#include "hs12.h"
#include "hs13.h"
#include "key.h"
#include "verify.h"

/* Linked from the library; its own header src/inner.h declares them thus. */
void br_ssl_engine_fail(br_ssl_engine_context *, int);
void br_ssl_engine_flush_record(br_ssl_engine_context *);
int br_ssl_engine_recvrec_finished(const br_ssl_engine_context *);
void br_ssl_engine_hs_reset(br_ssl_engine_context *, void (*)(void *),
    void (*)(void *));

enum { IO_FAILED = 0 };		/* br_ssl_engine_context.iomode */

/* The longest messages; only a chain has reason to be long. */
enum { MESSAGE_MAX = 128 << 10, CHAIN_MAX = VERIFY_BYTES + (16 << 10) };

/* Who takes which message when; all others are unexpected. ends: it must end
 * its record, as the keys change behind it. */
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
		hs_fail(h, UNEXPECTED_MESSAGE, "unexpected message");
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
	h->certificate = NULL;
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
	free(h->msg);
	h->msg = NULL;
	h->msg_n = h->msg_cap = 0;
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

/* ---- the queue ---- */

enum { HEAD = 4 };	/* what, and its size in three bytes */

/* A message is added to the one before it, if that has not begun to go. */
void
hs_put(struct hs *h, int what, const void *p, size_t n)
{
	struct writer *q = &h->queue;

	if (!q->bad && what == HANDSHAKE && q->n > h->queue_last
	    && h->queue_last >= h->queue_at
	    && q->p[h->queue_last] == HANDSHAKE) {
		writer_bytes(q, p, n);
	} else {
		h->queue_last = q->n;
		writer_number(q, (unsigned long)what, 1);
		writer_number(q, 0, 3);
		writer_bytes(q, p, n);
	}
	writer_close(q, h->queue_last + HEAD, 3);
	if (q->bad)
		hs_fail(h, INTERNAL_ERROR, "out of memory");
}

void
hs_begin(struct writer *w, int type)
{
	writer_number(w, (unsigned long)type, 1);
	writer_number(w, 0, 3);
}

void
hs_send(struct hs *h, struct writer *w)
{
	writer_close(w, HEAD, 3);
	if (w->bad) {
		hs_fail(h, INTERNAL_ERROR, "out of memory");
	} else {
		br_multihash_update(&h->eng.mhash, w->p, w->n);
		hs_put(h, HANDSHAKE, w->p, w->n);
	}
	writer_free(w);
}

void
hs_send_certificate(struct hs *h)
{
	int tls13 = h->eng.session.version == TLS13;
	struct writer w = { NULL, 0, 0, 0 };
	const br_x509_certificate *chain;
	size_t n, i, list, one;

	chain = key_chain(h->key, &n);
	hs_begin(&w, CERTIFICATE);
	if (tls13)
		writer_number(&w, 0, 1);
	list = writer_open(&w, 3);
	for (i = 0; h->scheme && i < n; i++) {
		one = writer_open(&w, 3);
		writer_bytes(&w, chain[i].data, chain[i].data_len);
		writer_close(&w, one, 3);
		if (tls13)
			writer_number(&w, 0, 2);
	}
	writer_close(&w, list, 3);
	hs_send(h, &w);
}

void
hs_send_verify(struct hs *h, const void *hash)
{
	struct writer w = { NULL, 0, 0, 0 };
	unsigned char sig[KEY_SIG_MAX];
	size_t n = key_sign(h->key, h->scheme, hash, &h->eng.rng, sig), at;

	if (!n) {
		hs_fail(h, INTERNAL_ERROR, "our own key cannot sign");
		return;
	}
	hs_begin(&w, CERTIFICATE_VERIFY);
	if (h->eng.session.version >= BR_TLS12)
		writer_number(&w, h->scheme, 2);
	at = writer_open(&w, 2);
	writer_bytes(&w, sig, n);
	writer_close(&w, at, 2);
	hs_send(h, &w);
}

/* One record of the entry at the front, or less than all of it. */
static void
put_record(struct hs *h, int type)
{
	br_ssl_engine_context *eng = &h->eng;
	size_t n = h->queue_left;

	if (n > eng->hlen_out)
		n = eng->hlen_out;
	eng->record_type_out = (unsigned char)type;
	memcpy(eng->hbuf_out, h->queue.p + h->queue_at, n);
	eng->hbuf_out += n;
	eng->hlen_out -= n;
	h->queue_at += n;
	h->queue_left -= n;
	br_ssl_engine_flush_record(eng);
}

static void
open_session(struct hs *h)
{
	h->open = 1;
	h->eng.application_data = 1;
}

static void
take_entry(struct hs *h)
{
	const unsigned char *p = h->queue.p + h->queue_at;

	h->queue_what = p[0];
	h->queue_left = (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
	h->queue_at += HEAD;
}

/* 0 when the entry at the front must wait until a record has gone. */
static int
put_entry(struct hs *h)
{
	if (!h->queue_left)
		take_entry(h);
	if (h->queue_what > OPENED) {
		if (h->eng.hlen_out)
			put_record(h, h->queue_what);
		return h->eng.hlen_out || !h->queue_left;
	}
	if (h->queue_what == OPENED)
		open_session(h);
	else
		record_out(h, h->queue.p + h->queue_at);
	h->queue_at += h->queue_left;
	h->queue_left = 0;
	return 1;
}

/* Application data that was written before goes before. The engine calls again
 * once the record under way has gone, unless that is called data. */
static void
output(struct hs *h)
{
	br_ssl_engine_context *eng = &h->eng;

	if (h->queue.n) {
		br_ssl_engine_flush_record(eng);
		eng->record_type_out = HANDSHAKE;
	}
	while (h->queue_at < h->queue.n && put_entry(h))
		;
	if (h->queue_at < h->queue.n)
		return;
	writer_free(&h->queue);
	h->queue_at = h->queue_last = 0;
	if (!eng->hlen_out)
		return;
	if (h->closing && eng->shutdown_recv)
		br_ssl_engine_fail(eng, BR_ERR_OK);
	else if (h->open && !h->closing)
		eng->record_type_out = DATA;
}

/* ---- messages ---- */

/* RFC 5246 7.4.1.1. Only when there is room at once: silence is an answer as
 * good. */
static void
refuse_renegotiation(struct hs *h)
{
	static const unsigned char warning[2] = { 1, NO_RENEGOTIATION };

	if (h->state == OPEN12 && h->eng.hlen_out && !h->queue.n)
		hs_put(h, ALERT, warning, 2);
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
		hs_fail(h, UNEXPECTED_MESSAGE, "unexpected message");
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

/* In the clear; those behind the ServerHello of TLS 1.3 are record.c's. Before
 * it one may come already (RFC 8446 5), and is nothing. */
static void
read_ccs(struct hs *h)
{
	br_ssl_engine_context *eng = &h->eng;
	int whole = eng->hlen_in == 1 && *eng->hbuf_in == 1
	    && br_ssl_engine_recvrec_finished(eng);

	if (h->msg_n || (h->state != WANT_CCS12
	    && (h->state != WANT_HELLO || h->max != TLS13)))
		hs_fail(h, UNEXPECTED_MESSAGE, "unexpected message");
	else if (!whole)
		hs_fail(h, ILLEGAL_PARAMETER, "malformed ChangeCipherSpec");
	else if (h->state == WANT_CCS12)
		hs12_ccs(h);
	eng->hlen_in = 0;
}

/* In TLS 1.3 every alert but two is the end, whatever its level (RFC 8446 6). */
static void
take_alert(struct hs *h, unsigned level, unsigned alert)
{
	int tls13 = h->eng.session.version == TLS13;

	if (alert == CLOSE_NOTIFY) {
		h->eng.shutdown_recv = 1;
	} else if (tls13 ? alert != USER_CANCELED
	    : level != 1 || alert == NO_RENEGOTIATION) {
		h->theirs = (int)alert;
		br_ssl_engine_fail(&h->eng, BR_ERR_RECV_FATAL_ALERT);
	}
}

/* The level of an alert is kept where BearSSL keeps it: in the clear the two
 * bytes may come one by one. */
static void
read_alerts(struct hs *h)
{
	br_ssl_engine_context *eng = &h->eng;
	unsigned level, byte;

	if (h->msg_n)
		hs_fail(h, UNEXPECTED_MESSAGE, "unexpected message");
	if (eng->session.version == TLS13 && eng->hlen_in != 2)
		hs_fail(h, DECODE_ERROR, "malformed alert");
	while (eng->hlen_in && !hs_failed(h)) {
		eng->hlen_in--;
		byte = *eng->hbuf_in++;
		level = eng->alert;
		eng->alert = level ? 0 : byte == 1 ? 1 : 2;
		if (level)
			take_alert(h, level, byte);
	}
}

/* No data goes out any more. Unless the peer has closed too, what he still
 * sends is thrown away until he does. */
static void
begin_close(struct hs *h)
{
	static const unsigned char close_notify[2] = { 1, CLOSE_NOTIFY };

	if (h->closing)
		return;
	hs_put(h, ALERT, close_notify, 2);
	h->eng.application_data = h->open && !h->eng.shutdown_recv ? 2 : 0;
	h->closing = 1;
}

static void
input(struct hs *h)
{
	br_ssl_engine_context *eng = &h->eng;
	int type = eng->record_type_in;

	if (!eng->hlen_in)
		return;
	if (type == ALERT)
		read_alerts(h);
	else if (h->closing && h->state != OPEN)
		eng->hlen_in = 0;
	else if (type == CCS)
		read_ccs(h);
	else if (type == HANDSHAKE)
		read_messages(h);
	if (eng->shutdown_recv && !hs_failed(h)) {
		begin_close(h);
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
		begin_close(h);
	input(h);
	if (!hs_failed(h))
		output(h);
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

/* What the engine itself finds wrong. */
static int
engine_alert(int err)
{
	switch (err) {
	case BR_ERR_BAD_MAC:
		return BAD_RECORD_MAC;
	case BR_ERR_BAD_LENGTH:
	case BR_ERR_TOO_LARGE:
		return RECORD_OVERFLOW;
	case BR_ERR_BAD_VERSION:
	case BR_ERR_UNSUPPORTED_VERSION:
		return PROTOCOL_VERSION;
	case BR_ERR_UNEXPECTED:
		return UNEXPECTED_MESSAGE;
	}
	return -1;
}

/* A failed engine writes no record, so this does: behind what it had made, or
 * in place of what it had not. */
size_t
hs_last_words(struct hs *h, const unsigned char **words)
{
	br_ssl_engine_context *eng = &h->eng;
	size_t made = eng->oxc > eng->oxa ? eng->oxc : 0;
	size_t from = made + 5, to = eng->obuf_len, n = 2;
	unsigned char *p;

	*words = eng->obuf + (made ? eng->oxa : 0);
	if (h->ours < 0)
		h->ours = engine_alert(eng->err);
	if (h->ours < 0 || eng->obuf_len - made < 128)
		return 0;
	eng->out.vtable->max_plaintext(&eng->out.vtable, &from, &to);
	eng->obuf[from] = 2;
	eng->obuf[from + 1] = (unsigned char)h->ours;
	p = eng->out.vtable->encrypt(&eng->out.vtable, ALERT,
	    eng->version_out, eng->obuf + from, &n);
	memmove(eng->obuf + made, p, n);
	return made ? made + n - eng->oxa : n;
}

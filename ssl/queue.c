/* queue - what is to be sent; see queue.h. */
#include <string.h>

#include "alert.h"
#include "hs.h"
#include "key.h"
#include "queue.h"

/* Linked from the library; its own header src/inner.h declares them thus. */
void br_ssl_engine_fail(br_ssl_engine_context *, int);
void br_ssl_engine_flush_record(br_ssl_engine_context *);

enum { HEAD = 4 };	/* what, and its size in three bytes */

/* A message is added to the one before it, if that has not begun to go. */
void
queue_put(struct hs *h, int what, const void *p, size_t n)
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
	writer_close_at(q, h->queue_last + HEAD, 3);
	if (q->bad)
		hs_fail(h, INTERNAL_ERROR, "out of memory");
}

void
queue_begin(struct writer *w, int type)
{
	writer_number(w, (unsigned long)type, 1);
	writer_open(w, 3);
}

void
queue_end(struct hs *h, struct writer *w)
{
	writer_close(w);
	if (w->bad) {
		hs_fail(h, INTERNAL_ERROR, "out of memory");
	} else {
		br_multihash_update(&h->eng.mhash, w->p, w->n);
		queue_put(h, HANDSHAKE, w->p, w->n);
	}
	writer_free(w);
}

void
queue_certificate(struct hs *h)
{
	int tls13 = h->eng.session.version == TLS13;
	struct writer w = { 0 };
	const br_x509_certificate *chain;
	size_t n, i;

	chain = key_chain(h->key, &n);
	queue_begin(&w, CERTIFICATE);
	if (tls13)
		writer_number(&w, 0, 1);
	writer_open(&w, 3);
	for (i = 0; h->scheme && i < n; i++) {
		writer_open(&w, 3);
		writer_bytes(&w, chain[i].data, chain[i].data_len);
		writer_close(&w);
		if (tls13)
			writer_number(&w, 0, 2);
	}
	writer_close(&w);
	queue_end(h, &w);
}

void
queue_verify(struct hs *h, const void *hash)
{
	struct writer w = { 0 };
	unsigned char sig[KEY_SIG_MAX];
	size_t n = key_sign(h->key, h->scheme, hash, &h->eng.rng, sig);

	if (!n) {
		hs_fail(h, INTERNAL_ERROR, "our own key cannot sign");
		return;
	}
	queue_begin(&w, CERTIFICATE_VERIFY);
	if (h->eng.session.version >= BR_TLS12)
		writer_number(&w, h->scheme, 2);
	writer_open(&w, 2);
	writer_bytes(&w, sig, n);
	writer_close(&w);
	queue_end(h, &w);
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
begin_data(struct hs *h)
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
		begin_data(h);
	else
		record_out(h, h->queue.p + h->queue_at);
	h->queue_at += h->queue_left;
	h->queue_left = 0;
	return 1;
}

/* Application data that was written before goes before. The engine calls again
 * once the record under way has gone, unless that is called data. */
void
queue_send(struct hs *h)
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

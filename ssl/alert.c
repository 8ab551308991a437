/* alert - alerts in and out; see alert.h. */
#include <string.h>

#include "alert.h"
#include "hs.h"
#include "queue.h"

/* Linked from the library; its own header src/inner.h declares it thus. */
void br_ssl_engine_fail(br_ssl_engine_context *, int);

/* In TLS 1.3 every alert but two is the end, of any level (RFC 8446 6). */
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
void
alert_read(struct hs *h)
{
	br_ssl_engine_context *eng = &h->eng;
	unsigned level, byte;

	if (h->msg_n)
		hs_unexpected(h);
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
void
alert_close(struct hs *h)
{
	static const unsigned char close_notify[2] = { 1, CLOSE_NOTIFY };

	if (h->closing)
		return;
	queue_put(h, ALERT, close_notify, 2);
	h->eng.application_data = h->open && !h->eng.shutdown_recv ? 2 : 0;
	h->closing = 1;
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

/* A failed engine writes no record, so this does: after the one it has made, or
 * in place of one that it has not. */
size_t
alert_last_words(struct hs *h, const unsigned char **words)
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

/* qmqp - a QMQP session, client side.
 *
 * The request is a netstring of netstrings: the message as it is queued, the
 * sender, each recipient. Its length stands in front, so it is computed from
 * the size of the queue file, and the file must not turn out shorter.
 * The answer is a netstring: K taken, Z not now, D never; then text. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>

#include "../mail/content.h"
#include "../mail/envelope.h"
#include "connection.h"
#include "../base/mem.h"
#include "options.h"
#include "qmqp.h"
#include "remote.h"

/* Milliseconds. */
#define PATIENCE_BLOCK 180000
#define PATIENCE_ANSWER 600000

/* A longer answer is none. */
#define ANSWER_MAX 65536

struct request {
	const struct protocol_message *m;
	const struct identity *id;
	struct envelope e;
	unsigned long long message;	/* octets */
	off_t end;			/* of the file */
	unsigned long long length;	/* octets of all netstrings in it */
	struct buf answer;
};

/* Reports the result of the message. */
static void
report_result(struct connection *q, const struct request *r, int code,
    enum fault fault, int is_unanswered, struct str text)
{
	struct result result = { code, fault, q->stage, 0, is_unanswered,
	    text };

	buf_set(&q->text, text);
	if (!code && !r->e.others && q->report->taken)
		q->report->taken(q->report->context, r->m->id);
	q->report->message(q->report->context, r->m->id, &result);
}

/* That is the end of the connection too. Returns the code. */
static int
end_qmqp(struct connection *q, enum fault fault, int code)
{
	q->fault = fault;
	io_close(&q->io);
	q->open = 0;
	return code;
}

/* ---- the request ---- */

static unsigned long long
netstring_size(unsigned long long n)
{
	unsigned long long size = n + 3, rest;

	for (rest = n / 10; rest; rest /= 10)
		size++;
	return size;
}

/* Octets of the message; 0 if it cannot be read. */
static unsigned long long
measure_content(struct request *r)
{
	struct content c;
	struct str bytes;
	unsigned long long n = 0;
	int rc;

	content_begin(&c, r->m->fd, &r->e, -1, r->id);
	while ((rc = content_next(&c, &bytes)) > 0)
		n += bytes.n;
	r->end = c.at;
	content_free(&c);
	return rc < 0 ? 0 : n;
}

/* 0, or -1 if that is no message to send. */
static int
measure_request(struct request *r)
{
	size_t at = 0;
	struct str recipient;

	if (remotes_envelope(r->m, &r->e) < 0)
		return -1;
	identity_envelope(r->id, &r->e);
	r->message = measure_content(r);
	r->length = netstring_size(r->message) +
	    netstring_size(r->e.sender_n);
	while ((recipient = envelope_next(&r->e, &at)).p)
		r->length += netstring_size(recipient.n);
	return r->message ? 0 : -1;
}

static int
put_length(struct connection *q, unsigned long long n)
{
	struct buf b = { 0 };
	int rc;

	buf_addu(&b, n);
	buf_addc(&b, ':');
	rc = io_put(&q->io, buf_str(&b));
	buf_free(&b);
	return rc;
}

static int
put_netstring(struct connection *q, struct str s)
{
	if (put_length(q, s.n) < 0 || io_put(&q->io, s) < 0)
		return -1;
	return io_put(&q->io, STR(","));
}

/* Exactly the octets announced. 0; 1 if the file has others than it had; -1 if
 * the connection is lost. */
static int
put_octets(struct connection *q, const struct request *r)
{
	unsigned long long left = r->message;
	struct content c;
	struct str bytes;
	int rc = put_length(q, r->length) < 0 || put_length(q, left) < 0 ?
	    -1 : 0;

	content_begin(&c, r->m->fd, &r->e, r->end, r->id);
	while (!rc && left) {
		io_deadline(&q->io, PATIENCE_BLOCK);
		if (content_next(&c, &bytes) <= 0 || bytes.n > left)
			rc = 1;
		else
			rc = io_put(&q->io, bytes);
		left -= rc ? 0 : bytes.n;
	}
	content_free(&c);
	return rc ? rc : io_put(&q->io, STR(","));
}

/* Like put_message. */
static int
put_request(struct connection *q, const struct request *r)
{
	struct str recipient;
	size_t at = 0;
	int rc = put_octets(q, r);

	io_deadline(&q->io, PATIENCE_BLOCK);
	if (rc == 0)
		rc = put_netstring(q, envelope_sender(&r->e));
	while (rc == 0 && (recipient = envelope_next(&r->e, &at)).p)
		rc = put_netstring(q, recipient);
	return rc;
}

/* ---- the answer ---- */

/* The length in front of the answer, or -1. */
static long
read_length(struct io *io)
{
	long n = 0;
	int c, digits = 0;

	while ((c = io_byte(io)) >= '0' && c <= '9') {
		n = n * 10 + (c - '0');
		if (n > ANSWER_MAX)
			return -1;
		digits++;
	}
	return c == ':' && digits ? n : -1;
}

/* 0, or -1 if it is no netstring. */
static int
read_answer(struct io *io, struct buf *b)
{
	long n = read_length(io);
	int c;

	for (; n > 0; n--) {
		c = io_byte(io);
		if (c < 0)
			return -1;
		buf_addc(b, (char)c);
	}
	return n == 0 && io_byte(io) == ',' ? 0 : -1;
}

static int
answer_code(struct str answer)
{
	switch (answer.n ? answer.p[0] : 0) {
	case 'K':
		return ERR_OK;
	case 'Z':
		return ERR_MSG_TEMP;
	case 'D':
		return ERR_MSG_PERM;
	}
	return ERR_PROTOCOL;
}

/* The server has the whole request, and has not said what became of it. */
static int
unanswered(struct connection *q, const struct request *r)
{
	struct buf words = { 0 };
	int code = ERR_PROTOCOL;

	buf_set(&words, STR("Response from remote was not a netstring"));
	if (q->io.state != IO_OPEN) {
		code = connection_lost(q);
		buf_cat(&words, STR(": "), buf_str(&q->text));
	}
	buf_add(&words, STR("; the message may have been taken, "
	    "possible duplicate"));
	report_result(q, r, code, FAULT_CONNECTION, 1, buf_str(&words));
	buf_free(&words);
	return end_qmqp(q, FAULT_CONNECTION, code);
}

/* One connection takes one message. */
static int
judge_answer(struct connection *q, const struct request *r)
{
	struct str answer = buf_str(&r->answer);
	int code = answer_code(answer);

	if (code == ERR_PROTOCOL) {
		report_result(q, r, code, FAULT_CONNECTION, 1,
		    STR("Invalid status byte in response"));
		return end_qmqp(q, FAULT_CONNECTION, code);
	}
	if (code == ERR_MSG_PERM && q->o->soft_bounce && !*q->o->soft_bounce)
		code = ERR_MSG_TEMP;
	q->answered++;
	report_result(q, r, code, code ? FAULT_MESSAGE : FAULT_NONE, 0,
	    str_skip(answer, 1));
	return end_qmqp(q, FAULT_END, ERR_PROTOCOL);
}

/* A server may refuse before it has heard all. */
static int
cut_off_request(struct connection *q, struct request *r)
{
	struct buf text = { 0 };
	int code;

	if (read_answer(&q->io, &r->answer) == 0 &&
	    answer_code(buf_str(&r->answer)) != ERR_OK)
		return judge_answer(q, r);
	code = connection_lost(q);
	buf_cat(&text, STR("Error sending message to remote: "),
	    buf_str(&q->text));
	if (code == ERR_PROTOCOL)
		code = ERR_MSG_WRITE;
	report_result(q, r, code, FAULT_CONNECTION, 0, buf_str(&text));
	buf_free(&text);
	return end_qmqp(q, FAULT_CONNECTION, code);
}

static int
receive_answer(struct connection *q, struct request *r)
{
	struct io *io = &q->io;

	q->stage = STAGE_dot;
	io_deadline(io, PATIENCE_ANSWER);
	io_put(io, STR(","));
	if (io_flush(io) < 0 && io->sent < io->put)
		return cut_off_request(q, r);
	if (read_answer(io, &r->answer) < 0)
		return unanswered(q, r);
	return judge_answer(q, r);
}

/* ---- a message ---- */

static int
exchange_request(struct connection *q, struct request *r)
{
	int rc;

	q->stage = STAGE_data;
	if (measure_request(r) < 0) {
		report_result(q, r, ERR_MSG_READ, FAULT_OURS, 0,
		    STR("Error reading message"));
		return 0;
	}
	rc = q->io.fd < 0 ? connection_open(q) : 0;
	if (rc)
		return rc;
	connection_opened(q);
	q->stage = STAGE_data;
	io_deadline(&q->io, PATIENCE_BLOCK);
	rc = put_request(q, r);
	if (rc < 0)
		return cut_off_request(q, r);
	if (rc > 0) {
		report_result(q, r, ERR_MSG_READ, FAULT_OURS, 0,
		    STR("Error re-reading message"));
		return end_qmqp(q, FAULT_AGAIN, ERR_MSG_READ);
	}
	connection_hold_signals(SIG_BLOCK);
	rc = receive_answer(q, r);
	connection_hold_signals(SIG_UNBLOCK);
	return rc;
}

static int
qmqp_send(struct connection *q, const struct protocol_message *m)
{
	struct request r = { 0 };
	int rc;

	r.m = m;
	r.id = &q->identity;
	q->io.limit = q->limit;
	rc = exchange_request(q, &r);
	envelope_free(&r.e);
	buf_free(&r.answer);
	return rc;
}

/* The module run by hand looks at the message first. */
static int
qmqp_open(struct connection *q)
{
	int rc = q->setup->strict ? 0 : connection_open(q);

	if (!rc)
		connection_opened(q);
	return rc;
}

static int
qmqp_settle(struct connection *q)
{
	(void)q;
	return 0;
}

/* ---- life ---- */

static struct connection *
qmqp_create(const struct protocol_setup *setup, int *code, struct buf *why)
{
	struct connection *q = mem_new(1, sizeof *q);

	*code = connection_init(q, setup, why);
	if (!*code)
		return q;
	free(q);
	return NULL;
}

static size_t
qmqp_window(const struct connection *q)
{
	(void)q;
	return 1;
}

static void
qmqp_close(struct connection *q)
{
	io_close(&q->io);
	q->open = 0;
}

static void
qmqp_free(struct connection *q)
{
	connection_free(q);
	free(q);
}

const struct protocol qmqp_protocol = {
	"qmqp", "Transmit the message on descriptor 3 by QMQP; options also on "
	"stdin.", 628, 0, 0, qmqp_create, qmqp_open, qmqp_send, qmqp_settle,
	qmqp_window, qmqp_close, qmqp_free
};

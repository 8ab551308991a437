/* qmqp - a QMQP session, client side.
 *
 * The request is a netstring of netstrings: the message as it is queued, the
 * sender, each recipient. Its length stands in front, so it is computed from
 * the size of the queue file, and the file must not turn out shorter.
 * The answer is a netstring: K taken, Z not now, D never; then text. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../mail/envelope.h"
#include "connection.h"
#include "../base/mem.h"
#include "qmqp.h"

/* Milliseconds. */
#define PATIENCE_BLOCK 180000
#define PATIENCE_ANSWER 600000

/* A longer answer is none. */
#define ANSWER_MAX 65536

struct request {
	const struct protocol_message *m;
	struct envelope e;
	unsigned long long message;	/* octets */
	unsigned long long length;	/* octets of all netstrings in it */
	struct buf answer;
};

static void
report_answer(struct connection *q, const struct request *r, int code,
    struct str text)
{
	q->report->message(q->report->context, r->m->id, code,
	    q->stage, text);
}

static int
end_qmqp(struct connection *q, int code, struct str text)
{
	buf_set(&q->text, text);
	io_close(&q->io);
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

/* 0, or -1 if that is no message to send. */
static int
measure_request(struct request *r)
{
	struct stat st;
	size_t at = 0;
	struct str recipient;

	if (envelope_read(r->m->fd, &r->e) < 0 || fstat(r->m->fd, &st) < 0 ||
	    st.st_size <= r->e.body)
		return -1;
	r->message = (unsigned long long)(st.st_size - r->e.body);
	r->length = netstring_size(r->message) +
	    netstring_size(r->e.sender_n);
	while ((recipient = envelope_next(&r->e, &at)).p)
		r->length += netstring_size(recipient.n);
	return 0;
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

/* 0; 1 if the file has less than it had; -1 if the connection is lost. */
static int
put_octets(struct connection *q, const struct request *r)
{
	char block[16384];
	unsigned long long left = r->message;
	off_t at = r->e.body;
	ssize_t n;

	if (put_length(q, r->length) < 0 || put_length(q, left) < 0)
		return -1;
	for (; left; left -= (unsigned long long)n, at += n) {
		io_deadline(&q->io, PATIENCE_BLOCK);
		n = pread(r->m->fd, block, left < sizeof block ?
		    (size_t)left : sizeof block, at);
		if (n < 0 && errno == EINTR)
			n = 0;
		else if (n <= 0)
			return 1;
		if (io_put(&q->io, (struct str){ block, (size_t)n }) < 0)
			return -1;
	}
	return io_put(&q->io, STR(","));
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

/* No proper answer, although the server has the whole request. */
static int
unanswered(struct connection *q, const struct request *r)
{
	int code = ERR_PROTOCOL;
	struct buf text = { 0 };

	buf_set(&text, STR("Response from remote was not a netstring"));
	if (q->io.state != IO_OPEN) {
		code = connection_lost(q);
		buf_cat(&text, STR(": "), buf_str(&q->text));
	}
	buf_add(&text, STR("; the message may have been taken, "
	    "possible duplicate"));
	code = end_qmqp(q, code, buf_str(&text));
	report_answer(q, r, code, buf_str(&text));
	buf_free(&text);
	return code;
}

static int
judge_answer(struct connection *q, const struct request *r)
{
	struct str answer = buf_str(&r->answer);
	int code = answer_code(answer);

	if (code == ERR_PROTOCOL) {
		end_qmqp(q, code, STR("Invalid status byte in response"));
		report_answer(q, r, code, buf_str(&q->text));
		return code;
	}
	end_qmqp(q, code, str_skip(answer, 1));
	report_answer(q, r, code, str_skip(answer, 1));
	return 0;
}

/* A server may refuse before it has heard all. */
static int
cut_off(struct connection *q, struct request *r)
{
	struct buf text = { 0 };
	int code = connection_lost(q);

	if (read_answer(&q->io, &r->answer) == 0 &&
	    answer_code(buf_str(&r->answer)) != ERR_OK)
		return judge_answer(q, r);
	buf_set(&text, STR("Error sending message to remote: "));
	buf_add(&text, buf_str(&q->text));
	code = end_qmqp(q, code == ERR_PROTOCOL ? ERR_MSG_WRITE : code,
	    buf_str(&text));
	buf_free(&text);
	return code;
}

static int
receive_answer(struct connection *q, struct request *r)
{
	struct io *io = &q->io;

	q->stage = STAGE_dot;
	io_deadline(io, PATIENCE_ANSWER);
	io_put(io, STR(","));
	if (io_flush(io) < 0 && io->sent < io->put)
		return cut_off(q, r);
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
		report_answer(q, r, ERR_MSG_READ, STR("Error reading message"));
		return 0;
	}
	rc = connection_open(q);
	if (rc)
		return rc;
	q->stage = STAGE_data;
	rc = put_request(q, r);
	if (rc < 0)
		return cut_off(q, r);
	if (rc > 0) {
		end_qmqp(q, ERR_MSG_READ, STR("Error re-reading message"));
		report_answer(q, r, ERR_MSG_READ, buf_str(&q->text));
		return 0;
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
	rc = exchange_request(q, &r);
	q->open = 0;
	envelope_free(&r.e);
	buf_free(&r.answer);
	return rc;
}

static int
qmqp_open(struct connection *q)
{
	q->open = 1;
	return 0;
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

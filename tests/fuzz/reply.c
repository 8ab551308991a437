/* reply - any bytes as an SMTP reply. In whatever pieces they come, the
 * outcome is the same, and within its bounds. */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../lib/net/io.h"
#include "../../lib/smtp/reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* Stands in for the network: step takes the next piece of input. */
static struct str source;
static size_t piece;

static int
step(struct io *io, int revents)
{
	struct str s = str_head(source, piece);
	size_t room = sizeof io->in - io->in_end;

	(void)revents;
	s = str_head(s, room);
	if (!source.n) {
		io->state = IO_EOF;
		return -1;
	}
	memcpy(io->in + io->in_end, s.p, s.n);
	io->in_end += s.n;
	source = str_skip(source, s.n);
	return 1;
}

static void
check(const struct reply *r, int rc, size_t n)
{
	if (rc == 0 ? r->code < 200 || r->code > 599 : r->code != 0)
		abort();
	if (r->text.n > REPLY_KEEP || r->size > n + 2 * (n + 1))
		abort();
	if (rc == 0 && reply_class(r) != r->code / 100)
		abort();
}

/* Reads replies till the end; a number that stands for all of them. */
static unsigned long
outcome(struct str in, size_t step_size)
{
	static struct io io;
	static int ready = -1;
	struct reply r = { 0 };
	unsigned long sum = 0;
	int rc;

	/* What can always be read keeps poll from waiting. */
	if (ready < 0)
		ready = open("/dev/zero", O_RDONLY);
	io_init(&io, ready);
	io.step = step;
	source = in;
	piece = step_size;
	do {
		rc = reply_read(&r, &io);
		check(&r, rc, in.n);
		sum = sum * 31 + (unsigned long)r.code + r.text.n;
	} while (rc == 0);
	reply_free(&r);
	return sum * 2 + (io.state == IO_OPEN);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct str in = { (const char *)data, n };
	unsigned long whole = outcome(in, n + 1);

	if (outcome(in, 1) != whole || outcome(in, 7) != whole)
		abort();
	return 0;
}

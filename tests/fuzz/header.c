/* header - any bytes as a message on a stream. No field may hold an empty line
 * or a CR, no byte of the body may change, and what is written must read as
 * the same fields again. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../lib/mail/header.h"
#include "../../lib/conf/hostname.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
must(int condition)
{
	if (!condition)
		abort();
}

static int
stream_of(struct str s)
{
	int fd = memfd_create("fuzz", 0);

	must(fd >= 0 && write(fd, s.p, s.n) == (ssize_t)s.n);
	must(lseek(fd, 0, SEEK_SET) == 0);
	return fd;
}

static void
check_lines(struct str field)
{
	must(field.n > 1 && field.p[field.n - 1] == '\n');
	must(str_find(field, '\r') == field.n);
	must(str_find(field, ':') < field.n);
	while (field.n)
		must(str_cut(&field, '\n').n > 0);
}

/* Reads a header into h; the number of its fields. */
static int
read_fields(struct header_reader *r, struct header *h)
{
	struct buf field = { 0 };
	int rc, count = 0;

	while ((rc = header_read(r, &field)) > 0) {
		check_lines(buf_str(&field));
		header_field(h, buf_str(&field));
		count++;
	}
	must(rc == 0);
	buf_free(&field);
	return count;
}

/* The body is the end of the input. */
static void
check_body(struct header_reader *r, struct str input)
{
	struct buf body = { 0 };
	struct str block;
	int rc;

	while ((rc = header_body(r, &block)) > 0)
		buf_add(&body, block);
	must(rc == 0 && body.n <= input.n);
	must(str_eq(buf_str(&body), str_skip(input, input.n - body.n)));
	buf_free(&body);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct str input = { (const char *)data, n };
	struct hostnames names = { 0 };
	struct header h = { 0 }, again = { 0 };
	struct header_reader r = { 0 }, s = { 0 };

	if (n > HEADER_MAX)
		return 0;
	buf_set(&names.defaulthost, STR("d.h"));
	h.names = again.names = &names;
	h.use_recipients = again.use_recipients = 1;
	r.fd = stream_of(input);
	read_fields(&r, &h);
	check_body(&r, input);
	if (h.text.n)
		check_lines(buf_str(&h.text));
	s.fd = stream_of(buf_str(&h.text));
	read_fields(&s, &again);
	must(s.n == 0 && h.seen == again.seen);
	close(r.fd);
	close(s.fd);
	header_free(&h);
	header_free(&again);
	hostnames_free(&names);
	return 0;
}

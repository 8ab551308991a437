/* wire - a message as it must stand on the wire. */
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "wire.h"

/* Offset of the first CR or LF. */
static size_t
line_end(struct str s)
{
	s.n = str_find(s, '\n');
	return str_find(s, '\r');
}

int
wire_next(struct wire *w, struct str *in, struct str *piece)
{
	size_t n;

	if (w->after_cr && in->n) {
		w->after_cr = 0;
		if (in->p[0] == '\n')
			*in = str_skip(*in, 1);
	}
	if (in->n == 0)
		return 0;
	if (w->dots && !w->inside && !w->dotted && in->p[0] == '.') {
		w->dotted = 1;
		*piece = STR(".");
		return 1;
	}
	n = line_end(*in);
	if (n > 0) {
		*piece = str_head(*in, n);
		w->inside = 1;
	} else {
		w->after_cr = in->p[0] == '\r';
		*piece = STR("\r\n");
		w->inside = 0;
		n = 1;
	}
	w->dotted = 0;
	*in = str_skip(*in, n);
	return 1;
}

struct str
wire_end(const struct wire *w)
{
	return w->inside ? STR("\r\n") : STR("");
}

static int
has_eight_bit(struct str s)
{
	uint64_t word, all = 0;

	for (; s.n >= sizeof word; s = str_skip(s, sizeof word)) {
		memcpy(&word, s.p, sizeof word);
		all |= word;
	}
	for (; s.n; s = str_skip(s, 1))
		all |= (unsigned char)s.p[0];
	return (all & UINT64_C(0x8080808080808080)) != 0;
}

int
wire_measure(int fd, off_t offset, struct wire_size *size)
{
	struct wire w = { 0 };
	struct str in, piece;
	char block[32768];
	ssize_t n;

	*size = (struct wire_size){ 0 };
	while ((n = pread(fd, block, sizeof block, offset)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		offset += n;
		in = (struct str){ block, (size_t)n };
		size->eight_bit |= has_eight_bit(in);
		while (wire_next(&w, &in, &piece))
			size->octets += piece.n;
	}
	size->octets += wire_end(&w).n;
	return 0;
}

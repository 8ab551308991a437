/* reply - an SMTP reply, RFC 5321 4.2. */
#include "../net/io.h"
#include "reply.h"

static int
code_of(struct str line)
{
	unsigned long code;

	if (str_number(str_head(line, 3), 599, &code) < 0)
		return -1;
	if (line.n > 3 && line.p[3] != ' ' && line.p[3] != '-')
		return -1;
	return line.n < 3 || code < 200 ? -1 : (int)code;
}

static void
keep_line(struct reply *r, struct str line)
{
	if (r->text.n >= REPLY_KEEP)
		return;
	if (r->text.n)
		buf_addc(&r->text, '\n');
	buf_add(&r->text, str_head(line, REPLY_KEEP - r->text.n));
}

int
reply_line(struct reply *r, struct str line)
{
	int code = code_of(line);

	keep_line(r, line);
	r->size += line.n + 2;
	if (code < 0 || (r->code && code != r->code) || r->size > REPLY_MAX) {
		r->code = 0;
		return -1;
	}
	r->code = code;
	return line.n < 4 || line.p[3] == ' ';
}

/* The rest of a line whose beginning was too long for the buffer. */
static int
skip_rest(struct reply *r, struct io *io)
{
	struct str piece = { 0 };
	int rc;

	do {
		rc = io_line(io, &piece);
		r->size += piece.n;
	} while (rc == 2 && r->size <= REPLY_MAX);
	return rc == 1 && r->size <= REPLY_MAX ? 0 : -1;
}

int
reply_read(struct reply *r, struct io *io)
{
	struct str line;
	int rc, done;

	r->code = 0;
	r->size = 0;
	buf_clear(&r->text);
	do {
		rc = io_line(io, &line);
		if (rc < 0) {
			r->code = 0;
			return -1;
		}
		done = reply_line(r, line);
		if (rc == 2 && done >= 0 && skip_rest(r, io) < 0)
			done = -1;
	} while (done == 0);
	if (done < 0)
		r->code = 0;
	return done < 0 ? -1 : 0;
}

int
reply_class(const struct reply *r)
{
	return r->code / 100;
}

void
reply_free(struct reply *r)
{
	buf_free(&r->text);
}

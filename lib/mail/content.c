/* content - a queue file's message as it goes out.
 *
 * A CR counts as a line end, as it goes out as one (wire.h): no field hides
 * after it. What is no field ends the header, as it does on the way in
 * (header.h); it and what follows belong to the text. */
#include <errno.h>
#include <unistd.h>

#include "../base/chr.h"
#include "content.h"
#include "envelope.h"
#include "identity.h"

#define NAME_MAX_BYTES 1000

enum { LINE, NAME, FIELD, BODY };
enum { KEPT, DROPPED, TAKEN };

static const struct {
	struct str name;
	int fate;
} known[] = {
#define ROW(name, fate) { { name, sizeof name - 1 }, fate }
	ROW("From", TAKEN),
	ROW("Resent-From", TAKEN),
	ROW("Sender", DROPPED),
	ROW("Resent-Sender", DROPPED),
	ROW("Return-Path", DROPPED),
#undef ROW
};
#define KNOWN (sizeof known / sizeof known[0])

static size_t
which_field(struct str name)
{
	size_t i = 0;

	while (i < KNOWN && !str_ieq(known[i].name, name))
		i++;
	return i;
}

/* ---- the header ---- */

static void
put_author_field(struct content *c, size_t name, struct str text)
{
	identity_field(c->id, known[name].name, text, c->sender,
	    &c->header.out);
}

static void
end_field(struct content *c)
{
	struct content_header *h = &c->header;

	if (h->where == LINE && h->fate == TAKEN)
		put_author_field(c, h->name, (struct str){ buf_z(&h->text),
		    h->text.n });
	h->fate = KEPT;
}

/* Before what is no field an empty line keeps them apart. */
static void
end_header(struct content *c, int is_text)
{
	struct content_header *h = &c->header;

	if (!h->has_from) {
		put_author_field(c, 0, (struct str){ NULL, 0 });
		if (is_text)
			buf_addc(&h->out, '\n');
	}
	buf_add(&h->out, buf_str(&h->held));
	h->where = BODY;
}

static void
keep_byte(struct content_header *h, char byte)
{
	if (h->fate == KEPT)
		buf_addc(&h->out, byte);
	else if (h->fate == TAKEN && h->text.n < CONTENT_FIELD)
		buf_addc(&h->text, byte);
}

/* A second From field is one too many. */
static void
begin_field(struct content_header *h)
{
	size_t i = which_field(str_trim(buf_str(&h->held)));

	h->where = FIELD;
	h->begun = 1;
	h->name = i;
	h->fate = i == KNOWN ? KEPT : known[i].fate;
	if (i == 0 && h->has_from++)
		h->fate = DROPPED;
	buf_clear(&h->text);
	if (h->fate == KEPT)
		buf_put(&h->out, "%:", buf_str(&h->held));
	buf_clear(&h->held);
}

/* The line "From " of an mbox may stand before the first field. */
static int
is_mbox_line(const struct content_header *h)
{
	struct str held = buf_str(&h->held);

	return !h->begun && (str_starts(held, STR("From ")) ||
	    str_starts(held, STR(">From ")));
}

/* In what may be a name: blanks may follow one that is known. */
static void
name_byte(struct content *c, char byte)
{
	struct content_header *h = &c->header;
	struct str held = buf_str(&h->held), name = str_trim(held);
	int more;

	if (byte == ':' && name.n) {
		begin_field(h);
		return;
	}
	if (byte == ' ' || byte == '\t')
		more = which_field(name) < KNOWN || str_eq(held, STR(">From"));
	else
		more = name.n == held.n && !chr_is(byte, CHR_SPACE) &&
		    held.n < NAME_MAX_BYTES;
	buf_addc(&h->held, byte);
	if (more)
		return;
	if (!is_mbox_line(h)) {
		end_header(c, 1);
		return;
	}
	buf_add(&h->out, buf_str(&h->held));
	buf_clear(&h->held);
	h->where = byte == '\n' || byte == '\r' ? LINE : FIELD;
}

/* At the beginning of a line. 1 if the byte is the text's. */
static int
line_byte(struct content *c, char byte)
{
	struct content_header *h = &c->header;
	int after_cr = h->after_cr;

	h->after_cr = 0;
	if (byte == '\n' && after_cr) {
		keep_byte(h, byte);
		return 0;
	}
	if (h->begun && (byte == ' ' || byte == '\t')) {
		h->where = FIELD;
		keep_byte(h, byte);
		return 0;
	}
	end_field(c);
	if (byte == '\n' || byte == '\r') {
		end_header(c, 0);
		return 1;
	}
	h->where = NAME;
	name_byte(c, byte);
	return 0;
}

static int
header_byte(struct content *c, char byte)
{
	struct content_header *h = &c->header;

	if (h->where == LINE)
		return line_byte(c, byte);
	if (h->where == NAME) {
		name_byte(c, byte);
		return 0;
	}
	keep_byte(h, byte);
	if (byte == '\n' || byte == '\r') {
		h->where = LINE;
		h->after_cr = byte == '\r';
	}
	return 0;
}

/* Takes what is left as far as it is the header's. */
static void
rewrite_header(struct content *c)
{
	size_t n = 0;

	buf_clear(&c->header.out);
	while (n < c->left.n && c->header.where != BODY &&
	    !header_byte(c, c->left.p[n]))
		n++;
	c->left = str_skip(c->left, n);
}

/* The file ends in the header. */
static void
cut_short(struct content *c)
{
	struct content_header *h = &c->header;

	buf_clear(&h->out);
	if (h->where == FIELD && h->fate == KEPT && !h->has_from)
		buf_addc(&h->out, '\n');
	if (h->where == FIELD)
		h->where = LINE;
	end_field(c);
	end_header(c, h->held.n > 0);
}

/* ---- the file ---- */

void
content_begin(struct content *c, int fd, const struct envelope *e, off_t end,
    const struct identity *id)
{
	c->fd = fd;
	c->at = e->body;
	c->end = end;
	c->id = id;
	c->sender = envelope_sender(e);
	c->left = STR("");
	c->header = (struct content_header){ 0 };
	if (!id || !id->address.n)
		c->header.where = BODY;
}

/* 1; 0 at the end; -1 with errno. */
static int
read_block(struct content *c)
{
	size_t room = sizeof c->block;
	ssize_t n;

	if (c->end >= 0 && c->end - c->at < (off_t)room)
		room = (size_t)(c->end - c->at);
	do
		n = room ? pread(c->fd, c->block, room, c->at) : 0;
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -1;
	errno = EIO;
	if (n == 0)
		return room && c->end >= 0 ? -1 : 0;
	c->at += n;
	c->left = (struct str){ c->block, (size_t)n };
	return 1;
}

int
content_next(struct content *c, struct str *bytes)
{
	int rc;

	do {
		rc = c->left.n ? 1 : read_block(c);
		if (rc < 0)
			return -1;
		if (c->header.where == BODY) {
			*bytes = c->left;
			c->left.n = 0;
			return rc;
		}
		if (rc)
			rewrite_header(c);
		else
			cut_short(c);
	} while (!c->header.out.n);
	*bytes = buf_str(&c->header.out);
	return 1;
}

void
content_free(struct content *c)
{
	buf_free(&c->header.held);
	buf_free(&c->header.text);
	buf_free(&c->header.out);
}

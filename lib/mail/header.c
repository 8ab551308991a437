/* header - the header of a message on its way in. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "../base/chr.h"
#include "addr.h"
#include "header.h"

/* A longer run of bytes without a colon is no field name. */
#define NAME_MAX_BYTES 1000

#define LINE_GOAL 78
#define LINE_MAX_BYTES 998

enum {
	ADDRESSES = 1,
	RECIPIENTS = 2,
	RESENT = 4,
	REMOVED = 8
};

static const struct field {
	struct str name;
	unsigned traits;
} fields[] = {
#define ROW(id, name, traits) [id] = { { name, sizeof name - 1 }, traits }
	ROW(HEADER_SENDER, "Sender", ADDRESSES),
	ROW(HEADER_FROM, "From", ADDRESSES),
	ROW(HEADER_REPLY_TO, "Reply-To", ADDRESSES),
	ROW(HEADER_RECEIPT_TO, "Return-Receipt-To", ADDRESSES),
	ROW(HEADER_ERRORS_TO, "Errors-To", ADDRESSES),
	ROW(HEADER_RETURN_PATH, "Return-Path", ADDRESSES | REMOVED),
	ROW(HEADER_TO, "To", ADDRESSES | RECIPIENTS),
	ROW(HEADER_CC, "Cc", ADDRESSES | RECIPIENTS),
	ROW(HEADER_APPARENTLY_TO, "Apparently-To", ADDRESSES | RECIPIENTS),
	ROW(HEADER_BCC, "Bcc", ADDRESSES | RECIPIENTS | REMOVED),
	ROW(HEADER_RESENT_SENDER, "Resent-Sender", ADDRESSES | RESENT),
	ROW(HEADER_RESENT_FROM, "Resent-From", ADDRESSES | RESENT),
	ROW(HEADER_RESENT_REPLY_TO, "Resent-Reply-To", ADDRESSES | RESENT),
	ROW(HEADER_RESENT_TO, "Resent-To", ADDRESSES | RECIPIENTS | RESENT),
	ROW(HEADER_RESENT_CC, "Resent-Cc", ADDRESSES | RECIPIENTS | RESENT),
	ROW(HEADER_RESENT_BCC, "Resent-Bcc",
	    ADDRESSES | RECIPIENTS | RESENT | REMOVED),
	ROW(HEADER_DATE, "Date", 0),
	ROW(HEADER_MESSAGE_ID, "Message-Id", 0),
	ROW(HEADER_RESENT_DATE, "Resent-Date", RESENT),
	ROW(HEADER_RESENT_MESSAGE_ID, "Resent-Message-Id", RESENT),
	ROW(HEADER_CONTENT_LENGTH, "Content-Length", REMOVED),
	ROW(HEADER_OTHER, "", 0),
#undef ROW
};

static enum header_id
identify(struct str name)
{
	enum header_id id = 0;

	while (id < HEADER_OTHER && !str_ieq(fields[id].name, name))
		id++;
	return id;
}

/* Splits "Name: body" and says which it is. */
static enum header_id
split_field(struct str field, struct str *body)
{
	*body = field;
	return identify(str_trim(str_cut(body, ':')));
}

/* Makes at least n bytes unread, or as many as there are.
 * 0, or -1 with errno. */
static int
fill_buffer(struct header_reader *r, size_t n)
{
	ssize_t got;

	while (r->n < n && !r->eof) {
		memmove(r->room, r->room + r->at, r->n);
		r->at = 0;
		got = str_read(r->fd, r->room + r->n, sizeof r->room - r->n);
		if (got < 0)
			return -1;
		r->n += (size_t)got;
		r->eof = got == 0;
	}
	return 0;
}

static struct str
unread_bytes(const struct header_reader *r)
{
	return (struct str){ r->room + r->at, r->n };
}

static void
consume(struct header_reader *r, size_t n)
{
	r->at += n;
	r->n -= n;
}

/* Moves one line to the end of field, with LF and without CR: some servers take
 * a CR alone for a line end, and one line would become two. For the same reason
 * a line of nothing but CRs becomes a blank.
 * field NULL drops the line. 0, or -1 with errno. */
static int
take_line(struct header_reader *r, struct buf *field)
{
	size_t i, n, start = field ? field->n : 0;
	struct str s;

	do {
		if (fill_buffer(r, 1) < 0)
			return -1;
		s = unread_bytes(r);
		n = str_find(s, '\n');
		r->total += n < s.n ? n + 1 : n;
		if (r->total > HEADER_MAX) {
			errno = EFBIG;
			return -1;
		}
		if (field)
			buf_add(field, str_head(s, n));
		consume(r, n < s.n ? n + 1 : n);
	} while (n == s.n && s.n);
	if (!field)
		return 0;
	while (field->n > start && field->p[field->n - 1] == '\r')
		field->n--;
	if (field->n == start)
		buf_addc(field, ' ');
	for (i = start; i < field->n; i++)
		if (field->p[i] == '\r')
			field->p[i] = ' ';
	buf_addc(field, '\n');
	return 0;
}

/* A colon after the name. Blanks may come between, as in RFC 5322 4.5, so that
 * no Bcc is taken for a body; but a first line must be a field we know then, as
 * there are messages without a header. */
static int
is_field(struct str line, int begun)
{
	size_t i = 0;
	struct str name;

	while (i < line.n && line.p[i] != ':' && !chr_is(line.p[i], CHR_SPACE))
		i++;
	name = str_head(line, i);
	if (name.n == 0 || i == line.n)
		return 0;
	while (i < line.n && (line.p[i] == ' ' || line.p[i] == '\t'))
		i++;
	return i < line.n && line.p[i] == ':' &&
	    (i == name.n || begun || identify(name) != HEADER_OTHER);
}

static int
is_empty(struct str line)
{
	if (str_starts(line, STR("\r")))
		line = str_skip(line, 1);
	return line.n == 0 || line.p[0] == '\n';
}

static int
is_mbox_from(struct str line)
{
	return (str_starts(line, STR("From ")) && !is_field(line, 0)) ||
	    str_starts(line, STR(">From "));
}

/* One of blanks only would end the header for some who read it. */
static int
take_continuations(struct header_reader *r, struct buf *field)
{
	size_t start;

	for (;;) {
		if (fill_buffer(r, 2) < 0)
			return -1;
		if (r->n == 0 || !chr_is(r->room[r->at], CHR_SPACE) ||
		    is_empty(unread_bytes(r)))
			return 0;
		start = field->n;
		if (take_line(r, field) < 0)
			return -1;
		if (!str_trim(str_skip(buf_str(field), start)).n)
			field->n = start;
	}
}

int
header_read(struct header_reader *r, struct buf *field)
{
	buf_clear(field);
	for (;;) {
		if (fill_buffer(r, NAME_MAX_BYTES) < 0)
			return -1;
		if (r->begun || !is_mbox_from(unread_bytes(r)))
			break;
		if (take_line(r, NULL) < 0)
			return -1;
	}
	if (is_empty(unread_bytes(r)))
		return r->n ? take_line(r, NULL) : 0;
	if (!is_field(str_head(unread_bytes(r), NAME_MAX_BYTES), r->begun))
		return 0;
	r->begun = 1;
	if (take_line(r, field) < 0 || take_continuations(r, field) < 0)
		return -1;
	return 1;
}

int
header_body(struct header_reader *r, struct str *bytes)
{
	if (fill_buffer(r, 1) < 0)
		return -1;
	*bytes = unread_bytes(r);
	consume(r, r->n);
	return bytes->n > 0;
}

/* Appends words, each with the blank before it, in lines that end before
 * LINE_MAX_BYTES where a blank allows it. */
static void
put_long(struct buf *b, struct str item)
{
	size_t line = 0;

	while (item.n) {
		size_t n = 1 + str_find(str_skip(item, 1), ' ');
		int escaped = b->n && b->p[b->n - 1] == '\\';

		if (line && line + n > LINE_GOAL && item.p[0] == ' ' &&
		    !escaped) {
			buf_addc(b, '\n');
			line = 0;
		}
		buf_add(b, str_head(item, n));
		line += n;
		item = str_skip(item, n);
	}
}

void
header_put_items(struct buf *b, struct str name, struct str items)
{
	size_t line = b->n;

	buf_put(b, "%:", name);
	while (items.n) {
		struct str item = str_cut(&items, '\n');
		size_t comma = items.n > 0;

		if (b->n - line + 1 + item.n + comma > LINE_GOAL &&
		    b->n - line > name.n + 1) {
			buf_addc(b, '\n');
			line = b->n;
		}
		buf_addc(b, ' ');
		if (b->n - line + item.n + comma > LINE_MAX_BYTES)
			put_long(b, item);
		else
			buf_add(b, item);
		if (comma)
			buf_addc(b, ',');
	}
	buf_addc(b, '\n');
}

/* From here on only Resent- fields give recipients, and Return-Path, which is
 * that of the original message, does not give the sender. */
static void
make_resent(struct header *h)
{
	if (h->resent)
		return;
	h->resent = 1;
	buf_clear(&h->recipients);
	buf_clear(&h->typed);
	h->count = 0;
	buf_clear(&h->sender);
	h->has_sender = 0;
}

static int
gives_recipients(const struct header *h, unsigned traits)
{
	return h->use_recipients && traits & RECIPIENTS &&
	    !h->resent == !(traits & RESENT);
}

static int
is_null_path(struct str body)
{
	body = str_trim(body);
	if (body.n < 2 || body.p[0] != '<' || body.p[body.n - 1] != '>')
		return 0;
	return str_trim((struct str){ body.p + 1, body.n - 2 }).n == 0;
}

static void
set_sender(struct header *h, struct str sender)
{
	if (h->resent)
		return;
	buf_set(&h->sender, sender);
	h->has_sender = 1;
}

/* Without blanks before the colon, as some programs do not accept them. */
static void
put_as_is(struct header *h, struct str field, struct str body)
{
	struct str name = str_head(field, str_find(field, ':'));

	buf_put(&h->text, "%:%", str_trim(name), body);
}

static enum header_result
address_field(struct header *h, enum header_id id, struct str field,
    struct str body)
{
	struct addr_list l = { 0 };
	unsigned traits = fields[id].traits;
	enum header_result result = HEADER_GOOD;
	size_t length = h->text.n;
	struct str all;

	if (addr_parse(&l, body, h->names) < 0) {
		result = gives_recipients(h, traits) ? HEADER_BAD
		    : traits & REMOVED ? HEADER_IGNORED : HEADER_KEPT;
		if (!(traits & REMOVED))
			put_as_is(h, field, body);
	} else if (l.items.n && !(traits & REMOVED))
		header_put_items(&h->text, fields[id].name, buf_str(&l.items));
	if (h->text.n > length)
		h->seen |= 1ul << id;
	if (result == HEADER_GOOD && gives_recipients(h, traits)) {
		buf_add(&h->recipients, buf_str(&l.recipients));
		buf_add(&h->typed, buf_str(&l.typed));
		h->count += l.count;
	}
	all = buf_str(&l.recipients);
	if (result == HEADER_GOOD && l.count && (id == HEADER_FROM ?
	    h->from_is_sender : id == HEADER_RETURN_PATH && l.count == 1))
		set_sender(h, str_cut(&all, '\n'));
	addr_free(&l);
	return result;
}

static int
is_dropped(const struct header *h, enum header_id id)
{
	return (id == HEADER_FROM && h->drop_from) ||
	    (id == HEADER_MESSAGE_ID && h->drop_message_id) ||
	    (id == HEADER_RETURN_PATH && h->drop_return_path) ||
	    id == HEADER_CONTENT_LENGTH;
}

enum header_result
header_field(struct header *h, struct str field)
{
	struct str body;
	enum header_id id = split_field(field, &body);

	if (fields[id].traits & RESENT)
		make_resent(h);
	if (is_dropped(h, id))
		return HEADER_GOOD;
	if (id == HEADER_RETURN_PATH && is_null_path(body)) {
		set_sender(h, STR(""));
		return HEADER_GOOD;
	}
	if (fields[id].traits & ADDRESSES)
		return address_field(h, id, field, body);
	h->seen |= 1ul << id;
	put_as_is(h, field, body);
	return HEADER_GOOD;
}

void
header_free(struct header *h)
{
	buf_free(&h->text);
	buf_free(&h->recipients);
	buf_free(&h->typed);
	buf_free(&h->sender);
}

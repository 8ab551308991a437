/* dsn - delivery status notifications.
 *
 * The message is read in blocks, twice: to find how much of it is quoted and
 * whether that has 8-bit bytes, and to quote it. */
#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "../base/chr.h"
#include "../base/date.h"
#include "../conf/conf.h"
#include "../conf/hostname.h"
#include "addr.h"
#include "addresses.h"
#include "dsn.h"
#include "envelope.h"

#define BLOCK 16384
#define OUT_FULL 8192
#define COLUMNS_TEXT 76		/* folds lines of the text part */
#define COLUMNS_MAX 900		/* folds fields, and cuts long words */
#define HEADER_LOOK 16384	/* holds the fields that we write ourselves */
#define BOUNDARIES_TRIED 100

/* The part of the message that is quoted. */
struct quote {
	off_t end;
	int eight_bit;
	int unended;		/* its last line has no LF */
};

struct report {
	const struct dsn *d;
	const struct dsn_rules *r;
	int (*put)(void *context, struct str bytes);
	void *context;
	int failed;
	struct buf out;		/* not put yet */
	struct buf boundary;
	struct quote quote;
	int eight_bit;		/* in the text part */
};

/* ---- control files ---- */

int
dsn_rules_load(struct dsn_rules *r)
{
	struct hostnames names = { 0 };
	int rc = conf_int("bouncelines", 0, &r->bouncelines);

	if (rc == 0)
		rc = addresses_load("bounceto", &names, &r->bounceto);
	if (rc == 0)
		rc = addresses_load("doublebounceto", &names,
		    &r->doublebounceto);
	if (rc == 0)
		rc = addresses_load("adminaddr", &names, &r->adminaddr);
	if (rc == 0)
		rc = addresses_load("alwaysbcc", &names, &r->alwaysbcc);
	if (rc == 0 && !names.me.n)
		rc = hostnames_load(&names);
	buf_set(&r->me, buf_str(&names.me));
	buf_set(&r->idhost, buf_str(&names.idhost));
	hostnames_free(&names);
	return rc < 0 ? -1 : 0;
}

void
dsn_rules_free(struct dsn_rules *r)
{
	buf_free(&r->bounceto);
	buf_free(&r->doublebounceto);
	buf_free(&r->adminaddr);
	buf_free(&r->alwaysbcc);
	buf_free(&r->me);
	buf_free(&r->idhost);
}

/* ---- who gets it ---- */

static int
is_null(struct str sender)
{
	return sender.n == 0 || str_eq(sender, STR("#@[]"));
}

int
dsn_target(const struct dsn *d, const struct dsn_rules *r, struct buf *target)
{
	buf_clear(target);
	if (is_null(d->sender))
		buf_set(target, buf_str(&r->doublebounceto));
	else if (r->bounceto.n)
		buf_set(target, buf_str(&r->bounceto));
	else if (address_valid(d->sender) || !r->adminaddr.n)
		buf_put(target, "%\n", d->sender);
	if (!target->n)
		buf_set(target, buf_str(&r->adminaddr));
	return target->n > 0;
}

/* Up to n bytes of the file; less only at its end. -1 with errno. */
static ssize_t
read_at(int fd, char *p, size_t n, off_t at)
{
	size_t have = 0;
	ssize_t got;

	while (have < n) {
		got = pread(fd, p + have, n - have, at + (off_t)have);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		have += (size_t)got;
	}
	return (ssize_t)have;
}

/* The value of the first field of that name, or p NULL. */
static struct str
field_value(struct str header, struct str name)
{
	struct str line;

	while (header.n && (line = str_trim(str_cut(&header, '\n'))).n)
		if (str_istarts(line, name))
			return str_trim(str_skip(line, name.n));
	return (struct str){ NULL, 0 };
}

/* A report about a report is recognized by its To field, as the queue may have
 * rewritten the addresses of its envelope. */
int
dsn_wanted(const struct dsn *d, struct buf *why)
{
	char block[HEADER_LOOK];
	ssize_t n = read_at(d->message, block, sizeof block, d->header);
	struct str header = { block, n > 0 ? (size_t)n : 0 };

	buf_clear(why);
	if (n < 0)
		return -1;
	if (!is_null(d->sender)) {
		if (!str_istarts(field_value(header, STR("auto-submitted:")),
		    STR("auto-replied")))
			return 1;
		buf_add(why, STR("it is an automatic answer"));
	} else if (d->kind == DSN_DELAYED) {
		buf_add(why, STR("it is a report itself"));
	} else if (str_eq(field_value(header, STR("to:")), STR("<>"))) {
		buf_add(why, STR("it is a report about a report"));
	}
	return why->n == 0;
}

/* ---- status codes ---- */

/* Length of the code at the beginning of s, or 0. */
static size_t
code_length(struct str s)
{
	size_t i = 1, digits, group;

	if (s.n == 0 || !memchr("245", s.p[0], 3))
		return 0;
	for (group = 0; group < 2; group++) {
		if (i == s.n || s.p[i++] != '.')
			return 0;
		for (digits = 0; i < s.n && chr_is(s.p[i], CHR_DIGIT); i++)
			digits++;
		if (digits < 1 || digits > 3)
			return 0;
	}
	return i;
}

/* Whether a reply code and its separator end at offset at. */
static int
after_reply_code(struct str s, size_t at)
{
	size_t i;

	if (at < 4 || (at > 4 && !chr_is(s.p[at - 5], CHR_SPACE)))
		return 0;
	for (i = at - 4; i < at - 1; i++)
		if (!chr_is(s.p[i], CHR_DIGIT))
			return 0;
	return s.p[at - 1] == ' ' || s.p[at - 1] == '-';
}

static int
stands_alone(struct str s, size_t at, size_t n)
{
	if (at && !chr_is(s.p[at - 1], CHR_SPACE) &&
	    !memchr("(#-", s.p[at - 1], 3))
		return 0;
	return at + n == s.n || s.p[at + n] != '.';
}

/* The best code in s, or n 0. */
static struct str
find_code(struct str s)
{
	struct str best = { NULL, 0 };
	size_t i, n;

	for (i = 0; i < s.n; i++) {
		n = code_length(str_skip(s, i));
		if (!n || s.p[i] == '2' || !stands_alone(s, i, n))
			continue;
		if (after_reply_code(s, i))
			return (struct str){ s.p + i, n };
		if (!best.n)
			best = (struct str){ s.p + i, n };
	}
	return best;
}

void
dsn_status(struct buf *b, enum dsn_kind kind, struct str text,
    struct str default_status)
{
	struct str code = find_code(text);

	if (!code.n)
		code = default_status;
	buf_addc(b, kind == DSN_FAILED ? '5' : '4');
	buf_add(b, str_skip(code, 1));
}

int
dsn_is_status(struct str s)
{
	return s.n && s.p[0] != '2' && code_length(s) == s.n;
}

/* ---- texts ---- */

static int
is_eight_bit(struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (chr_is(s.p[i], CHR_8BIT))
			return 1;
	return 0;
}

/* Appends text fit for one line: no control bytes, and nothing beyond ASCII
 * or, with utf8 set, nothing that is not UTF-8. */
static void
add_words(struct buf *b, struct str text, int utf8)
{
	struct buf line = { 0 };
	struct str rest, character;
	unsigned long code;

	buf_clean(&line, text, DSN_TEXT);
	rest = buf_str(&line);
	while (rest.n) {
		character = rest;
		character.n = str_character(rest, &code);
		rest = str_skip(rest, character.n ? character.n : 1);
		if (!character.n || (code > 127 && !utf8))
			buf_addc(b, '?');
		else
			buf_add(b, character);
	}
	buf_free(&line);
}

/* How much of s goes on a line of about so many columns: up to a blank, else up
 * to the middle of a word, but never of a character. */
static size_t
line_length(struct str s, size_t columns)
{
	size_t i, fits = 0;

	if (s.n <= columns)
		return s.n;
	for (i = 1; i < s.n && i < COLUMNS_MAX && (i < columns || !fits); i++)
		if (s.p[i] == ' ' && i + 1 < s.n && s.p[i + 1] != ' ')
			fits = i;
	if (fits || i == s.n)
		return fits ? fits : s.n;
	while (((unsigned char)s.p[i] & 0xc0) == 0x80)
		i--;
	return i;
}

/* Appends text, to a line with so many columns in use, and a line end; what
 * does not fit goes on further lines, each after indent. */
static void
add_folded(struct buf *b, struct str text, size_t used, size_t columns,
    struct str indent)
{
	size_t n = line_length(text, columns - used);

	buf_add(b, str_head(text, n));
	for (text = str_skip(text, n); text.n; text = str_skip(text, n)) {
		if (text.p[0] == ' ')
			text = str_skip(text, 1);
		n = line_length(text, columns - used);
		buf_put(b, "\n%%", indent, str_head(text, n));
	}
	buf_addc(b, '\n');
}

/* RFC 6533 section 3, in its form for reports of 7 bits. */
static void
add_utf8_address(struct buf *b, struct str address)
{
	struct buf quoted = { 0 };
	struct str rest;
	unsigned long code;
	size_t n;

	addr_put(&quoted, address);
	rest = buf_str(&quoted);
	while (rest.n) {
		n = str_character(rest, &code);
		if (!n)
			code = '?';
		rest = str_skip(rest, n ? n : 1);
		if (n && code > ' ' && code < 127 &&
		    !memchr("+=\\", (int)code, 3))
			buf_addc(b, (char)code);
		else
			buf_fmt(b, "\\x{%02lx}", code);
	}
	buf_free(&quoted);
}

/* ---- the quoted part ---- */

/* What survey has found in the message so far. */
struct survey {
	struct quote *q;
	off_t at;
	off_t line;		/* where the present line begins */
	int blank;		/* nothing or CRs so far */
	int body;
	long left;		/* body lines; negative: all */
};

/* The end of a line; 1 if the quoted part ends with it or before it. */
static int
line_ends(struct survey *s)
{
	int last = 0;

	s->q->end = s->at + 1;
	if (s->body) {
		last = s->left > 0 && --s->left == 0;
	} else if (s->blank) {
		s->body = 1;
		last = s->left == 0;
		if (last)
			s->q->end = s->line;
	}
	s->line = s->at + 1;
	s->blank = 1;
	return last;
}

/* 1 if the quoted part ends in this block. */
static int
survey_block(struct survey *s, struct str block)
{
	size_t i;

	for (i = 0; i < block.n; i++, s->at++) {
		if (block.p[i] == '\n') {
			if (line_ends(s))
				return 1;
		} else if (block.p[i] != '\r') {
			s->blank = 0;
			s->q->eight_bit |= chr_is(block.p[i], CHR_8BIT) != 0;
		}
	}
	return 0;
}

static int
survey(const struct dsn *d, struct quote *q)
{
	struct survey s = { q, d->header, d->header, 1, 0, d->lines };
	char block[BLOCK];
	ssize_t n;

	*q = (struct quote){ d->header, 0, 0 };
	while ((n = read_at(d->message, block, sizeof block, s.at)) > 0)
		if (survey_block(&s, (struct str){ block, (size_t)n }))
			return 0;
	q->unended = q->end < s.at;
	q->end = s.at;
	return (int)n;
}

int
dsn_occurs(int fd, off_t from, off_t to, struct str what)
{
	char room[BLOCK + 256];
	size_t kept = 0, want, n;
	ssize_t got;

	while (from < to) {
		want = to - from < BLOCK ? (size_t)(to - from) : BLOCK;
		got = read_at(fd, room + kept, want, from);
		if (got <= 0)
			return (int)got;
		from += got;
		n = kept + (size_t)got;
		if (memmem(room, n, what.p, what.n))
			return 1;
		kept = n < what.n ? n : what.n;
		memmove(room, room + n - kept, kept);
	}
	return 0;
}

/* Early in a boot there is no randomness yet. The search in the message, which
 * was there first, is then enough to make the boundary good. */
static void
random_bytes(unsigned char *p, size_t n, unsigned attempt)
{
	struct timespec now = { 0, 0 };
	unsigned long long mix;
	size_t i;

	if (getrandom(p, n, GRND_NONBLOCK) == (ssize_t)n)
		return;
	clock_gettime(CLOCK_MONOTONIC, &now);
	mix = (unsigned long long)now.tv_nsec << 32 ^
	    (unsigned long long)getpid() << 16 ^ attempt;
	for (i = 0; i < n; i++) {
		mix = mix * 6364136223846793005ULL + 1442695040888963407ULL;
		p[i] = (unsigned char)(mix >> 56);
	}
}

static int
choose_boundary(struct report *r)
{
	unsigned char noise[16];
	unsigned attempt;
	size_t i;
	int found = 1;

	for (attempt = 0; found > 0; attempt++) {
		if (attempt == BOUNDARIES_TRIED) {
			errno = EAGAIN;
			return -1;
		}
		random_bytes(noise, sizeof noise, attempt);
		buf_set(&r->boundary, STR("=_"));
		for (i = 0; i < sizeof noise; i++)
			buf_fmt(&r->boundary, "%02x", noise[i]);
		found = dsn_occurs(r->d->message, r->d->header, r->quote.end,
		    buf_str(&r->boundary));
	}
	return found;
}

/* ---- the report ---- */

static void
flush_report(struct report *r)
{
	if (!r->failed && r->out.n &&
	    r->put(r->context, buf_str(&r->out)) < 0)
		r->failed = 1;
	buf_clear(&r->out);
}

static void
add_date(struct report *r, struct str name, time_t t)
{
	if (!t)
		return;
	buf_add(&r->out, name);
	date_local(&r->out, t);
	buf_addc(&r->out, '\n');
}

static void
begin_part(struct report *r, struct str type, int eight_bit)
{
	buf_put(&r->out, "\n--%\nContent-Type: %\n", buf_str(&r->boundary),
	    type);
	if (eight_bit)
		buf_add(&r->out, STR("Content-Transfer-Encoding: 8bit\n"));
}

static void
add_header(struct report *r, struct str target)
{
	struct buf *b = &r->out;
	struct str me = buf_str(&r->r->me);
	struct timespec now = { 0, 0 };

	clock_gettime(CLOCK_REALTIME, &now);
	buf_put(b,
	    "\n%\nFrom: Message Delivery Subsystem <MAILER-DAEMON@%>\nTo: <",
	    target, me);
	if (!is_null(r->d->sender))
		addr_put(b, r->d->sender);
	buf_add(b, STR(">\nSubject: Returned mail: Could not send message\n"));
	add_date(r, STR("Date: "), now.tv_sec);
	buf_fmt(b, "Message-Id: <%lld.%06ld.%ld.nullmailer@",
	    (long long)now.tv_sec, now.tv_nsec / 1000, (long)getpid());
	buf_put(b, "%>\nMIME-Version: 1.0\nContent-Type: multipart/report; "
	    "report-type=delivery-status;\n\tboundary=\"%\"\nAuto-Submitted: "
	    "auto-replied\n", buf_str(&r->r->idhost), buf_str(&r->boundary));
	if (r->eight_bit || r->quote.eight_bit)
		buf_add(b, STR("Content-Transfer-Encoding: 8bit\n"));
}

static void
add_text_recipients(struct report *r)
{
	const struct dsn_recipient *one = r->d->recipients;
	struct str indent = STR("            ");
	struct buf text = { 0 };
	size_t i;

	for (i = 0; i < r->d->count; i++, one++) {
		buf_addc(&r->out, '\t');
		add_words(&r->out, one->address, 1);
		buf_addc(&r->out, '\n');
		buf_clear(&text);
		add_words(&text, one->diagnostic, 1);
		if (text.n) {
			buf_add(&r->out, indent);
			add_folded(&r->out, buf_str(&text), indent.n,
			    COLUMNS_TEXT, indent);
		}
		if (r->out.n > OUT_FULL)
			flush_report(r);
	}
	buf_free(&text);
}

static void
add_text(struct report *r)
{
	struct buf *b = &r->out;
	int failed = r->d->kind == DSN_FAILED;

	begin_part(r, r->eight_bit ? STR("text/plain; charset=utf-8") :
	    STR("text/plain; charset=us-ascii"), r->eight_bit);
	buf_add(b, failed ?
	    STR("\nThe message whose header you find below could not be "
	    "delivered to\nthese recipients, and will not be tried again:\n\n")
	    : STR("\nThe message whose header you find below has not been "
	    "delivered yet to\nthese recipients. There is nothing you need "
	    "to do:\n\n"));
	add_text_recipients(r);
	if (failed)
		return;
	buf_addc(b, '\n');
	if (r->d->retry_until) {
		add_date(r, STR("It will be tried again until "),
		    r->d->retry_until);
		buf_addc(b, '\n');
	}
	buf_add(b, STR("If it cannot be delivered in the end, another report "
	    "will tell you;\nelse this is the only one.\n"));
}

static void
add_text_field(struct report *r, struct str name, struct str value)
{
	struct buf text = { 0 };

	if (value.n) {
		add_words(&text, value, 0);
		buf_add(&r->out, name);
		add_folded(&r->out, buf_str(&text), name.n, COLUMNS_MAX,
		    STR(" "));
	}
	buf_free(&text);
}

static void
add_recipient_group(struct report *r, const struct dsn_recipient *one)
{
	struct buf *b = &r->out;
	int utf8 = is_eight_bit(one->address);

	buf_add(b, utf8 ? STR("\nFinal-Recipient: utf-8; ") :
	    STR("\nFinal-Recipient: rfc822; "));
	if (utf8)
		add_utf8_address(b, one->address);
	else
		addr_put(b, one->address);
	buf_put(b, "\nAction: %\nStatus: %",
	    r->d->kind == DSN_FAILED ? STR("failed") : STR("delayed"),
	    one->status);
	if (!one->status.n)
		dsn_status(b, r->d->kind, one->diagnostic,
		    r->d->default_status);
	buf_addc(b, '\n');
	add_date(r, STR("Last-Attempt-Date: "), r->d->last_attempt);
	add_text_field(r, STR("Remote-MTA: dns; "), r->d->remote);
	add_text_field(r, STR("Diagnostic-Code: "), one->diagnostic);
	if (r->d->kind == DSN_DELAYED)
		add_date(r, STR("Will-Retry-Until: "), r->d->retry_until);
}

static void
add_status_part(struct report *r)
{
	size_t i;

	begin_part(r, STR("message/delivery-status"), 0);
	buf_put(&r->out, "\nReporting-MTA: x-local-hostname; %\n",
	    buf_str(&r->r->me));
	add_date(r, STR("Arrival-Date: "), r->d->arrival);
	add_text_field(r, STR("Original-Envelope-Id: "), r->d->envelope_id);
	for (i = 0; i < r->d->count; i++) {
		add_recipient_group(r, &r->d->recipients[i]);
		if (r->out.n > OUT_FULL)
			flush_report(r);
	}
}

/* 0, or -1 with errno. */
static int
add_quote(struct report *r)
{
	char block[BLOCK];
	off_t at = r->d->header, left;
	ssize_t n;

	begin_part(r, STR("message/rfc822"), r->quote.eight_bit);
	buf_addc(&r->out, '\n');
	flush_report(r);
	while (at < r->quote.end && !r->failed) {
		left = r->quote.end - at;
		n = read_at(r->d->message, block,
		    left < BLOCK ? (size_t)left : BLOCK, at);
		if (n == 0)
			errno = EIO;
		if (n <= 0)
			return -1;
		at += n;
		if (r->put(r->context, (struct str){ block, (size_t)n }) < 0)
			r->failed = 1;
	}
	if (r->quote.unended)
		buf_addc(&r->out, '\n');
	buf_put(&r->out, "\n--%--\n", buf_str(&r->boundary));
	flush_report(r);
	return r->failed ? -1 : 0;
}

static int
needs_eight_bit(const struct dsn *d)
{
	size_t i;

	for (i = 0; i < d->count; i++)
		if (is_eight_bit(d->recipients[i].address) ||
		    is_eight_bit(d->recipients[i].diagnostic))
			return 1;
	return 0;
}

int
dsn_write(const struct dsn *d, const struct dsn_rules *rules,
    struct str target, int (*put)(void *context, struct str bytes),
    void *context)
{
	struct report r = { d, rules, put, context, 0, { 0 }, { 0 }, { 0 }, 0 };
	int rc = -1;

	r.eight_bit = needs_eight_bit(d);
	if (survey(d, &r.quote) == 0 && choose_boundary(&r) == 0) {
		add_header(&r, target);
		add_text(&r);
		add_status_part(&r);
		rc = add_quote(&r);
	}
	buf_free(&r.out);
	buf_free(&r.boundary);
	return rc;
}

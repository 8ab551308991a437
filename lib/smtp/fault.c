/* fault - whose fault a failure is. */
#include "../base/chr.h"
#include "fault.h"

/* More recipients than this in one transaction may be the reason for what a
 * server says of the message. */
#define MANY 50

#define AT(stage) (1U << STAGE_##stage)
#define BEGINNING (AT(options) | AT(connect) | AT(tls) | AT(greeting) | \
	AT(helo) | AT(starttls))
#define MESSAGE (AT(mail) | AT(rcpt) | AT(data) | AT(dot))
#define ANY (BEGINNING | AT(auth) | MESSAGE | AT(session) | AT(module))

/* What a row may name beside a basic code and its class: how a connection
 * ended; an enhanced code of any class, one of class 5, all of a subject, or
 * all of class 5; a basic code without an enhanced one. */
#define HOW(how) (100 + FAULT_##how)
#define X(subject, detail) ((subject) * 1000 + (detail))
#define SUBJECT(n) (10000 + (n))
#define ANY_5 20005
#define X5(subject, detail) (30000 + X(subject, detail))
#define BARE(code) (20000 + (code))

enum { ALWAYS, ANSWERED, ACCEPTED, CROWDED };

/* The first row that matches holds. */
struct row {
	unsigned short stages;
	unsigned char only;	/* where this holds too */
	unsigned char fault;	/* enum fault */
	unsigned short temporary;
	unsigned short codes[11];
};

/* What ends a connection, and all that a connection may end by before it is
 * let in; an enhanced code makes no difference. */
static const struct row ends[] = {
	{ BEGINNING, ALWAYS, FAULT_ADDRESS, 1, { HOW(LOST), HOW(TIMEOUT), HOW(GARBLED), 2, 3, 4, 5 } },
	{ AT(auth), ALWAYS, FAULT_ADDRESS, 1, { HOW(LOST), HOW(TIMEOUT), HOW(GARBLED), 421 } },
	{ ANY, ANSWERED, FAULT_END, 1, { HOW(LOST), 421 } },
	{ ANY, ALWAYS, FAULT_CONNECTION, 1, { HOW(LOST), HOW(TIMEOUT), HOW(GARBLED), 421 } },
};

/* What a server says to a command. All rows are gone through for the enhanced
 * code, and then, if none has it, for the basic one. */
static const struct row replies[] = {
	{ AT(auth), ALWAYS, FAULT_MECHANISM, 1, { 500, 501, 502, 503, 504, 534 } },
	{ AT(auth), ALWAYS, FAULT_LOGIN, 1, { 5 } },
	{ AT(auth), ALWAYS, FAULT_REMOTE, 1, { 4 } },
	{ MESSAGE, ALWAYS, FAULT_REMOTE, 1, { 530, 535, 538, X5(7, 8), X5(7, 9), X5(7, 11), X5(7, 30), X5(7, 57), X5(3, 2), X5(4, 5) } },
	{ MESSAGE, ALWAYS, FAULT_ROUTE, 0, { X(3, 4), X(6, 7), X(6, 9) } },
	{ MESSAGE & ~AT(rcpt), ALWAYS, FAULT_ROUTE, 0, { BARE(552) } },
	{ AT(dot), CROWDED, FAULT_TRANSACTION, 1, { ANY_5, 5 } },
	{ AT(rcpt), ACCEPTED, FAULT_TRANSACTION, 1, { X(5, 3), 452, 552 } },
	{ AT(rcpt), ALWAYS, FAULT_RECIPIENT, 0, { X(5, 3), 452, 552 } },
	{ MESSAGE, ALWAYS, FAULT_WITNESS, 0, { X5(2, 252), X5(7, 60), SUBJECT(5), 500, 501, 502, 503, 504, 521, 534, 555 } },
	{ AT(rcpt), ALWAYS, FAULT_RECIPIENT, 0, { SUBJECT(1), SUBJECT(2), SUBJECT(6), 4, 5 } },
	{ MESSAGE, ALWAYS, FAULT_MESSAGE, 0, { SUBJECT(1), SUBJECT(2), SUBJECT(6), 4, 5 } },
};

/* Temporary refusals that may mean that the server is busy. At RCPT only those
 * about rate or load: greylisting wants each recipient shown once. */
static const struct row busy[] = {
	{ MESSAGE & ~AT(rcpt), ALWAYS, 0, 1, { 4 } },
	{ AT(rcpt), ALWAYS, 0, 1, { BARE(432), BARE(454), SUBJECT(3), X(4, 5), X(7, 28) } },
};

/* ---- the codes of a reply ---- */

struct code {
	int class, subject, detail;	/* class 0: there is none */
};

/* Reads "5.7.1"; what comes after it is no digit. */
static struct code
read_code(struct str text)
{
	static const struct code none;
	int part[3] = { 0, 0, 0 }, i = 0, digits = 0;
	size_t at;

	for (at = 0; at < text.n; at++) {
		if (chr_is(text.p[at], CHR_DIGIT)) {
			part[i] = part[i] * 10 + text.p[at] - '0';
			if (++digits > 3)
				return none;
		} else if (text.p[at] != '.' || !digits || i == 2) {
			break;
		} else {
			digits = 0;
			i++;
		}
	}
	if (i < 2 || !digits || (part[0] != 4 && part[0] != 5))
		return none;
	return (struct code){ part[0], part[1], part[2] };
}

/* The enhanced code of a reply; some servers say "550 #5.1.1". */
static struct code
enhanced_code(struct str reply)
{
	reply = str_skip(reply, 4);
	return read_code(str_skip(reply, str_starts(reply, STR("#"))));
}

static int
code_key(struct code x)
{
	return 2000000 + x.class * 1000000 + x.subject * 1000 + x.detail;
}

int
fault_key(int reply, struct str text)
{
	struct code x = enhanced_code(text);

	return reply && x.class ? code_key(x) : reply;
}

/* ---- the table ---- */

static int
is_this(int code, const struct fault_case *c, struct code x, int enhanced)
{
	int number = x.subject < 10 ? X(x.subject, x.detail) : -1;

	if (!c->reply)
		return code == 100 + (int)c->how;
	if (enhanced)
		return code == number || code == SUBJECT(x.subject) ||
		    (x.class == 5 && (code == ANY_5 || code == 30000 + number));
	return code == c->reply || code == c->reply / 100 ||
	    (!x.class && code == BARE(c->reply));
}

static int
holds(int only, const struct fault_case *c)
{
	return only == ANSWERED ? c->answered : only == ACCEPTED ?
	    c->accepted > 0 : only == CROWDED ? c->recipients > MANY : 1;
}

static const struct row *
first_match(const struct row *row, size_t count, const struct fault_case *c,
    struct code x, int enhanced)
{
	const unsigned short *code;

	for (; count--; row++) {
		if (!(row->stages & 1U << c->stage) || !holds(row->only, c))
			continue;
		for (code = row->codes; code < row->codes + 11 && *code; code++)
			if (is_this(*code, c, x, enhanced))
				return row;
	}
	return NULL;
}

#define FIND(rows, enhanced) \
	first_match(rows, sizeof rows / sizeof rows[0], c, x, enhanced)

struct verdict
fault_of(const struct fault_case *c)
{
	struct code x = enhanced_code(c->text);
	const struct row *row = FIND(ends, 0);

	if (!row && x.class)
		row = FIND(replies, 1);
	if (!row)
		row = FIND(replies, 0);
	if (!row)
		return (struct verdict){ FAULT_CONNECTION, 0 };
	return (struct verdict){ row->fault, !row->temporary &&
	    c->reply / 100 == 5 && x.class != 4 };
}

int
fault_may_be_busy(enum stage stage, int reply, struct str text)
{
	const struct fault_case wanted = { .stage = stage, .reply = reply,
		.text = text }, *c = &wanted;
	struct code x = enhanced_code(text);

	return reply / 100 == 4 && ((x.class && FIND(busy, 1)) ||
	    FIND(busy, 0));
}

/* ---- what softens a permanent verdict ---- */

int
fault_softened_on_probation(int reply, struct str text)
{
	struct code x = enhanced_code(text);

	return reply / 100 == 5 && (x.class != 5 ||
	    (x.subject != 1 && x.subject != 2 && x.subject != 6));
}

int
fault_softened(const char *soft_bounce, int reply, struct str text)
{
	struct str rest = str_of(soft_bounce), word;
	int key = fault_key(reply, text);
	unsigned long code;

	if (!soft_bounce || reply / 100 != 5)
		return 0;
	while (rest.n) {
		word = str_cut(&rest, ',');
		if (key == code_key(read_code(word)) ||
		    (str_number(word, 999, &code) == 0 && (int)code == reply))
			return 1;
	}
	return !*soft_bounce;
}

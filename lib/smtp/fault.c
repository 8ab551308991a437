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

enum condition { ALWAYS, ANSWERED, ACCEPTED, CROWDED };

/* codes are words, each with the blank after it. How a connection ended is one
 * letter: L lost, T timeout, G no SMTP. Of replies a word is a basic code or
 * its class, or an enhanced code or its beginning, with x for any class; "-"
 * stands for no enhanced code. The first row that matches holds. */
struct row {
	unsigned stages;
	const char *codes;
	enum condition only;
	enum fault fault;
	int temporary;
};

/* What ends a connection, and all that a connection may end by before it is
 * let in; an enhanced code makes no difference. */
static const struct row ends[] = {
	{ BEGINNING, "L T G 2 3 4 5 ", ALWAYS, FAULT_ADDRESS, 1 },
	{ AT(auth), "L T G 421 ", ALWAYS, FAULT_ADDRESS, 1 },
	{ ANY, "L 421 ", ANSWERED, FAULT_END, 1 },
	{ ANY, "L T G 421 ", ALWAYS, FAULT_CONNECTION, 1 },
};

/* What a server says to a command. All rows are gone through for the enhanced
 * code, and then, if none has it, for the basic one. */
static const struct row replies[] = {
	{ AT(auth), "500 501 502 503 504 534 ", ALWAYS, FAULT_MECHANISM, 1 },
	{ AT(auth), "5 ", ALWAYS, FAULT_LOGIN, 1 },
	{ AT(auth), "4 ", ALWAYS, FAULT_REMOTE, 1 },
	{ MESSAGE, "530 535 538 5.7.8 5.7.9 5.7.11 5.7.30 5.7.57 5.3.2 5.4.5 ", ALWAYS, FAULT_REMOTE, 1 },
	{ MESSAGE, "x.3.4 x.6.7 x.6.9 ", ALWAYS, FAULT_ROUTE, 0 },
	{ MESSAGE & ~AT(rcpt), "552- ", ALWAYS, FAULT_ROUTE, 0 },
	{ AT(dot), "5. 5 ", CROWDED, FAULT_TRANSACTION, 1 },
	{ AT(rcpt), "x.5.3 452 552 ", ACCEPTED, FAULT_TRANSACTION, 1 },
	{ AT(rcpt), "x.5.3 452 552 ", ALWAYS, FAULT_RECIPIENT, 0 },
	{ MESSAGE, "5.2.252 5.7.60 x.5 500 501 502 503 504 521 534 555 ", ALWAYS, FAULT_WITNESS, 0 },
	{ AT(rcpt), "x.1 x.2 x.6 4 5 ", ALWAYS, FAULT_RECIPIENT, 0 },
	{ MESSAGE, "x.1 x.2 x.6 4 5 ", ALWAYS, FAULT_MESSAGE, 0 },
};

/* ---- the codes of a reply ---- */

/* Cuts a number of up to three digits off the front of *s, or returns -1. */
static int
cut_number(struct str *s)
{
	int n = 0;
	size_t i;

	for (i = 0; i < s->n && i < 3 && chr_is(s->p[i], CHR_DIGIT); i++)
		n = n * 10 + (s->p[i] - '0');
	*s = str_skip(*s, i);
	return i ? n : -1;
}

/* Where the enhanced code of a reply should be; some servers say "#5.1.1". */
static struct str
enhanced_part(struct str reply)
{
	reply = str_skip(reply, 4);
	if (str_starts(reply, STR("#")))
		reply = str_skip(reply, 1);
	return reply;
}

/* Class, subject and detail; a class of 0 if text does not begin with an
 * enhanced code. */
static void
enhanced_code(struct str text, int part[3])
{
	int i;

	part[0] = 0;
	if (text.n < 5 || (text.p[0] != '4' && text.p[0] != '5') ||
	    text.p[1] != '.')
		return;
	for (i = 0; i < 3; i++) {
		part[i] = cut_number(&text);
		if (part[i] < 0 || (i < 2 && !str_starts(text, STR(".")))) {
			part[0] = 0;
			return;
		}
		if (i < 2)
			text = str_skip(text, 1);
	}
	if (text.n && chr_is(text.p[0], CHR_DIGIT))
		part[0] = 0;
}

int
fault_key(int reply, struct str text)
{
	int part[3];

	enhanced_code(enhanced_part(text), part);
	return !reply || !part[0] ? reply :
	    2000000 + part[0] * 1000000 + part[1] * 1000 + part[2];
}

/* ---- the table ---- */

/* Whether word, "5.7.8", "x.5" or "5.", is how the enhanced code begins. */
static int
is_enhanced(struct str word, const int part[3])
{
	int i, n;

	for (i = 0; word.n && i < 3; i++) {
		if (word.p[0] == 'x') {
			word = str_skip(word, 1);
		} else {
			n = cut_number(&word);
			if (n != part[i])
				return 0;
		}
		word = str_skip(word, 1);
	}
	return part[0] != 0;
}

/* Whether word, "550", "5" or "552-", is the basic code. */
static int
is_basic(struct str word, int reply, const int part[3])
{
	int n = cut_number(&word);

	if (word.n && part[0])
		return 0;
	return n == reply || n == reply / 100;
}

static int
has_code(const char *codes, const struct fault_case *c, const int part[3],
    int enhanced)
{
	struct str rest = str_of(codes), word;

	while (rest.n) {
		word = str_cut(&rest, ' ');
		if (word.p[0] >= 'G' && word.p[0] <= 'T') {
			if (!c->reply && "?LTG"[c->how] == word.p[0])
				return 1;
		} else if (str_find(word, '.') < word.n) {
			if (c->reply && enhanced && is_enhanced(word, part))
				return 1;
		} else if (c->reply && !enhanced &&
		    is_basic(word, c->reply, part)) {
			return 1;
		}
	}
	return 0;
}

static int
holds(enum condition only, const struct fault_case *c)
{
	switch (only) {
	case ALWAYS:
		break;
	case ANSWERED:
		return c->answered;
	case ACCEPTED:
		return c->accepted > 0;
	case CROWDED:
		return c->recipients > MANY;
	}
	return 1;
}

static const struct row *
matching_row(const struct row *rows, size_t count, const struct fault_case *c,
    const int part[3], int enhanced)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (rows[i].stages & 1U << c->stage &&
		    has_code(rows[i].codes, c, part, enhanced) &&
		    holds(rows[i].only, c))
			return &rows[i];
	return NULL;
}

#define FIND(rows, enhanced) \
	matching_row(rows, sizeof rows / sizeof rows[0], c, part, enhanced)

struct verdict
fault_of(const struct fault_case *c)
{
	struct verdict v = { FAULT_CONNECTION, 0 };
	const struct row *row;
	int part[3];

	enhanced_code(enhanced_part(c->text), part);
	row = FIND(ends, 0);
	if (!row)
		row = FIND(replies, 1);
	if (!row)
		row = FIND(replies, 0);
	if (!row)
		return v;
	v.fault = row->fault;
	v.permanent = !row->temporary && c->reply / 100 == 5 && part[0] != 4;
	return v;
}

/* ---- what softens a permanent verdict ---- */

int
fault_softened_on_probation(int reply, struct str text)
{
	int part[3];

	enhanced_code(enhanced_part(text), part);
	return reply / 100 == 5 && (part[0] != 5 ||
	    (part[1] != 1 && part[1] != 2 && part[1] != 6));
}

int
fault_softened(const char *soft_bounce, int reply, struct str text)
{
	struct str rest = str_of(soft_bounce), word;
	int part[3];

	if (!soft_bounce || reply / 100 != 5)
		return 0;
	enhanced_code(enhanced_part(text), part);
	while (rest.n) {
		word = str_cut(&rest, ',');
		if (str_find(word, '.') < word.n ? is_enhanced(word, part) :
		    is_basic(word, reply, part))
			return 1;
	}
	return !*soft_bounce;
}

/* addr - address lists.
 *
 *   list    = *sep [address *(*sep address)] *sep      sep = "," or ";"
 *   address = group | mailbox
 *   group   = phrase ":" *"," [mailbox *(*"," mailbox)] *"," ";"
 *   mailbox = [phrase] "<" [route] spec ">" | spec
 *   route   = "@" domain *(*"," "@" domain) ":"
 *   spec    = local *("@" domain)
 *   local   = word *("." word)     before "@": dots anywhere
 *   domain  = atom *("." [atom]) | "[" IPv4 or "IPv6:" and IPv6 "]"
 *   phrase  = word *(word | ".")
 *   word    = atom | quoted string | encoded word (RFC 2047 section 2)
 *
 * Comments may stand between any two of these and are kept, except those of a
 * group's name. Separators may be missing: "a b" is two addresses. A phrase is
 * looked for first, by reading ahead to the end of its words; where they end
 * is remembered, as the next word would have to read as far. An encoded word
 * is one token even when it holds commas or dots, never a local part that would
 * have to be completed with a domain, and never part of a domain. */
#include <arpa/inet.h>

#include "../base/chr.h"
#include "../conf/hostname.h"
#include "addr.h"

/* A special is a token whose kind is its character. */
enum { END, BAD, ATOM, QUOTED, ENCODED, LITERAL, COMMENT };

struct token {
	int kind;
	struct str raw;		/* with its quotes or brackets */
	size_t at;
	int spaced;		/* something was between it and the last one */
};

struct parser {
	struct str in;
	size_t pos;		/* after tok */
	struct token tok;
	size_t run_end;		/* of the words read ahead, */
	int run_kind;		/* and what stands there */
	struct buf comments;	/* not yet written, each after a blank */
	struct buf local;	/* of this address, as envelopes have it, */
	struct buf shown;	/* as headers have it, */
	struct buf domain;	/* and the domain of both */
	int bare;		/* it had none */
	const struct hostnames *names;
	struct addr_list *out;
};

/* Each of the next four gives the length of a token at the start of s, or 0. */

static size_t
quoted_length(struct str s)
{
	size_t i;

	for (i = 1; i < s.n; i++) {
		if (s.p[i] == '"')
			return i + 1;
		if (s.p[i] == '\\')
			i++;
	}
	return 0;
}

static size_t
comment_length(struct str s)
{
	size_t i, depth = 0;

	for (i = 0; i < s.n; i++) {
		if (s.p[i] == '(')
			depth++;
		else if (s.p[i] == ')' && --depth == 0)
			return i + 1;
		else if (s.p[i] == '\\')
			i++;
	}
	return 0;
}

static size_t
literal_length(struct str s)
{
	size_t i;

	for (i = 1; i < s.n; i++) {
		if (s.p[i] == ']')
			return i + 1;
		if (s.p[i] == '[' || s.p[i] == '\\' ||
		    chr_is(s.p[i], CHR_CTL))
			return 0;
	}
	return 0;
}

/* "=?" charset "?" B or Q "?" text "?=" */
static size_t
encoded_length(struct str s)
{
	size_t i, marks = 1;

	if (!str_starts(s, STR("=?")))
		return 0;
	for (i = 2; i < s.n && marks < 4; i++) {
		if (chr_is(s.p[i], CHR_SPACE | CHR_CTL))
			return 0;
		marks += s.p[i] == '?';
	}
	if (marks < 4 || i == s.n || s.p[i] != '=')
		return 0;
	return i + 1;
}

static size_t
atom_length(struct str s)
{
	size_t i;

	for (i = 0; i < s.n && chr_is(s.p[i], CHR_ATEXT); i++)
		;
	return i;
}

static size_t
measure_token(struct str s, int *kind)
{
	size_t n;

	switch (s.p[0]) {
	case '"':
		*kind = QUOTED;
		return quoted_length(s);
	case '(':
		*kind = COMMENT;
		return comment_length(s);
	case '[':
		*kind = LITERAL;
		return literal_length(s);
	case '<': case '>': case '@': case ',': case ';': case ':': case '.':
		*kind = s.p[0];
		return 1;
	}
	n = encoded_length(s);
	*kind = n ? ENCODED : ATOM;
	return n + atom_length(str_skip(s, n));
}

static void
lex(struct str in, size_t *pos, struct token *t)
{
	size_t start = *pos;

	while (*pos < in.n && chr_is(in.p[*pos], CHR_SPACE))
		++*pos;
	t->at = *pos;
	t->spaced = *pos > start;
	t->kind = END;
	t->raw = str_skip(in, *pos);
	if (t->raw.n == 0)
		return;
	t->raw.n = measure_token(t->raw, &t->kind);
	if (t->raw.n == 0)
		t->kind = BAD;
	*pos += t->raw.n;
}

static int
is_word(const struct token *t)
{
	return t->kind == ATOM || t->kind == QUOTED || t->kind == ENCODED;
}

/* RFC 5322 2.2.3; a tab that was there for the fold becomes a blank. */
static void
add_unfolded(struct buf *b, struct str s)
{
	size_t i;
	int folded = 0;

	for (i = 0; i < s.n; i++) {
		if (s.p[i] == '\n' || s.p[i] == '\r')
			folded = 1;
		else {
			buf_addc(b, folded && s.p[i] == '\t' ? ' ' : s.p[i]);
			folded = 0;
		}
	}
}

/* A backslash before a line end is removed with it; it could end up before the
 * closing bracket. */
static void
add_comment(struct buf *b, struct str raw)
{
	struct buf plain = { 0 };
	size_t i;

	for (i = 0; i < raw.n; i++) {
		if (raw.p[i] == '\\') {
			i++;
			if (raw.p[i] != '\n' && raw.p[i] != '\r')
				buf_addc(&plain, '\\');
		}
		buf_addc(&plain, raw.p[i]);
	}
	buf_addc(b, ' ');
	add_unfolded(b, buf_str(&plain));
	buf_free(&plain);
}

static void
advance(struct parser *p)
{
	int between = 0;

	for (;;) {
		lex(p->in, &p->pos, &p->tok);
		between |= p->tok.spaced;
		if (p->tok.kind != COMMENT)
			break;
		between = 1;
		add_comment(&p->comments, p->tok.raw);
	}
	p->tok.spaced = between;
}

/* The kind of the token after the words and dots that begin at the current one.
 * A comment before a dot ends a phrase. */
static int
after_phrase(struct parser *p)
{
	size_t pos = p->tok.at;
	struct token t = { 0 };
	int commented = 0;

	if (p->tok.at < p->run_end)
		return p->run_kind;
	for (;;) {
		lex(p->in, &pos, &t);
		if (!is_word(&t) && t.kind != COMMENT &&
		    (t.kind != '.' || commented))
			break;
		commented = t.kind == COMMENT;
	}
	p->run_end = t.at;
	p->run_kind = t.kind;
	return t.kind;
}

/* The text in a quoted string: without the quotes, white space at the ends,
 * and backslashes. */
static void
unquote_text(struct buf *text, struct str raw)
{
	struct buf plain = { 0 };
	size_t i;

	for (i = 1; i + 1 < raw.n; i++) {
		if (raw.p[i] == '\\')
			i++;
		buf_addc(&plain, raw.p[i]);
	}
	buf_clear(text);
	add_unfolded(text, str_trim(buf_str(&plain)));
	buf_free(&plain);
}

/* Appends the word as a header shows it, in a phrase or in a local part;
 * value, if not NULL, gets what it means. */
static void
put_word(struct buf *b, const struct token *t, int phrase, struct buf *value)
{
	struct buf text = { 0 };

	if (t->kind == QUOTED)
		unquote_text(&text, t->raw);
	else
		buf_set(&text, t->raw);
	if (value)
		buf_add(value, buf_str(&text));
	if ((t->kind == QUOTED || !phrase) &&
	    !addr_is_bare(buf_str(&text), phrase))
		addr_put_quoted(b, buf_str(&text));
	else
		buf_add(b, buf_str(&text));
	buf_free(&text);
}

/* Writes the phrase and moves past it. Returns the length of the comments
 * before its last word. */
static size_t
put_phrase(struct parser *p)
{
	size_t inside = 0, start = p->tok.at;

	while (p->tok.at < p->run_end) {
		inside = p->comments.n;
		if (p->tok.at > start && p->tok.spaced)
			buf_addc(&p->out->items, ' ');
		put_word(&p->out->items, &p->tok, 1, NULL);
		advance(p);
	}
	return inside;
}

/* Dots where none belong, as in "joe.@x", are valid in quotes. */
static int
local_part(struct parser *p)
{
	int want_word = 1, words = 0, odd = 0, encoded = 0;

	buf_clear(&p->local);
	buf_clear(&p->shown);
	for (;; advance(p)) {
		if (p->tok.kind == '.') {
			buf_addc(&p->local, '.');
			buf_addc(&p->shown, '.');
			odd |= want_word;
			want_word = 1;
		} else if (want_word && is_word(&p->tok)) {
			put_word(&p->shown, &p->tok, 0, &p->local);
			encoded |= p->tok.kind == ENCODED;
			want_word = 0;
			words++;
		} else
			break;
	}
	odd |= want_word;
	if (words == 0 || ((odd || encoded) && p->tok.kind != '@'))
		return -1;
	if (odd) {
		buf_clear(&p->shown);
		addr_put_quoted(&p->shown, buf_str(&p->local));
	}
	return 0;
}

static int
literal_domain(struct parser *p)
{
	struct str text = { p->tok.raw.p + 1, p->tok.raw.n - 2 };
	struct buf address = { 0 };
	unsigned char room[16];
	int ok;

	text = str_trim(text);
	if (str_istarts(text, STR("IPv6:"))) {
		buf_set(&address, str_skip(text, 5));
		ok = inet_pton(AF_INET6, buf_z(&address), room) == 1;
	} else {
		buf_set(&address, text);
		ok = inet_pton(AF_INET, buf_z(&address), room) == 1;
	}
	buf_free(&address);
	buf_set(&p->domain, STR("["));
	buf_put(&p->domain, "%]", text);
	advance(p);
	return ok ? 0 : -1;
}

static int
is_label(const struct token *t)
{
	return t->kind == ATOM && !str_starts(t->raw, STR("=?"));
}

static int
domain(struct parser *p)
{
	if (p->tok.kind == LITERAL)
		return literal_domain(p);
	if (!is_label(&p->tok))
		return -1;
	buf_set(&p->domain, p->tok.raw);
	advance(p);
	while (p->tok.kind == '.') {
		buf_addc(&p->domain, '.');
		advance(p);
		if (is_label(&p->tok)) {
			buf_add(&p->domain, p->tok.raw);
			advance(p);
		}
	}
	return 0;
}

static int
has_control(const struct buf *b)
{
	size_t i;

	for (i = 0; i < b->n; i++)
		if (chr_is(b->p[i], CHR_CTL))
			return 1;
	return 0;
}

static int
spec(struct parser *p)
{
	int hosts = 0;

	buf_clear(&p->domain);
	if (local_part(p) < 0)
		return -1;
	while (p->tok.kind == '@') {
		if (hosts++) {
			buf_put(&p->local, "@%", buf_str(&p->domain));
			buf_put(&p->shown, "@%", buf_str(&p->domain));
		}
		advance(p);
		if (domain(p) < 0)
			return -1;
	}
	p->bare = !hosts;
	if (p->names)
		hostnames_qualify(p->names, &p->domain);
	return has_control(&p->local) || has_control(&p->domain) ? -1 : 0;
}

static void
put_spec(struct parser *p)
{
	struct addr_list *l = p->out;
	struct str at = p->domain.n ? STR("@") : STR("");
	size_t start;
	int bare;

	if (!l->count) {
		l->spec = l->items.n;
		l->spec_n = p->shown.n + at.n + p->domain.n;
	}
	buf_cat(&l->items, buf_str(&p->shown), at, buf_str(&p->domain));
	start = l->recipients.n;
	buf_put(&l->recipients, "%%%\n", buf_str(&p->local), at,
	    buf_str(&p->domain));
	bare = p->bare && str_find(buf_str(&p->local), '@') == p->local.n;
	buf_add(&l->typed, bare ? buf_str(&p->local) :
	    str_skip(buf_str(&l->recipients), start));
	if (bare)
		buf_addc(&l->typed, '\n');
	l->count++;
}

static int
route(struct parser *p)
{
	while (p->tok.kind == '@' || p->tok.kind == ',') {
		int hop = p->tok.kind == '@';

		advance(p);
		if (hop && domain(p) < 0)
			return -1;
	}
	if (p->tok.kind != ':')
		return -1;
	advance(p);
	return 0;
}

static int
in_brackets(struct parser *p)
{
	advance(p);
	if (p->tok.kind == '@' && route(p) < 0)
		return -1;
	if (spec(p) < 0 || p->tok.kind != '>')
		return -1;
	buf_addc(&p->out->items, '<');
	put_spec(p);
	buf_addc(&p->out->items, '>');
	advance(p);
	return 0;
}

static void
put_comments(struct parser *p)
{
	buf_add(&p->out->items, buf_str(&p->comments));
	buf_clear(&p->comments);
}

static int
named(struct parser *p)
{
	struct buf later = { 0 };
	size_t inside = put_phrase(p);

	buf_set(&later, str_skip(buf_str(&p->comments), inside));
	buf_add(&p->out->items, str_head(buf_str(&p->comments), inside));
	buf_addc(&p->out->items, ' ');
	buf_set(&p->comments, buf_str(&later));
	buf_free(&later);
	return in_brackets(p);
}

static int
parse_mailbox(struct parser *p)
{
	if (!p->out->count)
		p->out->mailbox = p->out->items.n;
	if (p->tok.kind == '<')
		return in_brackets(p);
	if (is_word(&p->tok) && after_phrase(p) == '<')
		return named(p);
	if (spec(p) < 0)
		return -1;
	put_spec(p);
	return 0;
}

static int
group(struct parser *p)
{
	int members = 0;

	put_phrase(p);
	buf_clear(&p->comments);
	buf_add(&p->out->items, STR(": "));
	advance(p);
	for (;;) {
		while (p->tok.kind == ',')
			advance(p);
		if (p->tok.kind == ';')
			break;
		if (members++) {
			put_comments(p);
			buf_addc(&p->out->items, '\n');
		}
		if (parse_mailbox(p) < 0)
			return -1;
	}
	put_comments(p);
	buf_addc(&p->out->items, ';');
	advance(p);
	return 0;
}

static int
address_list(struct parser *p)
{
	struct buf *items = &p->out->items;
	int rc = 0;

	advance(p);
	while (rc == 0) {
		while (p->tok.kind == ',' || p->tok.kind == ';')
			advance(p);
		if (p->tok.kind == END)
			break;
		if (items->n) {
			put_comments(p);
			buf_addc(items, '\n');
		}
		rc = is_word(&p->tok) && after_phrase(p) == ':' ? group(p)
		    : parse_mailbox(p);
	}
	if (items->n)
		put_comments(p);
	else
		buf_add(items, str_skip(buf_str(&p->comments), 1));
	if (items->n)
		buf_addc(items, '\n');
	return rc;
}

int
addr_parse(struct addr_list *l, struct str text, const struct hostnames *names)
{
	struct parser p = { 0 };
	int rc;

	buf_clear(&l->items);
	buf_clear(&l->recipients);
	buf_clear(&l->typed);
	l->count = 0;
	p.in = str_head(text, str_find(text, '\0'));
	p.names = names;
	p.out = l;
	rc = address_list(&p);
	buf_free(&p.comments);
	buf_free(&p.local);
	buf_free(&p.shown);
	buf_free(&p.domain);
	return rc;
}

void
addr_free(struct addr_list *l)
{
	buf_free(&l->items);
	buf_free(&l->recipients);
	buf_free(&l->typed);
	l->count = 0;
}

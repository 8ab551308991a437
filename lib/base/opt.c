/* opt - options as table rows; the grammar is that of the man pages: bundled
 * letters, values attached or next, long names exact. */
#include <limits.h>
#include <string.h>

#include "buf.h"
#include "chr.h"
#include "opt.h"

/* next: the rest of argv, for values; or an empty list. values: the targets of
 * the row that was found last. */
struct args {
	const struct opts *o;
	char **next;
	struct buf *why;
	char *values;
};

static int
takes_value(const struct opt *row)
{
	return row->kind == OPT_STRING || row->kind == OPT_INT ||
	    row->kind == OPT_UINT || row->kind == OPT_IGNORE_VALUE;
}

static int
may_have_value(const struct opt *row)
{
	return row->kind == OPT_OPTIONAL || row->kind == OPT_IGNORE_OPTIONAL;
}

static int
is_option(const struct opt *row, char letter, struct str name)
{
	return letter ? row->letter == letter :
	    row->name && str_eq(str_of(row->name), name);
}

/* By its letter; without one by its name. */
static const struct opt *
option_row(struct args *a, char letter, struct str name)
{
	const struct opts *o;
	size_t i;

	for (o = a->o; o; o = o->more)
		for (i = 0; i < o->count; i++)
			if (is_option(&o->rows[i], letter, name)) {
				a->values = o->values;
				return &o->rows[i];
			}
	return NULL;
}

static int
fail_option(struct buf *why, const char *text, struct str what)
{
	buf_cat(why, str_of(text), what);
	return -1;
}

static int
set_number(int kind, void *target, const char *text, struct buf *why)
{
	unsigned long number;
	struct str digits = str_of(text);
	int negative = 0;

	while (digits.n && chr_is(digits.p[0], CHR_SPACE))
		digits = str_skip(digits, 1);
	if (kind == OPT_UINT) {
		if (str_number(digits, ULONG_MAX, &number) < 0)
			return fail_option(why, "invalid unsigned integer: ",
			    str_of(text));
		*(unsigned long *)target = number;
		return 0;
	}
	if (digits.n && (digits.p[0] == '-' || digits.p[0] == '+')) {
		negative = digits.p[0] == '-';
		digits = str_skip(digits, 1);
	}
	if (str_number(digits, INT_MAX, &number) < 0)
		return fail_option(why, "invalid integer: ", str_of(text));
	*(int *)target = negative ? -(int)number : (int)number;
	return 0;
}

static int
apply_option(const struct args *a, const struct opt *row, const char *value)
{
	void *target = a->values + row->at;

	switch (row->kind) {
	case OPT_FLAG:
	case OPT_SET:
		*(int *)target = row->kind == OPT_FLAG ? 1 : row->value;
		break;
	case OPT_STRING:
	case OPT_OPTIONAL:
		*(const char **)target = value;
		break;
	case OPT_INT:
	case OPT_UINT:
		return set_number(row->kind, target, value, a->why);
	}
	return 0;
}

static int
unknown(struct args *a, const char *text, struct str what, int may_follow)
{
	const char *next = *a->next;

	buf_cat(a->why, str_of(text), what);
	if (!(a->o->flags & OPT_TOLERANT))
		return -1;
	if (may_follow && next && *next != '-' && !strchr(next, '@') &&
	    a->next[1]) {
		a->next++;
		buf_add(a->why, STR(" and its value"));
	}
	buf_addc(a->why, '\n');
	return 0;
}

static int
needs_value(struct args *a, const char *dash, struct str name)
{
	buf_put(a->why, "option %% requires a value.", str_of(dash), name);
	return -1;
}

static int
long_option(struct args *a, const char *text)
{
	struct str rest = str_of(text);
	struct str name = str_cut(&rest, '=');
	const struct opt *row = option_row(a, 0, name);
	const char *value = rest.p;

	if (!row) {
		struct buf quoted = { 0 };
		int rc;

		/* The value of a misspelt option may be a secret. */
		buf_put(&quoted, "'--%'", name);
		rc = unknown(a, "unknown option string: ", buf_str(&quoted),
		    !value);
		buf_free(&quoted);
		return rc;
	}
	if (may_have_value(row))
		return apply_option(a, row, value ? value : "");
	if (!takes_value(row) && value) {
		buf_put(a->why, "option --% does not take a value.", name);
		return -1;
	}
	if (takes_value(row) && !value) {
		if (!*a->next)
			return needs_value(a, "--", name);
		value = *a->next++;
	}
	return apply_option(a, row, value);
}

static int
letter_options(struct args *a, const char *letters)
{
	for (; *letters; letters++) {
		struct str letter = { letters, 1 };
		const struct opt *row = option_row(a, *letters, letter);

		if (!row) {
			if (unknown(a, "unknown option letter -", letter, 0)
			    < 0)
				return -1;
			continue;
		}
		if (may_have_value(row))
			return apply_option(a, row, letters + 1);
		if (!takes_value(row)) {
			apply_option(a, row, NULL);
			continue;
		}
		if (letters[1])
			return apply_option(a, row, letters + 1);
		if (!*a->next)
			return needs_value(a, "-", letter);
		return apply_option(a, row, *a->next++);
	}
	return 0;
}

static int
parse_option(struct args *a, const char *arg)
{
	if (arg[1] == '-')
		return long_option(a, arg + 2);
	if (a->o->flags & OPT_SINGLE_DASH && !option_row(a, arg[1], STR("")))
		return long_option(a, arg + 1);
	return letter_options(a, arg + 1);
}

/* Moves words to before those at first; returns the place after them. */
static char **
move_words(char **first, char **from, char **to)
{
	char *word;

	for (; from < to; from++) {
		word = *from;
		memmove(first + 1, first,
		    (size_t)(from - first) * sizeof *first);
		*first++ = word;
	}
	return first;
}

int
opt_args(const struct opts *o, int argc, char **argv, struct buf *why)
{
	char **first = argv + 1, **option;
	struct args a = { o, first, why, NULL };
	int end = argc < 1;

	while (!end && *(option = a.next)) {
		a.next++;
		if (**option != '-') {
			end = !(o->flags & OPT_ANYWHERE);
			continue;
		}
		end = !strcmp(*option, "-") || !strcmp(*option, "--");
		if (!end && parse_option(&a, *option) < 0)
			return -1;
		first = move_words(first, option, a.next);
	}
	return argc < 1 ? 0 : (int)(first - argv);
}

int
opt_text(const struct opts *o, const char *text, struct buf *why)
{
	static char *nothing[] = { NULL };
	struct args a = { o, nothing, why, NULL };

	if (!strcmp(text, "-") || !strcmp(text, "--"))
		return 0;
	return text[0] == '-' ? parse_option(&a, text) : long_option(&a, text);
}

static void
put_help_line(const struct opt *row, struct str dash, struct buf *out)
{
	size_t start = out->n;

	buf_add(out, STR("  "));
	if (row->letter)
		buf_put(out, "-%", (struct str){ &row->letter, 1 });
	else
		buf_add(out, STR("  "));
	if (row->name)
		buf_cat(out, row->letter ? STR(", ") : STR("  "), dash,
		    str_of(row->name));
	if (takes_value(row))
		buf_add(out, STR(" VALUE"));
	else if (may_have_value(row))
		buf_add(out, STR("[VALUE]"));
	do
		buf_addc(out, ' ');
	while (out->n < start + 28);
	buf_fmt(out, "%s\n", row->help);
}

void
opt_help(const struct opts *o, struct buf *out)
{
	struct str dash = o->flags & OPT_SINGLE_DASH ? STR("-") : STR("--");
	size_t i;

	for (i = 0; i < o->count; i++)
		if (o->rows[i].help)
			put_help_line(&o->rows[i], dash, out);
}

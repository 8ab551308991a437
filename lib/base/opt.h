/* opt.h - options as table rows. One row parses a command line, a line
 * "name=value" on a protocol module's stdin, and prints its line of --help. */
#ifndef OPT_H
#define OPT_H

#include <stddef.h>

struct buf;

enum opt_kind {
	OPT_FLAG,		/* int: set to 1 */
	OPT_SET,		/* int: set to the row's value */
	OPT_STRING,		/* const char *: borrowed from the input */
	OPT_OPTIONAL,		/* or NULL: "" if there is none attached */
	OPT_INT,		/* int */
	OPT_UINT,		/* unsigned long */
	OPT_IGNORE,		/* accepted, no value, no effect */
	OPT_IGNORE_VALUE,	/* accepted with a value, no effect */
	OPT_IGNORE_OPTIONAL	/* or without one */
};

/* The target, which is what the kind says, is a member of the struct that
 * values of struct opts points to. */
struct opt {
	const char *name;	/* NULL: short form only */
	const char *help;	/* NULL: not listed by opt_help */
	int value;		/* for OPT_SET */
	unsigned short at;	/* the target's offset; 0 if ignored */
	char letter;		/* 0: long form only */
	unsigned char kind;	/* enum opt_kind */
};

/* What a row holds, in the order that reads best. */
#define OPT_ROW(type, letter, name, kind, member, help, value) \
	name, help, value, offsetof(struct type, member), letter, kind
#define OPT_IGNORED(letter, name, kind) name, NULL, 0, 0, letter, kind

enum {
	OPT_SINGLE_DASH = 1,	/* -name is long unless n is a letter */
	OPT_TOLERANT = 2,	/* unknown options are noted, not errors */
	OPT_ANYWHERE = 4	/* operands may come before options */
};

struct opts {
	const struct opt *rows;
	size_t count;
	int flags;
	void *values;			/* the struct with the targets */
	const struct opts *more;	/* not in rows: looked for here */
};

/* Reads options up to the first operand, "--", or a lone "-". Returns the
 * index of the first operand, or -1 with the reason appended to why. With
 * OPT_TOLERANT each unknown option adds a line to why and parsing goes on; a
 * word after it that is no address and not the last one is its value. With
 * OPT_ANYWHERE operands end nothing, and argv is sorted: they come last. */
int opt_args(const struct opts *o, int argc, char **argv, struct buf *why);

/* One option from text such as "port=25", "--port=25", "-p25" or "starttls".
 * A lone "-" or "--" is ignored. Strings stay borrowed from text.
 * 0, or -1 with the reason appended to why. */
int opt_text(const struct opts *o, const char *text, struct buf *why);

/* Appends one line for each row that has a help text. */
void opt_help(const struct opts *o, struct buf *out);

#endif

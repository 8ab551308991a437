/* cli - what all programs print. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../lib/base/buf.h"
#include "../lib/base/opt.h"
#include "cli.h"

static const char *program = "nullmailer";

void
cli_begin(const char *name)
{
	program = name;
}

const char *
cli_program(void)
{
	return program;
}

static void
put_warning(int error, const char *format, va_list ap)
{
	struct buf line = { 0 };

	buf_fmt(&line, "%s: ", program);
	buf_vfmt(&line, format, ap);
	if (*format && format[strlen(format) - 1] == ':')
		buf_fmt(&line, " %s", strerror(error));
	buf_addc(&line, '\n');
	str_write(2, buf_str(&line));
	buf_free(&line);
}

void
cli_warn(const char *format, ...)
{
	int error = errno;
	va_list ap;

	va_start(ap, format);
	put_warning(error, format, ap);
	va_end(ap);
}

void
cli_die(int code, const char *format, ...)
{
	int error = errno;
	va_list ap;

	va_start(ap, format);
	put_warning(error, format, ap);
	va_end(ap);
	exit(code);
}

static void
print_usage(const struct cli *c, const struct opts *o)
{
	struct buf text = { 0 };

	buf_fmt(&text, "usage: %s [flags]%s%s\n%s\n\n", c->program,
	    *c->operands ? " " : "", c->operands, c->about);
	opt_help(o, &text);
	buf_add(&text, STR("      --help                show this and exit\n"
	    "      --version             show the version and exit\n"));
	str_write(1, buf_str(&text));
	buf_free(&text);
}

static void
print_version(const struct cli *c)
{
	struct buf text = { 0 };

	buf_fmt(&text, "%s " VERSION "\n", c->program);
	str_write(1, buf_str(&text));
	buf_free(&text);
}

struct questions { int help, about; };

static void
answer_questions(const struct cli *c, const struct opts *o,
    const struct questions *asked)
{
	if (asked->help)
		print_usage(c, o);
	else if (asked->about)
		print_version(c);
	if (asked->help || asked->about)
		exit(0);
}

static void
misuse(const struct cli *c, const struct opts *o, const char *who,
    struct str why)
{
	struct buf line = { 0 };

	buf_put(&line, "%: %\n", str_of(who), why);
	str_write(2, buf_str(&line));
	buf_free(&line);
	print_usage(c, o);
	exit(1);
}

/* Reports the options that were ignored, a line each. */
static void
warn_ignored(const struct cli *c, struct str lines)
{
	struct buf text = { 0 };

	while (lines.n)
		buf_put(&text, "%: %, ignored\n", str_of(c->program),
		    str_cut(&lines, '\n'));
	str_write(2, buf_str(&text));
	buf_free(&text);
}

int
cli_options(const struct cli *c, const struct opts *o, int argc, char **argv)
{
	static const struct opt rows[] = {
		{ OPT_ROW(questions, 'h', "help", OPT_FLAG, help, NULL, 0) },
		{ OPT_ROW(questions, 0, "version", OPT_FLAG, about, NULL, 0) },
	};
	struct questions asked = { 0, 0 };
	const struct opts questions = { rows, 2, 0, &asked, NULL };
	struct opts all = *o;
	struct buf why = { 0 };
	int first, operands;

	all.more = &questions;
	first = opt_args(&all, argc, argv, &why);
	if (first < 0)
		misuse(c, o, argv[0], buf_str(&why));
	answer_questions(c, o, &asked);
	operands = argc - first;
	if (operands < c->least)
		misuse(c, o, c->program,
		    STR("Too few command-line arguments"));
	if (c->most >= 0 && operands > c->most)
		misuse(c, o, c->program,
		    STR("Too many command-line arguments"));
	warn_ignored(c, buf_str(&why));
	buf_free(&why);
	return first;
}

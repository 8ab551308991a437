/* opt - the grammar of options as README.md of the specification has it. */
#include <string.h>

#include "../../../lib/base/buf.h"
#include "../../../lib/base/opt.h"
#include "../t.h"

static struct values {
	int flag, mode, number, asked;
	unsigned long port;
	const char *text, *maybe;
} v;

#define ROW(...) OPT_ROW(values, __VA_ARGS__)

static const struct opt rows[] = {
	{ ROW('n', "no", OPT_FLAG, flag, "a flag", 0) },
	{ ROW(0, "bm", OPT_SET, mode, "one", 1) },
	{ ROW(0, "bp", OPT_SET, mode, NULL, 2) },
	{ ROW('f', "from", OPT_STRING, text, "a string", 0) },
	{ ROW('q', NULL, OPT_OPTIONAL, maybe, "perhaps", 0) },
	{ OPT_IGNORED('x', NULL, OPT_IGNORE_OPTIONAL) },
	{ ROW('p', "port", OPT_UINT, port, NULL, 0) },
	{ ROW('i', "int", OPT_INT, number, NULL, 0) },
	{ OPT_IGNORED('z', NULL, OPT_IGNORE) },
	{ OPT_IGNORED('o', NULL, OPT_IGNORE_VALUE) },
};
static const struct opt more_rows[] = {
	{ ROW('n', "never", OPT_FLAG, asked, NULL, 0) },
	{ ROW('h', "help", OPT_FLAG, asked, NULL, 0) },
};
static struct values others;
static const struct opts more = { more_rows, 2, 0, &others, NULL };
static struct opts opts = { rows, sizeof rows / sizeof rows[0], 0, &v, &more };
static struct buf why;

static void
reset(void)
{
	v = others = (struct values){ 0 };
	buf_clear(&why);
}

/* The arguments in line, separated by blanks; "''" is an empty one. */
static int
args(const char *line)
{
	static char copy[200], program[] = "prog";
	char *argv[20] = { program }, *next;
	int argc = 1;

	reset();
	snprintf(copy, sizeof copy, "%s", line);
	for (next = copy; *next && argc < 19; argc++) {
		argv[argc] = next;
		next += strcspn(next, " ");
		if (*next)
			*next++ = '\0';
		if (!strcmp(argv[argc], "''"))
			argv[argc][0] = '\0';
	}
	return opt_args(&opts, argc, argv, &why);
}

static int
says(const char *line, const char *words)
{
	return args(line) == -1 && !strcmp(buf_z(&why), words);
}

static int
is(const char *a, const char *b)
{
	return a && !strcmp(a, b);
}

static void
command_lines(void)
{
	T(args("") == 1 && args("a -n") == 1 && !v.flag);
	T(args("-n a") == 2 && v.flag);
	T(args("-nfA b") == 2 && v.flag && is(v.text, "A"));
	T(args("-nf A b") == 3 && v.flag && is(v.text, "A"));
	T(args("-f '' b") == 3 && is(v.text, ""));
	T(args("-f -n") == 3 && is(v.text, "-n") && !v.flag);
	T(args("-fa -fb") == 3 && is(v.text, "b"));
	T(args("--from=a=b") == 2 && is(v.text, "a=b"));
	T(args("--from=") == 2 && is(v.text, ""));
	T(args("--from a") == 3 && is(v.text, "a"));
	T(args("-n - -n") == 3 && args("-- -n") == 2 && !v.flag);
	T(args("--bm --bp") == 3 && v.mode == 2);
	T(args("-zoval -n") == 3 && v.flag && args("-o val -n") == 4 && v.flag);
	T(args("-qn") == 2 && is(v.maybe, "n") && !v.flag);
	T(args("-q n") == 2 && is(v.maybe, ""));
	T(args("-nxf a") == 2 && v.flag && !v.text);
	T(args("-p25") == 2 && v.port == 25);
	T(args("--int=-5") == 2 && v.number == -5);
	T(args("-i +5") == 3 && v.number == 5);
	T(args("-nh a") == 2 && v.flag && others.asked && !v.asked);
	T(args("--help") == 2 && others.asked && !v.flag);
	T(args("--never") == 2 && others.asked && !v.flag);
}

static void
mistakes(void)
{
	T(says("-k", "unknown option letter -k"));
	T(says("-nk", "unknown option letter -k"));
	T(says("--zz", "unknown option string: '--zz'"));
	T(says("--fro=a", "unknown option string: '--fro'"));
	T(says("--From a", "unknown option string: '--From'"));
	T(says("-bm", "unknown option letter -b"));
	T(says("-f", "option -f requires a value."));
	T(says("--from", "option --from requires a value."));
	T(says("--no=1", "option --no does not take a value."));
	T(says("--no=", "option --no does not take a value."));
	T(says("-i abc", "invalid integer: abc"));
	T(says("-i 5x", "invalid integer: 5x"));
	T(says("-i 99999999999", "invalid integer: 99999999999"));
	T(says("-p -5", "invalid unsigned integer: -5"));
	T(says("-p ''", "invalid unsigned integer: "));
}

static void
like_sendmail(void)
{
	opts.flags = OPT_SINGLE_DASH | OPT_TOLERANT;
	T(args("-bm -n") == 3 && v.mode == 1 && v.flag);
	T(args("--bp") == 2 && v.mode == 2);
	T(args("-nbm") == 2 && v.flag && v.mode == 0);
	T(!strcmp(buf_z(&why), "unknown option letter -b\n"
	    "unknown option letter -m\n"));
	T(args("-kn -n a") == 3 && v.flag);
	T(!strcmp(buf_z(&why), "unknown option string: '--kn'\n"));
	T(says("-f", "option -f requires a value."));
	opts.flags = 0;
}

static int
line(const char *in, const char *words)
{
	reset();
	return opt_text(&opts, in, &why) == (words ? -1 : 0) &&
	    (!words || !strcmp(buf_z(&why), words));
}

static void
module_lines(void)
{
	T(line("port=25", NULL) && v.port == 25);
	T(line("--port=26", NULL) && v.port == 26);
	T(line("-p27", NULL) && v.port == 27);
	T(line("no", NULL) && v.flag);
	T(line("from=a b=c", NULL) && is(v.text, "a b=c"));
	T(line("-", NULL) && line("--", NULL));
	T(line("port", "option --port requires a value."));
	T(line("25", "unknown option string: '--25'"));
	T(line("", "unknown option string: '--'"));
	T(line("no=1", "option --no does not take a value."));
	T(line("-p", "option -p requires a value."));
}

int
main(void)
{
	struct buf help = { 0 };

	command_lines();
	mistakes();
	like_sendmail();
	module_lines();
	opt_help(&opts, &help);
	T(!strcmp(buf_z(&help),
	    "  -n, --no                  a flag\n"
	    "      --bm                  one\n"
	    "  -f, --from VALUE          a string\n"
	    "  -q[VALUE]                 perhaps\n"));
	buf_free(&help);
	buf_free(&why);
	return T_END();
}

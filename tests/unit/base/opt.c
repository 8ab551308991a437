/* opt - the grammar of options as README.md of the specification has it. */
#include <string.h>

#include "../../../lib/base/buf.h"
#include "../../../lib/base/opt.h"
#include "../t.h"

static int flag, mode, number;
static unsigned long port;
static const char *text, *maybe;

static const struct opt rows[] = {
	{ 'n', "no", OPT_FLAG, &flag, "a flag", 0 },
	{ 0, "bm", OPT_SET, &mode, "one", 1 },
	{ 0, "bp", OPT_SET, &mode, NULL, 2 },
	{ 'f', "from", OPT_STRING, &text, "a string", 0 },
	{ 'q', NULL, OPT_OPTIONAL, &maybe, "perhaps", 0 },
	{ 'x', NULL, OPT_OPTIONAL, NULL, NULL, 0 },
	{ 'p', "port", OPT_UINT, &port, NULL, 0 },
	{ 'i', "int", OPT_INT, &number, NULL, 0 },
	{ 'z', NULL, OPT_IGNORE, NULL, NULL, 0 },
	{ 'o', NULL, OPT_IGNORE_VALUE, NULL, NULL, 0 },
};
static struct opts opts = { rows, sizeof rows / sizeof rows[0], 0 };
static struct buf why;

static void
reset(void)
{
	flag = mode = number = 0;
	port = 0;
	text = maybe = NULL;
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
	T(args("") == 1 && args("a -n") == 1 && !flag);
	T(args("-n a") == 2 && flag);
	T(args("-nfA b") == 2 && flag && is(text, "A"));
	T(args("-nf A b") == 3 && flag && is(text, "A"));
	T(args("-f '' b") == 3 && is(text, ""));
	T(args("-f -n") == 3 && is(text, "-n") && !flag);
	T(args("-fa -fb") == 3 && is(text, "b"));
	T(args("--from=a=b") == 2 && is(text, "a=b"));
	T(args("--from=") == 2 && is(text, ""));
	T(args("--from a") == 3 && is(text, "a"));
	T(args("-n - -n") == 3 && args("-- -n") == 2 && !flag);
	T(args("--bm --bp") == 3 && mode == 2);
	T(args("-zoval -n") == 3 && flag && args("-o val -n") == 4 && flag);
	T(args("-qn") == 2 && is(maybe, "n") && !flag);
	T(args("-q n") == 2 && is(maybe, ""));
	T(args("-nxf a") == 2 && flag && !text);
	T(args("-p25") == 2 && port == 25);
	T(args("--int=-5") == 2 && number == -5);
	T(args("-i +5") == 3 && number == 5);
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
	T(args("-bm -n") == 3 && mode == 1 && flag);
	T(args("--bp") == 2 && mode == 2);
	T(args("-nbm") == 2 && flag && mode == 0);
	T(!strcmp(buf_z(&why), "unknown option letter -b\n"
	    "unknown option letter -m\n"));
	T(args("-kn -n a") == 3 && flag);
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
	T(line("port=25", NULL) && port == 25);
	T(line("--port=26", NULL) && port == 26);
	T(line("-p27", NULL) && port == 27);
	T(line("no", NULL) && flag);
	T(line("from=a b=c", NULL) && is(text, "a b=c"));
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

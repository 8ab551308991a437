/* cli.h - what all programs print: messages, help, version. */
#ifndef CLI_H
#define CLI_H

struct buf;
struct opts;

/* Sets the name that begins every message, such as "nullmailer-queue". Each
 * x_main calls it first, as one applet may call another. */
void cli_begin(const char *program);
const char *cli_program(void);

/* "PROGRAM: text" and a newline on stderr, in one write. A format ending in
 * ':' gets a blank and strerror(errno). */
void cli_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same, then exit. */
void cli_die(int code, const char *format, ...)
    __attribute__((format(printf, 2, 3), noreturn));

struct cli {
	const char *program;
	const char *operands;	/* as shown after "usage: PROGRAM [flags]" */
	const char *about;	/* one line */
	int least, most;	/* number of operands; most -1: any */
};

/* Parses options, answers --help and --version (which the rows need not
 * list), and checks the number of operands. Returns the index of the first
 * operand; does not return after an error (exit 1) or help (exit 0). */
int cli_options(const struct cli *c, const struct opts *o, int argc,
    char **argv);

#endif

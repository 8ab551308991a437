/* smtp - the classic protocol module: transmits one message by SMTP.
 * spec/protocols.md section 1: options as arguments and on stdin, the message
 * on descriptor 3, the result as exit code and as text on stdout and stderr. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "../ssl/ssl.h"
#include "../lib/buf.h"
#include "../lib/err.h"
#include "../lib/module.h"
#include "../lib/opt.h"
#include "../lib/smtp.h"
#include "applets.h"
#include "cli.h"

/* What a module is told fits easily; a pipe that never ends does not. */
#define OPTIONS_MAX 65536

static void
verdict(int code, struct str text)
{
	struct buf line = { 0 };

	buf_cat(&line, text, STR("\n"));
	cli_write(1, &line);
	buf_set(&line, code ? STR("smtp: Failed: ") : STR("smtp: Succeeded: "));
	buf_clean(&line, text, 1024);
	buf_addc(&line, '\n');
	cli_write(2, &line);
	buf_free(&line);
}

static void
on_recipient(void *context, unsigned long id, size_t index, int code,
    struct str text)
{
	(void)context, (void)id, (void)index, (void)code, (void)text;
}

static void
on_message(void *context, unsigned long id, int code, enum stage stage,
    struct str text)
{
	(void)id, (void)stage;
	*(int *)context = code;
	/* From here on the server's word is to be our exit code. */
	signal(SIGTERM, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	verdict(code, text);
}

static void
on_note(void *context, struct str text)
{
	struct buf line = { 0 };

	(void)context;
	buf_clean(&line, text, 1024);
	cli_warn("%s", buf_z(&line));
	buf_free(&line);
}

static void
read_options(struct buf *text)
{
	ssize_t n;

	while (text->n < OPTIONS_MAX) {
		n = read(0, buf_room(text, 4096), 4096);
		if (n < 0 && errno != EINTR)
			exit(ERR_CONFIG);
		if (n == 0)
			break;
		text->n += n > 0 ? (size_t)n : 0;
		text->p[text->n] = '\0';
		if (str_starts(buf_str(text), STR("\n")) ||
		    strstr(buf_z(text), "\n\n"))
			break;
	}
}

/* Lines up to the first empty one; the options borrow from text. */
static void
parse_options(const struct opts *rows, struct buf *text)
{
	struct str rest = buf_str(text), line;
	struct buf why = { 0 };

	while (rest.n && (line = str_cut(&rest, '\n')).n) {
		text->p[line.p + line.n - text->p] = '\0';
		if (opt_text(rows, line.p, &why) == 0)
			continue;
		cli_warn("%s", buf_z(&why));
		exit(ERR_USAGE);
	}
}

/* Sends the one message; what is unanswered when the session ends failed
 * with the session. */
static int
transmit(struct smtp *s, const struct module_message *m, int *result)
{
	int code = smtp_open(s);

	if (!code)
		code = smtp_send(s, m);
	if (!code)
		code = smtp_settle(s);
	if (code && *result < 0) {
		*result = code;
		verdict(code, smtp_text(s));
	}
	return *result;
}

int
smtp_main(int argc, char **argv)
{
	static const struct cli about = { "smtp", "", "Transmit the message "
	    "on descriptor 3; options also on stdin.", 0, 0 };
	struct module_options o = { 0 };
	struct opt rows[MODULE_ROWS];
	struct opts all = { rows, module_rows(&o, rows), 0 };
	struct module_message m = { 0, 3 };
	int result = -1, code;
	struct module_report report = { &result, on_recipient, on_message,
		on_note };
	struct buf text = { 0 }, why = { 0 };
	struct smtp *s;

	cli_begin("smtp");
	cli_options(&about, &all, argc, argv);
	signal(SIGPIPE, SIG_IGN);
	prctl(PR_SET_DUMPABLE, 0);
	read_options(&text);
	parse_options(&all, &text);
	o.helo = getenv("HELOHOST");
	s = smtp_new(&o, &report, 1, &code, &why);
	if (!s) {
		verdict(code, buf_str(&why));
		return code;
	}
	if (fcntl(3, F_GETFD) < 0) {
		verdict(ERR_MSG_OPEN, STR("Could not open message"));
		return ERR_MSG_OPEN;
	}
	code = transmit(s, &m, &result);
	smtp_free(s);
	buf_wipe(&text);
	return code;
}

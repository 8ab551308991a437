/* module - the classic protocol modules, smtp and qmqp: transmit one message.
 * nullmailer-smtp(8): options as arguments and on stdin, the message on
 * descriptor 3, the result as exit code and as text on stdout and stderr. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "../lib/base/buf.h"
#include "../lib/base/opt.h"
#include "../lib/send/passcommand.h"
#include "../lib/smtp/connection.h"
#include "../lib/smtp/options.h"
#include "../lib/smtp/protocol.h"
#include "applets.h"
#include "cli.h"

/* Far more than the options need; ends the reading of an endless pipe. */
#define OPTIONS_MAX 65536

struct run {
	const struct protocol *protocol;
	struct connection *session;
	int result;		/* -1: none yet */
};

static void
print_result(const struct run *r, int code, struct str text)
{
	struct buf line = { 0 };

	buf_cat(&line, text, STR("\n"));
	str_write(1, buf_str(&line));
	buf_clear(&line);
	buf_cat(&line, str_of(r->protocol->name),
	    code ? STR(": Failed: ") : STR(": Succeeded: "));
	buf_clean(&line, text, 1024);
	buf_addc(&line, '\n');
	str_write(2, buf_str(&line));
	buf_free(&line);
}

static void
on_recipient(void *context, unsigned long id, size_t index,
    const struct result *result)
{
	(void)context, (void)id, (void)index, (void)result;
}

static void
on_message(void *context, unsigned long id, const struct result *result)
{
	struct run *r = context;

	(void)id;
	r->result = result->code;
	/* From here on the server's word is to be our exit code. */
	signal(SIGTERM, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	print_result(r, result->code, result->text);
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
		    memmem(text->p, text->n, "\n\n", 2))
			break;
	}
}

static void
fail_message(struct run *r, int code, struct str text)
{
	r->result = code;
	print_result(r, code, text);
}

/* Sends the one message. If the session ends without an answer to it, the
 * result of the session is that of the message. */
static void
transmit_message(struct run *r)
{
	const struct protocol *p = r->protocol;
	struct protocol_message m = { .fd = 3 };
	int code = p->open(r->session);

	if (!code)
		code = p->send(r->session, &m);
	if (!code)
		code = p->settle(r->session);
	if (code && r->result < 0)
		fail_message(r, code, buf_str(&r->session->text));
}

static int
run_session(struct run *r, struct options *o)
{
	struct carried carried = { 0 };
	struct protocol_report report = { r, on_recipient, on_message, on_note,
		NULL, NULL };
	struct protocol_setup setup = { o, getenv("HELOHOST"), &report,
		&carried, 1, { NULL, 0 }, { NULL, 0 }, 0 };
	struct buf why = { 0 }, secret = { 0 };
	int code = protocol_check(r->protocol, o, &why);

	if (!code && passcommand_fetch(o, &secret, &why) < 0)
		code = ERR_CONFIG;
	if (!code)
		r->session = r->protocol->create(&setup, &code, &why);
	if (!r->session)
		fail_message(r, code, buf_str(&why));
	else if (fcntl(3, F_GETFD) < 0)
		fail_message(r, ERR_MSG_OPEN, STR("Could not open message"));
	else
		transmit_message(r);
	if (r->session)
		r->protocol->free(r->session);
	buf_free(&why);
	buf_wipe(&secret);
	buf_free(&secret);
	return r->result;
}

int
module_main(int argc, char **argv)
{
	struct options o = { 0 };
	struct opts all = options_table(&o);
	struct run r = { protocol_find(str_of(cli_program())), NULL, -1 };
	struct cli about = { r.protocol->name, "", r.protocol->about, 0, 0 };
	struct buf text = { 0 }, why = { 0 };
	int code;

	cli_options(&about, &all, argc, argv);
	signal(SIGPIPE, SIG_IGN);
	prctl(PR_SET_DUMPABLE, 0);
	read_options(&text);
	if (options_parse(&o, &text, &why) < 0)
		cli_die(ERR_USAGE, "%s", buf_z(&why));
	code = run_session(&r, &o);
	buf_wipe(&text);
	buf_free(&text);
	return code;
}

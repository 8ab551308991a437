/* smtpd - queue messages from SMTP on stdin (sendmail -bs).
 *
 * For programs of this host: no authentication, no relay rules, one reply a
 * command. Commands end in CRLF or LF. The lines of the message end as that of
 * DATA: after CRLF only CRLF.CRLF ends the message, and a bare LF in it, which
 * other servers might take for a line end, gets it refused after that end
 * (RFC 5321 2.3.8). After LF, LF.LF ends it. If the input ends before, nothing
 * is queued. */
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../lib/mail/envelope.h"
#include "../lib/queue/enqueue.h"
#include "../lib/queue/store.h"
#include "applets.h"
#include "cli.h"

/* RFC 5321 4.5.3.2.7: at least five minutes. */
#define PATIENCE_MS (10 * 60 * 1000)

/* RFC 5321 4.5.3.1.4: at least 512 bytes. */
#define LINE_MAX_BYTES (ADDRESS_MAX + 512)

enum place {
	LINE_START,
	DOT,			/* after a dot at the start of a line */
	DOT_CR,
	TEXT,
	TEXT_CR
};

struct session {
	char in[16 * 1024];
	size_t at, n;
	struct buf line;	/* the command, without its end */
	int crlf;		/* how it ended */
	struct store_rules rules;
	int lenient;		/* the rules could not be read */
	struct buf sender;
	int has_sender;
	struct buf recipients;	/* LF ended */
	int over;		/* end of input, or of the reader of replies */
};

struct data {
	enum place place;
	int crlf;		/* lines end in CRLF, else in LF */
	int mixed;		/* some line ended the other way */
	int ended;
};

static void
reply(struct session *s, const char *text)
{
	struct buf line = { 0 };

	buf_put(&line, "%\r\n", str_of(text));
	if (str_write(1, buf_str(&line)) < 0)
		s->over = 1;
	buf_free(&line);
}

/* Makes sure there is input. 0, or -1 and the session is over. */
static int
fill_input(struct session *s)
{
	struct pollfd p = { 0, POLLIN, 0 };
	ssize_t n = -1;

	if (s->at < s->n)
		return 0;
	if (s->over)
		return -1;
	if (poll(&p, 1, PATIENCE_MS) == 0)
		reply(s, "421 4.4.2 Timeout, closing connection");
	else
		n = str_read(0, s->in, sizeof s->in);
	s->at = 0;
	s->n = n > 0 ? (size_t)n : 0;
	s->over |= n <= 0;
	return n > 0 ? 0 : -1;
}

/* The next command. 1; 0 if it was too long; -1 at the end of input, where a
 * command without a line end is dropped: its rest may be missing. */
static int
read_command(struct session *s)
{
	struct str rest, part;
	int fits = 1;

	buf_clear(&s->line);
	for (;;) {
		if (fill_input(s) < 0)
			return -1;
		rest = (struct str){ s->in + s->at, s->n - s->at };
		part = str_head(rest, str_find(rest, '\n'));
		fits = fits && s->line.n + part.n <= LINE_MAX_BYTES;
		if (fits)
			buf_add(&s->line, part);
		s->at += part.n + (part.n < rest.n);
		if (part.n < rest.n)
			break;
	}
	s->crlf = s->line.n && s->line.p[s->line.n - 1] == '\r';
	s->line.n -= (size_t)s->crlf;
	return fits;
}

static void
reset_transaction(struct session *s)
{
	s->has_sender = 0;
	buf_clear(&s->sender);
	buf_clear(&s->recipients);
}

/* Addresses */

/* Where the address is in a parameter of MAIL or RCPT: between < and >, else
 * after the first colon or else blank. p NULL if there is none. */
static struct str
find_address(struct str s, char *end)
{
	size_t open = str_find(s, '<');

	*end = '>';
	if (open < s.n)
		return str_skip(s, open + 1);
	*end = ' ';
	open = str_find(s, ':');
	if (open == s.n)
		open = str_find(s, ' ');
	if (open == s.n)
		return (struct str){ NULL, 0 };
	s = str_skip(s, open + 1);
	while (s.n && s.p[0] == ' ')
		s = str_skip(s, 1);
	return s;
}

/* Copies up to an end outside of quotes, without quotes. */
static void
unquote_path(struct str s, char end, struct buf *out)
{
	int quoted = 0;
	size_t i;

	for (i = 0; i < s.n && (quoted || s.p[i] != end); i++) {
		if (s.p[i] == '"')
			quoted = !quoted;
		else if (s.p[i] == '\\' && i + 1 < s.n)
			buf_addc(out, s.p[++i]);
		else
			buf_addc(out, s.p[i]);
	}
}

/* 0, or -1 if the parameter holds no address; it may be an empty one. */
static int
parse_address(struct str parameter, struct buf *out)
{
	struct buf raw = { 0 };
	struct str address;
	char end;

	address = find_address(parameter, &end);
	if (!address.p)
		return -1;
	unquote_path(address, end, &raw);
	address = buf_str(&raw);
	if (str_starts(address, STR("@"))
	    && str_find(address, ':') < address.n)
		address = str_skip(address, str_find(address, ':') + 1);
	buf_set(out, address);
	buf_free(&raw);
	return 0;
}

/* The queue program decides; what it is sure to refuse is refused here already,
 * so that the client sees which address it was. */
static int
acceptable(struct session *s, struct str address,
    int (*check)(struct store_rules *, struct str, struct buf *))
{
	struct buf stored = { 0 };
	int ok;

	s->rules.results = 0;
	buf_clear(&s->rules.nobody);
	ok = s->lenient ? address_plain(address)
	    : check(&s->rules, address, &stored);

	buf_free(&stored);
	return ok;
}

/* Commands */

static void
on_mail(struct session *s, struct str parameter)
{
	reset_transaction(s);
	s->has_sender = parse_address(parameter, &s->sender) == 0
	    && (s->sender.n == 0
	    || acceptable(s, buf_str(&s->sender), store_sender));
	reply(s, s->has_sender ? "250 2.1.0 Sender accepted"
	    : "554 5.1.2 Sender invalid");
}

static void
on_rcpt(struct session *s, struct str parameter)
{
	struct buf address = { 0 };

	if (!s->has_sender)
		reply(s, "503 5.5.1 You must send a valid sender first");
	else if (parse_address(parameter, &address) < 0 || address.n == 0
	    || !acceptable(s, buf_str(&address), store_recipient))
		reply(s, "554 5.1.2 Recipient invalid");
	else if (s->recipients.n + address.n >= ENVELOPE_MAX / 2)
		reply(s, "452 4.5.3 Too many recipients");
	else {
		buf_put(&s->recipients, "%\n", buf_str(&address));
		reply(s, "250 2.1.5 Recipient accepted");
	}
	buf_free(&address);
}

/* The message */

static int
holds_cr(const struct data *d)
{
	return d->place == DOT_CR || d->place == TEXT_CR;
}

static void
release_cr(const struct data *d, struct enqueue *q)
{
	if (holds_cr(d))
		enqueue_write(q, STR("\r"));
}

/* A dot alone ends the message if its line ends as all lines should. After
 * anything that only looks like a line end the message is refused. */
static void
take_lf(struct data *d, struct enqueue *q)
{
	int cr = holds_cr(d);
	int dot = d->place == DOT || d->place == DOT_CR;

	if (dot && cr == d->crlf)
		d->ended = 1;
	else if (dot || (d->crlf && !cr)) {
		d->mixed = 1;
		d->place = TEXT;
	} else {
		enqueue_write(q, STR("\n"));
		d->place = LINE_START;
	}
}

/* A dot at the start of a line is dropped: it is either the end or stuffing.
 * A CR is held back until it is known what follows. */
static void
take_byte(struct data *d, char c, struct enqueue *q)
{
	if (c == '\n')
		take_lf(d, q);
	else if (c == '.' && d->place == LINE_START)
		d->place = DOT;
	else if (c == '\r') {
		release_cr(d, q);
		d->place = d->place == DOT ? DOT_CR : TEXT_CR;
	} else {
		release_cr(d, q);
		enqueue_write(q, (struct str){ &c, 1 });
		d->place = TEXT;
	}
}

/* Takes input up to the end of the message; returns how much. */
static size_t
take_input(struct data *d, struct str in, struct enqueue *q)
{
	struct str rest = in, run;

	while (rest.n && !d->ended) {
		run = str_head(rest, str_find(rest, '\n'));
		run = str_head(run, str_find(run, '\r'));
		if (d->place == TEXT && run.n) {
			enqueue_write(q, run);
			rest = str_skip(rest, run.n);
		} else {
			take_byte(d, rest.p[0], q);
			rest = str_skip(rest, 1);
		}
	}
	return in.n - rest.n;
}

static void
receive_data(struct session *s, struct data *d, struct enqueue *q)
{
	while (!d->ended && fill_input(s) == 0)
		s->at += take_input(d,
		    (struct str){ s->in + s->at, s->n - s->at }, q);
}

static void
commit_message(struct session *s, struct enqueue *q)
{
	int rc = enqueue_commit(q);

	if (rc == 0) {
		reply(s, "250 2.6.0 Accepted message");
		return;
	}
	if (rc < 0) {
		cli_warn("writing to nullmailer-queue failed:");
		reply(s, "451 4.3.0 Write to nullmailer-queue failed");
		return;
	}
	cli_warn("nullmailer-queue failed: %d",
	    WIFEXITED(rc) ? WEXITSTATUS(rc) : 128 + WTERMSIG(rc));
	reply(s, "451 4.3.0 Error returned from nullmailer-queue");
}

static void
receive_message(struct session *s)
{
	struct data d = { LINE_START, s->crlf, 0, 0 };
	struct enqueue q;

	if (enqueue_open(&q, 0, queue_main) < 0) {
		cli_warn("starting nullmailer-queue failed:");
		reply(s, "451 4.3.0 Starting nullmailer-queue failed");
		return;
	}
	enqueue_write(&q, buf_str(&s->sender));
	enqueue_write(&q, STR("\n"));
	enqueue_write(&q, buf_str(&s->recipients));
	enqueue_write(&q, STR("\n"));
	reply(s, "354 End your message with a period on a line by itself");
	receive_data(s, &d, &q);
	if (d.ended && !d.mixed) {
		commit_message(s, &q);
		return;
	}
	enqueue_abort(&q);
	if (d.ended)
		reply(s, "554 5.6.0 Message refused, its line ends are mixed");
}

static void
on_data(struct session *s, struct str parameter)
{
	(void)parameter;
	if (!s->has_sender)
		reply(s, "503 5.5.1 You must send a valid sender first");
	else if (s->recipients.n == 0)
		reply(s, "503 5.5.1 You must send a valid recipient first");
	else {
		receive_message(s);
		reset_transaction(s);
	}
}

static void
on_rset(struct session *s, struct str parameter)
{
	(void)parameter;
	reset_transaction(s);
	reply(s, "250 2.3.0 OK");
}

static void
on_noop(struct session *s, struct str parameter)
{
	(void)parameter;
	reply(s, "250 2.3.0 OK");
}

static void
on_help(struct session *s, struct str parameter)
{
	(void)parameter;
	reply(s, "214 2.0.0 Help not available");
}

static void
on_quit(struct session *s, struct str parameter)
{
	(void)parameter;
	reply(s, "221 2.0.0 Good bye");
	s->over = 1;
}

static const struct command {
	const char *verb;
	void (*run)(struct session *s, struct str parameter);
	enum { ANY, REQUIRED, NONE } parameter;
} commands[] = {
	{ "HELO", on_rset, REQUIRED },
	{ "EHLO", on_rset, REQUIRED },
	{ "MAIL", on_mail, REQUIRED },
	{ "RCPT", on_rcpt, REQUIRED },
	{ "DATA", on_data, NONE },
	{ "RSET", on_rset, ANY },
	{ "NOOP", on_noop, ANY },
	{ "HELP", on_help, ANY },
	{ "QUIT", on_quit, ANY },
};

static void
run_command(struct session *s)
{
	struct str parameter = buf_str(&s->line);
	struct str verb = str_cut(&parameter, ' ');
	const struct command *c = commands;
	const struct command *end = c + sizeof commands / sizeof commands[0];

	while (parameter.n && parameter.p[0] == ' ')
		parameter = str_skip(parameter, 1);
	while (c < end && !str_ieq(verb, str_of(c->verb)))
		c++;
	if (c == end)
		reply(s, "500 5.5.1 Not implemented");
	else if (c->parameter == REQUIRED && parameter.n == 0)
		reply(s, "501 5.5.2 Syntax error, command requires a"
		    " parameter");
	else if (c->parameter == NONE && parameter.n)
		reply(s, "501 5.5.2 Syntax error, no parameters allowed");
	else
		c->run(s, parameter);
}

int
smtpd_main(int argc, char **argv)
{
	struct session s = { .n = 0 };
	int rc = 0;

	(void)argc;
	(void)argv;
	cli_begin("nullmailer-smtpd");
	signal(SIGPIPE, SIG_IGN);
	s.lenient = store_rules_load(&s.rules, 0) < 0;
	reply(&s, "220 nullmailer-smtpd ready");
	while (!s.over && (rc = read_command(&s)) >= 0) {
		if (rc == 0)
			reply(&s, "500 5.5.2 Line too long");
		else
			run_command(&s);
	}
	store_rules_free(&s.rules);
	buf_free(&s.line);
	buf_free(&s.sender);
	buf_free(&s.recipients);
	return 0;
}

/* inject - complete a message's header and queue it
 * stdin: a message, perhaps without a header. Decides the envelope, rewrites
 * the address fields, adds what is missing, and hands all of it to the queue
 * program or to stdout. See nullmailer-inject(1). */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../lib/base/chr.h"
#include "../lib/base/date.h"
#include "../lib/base/err.h"
#include "../lib/base/opt.h"
#include "../lib/conf/conf.h"
#include "../lib/conf/hostname.h"
#include "../lib/conf/user.h"
#include "../lib/mail/addr.h"
#include "../lib/mail/header.h"
#include "../lib/queue/enqueue.h"
#include "applets.h"
#include "cli.h"
#include "queue.h"

enum { EXIT_CONFIG = 18, EXIT_AGAIN = 75 };

/* Up to so many bytes a message is complete before its queue file is opened. */
enum { COLLECTED = 32 * 1024 };

enum { USE_EITHER, USE_ARGS, USE_BOTH, USE_HEADER };

struct job {
	int use;
	int print;
	int show_envelope;
	const char *from;		/* -f */
	int comment_style;		/* NULLMAILER_FLAGS: c */
	int list_recipients;		/* t; f, i and s are in header */
	struct hostnames names;
	struct header header;
	struct buf user;
	struct buf host;
	struct buf sender;
	struct buf operands;		/* their recipients, LF ended */
	struct buf typed;		/* and as they came, without a domain */
	int bare;			/* some are */
	size_t count;
	const char *writing;		/* the part that is going out */
	struct enqueue queue;
};

static void
say(struct str prefix, struct str text)
{
	struct buf line = { 0 };

	buf_add(&line, prefix);
	buf_clean(&line, text, 1024);
	buf_addc(&line, '\n');
	str_write(2, buf_str(&line));
	buf_free(&line);
}

static const char *
first_of(const char *const *variables)
{
	const char *value = NULL;

	for (; *variables && !(value && *value); variables++)
		value = getenv(*variables);
	return value && *value ? value : NULL;
}

static void
die_sender(const char *value)
{
	say(STR("nullmailer-inject: Invalid sender address: "), str_of(value));
	exit(1);
}

/* A user name may hold anything a quoted string may; not a line end, which
 * would make a second line of the envelope. */
static void
set_user(struct buf *user, const char *value)
{
	const char *c;

	for (c = value; *c; c++)
		if (chr_is(*c, CHR_CTL))
			die_sender(value);
	buf_set(user, str_of(value));
}

static void
set_host(const struct job *j, struct buf *host, const char *value)
{
	struct addr_list l = { 0 };
	struct buf text = { 0 };
	struct str address;

	buf_put(&text, "x@%", str_of(value));
	if (addr_parse(&l, buf_str(&text), &j->names) < 0 || l.count != 1)
		die_sender(value);
	address = str_head(buf_str(&l.recipients), l.recipients.n - 1);
	buf_set(host, str_skip(address, str_rfind(address, '@') + 1));
	buf_free(&text);
	addr_free(&l);
}

/* Of a user whose name is a whole address, as directories have them. 1. */
static int
use_address(struct job *j)
{
	struct addr_list l = { 0 };
	struct str address;
	size_t at = str_find(buf_str(&j->user), '@');
	int ok = at < j->user.n && addr_parse(&l, buf_str(&j->user),
	    &j->names) == 0 && l.count == 1;

	if (ok) {
		address = str_head(buf_str(&l.recipients), l.recipients.n - 1);
		at = str_rfind(address, '@');
		buf_set(&j->user, str_head(address, at));
		buf_set(&j->host, str_skip(address, at + 1));
	}
	addr_free(&l);
	return ok;
}

/* $HOSTNAME is set by shells and mostly no full name, so it is used only if it
 * is one and no file gives another. */
static void
find_names(struct job *j)
{
	static const char *const users[] = {
		"NULLMAILER_USER", "MAILUSER", "USER", "LOGNAME", NULL
	};
	static const char *const hosts[] = {
		"NULLMAILER_HOST", "MAILHOST", "HOSTNAME", NULL
	};
	const char *user = first_of(users), *host = first_of(hosts);
	struct buf name = { 0 };

	if (host && host == first_of(hosts + 2) && (j->names.configured ||
	    !strchr(host, '.')))
		host = NULL;
	if (!user && user_name(getuid(), &name))
		user = buf_z(&name);
	set_user(&j->user, user ? user : "unknown");
	buf_free(&name);
	if (host)
		set_host(j, &j->host, host);
	else if (!use_address(j))
		buf_set(&j->host, buf_str(&j->names.defaulthost));
}

static void
read_flags(struct job *j)
{
	const char *flags = getenv("NULLMAILER_FLAGS");

	for (; flags && *flags; flags++) {
		j->comment_style |= *flags == 'c';
		j->list_recipients |= *flags == 't';
		j->header.drop_from |= *flags == 'f';
		j->header.drop_message_id |= *flags == 'i';
		j->header.drop_return_path |= *flags == 's';
		j->header.from_is_sender |= *flags == 'e';
	}
}

static void
sender_from_option(struct job *j)
{
	struct addr_list l = { 0 };
	struct str from = str_of(j->from);

	if (from.n && !str_eq(from, STR("<>"))) {
		if (addr_parse(&l, from, &j->names) < 0 || l.count != 1)
			die_sender(j->from);
		buf_set(&j->sender,
		    str_head(buf_str(&l.recipients), l.recipients.n - 1));
	}
	addr_free(&l);
}

static void
sender_from_environment(struct job *j)
{
	static const char *const users[] = { "NULLMAILER_SUSER", NULL };
	static const char *const hosts[] = { "NULLMAILER_SHOST", NULL };
	const char *user = first_of(users), *host = first_of(hosts);
	struct buf part = { 0 };

	buf_set(&j->sender, buf_str(&j->user));
	if (user)
		set_user(&j->sender, user);
	buf_set(&part, buf_str(&j->host));
	if (host)
		set_host(j, &part, host);
	buf_put(&j->sender, "@%", buf_str(&part));
	buf_free(&part);
}

static void
read_operands(struct job *j, char **operands)
{
	struct addr_list l = { 0 };
	int bad = 0;

	for (; *operands; operands++) {
		if (addr_parse(&l, str_of(*operands), &j->names) < 0) {
			say(STR("Invalid recipient: "), str_of(*operands));
			bad = 1;
			continue;
		}
		buf_add(&j->operands, buf_str(&l.recipients));
		buf_add(&j->typed, buf_str(&l.typed));
		j->count += l.count;
	}
	addr_free(&l);
	if (bad)
		exit(1);
}

static int
take_field(struct job *j, struct str field)
{
	switch (header_field(&j->header, field)) {
	case HEADER_BAD:
		say(STR("nullmailer-inject: Invalid header line:\n  "), field);
		say(STR("  "), STR("Unable to parse the addresses."));
		return -1;
	case HEADER_KEPT:
		say(STR("nullmailer-inject: Warning: unable to parse the "
		    "addresses, line kept as it is: "), field);
		break;
	case HEADER_IGNORED:
		say(STR("nullmailer-inject: Warning: unable to parse the "
		    "addresses, line removed: "), field);
		break;
	case HEADER_GOOD:
		break;
	}
	return 0;
}

static void
die_reading(void)
{
	if (errno == EFBIG)
		cli_die(1, "The header is larger than %d bytes.", HEADER_MAX);
	cli_die(1, "Could not read the message:");
}

static void
read_header(struct job *j, struct header_reader *in)
{
	struct buf field = { 0 };
	int rc, bad = 0;

	while ((rc = header_read(in, &field)) > 0)
		if (take_field(j, buf_str(&field)) < 0)
			bad = 1;
	if (rc < 0)
		die_reading();
	buf_free(&field);
	if (bad)
		exit(1);
	buf_add(&j->operands, buf_str(&j->header.recipients));
	buf_add(&j->typed, buf_str(&j->header.typed));
	j->count += j->header.count;
	if (j->count == 0) {
		say(STR(""), STR("No recipients were listed."));
		exit(1);
	}
}

/* SECONDS.MICROSECONDS.PID; randomness is added to the microseconds, as a
 * machine that boots without a clock may send twice with one time and pid. */
static void
put_message_id(struct job *j, struct str name)
{
	struct buf *b = &j->header.text;
	struct timespec now;
	unsigned stir = 0;

	clock_gettime(CLOCK_REALTIME, &now);
	if (getrandom(&stir, sizeof stir, GRND_NONBLOCK) < 0)
		stir = 0;
	stir = (unsigned)(now.tv_nsec / 1000 + stir % 1000000) % 1000000;
	buf_put(b, "%: <", name);
	buf_fmt(b, "%lld.%06u.%ld.nullmailer@", (long long)now.tv_sec, stir,
	    (long)getpid());
	buf_put(b, "%>\n", buf_str(&j->names.idhost));
}

static void
put_from(struct job *j, struct str field)
{
	static const char *const variables[] = {
		"NULLMAILER_NAME", "MAILNAME", "NAME", NULL
	};
	const char *name = first_of(variables);
	struct buf address = { 0 }, item = { 0 };

	if (!name)
		name = buf_z(&j->user);
	buf_put(&address, "%@%", buf_str(&j->user), buf_str(&j->host));
	if (j->comment_style) {
		addr_put(&item, buf_str(&address));
		buf_addc(&item, ' ');
		addr_put_comment(&item, str_of(name));
	} else {
		addr_put_phrase(&item, str_of(name));
		buf_add(&item, STR(" <"));
		addr_put(&item, buf_str(&address));
		buf_addc(&item, '>');
	}
	buf_addc(&item, '\n');
	header_put_items(&j->header.text, field, buf_str(&item));
	buf_free(&address);
	buf_free(&item);
}

static void
put_recipients(struct job *j, struct str field)
{
	struct str rest = buf_str(&j->operands);
	struct buf items = { 0 };

	while (rest.n) {
		addr_put(&items, str_cut(&rest, '\n'));
		buf_addc(&items, '\n');
	}
	header_put_items(&j->header.text, field, buf_str(&items));
	buf_free(&items);
}

/* Names without a domain are left to our own queue where there are aliases,
 * whether this user may read them or not. */
static void
choose_recipients(struct job *j)
{
	struct buf complete = j->operands, text = { 0 };

	j->bare = j->typed.n < complete.n && !j->print &&
	    enqueue_is_ours() && conf_file("aliases", &text) != 0;
	buf_free(&text);
	if (!j->bare)
		return;
	j->operands = j->typed;
	j->typed = complete;
}

static void
add_missing_resent(struct job *j)
{
	struct header *h = &j->header;

	if (!header_has(h, HEADER_RESENT_DATE)) {
		buf_add(&h->text, STR("Resent-Date: "));
		date_local(&h->text, time(NULL));
		buf_addc(&h->text, '\n');
	}
	if (!header_has(h, HEADER_RESENT_MESSAGE_ID))
		put_message_id(j, STR("Resent-Message-Id"));
	if (!header_has(h, HEADER_RESENT_FROM))
		put_from(j, STR("Resent-From"));
	if (j->list_recipients && !header_has(h, HEADER_RESENT_TO) &&
	    !header_has(h, HEADER_RESENT_CC))
		put_recipients(j, STR("Resent-To"));
}

static void
add_missing_fields(struct job *j)
{
	struct header *h = &j->header;

	if (!header_has(h, HEADER_DATE)) {
		buf_add(&h->text, STR("Date: "));
		date_local(&h->text, time(NULL));
		buf_addc(&h->text, '\n');
	}
	if (!header_has(h, HEADER_MESSAGE_ID))
		put_message_id(j, STR("Message-Id"));
	if (!header_has(h, HEADER_FROM))
		put_from(j, STR("From"));
	if (header_has(h, HEADER_TO) || header_has(h, HEADER_CC))
		return;
	if (j->list_recipients)
		put_recipients(j, STR("To"));
	else
		buf_add(&h->text, STR("Cc: recipient list not shown: ;\n"));
}

static void
put_part(struct job *j, const char *part, struct str s)
{
	struct buf out = { 0 };

	if (!j->print) {
		if (!j->queue.failed)
			j->writing = part;
		enqueue_write(&j->queue, s);
		return;
	}
	buf_set(&out, s);
	if (str_write(1, buf_str(&out)) < 0)
		cli_die(1, "Could not write the message:");
	buf_free(&out);
}

static void
put_header_and_body(struct job *j, struct header_reader *in)
{
	struct str block;
	int rc = 1, error;

	if (!j->print || j->show_envelope) {
		buf_addc(&j->sender, '\n');
		put_part(j, "sender", buf_str(&j->sender));
		buf_addc(&j->operands, '\n');
		put_part(j, "recipients", buf_str(&j->operands));
	}
	buf_addc(&j->header.text, '\n');
	put_part(j, "header", buf_str(&j->header.text));
	while (!j->queue.failed && (rc = header_body(in, &block)) > 0)
		put_part(j, "message body", block);
	if (rc >= 0)
		return;
	error = errno;
	if (!j->print)
		enqueue_abort(&j->queue);
	errno = error;
	die_reading();
}

static int
explain_code(int code)
{
	if (code != 0)
		cli_warn("nullmailer-queue failed: %d", code);
	return code == 0 || code == EXIT_AGAIN ? code : 1;
}

static int
explain_status(const struct job *j, int status)
{
	if (status >= 0 && WIFEXITED(status))
		return explain_code(WEXITSTATUS(status));
	if (status < 0)
		cli_warn("Error sending %s to nullmailer-queue:", j->writing);
	else
		cli_warn("nullmailer-queue crashed or was killed: signal %d",
		    WTERMSIG(status));
	return 1;
}

static int
queue_in_process(struct job *j, struct header_reader *in, uid_t invoker)
{
	struct buf head = { 0 };
	struct str block;
	int code, rc;

	buf_put(&head, "%\n%\n%\n", buf_str(&j->sender), buf_str(&j->operands),
	    buf_str(&j->header.text));
	do {
		rc = header_body(in, &block);
		if (rc > 0)
			buf_add(&head, block);
	} while (rc > 0 && head.n < COLLECTED);
	if (rc < 0)
		die_reading();
	code = queue_here(invoker, j->bare, &head, rc > 0 ? in->fd : -1);
	cli_begin("nullmailer-inject");
	return explain_code(code);
}

/* A program that is missing or may not be executed is not worth a retry. */
static void
die_starting(void)
{
	int error = errno;

	cli_warn("Could not start nullmailer-queue:");
	if (error == ENOENT || error == EACCES || error == ENOEXEC ||
	    error == ENOTDIR || error == ELOOP)
		cli_die(1, "nullmailer-queue failed: %d", ERR_EXEC);
	exit(EXIT_AGAIN);
}

static int
send_message(struct job *j, struct header_reader *in)
{
	uid_t invoker = getuid();
	int rc;

	if (j->print) {
		put_header_and_body(j, in);
		return 0;
	}
	rc = enqueue_open(&j->queue, j->bare, NULL);
	if (rc < 0)
		die_starting();
	if (rc > 0)
		return queue_in_process(j, in, invoker);
	signal(SIGPIPE, SIG_IGN);
	put_header_and_body(j, in);
	return explain_status(j, enqueue_commit(&j->queue));
}

static void
read_configuration(struct job *j)
{
	if (hostnames_load(&j->names) < 0)
		cli_die(EXIT_CONFIG, "Error: %s", conf_why());
	j->header.names = &j->names;
}

/* Reads control files, environment and operands; exits if one is wrong. */
static void
prepare_job(struct job *j, char **operands)
{
	read_configuration(j);
	read_flags(j);
	if (j->from)
		sender_from_option(j);
	find_names(j);
	if (j->use != USE_HEADER)
		read_operands(j, operands);
	j->header.use_recipients = j->use == USE_HEADER ||
	    j->use == USE_BOTH || (j->use == USE_EITHER && !*operands);
}

static void
choose_sender(struct job *j)
{
	if (j->from)
		return;
	if (j->header.has_sender)
		buf_set(&j->sender, buf_str(&j->header.sender));
	else
		sender_from_environment(j);
}

static void
free_job(struct job *j)
{
	hostnames_free(&j->names);
	header_free(&j->header);
	buf_free(&j->user);
	buf_free(&j->host);
	buf_free(&j->sender);
	buf_free(&j->operands);
	buf_free(&j->typed);
}

int
inject_main(int argc, char **argv)
{
	struct job j = { 0 };
	struct header_reader in = { 0 };
	static const struct opt rows[] = {
#define ROW(...) OPT_ROW(job, __VA_ARGS__)
		{ ROW('a', "use-args", OPT_SET, use,
		    "recipients from the command line only", USE_ARGS) },
		{ ROW('b', "use-both", OPT_SET, use,
		    "from the command line and the header", USE_BOTH) },
		{ ROW('e', "use-either", OPT_SET, use,
		    "from the header if there are no operands", USE_EITHER) },
		{ ROW('h', "use-header", OPT_SET, use,
		    "from the header only", USE_HEADER) },
		{ ROW('f', "from", OPT_STRING, from, "envelope sender", 0) },
		{ ROW('n', "no-queue", OPT_FLAG, print,
		    "print the message instead of queueing it", 0) },
		{ ROW('v', "show-envelope", OPT_FLAG, show_envelope,
		    "print the envelope too", 0) },
#undef ROW
	};
	const struct opts options = { rows, sizeof rows / sizeof rows[0], 0,
	    &j, NULL };
	static const struct cli cli = { "nullmailer-inject",
	    "[recipients] <message",
	    "Complete the header of a message and queue it.", 0, -1 };
	int first, code;

	cli_begin("nullmailer-inject");
	first = cli_options(&cli, &options, argc, argv);
	prepare_job(&j, argv + first);
	read_header(&j, &in);
	choose_sender(&j);
	if (j.header.resent)
		add_missing_resent(&j);
	else
		add_missing_fields(&j);
	choose_recipients(&j);
	code = send_message(&j, &in);
	free_job(&j);
	return code;
}

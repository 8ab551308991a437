/* sendmail - the interface that programs expect
 * Reads the options of other sendmails, keeps those that have a meaning here,
 * and runs nullmailer-inject, nullmailer-smtpd or mailq. See sendmail(1). */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../lib/base/chr.h"
#include "../lib/base/mem.h"
#include "../lib/base/opt.h"
#include "../lib/conf/conf.h"
#include "../lib/conf/hostname.h"
#include "../lib/conf/path.h"
#include "../lib/mail/addr.h"
#include "../lib/mail/aliases.h"
#include "../lib/queue/spool.h"
#include "../lib/queue/trigger.h"
#include "applets.h"
#include "cli.h"

enum mode {
	MAIL, LIST_QUEUE, SERVE, VERIFY, ALIASES, DAEMON, ADDRESS_TEST,
	HOST_STATUS
};

struct choice {
	int mode;
	int extract;			/* -t */
	int from_header;		/* --read-envelope-from */
	const char *from;
	const char *name;
	const char *flush;		/* -q, "" without a value */
	const char *debug;
};

static void
set_variable(const char *name, const char *value)
{
	if (setenv(name, value, 1) < 0)
		mem_out();
}

static void
set_part(const char *variable, struct str value)
{
	struct buf text = { 0 };

	buf_set(&text, value);
	set_variable(variable, buf_z(&text));
	buf_free(&text);
}

/* For nullmailer-inject. s: a Return-Path in the message must not override an
 * option. e: the sender is that of the From field. */
static void
add_flags(struct str flags)
{
	struct buf text = { 0 };

	buf_cat(&text, str_of(getenv("NULLMAILER_FLAGS")), flags);
	set_variable("NULLMAILER_FLAGS", buf_z(&text));
	buf_free(&text);
}

/* A sender without a host gets the host of the environment, as the From line
 * does. */
static void
use_local_sender(struct str user)
{
	set_part("NULLMAILER_USER", user);
	set_part("NULLMAILER_SUSER", user);
	add_flags(STR("s"));
}

/* Prepares the environment for the generated From line. 1 if inject needs the
 * option too; inject also reports a wrong value. */
static int
use_sender(const char *value)
{
	struct addr_list l = { 0 };
	struct str from = str_of(value), address;
	size_t at;
	int needed = 1;

	if (from.n > 1 && str_find(from, '@') == from.n - 1)
		from.n--;
	if (from.n && addr_parse(&l, from, NULL) == 0 && l.count == 1) {
		address = str_head(buf_str(&l.recipients), l.recipients.n - 1);
		at = str_rfind(address, '@');
		needed = at < address.n;
		if (needed) {
			set_part("NULLMAILER_USER", str_head(address, at));
			set_part("NULLMAILER_HOST", str_skip(address, at + 1));
		} else
			use_local_sender(address);
	}
	addr_free(&l);
	return needed;
}

static int
send_mail(const struct choice *c, int count, char **operands)
{
	static char program[] = "nullmailer-inject", either[] = "-e",
	    both[] = "-b", from[] = "-f", end[] = "--";
	char **argv = mem_new((size_t)count + 6, sizeof argv[0]);
	int n = 0, code;

	argv[n++] = program;
	argv[n++] = c->extract ? both : either;
	if (c->from && use_sender(c->from)) {
		argv[n++] = from;
		argv[n++] = (char *)c->from;
	}
	argv[n++] = end;
	while (*operands)
		argv[n++] = *operands++;
	if (c->from_header)
		add_flags(STR("es"));
	if (c->name)
		set_variable("NULLMAILER_NAME", c->name);
	code = inject_main(n, argv);
	free(argv);
	return code;
}

/* Where this process may not read the queue, the set-uid copy is executed. */
static int
show_queue(void)
{
	static char name[] = "mailq";
	char *argv[] = { name, NULL };
	struct buf path = { 0 };
	int here;

	path_set(&path, PATH_SPOOL, "queue");
	here = access(buf_z(&path), R_OK | X_OK) == 0 || errno == ENOENT;
	buf_free(&path);
	if (here)
		return mailq_main(1, argv);
	path_set(&path, PATH_BIN, "mailq");
	execv(buf_z(&path), argv);
	cli_die(1, "Could not exec %s.", buf_z(&path));
}

static int
flush_queue(void)
{
	struct spool s = { -1, -1, -1, -1 };
	struct buf path = { 0 };
	int rc;

	path_set(&path, PATH_SPOOL, "");
	s.root = open(buf_z(&path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s.root < 0)
		cli_die(1, "Could not open %s:", buf_z(&path));
	rc = trigger_pull(&s);
	if (rc < 0 && errno == ENXIO)
		cli_warn("nullmailer-send is not running");
	else if (rc < 0)
		cli_die(1, "Could not pull the trigger in %s:", buf_z(&path));
	buf_free(&path);
	return 0;
}

static void
print(int fd, struct str prefix, struct str text, struct str suffix)
{
	struct buf line = { 0 };

	buf_add(&line, prefix);
	buf_clean(&line, text, 1024);
	buf_put(&line, "%\n", suffix);
	str_write(fd, buf_str(&line));
	buf_free(&line);
}

static int
verify_one(const char *operand, const struct hostnames *names)
{
	struct addr_list l = { 0 };
	struct str rest;
	int bad = addr_parse(&l, str_of(operand), names) < 0 || l.count == 0;

	if (bad)
		print(2, STR("Invalid recipient: "), str_of(operand), STR(""));
	rest = buf_str(&l.recipients);
	while (!bad && rest.n)
		print(1, STR(""), str_cut(&rest, '\n'),
		    STR("... would go to the smart host"));
	addr_free(&l);
	return bad;
}

static int
verify(char **operands)
{
	struct hostnames names = { 0 };
	int bad = 0;

	if (!*operands)
		cli_die(1, "-bv: no address given");
	if (hostnames_load(&names) < 0)
		cli_die(18, "Error: %s", conf_why());
	while (*operands)
		bad |= verify_one(*operands++, &names);
	hostnames_free(&names);
	return bad;
}

static int
check_aliases(void)
{
	struct buf text = { 0 };
	int good = aliases_check(&text);

	if (good < 0)
		cli_die(18, "Error: %s", conf_why());
	str_write(2, buf_str(&text));
	if (good)
		cli_warn("aliases: %d names", good);
	return text.n > 0;
}

static int
print_sendmail_version(void)
{
	print(1, STR("sendmail "), STR("(nullmailer " VERSION ")"), STR(""));
	return 0;
}

static int
run_mode(const struct choice *c, int count, char **operands)
{
	static char smtpd[] = "nullmailer-smtpd";
	char *alone[] = { smtpd, NULL };
	int has_recipients = c->extract || count > 0;

	if (c->debug && c->debug[0] == '0' &&
	    (c->mode != MAIL || !has_recipients))
		return print_sendmail_version();
	switch (c->mode) {
	case LIST_QUEUE:
		return show_queue();
	case SERVE:
		return smtpd_main(1, alone);
	case VERIFY:
		return verify(operands);
	case ALIASES:
		return check_aliases();
	case DAEMON:
		cli_die(1, "-bd: there is no SMTP daemon here; nullmailer-send "
		    "empties the queue, sendmail -bs takes SMTP on stdin");
	case ADDRESS_TEST:
		cli_die(1, "-bt: there is no address test; "
		    "nullmailer-inject -nv shows what becomes of a message");
	case HOST_STATUS:
		cli_die(1, "-bh: no status of hosts is kept; see mailq");
	}
	if (c->flush && !(has_recipients && chr_is(*c->flush, CHR_DIGIT)))
		return flush_queue();
	return send_mail(c, count, operands);
}

static int
is_newaliases(const char *name)
{
	const char *slash = strrchr(name, '/');

	return strstr(slash ? slash : name, "newaliases") != NULL;
}

int
sendmail_main(int argc, char **argv)
{
	struct choice c = { 0 };
	static const struct opt rows[] = {
#define ROW(...) { OPT_ROW(choice, __VA_ARGS__) }
#define MODE(name, value, help) ROW(0, name, OPT_SET, mode, help, value)
		MODE("bm", MAIL, "queue a message (this is the default)"),
		MODE("bp", LIST_QUEUE, "list the queue, like mailq"),
		MODE("bs", SERVE, "speak SMTP on stdin and stdout"),
		MODE("bv", VERIFY, "only check the addresses"),
		MODE("bi", ALIASES, "check the control file aliases"),
		MODE("bd", DAEMON, NULL), MODE("bD", DAEMON, NULL),
		MODE("bl", DAEMON, NULL), MODE("ba", DAEMON, NULL),
		MODE("bt", ADDRESS_TEST, NULL),
		MODE("bh", HOST_STATUS, NULL), MODE("bH", HOST_STATUS, NULL),
		ROW('I', NULL, OPT_SET, mode, NULL, ALIASES),
		ROW('q', NULL, OPT_OPTIONAL, flush,
		    "deliver what is waiting, now", 0),
		ROW('t', NULL, OPT_FLAG, extract,
		    "recipients from the header too", 0),
		ROW('f', NULL, OPT_STRING, from, "sender", 0),
		ROW('r', NULL, OPT_STRING, from, "sender", 0),
		ROW('F', NULL, OPT_STRING, name, "full name of the sender", 0),
		ROW('d', NULL, OPT_STRING, debug, NULL, 0),
		/* msmtp's */
		ROW(0, "from", OPT_STRING, from, NULL, 0),
		ROW(0, "read-recipients", OPT_FLAG, extract, NULL, 0),
		ROW(0, "read-envelope-from", OPT_FLAG, from_header, NULL, 0),
		{ OPT_IGNORED('a', "account", OPT_IGNORE_VALUE) },
#define IGNORE(letter, kind) \
	{ OPT_IGNORED(letter, NULL, OPT_IGNORE##kind) }
		IGNORE('i', ), IGNORE('m', ), IGNORE('n', ), IGNORE('U', ),
		IGNORE('v', ), IGNORE('G', ), IGNORE('B', _VALUE),
		IGNORE('C', _VALUE), IGNORE('h', _VALUE), IGNORE('L', _VALUE),
		IGNORE('N', _VALUE), IGNORE('O', _VALUE), IGNORE('o', _VALUE),
		IGNORE('p', _VALUE), IGNORE('R', _VALUE), IGNORE('V', _VALUE),
		IGNORE('X', _VALUE), IGNORE('A', _OPTIONAL),
		IGNORE('E', _OPTIONAL), IGNORE('e', _OPTIONAL),
		IGNORE('J', _OPTIONAL), IGNORE('M', _OPTIONAL),
		IGNORE('s', _OPTIONAL), IGNORE('T', _OPTIONAL),
		IGNORE('x', _OPTIONAL),
		{ OPT_IGNORED(0, "em", OPT_IGNORE) },
		{ OPT_IGNORED(0, "ep", OPT_IGNORE) },
		{ OPT_IGNORED(0, "eq", OPT_IGNORE) },
#undef ROW
#undef MODE
#undef IGNORE
	};
	const struct opts options = { rows, sizeof rows / sizeof rows[0],
	    OPT_SINGLE_DASH | OPT_TOLERANT | OPT_ANYWHERE, &c, NULL };
	static const struct cli cli = { "sendmail", "[recipients] <message",
	    "Hand a message to the queue of nullmailer.", 0, -1 };
	int first;

	cli_begin("sendmail");
	if (is_newaliases(argv[0]))
		return check_aliases();
	first = cli_options(&cli, &options, argc, argv);
	return run_mode(&c, argc - first, argv + first);
}

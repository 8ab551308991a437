/* probe - a session with each remote by the product's own resolver, TLS and
 * login, up to where a message would begin. It is a child process, as a
 * session ends in the sandbox. */
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../lib/base/clock.h"
#include "../../lib/net/net.h"
#include "../../lib/send/passcommand.h"
#include "../../lib/smtp/connection.h"
#include "../../lib/smtp/remote.h"
#include "check.h"

#define PATIENCE 30000		/* ms from connecting to the login */
#define PATIENCE_RESOLVER 90	/* s for the whole, as a resolver waits long */
#define DAYS_LEFT 14		/* of a certificate that is not too near its
				 * end */

struct probe {
	struct check *check;
	const struct remote *remote;
	long long last;		/* clock_ms of what was heard before */
	char chain[2048];
};

/* Stage and words as they come, and the likely meaning. */
static const struct {
	const char *stage, *words, *hint;
} hints[] = {
	{ "greeting", "Timed out", "a port for TLS? then write tls instead of "
	    "starttls" },
	{ "tls", "is not TLS", "a port for starttls? then write starttls "
	    "instead of tls" },
	{ "starttls", "does not offer", "perhaps tls and port 465 are right, "
	    "or something on the way takes it out" },
	{ "tls", "untrusted", "if this is your own server, its CA belongs into "
	    "x509cafile=, or its key into pin=" },
	{ "tls", "does not match hostname", "write the name in the "
	    "certificate, or tls-name=" },
	{ "auth", "does not advertise", "many servers offer a login only after "
	    "starttls" },
	{ "auth", "gmail", "Google wants an app password, or a token" },
	{ "auth", "outlook", "Microsoft no longer takes passwords in many "
	    "places: a token is needed" },
	{ "auth", "535", "user or password is wrong, or the provider wants a "
	    "password made for programs" },
	{ "connect", "efused", "nothing listens there: is it the right "
	    "port?" },
	{ "connect", "imed out", "a firewall on the way? many networks block "
	    "port 25; 587 and 465 are often open" },
	{ "connect", "DNS", "is the network up, and /etc/resolv.conf right?" },
};

const char *
check_hint(const char *stage, const char *text)
{
	size_t i;

	for (i = 0; i < sizeof hints / sizeof hints[0]; i++)
		if (!strcmp(stage, hints[i].stage) && memmem(text,
		    strlen(text), hints[i].words, strlen(hints[i].words)))
			return hints[i].hint;
	return NULL;
}

/* A reply of several lines on one, without their codes. */
static void
on_heard(void *context, enum stage stage, struct str text)
{
	struct probe *p = context;
	static struct buf line;
	long long now = clock_ms();

	if (stage == STAGE_auth && str_starts(text, STR("3")))
		return;
	buf_set(&line, str_cut(&text, '\n'));
	if (line.n > 3)
		line.p[3] = ' ';
	while (text.n)
		buf_cat(&line, STR(", "),
		    str_skip(str_cut(&text, '\n'), 4));
	check_say(p->check, CHECK_GOOD, stage_name(stage), "%s (%lld ms)",
	    buf_z(&line), now - p->last);
	if (stage == STAGE_greeting && str_eq(buf_str(&line),
	    STR("220 nullmailer-smtpd ready")))
		check_say(p->check, CHECK_BAD, "greeting", "that is our own "
		    "listener: mail would go round in circles");
	p->last = now;
}

static void
say_note(void *context, struct str text)
{
	struct probe *p = context;
	static struct buf line;

	buf_set(&line, text);
	check_say(p->check, CHECK_WARN, "note", "%s", buf_z(&line));
}

/* Each address by itself, as only one of them has the session. */
static void
try_addresses(struct probe *p)
{
	const struct options *o = &p->remote->options;
	struct net_request q = { o->host, (unsigned)o->port, o->source,
		clock_in(PATIENCE), o->ipv4 ? AF_INET : o->ipv6 ? AF_INET6 :
		AF_UNSPEC, { NULL, 0 }, { NULL, 0 } };
	static struct buf list, why, peer, address;
	struct str rest;
	int fd, last, code = net_addresses(&q, &list, &why);
	long long began;

	if (code)
		check_say(p->check, CHECK_WARN, "addresses", "%s", buf_z(&why));
	for (rest = buf_str(&list); rest.n;) {
		buf_set(&address, str_cut(&rest, '\n'));
		q.host = buf_z(&address);
		began = clock_ms();
		q.deadline = clock_in(PATIENCE / 3);
		fd = net_connect(&q, &peer, &last, &why);
		if (fd < 0)
			check_say(p->check, CHECK_WARN, "address", "%s: %s",
			    q.host, buf_z(&why));
		else
			check_say(p->check, CHECK_GOOD, "address",
			    "%s connects (%lld ms)", buf_z(&peer),
			    clock_ms() - began);
		close(fd);
	}
}

/* "... (49 days) pin=..." */
static int
days_left(struct str line)
{
	struct str days = str_skip(line, str_rfind(line, '(') + 1);
	unsigned long n = 0;

	str_number(str_cut(&days, ' '), 100000, &n);
	return (int)n;
}

static void
say_tls(struct probe *p, const struct connection *c)
{
	const struct options *o = &p->remote->options;
	struct str rest = str_of(p->chain);
	static struct buf line;

	while (rest.n) {
		buf_set(&line, str_cut(&rest, '\n'));
		check_say(p->check, days_left(buf_str(&line)) > DAYS_LEFT ?
		    CHECK_GOOD : CHECK_WARN, "certificate", "%s",
		    buf_z(&line));
	}
	if (*connection_about(c))
		check_say(p->check, CHECK_GOOD, "tls", "%s, %s",
		    connection_about(c), o->insecure ?
		    "not verified (insecure)" : o->pin && !o->cafile ?
		    "the key is the pinned one" : "chain and name verified");
}

static void
say_end(struct probe *p, const struct connection *c, int code)
{
	const struct options *o = &p->remote->options;
	const char *stage = stage_name(c->stage), *hint;
	const char *mechanism = c->setup->carried->mechanism;
	static struct buf words;

	if (!code) {
		check_say(p->check, CHECK_GOOD, "login", *mechanism ?
		    "%s as %s" : "none: no user in this line", mechanism,
		    o->user ? o->user : "the certificate says");
		return;
	}
	buf_set(&words, c->text.n ? buf_str(&c->text) : str_of(err_text(code)));
	check_say(p->check, CHECK_BAD, stage, "%s%s%s", buf_z(&words),
	    c->stage == STAGE_auth && o->user ? " for user " : "",
	    c->stage == STAGE_auth && o->user ? o->user : "");
	buf_cat(&words, STR(" "), str_of(o->host));
	hint = check_hint(stage, buf_z(&words));
	if (hint)
		check_say(p->check, CHECK_BAD, "hint", "%s", hint);
}

/* As the sender has it. */
static int
has_secret(struct probe *p, struct options *o, struct buf *secret)
{
	const char *not = o->passcommand ? passcommand_forbidden() : NULL;
	static struct buf why;

	if (!not && passcommand_fetch(o, secret, &why) == 0)
		return 1;
	check_say(p->check, CHECK_BAD, "password", "%s", not ? not :
	    buf_z(&why));
	return 0;
}

static int
try_session(struct probe *p, const char *helo)
{
	const struct protocol *protocol = p->remote->protocol;
	struct options options = p->remote->options;
	struct protocol_report report = { p, NULL, NULL, say_note, NULL, NULL };
	struct carried carried = { 0 };
	struct protocol_setup setup = { &options, helo, &report,
		&carried, 0, { NULL, 0 }, { NULL, 0 }, 0 };
	static struct buf why, secret;
	struct connection *c;
	int code = 0;

	if (!has_secret(p, &options, &secret))
		return p->check->worst;
	setup.open_by = clock_in(PATIENCE);
	c = protocol->create(&setup, &code, &why);
	if (!c) {
		check_say(p->check, CHECK_BAD, "options", "%s", buf_z(&why));
		return p->check->worst;
	}
	c->heard = on_heard;
	connection_describe_chain(c, p->chain, sizeof p->chain);
	p->last = clock_ms();
	code = protocol->open(c);
	c->heard = NULL;
	say_tls(p, c);
	say_end(p, c, code);
	protocol->free(c);
	return p->check->worst;
}

/* The child's exit code is what it has found. */
static int
in_child(struct probe *p, const char *helo)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		alarm(PATIENCE_RESOLVER);
		try_addresses(p);
		_exit(try_session(p, helo));
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void
check_remote(struct check *c, const struct remote *r, size_t number,
    const char *helo)
{
	struct probe p = { c, r, 0, "" };
	char part[32];
	int level;

	snprintf(part, sizeof part, "Remote %zu", number);
	check_part(c, part, buf_z(&r->host));
	if (r->fault) {
		check_say(c, CHECK_BAD, "options", "%s", buf_z(&r->why));
	} else if (!r->protocol) {
		check_say(c, CHECK_WARN, "module", "%s is not ours: it is only "
		    "tried by --send", buf_z(&r->name));
	} else {
		level = in_child(&p, helo);
		if (level < 0)
			check_say(c, CHECK_BAD, "session", "it took too long, "
			    "or no process could be had");
		if (level > c->worst)
			c->worst = level;
	}
}

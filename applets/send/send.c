/* send - deliver the queue to the smart hosts.
 *
 * One thread around one poll(): signals, the trigger, a descriptor for each
 * agent. It waits for nothing else and, once it runs, ends only on TERM or
 * INT or, with pausetime 0, after one queue run. Log lines:
 * nullmailer-send(8); progress on stdout, what modules say on stderr. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../lib/base/clock.h"
#include "../../lib/base/opt.h"
#include "../../lib/conf/conf.h"
#include "../../lib/conf/hostname.h"
#include "../../lib/net/sandbox.h"
#include "../../lib/queue/owner.h"
#include "../../lib/smtp/remote.h"
#include "../applets.h"
#include "../cli.h"
#include "../log.h"
#include "sender.h"

#define LOCK_LOOK 10000		/* ms between looks for the lock */
#define CLEAN_FIRST 3600000	/* ms until the first look at tmp/ */

static void
open_spool(struct sender *s)
{
	struct buf why = { 0 };

	if (spool_create(&s->spool, &why) < 0)
		cli_die(1, "%s", buf_z(&why));
	if (why.n)
		cli_warn("%s", buf_z(&why));
	if (fchdir(s->spool.queue) < 0)
		cli_die(1, "Could not chdir to queue message directory.");
	if (trigger_open(&s->trigger, &s->spool) < 0)
		log_fault("Could not open trigger file: %s; looking every "
		    "%d s", strerror(errno), POLL_PAUSE);
	buf_free(&why);
}

/* One sender a spool. A daemon waits for its turn, TERM ends that. */
static void
lock_spool(struct sender *s)
{
	int said = 0, rc;

	while (!s->stop && (rc = spool_lock(&s->spool, 0)) != 0) {
		if (rc < 0)
			cli_die(1, "Could not lock the spool:");
		if (rc == 2) {
			log_fault("Warning: the spool has no locks; there must "
			    "be no other nullmailer-send");
			break;
		}
		if (sender_one_shot(s))
			cli_die(75, "another nullmailer-send is at work");
		if (!said++)
			cli_warn("another nullmailer-send is at work, waiting");
		events_wait(s, clock_in(LOCK_LOOK));
	}
	if (s->stop)
		return;
	if (spool_hand_out(&s->spool) < 0)
		log_fault("Could not write to conf/ in the spool: %s; other "
		    "programs do not see this environment", strerror(errno));
	spool_clean(&s->spool);
	sender_clean_failed(s, 0);
}

/* What can go wrong at the start has not: the shell may have its prompt. */
static void
go_to_background(void)
{
	pid_t pid = fork();

	if (pid < 0)
		cli_die(1, "Could not fork:");
	if (pid > 0)
		_exit(0);
	setsid();
	log_to_syslog_only();
}

static void
say_sandbox(void)
{
	const char *lacks = sandbox_lacks();

	if (lacks)
		log_say("This kernel has no %s to confine sessions with",
		    lacks);
}

static void
begin_sender(struct sender *s)
{
	struct buf why = { 0 };

	umask(077);
	if (owner_become(&why) < 0)
		cli_die(1, "%s", buf_z(&why));
	buf_clear(&why);
	conf_environment(&why);
	log_faults(buf_str(&why));
	buf_free(&why);
	if (hostnames_me(&s->me) < 0)
		cli_die(ERR_CONFIG, "Error: %s", conf_why());
	if (hostnames_warning())
		log_fault("%s", hostnames_warning());
	events_open(s);
	open_spool(s);
	sender_configure(s, 1);
}

static void
warn_of_exposure(const struct sender *s)
{
	struct buf path = { 0 };

	if (remotes_exposed(&s->set.remotes, &path))
		log_fault("Warning: %s holds a password and everybody may "
		    "read it", buf_z(&path));
	buf_free(&path);
}

/* The passwords above all. */
static void
release_sender(struct sender *s)
{
	routes_free(s);
	settings_free(&s->set);
	messages_free(&s->messages);
	histories_free(&s->histories);
	spool_close(&s->spool);
	buf_free(&s->reason.remote);
	buf_free(&s->reason.text);
	buf_free(&s->me);
	free(s->fresh);
}

struct start {
	int background, to_syslog, once;
	const char *format;
};

int
send_main(int argc, char **argv)
{
	static const struct cli about = { "nullmailer-send", "",
		"Deliver the queue to the smart hosts.", 0, -1 };
	static const struct opt rows[] = {
#define ROW(...) OPT_ROW(start, __VA_ARGS__)
		{ ROW('d', "daemon", OPT_FLAG, background,
		    "go to the background, log to syslog only", 0) },
		{ ROW('s', "syslog", OPT_FLAG, to_syslog,
		    "log to syslog too", 0) },
		{ ROW(0, "once", OPT_FLAG, once,
		    "end after one queue run", 0) },
		{ ROW(0, "log", OPT_STRING, format, "plain, or json", 0) },
#undef ROW
	};
	struct sender s = { 0 };
	struct start start = { 0 };
	int waiting;
	const struct opts all = { rows, sizeof rows / sizeof rows[0], 0,
	    &start, NULL };

	cli_begin("nullmailer-send");
	cli_options(&about, &all, argc, argv);
	if (start.format && strcmp(start.format, "plain") &&
	    strcmp(start.format, "json"))
		cli_die(1, "--log=%s: not plain and not json", start.format);
	log_begin(start.format && *start.format == 'j');
	s.once = start.once;
	s.watched = s.once && isatty(2) && !isatty(1);
	s.signals = s.errors = s.timer = s.clock = -1;
	s.sync_at = s.clean_at = s.locked_at = CLOCK_NEVER;
	/* The passwords of all remotes are in here. */
	prctl(PR_SET_DUMPABLE, 0);
	begin_sender(&s);
	if ((start.background || start.to_syslog) &&
	    (s.errors = log_to_syslog()) < 0)
		cli_die(1, "Could not create pipe:");
	if (start.background)
		go_to_background();
	s.clock_offset = sender_now() - clock_ms() / 1000;
	lock_spool(&s);
	warn_of_exposure(&s);
	say_sandbox();
	s.wanted = RUN_ALL;
	s.rescan = 1;
	s.clean_at = clock_in(CLEAN_FIRST);
	sender_keep_reserve(&s);
	if (!s.stop)
		loop(&s);
	loop_end(&s);
	if (s.errors >= 0)
		log_stderr();
	waiting = s.once && s.messages.waiting;
	release_sender(&s);
	return waiting ? 75 : 0;
}

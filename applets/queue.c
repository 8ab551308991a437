/* queue - put a message into the queue.
 *
 * stdin: sender LF, recipients LF each, LF, message. Installed set-uid to the
 * owner of the spool, so nothing of the caller's is trusted: not the umask,
 * the environment, the limits, nor the dispositions of signals. Complaints go
 * to stdout, as nullmailer's do; programs that start this one join it to their
 * stderr. Inside another program, queue_here, they go to stderr directly. */
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../lib/base/mem.h"
#include "../lib/conf/conf.h"
#include "../lib/queue/store.h"
#include "../lib/send/logger.h"
#include "applets.h"
#include "cli.h"
#include "queue.h"

struct order {
	uid_t invoker;
	int confirm;		/* descriptor, or -1 */
	int bare;		/* recipients may have no domain */
	struct buf head;	/* what the input begins with ... */
	int input;		/* ... and where the rest is, -1 if nowhere */
};

static struct store store;
static int in_process;		/* of another program */

static int
print_why(const char *text)
{
	struct buf line = { 0 };

	buf_fmt(&line, "nullmailer-queue: %s\n", text);
	str_write(in_process ? 2 : 1, buf_str(&line));
	buf_free(&line);
	return STORE_BAD;
}

/* --invoked-by is ignored when set-uid, as the caller could give any user. */
static void
read_arguments(struct order *o, int argc, char **argv)
{
	struct str confirm = STR("--confirm-fd=");
	struct str invoked = STR("--invoked-by=");
	unsigned long n;
	struct str s;
	int i;

	*o = (struct order){ .invoker = getuid(), .confirm = -1 };
	for (i = 1; i < argc; i++) {
		s = str_of(argv[i]);
		o->bare |= str_eq(s, STR("--bare"));
		if (str_starts(s, confirm)
		    && str_number(str_skip(s, confirm.n), INT_MAX, &n) == 0)
			o->confirm = (int)n;
		if (str_starts(s, invoked) && o->invoker == geteuid()
		    && str_number(str_skip(s, invoked.n), UINT_MAX, &n) == 0)
			o->invoker = (uid_t)n;
	}
}

static void
ending_signals(sigset_t *set)
{
	static const int list[] = {
		SIGHUP, SIGINT, SIGQUIT, SIGALRM, SIGTERM, SIGXCPU
	};
	size_t i;

	sigemptyset(set);
	for (i = 0; i < sizeof list / sizeof list[0]; i++)
		sigaddset(set, list[i]);
}

/* The name is set only while there is a temporary file: signals are blocked
 * while it is made and while it becomes a message. */
static void
remove_temporary(void)
{
	if (store.temporary.n)
		unlinkat(store.spool.tmp, store.temporary.p, 0);
}

static void
on_signal(int number)
{
	remove_temporary();
	if (!in_process)
		_exit(STORE_AGAIN);
	signal(number, SIG_DFL);
	raise(number);
}

static void
handle_signals(const sigset_t *ending)
{
	struct sigaction old, now = { .sa_handler = on_signal };
	int n;

	now.sa_mask = *ending;
	for (n = 1; n < NSIG; n++)
		if (sigismember(ending, n) == 1
		    && sigaction(n, &now, &old) == 0
		    && old.sa_handler == SIG_IGN)
			sigaction(n, &old, NULL);
}

static int
read_confirmation(int fd)
{
	char c;

	return str_read(fd, &c, 1) == 1;
}

static int
print_failure(void)
{
	if (store.code == STORE_CONFIG)
		cli_warn("%s", buf_z(&store.why));
	else
		print_why(buf_z(&store.why));
	return store.code;
}

/* Input that is complete takes no time, so signals stay blocked. */
static int
copy_message(const struct order *o, const sigset_t *ending)
{
	int rc;

	if (o->input < 0)
		return store_copy(&store, -1);
	handle_signals(ending);
	sigprocmask(SIG_UNBLOCK, ending, NULL);
	rc = store_copy(&store, o->input);
	if (rc == 0 && o->confirm >= 0 && !read_confirmation(o->confirm))
		rc = 1;
	sigprocmask(SIG_BLOCK, ending, NULL);
	return rc;
}

/* It is in nobody's queue, so the system's log has to know. */
static void
log_nobody(void)
{
	struct logger logger = { -1 };
	struct buf line = { 0 };

	if (!store.rules.nobody.n)
		return;
	buf_set(&line, STR("Dropped, as aliases says /dev/null: "));
	buf_clean(&line, buf_str(&store.rules.nobody), 1024);
	logger_line(&logger, LOGGER_INFO, buf_str(&line));
	buf_free(&line);
}

/* Ending signals are blocked on entry and on return. */
static int
queue_message(struct order *o, const sigset_t *ending)
{
	int rc;

	conf_list();
	if (store_begin(&store, o->invoker, o->bare) < 0)
		return print_failure();
	mem_at_end(remove_temporary);
	store.in = o->head;
	o->head = (struct buf){ 0 };
	rc = copy_message(o, ending);
	if (rc > 0)
		return print_why(
		    "The message is incomplete, its sender ended.");
	if (rc < 0 || store_commit(&store) < 0)
		return print_failure();
	if (store.why.n)
		cli_warn("%s", buf_z(&store.why));
	log_nobody();
	return 0;
}

/* After a success the end of the process closes and frees everything. */
static int
carry_out(struct order *o)
{
	sigset_t ending;
	int rc;

	umask(077);
	ending_signals(&ending);
	sigprocmask(SIG_BLOCK, &ending, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	rc = queue_message(o, &ending);
	if (rc != 0)
		store_end(&store);
	return rc;
}

int
queue_here(uid_t invoker, int bare, struct buf *head, int input)
{
	struct order o = { invoker, -1, bare, *head, input };
	int rc;

	cli_begin("nullmailer-queue");
	*head = (struct buf){ 0 };
	in_process = 1;
	rc = carry_out(&o);
	buf_free(&o.head);
	return rc;
}

int
queue_main(int argc, char **argv)
{
	struct order o;

	cli_begin("nullmailer-queue");
	read_arguments(&o, argc, argv);
	return carry_out(&o);
}

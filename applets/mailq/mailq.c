/* mailq - list the messages in the queue, and do something about them.
 *
 * Installed set-uid to the owner of the spool, so that all users can see what
 * waits: envelopes and sizes, never a header or a body. All else is for root
 * and the owner, who need no such rights for it. Programs parse the listing:
 * nothing is printed for an empty queue, and complaints about the queue go to
 * stdout; notices go to stderr. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../../lib/base/buf.h"
#include "../../lib/base/date.h"
#include "../../lib/base/json.h"
#include "../../lib/conf/path.h"
#include "../../lib/queue/census.h"
#include "../../lib/queue/names.h"
#include "../../lib/queue/owner.h"
#include "../../lib/queue/progress.h"
#include "../../lib/queue/status.h"
#include "../applets.h"
#include "../cli.h"
#include "mailq.h"

#define WATCH_PAUSE 1000	/* ms */

enum question { LIST, FIGURES, DETAILS, WATCH, HELP };

struct order {
	enum question question;
	enum verb verb;
	struct listing list;
	int privileged;		/* not for everybody */
	char **operands;	/* the first so many of argv */
	size_t count;
};

static const struct listing waiting = { "queue", "waiting", STATUS_WAITING,
	0, NULL };
static const struct listing held = { "hold", "held", STATUS_WAITING, 0, NULL };
static const struct listing failed = { "failed", "failed", STATUS_FAILED, 0,
	NULL };

/* What only one folder makes sense for says so. */
static const struct long_option {
	const char *name;
	enum verb verb;
	const struct listing *from;
} long_options[] = {
	{ "--retry", VERB_RETRY, &waiting },
	{ "--hold", VERB_HOLD, &waiting },
	{ "--release", VERB_RELEASE, &held },
	{ "--delete", VERB_DELETE, NULL },
	{ "--resend", VERB_RESEND, &failed },
};

static void
choose_folder(struct order *o, const struct listing *l)
{
	int json = o->list.json;

	o->list = *l;
	o->list.json = json;
	o->privileged = 1;
}

static void
take_long(struct order *o, const char *word)
{
	size_t i, n = sizeof long_options / sizeof long_options[0];

	for (i = 0; i < n && strcmp(word, long_options[i].name); i++)
		continue;
	if (!strcmp(word, "--help"))
		o->question = HELP;
	else if (!strcmp(word, "--watch"))
		o->question = WATCH;
	else if (i == n)
		cli_die(1, "%s: no such option, see mailq --help", word);
	if (i == n)
		return;
	o->verb = long_options[i].verb;
	o->privileged = 1;
	if (long_options[i].from)
		choose_folder(o, long_options[i].from);
}

/* Unknown letters are ignored, as nullmailer's mailq ignores all. */
static void
take_short(struct order *o, const char *word)
{
	switch (word[1] && !word[2] ? word[1] : 0) {
	case 's':
		o->question = FIGURES;
		break;
	case 'j':
		o->list.json = 1;
		break;
	case 'v':
		o->question = DETAILS;
		break;
	case 'F':
		choose_folder(o, &failed);
		break;
	case 'H':
		choose_folder(o, &held);
		break;
	}
}

static void
take_arguments(struct order *o, int argc, char **argv)
{
	int i, options = 1;

	o->list = waiting;
	o->operands = argv + 1;
	for (i = 1; i < argc; i++) {
		if (!options || argv[i][0] != '-')
			argv[++o->count] = argv[i];
		else if (!strcmp(argv[i], "--"))
			options = 0;
		else if (argv[i][1] == '-')
			take_long(o, argv[i]);
		else
			take_short(o, argv[i]);
	}
	if (o->question == DETAILS && !o->count)
		o->question = LIST;
	o->privileged |= o->question == DETAILS;
}

/* Root and the owner drop the program's rights for their own, and root takes
 * the owner's. */
static void
take_owner_rights(void)
{
	struct buf why = { 0 };
	uid_t uid = getuid();
	gid_t gid = getgid();

	if (!owner_is_here())
		cli_die(1, "only root and the owner of the spool may do that");
	if (setresuid(uid, uid, uid) < 0 || setresgid(gid, gid, gid) < 0)
		cli_die(1, "cannot drop privileges:");
	if (owner_become(&why) < 0)
		cli_die(1, "%s", buf_z(&why));
	buf_free(&why);
}

static int
complain(const char *text)
{
	struct buf line = { 0 }, path = { 0 };
	const char *reason = strerror(errno);

	path_set(&path, PATH_SPOOL, "queue");
	buf_fmt(&line, "%s (%s: %s)\n", text, buf_z(&path), reason);
	str_write(1, buf_str(&line));
	buf_free(&path);
	buf_free(&line);
	return 1;
}

/* ---- figures and notices ---- */

static int
show_figures(int json)
{
	long long c[CENSUS_ROWS];
	struct buf out = { 0 };
	int i, rc;

	if (census_take(c) < 0)
		return complain("Cannot open queue directory.");
	if (json) {
		json_begin(&out, '{');
		for (i = 0; i < CENSUS_ROWS; i++)
			json_number(&out, census_names[i], c[i]);
		json_end(&out, '}');
		buf_addc(&out, '\n');
	} else {
		census_write(c, &out);
	}
	rc = str_write(1, buf_str(&out));
	buf_free(&out);
	return rc < 0;
}

/* "mail.example.org rests since ..., again at ...: 535 no" */
static void
give_rests(int root)
{
	struct buf text = { 0 }, line = { 0 };
	struct str rest;
	struct status s;

	status_read(root, STATUS_WAITING, &text);
	for (rest = buf_str(&text); status_next_rest(&rest, &s);) {
		buf_clear(&line);
		buf_clean(&line, s.remote, 255);
		buf_add(&line, STR(" rests since "));
		date_iso(&line, (time_t)s.first);
		buf_add(&line, STR(", again at "));
		date_iso(&line, (time_t)s.next);
		buf_add(&line, STR(": "));
		buf_clean(&line, s.text, 1024);
		cli_warn("%s", buf_z(&line));
	}
	buf_free(&text);
	buf_free(&line);
}

/* None of them looks like a line of the listing. */
static void
give_notices(int something_waits, int root)
{
	long long c[CENSUS_ROWS];

	if ((!something_waits && !isatty(1)) || census_take(c) < 0)
		return;
	give_rests(root);
	if (something_waits && !c[CENSUS_SENDER])
		cli_warn("no nullmailer-send runs");
	if (c[CENSUS_HELD])
		cli_warn("held: %lld, see mailq -H", c[CENSUS_HELD]);
	if (c[CENSUS_FAILED])
		cli_warn("failed: %lld, see mailq -F", c[CENSUS_FAILED]);
}

/* ---- a line that moves ---- */

static int
count_name(void *context, const char *name)
{
	(void)name;
	++*(size_t *)context;
	return 0;
}

/* Only names are counted: looking at each of many files would cost more than
 * sending them. 0; -1 with errno. */
static int
count_waiting(int root, size_t *n)
{
	int rc, folder;

	*n = 0;
	folder = openat(root, "queue", O_PATH | O_DIRECTORY | O_CLOEXEC);
	rc = folder < 0 ? -1 : names_list(folder, count_name, n);
	names_close(folder);
	return rc;
}

/* Until the queue is empty. */
static int
watch(int root)
{
	struct progress p = { 0 };
	struct buf line = { 0 };
	size_t now;

	if (!isatty(1))
		cli_die(1, "--watch is for a terminal");
	if (count_waiting(root, &now) < 0)
		return complain("Cannot open queue directory.");
	for (;;) {
		progress_line(&p, now, &line);
		str_write(1, buf_str(&line));
		if (!now)
			break;
		poll(NULL, 0, WATCH_PAUSE);
		if (count_waiting(root, &now) < 0)
			break;
	}
	buf_free(&line);
	return str_write(1, STR("\n")) < 0;
}

/* ---- all of it ---- */

static int
show_folder(const struct listing *l, int root)
{
	int rc = list_folder(l, root);

	if (rc == -1 && (errno != ENOENT || l->folder == waiting.folder))
		return complain(errno == EACCES ?
		    "Cannot open queue directory." :
		    "Cannot change directory to queue.");
	if (l->folder == waiting.folder && !l->json)
		give_notices(rc == 1, root);
	return rc == -2;
}

/* Wherever it lies. */
static int
show_details(struct order *o, int root)
{
	static const struct listing *const all[] = { &waiting, &held,
		&failed };
	struct listing l;
	size_t i, k, found;
	int rc = 0;

	for (i = 0; i < o->count; i++) {
		for (k = found = 0; k < 3; k++) {
			l = *all[k];
			l.json = o->list.json;
			l.only = o->operands[i];
			found += list_folder(&l, root) == 1;
		}
		if (!found) {
			cli_warn("%s: there is none", o->operands[i]);
			rc = 1;
		}
	}
	return rc;
}

static int
show_usage(void)
{
	return str_write(1, STR("usage: "
	    "mailq [-j] [-s | -F | -H | -v ID... | --watch]\n"
	    "       mailq --retry | --hold | --release | --resend ID... | all\n"
	    "       mailq [-F | -H] --delete ID... | all\n"
	    "List the messages in the queue, and act on them.\n")) < 0;
}

static int
answer(struct order *o, int root)
{
	if (o->verb && !o->count)
		cli_die(1, "which message? name its ID, or all");
	if (o->verb)
		return verbs_do(o->verb, o->list.folder, root, o->operands,
		    o->count);
	if (o->question == FIGURES)
		return show_figures(o->list.json);
	if (o->question == DETAILS)
		return show_details(o, root);
	if (o->question == WATCH)
		return watch(root);
	return show_folder(&o->list, root);
}

int
mailq_main(int argc, char **argv)
{
	struct order o = { LIST, VERB_NONE, { NULL, NULL, NULL, 0, NULL }, 0,
		NULL, 0 };
	struct buf path = { 0 };
	int root, rc;

	cli_begin("mailq");
	take_arguments(&o, argc, argv);
	if (o.question == HELP)
		return show_usage();
	if (o.privileged)
		take_owner_rights();
	path_set(&path, PATH_SPOOL, "");
	root = open(buf_z(&path), O_PATH | O_DIRECTORY | O_CLOEXEC);
	buf_free(&path);
	if (root < 0)
		return complain("Cannot change directory to queue.");
	rc = answer(&o, root);
	close(root);
	return rc;
}

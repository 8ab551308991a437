/* verbs - what an administrator does to messages, whatever a sender does. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../lib/base/buf.h"
#include "../../lib/queue/names.h"
#include "../../lib/queue/spool.h"
#include "../../lib/queue/trigger.h"
#include "../../lib/queue/verbs.h"
#include "../cli.h"
#include "mailq.h"

#define FOLDER (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

struct action {
	enum verb verb;
	int from, to;
	int failed;		/* something could not be done */
	struct buf names;	/* of all, LF each */
};

static const char *const done[] = { "", "is tried again", "is held",
	"is released", "is deleted", "is sent again" };

static int
act_on(struct action *a, const char *id, struct buf *as)
{
	switch (a->verb) {
	case VERB_RETRY:
		return verbs_retry(a->from, id);
	case VERB_DELETE:
		return verbs_delete(a->from, id);
	default:
		return verbs_move(a->from, id, a->to, a->verb != VERB_HOLD,
		    as);
	}
}

static const char *
why_not(int error)
{
	switch (error) {
	case EBUSY:
		return "it is being sent just now";
	case EALREADY:
		return "it has been delivered";
	case ENOENT:
		return "there is none";
	case EINVAL:
		return "it is no message";
	}
	return strerror(error);
}

static void
act(struct action *a, const char *id)
{
	static struct buf as, line;

	buf_clear(&line);
	buf_clear(&as);
	buf_clean(&line, str_of(id), 255);
	if (act_on(a, id, &as) < 0) {
		a->failed = 1;
		cli_warn("%s: %s", buf_z(&line), why_not(errno));
		return;
	}
	buf_fmt(&line, " %s", done[a->verb]);
	if (as.n && !str_eq(buf_str(&as), str_of(id)))
		buf_put(&line, " as %", buf_str(&as));
	buf_addc(&line, '\n');
	str_write(1, buf_str(&line));
}

static int
note_name(void *context, const char *name)
{
	struct action *a = context;

	buf_fmt(&a->names, "%s\n", name);
	return 0;
}

/* The list first, as acting changes the folder. */
static void
act_on_all(struct action *a)
{
	static struct buf id;
	struct str rest;

	if (names_list(a->from, note_name, a) < 0) {
		cli_warn("cannot read the folder:");
		a->failed = 1;
	}
	for (rest = buf_str(&a->names); rest.n;) {
		buf_set(&id, str_cut(&rest, '\n'));
		act(a, buf_z(&id));
	}
}

static int
open_folders(struct action *a, const char *from, int root)
{
	const char *to = a->verb == VERB_HOLD ? "hold" : "queue";

	if (a->verb == VERB_HOLD && mkdirat(root, to, 0700) == 0)
		names_sync(root);
	a->from = openat(root, from, FOLDER);
	a->to = openat(root, to, FOLDER);
	return a->from < 0 || a->to < 0 ? -1 : 0;
}

/* With "all" the sender also asks remotes that rest. */
int
verbs_do(enum verb verb, const char *from, int root, char **ids, size_t count)
{
	struct action a = { verb, -1, -1, 0, { 0 } };
	struct spool s = { root, -1, -1, -1 };
	int all = count == 1 && !strcmp(ids[0], "all");
	size_t i;

	if (open_folders(&a, from, root) < 0) {
		cli_warn("cannot open %s:", from);
		return 1;
	}
	if (all)
		act_on_all(&a);
	for (i = 0; i < count && !all; i++)
		act(&a, ids[i]);
	if (all && verb == VERB_RETRY)
		trigger_pull_all(&s);
	else if (verb != VERB_HOLD && verb != VERB_DELETE)
		trigger_pull(&s);
	return a.failed;
}

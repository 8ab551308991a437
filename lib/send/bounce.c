/* bounce - a notification that a child process writes into the queue. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "../base/chr.h"
#include "../conf/conf.h"
#include "../queue/enqueue.h"
#include "../base/mem.h"
#include "bounce.h"

/* Exit code of a child that could not do it, as nullmailer-queue's. */
#define FAILURE 1

static struct str
reason_of(const struct bounce *b, size_t index)
{
	struct result whole = b->whole;

	whole.text = buf_str(&b->text);
	return delivery_said(&b->d, index, &whole).text;
}

/* "SMTP; 550 5.1.1 no such user" */
static void
diagnose(struct buf *out, const struct bounce *b, size_t index)
{
	size_t i;

	for (i = 0; i < b->protocol.n; i++)
		buf_addc(out, chr_upper(b->protocol.p[i]));
	buf_put(out, "; %", reason_of(b, index));
	if (b->unanswered)
		buf_add(out, STR(" (possible duplicate: an earlier attempt "
		    "was sent whole and never answered)"));
}

/* Whether the copy of everything has failed, which stands last. */
static int
copy_failed(const struct bounce *b, const struct dsn_rules *r)
{
	struct str all = buf_str(&b->d.e.text), copy = buf_str(&r->alwaysbcc);
	size_t start = all.n - copy.n;

	return copy.n && b->d.result[b->d.e.count - 1] == FAILED &&
	    all.n > copy.n && all.p[start - 1] == '\n' &&
	    str_eq(str_skip(all, start), copy);
}

/* The recipients the report is about; the child that asks does not free. */
static void
list_recipients(const struct bounce *b, int copy, struct dsn *d)
{
	struct dsn_recipient *list = mem_new(b->d.e.count, sizeof *list);
	struct str address;
	size_t at = 0, i;

	for (i = 0; (address = envelope_next(&b->d.e, &at)).p; i++) {
		struct buf status = { 0 }, diagnostic = { 0 };

		if ((b->kind == DSN_FAILED && b->d.result[i] != FAILED) ||
		    (copy && i + 1 == b->d.e.count))
			continue;
		dsn_status(&status, b->kind, reason_of(b, i),
		    b->default_status);
		diagnose(&diagnostic, b, i);
		list[d->count++] = (struct dsn_recipient){ address,
			buf_str(&status), buf_str(&diagnostic) };
	}
	d->recipients = list;
}

static int
put_report(void *context, struct str bytes)
{
	enqueue_write(context, bytes);
	return 0;
}

static int
write_report(struct dsn *d, const struct dsn_rules *rules, struct str target,
    int (*queue)(int argc, char **argv))
{
	struct enqueue q;
	int status;

	if (enqueue_open(&q, 0, queue) < 0)
		return FAILURE;
	if (dsn_write(d, rules, target, put_report, &q) < 0) {
		enqueue_abort(&q);
		return FAILURE;
	}
	status = enqueue_commit(&q);
	if (status > 0 && WIFEXITED(status))
		return WEXITSTATUS(status);
	return status ? FAILURE : 0;
}

/* The child keeps the message at 3 and nothing else: while it lives no other
 * sender may open that, as the failed are still named there. */
static void
setup_child(struct dsn *d)
{
	if (d->message != 3 && dup2(d->message, 3) < 0)
		_exit(FAILURE);
	d->message = 3;
	child_clean(4);
	signal(SIGPIPE, SIG_IGN);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
}

/* Who is to get it, as the control files and the message itself say. */
static int
find_target(const struct bounce *b, struct dsn *d, struct dsn_rules *rules,
    int *copy, struct buf *target, struct buf *why)
{
	int rc = dsn_rules_load(rules);

	if (rc < 0) {
		buf_add(why, str_of(conf_why()));
		return -1;
	}
	d->lines = rules->bouncelines;
	*copy = copy_failed(b, rules);
	if (*copy && b->d.count[FAILED] == 1) {
		buf_add(why, STR("only the copy for alwaysbcc failed"));
		return 0;
	}
	rc = dsn_wanted(d, why);
	if (rc < 0)
		buf_add(why, str_of(strerror(errno)));
	if (rc > 0 && (rc = dsn_target(d, rules, target)) == 0)
		buf_add(why, STR("neither doublebounceto nor adminaddr "
		    "names anybody"));
	return rc;
}

int
bounce_start(struct bounce *b, const struct bounce_times *t,
    int (*queue)(int argc, char **argv), struct buf *why)
{
	struct dsn d = { 0 };
	struct dsn_rules rules = { 0 };
	struct buf target = { 0 };
	const struct envelope *e;
	int rc, copy = 0;

	d.kind = b->kind;
	d.sender = envelope_sender(&b->d.e);
	d.remote = buf_str(&b->host);
	d.arrival = t->arrival;
	d.last_attempt = t->last_attempt;
	d.retry_until = t->retry_until;
	d.message = delivery_file(&b->d, &e);
	d.header = e->body;
	rc = find_target(b, &d, &rules, &copy, &target, why);
	if (rc > 0 && (b->pid = fork()) == 0) {
		setup_child(&d);
		list_recipients(b, copy, &d);
		_exit(write_report(&d, &rules, buf_str(&target), queue));
	}
	if (rc > 0 && b->pid < 0) {
		buf_add(why, str_of(strerror(errno)));
		rc = -1;
	}
	dsn_rules_free(&rules);
	buf_free(&target);
	return rc;
}

void
bounce_free(struct bounce *b)
{
	delivery_free(&b->d);
	buf_free(&b->text);
	buf_free(&b->host);
	buf_free(&b->protocol);
	free(b);
}

/* children - external modules, one process a message, and the children that
 * write reports into the queue. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../../applets/send/sender.h"
#include "../../../lib/send/external.h"
#include "proc.h"
#include "sim.h"

/* ---- external modules ---- */

static int
module_takes(struct proc *p)
{
	int r;

	say("module %d (h%d): takes m%d", p->pid, p->s, p->m);
	/* Without locks the next sender cannot know. */
	if (p->orphan && (w.no_locks || w.lock_failed))
		ledger_lost(p->m, p->took, 0, 1);
	for (r = 0; r < RCPTS; r++)
		if (p->took[r])
			ledger_taken(p->m, r, p->took[r]);
	p->exit_took = 1;
	if (p->orphan)
		ledger_lost(p->m, p->took, 0, p->orphan);
	return 0;
}

/* Its exit code. */
static int
module_result(struct proc *p)
{
	static const int codes[] = { ERR_MSG_TEMP, ERR_MSG_PERM, ERR_REFUSED,
		ERR_MSG_REFUSED, 126, 130, ERR_EXEC };

	if (w.calm || chance(700))
		return module_takes(p);
	return codes[pick(sizeof codes / sizeof codes[0])];
}

static void
module_ends(int arg)
{
	struct proc *p = proc_of_event(arg);
	int code;

	if (!p)
		return;
	if (!w.calm && chance(50)) {
		proc_ends(p, 11);
		return;
	}
	code = p->m >= 0 ? module_result(p) : 0;
	p->output_n = (size_t)snprintf(p->output, sizeof p->output,
	    "module says %d h%d m%d\n", code, p->s, p->m);
	proc_ends(p, code << 8);
}

/* It gets only those whom its line takes. */
static void
check_line(const struct proc *p, unsigned whom)
{
	const struct remotes *all = &w.sender->set.remotes;
	unsigned takes = choice_takes(all,
	    (size_t)(route_of(p->s)->remote - all->list), choice_sender(p->m));

	check(!(whom & ~takes), "h%d gets recipients %x of m%d, and takes %x",
	    p->s, whom, p->m, takes);
}

int
external_start(struct external *f, const char *path, struct str options,
    int message, int lock, const char *helo)
{
	int error = step(ON_FORK, IN_NONE), i;
	struct proc *p;
	struct head h;
	unsigned whom;

	(void)path;
	(void)helo;
	if (error) {
		errno = error;
		return -1;
	}
	w.inside = 0;
	p = proc_begins(MODULE);
	p->s = options.p[sizeof "host=h" - 1] - '0';
	read_head(message, &h);
	p->file = fcntl(lock < 0 ? message : lock, F_DUPFD_CLOEXEC, HIGH);
	p->m = h.m;
	for (i = 0; i < h.n; i++)
		p->took[h.r[i]]++;
	whom = recipients_of(&h);
	if (p->m >= 0)
		check_line(p, whom);
	say("module %d (h%d): begins with m%d", p->pid, p->s, p->m);
	if (p->m >= 0) {
		mail[p->m].in_hand++;
		rules_try(p->s, p->m, lock < 0 ? h.n : 2, whom);
	}
	proc_later(p, 1 + pick(chance(30) && !w.calm ? 4000000 : 2000),
	    module_ends);
	*f = (struct external){ p->pid, p->fd, !w.calm && chance(10) };
	w.inside = 1;
	return 0;
}

/* What a sender knows from its end; it believes none that it has signalled. */
void
module_reaped(const struct proc *p)
{
	struct result r = { 0 };
	int code = p->status >> 8, i;
	unsigned whom = 0;

	if (p->kind != MODULE || p->m < 0)
		return;
	if (p->exit_took && (p->signalled || p->status & 0x7f)) {
		ledger_lost(p->m, p->took, 0, p->orphan);
	} else if (p->exit_took) {
		ledger_read(p->m, p->took);
	} else if (code >= 33 && code <= 35) {
		for (i = 0; i < RCPTS; i++)
			if (p->took[i])
				mail[p->m].account[i].may_fail |= MAY_MODULE;
	}
	r.code = p->status & 0x7f || p->signalled ? ERR_UNKNOWN : code;
	r.unanswered = p->status & 0x7f || p->signalled;
	r.text = str_of(p->output);
	for (i = 0; i < RCPTS; i++)
		whom |= p->took[i] ? 1u << i : 0;
	rules_result(p->s, p->m, &r, 0, whom);
}

/* ---- reports ---- */

/* No sender knows of it. */
static void
excuse_reports(const struct proc *p)
{
	struct account *a = mail[p->m].account;
	int r;

	for (r = 0; r < RCPTS && !p->delay; r++)
		a[r].reports_excused = (short)(a[r].reports_excused +
		    p->took[r]);
}

static void
report_ends(int arg)
{
	struct proc *p = proc_of_event(arg);
	int m;

	if (!p)
		return;
	if (!w.calm && chance(120)) {
		proc_ends(p, chance(500) ? 1 << 8 : chance(500) ? 75 << 8 : 9);
		return;
	}
	m = new_mail(1, 1);
	if (p->orphan)
		excuse_reports(p);
	put_report(m, p->m, p->took, p->delay);
	if (!w.calm && chance(20)) {
		excuse_reports(p);
		mail[p->m].delays -= p->delay;
		proc_ends(p, 9);
		return;
	}
	if (chance(950))
		pull_trigger();
	proc_ends(p, 0);
}

/* Who it is about, as the sender means them, and whether what it says of them
 * is theirs. */
static void
read_recipients(struct proc *p, const struct bounce *b)
{
	struct result whole = b->whole;
	struct str address;
	size_t i, at = 0;
	int r;

	whole.text = buf_str(&b->text);
	for (i = 0; (address = envelope_next(&b->d.e, &at)).p; i++) {
		if (b->d.result[i] != FAILED)
			continue;
		r = atoi(address.p + 1);
		p->took[r]++;
		if (!p->delay)
			ledger_failing(p->m, r,
			    delivery_said(&b->d, i, &whole).text,
			    str_eq(b->default_status, STR("5.4.7")));
	}
}

static void
read_report(struct proc *p, const struct bounce *b)
{
	const struct envelope *e;
	int fd = delivery_file(&b->d, &e);
	struct head h;

	read_head(fd, &h);
	p->file = fcntl(fd, F_DUPFD_CLOEXEC, HIGH);
	p->m = h.m;
	p->delay = b->kind == DSN_DELAYED;
	if (p->m < 0)
		return;
	mail[p->m].in_hand++;
	read_recipients(p, b);
}

pid_t
report_begin(void)
{
	struct proc *p = proc_begins(REPORTER);

	read_report(p, w.sender->bounces);
	say("report %d: begins, on m%d%s", p->pid, p->m,
	    p->delay ? ", of the delay" : "");
	proc_later(p, pick(!w.calm && chance(50) ? 60000 : 50), report_ends);
	return p->pid;
}

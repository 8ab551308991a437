/* routes - the remotes in this queue run, in the order of `remotes`, and the
 * agents that serve them. */
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/stat.h>

#include "../../lib/base/clock.h"
#include "../../lib/base/mem.h"
#include "../../lib/conf/path.h"
#include "../../lib/smtp/remote.h"
#include "../log.h"
#include "sender.h"

/* ---- the remotes ---- */

/* 1 if the module is another program than this one. */
static int
is_external(const struct remote *r)
{
	struct buf path = { 0 };
	struct stat module, self;
	int there, same;

	if (!r->protocol)
		return 1;
	path_set(&path, PATH_MODULES, buf_z(&r->name));
	there = stat(buf_z(&path), &module) == 0;
	buf_free(&path);
	same = there && (stat("/proc/self/exe", &self) == 0 ||
	    stat((const char *)getauxval(AT_EXECFN), &self) == 0) &&
	    module.st_dev == self.st_dev && module.st_ino == self.st_ino;
	return there && !same;
}

/* Adds what changes with a file. */
static void
add_stamp(unsigned *stamp, const char *path)
{
	struct stat st;

	if (stat(path, &st) == 0)
		*stamp = (*stamp * 31 + (unsigned)st.st_ctim.tv_sec) * 1009U +
		    (unsigned)st.st_ctim.tv_nsec;
}

/* A number that is another one when remotes or the passfile has changed. */
static unsigned
login_stamp(const struct route *r)
{
	struct buf path = { 0 };
	unsigned stamp = 0;

	path_set(&path, PATH_CONFIG, "remotes");
	add_stamp(&stamp, buf_z(&path));
	if (!r->external && r->remote->options.passfile) {
		path_option(&path, r->remote->options.passfile);
		add_stamp(&stamp, buf_z(&path));
	}
	buf_free(&path);
	return stamp;
}

void
routes_login_refused(struct route *r)
{
	history_login_refused(r->history, sender_now());
	r->history->login_file = login_stamp(r);
}

/* A login that was refused is not asked at every trigger, or at every start,
 * lest the server lock the account. */
static void
check_login(struct sender *s, struct route *r)
{
	struct history *h = r->history;
	long long left = h->login_at - sender_now();
	struct result why = { 0 };
	struct buf text = { 0 };

	if (s->urgent || !h->login_pause || left <= 0 ||
	    left > h->login_pause || h->login_file != login_stamp(r))
		return;
	buf_fmt(&text, "The login was refused, it is tried again in %lld s",
	    left);
	why.code = ERR_AUTH;
	why.fault = FAULT_LOGIN;
	why.stage = STAGE_auth;
	why.text = buf_str(&text);
	route_dead(s, r, &why);
	buf_free(&text);
}

/* A module of another's is not asked about the line's own mistakes. */
static void
check_line(struct sender *s, struct route *r)
{
	struct result why = { ERR_USAGE, FAULT_REMOTE, STAGE_options, 0, 0,
		buf_str(&r->remote->why) };

	if (!r->remote->protocol && r->remote->fault)
		route_dead(s, r, &why);
}

void
routes_make(struct sender *s)
{
	size_t i;

	s->route_count = s->set.remotes.count;
	s->routes = mem_new(s->route_count, sizeof *s->routes);
	for (i = 0; i < s->route_count; i++)
		history_of(&s->histories, &s->set.remotes.list[i]);
	for (i = 0; i < s->route_count; i++) {
		struct route *r = &s->routes[i];

		r->remote = &s->set.remotes.list[i];
		r->max_sessions = r->remote->sessions;
		r->history = history_of(&s->histories, r->remote);
		r->external = is_external(r->remote);
		r->open_by = CLOCK_NEVER;
		check_login(s, r);
		check_line(s, r);
	}
	s->urgent = 0;
}

void
routes_free(struct sender *s)
{
	struct agent *a;
	size_t i;

	for (a = s->agents; a; a = a->next)
		if (a->owner)
			route_retire(a);
	for (i = 0; i < s->route_count; i++) {
		buf_free(&s->routes[i].tried);
		buf_free(&s->routes[i].probation);
		buf_wipe(&s->routes[i].pass);
		buf_free(&s->routes[i].pass);
	}
	free(s->routes);
	s->routes = NULL;
	s->route_count = 0;
}

/* What waits for it goes to the next remote. */
static void
move_on(struct sender *s, struct route *r)
{
	struct line all[2] = { r->line, r->last };
	struct message *m;
	int i;

	r->line = r->last = (struct line){ 0 };
	for (i = 0; i < 2; i++)
		while ((m = turns_shift(&all[i])) != NULL)
			routes_offer(s, m, i ? ROUTE_LAST : ROUTE_END);
}

void
route_dead(struct sender *s, struct route *r, const struct result *why)
{
	struct buf words = { 0 };
	struct str text;

	if (r->dead)
		return;
	buf_set(&words, why->text.n ? why->text : str_of(err_text(why->code)));
	if (why->reply == 530 && !r->remote->options.user)
		buf_add(&words, STR(" (there is no user= in remotes)"));
	text = buf_str(&words);
	r->dead = s->deferred = 1;
	log_fault("Remote %s is left out for the rest of this run: stage: %s "
	    "reply: %s", log_clean(0, buf_str(&r->remote->host)),
	    stage_name(why->stage), log_clean(1, text));
	/* A login that is not asked yet was refused in the server's words. */
	if (why->reply || !r->history->login_pause || !r->history->why.n)
		history_rests(r->history, buf_str(&r->remote->host), text);
	buf_set(&s->reason.remote, buf_str(&r->remote->host));
	buf_set(&s->reason.text, text);
	s->reason.code = why->code;
	s->status_changed = 1;
	move_on(s, r);
	buf_free(&words);
}

/* ---- agents ---- */

/* In their order, so the last one first. */
void
route_give_back(struct sender *s, struct agent *a)
{
	while (a->deliveries) {
		struct delivery d = agent_take(a, a->deliveries - 1);

		routes_offer(s, d.m, ROUTE_FRONT);
		delivery_free(&d);
	}
}

void
route_retire(struct agent *a)
{
	if (a->owner)
		((struct route *)a->owner)->sessions--;
	agent_retire(a, GRACE);
}

void
route_set_patience(const struct sender *s, struct agent *a)
{
	long long ms = (long long)s->set.sendtimeout * 1000;

	/* Its end is awaited. */
	if (a->signals)
		return;
	agent_patience(a, !a->deliveries || !ms ? -1 :
	    ms + (a->external ? 0 : GRACE));
}

void
route_forget(struct sender *s, struct agent *a)
{
	struct agent **at = &s->agents;

	route_give_back(s, a);
	while (*at != a)
		at = &(*at)->next;
	*at = a->next;
	if (a->owner)
		((struct route *)a->owner)->sessions--;
	agent_free(a);
}

int
route_has_sister(const struct sender *s, const struct agent *a)
{
	const struct agent *other;

	for (other = s->agents; other; other = other->next)
		if (other != a && a->owner && other->owner == a->owner &&
		    other->ready && !other->signals && !other->same)
			return 1;
	return 0;
}

void
route_take_fewer(const struct agent *a, const struct result *why)
{
	struct route *r = a->owner;

	r->max_sessions = r->sessions > 1 ? r->sessions - 1 : 1;
	log_say("Remote %s takes no more than %d session(s): stage: %s "
	    "reply: %s", log_clean(0, buf_str(&a->host)), r->max_sessions,
	    stage_name(why->stage), log_clean(1, why->text));
}

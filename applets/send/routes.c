/* routes - the remotes in this queue run, in the order of `remotes`, and the
 * agents that serve them. */
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/stat.h>

#include "../../lib/base/mem.h"
#include "../../lib/conf/path.h"
#include "../log.h"
#include "sender.h"

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

void
routes_make(struct sender *s)
{
	size_t i;

	s->route_count = s->set.remotes.count;
	s->routes = mem_new(s->route_count, sizeof *s->routes);
	for (i = 0; i < s->route_count; i++) {
		s->routes[i].remote = &s->set.remotes.list[i];
		s->routes[i].max_sessions = s->set.remotes.list[i].sessions;
		s->routes[i].external =
		    is_external(&s->set.remotes.list[i]);
	}
}

void
routes_free(struct sender *s)
{
	struct agent *a;

	for (a = s->agents; a; a = a->next)
		if (a->owner)
			route_retire(a);
	free(s->routes);
	s->routes = NULL;
	s->route_count = 0;
}

void
routes_make_available(struct sender *s, struct message *m)
{
	struct route *r;

	while (m->remotes_tried < s->route_count &&
	    s->routes[m->remotes_tried].dead)
		m->remotes_tried++;
	r = s->routes + m->remotes_tried;
	if (m->remotes_tried < s->route_count && r->next > m->index)
		r->next = m->index;
}

void
route_dead(struct sender *s, struct route *r, int code, enum stage stage,
    struct str text)
{
	size_t i;

	if (r->dead)
		return;
	r->dead = 1;
	for (i = 0; i < s->route_count; i++)
		s->routes[i].next = 0;
	log_fault("Remote %s is left out for the rest of this run: stage: %s "
	    "reply: %s", log_clean(0, buf_str(&r->remote->host)),
	    stage_name(stage), text.n ? log_clean(1, text) : err_text(code));
}

/* The oldest delivery leaves the session; its turn here is over, unless it is
 * to have it again. */
struct delivery
route_take(struct agent *a, int again)
{
	struct delivery d = agent_take(a);

	if (d.m->state == MESSAGE_BUSY)
		d.m->state = MESSAGE_READY;
	d.m->remotes_tried += !again;
	return d;
}

void
route_give_back(struct sender *s, struct agent *a)
{
	while (a->deliveries) {
		struct delivery d = route_take(a, 1);

		routes_make_available(s, d.m);
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

/* sender - control files, clock and queue as the sender sees them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../../lib/base/clock.h"
#include "../../lib/conf/conf.h"
#include "../cli.h"
#include "../log.h"
#include "sender.h"

#define CLOCK_SLACK 60		/* s by which clocks may drift apart */

int
sender_configure(struct sender *s, int first)
{
	struct settings set = { 0 };
	struct buf notes = { 0 };
	int rc = settings_load(&set, buf_str(&s->me), &notes);

	log_faults(buf_str(&notes));
	buf_free(&notes);
	if (rc < 0) {
		cli_warn("Error: %s", conf_why());
		if (first)
			exit(ERR_CONFIG);
		log_fault("Could not load the config");
		return -1;
	}
	if (first || set.pausetime != s->set.pausetime)
		s->pause = set.pausetime;
	settings_free(&s->set);
	s->set = set;
	if (set.remotes.count)
		return 0;
	log_fault("No remote hosts listed for delivery");
	if (!first)
		log_fault("Could not load the config");
	return -1;
}

int
sender_one_shot(const struct sender *s)
{
	return s->once || !s->set.pausetime;
}

long long
sender_now(void)
{
	return (long long)time(NULL);
}

/* A message is not older because somebody set the clock. */
void
sender_watch_clock(struct sender *s)
{
	long long offset = sender_now() - clock_ms() / 1000;
	long long jump = offset - s->clock_offset;

	if (jump > -CLOCK_SLACK && jump < CLOCK_SLACK)
		return;
	s->clock_offset = offset;
	log_say("The clock was set %s by %lld seconds",
	    jump > 0 ? "forward" : "back", jump > 0 ? jump : -jump);
	messages_clock_jumped(&s->messages, jump);
}

int
sender_expired(const struct sender *s, const struct message *m)
{
	return message_age(m, sender_now()) > s->set.queuelifetime ||
	    s->set.queuelifetime < 0;
}

int
sender_delayed(const struct sender *s, const struct message *m)
{
	return s->set.delaywarn && !m->warned &&
	    message_age(m, sender_now()) > s->set.delaywarn;
}

void
sender_scan(struct sender *s)
{
	struct buf notes = { 0 };
	size_t i;

	log_say("Rescanning queue.");
	if (messages_scan(&s->messages, &s->spool, sender_now(), &notes) < 0)
		log_fault("Cannot open queue directory: %s", strerror(errno));
	log_faults(buf_str(&notes));
	buf_free(&notes);
	for (i = 0; i < s->route_count; i++)
		s->routes[i].next = s->routes[i].second_pass = 0;
}

/* Opens a queue file. 0; -1 if it is not to be had, in this run or at all. */
static int
open_queue_file(struct sender *s, struct message *m, struct delivery *d)
{
	if (delivery_open(d, &s->spool, m) == 0)
		return 0;
	if (errno == ENOENT) {
		m->state = MESSAGE_GONE;
	} else if (errno == EINVAL || errno == ELOOP) {
		log_fault("Can't read message: %s is no queue file, "
		    "skipping it", log_clean(0, str_of(m->name)));
		m->state = MESSAGE_BAD;
	} else {
		log_fault("Can't open file '%s': %s",
		    log_clean(0, str_of(m->name)), strerror(errno));
		m->remotes_tried = (unsigned short)s->route_count;
	}
	return -1;
}

int
sender_open(struct sender *s, struct message *m, struct delivery *d)
{
	int changed;

	if (open_queue_file(s, m, d) < 0)
		return -1;
	changed = delivery_catch_up(d, &s->spool);
	if (!changed)
		return 0;
	if (changed < 0) {
		log_fault("Can't rewrite file %s: %s", m->name,
		    strerror(errno));
		m->remotes_tried = (unsigned short)s->route_count;
	}
	delivery_free(d);
	return changed > 0 && m->state == MESSAGE_READY ?
	    open_queue_file(s, m, d) : -1;
}

/* run - a queue run: each message is offered to each remote once, in the order
 * of `remotes`; a remote that fails as such is left out for the rest of it. */
#include "../../lib/base/clock.h"
#include "../../lib/queue/status.h"
#include "../log.h"
#include "sender.h"

#define JOIN_TIME 60000		/* ms after which new mail waits for the next
				 * run, lest a busy run never end */

static void
write_status(struct sender *s, long long next)
{
	struct buf text = { 0 };

	messages_status(&s->messages, next, &text);
	status_write(&s->spool, &text, &s->status);
	buf_free(&text);
}

static void
recall_status(struct sender *s)
{
	struct buf text = { 0 };

	s->recalled = 1;
	status_read(s->spool.root, &text);
	messages_recall(&s->messages, buf_str(&text));
	buf_free(&text);
}

static void
schedule(struct sender *s)
{
	long long wait;

	if (!messages_size(&s->messages))
		s->pause = s->set.maxpause;
	wait = s->pause;
	if (s->trigger.fd < 0 && wait > POLL_PAUSE)
		wait = POLL_PAUSE;
	s->next_run = clock_in(wait * 1000);
	write_status(s, sender_now() + wait);
	s->pause = s->pause * 2 < s->set.maxpause ? s->pause * 2 :
	    s->set.maxpause;
}

static void
end_run(struct sender *s)
{
	if (s->running)
		log_say("Delivery complete, %zu message(s) remain.",
		    messages_size(&s->messages));
	s->running = 0;
	routes_free(s);
	messages_sweep(&s->messages);
	schedule(s);
}

void
run_begin(struct sender *s)
{
	size_t i;

	s->again = 0;
	sender_scan(s);
	if (!s->recalled)
		recall_status(s);
	if (sender_configure(s, 0) < 0 || !messages_size(&s->messages)) {
		end_run(s);
		return;
	}
	for (i = 0; i < s->messages.count; i++)
		s->messages.list[i]->remotes_tried = 0;
	routes_make(s);
	s->running = 1;
	s->joins_until = clock_in(JOIN_TIME);
	log_say("Starting delivery, %zu message(s) in queue.",
	    messages_size(&s->messages));
}

static int
run_is_over(const struct sender *s)
{
	const struct agent *a;
	size_t i;

	for (a = s->agents; a; a = a->next)
		if (a->deliveries)
			return 0;
	for (i = 0; i < s->route_count; i++)
		if (!s->routes[i].dead &&
		    s->routes[i].next < s->messages.count)
			return 0;
	return 1;
}

void
run_advance(struct sender *s)
{
	size_t i;

	for (i = 0; i < s->route_count && !s->stop; i++)
		dispatch(s, &s->routes[i]);
	if (s->running && run_is_over(s) && reports_expire(s))
		end_run(s);
}

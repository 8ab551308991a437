/* progress - how a queue gets empty. */
#include "../base/buf.h"
#include "../base/clock.h"
#include "progress.h"

void
progress_line(struct progress *p, size_t waiting, struct buf *line)
{
	long long ms, now = clock_ms();

	if (!p->begun)
		*p = (struct progress){ 1, now, waiting, 0 };
	if (p->waiting > waiting)
		p->sent += p->waiting - waiting;
	p->waiting = waiting;
	ms = now - p->began;
	buf_clear(line);
	buf_fmt(line, "\r%zu waiting, %zu sent", waiting, p->sent);
	if (p->sent && ms >= 1000)
		buf_fmt(line, ", %lld/s, %lld s left",
		    (long long)p->sent * 1000 / ms,
		    (long long)waiting * ms / 1000 / (long long)p->sent);
	buf_add(line, STR("\033[K"));
}

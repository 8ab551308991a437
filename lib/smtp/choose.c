/* choose - whom a line of `remotes` takes. */
#include <errno.h>
#include <string.h>

#include "../mail/envelope.h"
#include "../mail/pattern.h"
#include "protocol.h"
#include "remote.h"

int
remote_chooses(const struct remote *r)
{
	return r->options.if_from || r->options.if_to;
}

int
remotes_take(const struct remotes *r, size_t which, struct str sender,
    struct str recipient)
{
	const struct remote *line = &r->list[which];
	const struct options *o = &line->options;

	if (!sender.n ? !line->null_sender : o->if_from &&
	    pattern_match(str_of(o->if_from), sender) <= 0)
		return 0;
	return !o->if_to || pattern_match(str_of(o->if_to), recipient) > 0;
}

static int
is_for(const struct remotes *r, size_t which, unsigned over, struct str sender,
    struct str recipient)
{
	size_t i;

	for (i = 0; over; i++, over >>= 1)
		if (over & 1 && remotes_take(r, i, sender, recipient))
			return 0;
	return remotes_take(r, which, sender, recipient);
}

size_t
remotes_narrow(const struct remotes *r, size_t which, unsigned over,
    struct envelope *e, int dry)
{
	size_t at = 0, n = e->sender_n + 1, count = 0;
	struct str to;

	while ((to = envelope_next(e, &at)).p) {
		if (!is_for(r, which, over, envelope_sender(e), to))
			continue;
		count++;
		if (dry)
			continue;
		memmove(e->text.p + n, to.p, to.n + 1);
		n += to.n + 1;
	}
	if (dry)
		return count;
	e->others = e->count - count;
	e->count = count;
	e->text.n = n;
	return count;
}

int
remotes_envelope(const struct protocol_message *m, struct envelope *e)
{
	if (envelope_read(m->fd, e) < 0)
		return -1;
	errno = EINVAL;
	return !m->remotes || remotes_narrow(m->remotes, m->which, m->over, e,
	    0) ? 0 : -1;
}

/* status - spool/status: what the sender knows of each waiting message. */
#include <limits.h>

#include "status.h"

static void
add_number(struct buf *b, long long v)
{
	buf_fmt(b, "\t%lld", v);
}

void
status_add(struct buf *b, const struct status *s)
{
	buf_clean(b, s->id, 255);
	add_number(b, (long long)s->attempts);
	add_number(b, s->first);
	add_number(b, s->last);
	add_number(b, s->next);
	buf_addc(b, '\t');
	buf_clean(b, s->remote, 255);
	add_number(b, s->code);
	buf_addc(b, '\t');
	buf_clean(b, s->text, 1024);
	add_number(b, s->credit);
	add_number(b, s->warned);
	buf_addc(b, '\n');
}

static int
number(struct str *line, long long *v)
{
	struct str field = str_cut(line, '\t');
	int negative = str_starts(field, STR("-"));
	unsigned long n;

	if (str_number(str_skip(field, (size_t)negative), ULONG_MAX, &n) < 0)
		return -1;
	*v = negative ? -(long long)n : (long long)n;
	return 0;
}

static int
parse_fields(struct str line, struct status *s)
{
	long long attempts, code;

	s->id = str_cut(&line, '\t');
	if (!s->id.n || number(&line, &attempts) < 0 ||
	    number(&line, &s->first) < 0 || number(&line, &s->last) < 0 ||
	    number(&line, &s->next) < 0)
		return -1;
	s->remote = str_cut(&line, '\t');
	if (number(&line, &code) < 0)
		return -1;
	s->text = str_cut(&line, '\t');
	s->attempts = (unsigned long)attempts;
	s->code = (int)code;
	if (number(&line, &s->credit) < 0)
		return -1;
	return number(&line, &s->warned);
}

int
status_next(struct str *text, struct status *s)
{
	while (text->n)
		if (parse_fields(str_cut(text, '\n'), s) == 0)
			return 1;
	return 0;
}

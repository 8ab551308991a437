/* status - spool/status: the sender's record of each waiting message. */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "spool.h"
#include "status.h"

#define BLOCK 65536
#define STATUS_MAX (64 * 1024 * 1024)

int
status_read(int root, struct buf *text)
{
	struct spool s = { -1, root, -1, -1 };
	int fd = spool_message(&s, "status", NULL);
	ssize_t n = 0;

	if (fd < 0)
		return -1;
	while (text->n < STATUS_MAX &&
	    (n = read(fd, buf_room(text, BLOCK), BLOCK)) > 0)
		text->n += (size_t)n;
	if (n < 0)
		buf_clear(text);
	close(fd);
	return n < 0 ? -1 : 0;
}

/* FNV-1a: keeping the text of a long queue would need most of our memory. */
static unsigned long long
digest(struct str text)
{
	unsigned long long sum = 0xcbf29ce484222325;

	for (; text.n; text = str_skip(text, 1))
		sum = (sum ^ (unsigned char)text.p[0]) * 0x100000001b3;
	return sum;
}

void
status_write(const struct spool *s, const struct buf *text,
    unsigned long long *sum)
{
	struct buf name = { 0 };
	int fd;

	if (digest(buf_str(text)) == *sum)
		return;
	*sum = digest(buf_str(text));
	if (!text->n) {
		unlinkat(s->root, "status", 0);
	} else if ((fd = spool_temporary(s, &name)) >= 0) {
		if (str_write(fd, buf_str(text)) < 0 || renameat(s->tmp,
		    buf_z(&name), s->root, "status") < 0)
			unlinkat(s->tmp, buf_z(&name), 0);
		close(fd);
	}
	buf_free(&name);
}

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
cut_number(struct str *line, long long *v)
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
	if (!s->id.n || cut_number(&line, &attempts) < 0 ||
	    cut_number(&line, &s->first) < 0 ||
	    cut_number(&line, &s->last) < 0 || cut_number(&line, &s->next) < 0)
		return -1;
	s->remote = str_cut(&line, '\t');
	if (cut_number(&line, &code) < 0)
		return -1;
	s->text = str_cut(&line, '\t');
	s->attempts = (unsigned long)attempts;
	s->code = (int)code;
	if (cut_number(&line, &s->credit) < 0)
		return -1;
	return cut_number(&line, &s->warned);
}

int
status_next(struct str *text, struct status *s)
{
	while (text->n)
		if (parse_fields(str_cut(text, '\n'), s) == 0)
			return 1;
	return 0;
}

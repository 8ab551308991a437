/* status - spool/status: what the sender knows of each waiting message. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "names.h"
#include "spool.h"
#include "status.h"

#define BLOCK 65536
#define STATUS_MAX (64 * 1024 * 1024)

int
status_read(int root, const char *file, struct buf *text)
{
	struct spool s = { -1, root, -1, -1 };
	int fd = spool_message(&s, file, NULL);
	ssize_t n = 0;

	if (fd < 0)
		return -1;
	while (text->n < STATUS_MAX &&
	    (n = str_read(fd, buf_room(text, BLOCK), BLOCK)) > 0)
		text->n += (size_t)n;
	if (n < 0)
		buf_clear(text);
	close(fd);
	return n < 0 ? -1 : 0;
}

/* FNV-1a: of a long queue the text itself would be most of our memory. */
static unsigned long long
digest(struct str text)
{
	unsigned long long sum = 0xcbf29ce484222325;

	for (; text.n; text = str_skip(text, 1))
		sum = (sum ^ (unsigned char)text.p[0]) * 0x100000001b3;
	return sum;
}

static int
replace_status(const struct spool *s, const char *file, struct str text)
{
	struct buf name = { 0 };
	int rc, fd = spool_temporary(s, &name);

	if (fd < 0)
		return -1;
	rc = str_write(fd, text);
	if (close(fd) < 0)
		rc = -1;
	if (rc == 0)
		rc = renameat(s->tmp, buf_z(&name), s->root, file);
	if (rc < 0)
		unlinkat(s->tmp, buf_z(&name), 0);
	buf_free(&name);
	return rc;
}

int
status_write(const struct spool *s, const struct buf *text,
    unsigned long long *sum)
{
	unsigned long long now = digest(buf_str(text));

	if (now == *sum)
		return 0;
	if (text->n ? replace_status(s, STATUS_WAITING, buf_str(text)) < 0
	    : unlinkat(s->root, STATUS_WAITING, 0) < 0 && errno != ENOENT)
		return -1;
	*sum = now;
	return 0;
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
	add_number(b, s->suspect);
	add_number(b, s->unanswered);
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
	if (number(&line, &s->credit) < 0 || number(&line, &s->warned) < 0)
		return -1;
	/* Older senders did not write these. */
	s->suspect = s->unanswered = 0;
	if (line.n && (number(&line, &s->suspect) < 0 ||
	    number(&line, &s->unanswered) < 0))
		return -1;
	return 0;
}

int
status_next(struct str *text, struct status *s)
{
	while (text->n)
		if (parse_fields(str_cut(text, '\n'), s) == 0)
			return 1;
	return 0;
}

int
status_next_rest(struct str *text, struct status *s)
{
	while (text->n) {
		struct str line = str_cut(text, '\n');

		if (!str_starts(line, STR("=\tr\t")))
			continue;
		line = str_skip(line, 4);
		s->remote = str_cut(&line, '\t');
		if (number(&line, &s->first) == 0 &&
		    number(&line, &s->next) == 0) {
			s->text = line;
			return 1;
		}
	}
	return 0;
}

/* ---- spool/failures ---- */

void
status_add_failure(const struct spool *s, const struct status *one)
{
	struct buf line = { 0 };
	int fd = openat(s->root, STATUS_FAILED, O_WRONLY | O_APPEND | O_CREAT
	    | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0600);

	status_add(&line, one);
	str_write(fd, buf_str(&line));
	buf_free(&line);
	names_close(fd);
}

void
status_trim_failures(const struct spool *s, size_t longer)
{
	struct buf text = { 0 }, kept = { 0 }, name = { 0 };
	struct str rest;

	status_read(s->root, STATUS_FAILED, &text);
	rest = buf_str(&text);
	while (text.n > longer && rest.n) {
		struct str line = str_cut(&rest, '\n');

		buf_set(&name, str_head(line, str_find(line, '\t')));
		if (name.n && faccessat(s->failed, buf_z(&name), F_OK,
		    AT_SYMLINK_NOFOLLOW) == 0)
			buf_put(&kept, "%\n", line);
	}
	if (text.n > longer && kept.n < text.n)
		replace_status(s, STATUS_FAILED, buf_str(&kept));
	buf_free(&text);
	buf_free(&kept);
	buf_free(&name);
}

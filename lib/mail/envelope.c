/* envelope - the head of a queue file: sender LF, recipients LF each, LF. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "../base/chr.h"
#include "envelope.h"

#define BLOCK 4096

/* Appends the next block of the file. Bytes read, 0 at its end, or -1. */
static ssize_t
read_more(int fd, struct buf *text)
{
	ssize_t n;

	do
		n = pread(fd, buf_room(text, BLOCK), BLOCK, (off_t)text->n);
	while (n < 0 && errno == EINTR);
	if (n > 0)
		text->n += (size_t)n;
	return n;
}

/* The blank line is the second of two LF, and the first may be that of an empty
 * sender: so the search starts at the sender's LF. *from keeps where the next
 * search begins; *at is the result. */
static int
find_blank_line(struct str text, size_t *from, size_t *at)
{
	const char *hit;
	size_t sender = str_find(text, '\n');

	if (*from < sender)
		*from = sender;
	hit = memmem(text.p + *from, text.n - *from, "\n\n", 2);
	if (hit)
		*at = (size_t)(hit - text.p);
	else if (*from + 1 < text.n)
		*from = text.n - 1;
	return hit != NULL;
}

static int
count_recipients(struct envelope *e)
{
	struct str rest = buf_str(&e->text), line;
	size_t lines;

	e->sender_n = str_find(rest, '\n');
	for (lines = 0; rest.n; lines++) {
		line = str_cut(&rest, '\n');
		if (line.n && !address_plain(line))
			return -1;
	}
	e->count = lines - 1;
	e->others = 0;
	return e->count ? 0 : -1;
}

/* Checked before the blank line is found, as a sparse file may have none for
 * gigabytes. */
static int
line_is_endless(struct str text)
{
	size_t last = str_rfind(text, '\n');

	return text.n - (last < text.n ? last + 1 : 0) > ADDRESS_MAX;
}

int
envelope_read(int fd, struct envelope *e)
{
	size_t from = 0, at = 0;
	ssize_t n;

	buf_clear(&e->text);
	errno = EINVAL;
	for (;;) {
		n = e->text.n < ENVELOPE_MAX ? read_more(fd, &e->text) : 0;
		if (n < 0)
			return -1;
		if (find_blank_line(buf_str(&e->text), &from, &at))
			break;
		if (n == 0 || line_is_endless(buf_str(&e->text))) {
			errno = EINVAL;
			return -1;
		}
	}
	e->body = (off_t)at + 2;
	e->text.n = at + 1;
	e->text.p[e->text.n] = '\0';
	if (count_recipients(e) < 0) {
		errno = EINVAL;
		return -1;
	}
	return 0;
}

struct str
envelope_sender(const struct envelope *e)
{
	return str_head(buf_str(&e->text), e->sender_n);
}

struct str
envelope_next(const struct envelope *e, size_t *at)
{
	struct str rest;

	if (*at == 0)
		*at = e->sender_n + 1;
	if (*at >= e->text.n)
		return (struct str){ NULL, 0 };
	rest = str_skip(buf_str(&e->text), *at);
	rest = str_head(rest, str_find(rest, '\n'));
	*at += rest.n + 1;
	return rest;
}

void
envelope_free(struct envelope *e)
{
	buf_free(&e->text);
	*e = (struct envelope){ 0 };
}

struct str
address_domain(struct str address)
{
	size_t at = str_rfind(address, '@');

	return str_skip(address, at + 1);
}

int
address_plain(struct str address)
{
	size_t i;

	if (address.n == 0 || address.n > ADDRESS_MAX)
		return 0;
	for (i = 0; i < address.n; i++)
		if (chr_is(address.p[i], CHR_CTL))
			return 0;
	return 1;
}

int
address_valid(struct str address)
{
	struct str domain = address_domain(address);

	if (!address_plain(address) || domain.n == 0)
		return 0;
	if (domain.n + 1 == address.n)
		return 0;
	if (DEBIAN_RULES || str_ieq(domain, STR("localhost")))
		return 1;
	if (domain.p[0] == '[')
		return domain.n > 2 && domain.p[domain.n - 1] == ']';
	return str_find(domain, '.') < domain.n;
}

/* user - what /etc/passwd calls a user id: lines of fields with a colon between
 * them, of which the first is the name and the third the id (passwd(5)).
 *
 * The C library's getpwuid would bring its buffered files, a client for nscd
 * and more, a fiftieth of the program. */
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "../base/buf.h"
#include "user.h"

enum { BLOCK = 4096 };

static void
match_line(struct str line, unsigned long uid, struct buf *found)
{
	struct str all = line;
	unsigned long id;

	str_cut(&line, ':');
	str_cut(&line, ':');
	if (!found->n && str_number(str_cut(&line, ':'), UINT_MAX, &id) == 0
	    && id == uid)
		buf_set(found, all);
}

/* Of a line longer than the block the first part is matched, which holds name
 * and id; then the search ends. */
static void
search_lines(int fd, unsigned long uid, struct buf *name)
{
	char block[BLOCK];
	struct str rest;
	size_t have = 0;
	ssize_t n = 1;

	while (n > 0 && !name->n) {
		n = str_read(fd, block + have, sizeof block - have);
		rest = (struct str){ block, have + (n > 0 ? (size_t)n : 0) };
		while (rest.n && (n <= 0 || str_find(rest, '\n') < rest.n))
			match_line(str_cut(&rest, '\n'), uid, name);
		have = rest.n;
		if (have)
			memmove(block, rest.p, have);
	}
}

/* Field number n, from 0, of uid's line. */
static int
user_field(unsigned long uid, int n, struct buf *value)
{
	int fd = openat(AT_FDCWD, "/etc/passwd", O_RDONLY | O_CLOEXEC);
	struct str rest;

	buf_clear(value);
	if (fd < 0)
		return 0;
	search_lines(fd, uid, value);
	close(fd);
	for (rest = buf_str(value); n; n--)
		str_cut(&rest, ':');
	buf_set(value, str_cut(&rest, ':'));
	return value->n > 0;
}

int
user_name(unsigned long uid, struct buf *name)
{
	return user_field(uid, 0, name);
}

int
user_home(unsigned long uid, struct buf *home)
{
	return user_field(uid, 5, home);
}

void
user_add(unsigned long uid, struct buf *out)
{
	struct buf name = { 0 };

	if (user_name(uid, &name))
		buf_fmt(out, "%s (uid %lu)", buf_z(&name), uid);
	else
		buf_fmt(out, "uid %lu", uid);
	buf_free(&name);
}

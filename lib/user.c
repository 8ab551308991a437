/* user - what /etc/passwd calls a user id: lines of fields with a colon between
 * them, of which the first is the name and the third the id (passwd(5)).
 *
 * The C library's getpwuid would bring its buffered files, a client for nscd
 * and more, a fiftieth of the program. */
#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

#include "buf.h"
#include "user.h"

enum { BLOCK = 4096 };

static void
read_file(const char *file, struct buf *text)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return;
	while ((n = read(fd, buf_room(text, BLOCK), BLOCK)) > 0)
		text->n += (size_t)n;
	close(fd);
}

int
user_name(unsigned long uid, struct buf *name)
{
	struct buf text = { 0 };
	struct str rest, line, first;
	unsigned long id;

	buf_clear(name);
	read_file("/etc/passwd", &text);
	rest = buf_str(&text);
	while (!name->n && rest.n) {
		line = str_cut(&rest, '\n');
		first = str_cut(&line, ':');
		str_cut(&line, ':');
		if (str_number(str_cut(&line, ':'), UINT_MAX, &id) == 0
		    && id == uid)
			buf_set(name, first);
	}
	buf_free(&text);
	return name->n > 0;
}

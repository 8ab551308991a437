/* conf - control files. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "../base/buf.h"
#include "../base/chr.h"
#include "conf.h"
#include "path.h"

/* Files are opened by openat, as musl's open adds a system call for kernels
 * that know no O_CLOEXEC.
 *
 * A control file is written by hand; anything larger is a mistake. */
#define CONF_MAX (1024 * 1024)

/* Kept for the next file: freed, they would give a page back to the kernel and
 * get it again for each one. */
static struct buf path, reason;

const char *
conf_why(void)
{
	return buf_z(&reason);
}

static int
note_unreadable(void)
{
	const char *error = strerror(errno);

	buf_set(&reason, STR("Could not read config file \""));
	buf_cat(&reason, buf_str(&path), STR("\": "), str_of(error));
	return -1;
}

/* until: a byte after which reading may stop, or -1 for all of the file. */
static int
read_bytes(int fd, struct buf *text, int until)
{
	char block[1024];
	ssize_t n = 0;

	while (text->n < CONF_MAX) {
		n = str_read(fd, block, sizeof block);
		if (n <= 0)
			break;
		buf_add(text, (struct str){ block, (size_t)n });
		if (until >= 0 && memchr(block, until, (size_t)n))
			break;
	}
	explicit_bzero(block, sizeof block);
	if (text->n < CONF_MAX)
		return n < 0 && errno != EISDIR ? -1 : 0;
	errno = EFBIG;
	return -1;
}

static int
load_file(const char *name, struct buf *text, int until)
{
	int fd, rc = 0;

	buf_clear(text);
	path_set(&path, PATH_CONFIG, name);
	fd = openat(AT_FDCWD, buf_z(&path),
	    O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd >= 0) {
		rc = read_bytes(fd, text, until) < 0 ? note_unreadable() : 0;
		close(fd);
	} else if (errno != ENOENT)
		rc = note_unreadable();
	return rc < 0 ? -1 : text->n > 0;
}

int
conf_file(const char *name, struct buf *text)
{
	return load_file(name, text, -1);
}

int
conf_line(const char *name, struct buf *value)
{
	struct buf text = { 0 };
	struct str rest;
	int rc = load_file(name, &text, '\n');

	rest = buf_str(&text);
	buf_set(value, str_trim(str_cut(&rest, '\n')));
	buf_wipe(&text);
	buf_free(&text);
	return rc < 0 ? -1 : value->n > 0;
}

int
conf_int(const char *name, int fallback, int *value)
{
	struct buf text = { 0 };
	struct str s;
	unsigned long number;
	int negative = 0, rc;
	size_t digits = 0;

	rc = conf_line(name, &text);
	*value = fallback;
	s = buf_str(&text);
	if (s.n && (s.p[0] == '-' || s.p[0] == '+')) {
		negative = s.p[0] == '-';
		s = str_skip(s, 1);
	}
	while (digits < s.n && chr_is(s.p[digits], CHR_DIGIT))
		digits++;
	if (str_number(str_head(s, digits), INT_MAX, &number) == 0)
		*value = negative ? -(int)number : (int)number;
	buf_free(&text);
	return rc < 0 ? -1 : 0;
}

/* secret - where a password comes from. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../conf/path.h"
#include "secret.h"

#define SECRET_MAX 4096

const char *
secret_line(struct str text, struct buf *secret)
{
	size_t n = str_find(text, '\n');

	if (n > SECRET_MAX)
		return "its first line has more than 4096 bytes";
	if (n && n < text.n && text.p[n - 1] == '\r')
		n--;
	buf_set(secret, str_head(text, n));
	return n ? NULL : "its first line is empty";
}

static const char *
read_secret(const char *file, struct buf *secret)
{
	char text[SECRET_MAX + 2];
	struct stat st;
	ssize_t n;
	const char *wrong;
	int fd = open(file, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return strerror(errno);
	n = fstat(fd, &st) < 0 ? -1 : str_read(fd, text, sizeof text);
	wrong = n < 0 ? strerror(errno) : NULL;
	close(fd);
	if (n >= 0)
		wrong = S_ISREG(st.st_mode) ? secret_line((struct str){ text,
		    (size_t)n }, secret) : "it is no regular file";
	explicit_bzero(text, sizeof text);
	return wrong;
}

int
secret_read(const char *file, struct buf *secret, struct buf *why)
{
	struct buf path = { 0 };
	const char *wrong;

	path_option(&path, file);
	wrong = read_secret(buf_z(&path), secret);
	if (wrong)
		buf_fmt(why, "Could not read passfile %s: %s", buf_z(&path),
		    wrong);
	buf_free(&path);
	return wrong ? -1 : 0;
}

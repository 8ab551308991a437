/* copy - copies of a queue file, for some of its recipients. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../mail/envelope.h"
#include "names.h"
#include "settle.h"
#include "spool.h"

#define BLOCK 16384

static int
write_envelope(int fd, const struct envelope *e, const unsigned char *keep)
{
	struct buf text = { 0 };
	struct str recipient;
	size_t at = 0, i = 0;
	int rc;

	buf_cat(&text, envelope_sender(e), STR("\n"));
	for (;;) {
		recipient = envelope_next(e, &at);
		if (!recipient.p)
			break;
		if (!keep || keep[i++])
			buf_cat(&text, recipient, STR("\n"));
	}
	buf_addc(&text, '\n');
	rc = str_write(fd, buf_str(&text));
	buf_free(&text);
	return rc;
}

static int
write_body(int to, int from, off_t at)
{
	char block[BLOCK];
	ssize_t n;

	for (;;) {
		n = pread(from, block, sizeof block, at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return (int)n;
		if (str_write(to, (struct str){ block, (size_t)n }) < 0)
			return -1;
		at += n;
	}
}

/* The time stamp is the message's age, so it goes along; and so does the owner,
 * where that can be: what root wrote is to be read by others. */
static int
write_copy(int to, int from, const struct envelope *e,
    const unsigned char *keep)
{
	struct timespec times[2];
	struct stat st;

	if (fstat(from, &st) < 0 || write_envelope(to, e, keep) < 0
	    || write_body(to, from, e->body) < 0)
		return -1;
	fchown(to, st.st_uid, st.st_gid);
	times[0] = st.st_atim;
	times[1] = st.st_mtim;
	return futimens(to, times) < 0 ? -1 : fsync(to);
}

int
settle_copy(const struct spool *s, int fd, const struct envelope *e,
    const unsigned char *keep, struct buf *temporary)
{
	int to = spool_temporary(s, temporary);

	if (to < 0 || write_copy(to, fd, e, keep) == 0)
		return to;
	names_discard(s->tmp, buf_z(temporary));
	names_close(to);
	return -1;
}

int
spool_part(const struct spool *s, int fd, const struct envelope *e)
{
	struct buf temporary = { 0 };
	int to = settle_copy(s, fd, e, NULL, &temporary);

	if (to >= 0)
		names_discard(s->tmp, buf_z(&temporary));
	buf_free(&temporary);
	return to;
}

int
settle_any(const unsigned char *keep, size_t count)
{
	size_t i = 0;

	while (i < count && !keep[i])
		i++;
	if (i == count)
		errno = EINVAL;
	return i < count;
}

int
spool_copy(const struct spool *s, int fd, const struct envelope *e,
    const unsigned char *keep, int folder, const char *name)
{
	struct buf temporary = { 0 };
	int to = -1, rc = -1;

	if (settle_any(keep, e->count))
		to = settle_copy(s, fd, e, keep, &temporary);
	if (to >= 0)
		rc = renameat(s->tmp, buf_z(&temporary), folder, name);
	if (rc < 0 && to >= 0)
		names_discard(s->tmp, buf_z(&temporary));
	names_close(to);
	if (rc == 0)
		rc = names_sync(folder);
	buf_free(&temporary);
	return rc;
}

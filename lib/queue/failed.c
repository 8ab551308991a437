/* failed - a message, or a part of it, goes into failed/. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "../mail/envelope.h"
#include "names.h"
#include "settle.h"
#include "spool.h"

#define NAMES_TRIED 100000

/* On its way into failed/: fd and its envelope, NULL for a part. */
struct failing {
	const struct spool *s;
	int fd;
	const struct envelope *whole;
	const char *name;
	struct buf *as;
	int found;		/* it was there already */
};

static int
is_there(const struct failing *f)
{
	return f->whole && settle_is(f->s->failed, buf_z(f->as), f->fd,
	    f->whole) == SPOOL_SAME;
}

/* Gives a file the first free name in failed/, unless the message has one
 * there. 0 it has, from is there still; 1 moved, from is gone; -1. */
static int
name_failed(struct failing *f, int folder, const char *from,
    int (*give)(int, const char *, int, const char *))
{
	unsigned n = !f->whole, most = n + NAMES_TRIED;
	int rc, taken;

	do {
		buf_set(f->as, str_of(f->name));
		if (n)
			buf_fmt(f->as, ".%u", n);
		rc = give(folder, from, f->s->failed, buf_z(f->as));
		taken = rc < 0 && errno == EEXIST;
		f->found = taken && is_there(f);
	} while (taken && !f->found && ++n < most);
	return f->found ? 0 : rc;
}

/* Also the file: its size and where it begins may be written with it and not
 * with the folder, and whoever put it into queue/ by hand has not synced it. */
static int
sync_failed(const struct failing *f)
{
	struct spool failed = { -1, f->s->failed, -1, -1 };
	int fd = spool_message(&failed, buf_z(f->as), NULL);
	int rc = fd < 0 ? -1 : fsync(fd);

	names_close(fd);
	if (rc == 0 && names_sync(f->s->failed) == 0)
		return 0;
	if (!f->found)
		names_discard(f->s->failed, buf_z(f->as));
	return -1;
}

static int
link_only(int from_folder, const char *from, int to_folder, const char *to)
{
	return linkat(from_folder, from, to_folder, to, 0);
}

/* Who has the name now is seen by the link. */
static int
link_failed(struct failing *f)
{
	if (name_failed(f, f->s->queue, f->name, link_only) < 0)
		return -1;
	if (is_there(f))
		return 0;
	names_discard(f->s->failed, buf_z(f->as));
	errno = ESTALE;
	return -1;
}

static int
fail_by_copy(struct failing *f, const struct envelope *e,
    const unsigned char *keep)
{
	struct buf copy = { 0 };
	int rc, to = settle_copy(f->s, f->fd, e, keep, &copy);

	rc = to < 0 ? -1 : name_failed(f, f->s->tmp, buf_z(&copy), names_link);
	if (to >= 0 && rc <= 0)
		names_discard(f->s->tmp, buf_z(&copy));
	names_close(to);
	buf_free(&copy);
	return rc < 0 ? -1 : sync_failed(f);
}

int
spool_fail(const struct spool *s, int fd, const struct envelope *e,
    const unsigned char *keep, const char *name, struct buf *as)
{
	struct failing f = { s, fd, keep ? NULL : e, name, as, 0 };
	int rc = settle_has(fd, e);

	if (rc == 0)
		errno = ESTALE;
	if (rc <= 0 || (keep && !settle_any(keep, e->count)))
		return -1;
	if (!keep && link_failed(&f) == 0 && sync_failed(&f) == 0)
		return 0;
	return fail_by_copy(&f, e, keep);
}

int
spool_fail_later(const struct spool *s, int fd, const struct envelope *e,
    const char *name, struct buf *as)
{
	struct failing f = { s, fd, e, name, as, 0 };

	return link_failed(&f);
}

int
spool_sync_failed(const struct spool *s)
{
	return names_sync(s->failed);
}

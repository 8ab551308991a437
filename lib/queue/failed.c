/* failed - a message, or a part of it, goes into failed/. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../mail/envelope.h"
#include "names.h"
#include "settle.h"
#include "spool.h"

/* Also the file: its size and where it begins may be written with it and not
 * with the folder, and what was put into queue/ by hand was not synced. */
static int
sync_failed(const struct spool *s, const char *as)
{
	struct spool failed = { -1, s->failed, -1, -1 };
	int fd = spool_message(&failed, as, NULL);
	int rc = fd < 0 ? -1 : fsync(fd);

	names_close(fd);
	if (rc == 0 && names_sync(s->failed) == 0)
		return 0;
	names_discard(s->failed, as);
	return -1;
}

/* Number of the first name that is not another message's. If it is this one's
 * it is removed, and will be made again: a sync that has failed is good for
 * nothing until the folder changes. */
static unsigned
first_number(const struct spool *s, int fd, const struct envelope *e,
    const char *name, struct buf *as)
{
	unsigned n = 0;
	int is;

	buf_set(as, str_of(name));
	while ((is = settle_is(s->failed, buf_z(as), fd, e)) == SPOOL_OTHER) {
		buf_set(as, str_of(name));
		buf_fmt(as, ".%u", ++n);
	}
	if (is == SPOOL_SAME)
		names_discard(s->failed, buf_z(as));
	return n;
}

/* Who has the name in queue/ is seen by the link. */
int
spool_fail_later(const struct spool *s, int fd, const struct envelope *e,
    const char *name, struct buf *as)
{
	unsigned n = first_number(s, fd, e, name, as);

	if (names_numbered(names_link_only, s->queue, name, s->failed, name, n,
	    as) < 0)
		return -1;
	if (settle_is(s->failed, buf_z(as), fd, e) == SPOOL_SAME)
		return 0;
	names_discard(s->failed, buf_z(as));
	errno = ESTALE;
	return -1;
}

int
spool_sync_failed(const struct spool *s)
{
	return names_sync(s->failed);
}

static int
fail_by_copy(const struct spool *s, int fd, const struct envelope *e,
    const unsigned char *keep, const char *name, struct buf *as)
{
	struct buf copy = { 0 };
	int rc, to = settle_copy(s, fd, e, keep, &copy);
	unsigned n;

	if (to < 0) {
		buf_free(&copy);
		return -1;
	}
	n = keep ? 1 : first_number(s, fd, e, name, as);
	rc = names_numbered(names_link, s->tmp, buf_z(&copy), s->failed, name,
	    n, as);
	if (rc <= 0)
		names_discard(s->tmp, buf_z(&copy));
	names_close(to);
	buf_free(&copy);
	return rc < 0 ? -1 : sync_failed(s, buf_z(as));
}

/* A whole message is what has the name; a part is of the open file. */
int
spool_fail(const struct spool *s, int fd, const struct envelope *e,
    const unsigned char *keep, const char *name, struct buf *as)
{
	int rc;

	if (keep) {
		rc = settle_any(keep, e->count) ? settle_has(fd, e) : -1;
	} else {
		rc = spool_is(s, name, fd, e);
		rc = rc < 0 ? -1 : rc == SPOOL_SAME;
	}
	if (rc == 0)
		errno = ESTALE;
	if (rc <= 0)
		return -1;
	if (!keep && spool_fail_later(s, fd, e, name, as) == 0
	    && sync_failed(s, buf_z(as)) == 0)
		return 0;
	return fail_by_copy(s, fd, e, keep, name, as);
}

struct expiry {
	const struct spool *spool;
	time_t before;
	struct buf *removed;
};

/* The time of a file's new name is that of its inode. */
static int
expire_file(void *context, const char *name)
{
	struct expiry *x = context;
	struct stat st;

	if (fstatat(x->spool->failed, name, &st, AT_SYMLINK_NOFOLLOW) == 0
	    && S_ISREG(st.st_mode) && st.st_ctime < x->before
	    && unlinkat(x->spool->failed, name, 0) == 0)
		buf_put(x->removed, "%\n", str_of(name));
	return 0;
}

void
spool_expire_failed(const struct spool *s, int seconds, struct buf *removed)
{
	struct expiry x = { s, time(NULL) - seconds, removed };

	names_list(s->failed, expire_file, &x);
}

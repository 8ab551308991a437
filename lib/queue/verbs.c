/* verbs - what an administrator does to a message. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "names.h"
#include "settle.h"
#include "spool.h"
#include "verbs.h"

#define TRIES 20		/* for a message that the sender has ... */
#define PAUSE 100		/* ms between them */

int
verbs_is_id(const char *id)
{
	return *id && *id != '.' && !strchr(id, '/');
}

/* Without locks, as on some file systems, the comparison has to do. */
static int
take_message(int folder, const char *id)
{
	struct spool s = { -1, folder, -1, -1 };
	int fd, held, tries;
	struct stat st;

	errno = EINVAL;
	for (tries = 0; verbs_is_id(id) && tries < TRIES; tries++) {
		fd = spool_message(&s, id, NULL);
		if (fd < 0)
			return -1;
		if (fstat(fd, &st) == 0 && spool_is_marked(&st)) {
			close(fd);
			errno = EALREADY;
			return -1;
		}
		held = spool_hold(fd);
		if (held != 1
		    && settle_is(folder, id, fd, NULL) == SPOOL_SAME)
			return fd;
		close(fd);
		if (held == 1)
			poll(NULL, 0, PAUSE);
		errno = EBUSY;
	}
	return -1;
}

/* What was renamed, for want of links, has left already. */
static int
move_taken(int from, const char *id, int to, struct buf *as)
{
	int rc = names_numbered(names_link, from, id, to, id, 0, as);

	if (rc < 0 || names_sync(to) < 0)
		return -1;
	if (rc == 0 && unlinkat(from, id, 0) < 0)
		return -1;
	return names_sync(from);
}

int
verbs_move(int from, const char *id, int to, int renew, struct buf *as)
{
	int rc, fd = take_message(from, id);

	if (fd < 0)
		return -1;
	rc = renew ? futimens(fd, NULL) : 0;
	if (rc == 0) {
		buf_set(as, str_of(id));
		rc = move_taken(from, id, to, as);
	}
	names_close(fd);
	return rc;
}

int
verbs_delete(int from, const char *id)
{
	int rc, fd = take_message(from, id);

	if (fd < 0)
		return -1;
	rc = unlinkat(from, id, 0);
	if (rc == 0)
		rc = names_sync(from);
	names_close(fd);
	return rc;
}

/* A nanosecond makes it another file to the sender. Both times are set, as
 * inotify calls the change of one alone something else. */
int
verbs_retry(int folder, const char *id)
{
	int rc, fd = take_message(folder, id);
	struct timespec times[2];
	struct stat st;

	if (fd < 0)
		return -1;
	rc = fstat(fd, &st);
	times[0] = st.st_atim;
	times[1] = st.st_mtim;
	times[1].tv_nsec ^= 1;
	if (rc == 0)
		rc = futimens(fd, times);
	names_close(fd);
	return rc;
}

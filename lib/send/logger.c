/* logger - lines to the system's log daemon. */
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "../base/buf.h"
#include "logger.h"

#define FACILITY_MAIL (2 << 3)

static int
join(struct logger *l)
{
	struct sockaddr_un a = { AF_UNIX, "/dev/log" };

	if (l->fd >= 0)
		return 0;
	l->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (l->fd >= 0 && connect(l->fd, (struct sockaddr *)&a, sizeof a) == 0)
		return 0;
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
	return -1;
}

static void
stamp(struct buf *b)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	time_t now = time(NULL);
	struct tm tm;

	if (!localtime_r(&now, &tm))
		return;
	buf_add(b, (struct str){ months + 3 * tm.tm_mon, 3 });
	buf_fmt(b, " %2d %02d:%02d:%02d", tm.tm_mday, tm.tm_hour, tm.tm_min,
	    tm.tm_sec);
}

int
logger_line(struct logger *l, enum logger_level level, struct str text)
{
	struct buf line = { 0 };
	int tries, rc = -1;

	buf_fmt(&line, "<%d>", FACILITY_MAIL | (int)level);
	stamp(&line);
	buf_fmt(&line, " nullmailer[%d]: ", (int)getpid());
	buf_add(&line, text);
	for (tries = 0; tries < 2 && rc < 0 && join(l) == 0; tries++) {
		rc = send(l->fd, line.p, line.n, MSG_NOSIGNAL) < 0 ? -1 : 0;
		if (rc < 0) {
			close(l->fd);
			l->fd = -1;
		}
	}
	buf_free(&line);
	return rc;
}

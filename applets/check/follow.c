/* follow - a test message on its way. */
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../../lib/base/buf.h"
#include "../../lib/base/clock.h"
#include "../../lib/base/date.h"
#include "../../lib/conf/hostname.h"
#include "../../lib/conf/user.h"
#include "../../lib/queue/names.h"
#include "../../lib/queue/status.h"
#include "../../lib/queue/store.h"
#include "check.h"

#define LOOK 200		/* ms between looks */

/* From the user at this host, who gets the report too. */
static void
compose_test(struct buf *b, const char *address)
{
	static struct hostnames h;
	static struct buf user;

	hostnames_load(&h);
	if (!user_name(getuid(), &user))
		buf_set(&user, STR("nullmailer"));
	buf_put(&user, "@%", buf_str(&h.defaulthost));
	buf_put(b, "%\n%\n\nFrom: %\nTo: %\nSubject: Test of "
	    "nullmailer-check\nDate: ", buf_str(&user), str_of(address),
	    buf_str(&user), str_of(address));
	date_local(b, time(NULL));
	buf_fmt(b, "\nMessage-Id: <%lld.%d.check@", (long long)time(NULL),
	    (int)getpid());
	buf_put(b, "%>\n\nThis message was sent by nullmailer-check on %.\n",
	    buf_str(&h.idhost), buf_str(&h.me));
}

/* The name in queue/ goes to name. 0 or -1. */
static int
put_test(struct check *c, const char *address, struct buf *name)
{
	struct store s;
	int rc = store_begin(&s, getuid(), 0);

	if (rc == 0) {
		compose_test(&s.in, address);
		rc = store_copy(&s, -1);
	}
	if (rc == 0)
		rc = store_commit(&s);
	if (rc < 0 || s.why.n)
		check_say(c, rc < 0 ? CHECK_BAD : CHECK_WARN, "queue", "%s",
		    buf_z(&s.why));
	buf_set(name, buf_str(&s.name));
	store_end(&s);
	return rc;
}

/* What the sender has noted of the message, if that is something new. */
static void
say_attempt(struct check *c, int root, struct str id, unsigned long *attempts)
{
	static struct buf text, line;
	struct str rest;
	struct status s;

	buf_clear(&text);
	status_read(root, STATUS_WAITING, &text);
	rest = buf_str(&text);
	while (status_next(&rest, &s)) {
		if (!str_eq(s.id, id) || s.attempts == *attempts)
			continue;
		*attempts = s.attempts;
		buf_clear(&line);
		buf_put(&line, "%: %", s.remote, s.text);
		check_say(c, CHECK_BAD, "attempt", "%s", buf_z(&line));
	}
}

/* 1 when it has left the queue. */
static int
has_left(struct check *c, const struct spool *s, const char *name,
    long long ms)
{
	if (faccessat(s->queue, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	if (faccessat(s->root, "failed", X_OK, 0) == 0 &&
	    faccessat(s->failed, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		check_say(c, CHECK_BAD, "failed", "it was refused after "
		    "%lld ms: mailq -F and the log say why", ms);
	else
		check_say(c, CHECK_GOOD, "delivered", "a remote has taken it "
		    "after %lld ms", ms);
	return 1;
}

static void
follow(struct check *c, struct spool *s, const struct buf *name,
    long long seconds)
{
	long long began = clock_ms(), end = clock_in(seconds * 1000);
	unsigned long attempts = 0;

	s->failed = openat(s->root, "failed", O_PATH | O_DIRECTORY | O_CLOEXEC);
	while (!has_left(c, s, buf_z(name), clock_ms() - began)) {
		say_attempt(c, s->root, buf_str(name), &attempts);
		if (clock_left(end) == 0) {
			check_say(c, CHECK_BAD, "waiting", "it still waits "
			    "after %lld s", seconds);
			break;
		}
		poll(NULL, 0, LOOK);
	}
}

void
check_send(struct check *c, const char *address, long long seconds)
{
	struct spool s;
	static struct buf name, why;

	check_part(c, "Test message to", address);
	if (spool_open(&s, &why) < 0) {
		check_say(c, CHECK_BAD, "spool", "%s", buf_z(&why));
	} else {
		if (put_test(c, address, &name) == 0) {
			check_say(c, CHECK_GOOD, "queued", "%s", buf_z(&name));
			follow(c, &s, &name, seconds);
		}
		spool_close(&s);
	}
}

/* delivery - what becomes of a queue file when recipients' ways part, also when
 * the file system does not let it happen at once. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../../lib/send/messages.h"
#include "../../../lib/mail/envelope.h"
#include "../../../lib/base/err.h"
#include "../../../lib/send/delivery.h"
#include "../../../lib/queue/spool.h"
#include "../t.h"

static struct spool s = { -1, -1, -1, -1 };
static struct buf notes;
static struct messages b;
static struct delivery d;
static int unlockable;

static int
put(int folder, const char *name, const char *text)
{
	int fd = openat(folder, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	int ok = write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	close(fd);
	return ok;
}

static int
holds(int folder, const char *name, const char *want)
{
	char text[256];
	int fd = openat(folder, name, O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text);

	close(fd);
	return n == (ssize_t)strlen(want) && !memcmp(text, want, (size_t)n);
}

static int
is_there(int folder, const char *name)
{
	struct stat st;

	return fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

#define THREE "s@x.y\na@x.y\nb@x.y\nc@x.y\n\nH: 1\n\ntext\n"

static int
scan(void)
{
	struct messages_look look = { BUILD_DATE + 1, 2000000000, 0 };

	return messages_scan(&b, &s, &look, &notes);
}

/* A fresh message to three recipients, opened. */
static int
begin(void)
{
	delivery_free(&d);
	unlinkat(s.failed, "1.1", 0);
	unlinkat(s.failed, "1.1.1", 0);
	unlinkat(s.queue, "1.1", 0);
	messages_free(&b);
	return put(s.queue, "1.1", THREE) && scan() == 0 && b.count == 1 &&
	    delivery_open(&d, &s, b.list[0], &unlockable) == 0;
}

static int
refuse(size_t index, int code, const char *text)
{
	struct result r = { 0 };

	r.code = code;
	r.text = str_of(text);
	return delivery_refuse(&d, index, &r);
}

static void
decide(enum rcpt_result one, enum rcpt_result two, enum rcpt_result three)
{
	delivery_decide(&d, 0, one);
	delivery_decide(&d, 1, two);
	delivery_decide(&d, 2, three);
}

static void
results(void)
{
	struct result whole = { 0 };

	T(begin() && d.count[DEFERRED] == 3);
	T(refuse(0, ERR_MSG_PERM, "550 a") == 0);
	T(refuse(2, ERR_MSG_TEMP, "450 c") == 0);
	T(refuse(2, ERR_MSG_TEMP, "450 again") == -1);
	T(refuse(3, ERR_MSG_TEMP, "450 no such recipient") == -1);
	T(delivery_said(&d, 0, &whole).code == ERR_MSG_PERM);
	T(str_eq(delivery_said(&d, 2, &whole).text, STR("450 c")));
	T(delivery_said(&d, 1, &whole).code == ERR_OK && d.refusals == 2);
	decide(FAILED, DELIVERED, DEFERRED);
	T(d.count[FAILED] == 1 && d.count[DELIVERED] == 1 &&
	    d.count[DEFERRED] == 1);
}

/* Those of the server with most to say. */
static void
texts(void)
{
	struct buf big = { 0 };
	struct result whole = { 0 };

	T(begin());
	while (big.n < 70000)
		buf_add(&big, STR("550 no "));
	T(refuse(0, ERR_MSG_PERM, "550 a") == 0);
	T(refuse(1, ERR_MSG_PERM, "550 a") == 0 && d.words.n == 5);
	T(refuse(2, ERR_MSG_PERM, buf_z(&big)) == 0 && d.words.n == 5);
	T(str_eq(delivery_said(&d, 2, &whole).text, STR("550 a")));
	buf_free(&big);
}

/* What a child keeps open is the file that has the name. */
static int
has_the_file(size_t recipients)
{
	const struct envelope *e;
	struct stat kept, named;

	return fstat(delivery_file(&d, &e), &kept) == 0 &&
	    fstatat(s.queue, "1.1", &named, 0) == 0 &&
	    kept.st_ino == named.st_ino && e->count == recipients;
}

static void
parting(void)
{
	T(begin() && has_the_file(3));
	decide(FAILED, DELIVERED, DEFERRED);
	T(delivery_settle(&d, &s, &b, DELIVERED) == 0);
	T(holds(s.queue, "1.1", "s@x.y\na@x.y\nc@x.y\n\nH: 1\n\ntext\n"));
	T(has_the_file(2));
	T(delivery_settle(&d, &s, &b, FAILED) == 0);
	T(holds(s.failed, "1.1.1", "s@x.y\na@x.y\n\nH: 1\n\ntext\n"));
	T(holds(s.queue, "1.1", "s@x.y\nc@x.y\n\nH: 1\n\ntext\n"));
	T(b.list[0]->state != MESSAGE_GONE);
	/* What we have written ourselves is no change. */
	T(scan() == 0 && !(b.list[0]->fresh = 0) && scan() == 0 &&
	    !b.list[0]->fresh);
}

static void
all_one_way(void)
{
	T(begin());
	decide(DELIVERED, DELIVERED, DELIVERED);
	T(delivery_settle(&d, &s, &b, DELIVERED) == 1);
	T(!is_there(s.queue, "1.1") && b.list[0]->state == MESSAGE_GONE);
	T(begin() && put(s.failed, "1.1", "older"));
	decide(FAILED, FAILED, FAILED);
	T(delivery_settle(&d, &s, &b, DELIVERED) == 0);
	T(holds(s.queue, "1.1", THREE));
	T(delivery_settle(&d, &s, &b, FAILED) == 1);
	T(!is_there(s.queue, "1.1") && holds(s.failed, "1.1", "older"));
	T(holds(s.failed, "1.1.1", THREE));
}

/* Removed, replaced, edited while it was sent. */
static void
by_hand(void)
{
	T(begin());
	decide(DELIVERED, DELIVERED, DEFERRED);
	unlinkat(s.queue, "1.1", 0);
	T(delivery_settle(&d, &s, &b, DELIVERED) == 2);
	T(!is_there(s.queue, "1.1") && b.list[0]->state == MESSAGE_GONE);
	T(begin() && put(s.tmp, "new", THREE "more\n"));
	decide(DELIVERED, DELIVERED, DELIVERED);
	T(renameat(s.tmp, "new", s.queue, "1.1") == 0);
	T(delivery_settle(&d, &s, &b, DELIVERED) == 2);
	T(holds(s.queue, "1.1", THREE "more\n"));
	T(begin() && put(s.queue, "1.1",
	    "s@x.y\nnew@x.y\nc@x.y\nb@x.y\n\nH: 1\n\ntext\n"));
	decide(DELIVERED, DELIVERED, DEFERRED);
	T(delivery_settle(&d, &s, &b, DELIVERED) == 0);
	T(holds(s.queue, "1.1", "s@x.y\nnew@x.y\nc@x.y\n\nH: 1\n\ntext\n"));
}

/* Without tmp nothing can be rewritten: it is remembered, and done later. */
static void
catching_up(void)
{
	int tmp = s.tmp;

	T(begin());
	decide(DELIVERED, DELIVERED, DEFERRED);
	T(delivery_catch_up(&d, &s, &b) == 0);
	s.tmp = -1;
	T(delivery_settle(&d, &s, &b, DELIVERED) == -1 && errno == EBADF);
	T(holds(s.queue, "1.1", THREE));
	delivery_free(&d);
	T(delivery_open(&d, &s, b.list[0], &unlockable) == 0);
	T(delivery_catch_up(&d, &s, &b) == -1);
	s.tmp = tmp;
	T(delivery_catch_up(&d, &s, &b) == 1);
	T(holds(s.queue, "1.1", "s@x.y\nc@x.y\n\nH: 1\n\ntext\n"));
	delivery_free(&d);
	T(delivery_open(&d, &s, b.list[0], &unlockable) == 0);
	T(delivery_catch_up(&d, &s, &b) == 0);
}

/* The lock is on the open file, the mark in it. */
static void
of_other_senders(void)
{
	struct delivery other;

	T(begin());
	T(delivery_open(&other, &s, b.list[0], &unlockable) == -1 &&
	    errno == EBUSY);
	delivery_free(&d);
	T(delivery_open(&d, &s, b.list[0], &unlockable) == 0);
	T(spool_mark(d.fd) == 0);
	delivery_free(&d);
	T(delivery_open(&d, &s, b.list[0], &unlockable) == -1 &&
	    errno == EALREADY);
	T(unlockable == 0);
}

static void
no_queue_files(void)
{
	T(begin());
	delivery_free(&d);
	T(put(s.queue, "1.1", "no envelope"));
	T(delivery_open(&d, &s, b.list[0], &unlockable) == -1 &&
	    errno == EINVAL);
	unlinkat(s.queue, "1.1", 0);
	T(delivery_open(&d, &s, b.list[0], &unlockable) == -1 &&
	    errno == ENOENT);
	T(mkfifoat(s.queue, "1.1", 0600) == 0);
	T(delivery_open(&d, &s, b.list[0], &unlockable) == -1 &&
	    errno == EINVAL);
}

static int
folder(const char *name)
{
	return mkdir(name, 0700) < 0 ? -1 : open(name, O_RDONLY | O_DIRECTORY);
}

int
main(void)
{
	char top[] = "/tmp/delivery.XXXXXX";

	d.fd = d.file = -1;
	if (!mkdtemp(top) || chdir(top) < 0)
		return 1;
	s.queue = folder("queue");
	s.tmp = folder("tmp");
	s.failed = folder("failed");
	results();
	texts();
	parting();
	all_one_way();
	by_hand();
	catching_up();
	of_other_senders();
	no_queue_files();
	unlinkat(s.queue, "1.1", 0);
	unlinkat(s.failed, "1.1", 0);
	unlinkat(s.failed, "1.1.1", 0);
	T(rmdir("queue") == 0 && rmdir("tmp") == 0 && rmdir("failed") == 0);
	rmdir(top);
	return T_END();
}

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
static size_t count[RESULTS];

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

/* A fresh message to three recipients, opened. */
static int
begin(void)
{
	delivery_free(&d);
	unlinkat(s.failed, "1.1", 0);
	unlinkat(s.queue, "1.1", 0);
	messages_scan(&b, &s, BUILD_DATE + 1, &notes);
	return put(s.queue, "1.1", THREE) &&
	    messages_scan(&b, &s, BUILD_DATE + 1, &notes) == 0 &&
	    b.count == 1 && delivery_open(&d, &s, b.list[0]) == 0;
}

/* The fates of all three after these refusals and this result. */
static unsigned char *
fates(int a, int c, int rest)
{
	if (a)
		delivery_refuse(&d, 0, a, STR("550 a"));
	if (c)
		delivery_refuse(&d, 2, c, STR("450 c"));
	return delivery_results(&d, rest, count);
}

static void
judgement(void)
{
	unsigned char *result;

	T(begin());
	result = fates(ERR_MSG_PERM, ERR_MSG_TEMP, ERR_OK);
	T(result[0] == FAILED && result[1] == DELIVERED &&
	    result[2] == DEFERRED);
	T(count[FAILED] == 1 && count[DELIVERED] == 1 && count[DEFERRED] == 1);
	T(str_eq(buf_str(&delivery_refusal(&d, 2)->text), STR("450 c")));
	T(!delivery_refusal(&d, 1));
	free(result);
	result = delivery_results(&d, 127, count);
	T(result[1] == DEFERRED);
	free(result);
}

static void
parting(void)
{
	unsigned char *result;

	T(begin());
	result = fates(ERR_MSG_PERM, ERR_MSG_TEMP, ERR_OK);
	T(delivery_drop_delivered(&d, &s, result) == 0);
	T(holds(s.queue, "1.1", "s@x.y\na@x.y\nc@x.y\n\nH: 1\n\ntext\n"));
	T(delivery_move_failed(&d, &s, result) == 0);
	T(holds(s.failed, "1.1", "s@x.y\na@x.y\n\nH: 1\n\ntext\n"));
	T(holds(s.queue, "1.1", "s@x.y\nc@x.y\n\nH: 1\n\ntext\n"));
	free(result);
}

static void
all_one_way(void)
{
	unsigned char *result;

	T(begin());
	result = fates(0, 0, ERR_OK);
	T(delivery_drop_delivered(&d, &s, result) == 0);
	T(!is_there(s.queue, "1.1") && b.list[0]->state == MESSAGE_GONE);
	free(result);
	T(begin());
	result = fates(0, 0, ERR_MSG_PERM);
	T(delivery_drop_delivered(&d, &s, result) == 0);
	T(holds(s.queue, "1.1", THREE));
	T(delivery_move_failed(&d, &s, result) == 0);
	T(!is_there(s.queue, "1.1") && holds(s.failed, "1.1", THREE));
	free(result);
}

static void
no_overwriting(void)
{
	unsigned char *result;

	T(begin() && put(s.failed, "1.1", "older"));
	result = fates(0, 0, ERR_MSG_PERM);
	T(delivery_move_failed(&d, &s, result) == 0);
	T(holds(s.failed, "1.1", "older") && holds(s.failed, "1.10", THREE));
	unlinkat(s.failed, "1.10", 0);
	free(result);
}

/* Without tmp nothing can be rewritten: it is remembered, and done later. */
static void
catching_up(void)
{
	unsigned char *result;
	int tmp = s.tmp;

	T(begin());
	result = fates(0, ERR_MSG_TEMP, ERR_OK);
	T(delivery_catch_up(&d, &s) == 0);
	s.tmp = -1;
	T(delivery_drop_delivered(&d, &s, result) == -1 && errno == EBADF);
	T(holds(s.queue, "1.1", THREE));
	T(delivery_catch_up(&d, &s) == -1);
	s.tmp = tmp;
	T(delivery_catch_up(&d, &s) == 1);
	T(holds(s.queue, "1.1", "s@x.y\nc@x.y\n\nH: 1\n\ntext\n"));
	T(delivery_catch_up(&d, &s) == 0);
	free(result);
}

static void
no_queue_files(void)
{
	T(begin());
	delivery_free(&d);
	T(put(s.queue, "1.1", "no envelope"));
	T(delivery_open(&d, &s, b.list[0]) == -1 && errno == EINVAL);
	unlinkat(s.queue, "1.1", 0);
	T(delivery_open(&d, &s, b.list[0]) == -1 && errno == ENOENT);
	T(mkfifoat(s.queue, "1.1", 0600) == 0);
	T(delivery_open(&d, &s, b.list[0]) == -1 && errno == EINVAL);
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

	d.fd = -1;
	if (!mkdtemp(top) || chdir(top) < 0)
		return 1;
	s.queue = folder("queue");
	s.tmp = folder("tmp");
	s.failed = folder("failed");
	judgement();
	parting();
	all_one_way();
	no_overwriting();
	catching_up();
	no_queue_files();
	unlinkat(s.queue, "1.1", 0);
	unlinkat(s.failed, "1.1", 0);
	T(rmdir("queue") == 0 && rmdir("tmp") == 0 && rmdir("failed") == 0);
	rmdir(top);
	return T_END();
}

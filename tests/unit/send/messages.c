/* messages - order, age, and clocks that jump, with and without a restart.
 * BUILD_DATE is the border below which no clock is believed. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../../lib/send/messages.h"
#include "../../../lib/base/err.h"
#include "../../../lib/queue/spool.h"
#include "../t.h"

#define NOW (BUILD_DATE + 1000000LL)

static struct spool s = { -1, -1, -1, -1 };
static struct buf notes;

static void
put(const char *name, long long mtime)
{
	struct timespec times[2] = { { 0, 0 }, { 0, 0 } };

	close(openat(s.queue, name, O_WRONLY | O_CREAT, 0600));
	times[0].tv_sec = times[1].tv_sec = (time_t)mtime;
	utimensat(s.queue, name, times, 0);
}

static int
scan(struct messages *b, long long now)
{
	return messages_scan(b, &s, now, &notes);
}

static struct message *
find(const struct messages *b, const char *name)
{
	size_t i;

	for (i = 0; i < b->count; i++)
		if (!strcmp(b->list[i]->name, name))
			return b->list[i];
	return NULL;
}

static long long
age(const struct messages *b, const char *name, long long now)
{
	struct message *m = find(b, name);

	return m ? message_age(m, now) : -1;
}

/* The names in their order, each with a blank behind it. */
static int
order(const struct messages *b, struct str want)
{
	struct buf got = { 0 };
	size_t i;
	int ok;

	for (i = 0; i < b->count; i++)
		buf_cat(&got, str_of(b->list[i]->name), STR(" "));
	ok = str_eq(buf_str(&got), want);
	if (!ok)
		printf("# %s\n", buf_z(&got));
	for (i = 0; i < b->count; i++)
		ok &= b->list[i]->index == i;
	buf_free(&got);
	return ok;
}

static void
clear(struct messages *b)
{
	size_t i;

	for (i = 0; i < b->count; i++)
		unlinkat(s.queue, b->list[i]->name, 0);
	messages_free(b);
	T(b->count == 0 && !b->list && messages_size(b) == 0);
}

static void
sorted(void)
{
	struct messages b = { 0 };

	T(scan(&b, NOW) == 0 && messages_size(&b) == 0);
	put("1000000010.1", NOW);
	put("999999999.5", NOW);
	put("1000000002.30", NOW);
	put("1000000002.4", NOW);
	put("name", NOW);
	put(".hidden", NOW);
	put("99999999999999999999.1", NOW);
	T(scan(&b, NOW) == 0);
	T(order(&b, STR("99999999999999999999.1 name 999999999.5 "
	    "1000000002.30 1000000002.4 1000000010.1 ")));
	T(messages_size(&b) == 6);
	find(&b, "name")->state = MESSAGE_BUSY;
	find(&b, "999999999.5")->state = MESSAGE_BAD;
	find(&b, "1000000002.4")->state = MESSAGE_GONE;
	T(messages_size(&b) == 4);
	unlinkat(s.queue, "name", 0);
	unlinkat(s.queue, "1000000002.4", 0);
	unlinkat(s.queue, "1000000010.1", 0);
	put("1.1", NOW);
	T(scan(&b, NOW) == 0);
	T(order(&b, STR("99999999999999999999.1 name 1.1 999999999.5 "
	    "1000000002.30 ")));
	T(find(&b, "999999999.5")->state == MESSAGE_BAD);
	T(find(&b, "name")->state == MESSAGE_BUSY);
	unlinkat(s.queue, "1.1", 0);
	find(&b, "1.1")->state = MESSAGE_GONE;
	messages_sweep(&b);
	T(order(&b, STR("99999999999999999999.1 name 999999999.5 "
	    "1000000002.30 ")));
	T(find(&b, "1000000002.30")->index == 3);
	clear(&b);
	unlinkat(s.queue, ".hidden", 0);
	T(notes.n == 0);
}

static void
many(void)
{
	struct messages b = { 0 };
	char name[32];
	int i;

	for (i = 0; i < 1000; i++) {
		snprintf(name, sizeof name, "%d.1", 2000 - i);
		put(name, NOW);
		if (i % 100 == 7)
			scan(&b, NOW);
	}
	T(scan(&b, NOW) == 0 && b.count == 1000);
	T(b.list[0]->when == 1001 && b.list[999]->when == 2000);
	clear(&b);
}

static void
ages(void)
{
	struct messages b = { 0 };

	put("1.1", NOW - 500);
	put("2.2", 86400);
	put("3.3", NOW + 100000);
	put("4.4", BUILD_DATE);
	T(scan(&b, NOW) == 0);
	T(age(&b, "1.1", NOW) == 500 && age(&b, "1.1", NOW + 10) == 510);
	T(age(&b, "2.2", NOW) == 0 && age(&b, "2.2", NOW + 10) == 10);
	T(age(&b, "3.3", NOW) == 0 && age(&b, "3.3", NOW + 10) == 10);
	T(age(&b, "4.4", NOW) == NOW - BUILD_DATE);
	T(age(&b, "1.1", NOW - 1000) == 0);
	messages_clock_jumped(&b, 30000000);
	T(age(&b, "1.1", NOW + 30000000 + 10) == 510);
	T(age(&b, "2.2", NOW + 30000000 + 10) == 10);
	messages_clock_jumped(&b, -31000000);
	T(age(&b, "1.1", NOW - 1000000 + 20) == 520);
	put("5.5", NOW - 1000000);
	T(scan(&b, NOW - 1000000 + 20) == 0);
	T(age(&b, "5.5", NOW - 1000000 + 30) == 30);
	T(age(&b, "1.1", NOW - 1000000 + 30) == 530);
	clear(&b);
}

/* What a new sender knows at a time when it finds the old one's status. */
static void
restart(struct messages *b, long long written, long long now)
{
	struct buf status = { 0 };

	messages_status(b, written, &status);
	messages_free(b);
	scan(b, now);
	messages_recall(b, buf_str(&status));
	buf_free(&status);
}

static void
restarts(void)
{
	struct messages b = { 0 };

	put("1.1", NOW - 500);
	put("2.2", 86400);
	scan(&b, NOW);
	message_failed(find(&b, "1.1"), STR("mail.x"), ERR_PROTOCOL,
	    STR("a\nb"), NOW);
	message_failed(find(&b, "1.1"), STR("mail.x"), ERR_PROTOCOL,
	    STR("a\nb"), NOW + 60);
	restart(&b, NOW + 60, NOW + 1000);
	T(age(&b, "1.1", NOW + 1000) == 1500);
	T(age(&b, "2.2", NOW + 1000) == 1000);
	T(find(&b, "1.1")->attempt->attempts == 2 && !find(&b, "2.2")->attempt);
	T(find(&b, "1.1")->attempt->first == NOW &&
	    find(&b, "1.1")->attempt->last == NOW + 60);
	T(find(&b, "1.1")->attempt->code == ERR_PROTOCOL);
	T(find(&b, "1.1")->suspect && !find(&b, "2.2")->suspect);
	T(!find(&b, "2.2")->attempt);
	messages_clock_jumped(&b, 5000);
	restart(&b, NOW + 6000, NOW + 6000);
	T(age(&b, "1.1", NOW + 6000) == 1500);
	clear(&b);
}

/* Queued in 1970, restarted, and then the clock was right. */
static void
no_battery(void)
{
	struct messages b = { 0 };

	put("1.1", 100);
	put("2.2", 200);
	scan(&b, 300);
	T(age(&b, "1.1", 300) == 0);
	message_failed(find(&b, "1.1"), STR("x"), ERR_REFUSED, STR(""), 310);
	restart(&b, 400, 60);
	T(age(&b, "1.1", 500) == 200 && age(&b, "2.2", 500) == 200);
	restart(&b, 600, NOW);
	T(age(&b, "1.1", NOW) == 300 && age(&b, "2.2", NOW) == 300);
	T(age(&b, "1.1", NOW + 50) == 350);
	restart(&b, NOW + 60, NOW + 100);
	T(age(&b, "1.1", NOW + 100) == 400);
	clear(&b);
}

static void
hostile(void)
{
	struct messages b = { 0 };

	put("1.1", NOW);
	scan(&b, NOW);
	messages_recall(&b, STR("\0\n1.1\n9.9\t1\t1\t1\t1\t\t0\t\t0\t0\n"));
	T(!find(&b, "1.1")->attempt && b.count == 1);
	messages_recall(&b, STR("1.1\t4\t1\t2\t3\tr\t16\tt\t"
	    "9999999999999\t0\n"));
	T(find(&b, "1.1")->attempt->attempts == 4 && age(&b, "1.1", NOW) == 0);
	clear(&b);
}

static void
strange_names(void)
{
	struct messages b = { 0 };

	put("1.1\nDelivery complete", NOW);
	buf_clear(&notes);
	T(scan(&b, NOW) == 0 && b.count == 1 && messages_size(&b) == 0);
	T(str_eq(buf_str(&notes), STR("Strange name 1.1 / Delivery complete, "
	    "skipping.\n")));
	buf_clear(&notes);
	T(scan(&b, NOW) == 0 && notes.n == 0);
	unlinkat(s.queue, "1.1\nDelivery complete", 0);
	T(scan(&b, NOW) == 0 && b.count == 0);
	messages_free(&b);
}

int
main(void)
{
	char folder[] = "/tmp/messages.XXXXXX";

	if (!mkdtemp(folder))
		return 1;
	s.queue = open(folder, O_RDONLY | O_DIRECTORY);
	sorted();
	many();
	ages();
	restarts();
	no_battery();
	hostile();
	strange_names();
	close(s.queue);
	rmdir(folder);
	T(scan(&(struct messages){ 0 }, NOW) == -1);
	buf_free(&notes);
	return T_END();
}

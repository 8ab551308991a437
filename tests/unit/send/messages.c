/* messages - order, age, and clocks that jump, with and without a restart.
 * BUILD_DATE is the border below which no clock is believed. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../../lib/send/history.h"
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
	struct messages_look look = { now, 2000000000, 0 };

	return messages_scan(b, &s, &look, &notes);
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

/* The names in the order in which they are offered, each with a blank after
 * it. */
static int
order(const struct messages *b, struct str want)
{
	struct message *list[16];
	struct buf got = { 0 };
	size_t i;
	int ok;

	memcpy(list, b->list, b->count * sizeof *list);
	messages_sort(list, b->count);
	for (i = 0; i < b->count; i++)
		buf_cat(&got, str_of(list[i]->name), STR(" "));
	ok = str_eq(buf_str(&got), want);
	if (!ok)
		printf("# %s\n", buf_z(&got));
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
	T(b->count == 0 && !b->list && b->waiting == 0);
}

static void
sorted(void)
{
	struct messages b = { 0 };

	T(scan(&b, NOW) == 0 && b.waiting == 0);
	put("1000000010.1", NOW - 5);
	put("999999999.5", NOW);
	put("1000000002.99999", NOW);
	put("1000000002.100000", NOW);
	put("name", NOW - 10);
	put(".hidden", NOW);
	T(scan(&b, NOW) == 0);
	T(order(&b, STR("name 1000000010.1 999999999.5 1000000002.99999 "
	    "1000000002.100000 ")));
	T(b.waiting == 5 && find(&b, "name")->fresh);
	T(messages_find(&b, "name") == find(&b, "name"));
	T(!messages_find(&b, "nam") && !messages_find(&b, "name2"));
	message_state(&b, find(&b, "name"), MESSAGE_BUSY);
	message_state(&b, find(&b, "999999999.5"), MESSAGE_BAD);
	message_state(&b, find(&b, "1000000002.99999"), MESSAGE_GONE);
	T(b.waiting == 3);
	unlinkat(s.queue, "name", 0);
	unlinkat(s.queue, "1000000002.99999", 0);
	unlinkat(s.queue, "1000000010.1", 0);
	put("1.1", NOW);
	T(scan(&b, NOW) == 0);
	T(order(&b, STR("name 1.1 999999999.5 1000000002.100000 ")));
	T(find(&b, "999999999.5")->state == MESSAGE_BAD);
	T(find(&b, "name")->state == MESSAGE_BUSY);
	unlinkat(s.queue, "1.1", 0);
	message_state(&b, find(&b, "1.1"), MESSAGE_GONE);
	messages_sweep(&b);
	T(order(&b, STR("name 999999999.5 1000000002.100000 ")));
	T(messages_find(&b, "1000000002.100000") && !messages_find(&b, "1.1"));
	T(b.waiting == 2);
	clear(&b);
	unlinkat(s.queue, ".hidden", 0);
	T(notes.n == 0);
}

static void
many(void)
{
	struct messages b = { 0 };
	char name[32];
	int i, found = 0;

	for (i = 0; i < 1000; i++) {
		snprintf(name, sizeof name, "%d.1", 2000 - i);
		put(name, NOW - i);
		if (i % 100 == 7)
			scan(&b, NOW);
	}
	T(scan(&b, NOW) == 0 && b.count == 1000 && b.waiting == 1000);
	for (i = 0; i < 1000; i++) {
		snprintf(name, sizeof name, "%d.1", 2000 - i);
		found += messages_find(&b, name) != NULL;
	}
	T(found == 1000);
	messages_sort(b.list, b.count);
	T(!strcmp(b.list[0]->name, "1001.1"));
	T(!strcmp(b.list[999]->name, "2000.1"));
	clear(&b);
}

/* One name is looked at: it is new, as it was, touched, gone, another's. */
static void
one_name(void)
{
	struct messages_look look = { NOW, 1000, 1 };
	struct messages b = { 0 };
	struct message *m;

	T(!messages_see(&b, &s, "1.1", &look, &notes) && b.count == 0);
	put("1.1", NOW - 10);
	m = messages_see(&b, &s, "1.1", &look, &notes);
	T(m && m->fresh && m->state == MESSAGE_WAITING);
	m->fresh = 0;
	T(!messages_see(&b, &s, "1.1", &look, &notes) && !m->fresh);
	put("1.1", NOW - 5);
	T(messages_see(&b, &s, "1.1", &look, &notes) == m && m->fresh);
	T(message_age(m, NOW) == 5);
	message_state(&b, m, MESSAGE_BAD);
	T(!messages_see(&b, &s, "1.1", &look, &notes));
	put("1.1", NOW - 4);
	T(messages_see(&b, &s, "1.1", &look, &notes) == m);
	T(m->state == MESSAGE_WAITING && b.waiting == 1);
	/* Too old at first sight: an hour, or its lifetime if that is less. */
	put("2.2", NOW - 100000);
	m = messages_see(&b, &s, "2.2", &look, &notes);
	T(m && message_age(m, NOW) == 0);
	look.lifetime = 50000;
	put("3.3", NOW - 100000);
	m = messages_see(&b, &s, "3.3", &look, &notes);
	T(m && message_age(m, NOW) == 50000 - 3600);
	look.chance = 0;
	put("4.4", NOW - 100000);
	m = messages_see(&b, &s, "4.4", &look, &notes);
	T(m && message_age(m, NOW) == 100000);
	clear(&b);
}

/* An error of the folder is no empty queue. */
static void
unreadable(void)
{
	struct messages b = { 0 };
	int queue = s.queue;

	put("1.1", NOW);
	T(scan(&b, NOW) == 0 && b.count == 1);
	s.queue = -1;
	T(scan(&b, NOW) == -1 && b.count == 1 && b.waiting == 1);
	s.queue = queue;
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
	struct buf status = { 0 }, unknown = { 0 };
	struct histories all = { 0 };

	history_write(b, &all, NULL, written, &status);
	messages_free(b);
	scan(b, now);
	history_read(b, &all, buf_str(&status), &unknown);
	histories_free(&all);
	buf_free(&unknown);
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
	find(&b, "1.1")->suspect = 1;
	find(&b, "1.1")->attempt->unanswered = 3;
	restart(&b, NOW + 60, NOW + 1000);
	T(find(&b, "1.1")->suspect && !find(&b, "2.2")->suspect);
	T(find(&b, "1.1")->attempt->unanswered == 3);
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
	struct histories all = { 0 };
	struct buf unknown = { 0 };

	put("1.1", NOW);
	scan(&b, NOW);
	history_read(&b, &all, STR("\0\n1.1\n9.9\t1\t1\t1\t1\t\t0\t\t0\t0\n"
	    "=\n=\tx\n=\txzz\t-1\t99999999999999999999\n"), &unknown);
	T(!find(&b, "1.1")->attempt && b.count == 1);
	T(str_eq(buf_str(&unknown), STR("9.9\t1\t1\t1\t1\t\t0\t\t0\t0\n")));
	history_read(&b, &all, STR("1.1\t4\t1\t2\t3\tr\t16\tt\t"
	    "9999999999999\t0\n"), &unknown);
	T(find(&b, "1.1")->attempt->attempts == 4 && age(&b, "1.1", NOW) == 0);
	histories_free(&all);
	buf_free(&unknown);
	clear(&b);
}

static void
strange_names(void)
{
	struct messages b = { 0 };

	put("1.1\nDelivery complete", NOW);
	buf_clear(&notes);
	T(scan(&b, NOW) == 0 && b.count == 1 && b.waiting == 0);
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
	one_name();
	unreadable();
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

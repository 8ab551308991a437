/* history - what is known of remotes from run to run, and what spool/status
 * hands to the next sender. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../../../lib/base/clock.h"
#include "../../../lib/base/err.h"
#include "../../../lib/queue/spool.h"
#include "../../../lib/send/history.h"
#include "../../../lib/smtp/remote.h"
#include "../t.h"

static struct remotes remotes;
static struct histories all;

static struct history *
of(size_t i)
{
	return history_of(&all, &remotes.list[i]);
}

static void
begin(struct str lines)
{
	histories_free(&all);
	remotes_free(&remotes);
	remotes_parse(&remotes, lines);
}

/* Who we are there, not how we go about it. */
static void
identity(void)
{
	begin(STR("a.x\na.x smtp sessions=2\na.x smtp port=26\n"
	    "a.x qmqp\nb.x\na.x smtp user=u pass=p\na.x smtp user=v pass=p\n"));
	of(0)->limit = 7;
	T(of(1)->limit == 7 && all.count == 1);
	T(of(2)->limit == 0 && of(3)->limit == 0 && of(4)->limit == 0);
	T(of(5)->limit == 0 && of(6)->limit == 0 && all.count == 6);
	of(5)->proven = 1;
	T(!of(6)->proven && !of(0)->proven && of(0)->limit == 7);
}

/* Five minutes, doubled up to an hour. */
static void
logins(void)
{
	static const int pauses[] = { 300, 600, 1200, 2400, 3600, 3600 };
	long long now = BUILD_DATE;
	size_t i;

	begin(STR("a.x\n"));
	for (i = 0; i < sizeof pauses / sizeof pauses[0]; i++) {
		history_login_refused(of(0), now);
		T(of(0)->login_pause == pauses[i]);
		T(of(0)->login_at == now + pauses[i]);
		now += 5000;
	}
	of(0)->login_pause = 0;
	history_login_refused(of(0), now);
	T(of(0)->login_at == now + 300);
}

static void
sick(void)
{
	begin(STR("a.x\n"));
	T(history_sick_now(of(0), 1000).n == 0);
	history_sick(of(0), STR("192.0.2.1"), 1000);
	history_sick(of(0), STR("192.0.2.11"), 2000);
	history_sick(of(0), STR("192.0.2.1"), 3000);
	T(str_eq(history_sick_now(of(0), 4000),
	    STR("192.0.2.11\n192.0.2.1\n")));
	history_well(of(0), STR("192.0.2.11"));
	history_well(of(0), STR("192.0.2"));
	T(str_eq(history_sick_now(of(0), 4000), STR("192.0.2.1\n")));
	T(history_sick_now(of(0), 3000 + 3600000).n > 0);
	T(history_sick_now(of(0), 3001 + 3600000).n == 0);
}

/* The next may go when the last but N - 1 is older than the time, and a little
 * more, as the server counts it later. */
static void
rates(void)
{
	begin(STR("a.x smtp rate=2/10s\na.x\na.x smtp rate=3/10s\n"));
	T(history_rate_next(of(0), &remotes.list[0]) == 0);
	history_rate_count(of(0), &remotes.list[0], 1000);
	T(history_rate_next(of(0), &remotes.list[0]) == 0);
	history_rate_count(of(0), &remotes.list[0], 2000);
	T(history_rate_next(of(0), &remotes.list[0]) == 1000 + 10205);
	T(history_rate_next(of(0), &remotes.list[1]) == 0);
	history_rate_count(of(0), &remotes.list[0], 12000);
	T(history_rate_next(of(0), &remotes.list[0]) == 2000 + 10205);
	history_rate_count(of(0), &remotes.list[1], 12500);
	T(history_rate_next(of(0), &remotes.list[0]) == 2000 + 10205);
}

/* The newest of what was counted stay when the line changes. */
static void
other_rates(void)
{
	begin(STR("a.x smtp rate=2/10s\na.x smtp rate=3/10s\n"
	    "a.x smtp rate=1/10s\n"));
	history_rate_count(of(0), &remotes.list[0], 1000);
	history_rate_count(of(0), &remotes.list[0], 2000);
	T(history_rate_next(of(1), &remotes.list[1]) == 0);
	history_rate_count(of(1), &remotes.list[1], 3000);
	T(history_rate_next(of(1), &remotes.list[1]) == 1000 + 10205);
	history_rate_count(of(2), &remotes.list[2], 4000);
	T(history_rate_next(of(2), &remotes.list[2]) == 4000 + 10205);
}

/* ---- spool/status ---- */

static struct spool s = { -1, -1, -1, -1 };
static struct messages q;
static struct buf notes;

static struct message *
message(const char *name)
{
	return messages_find(&q, name);
}

static void
scan(void)
{
	struct messages_look look = { BUILD_DATE + 1000, 100000000, 0 };

	messages_free(&q);
	T(messages_scan(&q, &s, &look, &notes) == 0 && q.count == 2);
}

static void
put(const char *name)
{
	struct timespec times[2] = { { BUILD_DATE, 0 }, { BUILD_DATE, 0 } };

	close(openat(s.queue, name, O_WRONLY | O_CREAT, 0600));
	utimensat(s.queue, name, times, 0);
}

/* A new sender reads what the old one wrote. */
static void
hand_over(const struct attempt *reason)
{
	struct buf text = { 0 }, unknown = { 0 };

	history_write(&q, &all, reason, BUILD_DATE + 60, &text);
	histories_free(&all);
	scan();
	history_read(&q, &all, buf_str(&text), &unknown);
	T(!unknown.n);
	buf_free(&unknown);
	buf_free(&text);
}

static void
messages_round_trip(void)
{
	struct message *m;

	begin(STR("a.x\n"));
	put("1.1");
	put("2.2");
	scan();
	m = message("1.1");
	message_failed(m, STR("a.x"), ERR_MSG_TEMP, STR("450 \ta\nb"),
	    BUILD_DATE + 10);
	message_failed(m, STR("a.x"), ERR_MSG_TEMP, STR("451 c"),
	    BUILD_DATE + 20);
	m->attempt->unanswered = 1;
	m->suspect = m->warned = 1;
	m->credit = -17;
	hand_over(NULL);
	m = message("1.1");
	T(m->suspect && m->warned && m->credit == -17);
	T(m->attempt && m->attempt->attempts == 2 &&
	    m->attempt->unanswered == 1);
	T(m->attempt->first == BUILD_DATE + 10 &&
	    m->attempt->last == BUILD_DATE + 20);
	T(m->attempt->code == ERR_MSG_TEMP &&
	    str_eq(buf_str(&m->attempt->text), STR("451 c")) &&
	    str_eq(buf_str(&m->attempt->remote), STR("a.x")));
	m = message("2.2");
	T(!m->attempt && !m->suspect && !m->warned && !m->credit);
}

/* The reason for those never attempted is for readers, no attempt. */
static void
reason(void)
{
	struct attempt why = { 0 };
	struct buf text = { 0 };

	buf_set(&why.remote, STR("a.x"));
	buf_set(&why.text, STR("no route"));
	why.code = ERR_UNREACHABLE;
	scan();
	history_write(&q, &all, &why, BUILD_DATE + 60, &text);
	T(strstr(buf_z(&text), "1.1\t0\t0\t0") &&
	    strstr(buf_z(&text), "\ta.x\t9\tno route\t"));
	buf_free(&text);
	hand_over(&why);
	T(!message("1.1")->attempt);
	buf_free(&why.remote);
	buf_free(&why.text);
}

static void
remotes_round_trip(void)
{
	struct history *h;

	begin(STR("a.x\nb.x smtp rate=2/100s\n"));
	h = of(0);
	h->limit = 5;
	h->proven = 1;
	h->carried = (struct carried){ 1, 0, 16, 50, "LOGIN" };
	history_login_refused(h, BUILD_DATE);
	h->login_file = 4000000000;
	of(1);
	history_rate_count(of(1), &remotes.list[1], clock_ms() - 2000);
	history_rate_count(of(1), &remotes.list[1], clock_ms() - 1000);
	hand_over(NULL);
	T(all.count == 2);
	h = of(0);
	T(h->limit == 5 && h->proven && h->carried.window == 16);
	T(h->carried.no_chunking == 1 && h->carried.at_once == 50 &&
	    !strcmp(h->carried.mechanism, "LOGIN"));
	T(h->login_pause == 300 && h->login_at == BUILD_DATE + 300);
	T(h->login_file == 4000000000);
	T(all.count == 2 && !of(1)->limit && !of(1)->proven &&
	    !of(1)->carried.mechanism[0]);
	T(history_rate_next(of(1), &remotes.list[1]) >
	    clock_ms() + 90000);
}

/* The file may have been cut, or edited. */
static void
hostile(void)
{
	static const char *const texts[] = { "=", "=\t", "=\tx", "=\tx\n",
		"=\tx1\t-1\t\t\t\n", "=\tx1\n=\tx1\t1\t1\t1\t1\t1\t1\t1\t3\t1\t"
		"AVERYLONGMECHANISM\n", "=\txzz\t99999999999999999999\n",
		"1.1\t1\n", "1.1", "\t\t\t\t\t\t\t\t\t\t\t\t\n" };
	struct buf unknown = { 0 };
	size_t i;

	begin(STR("a.x\n"));
	for (i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		scan();
		history_read(&q, &all, str_of(texts[i]), &unknown);
		T(!message("1.1")->attempt);
	}
	T(!unknown.n);
	for (i = 0; i < all.count; i++)
		T(strlen(all.list[i].carried.mechanism) <
		    sizeof all.list[i].carried.mechanism);
}

int
main(void)
{
	char folder[] = "/tmp/history.XXXXXX";

	if (!mkdtemp(folder))
		return 1;
	s.queue = open(folder, O_RDONLY | O_DIRECTORY);
	identity();
	logins();
	sick();
	rates();
	other_rates();
	messages_round_trip();
	reason();
	remotes_round_trip();
	hostile();
	unlinkat(s.queue, "1.1", 0);
	unlinkat(s.queue, "2.2", 0);
	close(s.queue);
	T(rmdir(folder) == 0);
	messages_free(&q);
	histories_free(&all);
	remotes_free(&remotes);
	buf_free(&notes);
	return T_END();
}

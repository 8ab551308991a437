/* status - what is written is what is read, whatever servers say. */
#include <limits.h>

#include "../../../lib/queue/status.h"
#include "own.h"

static int
same(const struct status *a, const struct status *b)
{
	return str_eq(a->id, b->id) && a->attempts == b->attempts &&
	    a->first == b->first && a->last == b->last &&
	    a->next == b->next && str_eq(a->remote, b->remote) &&
	    a->code == b->code && str_eq(a->text, b->text) &&
	    a->credit == b->credit && a->warned == b->warned &&
	    a->suspect == b->suspect && a->unanswered == b->unanswered;
}

static void
round_trip(void)
{
	struct status one = { STR("1.2"), 3, 1000, 2000, 3000,
		STR("mail.x"), 16, STR("450 busy"), -77, 1, 1, 2 }, got = { 0 };
	struct status two = { STR("9999999999.1"), 0, 0, 0, 0, STR(""), 0,
		STR(""), INT_MAX, 0, 0, 0 };
	struct buf b = { 0 };
	struct str rest;

	status_add(&b, &one);
	status_add(&b, &two);
	rest = buf_str(&b);
	T(str_starts(rest, STR("1.2\t3\t1000\t2000\t3000\tmail.x\t16\t"
	    "450 busy\t-77\t")));
	T(status_next(&rest, &got) == 1 && same(&got, &one));
	T(status_next(&rest, &got) == 1 && same(&got, &two));
	T(status_next(&rest, &got) == 0);
	buf_free(&b);
}

static void
hostile(void)
{
	struct status one = { STR("1.2"), 1, 1, 1, 1, STR("a\tb\nc"), 35,
		STR("550 a\tb\r\n550-c\033[31m\0\177d\n3.4\t1"), 0, 0, 0, 0 },
		got;
	struct buf b = { 0 }, text = { 0 };
	struct str rest;
	size_t i, bad = 0;

	status_add(&b, &one);
	rest = buf_str(&b);
	for (i = 0; i < b.n; i++)
		bad += (unsigned char)b.p[i] < 32 || b.p[i] == 127;
	T(bad == 12);
	T(status_next(&rest, &got) == 1 && got.code == 35 && !rest.n);
	T(str_eq(got.id, STR("1.2")) && str_starts(got.text, STR("550 a")));
	buf_clear(&b);
	while (text.n < 100000)
		buf_add(&text, STR("long "));
	one.text = buf_str(&text);
	status_add(&b, &one);
	T(b.n < 2000);
	buf_free(&text);
	buf_free(&b);
}

static void
rubbish(void)
{
	struct status one;
	struct str rest = STR("\n\n1.1\n2.2\t1\n"
	    "3.3\tx\t1\t1\t1\tr\t0\tt\t0\t0\n"
	    "\t1\t1\t1\t1\tr\t0\tt\t0\t0\n"
	    "4.4\t99999999999999999999\t1\t1\t1\tr\t0\tt\t0\t0\n"
	    "5.5\t1\t2\t3\t4\tr\t5\tt\t6\t0\n\377\0\n"
	    "6.6\t1\t2\t3\t4\tr\t5\tt\t6\t0");

	T(status_next(&rest, &one) == 1 && str_eq(one.id, STR("5.5")));
	T(one.attempts == 1 && one.next == 4);
	T(one.code == 5 && one.credit == 6);
	T(status_next(&rest, &one) == 1 && str_eq(one.id, STR("6.6")));
	T(status_next(&rest, &one) == 0);
}

/* What could not be written is written by the next call. */
static void
full(void)
{
	struct buf text = { 0 };
	unsigned long long sum = 0;
	struct spool none;

	own_spool();
	T(create() == 0);
	none = s;
	none.tmp = -1;
	buf_set(&text, STR("a\n"));
	T(status_write(&none, &text, &sum) == -1);
	T(!exists(s.root, "status"));
	T(status_write(&s, &text, &sum) == 0);
	T(holds(s.root, "status", STR("a\n")));
	T(status_write(&none, &text, &sum) == 0);
	buf_clear(&text);
	T(status_write(&none, &text, &sum) == 0 && !exists(s.root, "status"));
	buf_free(&text);
	end_spool();
}

int
main(void)
{
	round_trip();
	hostile();
	rubbish();
	full();
	return T_END();
}

/* files - histories of a spool: programs queue messages, a sender settles what
 * becomes of them, calls fail, processes end, the power goes, all by dice. The
 * calls are those of lib/queue (calls.h), the disk is modelled (disk.h), and
 * what must hold is in ledger.h. Every history comes to its end. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../../../lib/queue/store.h"
#include "calls.h"
#include "disk.h"
#include "ledger.h"
#include "sender.h"

#define ROUNDS_AT_THE_END 30

static unsigned long long all_calls;

int __real_clock_gettime(clockid_t clock, struct timespec *t);

/* ---- a program that queues ---- */

static void
store_message(int id)
{
	struct store s;
	int rc;

	rc = store_begin(&s, 0, 0);
	if (rc == 0)
		rc = store_copy(&s, INPUT);
	if (rc == 0)
		rc = store_commit(&s);
	if (rc == 0) {
		ledger[id].accepted = 1;
		tell("message %d is accepted", id);
	} else {
		tell("message %d: %d %s", id, s.code, buf_z(&s.why));
		if (!faults)
			violate("refused without a reason", id, -1);
		store_end(&s);
	}
}

static void
inject(void)
{
	static char text[DATA_SIZE];
	jmp_buf before;
	int outer = process_begin(INJECTOR), id = messages;

	if (id == MESSAGES) {
		process_begin(outer);
		return;
	}
	messages++;
	ledger[id] = (struct entry){ .recipients = 1 + (int)dice(RECIPIENTS) };
	input = (struct input){ text, message_text(text, id), 0 };
	tell("message %d is queued, %d recipients", id, ledger[id].recipients);
	memcpy(before, killed, sizeof before);
	if (setjmp(killed) == 0)
		store_message(id);
	else
		tell("the program that queues message %d is killed", id);
	memcpy(killed, before, sizeof before);
	process_end(INJECTOR);
	process_begin(outer);
}

/* ---- a history ---- */

/* A job may keep its message open for longer than a day. */
static void
while_injecting(void)
{
	if (input.at > 0 && dice(3) == 0) {
		now += 100000;
		tell("a day and more is over");
	}
	run_sender();
}

static void
step(void)
{
	unsigned d = dice(16);

	if (d < 7) {
		meanwhile = while_injecting;
		inject();
	} else if (d < 14) {
		meanwhile = inject;
		run_sender();
	} else if (d == 14) {
		now += 100000;
		tell("a day and more is over");
	} else if (dice(4) == 0)
		clean_up_failed();
	meanwhile = NULL;
}

/* One error, or many: of one kind of call, most often fsync, or of all that it
 * suits. The power likes to go soon after it. */
static void
make_plans(void)
{
	plan = (struct plan){ CALL_fsync, 0, 1 + (long)dice(200), 1 };
	if (dice(3))
		plan.call = (enum call)dice(CALL_COUNT);
	plan.error = call_error(plan.call, dice(8));
	if (dice(2))
		plan.times = 1 + (long)dice(40);
	if (dice(5) == 0)
		plan.call = CALL_COUNT;
	if (!plan.error || dice(5) == 0)
		plan.times = 0;
	kill_at = dice(3) ? 0 : 1 + (long)dice(400);
	cut_at = dice(3) ? plan.at + (long)dice(100) : 0;
}

static void
power_cut(void)
{
	tell("the power goes");
	disk_cut();
	process_cut();
	meanwhile = NULL;
	sender_alive = 0;
	cuts++;
	audit();
	cut_at = dice(2) ? 0 : calls_made + 1 + (long)dice(100);
}

static int
is_empty(void)
{
	const char *name;
	unsigned mask;
	int i;

	for (i = 0; (name = disk_name(QUEUE, i)) != NULL; i++)
		if (name[0] != '.' && parse(disk_find(QUEUE, name), &mask) >= 0)
			return 0;
	return 1;
}

/* Nothing fails any more, and the server takes all. */
static void
end_history(void)
{
	int rounds = ROUNDS_AT_THE_END;

	tell("all is well from here on");
	all_is_well = 1;
	plan.times = cut_at = kill_at = 0;
	while (rounds-- && !is_empty())
		run_sender();
	if (!is_empty())
		violate("no end", -1, -1);
	now += 200000;
	sender_alive = 0;
	process_end(SENDER);
	run_sender();
	if (names_in("tmp") && (disk.kind == EXT4 || !cuts))
		violate("debris stays", -1, -1);
	audit();
}

static void
begin_history(unsigned long long seed)
{
	seed_now = seed * 0x9e3779b97f4a7c15 + 1;
	dice(1);
	ledger_begin(seed);
	sender_begin();
	cuts = all_is_well = 0;
	calls_made = 0;
	now = 2000000000;
	process_cut();
	removals_failed = faults = 0;
	disk_begin((enum disk_kind)dice(DISK_KINDS));
	make_plans();
	tell("a disk of kind %d%s", disk.kind, disk.spares ? ", spares" : "");
}

/* How many invariants are broken. */
static int
history(unsigned long long seed)
{
	static int steps;

	begin_history(seed);
	steps = 4 + (int)dice(12);
	if (setjmp(cut))
		power_cut();
	while (steps-- > 0)
		step();
	end_history();
	return violated;
}

static double
seconds(void)
{
	struct timespec t;

	__real_clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
show(unsigned long long seed)
{
	shown = 1;
	history(seed);
	shown = 0;
}

/* files [SEED [COUNT]]: histories from SEED on; a single one is shown. */
int
main(int argc, char **argv)
{
	unsigned long long i, seed = 1, count = 1;
	double began = seconds();

	if (argc > 1)
		seed = strtoull(argv[1], NULL, 10);
	if (argc > 2)
		count = strtoull(argv[2], NULL, 10);
	for (i = 0; i < count && history(seed + i) == 0; i++)
		all_calls += calls_made;
	if (i < count || count == 1)
		show(seed + i);
	printf("#= %llu histories of %.0f calls, %.0f a second\n", i,
	    (double)all_calls / (double)(i ? i : 1),
	    (double)i / (seconds() - began));
	printf("%sok 1 - files: seeds %llu to %llu\n",
	    i < count ? "not " : "", seed, seed + count - 1);
	return i < count;
}

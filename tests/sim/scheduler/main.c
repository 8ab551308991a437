/* main - histories by their seeds: SEED= the first, COUNT= how many (or two
 * arguments), JOBS= at a time, TRACE=1 shows the first one, KEEP=1 goes on
 * after a fault, DIGESTS=1 prints a sum of each, which must not depend on
 * those before it. Each batch is a process of its own, so that what killed
 * senders leave in memory is bounded, and a crash is the fault of one seed. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sim.h"

#define BATCH 200
#define JOBS_MOST 16
#define PATIENCE 60		/* s for one history */

/* What a batch tells. */
struct told {
	unsigned long seed;	/* it is at */
	unsigned long done;
	unsigned long failed;	/* the first seed that has, if broken */
	char broken[512];
	unsigned long lives, kills, mails, polls, faults, most_quiet;
	long memory;
};

static struct told *told;
static pid_t pids[JOBS_MOST];
static unsigned long first, count, next, failures;
static int jobs, keep, digests;

static unsigned long
number(const char *name, unsigned long fallback)
{
	const char *text = getenv(name);

	return text && *text ? strtoul(text, NULL, 10) : fallback;
}

static void
sum_up(struct told *t)
{
	t->done++;
	t->lives += (unsigned long)w.lives;
	t->kills += (unsigned long)w.died;
	t->mails += (unsigned long)mails;
	t->polls += w.polls;
	t->faults += (unsigned long)w.faults;
	if (w.most_memory > t->memory)
		t->memory = w.most_memory;
	if (w.most_quiet > t->most_quiet)
		t->most_quiet = w.most_quiet;
}

static void
fail(struct told *t, unsigned long seed)
{
	if (keep)
		printf("seed %lu: %s\n", seed, w.broken);
	if (!t->broken[0]) {
		t->failed = seed;
		strcpy(t->broken, w.broken);
	}
}

static void
enter_folder(int job)
{
	static char folder[256];
	const char *top = getenv("TMPDIR");

	snprintf(folder, sizeof folder, "%s/sim.%d.%d", top && *top ? top :
	    "/dev/shm", (int)getppid(), job);
	setenv("NULLMAILER_TEST_PREFIX", folder, 1);
	w.folder = folder;
}

static void
remove_folder(void)
{
	char command[300];

	snprintf(command, sizeof command, "rm -rf %s", w.folder);
	if (system(command) != 0)
		printf("# %s was not removed\n", w.folder);
}

static void
batch(int job, unsigned long from, unsigned long n, int trace)
{
	struct told *t = &told[job];
	unsigned long seed;

	enter_folder(job);
	w.trace = digests ? digests : trace;
	for (seed = from; seed < from + n; seed++) {
		t->seed = seed;
		alarm(PATIENCE);
		if (run_history(seed))
			fail(t, seed);
		if (digests)
			printf("digest %lu %llx\n", seed, w.digest);
		sum_up(t);
		if (t->broken[0] && !keep)
			break;
	}
	alarm(0);
	remove_folder();
	fflush(stdout);
	exit(t->broken[0] != 0);
}

static void
start(int job, int trace, unsigned long from, unsigned long n)
{
	fflush(stdout);
	pids[job] = fork();
	if (pids[job] == 0)
		batch(job, from, n, trace);
}

/* 1 if all was well. */
static int
finish(int job, int status)
{
	struct told *t = &told[job];

	pids[job] = 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 1;
	failures++;
	if (WIFSIGNALED(status)) {
		t->failed = t->seed;
		snprintf(t->broken, sizeof t->broken, "ended by signal %d%s",
		    WTERMSIG(status), WTERMSIG(status) == SIGALRM ?
		    ", it takes for ever" : "");
		if (keep)
			printf("seed %lu: %s\n", t->failed, t->broken);
	}
	return 0;
}

static void
show_history(unsigned long seed)
{
	int status;

	printf("# the history of seed %lu:\n", seed);
	start(0, 2, seed, 1);
	waitpid(pids[0], &status, 0);
}

static void
report(double seconds)
{
	struct told all = { 0 };
	int i;

	for (i = 0; i < jobs; i++) {
		all.done += told[i].done;
		all.lives += told[i].lives;
		all.kills += told[i].kills;
		all.mails += told[i].mails;
		all.polls += told[i].polls;
		all.faults += told[i].faults;
		if (told[i].memory > all.memory)
			all.memory = told[i].memory;
		if (told[i].most_quiet > all.most_quiet)
			all.most_quiet = told[i].most_quiet;
	}
	printf("# scheduler: %lu histories in %.1f s, %.0f a second; %lu "
	    "senders, %lu killed, %lu messages, %lu waits, %lu failed calls, "
	    "%lu waits in a row without news, %ld bytes at most\n",
	    all.done, seconds,
	    (double)all.done / (seconds > 0 ? seconds : 1), all.lives,
	    all.kills, all.mails, all.polls, all.faults, all.most_quiet,
	    all.memory);
}

static unsigned long
start_next(int job)
{
	unsigned long n = first + count - next;

	if (n > BATCH)
		n = BATCH;
	told[job].broken[0] = '\0';
	start(job, 0, next, n);
	next += n;
	return n;
}

static int
job_of(pid_t pid)
{
	int i = 0;

	while (i < jobs && pids[i] != pid)
		i++;
	return i;
}

/* All batches, or up to the first that fails. The job that failed, or -1. */
static int
run_all(void)
{
	int i, status, running = 0, bad = -1;
	pid_t pid;

	for (i = 0; i < jobs && next < first + count; i++, running++)
		start_next(i);
	while (running && (pid = waitpid(-1, &status, 0)) > 0) {
		i = job_of(pid);
		if (i == jobs)
			continue;
		running--;
		if (!finish(i, status))
			bad = i;
		if (next < first + count && (bad < 0 || keep)) {
			start_next(i);
			running++;
		}
	}
	return bad;
}

int
main(int argc, char **argv)
{
	struct timespec a, b;
	int bad;

	first = number("SEED", 1);
	count = number("COUNT", getenv("SEED") ? 1 : 2000);
	if (argc > 2) {
		first = strtoul(argv[1], NULL, 10);
		count = strtoul(argv[2], NULL, 10);
	}
	next = first;
	jobs = (int)number("JOBS", 1);
	keep = (int)number("KEEP", 0);
	digests = (int)number("DIGESTS", 0);
	if (jobs < 1 || jobs > JOBS_MOST)
		jobs = 1;
	signal(SIGPIPE, SIG_IGN);
	told = mmap(NULL, JOBS_MOST * sizeof *told, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (number("TRACE", 0)) {
		setvbuf(stdout, NULL, _IOLBF, 0);
		show_history(first);
		return 0;
	}
	clock_gettime(CLOCK_MONOTONIC, &a);
	bad = run_all();
	clock_gettime(CLOCK_MONOTONIC, &b);
	report((double)(b.tv_sec - a.tv_sec) +
	    (double)(b.tv_nsec - a.tv_nsec) / 1e9);
	if (bad < 0)
		return 0;
	printf("seed %lu: %s\n", told[bad].failed, told[bad].broken);
	if (!keep)
		show_history(told[bad].failed);
	printf("again with: SEED=%lu\n", told[bad].failed);
	return 1;
}

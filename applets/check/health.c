/* health - figures for those who watch: a probe, a monitoring plugin, a
 * metrics page. Who may not read the spool gets them from the set-uid mailq. */
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../../lib/base/clock.h"
#include "../../lib/base/str.h"
#include "../../lib/conf/path.h"
#include "../../lib/queue/census.h"
#include "../../lib/queue/owner.h"
#include "../../lib/queue/status.h"
#include "check.h"

#define FIGURES_MAX 1024

/* The output of `mailq -s`. 0 or -1. */
static int
ask_mailq(long long c[CENSUS_ROWS])
{
	static char name[] = "mailq", option[] = "-s";
	static char *argv[] = { name, option, NULL };
	static struct buf path, text;
	int fd[2], status = 1;
	ssize_t n;
	pid_t pid;

	path_set(&path, PATH_BIN, "mailq");
	if (pipe(fd) < 0)
		return -1;
	pid = fork();
	if (pid == 0) {
		dup2(fd[1], 1);
		close(fd[0]);
		execv(buf_z(&path), argv);
		_exit(1);
	}
	close(fd[1]);
	while (text.n < FIGURES_MAX && (n = read(fd[0],
	    buf_room(&text, FIGURES_MAX), FIGURES_MAX)) > 0)
		text.n += (size_t)n;
	close(fd[0]);
	if (pid < 0 || waitpid(pid, &status, 0) < 0 || status)
		status = -1;
	else
		status = census_read(c, buf_str(&text));
	return status;
}

static int
figures(long long c[CENSUS_ROWS])
{
	if (owner_is_here() && census_take(c) == 0)
		return 0;
	return ask_mailq(c);
}

int
health_alive(void)
{
	long long c[CENSUS_ROWS];

	return figures(c) < 0 || !c[CENSUS_SENDER];
}

/* The words of monitoring plugins, and then what they call performance data:
 * NAME=VALUE;WARNING;CRITICAL. */
int
health_plugin(long long age, long long failed)
{
	static const char *const words[] = { "OK", "WARNING", "CRITICAL" };
	long long c[CENSUS_ROWS];
	static struct buf out;
	int level = 0;

	if (figures(c) < 0) {
		str_write(1, STR("NULLMAILER UNKNOWN - the spool may not be "
		    "read, and mailq does not help\n"));
		return 3;
	}
	if (!c[CENSUS_SENDER] || c[CENSUS_OLDEST] > age)
		level = 2;
	else if (failed && c[CENSUS_FAILED_DAY] >= failed)
		level = 1;
	buf_fmt(&out, "NULLMAILER %s - %s%lld waiting, the oldest for %lld s, "
	    "%lld held, %lld failed since a day | waiting=%lld oldest=%llds;;"
	    "%lld held=%lld failed=%lld;%lld bytes=%lldB\n", words[level],
	    c[CENSUS_SENDER] ? "" : "no sender runs, ", c[CENSUS_WAITING],
	    c[CENSUS_OLDEST], c[CENSUS_HELD], c[CENSUS_FAILED_DAY],
	    c[CENSUS_WAITING], c[CENSUS_OLDEST], age, c[CENSUS_HELD],
	    c[CENSUS_FAILED_DAY], failed, c[CENSUS_BYTES]);
	str_write(1, buf_str(&out));
	return level;
}

static void
add_gauge(struct buf *out, const char *name, const char *help)
{
	buf_fmt(out, "# HELP nullmailer_%s %s\n# TYPE nullmailer_%s gauge\n",
	    name, help, name);
}

int
health_metrics(void)
{
	static const struct {
		enum census_row row;
		const char *name, *help;
	} gauges[] = {
		{ CENSUS_FAILED_DAY, "failed_last_day",
		    "Messages that failed since a day." },
		{ CENSUS_OLDEST, "oldest_seconds",
		    "Age of the oldest message that waits." },
		{ CENSUS_BYTES, "waiting_bytes", "Bytes that wait." },
		{ CENSUS_SENDER, "sender_running",
		    "Whether a nullmailer-send runs." },
	};
	static struct buf out;
	long long c[CENSUS_ROWS];
	size_t i;

	if (figures(c) < 0)
		return 1;
	add_gauge(&out, "messages", "Messages by state.");
	for (i = CENSUS_WAITING; i <= CENSUS_FAILED; i++)
		buf_fmt(&out, "nullmailer_messages{state=\"%s\"} %lld\n",
		    census_names[i], c[i]);
	for (i = 0; i < sizeof gauges / sizeof gauges[0]; i++) {
		add_gauge(&out, gauges[i].name, gauges[i].help);
		buf_fmt(&out, "nullmailer_%s %lld\n", gauges[i].name,
		    c[gauges[i].row]);
	}
	str_write(1, buf_str(&out));
	return 0;
}

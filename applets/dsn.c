/* dsn - make the report about a message that failed or is delayed.
 *
 * stdin: a queue file (nullmailer(7)); stdout: a message as
 * nullmailer-queue takes it. lib/mail/dsn.c writes the report. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../lib/base/err.h"
#include "../lib/base/mem.h"
#include "../lib/base/opt.h"
#include "../lib/conf/conf.h"
#include "../lib/conf/hostname.h"
#include "../lib/mail/dsn.h"
#include "../lib/mail/envelope.h"
#include "applets.h"
#include "cli.h"

#define EXIT_DSN 111		/* nullmailer's code for any failure */
#define NOT_GIVEN INT_MIN

struct dsn_request {
	const char *diagnostic;
	const char *envelope_id;
	const char *remote;
	unsigned long last_attempt, orig_timestamp, retry_until;
	int max_lines;
	int results;		/* descriptor */
	struct str status;
	struct envelope e;
	struct buf text;	/* of results */
	struct dsn_recipient *list;
	size_t count;
};

static int
copy_input(int from, int to)
{
	struct buf block = { 0 };
	ssize_t n;
	int rc = 0;

	while (rc == 0 &&
	    (n = str_read(from, buf_room(&block, 65536), 65536))) {
		block.n = n > 0 ? (size_t)n : 0;
		rc = n < 0 ? -1 : str_write(to, buf_str(&block));
	}
	buf_free(&block);
	return rc;
}

/* The message is read more than once, so input that is no file is copied. */
static int
open_message(struct stat *st)
{
	int fd;

	if (fstat(0, st) < 0)
		cli_die(EXIT_DSN, "Could not stat the source message:");
	if (S_ISREG(st->st_mode))
		return 0;
	fd = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0)
		fd = memfd_create("message", MFD_CLOEXEC);
	if (fd < 0 || copy_input(0, fd) < 0)
		cli_die(EXIT_DSN, "Could not read the source message:");
	return fd;
}

static void
read_envelope(struct dsn_request *q, int fd)
{
	char c;

	if (envelope_read(fd, &q->e) == 0)
		return;
	if (errno != EINVAL)
		cli_die(EXIT_DSN, "Could not read the source message:");
	errno = 0;
	if (pread(fd, &c, 1, 0) != 1)
		cli_die(EXIT_DSN, "Could not read sender address from "
		    "message: %s", errno ? strerror(errno) : "it is empty");
	cli_die(EXIT_DSN, "No recipients were read from message");
}

static void
add_recipient(struct dsn_request *q, struct dsn_recipient one)
{
	if ((q->count & (q->count - 1)) == 0)
		q->list = mem_resize(q->list,
		    (q->count ? q->count * 2 : 1) * sizeof *q->list);
	q->list[q->count++] = one;
}

static void
add_all_recipients(struct dsn_request *q)
{
	struct dsn_recipient one = { { NULL, 0 }, q->status,
	    str_of(q->diagnostic) };
	size_t at = 0;

	while ((one.address = envelope_next(&q->e, &at)).p)
		add_recipient(q, one);
}

/* ADDRESS TAB STATUS TAB DIAGNOSTIC; without STATUS it is the one in
 * DIAGNOSTIC. */
static void
add_result(struct dsn_request *q, struct str line)
{
	struct dsn_recipient one;

	one.address = str_cut(&line, '\t');
	one.status = str_cut(&line, '\t');
	one.diagnostic = line;
	if (!one.address.n || (one.status.n && !dsn_is_status(one.status)))
		cli_die(EXIT_DSN, "A line of results is wrong");
	add_recipient(q, one);
}

static void
read_results(struct dsn_request *q)
{
	struct str rest;
	ssize_t n;

	while ((n = read(q->results, buf_room(&q->text, 4096), 4096)) != 0) {
		if (n < 0 && errno != EINTR)
			cli_die(EXIT_DSN, "Could not read results:");
		q->text.n += n > 0 ? (size_t)n : 0;
		if (q->text.n > ENVELOPE_MAX)
			cli_die(EXIT_DSN, "Too many results");
	}
	rest = buf_str(&q->text);
	while (rest.n)
		add_result(q, str_cut(&rest, '\n'));
	if (!q->count)
		cli_die(EXIT_DSN, "No recipients were read from results");
}

static int
write_output(void *context, struct str bytes)
{
	struct buf view = { (char *)bytes.p, bytes.n, 0 };

	(void)context;
	return str_write(1, buf_str(&view));
}

static void
fill_dsn(const struct dsn_request *q, struct dsn *d, const struct stat *st)
{
	d->recipients = q->list;
	d->count = q->count;
	d->default_status = q->status;
	d->remote = str_of(q->remote);
	d->envelope_id = str_of(q->envelope_id);
	d->arrival = q->orig_timestamp ? (time_t)q->orig_timestamp :
	    st->st_mtime;
	d->last_attempt = q->last_attempt ? (time_t)q->last_attempt :
	    st->st_atime;
	d->retry_until = (time_t)q->retry_until;
	d->header = q->e.body;
}

static void
load_rules(struct dsn_rules *rules)
{
	if (dsn_rules_load(rules) < 0)
		cli_die(ERR_CONFIG, "Error: %s", conf_why());
	if (hostnames_warning())
		cli_warn("%s", hostnames_warning());
}

static void
write_dsn(struct dsn_request *q, int fd, const struct stat *st)
{
	struct dsn_rules rules = { 0 };
	struct buf target = { 0 };
	struct dsn d = { 0 };

	load_rules(&rules);
	read_envelope(q, fd);
	d.kind = q->status.p[0] == '4' ? DSN_DELAYED : DSN_FAILED;
	d.message = fd;
	d.sender = envelope_sender(&q->e);
	d.lines = q->max_lines == NOT_GIVEN ? rules.bouncelines :
	    q->max_lines;
	if (!dsn_target(&d, &rules, &target))
		cli_die(EXIT_DSN, "Nowhere to send double bounce");
	if (q->results < 0)
		add_all_recipients(q);
	else
		read_results(q);
	fill_dsn(q, &d, st);
	if (dsn_write(&d, &rules, buf_str(&target), write_output, NULL) < 0)
		cli_die(EXIT_DSN, "Could not write the report:");
	buf_free(&target);
	dsn_rules_free(&rules);
}

int
dsn_main(int argc, char **argv)
{
	static const struct cli about = { "nullmailer-dsn",
		"STATUS <message", "Make the report about a message.", 1, 1 };
	struct dsn_request q = { .max_lines = NOT_GIVEN, .results = -1 };
	static const struct opt rows[] = {
#define ROW(...) OPT_ROW(dsn_request, __VA_ARGS__)
		{ ROW(0, "diagnostic-code", OPT_STRING, diagnostic,
		    "what the server said", 0) },
		{ ROW(0, "envelope-id", OPT_STRING, envelope_id,
		    "original envelope id", 0) },
		{ ROW(0, "last-attempt", OPT_UINT, last_attempt,
		    "seconds since the epoch", 0) },
		{ ROW(0, "max-lines", OPT_INT, max_lines,
		    "body lines to quote, negative: all", 0) },
		{ ROW(0, "orig-timestamp", OPT_UINT, orig_timestamp,
		    "when the message arrived", 0) },
		{ ROW(0, "remote", OPT_STRING, remote,
		    "name of the server", 0) },
		{ ROW(0, "results-fd", OPT_INT, results,
		    "descriptor with a result for each recipient", 0) },
		{ ROW(0, "retry-until", OPT_UINT, retry_until,
		    "end of the attempts, for a delay", 0) },
#undef ROW
	};
	const struct opts options = { rows, sizeof rows / sizeof rows[0], 0,
	    &q, NULL };
	struct stat st;
	int fd;

	cli_begin("nullmailer-dsn");
	q.status = str_of(argv[cli_options(&about, &options, argc, argv)]);
	fd = open_message(&st);
	if (!dsn_is_status(q.status))
		cli_die(EXIT_DSN,
		    "Status must be in the format 4.#.# or 5.#.#");
	write_dsn(&q, fd, &st);
	envelope_free(&q.e);
	buf_free(&q.text);
	free(q.list);
	return 0;
}

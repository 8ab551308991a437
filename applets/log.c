/* log - the sender's log. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../lib/base/buf.h"
#include "../lib/base/json.h"
#include "../lib/send/logger.h"
#include "log.h"

#define TEXT_MAX 1024

static struct {
	int silent;		/* nothing on stdout */
	int json, journal;	/* on stdout */
	int syslog;
	int ahead;		/* the next line is written with the one after
				 * it */
	struct buf lines;	/* not yet written */
	struct logger logger;
	int errors;		/* the end for reading of the pipe on stderr */
	int stderr_fd;		/* the stderr of before, or -1 */
} out = { .logger = { -1 }, .errors = -1, .stderr_fd = -1 };

const char *
log_clean(int slot, struct str text)
{
	static struct buf slots[LOG_SLOTS];

	buf_clear(&slots[slot]);
	buf_clean(&slots[slot], text, TEXT_MAX);
	return buf_z(&slots[slot]);
}

/* systemd says in the environment which file its journal reads. */
void
log_begin(int json)
{
	const char *journal = getenv("JOURNAL_STREAM");
	struct buf b = { 0 };
	struct stat st;

	out.json = json;
	if (!journal || fstat(1, &st) < 0)
		return;
	buf_fmt(&b, "%llu:%llu", (unsigned long long)st.st_dev,
	    (unsigned long long)st.st_ino);
	out.journal = str_eq(buf_str(&b), str_of(journal));
	buf_free(&b);
}

static void
put_json(struct buf *b, enum logger_level level, struct str event,
    const struct log_field *fields, size_t count)
{
	json_begin(b, '{');
	json_number(b, "time", (long long)time(NULL));
	json_text(b, "level", level == LOGGER_INFO ? STR("info") :
	    STR("warning"));
	json_text(b, "event", event);
	for (; count; count--, fields++)
		json_text(b, fields->key, str_head(fields->value, TEXT_MAX));
	json_end(b, '}');
}

/* Frees text, which is the line where it is not to be an object. */
static void
put_event(enum logger_level level, struct buf *text, struct str event,
    const struct log_field *fields, size_t count)
{
	struct buf *b = &out.lines;

	if (out.syslog)
		logger_line(&out.logger, level, buf_str(text));
	if (out.journal)
		buf_fmt(b, "<%d>", (int)level);
	if (out.json)
		put_json(b, level, event, fields, count);
	else
		buf_add(b, buf_str(text));
	buf_addc(b, '\n');
	buf_free(text);
	if (out.ahead)
		return;
	if (!out.silent)
		str_write(1, buf_str(b));
	buf_clear(b);
}

static void
put_line(enum logger_level level, struct buf *b)
{
	put_event(level, b, buf_str(b), NULL, 0);
}

static void
add_value(struct buf *b, struct str value)
{
	const char *text = log_clean(0, value);
	int quoted = !*text || strpbrk(text, " \t\"=\\");

	if (quoted)
		buf_addc(b, '"');
	buf_escape(b, str_of(text));
	if (quoted)
		buf_addc(b, '"');
}

void
log_event(int is_fault, const char *event, const struct log_field *fields,
    size_t count)
{
	struct buf b = { 0 };
	size_t i;

	buf_put(&b, "%:", str_of(event));
	for (i = 0; i < count; i++) {
		buf_put(&b, " %: ", str_of(fields[i].key));
		add_value(&b, fields[i].value);
	}
	put_event(is_fault ? LOGGER_WARNING : LOGGER_INFO, &b, str_of(event),
	    fields, count);
}

void
log_say(const char *format, ...)
{
	struct buf b = { 0 };
	va_list ap;

	va_start(ap, format);
	buf_vfmt(&b, format, ap);
	va_end(ap);
	put_line(LOGGER_INFO, &b);
}

void
log_say_ahead(const char *line)
{
	out.ahead = 1;
	log_say("%s", line);
	out.ahead = 0;
}

void
log_fault(const char *format, ...)
{
	struct buf b = { 0 };
	va_list ap;

	va_start(ap, format);
	buf_vfmt(&b, format, ap);
	va_end(ap);
	put_line(LOGGER_WARNING, &b);
}

void
log_faults(struct str text)
{
	while (text.n) {
		struct buf b = { 0 };

		buf_clean(&b, str_cut(&text, '\n'), TEXT_MAX);
		put_line(LOGGER_WARNING, &b);
	}
}

void
log_module(struct str protocol, int code, struct str text)
{
	struct buf b = { 0 };

	buf_cat(&b, protocol, code ? STR(": Failed: ") :
	    STR(": Succeeded: "));
	buf_clean(&b, text, TEXT_MAX);
	buf_addc(&b, '\n');
	str_write(2, buf_str(&b));
	buf_free(&b);
}

/* Non-blocking, as this process both writes to the pipe and reads it. */
int
log_to_syslog(void)
{
	int fd[2];

	if (pipe2(fd, O_CLOEXEC | O_NONBLOCK) < 0)
		return -1;
	out.stderr_fd = fcntl(2, F_DUPFD_CLOEXEC, 3);
	dup2(fd[1], 2);
	close(fd[1]);
	out.errors = fd[0];
	out.syslog = 1;
	return out.errors;
}

void
log_stderr(void)
{
	char block[4096];
	ssize_t n = read(out.errors, block, sizeof block);
	struct str rest = { block, n > 0 ? (size_t)n : 0 };
	struct buf b = { 0 };

	if (out.stderr_fd >= 0)
		str_write(out.stderr_fd, rest);
	while (rest.n) {
		struct str text = str_cut(&rest, '\n');

		buf_clear(&b);
		buf_clean(&b, text, TEXT_MAX);
		logger_line(&out.logger, memmem(text.p, text.n,
		    ": Succeeded:", 12) ? LOGGER_INFO : LOGGER_WARNING,
		    buf_str(&b));
	}
	buf_free(&b);
}

void
log_to_syslog_only(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	out.silent = 1;
	close(out.stderr_fd);
	out.stderr_fd = -1;
	if (null < 0)
		return;
	dup2(null, 0);
	dup2(null, 1);
	close(null);
}

/* log.h - the sender's log: lines on stdout, in syslog, or both. */
#ifndef LOG_H
#define LOG_H

#include "../lib/base/str.h"

/* Text of servers and messages made fit for a log, cut to a kilobyte. Valid
 * until the next call with the same slot, of which there are LOG_SLOTS. */
#define LOG_SLOTS 3
const char *log_clean(int slot, struct str text);

/* A line about progress, and one about a failure. */
void log_say(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_fault(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same as log_say for a line that another follows at once: they are written
 * together. */
void log_say_ahead(const char *line);

/* "EVENT: key: value key: value ...": a value that is empty or has a blank, a
 * quote, "=" or a backslash stands in quotes, with a backslash before these
 * last two. Values are cleaned here. */
struct log_field {
	const char *key;
	struct str value;
};
void log_event(int is_fault, const char *event,
    const struct log_field *fields, size_t count);

/* To be called first: lines for the journal begin with their priority where
 * stdout is that. json: each line is an object with time (seconds since the
 * epoch), level and event, and an event's fields by their keys. */
void log_begin(int json);

/* Failures, each line of text by itself. */
void log_faults(struct str text);

/* The line that a module writes to stderr about a message:
 * "PROTOCOL: Succeeded: TEXT" or "PROTOCOL: Failed: TEXT". */
void log_module(struct str protocol, int code, struct str text);

/* From now on lines go to syslog too, and so does what this process and its
 * children write to stderr: log_stderr passes it on when the descriptor that
 * is returned can be read. -1 with errno. */
int log_to_syslog(void);
void log_stderr(void);

/* From now on lines go to syslog only; stdin and stdout are /dev/null. */
void log_to_syslog_only(void);

#endif

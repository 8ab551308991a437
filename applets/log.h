/* log.h - the sender's log: lines on stdout, in syslog, or both. */
#ifndef LOG_H
#define LOG_H

#include "../lib/base/str.h"

/* Text of others made fit for a log, cut to a kilobyte. Lives until the next
 * call with the same slot, of which there are LOG_SLOTS. */
#define LOG_SLOTS 3
const char *log_clean(int slot, struct str text);

/* Progress, and trouble. */
void log_say(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_fault(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Trouble, each line of text by itself. */
void log_faults(struct str text);

/* What a module has to say about a message, on stderr in its place:
 * "PROTOCOL: Succeeded: TEXT" or "PROTOCOL: Failed: TEXT". */
void log_module(struct str protocol, int code, struct str text);

/* From now on lines go to syslog too, and so does what anybody writes to
 * stderr: returns the descriptor to poll for reading, or -1 with errno, and
 * log_stderr passes on what is there. */
int log_to_syslog(void);
void log_stderr(void);

/* From now on syslog alone; stdin and stdout are /dev/null. */
void log_to_syslog_only(void);

#endif

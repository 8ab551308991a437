/* status.h - spool/status: what the sender knows of each waiting message. One
 * line a message, fields separated by TAB: id, attempts, first try, last try,
 * next try, remote, code, text, credit, warned, suspect, unanswered. Times are
 * seconds since the epoch, 0 for never; credit is how many seconds of the
 * message's apparent age were the clock's doing; warned is 1 once its sender
 * has a report on the delay; suspect is 1 after a connection ended over it;
 * unanswered counts attempts whose answer never came.
 * Lines that begin with "=" are about remotes (send/history.h). Made for mailq
 * and the next sender; safe to delete.
 *
 * spool/failures has such a line for each file that the sender has put into
 * failed/: last is when that was. */
#ifndef STATUS_H
#define STATUS_H

#include "../base/buf.h"

struct spool;

struct status {
	struct str id;
	unsigned long attempts;
	long long first, last, next;
	struct str remote;
	int code;
	struct str text;
	long long credit;
	long long warned;
	long long suspect, unanswered;
};

#define STATUS_WAITING "status"
#define STATUS_FAILED "failures"

/* Reads one of these two of a spool folder, of which it may have 64 MB. 0, or
 * -1 with errno and text empty; ENOENT: no sender has run yet, or an older one.
 */
int status_read(int root, const char *file, struct buf *text);

/* Adds a line to spool/failures; a failure costs only what mailq can say. */
void status_add_failure(const struct spool *s, const struct status *one);

/* Takes the lines of files that are gone out of it, if it is longer than that.
 */
void status_trim_failures(const struct spool *s, size_t longer);

/* Makes text the file, or removes it if text is empty, unless *sum says that
 * the same was written last. 0, or -1: it is as it was, and to be tried again
 * before the process ends. */
int status_write(const struct spool *s, const struct buf *text,
    unsigned long long *sum);

/* Appends a line; remote and text are cleaned on the way. */
void status_add(struct buf *b, const struct status *s);

/* A remote that is left out: lines "=", "r", host, since, when it is asked
 * again, words. Cuts up to the next such line off *text; s borrows host as
 * remote, since as first, again as next, words as text. 1, or 0 at the end. */
int status_next_rest(struct str *text, struct status *s);

/* Cuts the next line off *text; s borrows from it. 1, or 0 at the end; lines
 * that are none are skipped. */
int status_next(struct str *text, struct status *s);

#endif

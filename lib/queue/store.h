/* store.h - puts a message into the queue: envelope and message come from a
 * descriptor (nullmailer-queue(8)), are checked and rewritten, and become
 * a queue file (nullmailer(7)). */
#ifndef STORE_H
#define STORE_H

#include <sys/types.h>
#include <time.h>

#include "../base/buf.h"
#include "rules.h"
#include "spool.h"

enum {
	STORE_BAD = 1,		/* the message or the installation is wrong */
	STORE_CONFIG = 18,	/* a control file cannot be read */
	STORE_AGAIN = 75	/* disk full, spool not writable and the like */
};

struct store {
	struct store_rules rules;
	struct spool spool;
	int fd;			/* the temporary file; -1 if there is none */
	struct buf temporary;	/* its name in tmp/ */
	struct buf name;	/* the message's name in queue/, in the end */
	time_t started;
	pid_t pid;
	uid_t invoker;
	unsigned long long size;	/* bytes put so far */
	unsigned long long maxsize;	/* control files; 0: no limit */
	unsigned long long minfree;
	struct buf in, out;	/* not looked at yet, not written yet */
	size_t in_at;
	int kept;		/* it has a recipient left */
	int code;		/* after a failure: one of the above */
	struct buf why;		/* and the reason, without a newline */
};

/* Each returns 0, or -1 with code and why. They are called in this order,
 * store_end at last whatever happened: it removes what is left in tmp/.
 *
 * store_begin reads the control files and opens a temporary file. invoker is
 * the uid for the Received field; with bare recipients may have no domain.
 * store_copy takes what the caller has put into in, then all of the input, a
 * descriptor or -1 for none.
 * store_commit makes it a message and pulls the trigger; one that aliases leave
 * no recipient is dropped, and name stays empty. After 0 why may hold a warning
 * about the trigger. */
int store_begin(struct store *s, uid_t invoker, int bare);
int store_copy(struct store *s, int input);
int store_commit(struct store *s);
void store_end(struct store *s);

#endif

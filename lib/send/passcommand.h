/* passcommand.h - a program that prints a password. */
#ifndef PASSCOMMAND_H
#define PASSCOMMAND_H

#include <sys/types.h>

#include "../base/buf.h"

struct options;

#define PASSCOMMAND_TIME 10000	/* ms it may take */

/* Starts a command, words as in a line of `remotes`, in a process group of its
 * own: stdin /dev/null, stdout to be read from *fd (non-blocking), stderr as it
 * is, folder /, HOME of /etc/passwd, no variable of NULLMAILER_. Its pid, or -1
 * with errno. */
pid_t passcommand_start(const char *command, int *fd);

/* Sets secret to the first line of what it printed before it ended with this
 * wait status. 0, or -1 with a reason appended to why. */
int passcommand_word(struct str output, int status, struct buf *secret,
    struct buf *why);

/* Runs it and waits for it. As passcommand_word. */
int passcommand_run(const char *command, struct buf *secret, struct buf *why);

/* Why none may be run for the file `remotes`, or NULL: root runs none, and who
 * may write the file, or make another one, could run what he likes. */
const char *passcommand_forbidden(void);

/* The password that a line's passfile or passcommand has becomes pass, which
 * borrows secret. 0, or -1 with a reason appended to why. */
int passcommand_fetch(struct options *o, struct buf *secret, struct buf *why);

#endif

/* mailq.h - what the files of mailq do for each other.
 *
 *	mailq.c		what is asked, who may ask it, notices
 *	list.c		a folder of the spool
 *	verbs.c		what is done to messages */
#ifndef MAILQ_H
#define MAILQ_H

#include <stddef.h>

/* ---- list.c ---- */

struct listing {
	const char *folder;	/* of the spool */
	const char *state;	/* what its messages are, for JSON */
	const char *status;	/* the file that knows why */
	int json;
	const char *only;	/* this one, with its header; NULL: all */
};

/* Lists a folder. 1; 0 there was none to list; -1 with errno: it cannot be
 * read; -2 with errno: the list could not be written. */
int list_folder(const struct listing *l, int root);

/* ---- verbs.c ---- */

enum verb { VERB_NONE, VERB_RETRY, VERB_HOLD, VERB_RELEASE, VERB_DELETE,
	VERB_RESEND };

/* Does it to messages, of whom from is the folder, or to all in it, and says
 * what was done. 0, or 1 for what could not be. */
int verbs_do(enum verb verb, const char *from, int root, char **ids,
    size_t count);

#endif

/* remote.h - the smart hosts, from the control file `remotes`: one a line,
 * HOST [PROTOCOL [OPTION...]], in order of preference. */
#ifndef REMOTE_H
#define REMOTE_H

#include "../base/buf.h"
#include "options.h"

struct envelope;
struct protocol;
struct protocol_message;

struct remote {
	struct buf host;
	struct buf name;	/* of the protocol; "smtp" if the line names
				 * none */
	struct buf lines;	/* what an external module reads: host=HOST LF,
				 * then each option LF without one leading
				 * "--" */
	const struct protocol *protocol;	/* built in, or NULL */
	struct options options;	/* for it; the strings are in words */
	struct buf words;
	size_t line;		/* in the file, from 1 */
	int fault;		/* ERR_ code of what is wrong with the line,
				 * for the protocol, or 0 */
	struct buf why;		/* "remotes, line N: ..."; without a fault it
				 * may be a warning */
	int sessions;		/* at a time */
	int null_sender;	/* it takes the null sender */
};

#define REMOTE_SESSIONS 4	/* where no option says how many */

struct remotes {
	struct remote *list;
	size_t count;
};

/* Reads the control file. 0, also when there is none; -1 with conf_why and r
 * untouched. */
int remotes_load(struct remotes *r);

/* Reads the file's text. */
void remotes_parse(struct remotes *r, struct str text);

/* Whether it is for some messages or recipients only. */
int remote_chooses(const struct remote *r);

/* Line number which takes a recipient of a message with this sender: if-from
 * and if-to. Where no line names the null sender it takes the lines without
 * if-from, or else the first, and those after it up to one without if-to. */
int remotes_take(const struct remotes *r, size_t which, struct str sender,
    struct str recipient);

/* Leaves in e those whom the line takes and none of the lines over, a bit each;
 * others counts the rest. Returns how many these are; dry: only that. */
size_t remotes_narrow(const struct remotes *r, size_t which, unsigned over,
    struct envelope *e, int dry);

/* Reads the envelope of a message as it concerns a session. As
 * envelope_read. */
int remotes_envelope(const struct protocol_message *m, struct envelope *e);

/* Appends what is wrong with the lines, LF each. */
void remotes_notes(const struct remotes *r, struct buf *out);

/* Whether the control file holds a password and everybody may read it. 1 with
 * its path; else 0. */
int remotes_exposed(const struct remotes *r, struct buf *path);

int remote_equal(const struct remote *a, const struct remote *b);
int remotes_equal(const struct remotes *a, const struct remotes *b);

/* Wipes and frees. */
void remotes_free(struct remotes *r);

#endif

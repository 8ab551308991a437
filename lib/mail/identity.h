/* identity.h - whose mail it is: the address that takes the place of the sender
 * in the envelope and in the From fields of a message as it goes out. */
#ifndef IDENTITY_H
#define IDENTITY_H

#include "../base/buf.h"

struct envelope;

struct identity {
	struct buf address;	/* as in an envelope; empty: all stays as it is.
				 * "*@DOMAIN": the local part stays */
	struct buf name;	/* as a header shows it; empty: it stays */
	struct buf null;	/* takes the place of the null sender; empty:
				 * that stays */
};

/* Fills an empty identity: from as one address of a To field, with a name or
 * without; null as such an address. NULL, or "": none. 0, or -1 if one of them
 * is no such address. */
int identity_set(struct identity *id, const char *from, const char *null);

/* Puts the sender that goes out in the place of the queued one. */
void identity_envelope(const struct identity *id, struct envelope *e);

/* Appends a From field of that name, given the text of the queued one, or p
 * NULL where there is none; sender is the one that goes out. The name of the
 * first author stays. A text that cannot be parsed counts as none. */
void identity_field(const struct identity *id, struct str name,
    struct str text, struct str sender, struct buf *out);

void identity_free(struct identity *id);

#endif

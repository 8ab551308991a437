/* aliases.h - the control file `aliases`: what stands for a name of this host.
 * nullmailer(7). */
#ifndef ALIASES_H
#define ALIASES_H

#include "../base/buf.h"

struct hostnames;

/* Reads the file into text, in a form for the calls below; empty if there is
 * none. 0, or -1 with conf_why. */
int aliases_load(struct buf *text);

/* What is looked for. A NAME in the file is the address, its local part, its
 * domain after "@", or "*": the first of these that has a line wins, and of
 * several such lines the first. Case does not matter. */
struct alias_key {
	struct str address;	/* with its domain */
	int local;		/* it is of this host: its local part counts */
	int any;		/* "*" takes it */
};

/* Sets targets to what text has for it: addresses, LF ended, one without a
 * domain as it is, or nothing: the mail goes nowhere. 1; 0 no line has it, or
 * only lines that are wrong. names complete the domains. */
int aliases_find(struct str text, const struct hostnames *names,
    const struct alias_key *key, struct buf *targets);

/* Appends a line to notes for each line of the file that is wrong. Returns how
 * many are right; or -1 with conf_why. */
int aliases_check(struct buf *notes);

#endif

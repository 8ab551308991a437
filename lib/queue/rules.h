/* rules.h - the control files that change an envelope when it is queued. */
#ifndef RULES_H
#define RULES_H

#include "../base/buf.h"
#include "../conf/hostname.h"

/* One address or several, LF ended; empty when unset. */
enum rules_list { ADMINADDR, ALLMAILFROM, ALLMAILTO, ALWAYSBCC, RULES_LISTS };

struct store_rules {
	struct buf list[RULES_LISTS];
	struct buf aliases;	/* aliases_load */
	struct hostnames names;	/* if any of these is there */
	int bare;		/* addresses may have no domain */
	size_t results;		/* of aliases, in this message */
	struct buf nobody;	/* who has /dev/null there, LF ended */
};

/* r is {0}. 0; -1 a file cannot be read, -2 one holds nonsense, with
 * conf_why. */
int store_rules_load(struct store_rules *r, int bare);
void store_rules_free(struct store_rules *r);

/* Appends a line to notes for each thing that is wrong with these files. */
void store_rules_check(struct buf *notes);

/* Appends to out the line or lines, LF ended, that are stored for an address
 * of the envelope; none for one in nobody. 1, or 0 if the address is invalid;
 * of a recipient -1 if aliases give too many. An empty sender is the null
 * sender and stays so. allmailto and alwaysbcc are the caller's. */
int store_sender(struct store_rules *r, struct str address, struct buf *out);
int store_recipient(struct store_rules *r, struct str address,
    struct buf *out);

#endif

/* hostname.h - the names of this host: me, defaultdomain, defaulthost, idhost.
 * nullmailer(7). */
#ifndef HOSTNAME_H
#define HOSTNAME_H

#include "../base/buf.h"

struct hostnames {
	struct buf me;			/* never empty */
	struct buf defaultdomain;	/* may be empty */
	struct buf defaulthost;		/* qualified */
	struct buf idhost;		/* host part of a Message-Id */
	int configured;			/* a file gave me or defaulthost */
};

/* Reads all four with their fallbacks; me falls back to mailname beside the
 * configuration folder, then to the system's host name if it has a dot, then
 * to the literal "me". 0, or -1 with conf_why. */
int hostnames_load(struct hostnames *h);

/* Only me, by the same rule. 0, or -1 with conf_why. */
int hostnames_me(struct buf *me);

/* The warning that the last of the two calls above leads to, for stderr, or
 * NULL: LAYOUT=debian ignores an existing file me. */
const char *hostnames_warning(void);

/* Completes a domain in place: empty becomes defaulthost; one without a dot
 * that is neither localhost (in any case) nor an address literal gets
 * defaultdomain appended. */
void hostnames_qualify(const struct hostnames *h, struct buf *domain);

void hostnames_free(struct hostnames *h);

#endif

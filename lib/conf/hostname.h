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
 * configuration folder, then to the system's host name, which gets the domain
 * of resolv.conf if it has no dot. As built for Debian a mailname with a dot
 * comes before me. 0, or -1 with conf_why. */
int hostnames_load(struct hostnames *h);

/* Only me, by the same rule. 0, or -1 with conf_why. */
int hostnames_me(struct buf *me);

/* What the last of the two calls above has to say, or NULL: of a file that
 * holds no name and was not used; as built for Debian of a file me that counts
 * for nothing. */
const char *hostnames_warning(void);

/* Completes a domain in place: empty becomes defaulthost; one without a dot
 * that is neither localhost (in any case) nor an address literal gets
 * defaultdomain appended. */
void hostnames_qualify(const struct hostnames *h, struct buf *domain);

void hostnames_free(struct hostnames *h);

#endif

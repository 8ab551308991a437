/* settings.h - what the sender's control files say. nullmailer(7). */
#ifndef SETTINGS_H
#define SETTINGS_H

#include "../base/buf.h"
#include "../smtp/remote.h"

struct settings {
	struct buf helohost;
	int pausetime;		/* s; 0 one queue run only */
	int maxpause;		/* s */
	int sendtimeout;	/* s for a message; 0 no limit */
	int queuelifetime;	/* s */
	int delaywarn;		/* s; 0 never */
	int failedlifetime;	/* s; 0 for ever */
	struct remotes remotes;
};

/* Reads all of them into set, which is {0}; me serves as helohost. Values that
 * make no sense are replaced, with a line in notes each. 0, or -1 with
 * conf_why and set empty. */
int settings_load(struct settings *set, struct str me, struct buf *notes);

void settings_free(struct settings *set);

#endif

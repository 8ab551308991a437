/* link.h - the connection of a session: what SMTP and QMQP have in common. */
#ifndef LINK_H
#define LINK_H

#include "../base/buf.h"

struct link {
	struct module_options *o;
	const struct module_report *report;
	struct ssl *ssl;	/* NULL if the options ask for no TLS */
	struct io io;
	long long limit;	/* clock_ms */
	enum stage stage;
	struct buf text;	/* why the session ended or did not begin */
};

/* Fills an empty l and reads the files of TLS. Options and report stay the
 * caller's. 0, or an ERR_ code with a reason appended to why. */
int link_init(struct link *l, struct module_options *o,
    const struct module_report *report, struct buf *why);

/* Connects, with TLS if that comes first. 0, or an ERR_ code with text. A
 * connection is the process's last: it gives up what sandbox.h lists. */
int link_join(struct link *l);

/* Turns TLS on. 0, or an ERR_ code with text. */
int link_tls(struct link *l);

/* Closes a connection that was lost; the ERR_ code of that, with text. */
int link_lost(struct link *l);

/* While the answer to a whole message is out, being stopped would mean not to
 * know whether it has been taken. how: SIG_BLOCK or SIG_UNBLOCK. */
void link_hold_signals(int how);

/* Closes and frees. */
void link_free(struct link *l);

#endif

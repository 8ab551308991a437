/* logger.h - lines to the system's log daemon: RFC 3164 over /dev/log, ident
 * "nullmailer" with our process id, facility mail. */
#ifndef LOGGER_H
#define LOGGER_H

#include "../base/str.h"

enum logger_level {
	LOGGER_ERROR = 3,
	LOGGER_WARNING = 4,
	LOGGER_INFO = 6
};

struct logger {
	int fd;			/* -1 while not connected */
};

/* Sends one line, connecting when needed; never waits. 0, or -1 when nobody
 * listens: the next line tries again. */
int logger_line(struct logger *l, enum logger_level level, struct str text);

#endif

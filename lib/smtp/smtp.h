/* smtp.h - SMTP, client side: one connection, many messages. RFC 5321, with
 * STARTTLS (3207), AUTH (4954), SIZE (1870), 8BITMIME (6152), SMTPUTF8 (6531),
 * PIPELINING (2920) and CHUNKING (3030) where the server offers them. */
#ifndef SMTP_H
#define SMTP_H

#include "protocol.h"

/* Its window: with CHUNKING many messages, with PIPELINING PROTOCOL_AHEAD,
 * else one. */
extern const struct protocol smtp_protocol;

#endif

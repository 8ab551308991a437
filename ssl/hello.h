/* hello.h - what is offered and what the server has chosen: ClientHello,
 * ServerHello and HelloRetryRequest (RFC 8446 4.1, RFC 5246 7.4.1). Private to
 * ssl/. */
#ifndef HELLO_H
#define HELLO_H

#include "bytes.h"

struct hs;

/* Puts a ClientHello in the queue, with a key share of that group: the first,
 * or the second with the cookie that a HelloRetryRequest may have. */
void hello_send(struct hs *, unsigned group, struct reader cookie);

/* Takes a ServerHello or HelloRetryRequest. */
void hello_take(struct hs *, struct reader *);

#endif

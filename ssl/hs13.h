/* hs13.h - the handshake of TLS 1.3 after the ServerHello (RFC 8446 4.3 to
 * 4.6). Private to ssl/. */
#ifndef HS13_H
#define HS13_H

struct hs;
struct reader;

/* After a HelloRetryRequest: what the transcript is then (4.4.1). */
void hs13_retry(struct hs *);

/* After the ServerHello, with its key share. */
void hs13_begin(struct hs *, struct reader share);

/* Each takes the message of its name; hs.c knows when it may come. */
void hs13_extensions(struct hs *, struct reader *);
void hs13_request(struct hs *, struct reader *);
void hs13_certificate(struct hs *, struct reader *);
void hs13_verify(struct hs *, struct reader *);
void hs13_finished(struct hs *, struct reader *);
void hs13_ticket(struct hs *, struct reader *);
void hs13_update(struct hs *, struct reader *);

#endif

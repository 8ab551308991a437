/* hs12.h - the handshake of TLS 1.2, 1.1 and 1.0 after the ServerHello (RFC
 * 5246 7.4, RFC 8422 5). Private to ssl/. */
#ifndef HS12_H
#define HS12_H

struct hs;
struct reader;

/* After the ServerHello, with the version it chose. */
void hs12_begin(struct hs *, unsigned version);

/* Each takes the message of its name; hs.c knows when it may come. */
void hs12_certificate(struct hs *, struct reader *);
void hs12_key(struct hs *, struct reader *);
void hs12_request(struct hs *, struct reader *);
void hs12_done(struct hs *, struct reader *);
void hs12_finished(struct hs *, struct reader *);

/* ChangeCipherSpec: what comes in is protected from now on. */
void hs12_ccs(struct hs *);

#endif

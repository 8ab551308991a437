/* queue.h - what a handshake has to send, record by record. Private to ssl/. */
#ifndef QUEUE_H
#define QUEUE_H

#include <stddef.h>

struct hs;
struct writer;

/* What stands in the queue beside types of records: the keys to send with from
 * here on, as record_out takes them, and the end of the handshake. */
enum { NEW_KEYS = 1, OPENED = 2 };

/* Puts one in the queue: a record's type and its contents, or one of these.
 * Handshake messages that follow one another share a record. */
void queue_put(struct hs *, int what, const void *p, size_t n);

/* A message is what is written between begin and end, which takes it out of the
 * writer, adds it to the transcript and puts it in the queue. */
void queue_begin(struct writer *, int type);
void queue_end(struct hs *, struct writer *);

/* Our Certificate; empty when there is no scheme to sign by. */
void queue_certificate(struct hs *);

/* CertificateVerify by the scheme chosen, over this hash. */
void queue_verify(struct hs *, const void *hash);

/* Makes records of what is in the queue as far as the engine has room. */
void queue_send(struct hs *);

#endif

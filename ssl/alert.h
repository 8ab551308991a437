/* alert.h - alerts in and out, and with them the end of a session (RFC 8446 6,
 * RFC 5246 7.2). Private to ssl/. */
#ifndef ALERT_H
#define ALERT_H

#include <stddef.h>

struct hs;

/* Those that we send or look for. */
enum {
	CLOSE_NOTIFY = 0, UNEXPECTED_MESSAGE = 10, BAD_RECORD_MAC = 20,
	RECORD_OVERFLOW = 22, HANDSHAKE_FAILURE = 40, ILLEGAL_PARAMETER = 47,
	DECODE_ERROR = 50, DECRYPT_ERROR = 51, PROTOCOL_VERSION = 70,
	INSUFFICIENT_SECURITY = 71, INTERNAL_ERROR = 80, USER_CANCELED = 90,
	NO_RENEGOTIATION = 100, MISSING_EXTENSION = 109,
	UNSUPPORTED_EXTENSION = 110
};

/* Takes what the engine has of a record of alerts. */
void alert_read(struct hs *);

/* Puts a close_notify in the queue, once. */
void alert_close(struct hs *);

/* After a failure that is the server's fault: bytes to send, the rest of a
 * record under way and an alert, borrowed from the engine's buffer; 0 when
 * there is nothing to say. Once. */
size_t alert_last_words(struct hs *, const unsigned char **);

#endif

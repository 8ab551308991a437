/* hs.h - one TLS handshake and what comes after it, as a client: RFC 8446, and
 * RFC 5246, 4346 and 2246 where the server has nothing newer. Private to ssl/.
 *
 * BearSSL's engine carries the records. It calls hs.c whenever a record that is
 * no application data has come or gone; hs.c puts messages together and looks
 * up in one table who takes them: hello.c, hs12.c or hs13.c. Whatever is to be
 * sent waits in a queue, so that no message ever waits for the network.
 *
 * A failure is the engine's and stays until the next hs_start: a failed engine
 * is given no record and makes no call. */
#ifndef HS_H
#define HS_H

#include <bearssl.h>

#include "bytes.h"
#include "kex.h"
#include "pubkey.h"
#include "record.h"
#include "schedule.h"

enum { TLS13 = 0x0304 };

/* Types of records and of messages. */
enum { CCS = 20, ALERT = 21, HANDSHAKE = 22, DATA = 23 };
enum {
	HELLO_REQUEST = 0, CLIENT_HELLO = 1, SERVER_HELLO = 2,
	NEW_SESSION_TICKET = 4, ENCRYPTED_EXTENSIONS = 8, CERTIFICATE = 11,
	SERVER_KEY_EXCHANGE = 12, CERTIFICATE_REQUEST = 13,
	SERVER_HELLO_DONE = 14, CERTIFICATE_VERIFY = 15,
	CLIENT_KEY_EXCHANGE = 16, FINISHED = 20, KEY_UPDATE = 24,
	MESSAGE_HASH = 254
};

/* What is waited for. The names end in 12 where they are those of TLS 1.2 and
 * older. OPEN and OPEN12: the handshake is over. */
enum state {
	WANT_HELLO,
	WANT_CERTIFICATE12, WANT_KEY12, WANT_REQUEST12, WANT_DONE12,
	WANT_CCS12, WANT_FINISHED12, OPEN12,
	WANT_EXTENSIONS, WANT_REQUEST, WANT_CERTIFICATE, WANT_VERIFY,
	WANT_FINISHED, OPEN
};

struct der;
struct key;
struct suite;
struct verify;

struct hs {
	br_ssl_engine_context eng;	/* must be the first field */
	/* the owner's, before hs_start */
	struct verify *verify;
	struct key *key;
	const char *name;	/* for SNI, or "" */
	int offer_anon;
	unsigned min, max;	/* versions */
	/* what the owner may look at */
	int open;		/* the handshake is complete */
	int theirs;		/* the fatal alert the server sent, or -1 */
	int ours;		/* the one that it deserves, or -1 */
	int untrusted;		/* verify_why tells what was wrong, else ... */
	const char *why;	/* ... static text, or NULL */
	enum state state;
	/* the handshake's own */
	const struct suite *suite;	/* once the server has chosen */
	int closing;		/* close_notify is in the queue or sent */
	unsigned group;		/* of kex; 0: a finite field, or RSA */
	int retried;		/* a HelloRetryRequest has come */
	int ems;		/* extended master secret (RFC 7627) */
	int ccs_sent;
	int asked;		/* for a certificate of ours */
	unsigned scheme;	/* its signature, 0 for none */
	unsigned char sid[32];
	struct kex kex;
	struct secret secret;		/* premaster secret ... */
	struct writer share;		/* ... and our half of it */
	struct schedule schedule;
	struct seal in_seal, out_seal;
	struct pubkey server_key;	/* borrows from certificate */
	unsigned char *certificate;	/* the message, or NULL */
	unsigned char *msg;		/* a message of the server ... */
	size_t msg_n, msg_cap;		/* ... as far as it has come */
	size_t msg_size;		/* of the one that is handled */
	unsigned char before[HASH_MAX];	/* the transcript's hash before it */
	struct writer queue;		/* see queue.h */
	int queue_what;			/* the entry under way ... */
	size_t queue_at, queue_last, queue_left;	/* ... its rest */
};

/* Begins. What the owner sets must be set, and the engine's entropy given. */
void hs_start(struct hs *);

/* 1 while something must be sent before more may be read. */
int hs_busy(const struct hs *);

/* Wipes secrets and frees memory; the struct may be started again. */
void hs_wipe(struct hs *);

/* ---- for hello.c, hs12.c, hs13.c and record.c ---- */

/* The first failure counts; alert is what the server will be sent. */
void hs_fail(struct hs *, int alert, const char *why);
int hs_failed(const struct hs *);

/* The usual failure: a message, alert, or record that may not come now. */
void hs_unexpected(struct hs *);

/* 1 when the message has been read to its end, else it has failed. */
int hs_end(struct hs *, const struct reader *);

/* 1 when the message now handled ends its record, as it must before a change
 * of keys (RFC 8446 5.1); else it has failed. */
int hs_at_border(struct hs *);

/* Keeps the message now handled, a Certificate, whose parts may be borrowed
 * until hs_forget, and verifies the chain in it. 1, or 0 when it has failed. */
int hs_verify(struct hs *, const struct der *chain, size_t n);

/* Wipes what is of no more use after Finished or a failure, the message now
 * handled too. */
void hs_forget(struct hs *);

/* The transcript's hash so far; returns its size. */
size_t hs_transcript(const struct hs *, unsigned char *out);

/* Adds the message now handled to the transcript. */
void hs_hash(struct hs *);

#endif

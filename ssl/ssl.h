/* ssl.h - TLS as lib/io sees it: plaintext on one side, records on the other.
 *
 * One struct ssl serves one remote: its files are read once by ssl_new, before
 * any connection; ssl_start begins a handshake on a fresh connection, as often
 * as wanted. Nothing but ssl_start blocks and nothing here knows of deadlines:
 * the caller polls for what ssl_step asks for.
 *
 * The files are bear.c (SSL=bear) or none.c (SSL=none). No BearSSL type
 * appears here. */
#ifndef SSL_H
#define SSL_H

#include <stddef.h>
#include <sys/types.h>

struct ssl;

/* Strings end in NUL, are NULL where the option was not given, and must
 * outlive the struct ssl. */
struct ssl_conf {
	const char *host;	/* name or address to verify; name: SNI */
	const char *cafile;	/* else the system's file, else the bundle */
	const char *crlfile;
	const char *certfile;	/* client certificate ... */
	const char *keyfile;	/* ... and its key, if not in the same file */
	const char *pin;	/* "sha256/" BASE64 of server's public key */
	int insecure;		/* accept any certificate; see ssl_note */
	int anon;		/* offer anonymous suites too */
	int tls10;		/* accept TLS 1.0 and 1.1 */
	int tls_max12;		/* offer no TLS 1.3 */
};

/* Reads and checks every file. NULL: why holds one line that names the file
 * and the reason, begun with the fixed texts that log filters know. */
struct ssl *ssl_new(const struct ssl_conf *, char *why, size_t size);

/* Begins a handshake. 0, or -1 with ssl_why, when no entropy is to be had; in
 * a first boot the kernel's first may take a while, and 10 s are granted. */
int ssl_start(struct ssl *);

/* Moves records between fd (non-blocking) and the session as far as revents
 * (0, POLLIN, POLLOUT) allow, and returns the events to poll for next: after
 * ssl_read and ssl_write ask again with 0. Unread plaintext must be read first,
 * for no event may follow it.
 * 0: the peer has closed properly and all plaintext has been read.
 * -1: failed, see ssl_why; a stream cut without close_notify is a failure. */
int ssl_step(struct ssl *, int fd, int revents);

/* 1 once the handshake is complete and the certificate accepted, else 0. */
int ssl_ready(const struct ssl *);

/* Plaintext out of and into the session; bytes moved, 0 when none can move
 * now. Records are kept full: what was written leaves when a record is full
 * or at ssl_flush. */
size_t ssl_read(struct ssl *, void *p, size_t n);
size_t ssl_write(struct ssl *, const void *p, size_t n);
void ssl_flush(struct ssl *);

/* Queues close_notify; the next ssl_step sends it. */
void ssl_close(struct ssl *);

/* The reason of the failure, one line begun with a fixed text that
 * log filters know, static or owned by the session. Never NULL. */
const char *ssl_why(const struct ssl *);

/* What an administrator should know about an accepted connection (clock older
 * than the build, what insecure let pass, anonymous), one line, or "". */
const char *ssl_note(const struct ssl *);

/* What was agreed on: "TLS 1.3, suite 1301, group x25519", static, after
 * ssl_ready; the number is IANA's. */
const char *ssl_about(const struct ssl *);

/* From now on each chain that comes is described in out, accepted or not: a
 * line a certificate, the server's own first, of which the last word is its
 * pin. */
void ssl_describe_chain(struct ssl *, char *out, size_t size);

/* What the program has for a CA list of its own, for --version: "117 roots of
 * 2026-10-20", "5 roots", "no roots", "no TLS". Static. */
const char *ssl_roots(void);

/* Wipes and frees; NULL is allowed. */
void ssl_free(struct ssl *);

#endif

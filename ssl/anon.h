/* anon.h - one ClientHello for certificates and for anonymous key exchange.
 * Private to ssl/. BearSSL's handshake goes on when the server picks a suite
 * with a certificate; ours takes its place when the server picks an anonymous
 * one. bearssl.h first. */
#ifndef ANON_H
#define ANON_H

enum { ANON_MSG = 2048 };

struct anon {
	br_ssl_client_context sc;	/* must be the first field */
	/* the rest is private */
	void (*lib_run)(void *);	/* BearSSL's handshake */
	const struct anon_suite *suite;
	const char *why;
	int state;
	int sni;
	size_t n;
	unsigned char msg[ANON_MSG];	/* n bytes of a server's message */
	unsigned char cke[4 + 2 + 512];	/* ClientKeyExchange ... */
	size_t cke_n;			/* ... and its size */
};

/* In place of br_ssl_client_reset: begins a handshake with these suites, the
 * eight anonymous ones behind them when offer is not 0, and X25519 first among
 * the curves. name is for SNI or NULL. 1, or 0 with the engine's error. */
int anon_reset(struct anon *, const uint16_t *suites, size_t n,
    const char *name, int offer);

/* 1 when the server has chosen an anonymous suite, else 0. */
int anon_chosen(const struct anon *);

/* What was wrong in the anonymous handshake, static, or NULL. */
const char *anon_why(const struct anon *);

#endif

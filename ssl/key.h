/* key.h - the client's own certificate chain and private key.
 * Private to ssl/. bearssl.h first. */
#ifndef KEY_H
#define KEY_H

struct key;
struct ssl_conf;

/* Reads conf->certfile and conf->keyfile and makes sure that they belong
 * together; with neither, a key that declines. NULL with why as in ssl_new. */
struct key *key_new(const struct ssl_conf *, char *why, size_t size);

/* Lets the client answer with this key; once per handshake, before its reset.
 * Hashes must have been set. */
void key_use(struct key *, br_ssl_client_context *);

/* Why a server that asked for a certificate got none in this handshake,
 * static, or NULL. */
const char *key_hint(const struct key *);

/* Wipes and frees; NULL is allowed. */
void key_free(struct key *);

#endif

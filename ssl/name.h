/* name.h - does a certificate name this server (RFC 6125)?
 * Private to ssl/. */
#ifndef NAME_H
#define NAME_H

#include <stddef.h>

struct cert;
struct der;

struct host {
	char name[256];		/* without a final dot or a zone */
	unsigned char ip[16];
	size_t ip_n;		/* 4 or 16 for an address, else 0 */
};

/* 0, or -1 for an empty name or one no certificate can hold. */
int host_parse(struct host *, const char *name);

/* Its name as bytes, borrowed. */
struct der host_text(const struct host *);

/* 1 when the certificate names the host. Addresses match iPAddress names only;
 * names match dNSName, or the one common name when there is no
 * subjectAltName. A wildcard stands for the whole first label and needs two
 * more labels after it. */
int name_matches(const struct cert *, const struct host *);

/* The names the certificate does hold, at most three, for a message. */
void name_list(const struct cert *, char *out, size_t size);

#endif

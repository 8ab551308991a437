/* pem.h - files of PEM (RFC 7468) or DER objects: certificates, CRLs, keys.
 * Private to ssl/. */
#ifndef PEM_H
#define PEM_H

#include <stddef.h>

/* Fields are private, except why. */
struct pem {
	unsigned char *data;
	size_t n, at;
	int owned, der;
	const char *why;	/* after pem_next returned -1: static text */
};

struct pem_object {
	char label[32];		/* "CERTIFICATE"; "" for an object in DER */
	unsigned char *der;	/* struct pem's memory, until pem_close */
	size_t n;
	int encrypted;		/* RFC 1421 header says so; der is ciphertext */
};

/* Reads a regular file of at most 16 MB. 0, or -1 with "FILE: reason". */
int pem_open(struct pem *, const char *file, char *why, size_t size);

/* The same over the caller's memory, which pem_next overwrites. */
void pem_mem(struct pem *, void *data, size_t n);

/* Next object. 1 and *o; 0 no more; -1 damaged object, skipped: the caller may
 * go on. CRLF, blanks, text around objects and a missing final newline do not
 * matter. A file whose first byte is 0x30 holds DER, one object or more. */
int pem_next(struct pem *, struct pem_object *);

/* Wipes all that was read or decoded, and frees what pem_open took. */
void pem_close(struct pem *);

#endif

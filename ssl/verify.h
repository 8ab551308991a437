/* verify.h - which server is accepted: trust anchors, chain, names, CRLs, pin.
 * Private to ssl/. verify.c implements an X.509 class for BearSSL's engine
 * that only collects the certificates; all judgement happens at the end of
 * the chain. */
#ifndef VERIFY_H
#define VERIFY_H

#include <bearssl.h>

struct ssl_conf;
struct verify;

/* Loads the CA source and the CRLs named in conf, or the fallbacks. NULL with
 * why as in ssl_new. With conf->insecure no CA file is needed or read. */
struct verify *verify_new(const struct ssl_conf *, char *why, size_t size);

/* The class to hand to br_ssl_engine_set_x509; valid as long as the verify. */
const br_x509_class **verify_class(struct verify *);

/* Why the last chain was refused: one line, a fixed text that
 * log filters know first, then the rule and the certificate. */
const char *verify_why(const struct verify *);

/* What insecure let pass or what the clock was lifted to, or "". */
const char *verify_note(const struct verify *);

void verify_free(struct verify *);

#endif

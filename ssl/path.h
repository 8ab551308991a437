/* path.h - from the server's certificate up to an anchor (RFC 5280 6.1, RFC
 * 4158). Private to ssl/. */
#ifndef PATH_H
#define PATH_H

#include <stddef.h>
#include <stdint.h>

struct anchors;
struct cert;
struct crls;
struct host;

struct path {
	const struct cert *certs;	/* as sent; the first is the server's */
	unsigned count;
	const struct anchors *anchors;
	const struct crls *crls;	/* or NULL */
	const struct host *host;
	int64_t now;
	int alert;	/* set: what the refusal is as one of these */
};

/* Alerts of RFC 8446 6.2. */
enum {
	ALERT_BAD = 42, ALERT_UNSUPPORTED = 43, ALERT_REVOKED = 44,
	ALERT_EXPIRED = 45, ALERT_UNKNOWN_CA = 48
};

/* 0 when there is a path on which every rule holds; else -1 and why says which
 * rule which certificate broke, on the path that got furthest. Names of the
 * host are not compared, but it is held against name constraints. */
int path_find(struct path *, char *why, size_t size);

/* The date of a time, for messages; returns out. */
const char *path_day(int64_t t, char *out, size_t size);

#endif

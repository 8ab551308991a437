/* path.h - from the server's certificate up to an anchor (RFC 5280 6.1, RFC
 * 4158). Private to ssl/. */
#ifndef PATH_H
#define PATH_H

struct path {
	const struct cert *certs;	/* as sent; the first is the server's */
	unsigned count;
	const struct anchors *anchors;
	const struct crls *crls;	/* or NULL */
	const struct host *host;
	int64_t now;
};

/* 0 when there is a path on which every rule holds; else -1 and why says which
 * rule which certificate broke, on the path that got furthest. Names of the
 * host are not compared, but it is held against name constraints. */
int path_find(const struct path *, char *why, size_t size);

/* The date of a time, for messages; returns out. */
const char *path_day(int64_t t, char *out, size_t size);

#endif

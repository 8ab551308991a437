/* net.h - opens the connection to a server. Addresses are raced as in
 * RFC 8305: IPv6 first, a new attempt every 250 ms or as soon as one fails,
 * the first that stands wins, one deadline for all. Addresses that have done
 * badly are tried when the others have failed or had five seconds. */
#ifndef NET_H
#define NET_H

#include "../base/str.h"

struct buf;

struct net_request {
	const char *host;	/* name or address, brackets allowed */
	unsigned port;		/* 1 to 65535 */
	const char *source;	/* name or address to bind to, or NULL */
	long long deadline;	/* clock_ms; the resolver has its own limits */
	int family;		/* AF_INET, AF_INET6, or AF_UNSPEC for both */
	struct str tried;	/* addresses not to be used, each LF ended */
	struct str sick;	/* to be used last */
};

/* Returns a connected, non-blocking, close-on-exec socket with TCP_NODELAY,
 * and sets peer to its address as for a log: "192.0.2.1 port 25". Or returns
 * minus an ERR_ code and sets why to the reasons, address by address. last is
 * set to 0 if an address is left that has not been tried, here or before; else
 * to 1. */
int net_connect(const struct net_request *q, struct buf *peer, int *last,
    struct buf *why);

/* Appends the addresses that net_connect would try, in its order, each LF
 * ended. 0; or an ERR_ code, and why. */
int net_addresses(const struct net_request *q, struct buf *out,
    struct buf *why);

/* Whether the socket is connected to a loopback address of this host. */
int net_is_loopback(int fd);

/* Appends the own address of a connected socket as RFC 5321 4.1.3 writes it. */
void net_literal(int fd, struct buf *out);

#endif

/* net.h - opens the connection to a server. Addresses are raced as in
 * RFC 8305: IPv6 first, a new attempt every 250 ms or as soon as one fails,
 * the first to connect wins, one deadline for all. */
#ifndef NET_H
#define NET_H

struct buf;

struct net_request {
	const char *host;	/* name or address, brackets allowed */
	unsigned port;		/* 1 to 65535 */
	const char *source;	/* name or address to bind to, or NULL */
	long long deadline;	/* clock_ms; the resolver has its own limits */
};

/* Returns a connected, non-blocking, close-on-exec socket with TCP_NODELAY,
 * and sets peer to its address as for a log: "192.0.2.1 port 25". Or returns
 * minus an ERR_ code and sets why to the reasons, address by address. */
int net_connect(const struct net_request *q, struct buf *peer,
    struct buf *why);

/* Whether the socket is connected to a loopback address of this host. */
int net_is_loopback(int fd);

#endif

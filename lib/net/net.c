/* net - opens the connection to a server, racing its addresses (RFC 8305). */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../base/buf.h"
#include "../base/clock.h"
#include "../base/err.h"
#include "net.h"

#define ATTEMPTS 8		/* addresses of one server that are tried */
#define ATTEMPT_DELAY 250	/* ms, RFC 8305 section 5 */
#define SICK_DELAY 5000		/* ms before an address that did badly */

struct race {
	const struct net_request *q;
	struct addrinfo *source;
	const struct addrinfo *address[ATTEMPTS];
	struct pollfd fd[ATTEMPTS];
	int count;		/* addresses */
	int healthy;		/* the first of them; then come the sick */
	int begun;		/* attempts so far */
	int code;		/* result of the last attempt that failed */
	struct buf *why;
};

static int
resolver_code(int error)
{
	switch (error) {
	case EAI_NONAME:
		return ERR_HOST_NOT_FOUND;
	case EAI_NODATA:
		return ERR_NO_ADDRESS;
	default:
		return ERR_RESOLVER;
	}
}

static int
connect_code(int error)
{
	switch (error) {
	case ECONNREFUSED:
		return ERR_REFUSED;
	case ETIMEDOUT:
		return ERR_TIMED_OUT;
	case ENETUNREACH:
	case EHOSTUNREACH:
		return ERR_UNREACHABLE;
	default:
		return ERR_CONNECT;
	}
}

static int
resolve(const char *host, unsigned port, const struct net_request *q,
    struct addrinfo **list)
{
	static const int families[] = { AF_INET, AF_INET6 };
	struct addrinfo hints = { 0 };
	struct str name = str_of(host);
	struct buf bare = { 0 };
	char service[8];
	int error, i;

	if (name.n > 1 && name.p[0] == '[' && name.p[name.n - 1] == ']')
		name = (struct str){ name.p + 1, name.n - 2 };
	buf_set(&bare, name);
	snprintf(service, sizeof service, "%u", port);
	hints.ai_socktype = SOCK_STREAM;
	hints.ai_family = q->family;
	hints.ai_flags = AI_NUMERICSERV;
	/* RFC 6761 6.3: needs no name server, and there may be none. */
	if (str_ieq(name, STR("localhost")))
		buf_free(&bare);
	error = name.n ? getaddrinfo(bare.n ? bare.p : NULL, service, &hints,
	    list) : EAI_NONAME;
	/* Some routers answer A and neglect AAAA, and musl then has nothing. */
	for (i = 0; i < 2 && error == EAI_AGAIN && !q->family &&
	    clock_left(q->deadline); i++) {
		hints.ai_family = families[i];
		error = getaddrinfo(buf_z(&bare), service, &hints, list);
	}
	buf_free(&bare);
	return error;
}

/* Writes the address as text and returns the port. */
static int
write_address(const struct sockaddr *address, char text[INET6_ADDRSTRLEN])
{
	const struct sockaddr_in *v4 = (const void *)address;
	const struct sockaddr_in6 *v6 = (const void *)address;
	int is_v4 = address->sa_family == AF_INET;

	text[0] = '\0';
	inet_ntop(address->sa_family, is_v4 ? (const void *)&v4->sin_addr :
	    &v6->sin6_addr, text, INET6_ADDRSTRLEN);
	return ntohs(is_v4 ? v4->sin_port : v6->sin6_port);
}

static void
describe_address(struct buf *b, const struct sockaddr *address)
{
	char text[INET6_ADDRSTRLEN];
	int port = write_address(address, text);

	buf_fmt(b, "%s port %d", text, port);
}

static int
is_in_list(struct str list, const struct addrinfo *a)
{
	char text[INET6_ADDRSTRLEN];

	write_address(a->ai_addr, text);
	while (list.n)
		if (str_eq(str_cut(&list, '\n'), str_of(text)))
			return 1;
	return 0;
}

static int
source_has(const struct race *r, int family)
{
	const struct addrinfo *a;

	for (a = r->source; a; a = a->ai_next)
		if (a->ai_family == family)
			return 1;
	return !r->q->source;
}

static int
is_wanted(const struct race *r, const struct addrinfo *a, int family, int sick)
{
	return a->ai_family == family && source_has(r, family) &&
	    is_in_list(r->q->sick, a) == sick && !is_in_list(r->q->tried, a);
}

/* IPv6 and IPv4 alternate, so that a dead family costs one delay. */
static void
order_addresses(struct race *r, const struct addrinfo *list, int sick)
{
	const struct addrinfo *next[2] = { list, list };
	int family[2] = { AF_INET6, AF_INET };
	int turn, idle = 0;

	for (turn = 0; idle < 2 && r->count < ATTEMPTS; turn ^= 1) {
		const struct addrinfo *a = next[turn];

		while (a && !is_wanted(r, a, family[turn], sick))
			a = a->ai_next;
		idle = a ? 0 : idle + 1;
		if (a)
			r->address[r->count++] = a;
		next[turn] = a ? a->ai_next : NULL;
	}
}

static int
bind_source(const struct race *r, int fd, int family)
{
	const struct addrinfo *a;

	for (a = r->source; a; a = a->ai_next)
		if (a->ai_family == family &&
		    bind(fd, a->ai_addr, a->ai_addrlen) == 0)
			return 0;
	return r->q->source ? -1 : 0;
}

static void
attempt_failed(struct race *r, int i, int code, int error)
{
	r->code = code;
	if (r->why->n)
		buf_add(r->why, STR(", "));
	buf_add(r->why, str_of(strerror(error)));
	if (code == ERR_BIND)
		buf_fmt(r->why, ", source=%s", r->q->source);
	buf_add(r->why, STR(" ("));
	describe_address(r->why, r->address[i]->ai_addr);
	buf_addc(r->why, ')');
	if (r->fd[i].fd >= 0)
		close(r->fd[i].fd);
	r->fd[i].fd = -1;
}

static void
begin_attempt(struct race *r)
{
	int i = r->begun++;
	const struct addrinfo *a = r->address[i];
	int one = 1;

	r->fd[i].fd = socket(a->ai_family,
	    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	r->fd[i].events = POLLOUT;
	if (r->fd[i].fd < 0) {
		attempt_failed(r, i, ERR_SOCKET, errno);
		return;
	}
	setsockopt(r->fd[i].fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	if (bind_source(r, r->fd[i].fd, a->ai_family) < 0)
		attempt_failed(r, i, ERR_BIND, errno);
	else if (connect(r->fd[i].fd, a->ai_addr, a->ai_addrlen) < 0 &&
	    errno != EINPROGRESS)
		attempt_failed(r, i, connect_code(errno), errno);
}

/* The number of an attempt that has connected, or -1. */
static int
end_attempt(struct race *r)
{
	int i;

	for (i = 0; i < r->begun; i++) {
		int error = 0;
		socklen_t n = sizeof error;

		if (r->fd[i].fd < 0 || !r->fd[i].revents)
			continue;
		getsockopt(r->fd[i].fd, SOL_SOCKET, SO_ERROR, &error, &n);
		if (!error)
			return i;
		attempt_failed(r, i, connect_code(error), error);
	}
	return -1;
}

static int
open_attempts(const struct race *r)
{
	int i, open = 0;

	for (i = 0; i < r->begun; i++)
		open += r->fd[i].fd >= 0;
	return open;
}

static int
run_race(struct race *r)
{
	long long next = 0;
	int winner = -1;

	while (winner < 0) {
		if (r->begun < r->count &&
		    (!open_attempts(r) || clock_ms() >= next)) {
			begin_attempt(r);
			next = clock_in(r->begun < r->healthy ?
			    ATTEMPT_DELAY : SICK_DELAY);
			continue;
		}
		if (!open_attempts(r))
			break;
		poll(r->fd, (nfds_t)r->begun, clock_left(r->begun < r->count ?
		    clock_first(next, r->q->deadline) : r->q->deadline));
		winner = end_attempt(r);
		if (winner < 0 && clock_left(r->q->deadline) == 0)
			break;
	}
	return winner;
}

/* Closes the losers and returns the winner's socket. */
static int
settle(struct race *r, int winner, int *last)
{
	int i, fd = -1;

	*last = winner < 0 || open_attempts(r) + r->count - r->begun == 1;
	for (i = 0; i < r->begun; i++) {
		if (i == winner)
			fd = r->fd[i].fd;
		else if (r->fd[i].fd >= 0)
			attempt_failed(r, i, ERR_TIMED_OUT, ETIMEDOUT);
	}
	return fd;
}

static int
race(struct race *r, struct buf *peer, int *last)
{
	int winner, fd;

	if (r->count == 0) {
		buf_add(r->why, r->q->source ?
		    STR("no address of the source's family") :
		    STR("no address"));
		return r->q->source ? -ERR_BIND : -ERR_NO_ADDRESS;
	}
	winner = run_race(r);
	fd = settle(r, winner, last);
	if (fd < 0)
		return -r->code;
	buf_clear(peer);
	describe_address(peer, r->address[winner]->ai_addr);
	return fd;
}

/* The servers that musl asks: the first three of the file, or this host. */
static void
add_servers(struct buf *out)
{
	char text[1024];
	int fd = open("/etc/resolv.conf", O_RDONLY | O_CLOEXEC), n = 0;
	ssize_t size = fd < 0 ? -1 : str_read(fd, text, sizeof text);
	struct str rest = { text, size > 0 ? (size_t)size : 0 }, line;

	if (fd >= 0)
		close(fd);
	while (rest.n && n < 3) {
		line = str_cut(&rest, '\n');
		if (!str_starts(line, STR("nameserver ")))
			continue;
		buf_cat(out, n++ ? STR(", ") : STR(""),
		    str_trim(str_skip(line, 11)));
	}
	if (!n)
		buf_add(out, STR("127.0.0.1 (none in /etc/resolv.conf)"));
}

/* "mail.example.org: DNS: no answer from 192.0.2.53" */
static int
unresolved(int error, const char *host, struct buf *why)
{
	buf_put(why, "%: DNS: %%", str_of(host),
	    error == EAI_AGAIN ? STR("no answer") : str_of(gai_strerror(error)),
	    error == EAI_AGAIN ? STR(" from ") : STR(", says "));
	add_servers(why);
	return -resolver_code(error);
}

int
net_connect(const struct net_request *q, struct buf *peer, int *last,
    struct buf *why)
{
	struct race r = { 0 };
	struct addrinfo *list = NULL;
	int error, rc;

	r.q = q;
	r.why = why;
	buf_clear(why);
	*last = 1;
	if (q->source && (error = resolve(q->source, 0, q, &r.source)) != 0)
		return unresolved(error, q->source, why);
	error = resolve(q->host, q->port, q, &list);
	if (error) {
		rc = unresolved(error, q->host, why);
	} else {
		order_addresses(&r, list, 0);
		r.healthy = r.count;
		order_addresses(&r, list, 1);
		if (!r.healthy)
			r.healthy = r.count;
		rc = race(&r, peer, last);
	}
	if (list)
		freeaddrinfo(list);
	if (r.source)
		freeaddrinfo(r.source);
	return rc;
}

int
net_addresses(const struct net_request *q, struct buf *out, struct buf *why)
{
	struct race r = { 0 };
	struct addrinfo *list = NULL;
	char text[INET6_ADDRSTRLEN];
	int i, error = resolve(q->host, q->port, q, &list);

	r.q = q;
	if (error)
		return -unresolved(error, q->host, why);
	order_addresses(&r, list, 0);
	for (i = 0; i < r.count; i++) {
		write_address(r.address[i]->ai_addr, text);
		buf_fmt(out, "%s\n", text);
	}
	freeaddrinfo(list);
	return 0;
}

int
net_is_loopback(int fd)
{
	struct sockaddr_storage peer;
	socklen_t n = sizeof peer;

	if (getpeername(fd, (struct sockaddr *)&peer, &n) < 0)
		return 0;
	if (peer.ss_family == AF_INET) {
		struct sockaddr_in *v4 = (struct sockaddr_in *)&peer;

		return ntohl(v4->sin_addr.s_addr) >> 24 == 127;
	}
	if (peer.ss_family == AF_INET6) {
		struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&peer;

		return IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
	}
	return peer.ss_family == AF_UNIX;
}

void
net_literal(int fd, struct buf *out)
{
	struct sockaddr_storage own;
	socklen_t n = sizeof own;
	char text[INET6_ADDRSTRLEN] = "127.0.0.1";

	if (getsockname(fd, (struct sockaddr *)&own, &n) == 0 &&
	    own.ss_family != AF_UNIX)
		write_address((struct sockaddr *)&own, text);
	buf_fmt(out, strchr(text, ':') ? "[IPv6:%s]" : "[%s]", text);
}

/* net - connecting: addresses, families, sources, and one deadline for all. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../../lib/base/buf.h"
#include "../../../lib/base/clock.h"
#include "../../../lib/base/err.h"
#include "../../../lib/net/net.h"
#include "../t.h"

static struct buf peer, why;
static struct net_request more;	/* beyond host, port, source, deadline */
static int last;

/* A listening socket on loopback; its port goes to *port. */
static int
listen_on(int family, unsigned *port)
{
	struct sockaddr_in6 v6 = { 0 };
	struct sockaddr_in v4 = { 0 };
	struct sockaddr *a = family == AF_INET ? (struct sockaddr *)&v4
	    : (struct sockaddr *)&v6;
	socklen_t n = family == AF_INET ? sizeof v4 : sizeof v6;
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	v4.sin_family = AF_INET;
	v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	v6.sin6_family = AF_INET6;
	v6.sin6_addr = in6addr_loopback;
	if (fd < 0 || bind(fd, a, n) < 0 || listen(fd, 1) < 0 ||
	    getsockname(fd, a, &n) < 0)
		return -1;
	*port = ntohs(family == AF_INET ? v4.sin_port : v6.sin6_port);
	return fd;
}

static int
connect_to(const char *host, unsigned port, const char *source, long long ms)
{
	struct net_request q = more;

	q.host = host;
	q.port = port;
	q.source = source;
	q.deadline = clock_in(ms);
	last = -1;
	return net_connect(&q, &peer, &last, &why);
}

static int
ends_with(const struct buf *b, const char *end)
{
	struct str s = buf_str(b), e = str_of(end);

	return s.n >= e.n && str_eq(str_skip(s, s.n - e.n), e);
}

static int
fails(const char *host, const char *source, int code, const char *words)
{
	int rc = connect_to(host, 1, source, 2000);

	if (rc == -code && strstr(buf_z(&why), words))
		return 1;
	printf("# %d: %s\n", rc, buf_z(&why));
	return 0;
}

static void
works(int family, const char *host, const char *shown)
{
	unsigned port = 0;
	int far = listen_on(family, &port), fd, on = 0;
	socklen_t n = sizeof on;
	char want[64];

	T(far >= 0);
	fd = connect_to(host, port, NULL, 2000);
	T(fd >= 0);
	snprintf(want, sizeof want, "%s port %u", shown, port);
	T(str_eq(buf_str(&peer), str_of(want)));
	T(fcntl(fd, F_GETFL) & O_NONBLOCK && fcntl(fd, F_GETFD) & FD_CLOEXEC);
	T(getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, &n) == 0 && on);
	T(net_is_loopback(fd));
	close(fd);
	close(far);
}

static void
source(void)
{
	struct sockaddr_in a;
	socklen_t n = sizeof a;
	unsigned port = 0;
	int far = listen_on(AF_INET, &port), fd, client;

	fd = connect_to("127.0.0.1", port, "127.0.0.9", 2000);
	client = accept(far, (struct sockaddr *)&a, &n);
	T(fd >= 0 && client >= 0);
	T(ntohl(a.sin_addr.s_addr) == 0x7f000009);
	close(client);
	close(fd);
	close(far);
}

static void
failures(void)
{
	T(fails("127.0.0.1", NULL, ERR_REFUSED, "(127.0.0.1 port 1)"));
	T(fails("::1", NULL, ERR_REFUSED, "(::1 port 1)"));
	T(fails("[::1]", NULL, ERR_REFUSED, "(::1 port 1)"));
	T(fails("", NULL, ERR_HOST_NOT_FOUND, ": "));
	T(fails("a..b", NULL, ERR_HOST_NOT_FOUND, "a..b: "));
	T(fails("[]", NULL, ERR_HOST_NOT_FOUND, "[]: "));
	T(fails("127.0.0.1", "::1", ERR_BIND, "source's family"));
	T(fails("::1", "127.0.0.1", ERR_BIND, "source's family"));
	T(fails("127.0.0.1", "192.0.2.1", ERR_BIND, "(127.0.0.1 port 1)"));
	T(fails("127.0.0.1", "a..b", ERR_HOST_NOT_FOUND, "a..b: "));
	T(fails("255.255.255.255", NULL, ERR_UNREACHABLE, "port 1)") ||
	    fails("255.255.255.255", NULL, ERR_CONNECT, "port 1)"));
}

/* A full queue of connections does not answer. */
static void
silence(void)
{
	unsigned port = 0;
	int far = listen_on(AF_INET, &port), fd[64], i = 0;
	long long begun;

	listen(far, 0);
	do
		fd[i] = connect_to("127.0.0.1", port, NULL, 200);
	while (fd[i] >= 0 && ++i < 63);
	begun = clock_ms();
	T(connect_to("127.0.0.1", port, NULL, 300) == -ERR_TIMED_OUT);
	T(clock_ms() - begun >= 300 && clock_ms() - begun < 2000);
	T(ends_with(&why, ")"));
	while (i > 0)
		close(fd[--i]);
	close(far);
}

/* 1 if localhost at that port is reached by this address. */
static int
reaches(unsigned port, const char *address)
{
	int fd = connect_to("localhost", port, NULL, 2000);

	if (fd >= 0)
		close(fd);
	return fd >= 0 && str_starts(buf_str(&peer), str_of(address));
}

/* localhost has two addresses. */
static void
several(void)
{
	unsigned port = 0;
	int far = listen_on(AF_INET, &port), far6;
	struct sockaddr_in6 a = { 0 };

	listen(far, 9);
	T(reaches(port, "127.0.0.1 ") && last == 1);
	more.tried = STR("127.0.0.1\n");
	T(connect_to("localhost", port, NULL, 2000) == -ERR_REFUSED);
	T(last == 1 && strstr(buf_z(&why), "(::1 port"));
	more.tried = STR("::1\n127.0.0.1\n");
	T(connect_to("localhost", port, NULL, 2000) == -ERR_NO_ADDRESS);
	more = (struct net_request){ 0 };
	far6 = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(far6, IPPROTO_IPV6, IPV6_V6ONLY, &(int){ 1 }, sizeof(int));
	a.sin6_family = AF_INET6;
	a.sin6_addr = in6addr_loopback;
	a.sin6_port = htons((unsigned short)port);
	T(bind(far6, (struct sockaddr *)&a, sizeof a) == 0 &&
	    listen(far6, 9) == 0);
	T(reaches(port, "::1 ") && last == 0);
	more.sick = STR("::1\n");
	T(reaches(port, "127.0.0.1 ") && last == 0);
	more.sick = STR("x\n::1\n127.0.0.1\n");
	T(reaches(port, "::1 ") && last == 0);
	more.tried = STR("::1\n");
	T(reaches(port, "127.0.0.1 ") && last == 1);
	more = (struct net_request){ 0 };
	more.family = AF_INET;
	T(reaches(port, "127.0.0.1 ") && last == 1);
	more.family = AF_INET6;
	T(reaches(port, "::1 ") && last == 1);
	T(connect_to("127.0.0.1", port, NULL, 2000) < 0 && last == 1);
	more = (struct net_request){ 0 };
	close(far6);
	close(far);
}

int
main(void)
{
	int pair[2];

	works(AF_INET, "127.0.0.1", "127.0.0.1");
	works(AF_INET, "localhost", "127.0.0.1");
	works(AF_INET6, "::1", "::1");
	works(AF_INET6, "[::1]", "::1");
	source();
	failures();
	silence();
	several();
	T(!net_is_loopback(-1));
	T(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	T(net_is_loopback(pair[0]));
	buf_free(&peer);
	buf_free(&why);
	return T_END();
}

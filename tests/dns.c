/* dns - a name server of one mind for the tests: every name has the same
 * answer, which depends on the type asked for.
 *
 * dns A AAAA: each is an address, or one of: none (no such data), missing (no
 * such name), servfail, refused, garbage, silent; or long:ADDRESS, an answer
 * that is cut off by UDP and whole by TCP. Listens at 127.0.0.1:53, then says
 * "ready", and ends with the process that reads that. RFC 1035 4.1, 4.2.2. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { HEADER = 12, TRUNCATED = 2, TYPE_A = 1, TYPE_AAAA = 28, TTL = 60 };

static const struct {
	const char *name;
	int code;
} codes[] = {
	{ "none", 0 }, { "servfail", 2 }, { "missing", 3 }, { "refused", 5 },
};

/* The end of the one question, or 0. */
static size_t
question(const unsigned char *q, size_t n)
{
	size_t i = HEADER;

	while (i < n && q[i])
		i += q[i] + 1u;
	return i + 5 <= n ? i + 5 : 0;
}

static size_t
add_address(unsigned char *at, int type, const char *text)
{
	unsigned char head[12] = { 0xc0, HEADER, 0, 0, 0, 1, 0, 0, 0, TTL };
	int family = type == TYPE_A ? AF_INET : AF_INET6;

	head[3] = (unsigned char)type;
	head[11] = type == TYPE_A ? 4 : 16;
	if (inet_pton(family, text, at + sizeof head) != 1)
		return 0;
	memcpy(at, head, sizeof head);
	return sizeof head + head[11];
}

/* Turns the question of n bytes into its answer; its length, or 0. */
static size_t
answer(unsigned char *q, size_t n, int type, const char *what)
{
	size_t i, added;

	if (!strcmp(what, "silent"))
		return 0;
	q[2] |= 0x80;
	q[3] = 0x80;
	memset(q + 6, 0, 6);
	if (!strcmp(what, "garbage")) {
		memset(q + HEADER, 0xff, n - HEADER);
		return n;
	}
	for (i = 0; i < sizeof codes / sizeof codes[0]; i++)
		if (!strcmp(what, codes[i].name)) {
			q[3] = (unsigned char)(0x80 | codes[i].code);
			return n;
		}
	added = add_address(q + n, type, what);
	q[7] = added > 0;
	return n + added;
}

/* The same, over UDP or TCP. */
static size_t
reply(unsigned char *q, size_t got, char **what, int whole)
{
	size_t n = got > HEADER ? question(q, got) : 0;
	int type = n ? q[n - 4] << 8 | q[n - 3] : 0;
	const char *w = type == TYPE_AAAA ? what[1] : what[0];

	if (!n)
		return 0;
	if (strncmp(w, "long:", 5))
		return answer(q, n, type, w);
	n = answer(q, n, type, whole ? w + 5 : "none");
	if (!whole)
		q[2] |= TRUNCATED;
	return n;
}

static void
serve(int fd, char **what)
{
	unsigned char q[1024];
	struct sockaddr_in from;
	socklen_t size = sizeof from;
	ssize_t got = recvfrom(fd, q, 512, 0, (struct sockaddr *)&from, &size);
	size_t n = got > 0 ? reply(q, (size_t)got, what, 0) : 0;

	if (n)
		sendto(fd, q, n, 0, (struct sockaddr *)&from, size);
}

/* One question a connection; two octets before each message are its length. */
static void
serve_tcp(int listener, char **what)
{
	unsigned char q[1024];
	int fd = accept(listener, NULL, NULL);
	size_t n;

	if (fd < 0)
		return;
	if (recv(fd, q, 2, MSG_WAITALL) == 2 && !q[0] &&
	    recv(fd, q + 2, q[1], MSG_WAITALL) == q[1] &&
	    (n = reply(q + 2, q[1], what, 1))) {
		q[0] = (unsigned char)(n >> 8);
		q[1] = (unsigned char)n;
		send(fd, q, n + 2, MSG_NOSIGNAL);
	}
	close(fd);
}

static int
open_port(int type)
{
	struct sockaddr_in a = { 0 };
	int fd = socket(AF_INET, type, 0), yes = 1;

	a.sin_family = AF_INET;
	a.sin_port = htons(53);
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
	if (bind(fd, (struct sockaddr *)&a, sizeof a) < 0 ||
	    (type == SOCK_STREAM && listen(fd, 8) < 0))
		return -1;
	return fd;
}

int
main(int argc, char **argv)
{
	struct pollfd p[3] = { { 0, POLLIN, 0 }, { 0, POLLIN, 0 }, { 1, 0, 0 } };

	p[0].fd = open_port(SOCK_DGRAM);
	p[1].fd = open_port(SOCK_STREAM);
	if (argc != 3 || p[0].fd < 0 || p[1].fd < 0)
		return 2;
	if (puts("ready") < 0 || fflush(stdout) < 0)
		return 2;
	alarm(600);
	while (poll(p, 3, -1) > 0 && !(p[2].revents & (POLLERR | POLLHUP))) {
		if (p[0].revents)
			serve(p[0].fd, argv + 1);
		if (p[1].revents)
			serve_tcp(p[1].fd, argv + 1);
	}
	return 0;
}

/* dns - a name server of one mind for the tests: every name has the same
 * answer, which depends on the type asked for.
 *
 * dns A AAAA: each is an address, or one of: none (no such data), missing (no
 * such name), servfail, refused, garbage, silent. Listens on UDP 127.0.0.1:53,
 * says "ready", and ends with the process that reads that. RFC 1035 4.1. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { HEADER = 12, TYPE_A = 1, TYPE_AAAA = 28, TTL = 60 };

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

static void
serve(int fd, char **what)
{
	unsigned char q[1024];
	struct sockaddr_in from;
	socklen_t size = sizeof from;
	ssize_t got = recvfrom(fd, q, 512, 0, (struct sockaddr *)&from, &size);
	size_t n = got > HEADER ? question(q, (size_t)got) : 0;
	int type;

	if (!n)
		return;
	type = q[n - 4] << 8 | q[n - 3];
	n = answer(q, n, type, type == TYPE_AAAA ? what[1] : what[0]);
	if (n)
		sendto(fd, q, n, 0, (struct sockaddr *)&from, size);
}

int
main(int argc, char **argv)
{
	struct sockaddr_in a = { 0 };
	struct pollfd p[2] = { { -1, POLLIN, 0 }, { 1, 0, 0 } };

	p[0].fd = socket(AF_INET, SOCK_DGRAM, 0);
	a.sin_family = AF_INET;
	a.sin_port = htons(53);
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (argc != 3 || bind(p[0].fd, (struct sockaddr *)&a, sizeof a) < 0)
		return 2;
	if (puts("ready") < 0 || fflush(stdout) < 0)
		return 2;
	alarm(600);
	while (poll(p, 2, -1) > 0 && !(p[1].revents & (POLLERR | POLLHUP)))
		serve(p[0].fd, argv + 1);
	return 0;
}

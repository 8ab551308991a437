/* cut - a proxy on loopback that cuts connections, each one byte later
 *
 * cut s|c FIRST PORT PORTFILE LOG
 * Connection k (from 0) to the server at PORT ends for both sides as soon as
 * FIRST + k bytes of the server (s) or of the client (c) have passed; with a
 * negative FIRST none is cut. One connection at a time, until TERM or half a
 * minute without one. LOG has a line for each: for each time that the client
 * spoke, SERVER/CLIENT, the bytes that had passed before. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SERVER, CLIENT, PATIENCE = 30000 };

struct side {
	int fd;
	long passed, limit;	/* bytes it said; no limit below 0 */
	int ended;
};

static void
die(const char *why)
{
	perror(why);
	exit(1);
}

static struct sockaddr_in
local(int port)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
	    .sin_port = htons((unsigned short)port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	return a;
}

static int
join(int port)
{
	struct sockaddr_in a = local(port);
	int one = 1, fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof a) < 0)
		die("cut: connect");
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	return fd;
}

/* What it says goes to the other, up to the limit; the rest is dropped. */
static void
pass(struct side *from, struct side *to)
{
	char block[4096];
	ssize_t n = read(from->fd, block, sizeof block);

	if (n <= 0) {
		from->ended = 1;
		shutdown(to->fd, SHUT_WR);
		return;
	}
	if (from->limit >= 0 && n > from->limit - from->passed)
		n = from->limit - from->passed;
	from->passed += n;
	if (n && write(to->fd, block, (size_t)n) != n)
		to->ended = 1;
}

static int
spent(const struct side *s)
{
	return s->limit >= 0 && s->passed == s->limit;
}

/* What was passed must arrive, so nothing is reset. */
static void
cut(struct side *s)
{
	s[SERVER].limit = s[SERVER].passed;
	s[CLIENT].limit = s[CLIENT].passed;
	shutdown(s[SERVER].fd, SHUT_WR);
	shutdown(s[CLIENT].fd, SHUT_WR);
}

static void
relay(struct side *s, FILE *log)
{
	struct pollfd p[2];
	int i;

	while (!s[SERVER].ended || !s[CLIENT].ended) {
		if (spent(&s[SERVER]) || spent(&s[CLIENT]))
			cut(s);
		for (i = 0; i < 2; i++) {
			p[i].fd = s[i].ended ? -1 : s[i].fd;
			p[i].events = POLLIN;
		}
		if (poll(p, 2, PATIENCE) <= 0)
			return;
		if (p[CLIENT].revents)
			fprintf(log, "%ld/%ld ", s[SERVER].passed,
			    s[CLIENT].passed);
		for (i = 0; i < 2; i++)
			if (p[i].revents)
				pass(&s[i], &s[!i]);
	}
}

int
main(int argc, char **argv)
{
	struct sockaddr_in a = local(0);
	socklen_t size = sizeof a;
	int one = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
	FILE *file = argc == 6 ? fopen(argv[4], "w") : NULL;
	FILE *log = file ? fopen(argv[5], "w") : NULL;
	struct pollfd p = { fd, POLLIN, 0 };
	long k;

	signal(SIGPIPE, SIG_IGN);
	if (!log || fd < 0 || bind(fd, (struct sockaddr *)&a, size) < 0 ||
	    listen(fd, 8) < 0 ||
	    getsockname(fd, (struct sockaddr *)&a, &size) < 0)
		die("cut: listen");
	fprintf(file, "%d\n", ntohs(a.sin_port));
	fclose(file);
	for (k = atol(argv[2]); poll(&p, 1, PATIENCE) > 0; k += k >= 0) {
		struct side s[2] = { { -1, 0, -1, 0 }, { -1, 0, -1, 0 } };

		s[CLIENT].fd = accept(fd, NULL, NULL);
		setsockopt(s[CLIENT].fd, IPPROTO_TCP, TCP_NODELAY, &one,
		    sizeof one);
		s[SERVER].fd = join(atoi(argv[3]));
		s[*argv[1] == 's' ? SERVER : CLIENT].limit = k;
		relay(s, log);
		fputc('\n', log);
		fflush(log);
		close(s[SERVER].fd);
		close(s[CLIENT].fd);
	}
	return 0;
}

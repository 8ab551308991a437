/* qmqpd - a QMQP server on loopback that answers what it is told to
 *
 * qmqpd [-b] [-e] [-o PREFIX] [-t SECONDS] PORTFILE ANSWER...
 *
 * Connection k gets answer k, the last answer repeats; connections are served
 * one after the other. An answer is sent as it stands, without a newline, when
 * the request's netstring is complete, and then the connection is closed; "-"
 * is silence until the client goes. -b sends byte by byte, -e sends and closes
 * before anything is read. Request k, as it came, is PREFIX.k. Ends at TERM or
 * after -t seconds (60). */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int early, bytewise;
static const char *prefix;

static void
die(const char *what)
{
	perror(what);
	exit(2);
}

static int
listen_to(const char *port_file)
{
	struct sockaddr_in a = { 0 };
	socklen_t n = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	FILE *f;

	a.sin_family = AF_INET;
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || bind(fd, (void *)&a, sizeof a) < 0 ||
	    listen(fd, 64) < 0 || getsockname(fd, (void *)&a, &n) < 0)
		die("listen");
	f = fopen(port_file, "w");
	if (!f || fprintf(f, "%d\n", ntohs(a.sin_port)) < 0 || fclose(f))
		die(port_file);
	return fd;
}

static void
answer(int fd, const char *text)
{
	size_t n = strlen(text), step = bytewise ? 1 : n, at;
	char unused[4096];

	for (at = 0; strcmp(text, "-") && at < n; at += step) {
		if (send(fd, text + at, step, MSG_NOSIGNAL) < 0)
			return;
		usleep(bytewise ? 2000 : 0);
	}
	if (!strcmp(text, "-"))
		while (read(fd, unused, sizeof unused) > 0)
			continue;
}

/* The bytes a request has in all, or 0 while its length is not known. */
static size_t
wanted(const char *p, size_t n)
{
	const char *colon = memchr(p, ':', n);

	return colon ? (size_t)(colon - p) + strtoul(p, NULL, 10) + 2 : 0;
}

/* Reads a request into a file. Its first bytes tell how long it is. */
static void
receive(int fd, unsigned number)
{
	char name[4096], block[65536];
	size_t got = 0, all = 0;
	ssize_t n;
	FILE *f;

	snprintf(name, sizeof name, "%s.%u", prefix, number);
	f = fopen(prefix ? name : "/dev/null", "w");
	if (!f)
		die(name);
	while ((!all || got < all) &&
	    (n = read(fd, block, sizeof block)) > 0) {
		if (!all)
			all = wanted(block, (size_t)n);
		got += (size_t)n;
		fwrite(block, 1, (size_t)n, f);
	}
	fclose(f);
}

int
main(int argc, char **argv)
{
	int c, fd, listener, one = 1;
	unsigned seconds = 60, number = 0;

	while ((c = getopt(argc, argv, "beo:t:")) != -1) {
		early |= c == 'e';
		bytewise |= c == 'b';
		if (c == 'o')
			prefix = optarg;
		else if (c == 't')
			seconds = (unsigned)atoi(optarg);
		else if (c == '?')
			return 2;
	}
	if (argc - optind < 2)
		return 2;
	alarm(seconds);
	listener = listen_to(argv[optind++]);
	while ((fd = accept(listener, NULL, NULL)) >= 0) {
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
		if (!early)
			receive(fd, ++number);
		answer(fd, argv[optind]);
		close(fd);
		if (argv[optind + 1])
			optind++;
	}
	return 1;
}

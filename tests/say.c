/* say - speak to a server on loopback line by line, for the tests of peer
 *
 * say [-6] PORT < LINES
 * Prints what comes back as it came, and at last a line EOF, RESET or TIMEOUT.
 * A line is sent with CRLF, but for these:
 *   <          wait for a whole reply            ~MS   wait
 *   "BYTES     send with \r \n \t \0 \\ decoded and no line end
 *   =N BYTE    send N times that byte            !     reset the connection
 *   /          no more output
 * Behind the last line the rest is read.  Nothing waits more than 10 seconds.
 */
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

static int fd;

static void
done(const char *how)
{
	printf("%s\n", how);
	exit(0);
}

/* The next byte from the server. */
static int
byte(void)
{
	static char b[65536];
	static ssize_t at, n;
	struct pollfd p = { .fd = fd, .events = POLLIN };

	if (at == n) {
		if (poll(&p, 1, 10000) <= 0)
			done("TIMEOUT");
		at = 0;
		n = recv(fd, b, sizeof b, 0);
		if (n <= 0)
			done(n ? "RESET" : "EOF");
	}
	return (unsigned char)b[at++];
}

/* Print what comes until a reply is over, or for whole = 0 to the end. */
static void
hear(int whole)
{
	char line[5] = "";
	size_t col = 0;
	int b;

	do {
		if (col == 0)
			memset(line, 0, sizeof line);
		b = byte();
		putchar(b);
		if (col < 4)
			line[col] = (char)b;
		col = b == '\n' ? 0 : col + 1;
	} while (!whole || b != '\n' || line[3] == '-');
	fflush(stdout);
}

static void
tell(const char *p, size_t n)
{
	ssize_t k;

	while (n && (k = send(fd, p, n, MSG_NOSIGNAL)) > 0) {
		p += k;
		n -= (size_t)k;
	}
}

static size_t
decode(char *s)
{
	static const char from[] = "rnt0\\", to[] = "\r\n\t\0\\";
	const char *e;
	char *d = s, *p;

	for (p = s; *p; p++) {
		e = *p == '\\' && p[1] ? strchr(from, p[1]) : NULL;
		*d++ = e ? to[e - from] : *p;
		p += e != NULL;
	}
	return (size_t)(d - s);
}

static void
line(char *s, size_t n)
{
	struct linger rst = { 1, 0 };
	char *end, many[4096];
	long k;

	if (!strcmp(s, "<")) {
		hear(1);
	} else if (*s == '~') {
		poll(NULL, 0, atoi(s + 1));
	} else if (*s == '"') {
		tell(s + 1, decode(s + 1));
	} else if (*s == '=') {
		k = strtol(s + 1, &end, 10);
		memset(many, end[1], sizeof many);
		for (; k > 0; k -= (long)sizeof many)
			tell(many, k < (long)sizeof many ? (size_t)k :
			    sizeof many);
	} else if (!strcmp(s, "!")) {
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &rst, sizeof rst);
		exit(0);
	} else if (!strcmp(s, "/")) {
		shutdown(fd, SHUT_WR);
	} else {
		memcpy(s + n, "\r\n", 2);
		tell(s, n + 2);
	}
}

int
main(int argc, char **argv)
{
	int one = 1, six = argc > 2 && !strcmp(argv[1], "-6");
	struct sockaddr_in6 a6 = { .sin6_family = AF_INET6,
	    .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	struct sockaddr_in a4 = { .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	char s[65536];
	size_t n;

	if (argc < 2)
		return 2;
	a4.sin_port = a6.sin6_port = htons((in_port_t)atoi(argv[argc - 1]));
	fd = socket(six ? AF_INET6 : AF_INET, SOCK_STREAM, 0);
	if (connect(fd, six ? (struct sockaddr *)&a6 : (struct sockaddr *)&a4,
	    six ? sizeof a6 : sizeof a4) < 0) {
		perror("say: connect");
		return 1;
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	while (fgets(s, sizeof s - 2, stdin)) {
		n = strcspn(s, "\n");
		s[n] = 0;
		line(s, n);
	}
	hear(0);
	return 0;
}

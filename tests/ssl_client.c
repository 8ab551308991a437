/* ssl_client - drives ssl.h over a socket, for tests/ssl.sh
 * usage: ssl_client [options] PORT [FIELD=VALUE...]
 *   -a ADDRESS   of the server (127.0.0.1)
 *   -n COUNT     sessions, one after the other, of one struct ssl
 *   -t MS        deadline of a session (10000)
 *   -s TEXT      sent once the session is ready
 *   -u BYTES     sent behind it, zeros
 *   -e TEXT      must come back, or
 *   -r BYTES     so many; then
 *   -f TEXT      is sent, and the server must close; without -f we close
 *   -b BYTES     lets the server's bytes through in pieces of this size
 *   -c FROM:TO[:STEP]
 *                a session for each number in between, cut after so many of
 *                the server's bytes: all must fail, and say why
 *   -x FROM:TO[:STEP]
 *                the same with a bit of that byte changed instead: none may
 *                end well, but some wait for more bytes until their deadline
 * FIELD is one of struct ssl_conf; flags want a value too. One line per
 * session tells how it ended: "closed", "failed: WHY", "late" or "short". */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "../ssl/ssl.h"

enum end { CLOSED, FAILED, LATE, SHORT };

static int port, timeout = 10000, count = 1;
static const char *address = "127.0.0.1";
static long upload, replies, piece, first = -1, last = -1, stride = 1;
static int flip;
static const char *text = "", *want = "", *final;

struct session {
	struct ssl *ssl;
	int fd;			/* ssl's socket */
	int server, relay;	/* with a relay in between, else -1 */
	long cut;		/* -1, or bytes the relay lets through */
	long flip;		/* -1, or the byte it changes */
	long passed;		/* by the relay */
	char held[4096];	/* from the server, not yet passed on */
	size_t held_n;
	size_t text_at, final_at;
	long uploaded;
	char got[65536];
	size_t got_n;
	long got_all;
	int closing;
};

static void
die(const char *what)
{
	perror(what);
	exit(3);
}

static long
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000L + t.tv_nsec / 1000000;
}

static int
dial(void)
{
	struct sockaddr_in to;
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	memset(&to, 0, sizeof to);
	to.sin_family = AF_INET;
	to.sin_port = htons((unsigned short)port);
	to.sin_addr.s_addr = inet_addr(address);
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) < 0)
		die("connect");
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	return fd;
}

static void
open_session(struct session *s)
{
	int pair[2];

	s->fd = dial();
	s->server = s->relay = -1;
	if (!piece && s->cut < 0 && s->flip < 0)
		return;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) < 0)
		die("socketpair");
	s->server = s->fd;
	s->fd = pair[0];
	s->relay = pair[1];
}

static void
close_session(struct session *s)
{
	close(s->fd);
	if (s->server >= 0)
		close(s->server);
	if (s->relay >= 0)
		close(s->relay);
}

/* Every other cut also refuses what the client still sends. */
static void
cut_off(struct session *s)
{
	close(s->server);
	s->server = -1;
	shutdown(s->relay, s->cut % 2 ? SHUT_RDWR : SHUT_WR);
	if (s->cut % 2) {
		close(s->relay);
		s->relay = -1;
	}
}

static void
pass_on(struct session *s)
{
	size_t n = s->held_n;

	if (piece && n > (size_t)piece)
		n = (size_t)piece;
	if (s->cut >= 0 && (long)n > s->cut - s->passed)
		n = (size_t)(s->cut - s->passed);
	if (s->flip >= s->passed && s->flip < s->passed + (long)n)
		s->held[s->flip - s->passed] ^= (char)(1 << s->flip % 8);
	if (n && write(s->relay, s->held, n) != (ssize_t)n)
		n = s->held_n;	/* the client is gone */
	memmove(s->held, s->held + n, s->held_n - n);
	s->held_n -= n;
	s->passed += (long)n;
	if (s->cut >= 0 && s->passed >= s->cut)
		cut_off(s);
}

static void
relay(struct session *s, const struct pollfd *p)
{
	char buf[20000];
	ssize_t n;

	if (p[1].revents) {
		n = read(s->server, s->held, sizeof s->held);
		s->held_n = n > 0 ? (size_t)n : 0;
		if (n == 0) {
			close(s->server);
			s->server = -1;
			shutdown(s->relay, SHUT_WR);
		}
	}
	if (p[2].revents) {
		n = read(s->relay, buf, sizeof buf);
		if (n > 0 && s->server >= 0)
			send(s->server, buf, (size_t)n, MSG_NOSIGNAL);
		if (n == 0) {
			close(s->relay);
			s->relay = -1;
		}
	}
	if (s->relay >= 0 && (s->held_n || s->cut == 0))
		pass_on(s);
}

static int
wait_and_relay(struct session *s, int events, long deadline)
{
	struct pollfd p[3];
	int wait = (int)(deadline - now());

	p[0].fd = s->fd;
	p[0].events = (short)events;
	p[1].fd = s->held_n ? -1 : s->server;
	p[2].fd = s->relay;
	p[1].events = p[2].events = POLLIN;
	p[0].revents = p[1].revents = p[2].revents = 0;
	if (s->relay >= 0 && (s->held_n || s->cut == 0))
		wait = 0;
	if (wait < 0 || poll(p, 3, wait) < 0)
		return 0;
	if (s->relay >= 0)
		relay(s, p);
	return p[0].revents;
}

static void
put(struct session *s, const char *what, size_t *at)
{
	size_t n = ssl_write(s->ssl, what + *at, strlen(what) - *at);

	*at += n;
}

/* Of a long answer only the last part is kept. */
static void
take(struct session *s)
{
	size_t n;

	while ((n = ssl_read(s->ssl, s->got + s->got_n,
	    sizeof s->got - 1 - s->got_n)) > 0) {
		s->got_all += (long)n;
		s->got_n += n;
		if (s->got_n == sizeof s->got - 1)
			s->got_n = 0;
	}
	s->got[s->got_n] = '\0';
}

static int
has_all(const struct session *s)
{
	return strstr(s->got, want) != NULL && s->got_all >= replies;
}

/* Writes and reads what can move. 1 when the dialogue is complete. */
static int
talk(struct session *s)
{
	static const char zeros[16384];
	size_t n;
	long left = upload - s->uploaded;

	put(s, text, &s->text_at);
	while (left > 0 && s->text_at == strlen(text)) {
		n = left < 16384 ? (size_t)left : sizeof zeros;
		n = ssl_write(s->ssl, zeros, n);
		if (!n)
			break;
		s->uploaded += (long)n;
		left -= (long)n;
	}
	take(s);
	if (s->text_at == strlen(text) && !left && has_all(s)) {
		if (!final)
			return 1;
		put(s, final, &s->final_at);
	}
	ssl_flush(s->ssl);
	return 0;
}

/* As lib/io does it: whatever moved, one more step tells what to wait for. */
static int
step(struct session *s, int revents)
{
	int events = ssl_step(s->ssl, s->fd, revents);

	if (events <= 0 || !ssl_ready(s->ssl))
		return events;
	if (!s->closing && talk(s)) {
		ssl_close(s->ssl);
		s->closing = 1;
	}
	return ssl_step(s->ssl, s->fd, 0);
}

static enum end
run(struct session *s)
{
	long deadline = now() + timeout;
	int events, revents = 0;

	while ((events = step(s, revents)) > 0) {
		if (now() > deadline)
			return LATE;
		revents = wait_and_relay(s, events, deadline);
	}
	if (events < 0)
		return FAILED;
	return has_all(s) && ssl_ready(s->ssl) ? CLOSED : SHORT;
}

static enum end
session(struct ssl *ssl, long at, long *passed)
{
	static struct session s;
	enum end end = FAILED;

	memset(&s, 0, sizeof s);
	s.ssl = ssl;
	s.cut = flip ? -1 : at;
	s.flip = flip ? at : -1;
	open_session(&s);
	if (ssl_start(ssl) == 0)
		end = run(&s);
	close_session(&s);
	*passed = s.passed;
	return end;
}

static void
tell(const struct ssl *ssl, enum end end, long passed)
{
	static const char *const name[] = {
		"closed", "failed: ", "late", "short"
	};
	const char *note = ssl_note(ssl);

	printf("%s%s", name[end], end == FAILED ? ssl_why(ssl) : "");
	if (passed)
		printf(" (%ld bytes)", passed);
	printf("%s%s\n", *note ? " note: " : "", note);
}

static int
spoil_all(struct ssl *ssl)
{
	long at, passed, wrong = 0;
	enum end end;

	for (at = first; at <= last; at += stride) {
		end = session(ssl, at, &passed);
		if ((end == FAILED && strlen(ssl_why(ssl)) > 20)
		    || (end == LATE && flip))
			continue;
		wrong++;
		printf("byte %ld: ", at);
		tell(ssl, end, passed);
	}
	printf("%ld bytes, %ld wrong\n", (last - first) / stride + 1, wrong);
	return wrong != 0;
}

static int
run_all(struct ssl *ssl)
{
	struct rusage before, after;
	long passed, us;
	enum end end;
	int i, bad = 0;

	getrusage(RUSAGE_SELF, &before);
	for (i = 0; i < count; i++) {
		end = session(ssl, -1, &passed);
		bad |= end != CLOSED;
		if (i == 0 || end != CLOSED)
			tell(ssl, end, passed);
	}
	getrusage(RUSAGE_SELF, &after);
	us = (after.ru_utime.tv_sec - before.ru_utime.tv_sec
	    + after.ru_stime.tv_sec - before.ru_stime.tv_sec) * 1000000L
	    + after.ru_utime.tv_usec - before.ru_utime.tv_usec
	    + after.ru_stime.tv_usec - before.ru_stime.tv_usec;
	if (count > 1 || upload)
		printf("%ld us of CPU per session, %ld kB\n", us / count,
		    after.ru_maxrss);
	return bad;
}

static void
field(struct ssl_conf *c, char *arg)
{
	char *value = strchr(arg, '=');
	struct {
		const char *name, **to;
	} strings[] = {
		{ "host", &c->host }, { "cafile", &c->cafile },
		{ "crlfile", &c->crlfile }, { "certfile", &c->certfile },
		{ "keyfile", &c->keyfile }, { "pin", &c->pin },
	};
	struct {
		const char *name;
		int *to;
	} flags[] = {
		{ "insecure", &c->insecure }, { "anon", &c->anon },
		{ "tls10", &c->tls10 }, { "tls_max12", &c->tls_max12 },
	};
	size_t i;

	if (value)
		*value++ = '\0';
	for (i = 0; value && i < sizeof strings / sizeof strings[0]; i++)
		if (strcmp(strings[i].name, arg) == 0)
			*strings[i].to = value;
	for (i = 0; value && i < sizeof flags / sizeof flags[0]; i++)
		if (strcmp(flags[i].name, arg) == 0)
			*flags[i].to = atoi(value);
}

static void
option(int c)
{
	switch (c) {
	case 'a': address = optarg; break;
	case 'n': count = atoi(optarg); break;
	case 't': timeout = atoi(optarg); break;
	case 's': text = optarg; break;
	case 'e': want = optarg; break;
	case 'f': final = optarg; break;
	case 'u': upload = atol(optarg); break;
	case 'r': replies = atol(optarg); break;
	case 'b': piece = atol(optarg); break;
	case 'x':
		flip = 1;
		/* fall through */
	case 'c':
		if (sscanf(optarg, "%ld:%ld:%ld", &first, &last, &stride) >= 2
		    && stride > 0)
			break;
		exit(2);
	default:
		exit(2);
	}
}

int
main(int argc, char **argv)
{
	struct ssl_conf conf;
	struct ssl *ssl;
	char why[512];
	int c, rc;

	while ((c = getopt(argc, argv, "a:n:t:s:e:f:u:r:b:c:x:")) != -1)
		option(c);
	if (optind == argc)
		return 2;
	port = atoi(argv[optind++]);
	memset(&conf, 0, sizeof conf);
	conf.host = "localhost";
	while (optind < argc)
		field(&conf, argv[optind++]);
	ssl = ssl_new(&conf, why, sizeof why);
	if (!ssl) {
		printf("refused: %s\n", why);
		return 3;
	}
	rc = first >= 0 ? spoil_all(ssl) : run_all(ssl);
	ssl_free(ssl);
	return rc;
}

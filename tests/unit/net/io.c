/* io - lines in, bytes out, deadlines, and peers that go away. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../../lib/base/buf.h"
#include "../../../lib/base/clock.h"
#include "../../../lib/net/io.h"
#include "../t.h"

static struct io io;
static int far;
static struct str line;

static void
begin(void)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		exit(1);
	io_init(&io, pair[0]);
	io_deadline(&io, 5000);
	far = pair[1];
}

static int
say(struct str s)
{
	return write(far, s.p, s.n) == (ssize_t)s.n;
}

static int
is_line(int rc, struct str want)
{
	line = STR("?");
	return io_line(&io, &line) == rc && (rc < 0 || str_eq(line, want));
}

static void
lines(void)
{
	begin();
	T(io_unread(&io) == 0);
	T(say(STR("one\r\ntwo\n\r\n\nfour\r\r\nfi\rve\nni\0ne\n")));
	T(is_line(1, STR("one")) && io_unread(&io) > 0);
	T(is_line(1, STR("two")));
	T(is_line(1, STR("")) && is_line(1, STR("")));
	T(is_line(1, STR("four\r")));
	T(is_line(1, STR("fi\rve")));
	T(is_line(1, STR("ni\0ne")));
	T(io_unread(&io) == 0);
	T(say(STR("half")));
	close(far);
	T(is_line(-1, STR("")) && io.state == IO_EOF);
	T(!strcmp(io_why(&io), "Connection closed by server"));
	T(is_line(-1, STR("")) && io_put(&io, STR("x")) == -1);
	io_close(&io);
	T(io.fd == -1);
	io_close(&io);
}

static void
long_lines(void)
{
	static char text[sizeof io.in + 100];

	memset(text, 'x', sizeof text);
	begin();
	T(say((struct str){ text, sizeof io.in - 1 }) && say(STR("\n")));
	T(is_line(1, (struct str){ text, sizeof io.in - 1 }));
	T(say((struct str){ text, sizeof text }) && say(STR("\nnext\n")));
	T(is_line(2, (struct str){ text, sizeof io.in }));
	T(is_line(1, (struct str){ text, 100 }));
	T(is_line(1, STR("next")));
	io_close(&io);
	close(far);
}

static void
deadlines(void)
{
	long long begun = clock_ms();

	begin();
	io_deadline(&io, 100);
	T(is_line(-1, STR("")) && io.state == IO_TIMEOUT);
	T(clock_ms() - begun >= 100 && clock_ms() - begun < 2000);
	T(!strcmp(io_why(&io), "Timed out waiting for server"));
	io_close(&io);
	close(far);
	begin();
	begun = clock_ms();
	io.limit = clock_in(100);
	io_deadline(&io, 60000);
	T(is_line(-1, STR("")) && io.state == IO_TIMEOUT);
	T(clock_ms() - begun < 2000);
	io_close(&io);
	close(far);
}

/* A peer that does not read must not hold us beyond the deadline. */
static void
stuck(void)
{
	static char block[65536];
	long long begun = clock_ms();
	int rc = 0, i;

	begin();
	io_deadline(&io, 200);
	for (i = 0; i < 1000 && rc == 0; i++)
		rc = io_put(&io, (struct str){ block, sizeof block });
	T(rc == -1 && io.state == IO_TIMEOUT && i < 100);
	T(clock_ms() - begun < 2000);
	T(io.sent < io.put);
	io_close(&io);
	close(far);
}

/* Nothing is waiting to be sent twice, and what was put is counted. */
static void
sending(void)
{
	char got[16];

	begin();
	T(io_put(&io, STR("abc")) == 0 && io_put(&io, STR("")) == 0);
	T(io.put == 3 && io.sent == 0);
	T(recv(far, got, sizeof got, MSG_DONTWAIT) < 0);
	T(io_flush(&io) == 0 && io.sent == 3);
	T(recv(far, got, sizeof got, MSG_DONTWAIT) == 3);
	T(io_put(&io, STR("de")) == 0 && say(STR("ok\n")));
	T(is_line(1, STR("ok")));
	T(io_flush(&io) == 0);
	T(recv(far, got, sizeof got, MSG_DONTWAIT) == 2);
	close(far);
	T(io_put(&io, STR("f")) == 0 && io_flush(&io) == -1);
	T(io.state == IO_OPEN && io_put(&io, STR("g")) == -1);
	T(is_line(-1, STR("")) && io.state == IO_EOF && io.sent == 5);
	io_close(&io);
}

/* A server that says something and closes hard, with our words unread. */
static void
server(int listening, struct str words)
{
	int fd = accept(listening, NULL, NULL);
	char byte;

	if (recv(fd, &byte, 1, MSG_PEEK) != 1 ||
	    write(fd, words.p, words.n) != (ssize_t)words.n)
		_exit(1);
	_exit(0);
}

static void
reset(void)
{
	struct sockaddr_in a = { 0 };
	socklen_t n = sizeof a;
	int listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), fd, i;
	pid_t pid;

	a.sin_family = AF_INET;
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	T(bind(listening, (struct sockaddr *)&a, n) == 0 &&
	    listen(listening, 1) == 0 &&
	    getsockname(listening, (struct sockaddr *)&a, &n) == 0);
	pid = fork();
	if (pid == 0)
		server(listening, STR("250 one\r\n250 two\r\n421 bye\r\n"));
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	T(connect(fd, (struct sockaddr *)&a, sizeof a) == 0);
	io_init(&io, fd);
	io_deadline(&io, 5000);
	T(io_put(&io, STR("what is never read")) == 0 && io_flush(&io) == 0);
	T(waitpid(pid, NULL, 0) == pid);
	for (i = 0; i < 100 && io_put(&io, STR("x")) == 0 &&
	    io_flush(&io) == 0; i++)
		usleep(1000);
	T(i < 100 && io.mute);
	T(is_line(1, STR("250 one")) && is_line(1, STR("250 two")));
	T(is_line(1, STR("421 bye")) && is_line(-1, STR("")));
	T(io.state != IO_OPEN && io.state != IO_TIMEOUT);
	io_close(&io);
	close(listening);
}

static void
muted(void)
{
	char got[16];

	begin();
	T(io_put(&io, STR("abc")) == 0);
	io_mute(&io);
	T(recv(far, got, sizeof got, MSG_DONTWAIT) == 3 && io.sent == 3);
	T(io_put(&io, STR("de")) == -1 && io_flush(&io) == -1);
	T(say(STR("ok\n")) && is_line(1, STR("ok")));
	io_close(&io);
	T(recv(far, got, sizeof got, MSG_DONTWAIT) == 0);
	close(far);
}

/* The other side answers each line at once and never reads on before its
 * answer is taken: we must hear while we speak. */
static void
talker(size_t total)
{
	char in[4096];
	size_t got = 0, said = 0;
	ssize_t n;

	while (got < total && (n = read(far, in, sizeof in)) > 0) {
		got += (size_t)n;
		for (; said < got / 100; said++)
			if (!say(STR("0123456789\n")))
				_exit(1);
	}
	_exit(got == total ? 0 : 2);
}

static void
both_ways(void)
{
	enum { TOTAL = 140000 };
	static char block[TOTAL];
	int heard = 0, status = -1;
	pid_t pid;

	begin();
	memset(block, 'x', sizeof block);
	setsockopt(far, SOL_SOCKET, SO_SNDBUF, &(int){ 1 }, sizeof(int));
	pid = fork();
	if (pid == 0)
		talker(TOTAL);
	T(io_put(&io, (struct str){ block, TOTAL }) == 0);
	while (heard < TOTAL / 100 && is_line(1, STR("0123456789")))
		heard++;
	T(heard == TOTAL / 100);
	T(waitpid(pid, &status, 0) == pid && status == 0);
	io_close(&io);
	close(far);
}

static void
tls(void)
{
	begin();
	T(say(STR("220 go\r\n250 injected\r\n")) && is_line(1, STR("220 go")));
	T(io_tls(&io, NULL) == -1 && io.state == IO_ERROR);
	T(!strcmp(io_why(&io), "Server sent data before TLS began"));
	io_close(&io);
	close(far);
}

int
main(void)
{
	signal(SIGPIPE, SIG_IGN);
	lines();
	long_lines();
	deadlines();
	stuck();
	sending();
	reset();
	muted();
	both_ways();
	tls();
	return T_END();
}

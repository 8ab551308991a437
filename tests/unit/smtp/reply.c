/* reply - every row of tests/data/replies.txt, and replies without measure. */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../../lib/net/io.h"
#include "../../../lib/smtp/reply.h"
#include "../t.h"

static struct io io;
static struct reply reply;

static int
hex(char c)
{
	return c >= 'a' ? c - 'a' + 10 : c - '0';
}

static void
unescape(struct str s, struct buf *out)
{
	static const char names[] = "rnt\\", bytes[] = "\r\n\t\\";
	const char *at;
	size_t i;

	buf_clear(out);
	for (i = 0; i < s.n; i++) {
		if (s.p[i] != '\\' || i + 1 >= s.n) {
			buf_addc(out, s.p[i]);
		} else if (s.p[++i] == 'x' && i + 2 < s.n) {
			buf_addc(out, (char)(hex(s.p[i + 1]) * 16 +
			    hex(s.p[i + 2])));
			i += 2;
		} else if ((at = strchr(names, s.p[i])) != NULL) {
			buf_addc(out, bytes[at - names]);
		}
	}
}

/* Writes in pieces of step bytes, as the server, in a process of its own. */
static pid_t
serve(struct str said, size_t step, const int pair[2])
{
	pid_t pid = fork();
	struct str piece;

	if (pid != 0)
		return pid;
	close(pair[0]);
	signal(SIGPIPE, SIG_DFL);
	for (; said.n; said = str_skip(said, piece.n)) {
		piece = str_head(said, step);
		if (write(pair[1], piece.p, piece.n) != (ssize_t)piece.n)
			_exit(1);
	}
	_exit(0);
}

/* The code, -1 for a malformed reply, -2 for a lost connection. */
static int
hear(struct str said, size_t step)
{
	int pair[2], rc, result;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return 0;
	pid = serve(said, step, pair);
	close(pair[1]);
	io_init(&io, pair[0]);
	io_deadline(&io, 10000);
	rc = reply_read(&reply, &io);
	result = rc == 0 ? reply.code : io.state == IO_OPEN ? -1 : -2;
	if (rc < 0 && reply.code)
		result = -3;
	io_close(&io);
	waitpid(pid, NULL, 0);
	return result;
}

static int
wanted(struct str word)
{
	unsigned long code = 0;

	if (str_eq(word, STR("malformed")))
		return -1;
	if (str_eq(word, STR("lost")))
		return -2;
	str_number(word, 999, &code);
	return (int)code;
}

static int
row(struct str line)
{
	struct buf said = { 0 };
	size_t bar = str_rfind(line, '|');
	struct str bytes = str_head(line, bar);
	int want = wanted(str_trim(str_skip(line, bar + 1))), all, single;

	bytes.n -= bytes.n > 0;
	unescape(bytes, &said);
	all = hear(buf_str(&said), said.n + 1);
	single = hear(buf_str(&said), 1);
	buf_free(&said);
	if (all == want && single == want)
		return 1;
	printf("# %.*s: got %d, byte by byte %d, want %d\n", (int)line.n,
	    line.p, all, single, want);
	return 0;
}

static int
table(void)
{
	static char text[65536];
	int fd = open("tests/data/replies.txt", O_RDONLY), good = 1, rows = 0;
	struct str rest = { text, 0 }, line;
	ssize_t n = read(fd, text, sizeof text);

	close(fd);
	rest.n = n > 0 ? (size_t)n : 0;
	while (rest.n) {
		line = str_cut(&rest, '\n');
		if (!line.n || line.p[0] == '#')
			continue;
		good &= row(line);
		rows++;
	}
	return good && rows > 50;
}

static struct str
many(struct buf *b, struct str line, size_t size, struct str last)
{
	buf_clear(b);
	while (b->n < size)
		buf_add(b, line);
	buf_add(b, last);
	return buf_str(b);
}

static void
large(void)
{
	struct buf b = { 0 };

	T(hear(many(&b, STR("250-0123456789\r\n"), 200000, STR("250 x\r\n")),
	    9999) == 250);
	T(reply.text.n <= REPLY_KEEP && reply.size >= 200000);
	T(str_starts(buf_str(&reply.text), STR("250-0123456789\n250-")));
	T(hear(many(&b, STR("250-0123456789\r\n"), 1000000,
	    STR("250 x\r\n")), 65536) == 250);
	T(hear(many(&b, STR("250-0123456789\r\n"), REPLY_MAX,
	    STR("250 x\r\n")), 65536) == -1);
	buf_clear(&b);
	buf_add(&b, STR("250 "));
	while (b.n < 100000)
		buf_add(&b, STR("long "));
	buf_add(&b, STR("\r\n"));
	T(hear(buf_str(&b), 4096) == 250);
	T(reply.text.n <= REPLY_KEEP);
	b.n -= 2;
	while (b.n < REPLY_MAX + 16384)
		buf_add(&b, STR("without end "));
	T(hear(buf_str(&b), 65536) == -1);
	buf_free(&b);
}

static void
lines(void)
{
	reply.code = 0;
	reply.size = 0;
	buf_clear(&reply.text);
	T(reply_line(&reply, STR("250-a")) == 0);
	T(reply_line(&reply, STR("250 b")) == 1);
	T(reply.code == 250 && reply_class(&reply) == 2);
	T(str_eq(buf_str(&reply.text), STR("250-a\n250 b")));
	T(reply_line(&reply, STR("251 b")) == -1 && reply.code == 0);
}

int
main(void)
{
	signal(SIGPIPE, SIG_IGN);
	T(table());
	lines();
	large();
	reply_free(&reply);
	T(reply.text.p == NULL);
	return T_END();
}

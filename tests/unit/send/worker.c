/* worker - packets to and from a session in a child process. */
#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../../lib/base/buf.h"
#include "../../../lib/base/clock.h"
#include "../../../lib/base/err.h"
#include "../../../lib/smtp/remote.h"
#include "../../../lib/send/worker.h"
#include "../t.h"

static struct worker_packet p;

/* A queue file; its folder entry is gone at once. */
static int
message(struct str text)
{
	char name[] = "/tmp/worker.XXXXXX";
	int fd = mkstemp(name);

	unlink(name);
	if (write(fd, text.p, text.n) != (ssize_t)text.n)
		exit(1);
	return fd;
}

static struct worker_setup setup;

static pid_t
start(const char *line, int port, int *fd)
{
	struct remotes r;
	struct buf text = { 0 };
	pid_t pid;

	buf_fmt(&text, "%s port=%d", line, port);
	remotes_parse(&r, buf_str(&text));
	setup.remotes = &r;
	setup.remote = &r.list[0];
	setup.helo = "h";
	setup.seconds = 5;
	pid = worker_start(&setup, fd);
	remotes_free(&r);
	buf_free(&text);
	return pid;
}

/* The next packet within five seconds. */
static int
hear(int fd)
{
	struct pollfd wait = { fd, POLLIN, 0 };

	return poll(&wait, 1, 5000) == 1 ? worker_packet(fd, &p) : -2;
}

static int
is(enum worker_kind kind, unsigned long id, int code, enum stage stage,
    const char *text)
{
	int ok = p.kind == kind && p.id == id && p.code == code &&
	    p.stage == stage &&
	    str_starts((struct str){ p.text, p.n }, str_of(text));

	if (!ok)
		printf("# kind %d id %lu code %d stage %d: %.*s\n", p.kind,
		    p.id, p.code, p.stage, (int)p.n, p.text);
	return ok;
}

static int
exit_of(pid_t pid)
{
	int status = -1;

	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* A form feed is a pause. */
static void
say(int client, const char *words)
{
	size_t n;

	for (; *words; words += n + (words[n] == '\f')) {
		n = strcspn(words, "\f");
		if (write(client, words, n) < 0)
			_exit(1);
		usleep(words[n] ? 300000 : 0);
	}
}

/* A server that says all it has to say at once, to one client. */
static pid_t
serve(const char *words, int *port)
{
	struct sockaddr_in a = { 0 };
	socklen_t n = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), client;
	char rest[4096];
	pid_t pid;

	a.sin_family = AF_INET;
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(fd, (struct sockaddr *)&a, n) < 0 || listen(fd, 5) < 0 ||
	    getsockname(fd, (struct sockaddr *)&a, &n) < 0)
		exit(1);
	*port = ntohs(a.sin_port);
	pid = fork();
	if (pid == 0) {
		alarm(10);
		client = accept(fd, NULL, NULL);
		say(client, words);
		while (read(client, rest, sizeof rest) > 0)
			continue;
		_exit(0);
	}
	close(fd);
	return pid;
}

static int
ends(enum fault fault, int code, enum stage stage, const char *text)
{
	return is(WORKER_END, 0, code, stage, text) && p.fault == fault;
}

static void
useless(void)
{
	int fd, mail = message(STR("\na@x.y\n\ntext\n"));
	pid_t pid = start("127.0.0.1 smtp", 1, &fd);

	T(pid > 0 && worker_packet(fd, &p) == 0);
	T(worker_give(fd, 7, 0, mail) == 0);
	T(hear(fd) == 1 && ends(FAULT_ADDRESS, ERR_REFUSED, STAGE_connect,
	    "Connect failed: Connection refused (127.0.0.1 port 1)"));
	T(p.last == 1 && p.answered == 0);
	T(hear(fd) == -1 && exit_of(pid) == ERR_REFUSED);
	T(worker_give(fd, 8, 0, mail) == -1);
	close(fd);
	pid = start("127.0.0.1 smtp what=x", 1, &fd);
	T(hear(fd) == 1 && ends(FAULT_REMOTE, ERR_USAGE, STAGE_options, ""));
	T(hear(fd) == -1 && exit_of(pid) == ERR_USAGE);
	close(fd);
	close(mail);
}

/* What belongs to us must not be seen by whoever takes the worker over. */
static int
descriptors(pid_t pid)
{
	char path[64];
	struct dirent *entry;
	DIR *d;
	int n = 0;

	snprintf(path, sizeof path, "/proc/%d/fd", (int)pid);
	d = opendir(path);
	while (d && (entry = readdir(d)) != NULL)
		n += entry->d_name[0] != '.' && atoi(entry->d_name) > 3;
	if (d)
		closedir(d);
	return d ? n : -1;
}

/* Mode of an open file, without its kind. */
static unsigned
mode_of(int file)
{
	struct stat st;

	return fstat(file, &st) < 0 ? 0 : st.st_mode & 07777;
}

static void
delivers(void)
{
	int fd, port = 0, first = message(STR("\na@x.y\nb@x.y\n\ntext\n")),
	    second = message(STR("\na@x.y\n\ntext\n")),
	    third = message(STR("\na@x.y\n\ntext\n"));
	pid_t server = serve("220 hi\n250 hi\n250 from\n250 to\n550 no b\n"
	    "354 go\n250 taken\n250 from\n450 4.2.0 not now\n503 no\n"
	    "250 reset\n250 from\n250 to\n354 go\n250 taken too\n", &port),
	    pid;

	setup.carried.at_once = 40;
	pid = start("127.0.0.1 smtp", port, &fd);
	setup.carried.at_once = 0;
	usleep(100000);
	T(descriptors(pid) == 0);
	T(worker_give(fd, 7, 0, first) == 0);
	T(worker_give(fd, 9, 0, second) == 0);
	T(hear(fd) == 1 && is(WORKER_PEER, 0, 0, STAGE_connect, "127.0.0.1"));
	T(hear(fd) == 1 && is(WORKER_READY, 0, 0, 0, "") && p.index == 1);
	T(hear(fd) == 1 && is(WORKER_RECIPIENT, 7, ERR_MSG_PERM, STAGE_rcpt,
	    "550 no b") && p.index == 1);
	T(p.fault == FAULT_RECIPIENT && p.reply == 550 && !p.unanswered);
	T(hear(fd) == 1 && is(WORKER_MESSAGE, 7, 0, STAGE_dot, "250 taken"));
	T(p.fault == FAULT_NONE && p.reply == 250 && p.carried.at_once == 40);
	T(hear(fd) == 1 && is(WORKER_RECIPIENT, 9, ERR_MSG_TEMP, STAGE_rcpt,
	    "450 4.2.0 not now") && p.index == 0);
	T(hear(fd) == 1 && p.kind == WORKER_MESSAGE && p.id == 9 &&
	    p.code == ERR_MSG_TEMP && p.fault == FAULT_RECIPIENT);
	T(worker_give(fd, 8, 0, third) == 0);
	T(hear(fd) == 1 && is(WORKER_MESSAGE, 8, 0, STAGE_dot, "250 taken"));
	T(worker_packet(fd, &p) == 0);
	T(mode_of(first) == 0600 && mode_of(second) == 0600 &&
	    mode_of(third) == 01000);
	T(shutdown(fd, SHUT_WR) == 0);
	T(hear(fd) == -1 && exit_of(pid) == 0 && exit_of(server) == 0);
	close(first);
	close(second);
	close(third);
	close(fd);
}

/* What is on its way when the sender dies is marked as it is taken. */
static void
outlives_sender(void)
{
	int fd, port = 0, first = message(STR("\na@x.y\n\ntext\n")),
	    second = message(STR("\na@x.y\n\ntext\n"));
	pid_t server = serve("220 hi\n250-hi\n250-PIPELINING\n250 CHUNKING\n"
	    "\f250 from\n250 to\n250 chunk\n250 reset\n"
	    "\f250 from\n250 to\n250 chunk\n250 reset\n", &port), pid;

	pid = start("127.0.0.1 smtp", port, &fd);
	T(worker_give(fd, 1, 0, first) == 0);
	T(worker_give(fd, 2, 0, second) == 0);
	worker_go(fd);
	T(hear(fd) == 1 && hear(fd) == 1 && p.kind == WORKER_READY);
	close(fd);
	exit_of(pid);
	T(mode_of(first) == 01000 && mode_of(second) == 01000);
	close(first);
	close(second);
	T(exit_of(server) == 0);
}

/* Recipients of other lines are none of its business: they are not counted, and
 * a file that names them is not marked. */
static void
in_parts(void)
{
	int fd, port = 0, mail = message(STR("\nb@z\na@x.y\nc@x.y\n\ntext\n")),
	    all = message(STR("\na@x.y\n\ntext\n")), part =
	    message(STR("\nb@z\na@x.y\n\ntext\n"));
	pid_t server = serve("220 hi\n250 hi\n250 from\n550 5.1.1 no\n250 to\n"
	    "354 go\n250 taken\n250 from\n250 to\n354 go\n250 taken\n"
	    "250 from\n250 to\n354 go\n250 taken\n", &port), pid;

	pid = start("127.0.0.1 smtp if-to=@X.y if-from=<>", port, &fd);
	T(worker_give(fd, 1, 0, mail) == 0);
	T(worker_give(fd, 2, 0, part) == 0);
	T(worker_give(fd, 3, 0, all) == 0);
	worker_go(fd);
	T(hear(fd) == 1 && hear(fd) == 1 && p.kind == WORKER_READY);
	T(hear(fd) == 1 && is(WORKER_RECIPIENT, 1, ERR_MSG_PERM, STAGE_rcpt,
	    "550 5.1.1 no") && p.index == 0);
	T(hear(fd) == 1 && is(WORKER_MESSAGE, 1, 0, STAGE_dot, "250"));
	T(hear(fd) == 1 && is(WORKER_MESSAGE, 2, 0, STAGE_dot, "250"));
	T(hear(fd) == 1 && is(WORKER_MESSAGE, 3, 0, STAGE_dot, "250"));
	T(mode_of(part) != 01000 && mode_of(all) == 01000);
	close(fd);
	exit_of(pid);
	close(mail);
	close(part);
	close(all);
	T(exit_of(server) == 0);
}

/* It has one connection, and says how that ended. */
static void
ends_with_it(void)
{
	int fd, port = 0, mail = message(STR("\na@x.y\n\ntext\n"));
	pid_t server = serve("220 hi\n250 hi\n250 from\n250 to\n354 go\n"
	    "250 taken\n421 4.7.0 enough\n", &port), pid;

	pid = start("127.0.0.1 smtp", port, &fd);
	T(worker_give(fd, 1, 0, mail) == 0);
	T(worker_give(fd, 2, 0, mail) == 0);
	T(hear(fd) == 1 && hear(fd) == 1 && p.kind == WORKER_READY);
	T(hear(fd) == 1 && is(WORKER_MESSAGE, 1, 0, STAGE_dot, "250"));
	T(hear(fd) == 1 && ends(FAULT_END, ERR_MSG_TEMP, STAGE_mail,
	    "421 4.7.0 enough"));
	T(p.answered == 1 && p.reply == 421);
	T(hear(fd) == -1 && exit_of(pid) == ERR_MSG_TEMP);
	close(fd);
	T(exit_of(server) == 0);
	server = serve("220 hi\n250 hi\n250 from\n421 4.7.0 no\n", &port);
	pid = start("127.0.0.1 smtp", port, &fd);
	T(worker_give(fd, 1, 0, mail) == 0);
	T(worker_give(fd, 2, 0, mail) == 0);
	T(hear(fd) == 1 && hear(fd) == 1 && p.kind == WORKER_READY);
	T(hear(fd) == 1 && is(WORKER_MESSAGE, 1, ERR_MSG_TEMP, STAGE_rcpt,
	    "421") && p.fault == FAULT_CONNECTION && !p.unanswered);
	T(hear(fd) == 1 && ends(FAULT_CONNECTION, ERR_MSG_TEMP, STAGE_rcpt,
	    "421 4.7.0 no") && p.answered == 0);
	T(hear(fd) == -1 && exit_of(pid) == ERR_MSG_TEMP);
	close(fd);
	close(mail);
	T(exit_of(server) == 0);
}

/* What happens before it is let in is the address's. */
static void
not_let_in(void)
{
	int fd, port = 0, mail = message(STR("\na@x.y\n\ntext\n"));
	pid_t server = serve("", &port), pid;
	long long begun = clock_ms();

	setup.open_by = clock_in(300);
	pid = start("127.0.0.1 smtp", port, &fd);
	setup.open_by = 0;
	T(worker_give(fd, 1, 0, mail) == 0);
	T(hear(fd) == 1 && is(WORKER_PEER, 0, 0, STAGE_connect, "127.0.0.1 "));
	T(hear(fd) == 1 && p.kind == WORKER_NOTE);
	T(hear(fd) == 1 && ends(FAULT_ADDRESS, ERR_TIMED_OUT, STAGE_greeting,
	    "Timed out") && p.last == 1 && p.answered == 0);
	T(clock_ms() - begun >= 300 && exit_of(pid) == ERR_TIMED_OUT);
	close(fd);
	T(exit_of(server) == 0);
	server = serve("554 5.3.2 no\n", &port);
	setup.tried = STR("::1\n");
	pid = start("localhost smtp", port, &fd);
	setup.tried = STR("");
	T(worker_give(fd, 1, 0, mail) == 0);
	T(hear(fd) == 1 && is(WORKER_PEER, 0, 0, STAGE_connect, "127.0.0.1 "));
	T(hear(fd) == 1 && ends(FAULT_ADDRESS, ERR_MSG_TEMP, STAGE_greeting,
	    "554 5.3.2 no") && p.last == 1 && p.reply == 554);
	T(exit_of(pid) == ERR_MSG_TEMP);
	close(fd);
	close(mail);
	T(exit_of(server) == 0);
}

/* No more messages than it may send over one connection. */
static void
limited(void)
{
	int fd, port = 0, mail = message(STR("\na@x.y\n\ntext\n"));
	pid_t server = serve("220 hi\n250 hi\n250 from\n250 to\n354 go\n"
	    "250 taken\n221 bye\n", &port), pid;

	setup.messages = 1;
	pid = start("127.0.0.1 smtp", port, &fd);
	setup.messages = 0;
	T(worker_give(fd, 1, 0, mail) == 0);
	T(worker_give(fd, 2, 0, mail) == 0);
	T(hear(fd) == 1 && hear(fd) == 1 && p.kind == WORKER_READY);
	T(hear(fd) == 1 && is(WORKER_MESSAGE, 1, 0, STAGE_dot, "250"));
	T(hear(fd) == 1 && ends(FAULT_END, 0, STAGE_session, ""));
	T(p.answered == 1 && hear(fd) == -1 && exit_of(pid) == 0);
	close(fd);
	close(mail);
	T(exit_of(server) == 0);
}

/* An order whose descriptor was lost on the way. */
static void
without_file(void)
{
	struct worker_order order = { WORKER_TAKE, 5, 0 };
	int fd;
	pid_t pid = start("127.0.0.1 smtp", 1, &fd);

	T(send(fd, &order, sizeof order, 0) == sizeof order);
	T(hear(fd) == 1 && p.kind == WORKER_MESSAGE && p.id == 5);
	T(p.fault == FAULT_OURS && p.code == ERR_MSG_OPEN && p.n > 0);
	T(shutdown(fd, SHUT_WR) == 0 && hear(fd) == -1 && exit_of(pid) == 0);
	close(fd);
}

/* A sender that has too many files on their way is told so. */
static void
not_now(void)
{
	int fd, mail = message(STR("\na@x.y\n\ntext\n")), rc = 0, i;
	pid_t pid = start("127.0.0.1 smtp", 1, &fd);

	kill(pid, SIGSTOP);
	for (i = 0; i < 100000 && rc == 0; i++)
		rc = worker_give(fd, 1, 0, mail);
	T(rc == 1);
	kill(pid, SIGKILL);
	T(exit_of(pid) == -1);
	close(fd);
	close(mail);
}

static void
dies(void)
{
	int fd, port = 0, mail = message(STR("\na@x.y\n\ntext\n"));
	pid_t server = serve("220 hi\n250 hi\n", &port), pid;

	pid = start("127.0.0.1 smtp", port, &fd);
	T(worker_give(fd, 7, 0, mail) == 0);
	T(hear(fd) == 1 && p.kind == WORKER_PEER);
	T(hear(fd) == 1 && p.kind == WORKER_READY);
	kill(pid, SIGTERM);
	T(hear(fd) == -1 && exit_of(pid) == -1);
	T(exit_of(server) == 0);
	close(fd);
	close(mail);
}

static void
impostors(void)
{
	int pair[2];

	T(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) == 0);
	T(send(pair[1], "x", 1, 0) == 1 && worker_packet(pair[0], &p) == -1);
	memset(&p, 0, sizeof p);
	p.n = WORKER_TEXT + 1;
	T(send(pair[1], &p, sizeof p, 0) == sizeof p);
	T(worker_packet(pair[0], &p) == -1);
	p.n = 5;
	T(send(pair[1], &p, sizeof p, 0) == sizeof p);
	T(worker_packet(pair[0], &p) == -1);
	p.n = 0;
	p.kind = 0;
	T(send(pair[1], &p, offsetof(struct worker_packet, text), 0) > 0);
	T(worker_packet(pair[0], &p) == -1);
	p.kind = WORKER_KINDS;
	T(send(pair[1], &p, offsetof(struct worker_packet, text), 0) > 0);
	T(worker_packet(pair[0], &p) == -1);
	p.kind = WORKER_END;
	T(send(pair[1], &p, offsetof(struct worker_packet, text), 0) > 0);
	T(worker_packet(pair[0], &p) == 1);
	close(pair[1]);
	T(worker_packet(pair[0], &p) == -1);
	close(pair[0]);
}

int
main(void)
{
	signal(SIGPIPE, SIG_IGN);
	useless();
	delivers();
	outlives_sender();
	in_parts();
	ends_with_it();
	not_let_in();
	limited();
	without_file();
	not_now();
	dies();
	impostors();
	return T_END();
}

/* sandbox - what a process that talks to a server cannot do any more, and what
 * it must still be able to do. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../../lib/net/sandbox.h"
#include "../t.h"

static char *const nothing[] = { NULL };

/* 1 if the call was refused as the sandbox refuses. */
static int
denied(long rc)
{
	return rc < 0 && (errno == EPERM || errno == EACCES);
}

static void
no_files(const char *own)
{
	T(denied(open("/dev/null", O_RDONLY)));
	T(denied(open(own, O_RDONLY)));
	T(denied(open("/", O_RDONLY | O_DIRECTORY)));
	T(denied(openat(AT_FDCWD, "new", O_CREAT | O_WRONLY, 0600)));
	T(denied(syscall(SYS_openat2, AT_FDCWD, "/", "", 0)));
	T(denied(unlink(own)));
	T(denied(rename(own, "elsewhere")));
	T(denied(mkdir("folder", 0700)));
	T(denied(chmod(own, 0777)));
	T(denied(truncate(own, 0)));
	T(fopen("/etc/passwd", "r") == NULL);
}

static void
no_programs(const char *own)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	T(denied(pid));
	T(denied(syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0)));
	T(denied(execve(own, nothing, nothing)));
	T(denied(syscall(SYS_execveat, AT_FDCWD, own, nothing, nothing, 0)));
	T(posix_spawn(&pid, own, NULL, NULL, nothing, nothing) != 0);
	T(denied(kill(getppid(), 0)));
	T(denied(kill(getpid(), 0)));
	T(denied(ptrace(PTRACE_ATTACH, getppid(), NULL, NULL)));
	T(denied(syscall(SYS_unshare, 0x10000000)));
}

static void
no_sockets(int listening, const struct sockaddr_in *there)
{
	int pair[2];

	T(denied(socket(AF_INET, SOCK_STREAM, 0)));
	T(denied(socket(AF_UNIX, SOCK_DGRAM, 0)));
	T(denied(socketpair(AF_UNIX, SOCK_STREAM, 0, pair)));
	T(denied(accept(listening, NULL, NULL)));
	T(denied(connect(listening, (const void *)there, sizeof *there)));
	T(denied(syscall(SYS_io_uring_setup, 1, NULL)));
}

/* What a session lives on. */
static void
still_works(int file, int stream)
{
	struct pollfd p = { stream, POLLOUT, 0 };
	struct stat st;
	char byte[16];

	T(pread(file, byte, sizeof byte, 0) == (ssize_t)sizeof byte);
	T(fstat(file, &st) == 0);
	T(poll(&p, 1, 0) == 1);
	T(send(stream, byte, sizeof byte, MSG_NOSIGNAL) ==
	    (ssize_t)sizeof byte);
	T(getrandom(byte, sizeof byte, GRND_NONBLOCK) ==
	    (ssize_t)sizeof byte);
	T(malloc(1 << 20) != NULL);
	T(close(dup(file)) == 0);
}

static void
confined(const char *own, int file, int stream, int listening,
    const struct sockaddr_in *there)
{
	struct rlimit limit = { 1, 1 };

	sandbox_enter();
	T(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
	T(prctl(PR_GET_SECCOMP) == 2);
	T(getrlimit(RLIMIT_CORE, &limit) == 0 && limit.rlim_max == 0);
	no_files(own);
	no_programs(own);
	no_sockets(listening, there);
	still_works(file, stream);
	sandbox_enter();
	still_works(file, stream);
}

int
main(int argc, char **argv)
{
	struct sockaddr_in here = { 0 };
	socklen_t n = sizeof here;
	int pair[2], listening = socket(AF_INET, SOCK_STREAM, 0);
	int file = open(argv[argc - 1], O_RDONLY);

	here.sin_family = AF_INET;
	here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	T(bind(listening, (void *)&here, n) == 0 && listen(listening, 1) == 0);
	T(getsockname(listening, (void *)&here, &n) == 0);
	T(file >= 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	if (sandbox_lacks()) {
		printf("ok - # SKIP the kernel lacks %s\n", sandbox_lacks());
		return T_END();
	}
	confined(argv[0], file, pair[0], listening, &here);
	return T_END();
}

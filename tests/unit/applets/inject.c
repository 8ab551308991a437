/* inject - a message whose source fails half way is not queued, and one that
 * has ended is not asked for more. A terminal whose other side goes away gives
 * its reader EIO, and one gives an end of input for each time it is asked,
 * neither of which a shell can do. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "../../../applets/applets.h"
#include "../t.h"

static char dir[] = "/tmp/unit-inject-XXXXXX";

/* A descriptor that gives text and then EIO. */
static int
failing(const char *text)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY), slave;
	struct termios t;

	if (master < 0 || grantpt(master) < 0 || unlockpt(master) < 0)
		exit(1);
	slave = open(ptsname(master), O_RDWR | O_NOCTTY);
	if (slave < 0 || tcgetattr(slave, &t) < 0)
		exit(1);
	t.c_oflag = 0;
	if (tcsetattr(slave, TCSANOW, &t) < 0 ||
	    write(slave, text, strlen(text)) != (ssize_t)strlen(text))
		exit(1);
	close(slave);
	return master;
}

/* The exit code of inject with this descriptor as its input. */
static int
inject(int in, const char *option)
{
	char name[] = "nullmailer-inject", to[] = "a@b.c", flag[8];
	char *argv[] = { name, flag, to, NULL };
	int status = 0, patience = 1000;
	pid_t pid;

	snprintf(flag, sizeof flag, "%s", option);
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		int null = open("/dev/null", O_WRONLY);

		dup2(in, 0);
		dup2(null, 1);
		dup2(null, 2);
		exit(inject_main(3, argv));
	}
	close(in);
	while (waitpid(pid, &status, WNOHANG) == 0 && --patience)
		usleep(10000);
	if (patience == 0) {
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
	}
	if (pid < 0 || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

static int
entries(const char *name)
{
	DIR *d = opendir(name);
	struct dirent *e;
	int n = 0;

	while (d && (e = readdir(d)))
		n += e->d_name[0] != '.';
	if (d)
		closedir(d);
	return d ? n : -1;
}

static int
nothing_queued(void)
{
	return entries("queue/queue") == 0 && entries("queue/tmp") == 0;
}

static int
pipe_with(const char *text)
{
	int fd[2];

	if (pipe(fd) < 0 || write(fd[1], text, strlen(text)) < 0)
		exit(1);
	close(fd[1]);
	return fd[0];
}

/* A terminal somebody types text and one ^D into. */
static int
typed(const char *text, int *other_side)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY), slave;

	if (master < 0 || grantpt(master) < 0 || unlockpt(master) < 0)
		exit(1);
	slave = open(ptsname(master), O_RDWR | O_NOCTTY);
	if (slave < 0 || write(master, text, strlen(text)) < 0 ||
	    write(master, "\004", 1) != 1)
		exit(1);
	*other_side = master;
	return slave;
}

/* More of a body than is read together with the header. */
static const char *
half_a_message(void)
{
	static char text[3500];

	memset(text, 'x', sizeof text - 1);
	memcpy(text, "To: a@b.c\n\n", 11);
	return text;
}

int
main(void)
{
	char clean[100];
	int master;

	if (!mkdtemp(dir) || chdir(dir) < 0 || mkdir("conf", 0700) < 0 ||
	    mkdir("queue", 0700) < 0 || mkdir("queue/queue", 0700) < 0 ||
	    mkdir("queue/tmp", 0700) < 0)
		return 1;
	setenv("NULLMAILER_TEST_PREFIX", dir, 1);
	setenv("NULLMAILER_HOST", "x.y", 1);
	unsetenv("NULLMAILER_QUEUE");

	T(inject(failing(half_a_message()), "-e") == 1);
	T(nothing_queued());
	T(inject(failing("To: a@b.c\nSubj"), "-e") == 1);
	T(nothing_queued());
	T(inject(failing(half_a_message()), "-n") == 1);
	T(inject(open(".", O_RDONLY), "-e") == 1);
	T(nothing_queued());
	T(inject(pipe_with("To: a@b.c\n\nwhole\n"), "-e") == 0);
	T(entries("queue/queue") == 1 && entries("queue/tmp") == 0);
	T(inject(typed("To: a@b.c\n\nby hand\n", &master), "-e") == 0);
	T(entries("queue/queue") == 2 && entries("queue/tmp") == 0);
	close(master);

	snprintf(clean, sizeof clean, "rm -rf %s", dir);
	T(chdir("/") == 0 && system(clean) == 0);
	return T_END();
}

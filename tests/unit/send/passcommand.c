/* passcommand - what it prints, how it ends, and what it may see. */
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../../../lib/send/passcommand.h"
#include "../t.h"

static struct buf secret, why;

static int
gives(const char *command, const char *want)
{
	int rc;

	buf_clear(&why);
	rc = passcommand_run(command, &secret, &why);
	if (rc < 0)
		printf("# %s: %s\n", command, buf_z(&why));
	return rc == 0 && !strcmp(buf_z(&secret), want);
}

static int
fails(const char *command, const char *words)
{
	buf_clear(&why);
	if (passcommand_run(command, &secret, &why) == 0 || secret.n)
		return 0;
	printf("# %s\n", buf_z(&why));
	return strstr(buf_z(&why), words) != NULL;
}

static void
outputs(void)
{
	T(gives("echo word", "word") && gives("printf 'a b\\nc'", "a b"));
	T(gives("sh -c 'echo one; sleep 0.1; echo two'", "one"));
	T(gives("sh -c 'echo w; exec >&-; sleep 0.1'", "w"));
	T(gives("sh -c 'yes | head -c 200000'", "y"));
	T(gives("printf 'a\\r\\n'", "a"));
	T(fails("true", "empty") && fails("echo", "empty"));
	T(fails("false", "exit code 1"));
	T(fails("sh -c 'echo word; exit 3'", "exit code 3"));
	T(fails("/nowhere/x", "not found") && fails("", "not found"));
	T(fails("sh -c 'echo word; kill -9 $$'", "killed"));
	T(fails("sh -c 'head -c 5000 /dev/zero | tr \\\\0 x'", "4096"));
}

static void
surroundings(void)
{
	struct timespec a, b;

	setenv("NULLMAILER_REMOTES", "x", 1);
	setenv("NULLMAILER_X", "x", 1);
	setenv("OTHER", "y", 1);
	setenv("HOME", "/nowhere", 1);
	T(gives("sh -c 'env | grep -c ^NULLMAILER_ || :'", "0"));
	T(gives("sh -c 'echo $OTHER'", "y"));
	T(!gives("sh -c 'echo $HOME'", "/nowhere") && secret.n);
	T(gives("pwd", "/") && gives("sh -c 'cat; echo end'", "end"));
	T(gives("sh -c 'ls /proc/self/fd | tr -d \"\\n\"; echo'", "0123"));
	clock_gettime(CLOCK_MONOTONIC, &a);
	T(gives("sh -c 'sleep 60 & echo word'", "word"));
	clock_gettime(CLOCK_MONOTONIC, &b);
	T(b.tv_sec - a.tv_sec < 8);
}

int
main(void)
{
	outputs();
	surroundings();
	buf_free(&secret);
	buf_free(&why);
	return T_END();
}

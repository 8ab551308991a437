/* path - the roots, with and without a test prefix. */
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../../lib/base/buf.h"
#include "../../../lib/conf/path.h"
#include "../t.h"

static int
gives(enum path_root root, const char *name, const char *want)
{
	struct buf b = { 0 };
	int ok;

	buf_set(&b, STR("old"));
	path_set(&b, root, name);
	ok = !strcmp(buf_z(&b), want);
	buf_free(&b);
	return ok;
}

/* What a process does whose effective user is not its real one. */
static int
set_uid_ignores_prefix(void)
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(seteuid(65534) < 0 ||
		    !gives(PATH_CONFIG, "me", CONFIG_DIR "/me"));
	return waitpid(pid, &status, 0) == pid && status == 0;
}

int
main(void)
{
	unsetenv("NULLMAILER_TEST_PREFIX");
	T(gives(PATH_SPOOL, "", SPOOL_DIR));
	T(gives(PATH_SPOOL, "queue", SPOOL_DIR "/queue"));
	T(gives(PATH_BIN, "mailq", BIN_DIR "/mailq"));
	T(gives(PATH_SBIN, "sendmail", SBIN_DIR "/sendmail"));
	T(gives(PATH_MODULES, "smtp", MODULES_DIR "/smtp"));
	setenv("NULLMAILER_TEST_PREFIX", "", 1);
	T(gives(PATH_CONFIG, "me", CONFIG_DIR "/me"));
	setenv("NULLMAILER_TEST_PREFIX", "/x/y", 1);
	T(gives(PATH_SPOOL, "", "/x/y/queue"));
	T(gives(PATH_CONFIG, "../mailname", "/x/y/conf/../mailname"));
	T(gives(PATH_MODULES, "smtp", "/x/y/protocols/smtp"));
	T(gives(PATH_BIN, "mailq", "/x/y/bin/mailq"));
	T(gives(PATH_SBIN, "", "/x/y/sbin"));
	T(geteuid() != 0 || set_uid_ignores_prefix());
	return T_END();
}

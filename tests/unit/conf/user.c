/* user - against the C library's own reader, and by files of other hosts in a
 * root folder of their own. */
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../../lib/base/buf.h"
#include "../../../lib/conf/user.h"
#include "../t.h"

static char top[] = "/tmp/user.XXXXXX";

/* Whether uid has this name in a passwd of that text, "" for none. In a child,
 * as there is no way back out of a root folder. */
static int
named(const char *text, unsigned long uid, const char *want)
{
	struct buf name = { 0 };
	FILE *f = fopen("etc/passwd", "w");
	int status = -1;
	pid_t pid;

	fputs(text, f);
	fclose(f);
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		if (chroot(top) < 0)
			_exit(2);
		_exit(user_name(uid, &name) != (*want != 0)
		    || strcmp(buf_z(&name), want) != 0);
	}
	waitpid(pid, &status, 0);
	return status == 0;
}

static void
other_hosts(void)
{
	struct buf text = { 0 };
	int i;

	T(mkdtemp(top) && chdir(top) == 0 && mkdir("etc", 0755) == 0);
	T(named("a:x:1:1::/:\nb:x:2:2::/:\n", 2, "b"));
	T(named("a:x:1:1::/:\nb:x:2:2::/:", 2, "b"));
	T(named("a:x:1:1::/:\nb:x:1:2::/:\n", 1, "a"));
	T(named("", 1, "") && named("\n\n:\n", 0, ""));
	T(named("a:x::1::/:\nb:x:-1:2::/:\nc:x:4294967296:\n", 0, ""));
	for (i = 0; i < 2000; i++)
		buf_fmt(&text, "user%d:x:%d:1::/:\n", i, i);
	T(named(buf_z(&text), 0, "user0") && named(buf_z(&text), 1, "user1"));
	for (i = 100; i < 2000; i += 37) {
		struct buf want = { 0 };

		buf_fmt(&want, "user%d", i);
		T(named(buf_z(&text), (unsigned long)i, buf_z(&want)));
		buf_free(&want);
	}
	T(named(buf_z(&text), 2000, ""));
	buf_set(&text, STR("long:x:7:1:"));
	for (i = 0; i < 9000; i++)
		buf_addc(&text, 'x');
	buf_add(&text, STR("\nb:x:8:1:\n"));
	T(named(buf_z(&text), 7, "long") && named(buf_z(&text), 8, ""));
	buf_free(&text);
	T(unlink("etc/passwd") == 0 && rmdir("etc") == 0);
	T(chdir("/") == 0 && rmdir(top) == 0);
}

int
main(void)
{
	struct buf name = { 0 };
	struct passwd *e;
	unsigned seen = 0, same = 0;
	unsigned long unused = 4000000000;

	buf_set(&name, STR("left over"));
	while ((e = getpwent()) != NULL) {
		e = getpwuid(e->pw_uid);
		seen++;
		same += user_name(e->pw_uid, &name) == 1
		    && !strcmp(buf_z(&name), e->pw_name);
	}
	endpwent();
	T(seen > 0 && same == seen);
	while (getpwuid((uid_t)unused))
		unused++;
	T(user_name(unused, &name) == 0 && name.n == 0);
	T(user_name(0, &name) == 1 && !strcmp(buf_z(&name), "root"));
	buf_free(&name);
	if (geteuid() == 0)
		other_hosts();
	return T_END();
}

/* limit - runs a program in a root folder, as another user, under limits
 *
 * limit [-X N]... ROOT UID PROGRAM [ARGUMENT]...
 *
 * X is a letter of the shell's ulimit: d f n p s v; N is in bytes for d f s v.
 * No dynamic linker stands between the limits and the program. Exit 126 when
 * it cannot be run. */
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static const struct {
	char letter;
	int resource;
} limits[] = {
	{ 'd', RLIMIT_DATA }, { 'f', RLIMIT_FSIZE }, { 'n', RLIMIT_NOFILE },
	{ 'p', RLIMIT_NPROC }, { 's', RLIMIT_STACK }, { 'v', RLIMIT_AS },
};

static int
set(char letter, const char *value)
{
	struct rlimit r;
	size_t i;

	r.rlim_cur = r.rlim_max = (rlim_t)strtoull(value, NULL, 10);
	for (i = 0; i < sizeof limits / sizeof limits[0]; i++)
		if (limits[i].letter == letter)
			return setrlimit((unsigned)limits[i].resource, &r);
	return -1;
}

int
main(int argc, char **argv)
{
	int at = 1;
	uid_t uid;

	while (at + 1 < argc && argv[at][0] == '-')
		at += 2;
	if (argc - at < 3)
		return 126;
	uid = (uid_t)atoi(argv[at + 1]);
	if (chroot(argv[at]) < 0 || chdir("/") < 0 ||
	    setgroups(0, NULL) < 0 || setgid(uid) < 0 || setuid(uid) < 0)
		return 126;
	for (argc = 1; argc < at; argc += 2)
		if (set(argv[argc][1], argv[argc + 1]) < 0)
			return 126;
	execv(argv[at + 2], argv + at + 2);
	return 126;
}

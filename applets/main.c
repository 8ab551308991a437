/* main - find the applet by argv[0] or by the first argument, drop the rights
 * it does not need, run it. The rows are in applets.h. */
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "../lib/base/buf.h"
#include "../ssl/ssl.h"
#include "applets.h"
#include "cli.h"

enum rights { SUID_DROP, SUID_KEEP };

static const struct applet {
	const char *name;
	int (*main)(int argc, char **argv);
	enum rights rights;
	const char *folder;
	const char *about;
} applets[] = {
#define X(function, name, folder, rights, about) \
	{ name, function##_main, rights, #folder, about },
	APPLETS(X)
#undef X
};

static const char prefix[] = "nullmailer-";

static const char *
base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static const char *
short_name(const char *name)
{
	size_t n = sizeof prefix - 1;

	return strncmp(name, prefix, n) ? name : name + n;
}

static const struct applet *
find_applet(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof applets / sizeof applets[0]; i++)
		if (!strcmp(short_name(applets[i].name), short_name(name)))
			return &applets[i];
	return NULL;
}

/* Whether the word stands in the name with no letter or digit beside it. */
static int
is_part(const char *name, const char *word)
{
	static const char marks[] = "-._";
	const char *at = strstr(name, word);

	return at && strchr(marks, at[strlen(word)]) &&
	    (at == name || strchr(marks, at[-1]));
}

/* What a distribution or an administrator has renamed, as in sendmail.real. */
static const struct applet *
guess_applet(const char *name)
{
	size_t i;

	if (is_part(name, "send-mail"))
		return &applets[0];
	for (i = 0; i < sizeof applets / sizeof applets[0]; i++)
		if (is_part(name, applets[i].name))
			return &applets[i];
	return NULL;
}

/* The caller may have closed them. The next file opened would get such a number
 * and be read as standard input, or written to by a complaint. */
static void
open_standard_descriptors(void)
{
	struct pollfd p[] = {
		{ 0, 0, POLLNVAL }, { 1, 0, POLLNVAL }, { 2, 0, POLLNVAL }
	};
	int fd;

	poll(p, 3, 0);
	for (fd = 0; fd < 3; fd++)
		if (p[fd].revents & POLLNVAL && open("/dev/null", O_RDWR) < 0)
			return;
}

/* The kernel sets AT_SECURE when effective and real ids differ. The saved ids
 * are the effective ones at the start, so no other check is needed. */
static int
become_real_user(void)
{
	uid_t u = getuid();
	gid_t g = getgid();

	return setresgid(g, g, g) < 0 || setresuid(u, u, u) < 0 ? -1 : 0;
}

static int
run_applet(const struct applet *a, enum rights rights, int argc, char **argv)
{
	if (rights == SUID_DROP && getauxval(AT_SECURE) != 0 &&
	    become_real_user() < 0)
		cli_die(1, "cannot drop privileges:");
	cli_begin(a->name);
	return a->main(argc, argv);
}

static void
show_list(void)
{
	struct buf text = { 0 };
	size_t i;

	for (i = 0; i < sizeof applets / sizeof applets[0]; i++)
		buf_fmt(&text, "%s %s %s\n", applets[i].name,
		    applets[i].folder,
		    applets[i].rights == SUID_KEEP ? "set-uid" : "-");
	str_write(1, buf_str(&text));
	buf_free(&text);
}

static void
show_help(void)
{
	struct buf text = { 0 };
	size_t i;

	buf_set(&text, STR("usage: nullmailer PROGRAM [ARGUMENTS]\n"
	    "       nullmailer --help | --list | --version\n"
	    "or call it by the name of a program:\n\n"));
	for (i = 0; i < sizeof applets / sizeof applets[0]; i++)
		buf_fmt(&text, "  %-20s %s\n", applets[i].name,
		    applets[i].about);
	str_write(1, buf_str(&text));
	buf_free(&text);
}

static void
show_version(void)
{
	struct buf text = { 0 };

	buf_fmt(&text, "nullmailer " VERSION "\n"
	    "TLS trusts %s, unless the system has a list\n"
	    "musl " MUSL_VERSION MUSL_NOTE "\n", ssl_roots());
	str_write(1, buf_str(&text));
	buf_free(&text);
}

static int
answer_question(const char *question)
{
	if (!strcmp(question, "--list"))
		show_list();
	else if (!strcmp(question, "--version"))
		show_version();
	else if (!strcmp(question, "--help") || !strcmp(question, "-h"))
		show_help();
	else {
		cli_warn("%s: no such program, see nullmailer --help",
		    question);
		return 1;
	}
	return 0;
}

int
main(int argc, char **argv)
{
	const struct applet *a;
	const char *name;

	open_standard_descriptors();
	if (argc < 1)
		return 1;
	name = base_name(argv[0]);
	a = find_applet(name);
	if (a)
		return run_applet(a, a->rights, argc, argv);
	a = guess_applet(name);
	if (a)
		return run_applet(a, SUID_DROP, argc, argv);
	if (strncmp(name, prefix, sizeof prefix - 2))
		return answer_question(name);
	if (argc < 2) {
		show_help();
		return 1;
	}
	a = find_applet(argv[1]);
	return a ? run_applet(a, a->rights, argc - 1, argv + 1) :
	    answer_question(argv[1]);
}

/* trigger - the FIFO, and the names of what has changed in queue/. */
#include <errno.h>
#include <sys/inotify.h>

#include "../../../lib/queue/trigger.h"
#include "own.h"

static struct trigger t;

static void
pulls(void)
{
	int i, error;

	T(trigger_pull(&s) == -1 && errno == ENXIO);
	T(trigger_open(&t, &s) == 0 && fcntl(t.fd, F_GETFD) & FD_CLOEXEC);
	T(trigger_read(&t, &s, &error) == 0 && error == 0);
	T(trigger_pull(&s) == 0);
	T(trigger_read(&t, &s, &error) == 1 && error == 0 && t.fd >= 0);
	for (i = 0; i < 70000; i++)
		if (trigger_pull(&s) < 0)
			break;
	T(i == 70000);
	T(trigger_read(&t, &s, &error) == 1);
	T(trigger_replaced(&t, &s) == 0);
	unlinkat(s.root, "trigger", 0);
	T(mkfifoat(s.root, "trigger", 0600) == 0);
	T(trigger_replaced(&t, &s) == 1 && trigger_pull(&s) == 0);
	T(trigger_read(&t, &s, &error) == 1);
	unlinkat(s.root, "trigger", 0);
	T(trigger_pull(&s) == -1 && errno == ENOENT);
	T(trigger_read(&t, &s, &error) == 0 && t.fd == -1);
	T(mkfifoat(s.root, "trigger", 0600) == 0);
	close(t.fd), close(t.watch);
}


/* What trigger_name gives until it gives no more: names and blanks, one of
 * those that come several times in a row, and ! where names were lost. */
static const char *
given(void)
{
	static char all[1024];
	char name[256], before[256] = "";
	int rc = 1, tries;

	all[0] = '\0';
	for (tries = 0; rc > 0 && tries < 40; tries++) {
		rc = trigger_name(&t, name);
		if (rc < 0)
			strcat(all, "!");
		if (rc <= 0 || !strcmp(name, before))
			continue;
		strcat(strcat(all, name), " ");
		strcpy(before, name);
	}
	return all;
}

static int
gives(const char *want)
{
	const char *got = given();

	if (strcmp(got, want))
		printf("# %s, not %s\n", got, want);
	return !strcmp(got, want);
}

static void
names_events(void)
{
	T(trigger_open(&t, &s) == 0 && gives(""));
	T(put(s.queue, "1.1", STR("x")) && put(s.queue, "2.2", STR("x")));
	T(put(s.queue, ".3", STR("x")) && put(s.tmp, "4.4", STR("x")));
	T(gives("1.1 2.2 ") && gives(""));
	T(linkat(s.tmp, "4.4", s.queue, "4.4", 0) == 0 && gives("4.4 "));
	T(unlinkat(s.tmp, "4.4", 0) == 0 && gives(""));
	T(utimensat(s.queue, "1.1", NULL, 0) == 0 && gives("1.1 "));
	T(fchmodat(s.queue, "2.2", 01000, 0) == 0 && gives("2.2 "));
	T(unlinkat(s.queue, "2.2", 0) == 0 && gives(""));
	T(renameat(s.queue, "1.1", s.queue, "5.5") == 0 && gives("5.5 "));
	T(renameat(s.queue, "5.5", s.failed, "5.5") == 0 && gives(""));
	T(put(s.queue, "4.4", STR("y")) && gives("4.4 "));
	T(trigger_replaced(&t, &s) == 0);
}

/* The two kinds of events come through one descriptor. */
static void
mixed_events(void)
{
	int error;

	T(put(s.queue, "6.6", STR("x")));
	unlinkat(s.root, "trigger", 0);
	T(mkfifoat(s.root, "trigger", 0600) == 0);
	T(put(s.queue, "7.7", STR("x")));
	T(gives("6.6 7.7 ") && t.fd >= 0);
	T(trigger_pull(&s) == 0 && trigger_replaced(&t, &s) == 1);
	T(trigger_replaced(&t, &s) == 0);
	T(trigger_read(&t, &s, &error) == 1);
	T(put(s.queue, "8.8", STR("x")));
	T(trigger_replaced(&t, &s) == 0 && gives("8.8 "));
	T(put(s.queue, "8.8", STR("x")) && trigger_replaced(&t, &s) == 0);
	T(trigger_replaced(&t, &s) == 0 && gives("!") && gives(""));
}

static void
loses_names(void)
{
	char name[64];
	int i;

	for (i = 0; i < 20000; i++) {
		snprintf(name, sizeof name, "1.%d", i);
		if (linkat(s.queue, "8.8", s.queue, name, 0) < 0)
			break;
	}
	T(i == 20000);
	for (i = 0; i < 1000 && !strchr(given(), '!'); i++)
		;
	T(i < 1000);
	for (i = 0; i < 1000 && *given(); i++)
		;
	T(i < 1000);
	T(put(s.queue, "9.9", STR("x")) && gives("9.9 "));
	empty(s.queue);
}

/* Another folder queue/ takes the place of the one that is watched. */
static void
another_folder(void)
{
	while (*given())
		;
	T(renameat(s.root, "queue", s.root, "old") == 0);
	T(mkdirat(s.root, "queue", 0700) == 0);
	T(spool_repair(&s, &why) == 0);
	T(gives("!") && put(s.queue, "1.1", STR("x")) && gives("1.1 "));
	T(unlinkat(s.queue, "1.1", 0) == 0 && gives(""));
	T(unlinkat(s.root, "queue", AT_REMOVEDIR) == 0 && gives("!"));
	T(gives("!"));
	T(spool_repair(&s, &why) == 0);
	T(gives("!") && gives("!") && gives(""));
	T(put(s.queue, "1.1", STR("x")) && gives("1.1 "));
}

static void
without_inotify(void)
{
	close(t.watch);
	t.watch = t.queue = t.root = -1;
	T(gives("!") && gives("!"));
	close(t.fd);
}

int
main(void)
{
	own_spool();
	T(spool_create(&s, &why) == 0);
	pulls();
	names_events();
	mixed_events();
	loses_names();
	another_folder();
	without_inotify();
	end_spool();
	return T_END();
}

/* settings - defaults, values that make no sense, files that cannot be read. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../../lib/conf/conf.h"
#include "../../../lib/smtp/remote.h"
#include "../../../lib/send/settings.h"
#include "../t.h"

static struct settings set;
static struct buf notes;

static void
put(const char *name, const char *text)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	T(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
}

static int
load(void)
{
	settings_free(&set);
	set = (struct settings){ 0 };
	buf_clear(&notes);
	return settings_load(&set, STR("me.x"), &notes);
}

static void
defaults(void)
{
	T(load() == 0 && !notes.n);
	T(str_eq(buf_str(&set.helohost), STR("me.x")));
	T(set.pausetime == 60 && set.maxpause == 86400);
	T(set.sendtimeout == 3600 && set.queuelifetime == 604800);
	T(set.delaywarn == 0 && set.remotes.count == 0);
}

static void
values(void)
{
	put("helohost", " h.x \nrest\n");
	put("pausetime", "0\n");
	put("sendtimeout", "10x\n");
	put("queuelifetime", "-1\n");
	put("delaywarn", "14400\n");
	put("remotes", "# one\na.x\n b.x smtp port=26 \r\n");
	T(load() == 0 && !notes.n);
	T(str_eq(buf_str(&set.helohost), STR("h.x")));
	T(set.pausetime == 0 && set.sendtimeout == 10);
	T(set.queuelifetime == -1 && set.delaywarn == 14400);
	T(set.remotes.count == 2);
}

static void
nonsense(void)
{
	put("pausetime", "-5\n");
	put("maxpause", "0\n");
	put("sendtimeout", "soon\n");
	T(load() == 0);
	T(set.pausetime == 60 && set.maxpause == 86400);
	T(set.sendtimeout == 3600);
	T(str_eq(buf_str(&notes), STR("pausetime: -5 makes no sense, using 60\n"
	    "maxpause: 0 makes no sense, using 86400\n")));
}

static void
unreadable(void)
{
	T(unlink("remotes") == 0 && symlink("remotes", "remotes") == 0);
	T(load() == -1 && strstr(conf_why(), "remotes"));
	T(set.remotes.count == 0 && set.helohost.n == 0);
}

static int
clean_up(const char *top)
{
	static const char *const names[] = { "helohost", "pausetime",
		"maxpause", "sendtimeout", "queuelifetime", "delaywarn",
		"remotes" };
	size_t i;

	for (i = 0; i < sizeof names / sizeof names[0]; i++)
		unlink(names[i]);
	return chdir("..") < 0 || rmdir("conf") < 0 || rmdir(top) < 0;
}

int
main(void)
{
	char top[] = "/tmp/settings.XXXXXX";

	if (!mkdtemp(top) || chdir(top) < 0 || mkdir("conf", 0700) < 0 ||
	    chdir("conf") < 0)
		return 1;
	setenv("NULLMAILER_TEST_PREFIX", top, 1);
	defaults();
	values();
	nonsense();
	unreadable();
	return clean_up(top) + T_END();
}

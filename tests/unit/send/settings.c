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
	put("sendtimeout", "10\n");
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
	T(str_eq(buf_str(&notes), STR("pausetime: -5 makes no sense, using 60 "
	    "(as 90, 5m, 12h, 7d)\nmaxpause: 0 makes no sense, using 86400 "
	    "(as 90, 5m, 12h, 7d)\nsendtimeout: soon makes no sense, using "
	    "3600 (as 90, 5m, 12h, 7d)\n")));
}

/* ---- every row of tests/data/values.txt ---- */

static void
unescape(struct str s, struct buf *out)
{
	static const char letters[] = "rnt", bytes[] = "\r\n\t";
	const char *at;

	for (buf_clear(out); s.n; s = str_skip(s, 1)) {
		if (s.p[0] != '\\') {
			buf_addc(out, s.p[0]);
			continue;
		}
		s = str_skip(s, 1);
		at = strchr(letters, s.p[0]);
		buf_add(out, at ? (struct str){ bytes + (at - letters), 1 } :
		    STR("\357\273\277"));
	}
	buf_addc(out, '\n');
}

static void
value_of(struct str name, struct buf *got)
{
	const struct {
		const char *name;
		int value;
	} all[] = {
		{ "pausetime", set.pausetime }, { "maxpause", set.maxpause },
		{ "sendtimeout", set.sendtimeout },
		{ "queuelifetime", set.queuelifetime },
		{ "delaywarn", set.delaywarn },
		{ "failedlifetime", set.failedlifetime },
	};
	size_t i;

	buf_clear(got);
	if (str_eq(name, STR("helohost")))
		buf_set(got, buf_str(&set.helohost));
	for (i = 0; i < sizeof all / sizeof all[0]; i++)
		if (str_eq(name, str_of(all[i].name)))
			buf_fmt(got, "%d", all[i].value);
}

static int
row(struct str line)
{
	struct str name = str_cut(&line, '\t'), want;
	static struct buf text, file, got;
	int fd, ok;

	unescape(str_cut(&line, '\t'), &text);
	want = str_cut(&line, '\t');
	buf_set(&file, name);
	fd = open(buf_z(&file), O_WRONLY | O_CREAT | O_TRUNC, 0600);
	ok = write(fd, text.p, text.n) == (ssize_t)text.n && load() == 0;
	close(fd);
	unlink(buf_z(&file));
	value_of(name, &got);
	buf_set(&text, line);
	buf_add(&text, line.n ? STR("\n") : STR(""));
	ok &= str_eq(buf_str(&got), want) && notes.n <= 200 &&
	    str_eq(buf_str(&notes), buf_str(&text));
	if (!ok)
		printf("# %s: %s, %s# want %.*s, %s", buf_z(&file),
		    buf_z(&got), buf_z(&notes), (int)want.n, want.p,
		    buf_z(&text));
	return ok;
}

static int
table(struct str rest, int least)
{
	int good = 1, rows = 0;
	struct str line;

	while (rest.n) {
		line = str_cut(&rest, '\n');
		if (!line.n || line.p[0] == '#')
			continue;
		good &= row(line);
		rows++;
	}
	return good && rows >= least;
}

static void
unreadable(void)
{
	T(unlink("remotes") == 0 && symlink("remotes", "remotes") == 0);
	T(load() == -1 && strstr(conf_why(), "remotes"));
	T(set.remotes.count == 0 && set.helohost.n == 0);
}

static void
clean_files(void)
{
	static const char *const names[] = { "helohost", "pausetime",
		"maxpause", "sendtimeout", "queuelifetime", "delaywarn",
		"remotes" };
	size_t i;

	for (i = 0; i < sizeof names / sizeof names[0]; i++)
		unlink(names[i]);
}

static int
clean_up(const char *top)
{
	clean_files();
	return chdir("..") < 0 || rmdir("conf") < 0 || rmdir(top) < 0;
}

int
main(void)
{
	char top[] = "/tmp/settings.XXXXXX";
	static char text[65536];
	int fd = open("tests/data/values.txt", O_RDONLY);
	ssize_t n = read(fd, text, sizeof text);

	close(fd);
	if (!mkdtemp(top) || chdir(top) < 0 || mkdir("conf", 0700) < 0 ||
	    chdir("conf") < 0)
		return 1;
	setenv("NULLMAILER_TEST_PREFIX", top, 1);
	defaults();
	values();
	nonsense();
	clean_files();
	T(table((struct str){ text, n > 0 ? (size_t)n : 0 }, 80));
	put("remotes", "");
	unreadable();
	return clean_up(top) + T_END();
}

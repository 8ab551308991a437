/* conf - control files as administrators leave them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "../../../lib/base/buf.h"
#include "../../../lib/conf/conf.h"
#include "../t.h"

static struct buf got;

static void
put(const char *name, const char *text, size_t n)
{
	FILE *f = fopen(name, "w");

	if (!f || fwrite(text, 1, n, f) != n || fclose(f))
		exit(1);
}

static int
line(const char *text, size_t n, int rc, const char *want)
{
	put("conf/x", text, n);
	return conf_line("x", &got) == rc && !strcmp(buf_z(&got), want);
}

#define LINE(text, rc, want) line(text, sizeof text - 1, rc, want)

static int
number(const char *text, int want)
{
	int value = 0;

	put("conf/x", text, strlen(text));
	return conf_int("x", 42, &value) == 0 && value == want;
}

static void
lines(void)
{
	T(conf_line("missing", &got) == 0 && got.n == 0);
	T(LINE("host", 1, "host"));
	T(LINE(" \t host name \r\nsecond\n", 1, "host name"));
	T(LINE("\v\fhost\f\v\n", 1, "host"));
	T(LINE("", 0, ""));
	T(LINE("\nsecond\n", 0, ""));
	T(LINE("# no comment\n", 1, "# no comment"));
	T(LINE("\xc3\xa9\n", 1, "\xc3\xa9"));
	T(LINE("a\0b\n", 1, "a") && got.n == 3);
}

static void
numbers(void)
{
	int value = 0;

	T(conf_int("missing", 42, &value) == 0 && value == 42);
	T(number("10\n", 10) && number(" 10x\n", 10) && number("0", 0));
	T(number("-5\n", -5) && number("+5\n", 5));
	T(number("x", 42) && number("", 42) && number("- 5", 42));
	T(number("2147483647", 2147483647));
	T(number("2147483648", 42) && number("99999999999999999999", 42));
}

/* A signal comes at each read of a file first. */
static int signals;

ssize_t
read(int fd, void *to, size_t n)
{
	if (signals && signals++ % 2) {
		errno = EINTR;
		return -1;
	}
	return readv(fd, &(struct iovec){ to, n }, 1);
}

static void
interrupted(void)
{
	put("conf/x", "a\n\nb", 4);
	signals = 1;
	T(conf_file("x", &got) == 1 && !strcmp(buf_z(&got), "a\n\nb"));
	T(conf_line("x", &got) == 1 && !strcmp(buf_z(&got), "a"));
	T(signals > 4);
	signals = 0;
}

static void
files(void)
{
	int value = 0;

	put("conf/x", "a\n\nb", 4);
	T(conf_file("x", &got) == 1 && !strcmp(buf_z(&got), "a\n\nb"));
	T(conf_file("missing", &got) == 0 && got.n == 0);
	T(mkdir("conf/d", 0700) == 0);
	T(conf_line("d", &got) == 0 && got.n == 0);
	T(conf_line("x/y", &got) == -1);
	T(strstr(conf_why(), "Could not read config file \"") == conf_why());
	T(strstr(conf_why(), "/conf/x/y\": Not a directory") != NULL);
	T(conf_int("x/y", 42, &value) == -1 && value == 42);
	T(truncate("conf/x", 2 * 1024 * 1024) == 0 &&
	    conf_file("x", &got) == -1);
	T(conf_line("x", &got) == 1 && !strcmp(buf_z(&got), "a"));
	T(truncate("conf/x", 1) == 0 &&
	    truncate("conf/x", 2 * 1024 * 1024) == 0 &&
	    conf_line("x", &got) == -1);
	T(mkfifo("conf/fifo", 0600) == 0 && conf_line("fifo", &got) == 0);
}

int
main(void)
{
	char dir[] = "/tmp/unit-conf-XXXXXX";

	if (!mkdtemp(dir) || chdir(dir) < 0 || mkdir("conf", 0700) < 0)
		return 1;
	setenv("NULLMAILER_TEST_PREFIX", dir, 1);
	lines();
	numbers();
	interrupted();
	files();
	unlink("conf/x");
	unlink("conf/fifo");
	rmdir("conf/d");
	rmdir("conf");
	rmdir(dir);
	buf_free(&got);
	return T_END();
}

/* secret - what a passfile may hold, and what is none. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../../lib/smtp/secret.h"
#include "../t.h"

static char top[] = "/tmp/secret.XXXXXX";
static struct buf secret, why;

/* The word in a file of that text; NULL: the words are expected. */
static int
reads(struct str text, struct str want, const char *words)
{
	int fd = open("f", O_WRONLY | O_CREAT | O_TRUNC, 0600), rc;

	T(fd >= 0 && write(fd, text.p, text.n) == (ssize_t)text.n);
	close(fd);
	buf_clear(&why);
	rc = secret_read("f", &secret, &why);
	if (words)
		return rc < 0 && strstr(buf_z(&why), words) != NULL;
	return rc == 0 && !why.n && str_eq(buf_str(&secret), want);
}

static int
refuses(const char *name, const char *words)
{
	buf_clear(&why);
	return secret_read(name, &secret, &why) < 0 &&
	    strstr(buf_z(&why), words) != NULL;
}

static void
lines(void)
{
	struct buf line = { 0 };

	T(reads(STR("word\n"), STR("word"), NULL));
	T(reads(STR("word"), STR("word"), NULL));
	T(reads(STR("word\r\n"), STR("word"), NULL));
	T(reads(STR("word\r"), STR("word\r"), NULL));
	T(reads(STR(" a b\t\nnext\n"), STR(" a b\t"), NULL));
	T(reads(STR("a\0b\377\n"), STR("a\0b\377"), NULL));
	T(reads(STR(""), STR(""), "is empty") &&
	    reads(STR("\nword"), STR(""), "is empty") &&
	    reads(STR("\r\n"), STR(""), "is empty"));
	memset(buf_room(&line, 4097), 'x', 4097);
	line.n = 4096;
	T(reads(buf_str(&line), buf_str(&line), NULL));
	buf_addc(&line, '\n');
	T(reads(buf_str(&line), str_head(buf_str(&line), 4096), NULL));
	line.p[4096] = 'x';
	T(reads(buf_str(&line), STR(""), "4096"));
	buf_free(&line);
}

static void
files(void)
{
	T(refuses("none", "No such file"));
	T(refuses(".", "no regular file") || refuses(".", "directory"));
	T(mkfifo("p", 0600) == 0 && refuses("p", "no regular file"));
	T(refuses("/dev/zero", "no regular file"));
	T(symlink("f", "l") == 0 && reads(STR("a\n"), STR("a"), NULL) &&
	    secret_read("l", &secret, &why) == 0);
	T(mkdir("conf", 0700) == 0 && rename("f", "conf/g") == 0);
	T(secret_read("g", &secret, &why) == 0 &&
	    str_eq(buf_str(&secret), STR("a")));
}

int
main(void)
{
	T(mkdtemp(top) && chdir(top) == 0 &&
	    setenv("NULLMAILER_TEST_PREFIX", top, 1) == 0);
	lines();
	files();
	unlink("p");
	unlink("l");
	unlink("conf/g");
	rmdir("conf");
	rmdir(top);
	buf_free(&secret);
	buf_free(&why);
	return T_END();
}

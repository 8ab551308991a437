/* pattern - every row of tests/data/patterns.txt. */
#include <fcntl.h>
#include <unistd.h>

#include "../../../lib/mail/pattern.h"
#include "../t.h"

static int
is_said(struct str list, struct str want)
{
	struct buf why = { 0 };
	struct buf text = { 0 };
	int rc, ok;

	buf_set(&text, list);
	rc = pattern_check(buf_z(&text), 1, &why);
	ok = str_eq(str_skip(buf_str(&why), want.n ? 9 : 0), want) &&
	    rc == (want.n ? -1 : 0);

	if (!ok)
		printf("# %.*s: %s\n", (int)list.n, list.p, buf_z(&why));
	buf_free(&text);
	buf_free(&why);
	return ok;
}

static int
holds(struct str line)
{
	struct str list = str_cut(&line, '\t'), address = str_cut(&line, '\t');
	int got, want = str_eq(line, STR("-")) ? -1 :
	    str_eq(line, STR("1"));

	if (str_eq(address, STR("!")))
		return is_said(list, line);
	if (str_eq(address, STR("<>")))
		address = STR("");
	got = pattern_match(list, address);
	if (got != want)
		printf("# %.*s for %.*s: %d\n", (int)list.n, list.p,
		    (int)address.n, address.p, got);
	return got == want;
}

static int
table(int least)
{
	static char text[65536];
	int fd = open("tests/data/patterns.txt", O_RDONLY), good = 1, rows = 0;
	ssize_t n = read(fd, text, sizeof text);
	struct str rest = { text, n > 0 ? (size_t)n : 0 }, line;

	close(fd);
	while (rest.n) {
		line = str_cut(&rest, '\n');
		if (!line.n || line.p[0] == '#')
			continue;
		good &= holds(line);
		rows++;
	}
	return good && rows >= least;
}

int
main(void)
{
	struct buf why = { 0 };

	T(table(75));
	T(pattern_check("<>", 0, &why) < 0);
	T(str_eq(buf_str(&why), STR("if-to: '<>' is no pattern")));
	T(pattern_check(NULL, 0, &why) == 0);
	buf_free(&why);
	return T_END();
}

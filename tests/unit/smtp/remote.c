/* remote - every row of tests/data/remotes.txt, and files of many lines. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "../../../lib/base/err.h"
#include "../../../lib/smtp/remote.h"
#include "../t.h"

/* The remote as the table writes it: protocol and words, separated by TABs. */
static void
write_row(const struct remote *r, struct buf *out)
{
	struct str options = buf_str(&r->lines);

	buf_add(out, STR("> "));
	buf_add(out, r->name.n ? buf_str(&r->name) : STR("@"));
	while (options.n)
		buf_cat(out, STR("\t"), str_cut(&options, '\n'));
}

static int
row(struct str line, struct str want)
{
	struct buf text = { 0 }, got = { 0 };
	struct remotes r;
	size_t n = line.n;
	int ok;

	if (n > 4 && str_eq(str_skip(line, n - 4), STR("<CR>"))) {
		buf_add(&text, str_head(line, n - 4));
		buf_addc(&text, '\r');
	} else {
		buf_add(&text, line);
	}
	remotes_parse(&r, buf_str(&text));
	if (r.count)
		write_row(&r.list[0], &got);
	else
		buf_set(&got, STR(">"));
	ok = r.count < 2 && str_eq(buf_str(&got), want);
	if (!ok)
		printf("# %s gives %s\n", buf_z(&text), buf_z(&got));
	remotes_free(&r);
	buf_free(&text);
	buf_free(&got);
	return ok;
}

/* What is said of the line, with its number. */
static int
mistake(struct str line, struct str want)
{
	struct buf text = { 0 }, got = { 0 };
	struct remotes r;
	int ok;

	buf_cat(&text, STR("\n#\n"), line, STR("\n"));
	remotes_parse(&r, buf_str(&text));
	buf_set(&text, want.n > 2 ? STR("remotes, line 3: ") : STR(""));
	buf_cat(&text, str_skip(want, 2), want.n > 2 ? STR("\n") : STR(""));
	remotes_notes(&r, &got);
	ok = r.count == 1 && str_eq(buf_str(&got), buf_str(&text));
	if (!ok)
		printf("# %.*s: %s\n", (int)line.n, line.p, buf_z(&got));
	remotes_free(&r);
	buf_free(&text);
	buf_free(&got);
	return ok;
}

/* Whether all rows hold, and are so many. */
static int
table(const char *name, int (*holds)(struct str, struct str), int least)
{
	static char text[65536];
	int fd = open(name, O_RDONLY), good = 1, rows = 0;
	struct str rest = { text, 0 }, line, given = { 0 };
	ssize_t n = read(fd, text, sizeof text);

	close(fd);
	rest.n = n > 0 ? (size_t)n : 0;
	while (rest.n) {
		line = str_cut(&rest, '\n');
		if (str_starts(line, STR("< ")))
			given = str_skip(line, 2);
		if (!str_starts(line, STR(">")))
			continue;
		good &= holds(given, line);
		rows++;
	}
	return good && rows >= least;
}

/* HOST:PORT, where the log names the host alone. */
static int
goes_to(const char *line, const char *host, int port)
{
	struct remotes r;
	int ok;

	remotes_parse(&r, str_of(line));
	ok = r.count == 1 && !r.list[0].fault &&
	    !strcmp(r.list[0].options.host, host) &&
	    !strcmp(buf_z(&r.list[0].host), host) &&
	    r.list[0].options.port == port;
	remotes_free(&r);
	return ok;
}

static void
ports(void)
{
	T(goes_to("a.x:587", "a.x", 587) && goes_to("a.x", "a.x", 25));
	T(goes_to("[a.x]:587 smtp tls", "a.x", 587));
	T(goes_to("[::1]:26 qmqp", "::1", 26));
	T(goes_to("::1", "::1", 25) && goes_to("[::1]", "[::1]", 25));
	T(goes_to("2001:db8::587", "2001:db8::587", 25));
	T(goes_to("a.x:587 smtp port=26", "a.x", 26));
	T(goes_to("\357\273\277a.x smtp", "a.x", 25));
	T(goes_to("192.0.2.1:26\r", "192.0.2.1", 26));
}

static void
files(void)
{
	struct remotes r, s;

	remotes_parse(&r, STR(""));
	T(r.count == 0);
	remotes_free(&r);
	remotes_parse(&r, STR("# a\r\n\r\n  \n\t# b\n"));
	T(r.count == 0);
	remotes_free(&r);
	remotes_parse(&r, STR("a\r\n#\nb qmqp x=y\n\n  c smtp # last"));
	T(r.count == 3);
	T(str_eq(buf_str(&r.list[0].host), STR("a")));
	T(str_eq(buf_str(&r.list[1].name), STR("qmqp")));
	T(str_eq(buf_str(&r.list[1].lines), STR("host=b\nx=y\n")));
	T(str_eq(buf_str(&r.list[2].lines), STR("host=c\n#\nlast\n")));
	remotes_parse(&s, STR("'a' smtp\nb qmqp x=z\n"));
	T(remote_equal(&r.list[0], &s.list[0]));
	T(!remote_equal(&r.list[1], &s.list[1]));
	remotes_free(&s);
	remotes_free(&r);
	T(r.count == 0 && !r.list);
}

/* What stands in the line is known when the file has been read. */
static void
parsed(void)
{
	struct remotes r;

	remotes_parse(&r, STR("a smtp port=26 sessions=2 # port=27\n"
	    "b smtp what\nc qmqp starttls\nd own what\ne smtp sessions=0\n"
	    "f smtp sessions=1001\ng smtp tls\n"));
	T(r.count == 7 && r.list[0].protocol && !r.list[0].fault);
	T(!strcmp(r.list[0].options.host, "a"));
	T(r.list[0].options.port == 26 && r.list[0].sessions == 2);
	T(r.list[1].fault == ERR_USAGE && r.list[1].why.n > 0);
	T(r.list[2].fault == ERR_USAGE && r.list[2].why.n > 0);
	T(!r.list[3].protocol && !r.list[3].fault);
	T(r.list[4].sessions == REMOTE_SESSIONS);
	T(r.list[5].sessions == REMOTE_SESSIONS);
	T(r.list[6].options.port == 465);
	remotes_free(&r);
}

/* Which lines take a recipient r@x.y: their numbers. */
static const struct {
	const char *lines, *sender, *want;
} ways[] = {
	{ "a\nb\n", "s@x.y", "01" },
	{ "a smtp if-from=s@x.y\nb smtp if-from=@z\nc", "S@x.y", "02" },
	{ "a smtp if-to=@x.y\nb smtp if-to=!@x.y\nc own if-to=@z", "s@x.y", "0" },
	{ "a smtp if-to=@x.y if-from=@z\nb own if-to=@x.y", "s@x.y", "1" },
	{ "a smtp if-to=@z\nb smtp if-from=@z", "s@x.y", "" },
	{ "a smtp what=x if-to=@z\nb", "s@x.y", "1" },
	/* the null sender */
	{ "a smtp if-from=@x.y\nb\nc", "", "12" },
	{ "a smtp if-from=@x.y\nb\nc smtp if-from=<>", "", "12" },
	{ "a smtp if-from=@x.y\nb smtp if-from=!@z\nc smtp if-from=@z", "", "1" },
	{ "a smtp if-from=@x.y\nb smtp if-from=@z", "", "0" },
	{ "a smtp if-from=!<>\nb smtp if-from=@z", "", "1" },
	{ "a smtp if-from=!<>\nb smtp if-from=!<>", "", "" },
	{ "a smtp if-from=@x.y if-to=@z\nb smtp if-from=@z\n"
	    "c smtp if-from=@z", "", "1" },
	{ "a smtp if-from=@x.y if-to=@x.y\nb smtp if-from=@z\n"
	    "c smtp if-from=@z", "", "01" },
	{ "a smtp if-from=@x.y\nb smtp if-to=@z\n", "", "" },
};

static int
goes(const char *lines, const char *sender, const char *want)
{
	char got[8] = "";
	struct remotes r;
	size_t i, n = 0;

	remotes_parse(&r, str_of(lines));
	for (i = 0; i < r.count; i++)
		if (remotes_take(&r, i, str_of(sender), STR("r@x.y")))
			got[n++] = (char)('0' + i);
	remotes_free(&r);
	if (strcmp(got, want))
		printf("# %s from <%s>: %s\n", lines, sender, got);
	return !strcmp(got, want);
}

static void
chosen(void)
{
	struct remotes r, s;
	size_t i;

	for (i = 0; i < sizeof ways / sizeof ways[0]; i++)
		T(goes(ways[i].lines, ways[i].sender, ways[i].want));
	remotes_parse(&r, STR("a own if-to=@x.y\nb"));
	remotes_parse(&s, STR("a own if-to=@x.z\nb"));
	T(remote_chooses(&r.list[0]) && !remote_chooses(&r.list[1]));
	T(!remotes_equal(&r, &s) && remotes_equal(&r, &r));
	remotes_free(&r);
	remotes_free(&s);
}

int
main(void)
{
	T(table("tests/data/remotes.txt", row, 54));
	T(table("tests/data/mistakes.txt", mistake, 60));
	ports();
	files();
	parsed();
	chosen();
	return T_END();
}

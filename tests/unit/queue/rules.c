/* rules - what becomes of the recipients of an envelope (the table is
 * tests/data/aliases.txt), limits, and files that hold nonsense. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../../lib/conf/conf.h"
#include "../../../lib/mail/aliases.h"
#include "../../../lib/queue/rules.h"
#include "../t.h"

static char top[] = "/tmp/rules.XXXXXX";

static void
put(const char *name, struct str text)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof path, "%s/conf/%s", top, name);
	if (!text.n) {
		unlink(path);
		return;
	}
	f = fopen(path, "w");
	if (!f || fwrite(text.p, 1, text.n, f) != text.n || fclose(f))
		abort();
}

static void
usual(void)
{
	put("me", STR("host.example.org"));
	put("defaulthost", STR("mail.example.net"));
	put("defaultdomain", STR("example.org"));
	put("adminaddr", STR(""));
	put("aliases", STR(""));
}

/* C escapes: \n, \r, \t, \\, and three octal digits. */
static void
unescape(struct str s, struct buf *out)
{
	static const char from[] = "nrt\\", to[] = "\n\r\t\\";
	const char *at;
	size_t i;

	for (i = 0; i < s.n; i++) {
		if (s.p[i] != '\\' || i + 1 == s.n) {
			buf_addc(out, s.p[i]);
		} else if ((at = strchr(from, s.p[++i])) && *at) {
			buf_addc(out, to[at - from]);
		} else {
			buf_addc(out, (char)strtol((char[]){ s.p[i],
			    s.p[i + 1], s.p[i + 2], 0 }, NULL, 8));
			i += 2;
		}
	}
}

static void
result(struct store_rules *r, struct str address, struct buf *got)
{
	struct buf out = { 0 };
	struct str rest;
	int rc;

	r->results = 0;
	buf_clear(&r->nobody);
	buf_clear(got);
	rc = store_recipient(r, address, &out);
	for (rest = buf_str(&out); rest.n && rc > 0;) {
		buf_add(got, str_cut(&rest, '\n'));
		if (rest.n)
			buf_addc(got, ',');
	}
	if (rc <= 0)
		buf_set(got, rc ? STR("far") : STR("bad"));
	else if (!got->n)
		buf_set(got, r->nobody.n ? STR("nobody") : STR("none"));
	buf_free(&out);
}

static int
gives(struct store_rules *r, struct str address, struct str want)
{
	struct buf got = { 0 };
	int same;

	result(r, address, &got);
	same = str_eq(buf_str(&got), want);
	if (!same)
		printf("# %.*s: got %s, not %.*s\n", (int)address.n,
		    address.p, buf_z(&got), (int)want.n, want.p);
	buf_free(&got);
	return same;
}

/* Of the address, the rest of the line is what it gives. Some have blanks. */
static int
address_row(struct store_rules *r, struct str line)
{
	struct buf text = { 0 };
	struct str all;
	size_t at;
	int ok;

	unescape(line, &text);
	all = buf_str(&text);
	at = str_rfind(all, ' ');
	ok = at < all.n && gives(r, str_head(all, at), str_skip(all, at + 1));
	buf_free(&text);
	return ok;
}

static void
want_note(struct str line, struct buf *want)
{
	struct str number = str_cut(&line, ' ');

	buf_cat(want, STR("aliases: line "), number, line.n ?
	    STR(": a program, file or :include: is left out\n") :
	    STR(": not NAME: ADDRESS, ..., so left out\n"));
}

/* A file with all its rows. */
static int
file(struct str rows, int *addresses)
{
	struct store_rules r = { .bare = 0 };
	struct buf text = { 0 }, want = { 0 }, notes = { 0 }, name = { 0 };
	struct str rest, line;
	int ok = 1;

	usual();
	for (rest = rows; rest.n;) {
		line = str_cut(&rest, '\n');
		if (line.p[0] == '<') {
			unescape(str_skip(line, 2), &text);
			buf_addc(&text, '\n');
		} else if (line.p[0] == '=') {
			line = str_skip(line, 2);
			buf_set(&name, str_cut(&line, ' '));
			put(buf_z(&name), line);
		} else if (line.p[0] == '!') {
			want_note(str_skip(line, 2), &want);
		}
	}
	put("aliases", buf_str(&text));
	ok = store_rules_load(&r, 1) == 0 && aliases_check(&notes) >= 0;
	if (!str_eq(buf_str(&notes), buf_str(&want))) {
		printf("# %s# instead of\n# %s", buf_z(&notes), buf_z(&want));
		ok = 0;
	}
	for (rest = rows; rest.n;) {
		line = str_cut(&rest, '\n');
		if (line.p[0] != '>')
			continue;
		ok &= address_row(&r, str_skip(line, 2));
		++*addresses;
	}
	store_rules_free(&r);
	buf_free(&text);
	buf_free(&want);
	buf_free(&notes);
	buf_free(&name);
	return ok;
}

static void
table(void)
{
	char line[512];
	FILE *f = fopen("tests/data/aliases.txt", "r");
	struct buf rows = { 0 };
	int files = 0, addresses = 0, more;

	T(f != NULL);
	do {
		more = f && fgets(line, sizeof line, f);
		if (more && strchr("<>!=", line[0]) && line[0]) {
			buf_add(&rows, str_of(line));
		} else if (rows.n && (!more || line[0] == '\n')) {
			T(file(buf_str(&rows), &addresses));
			buf_clear(&rows);
			files++;
		}
	} while (more);
	T(files >= 60 && addresses > 100);
	buf_free(&rows);
	if (f)
		fclose(f);
}

/* COUNT targets for "all", each of them another name with FANOUT of its own. */
static int
fan_out(int count, int fanout, const char *want)
{
	struct store_rules r = { .bare = 0 };
	struct buf text = { 0 }, got = { 0 };
	int i, j, ok;

	usual();
	buf_set(&text, STR("all: x0"));
	for (i = 1; i < count; i++)
		buf_fmt(&text, ",\n x%d", i);
	for (i = 0; i < count && fanout; i++)
		for (j = 0; j < fanout; j++)
			buf_fmt(&text, j ? ", y%d.%d@x.y" :
			    "\nx%d: y%d@x.y", i, j);
	put("aliases", buf_str(&text));
	ok = store_rules_load(&r, 1) == 0;
	result(&r, STR("all"), &got);
	ok &= str_starts(buf_str(&got), str_of(want));
	if (!ok)
		printf("# %.60s\n", buf_z(&got));
	store_rules_free(&r);
	buf_free(&text);
	buf_free(&got);
	return ok;
}

/* The limit is that of a message. */
static void
limits(void)
{
	struct store_rules r = { .bare = 0 };
	struct buf out = { 0 }, text = { 0 };
	int i, rc = 1;

	T(fan_out(1000, 0, "x0@mail.example.net,"));
	T(fan_out(1001, 0, "far"));
	T(fan_out(30, 30, "y0@x.y,"));
	T(fan_out(31, 32, "far"));
	usual();
	put("aliases", STR("a: x@y.z, y@y.z\n"));
	T(store_rules_load(&r, 1) == 0);
	for (i = 0; i < 500 && rc > 0; i++)
		rc = store_recipient(&r, STR("a"), &out);
	T(rc > 0 && store_recipient(&r, STR("a"), &out) == -1);
	store_rules_free(&r);
	buf_set(&text, STR("# "));
	while (text.n < 1024 * 1024)
		buf_addc(&text, 'x');
	put("aliases", buf_str(&text));
	T(store_rules_load(&r, 0) == -1);
	T(strstr(conf_why(), "conf/aliases\": File too large"));
	store_rules_free(&r);
	buf_free(&out);
	buf_free(&text);
}

/* Only an injector of ours gives names without a domain. */
static void
bare(void)
{
	struct store_rules r = { .bare = 0 };

	usual();
	put("aliases", STR("root: jane@example.com\n"));
	T(store_rules_load(&r, 0) == 0);
	T(gives(&r, STR("root"), STR("bad")));
	T(gives(&r, STR("root@localhost"), STR("jane@example.com")));
	store_rules_free(&r);
	put("aliases", STR(""));
	T(store_rules_load(&r, 1) == 0);
	T(gives(&r, STR("root"), STR("root@mail.example.net")));
	store_rules_free(&r);
}

/* Nonsense is named, with the file, and takes no mail. */
static void
nonsense(void)
{
	static const char *const files[] = { "adminaddr", "allmailfrom",
		"allmailto", "alwaysbcc" };
	static const char *const values[] = { "# who", "a@", "<", "@x.y",
		"a@x.y, b@" };
	size_t i, k;

	usual();
	for (i = 0; i < sizeof files / sizeof files[0]; i++) {
		for (k = 0; k < sizeof values / sizeof values[0]; k++) {
			struct store_rules r = { .bare = 0 };

			put(files[i], str_of(values[k]));
			T(store_rules_load(&r, 0) == -2);
			T(strstr(conf_why(), files[i]) &&
			    strstr(conf_why(), ": no addresses"));
			store_rules_free(&r);
		}
		put(files[i], STR(""));
	}
}

int
main(void)
{
	char command[64];

	if (!mkdtemp(top))
		return 1;
	setenv("NULLMAILER_TEST_PREFIX", top, 1);
	snprintf(command, sizeof command, "mkdir %s/conf", top);
	T(system(command) == 0);
	table();
	limits();
	bare();
	nonsense();
	snprintf(command, sizeof command, "rm -r %s", top);
	T(system(command) == 0);
	return T_END();
}

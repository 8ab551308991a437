/* dsn - status codes by the table tests/data/status.txt, who gets a report,
 * and what becomes of texts that no header can bear. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../../lib/mail/dsn.h"
#include "../t.h"

static struct buf got;

static int
collect(void *context, struct str bytes)
{
	(void)context;
	buf_add(&got, bytes);
	return 0;
}

static int
refuse(void *context, struct str bytes)
{
	(void)context, (void)bytes;
	errno = ENOSPC;
	return -1;
}

static int
file_of(struct str text)
{
	char name[] = "/tmp/dsn.XXXXXX";
	int fd = mkstemp(name);

	unlink(name);
	if (write(fd, text.p, text.n) != (ssize_t)text.n)
		exit(1);
	return fd;
}

static void
unescape(struct buf *b, struct str s)
{
	size_t i;

	buf_clear(b);
	for (i = 0; i < s.n; i++)
		if (s.p[i] == '\\' && i + 1 < s.n)
			buf_addc(b, s.p[++i] == 'n' ? '\n' : '\t');
		else
			buf_addc(b, s.p[i]);
}

static int
status_is(enum dsn_kind kind, struct str text, const char *wanted)
{
	struct buf b = { 0 };
	int rc;

	dsn_status(&b, kind, text, STR("5.4.7"));
	rc = !strcmp(buf_z(&b), wanted);
	if (!rc)
		printf("# got %s, wanted %s\n", buf_z(&b), wanted);
	buf_free(&b);
	return rc;
}

static void
table(void)
{
	char line[512], wanted[16];
	struct buf text = { 0 };
	FILE *f = fopen("tests/data/status.txt", "r");
	int rows = 0, right = 0;

	while (f && fgets(line, sizeof line, f)) {
		struct str rest = str_of(line), said = str_cut(&rest, '\t');
		struct str code = str_trim(rest);

		if (line[0] == '#')
			continue;
		unescape(&text, said);
		if (str_eq(code, STR("none")))
			code = STR("5.4.7");
		snprintf(wanted, sizeof wanted, "5%.*s", (int)code.n - 1,
		    code.p + 1);
		rows++;
		right += status_is(DSN_FAILED, buf_str(&text), wanted);
		wanted[0] = '4';
		right += status_is(DSN_DELAYED, buf_str(&text), wanted);
	}
	T(rows >= 30);
	T(right == 2 * rows);
	buf_free(&text);
	if (f)
		fclose(f);
}

static void
operands(void)
{
	T(dsn_is_status(STR("5.1.1")));
	T(dsn_is_status(STR("4.999.0")));
	T(!dsn_is_status(STR("")));
	T(!dsn_is_status(STR("2.1.1")));
	T(!dsn_is_status(STR("5.1.1 ")));
	T(!dsn_is_status(STR(" 5.1.1")));
	T(!dsn_is_status(STR("5.1111.1")));
	T(!dsn_is_status(STR("5.1")));
}

static void
rules(struct dsn_rules *r)
{
	*r = (struct dsn_rules){ 0 };
	buf_set(&r->me, STR("f.q.d.n"));
	buf_set(&r->idhost, STR("id.f.q.d.n"));
}

static int
goes_to(struct dsn_rules *r, struct str sender, const char *wanted)
{
	struct dsn d = { .sender = sender };
	struct buf target = { 0 };
	int rc = dsn_target(&d, r, &target) == (*wanted != '\0') &&
	    !strcmp(buf_z(&target), wanted);

	if (!rc)
		printf("# got %s", buf_z(&target));
	buf_free(&target);
	return rc;
}

static void
targets(void)
{
	struct dsn_rules r;

	rules(&r);
	T(goes_to(&r, STR("a@b.c"), "a@b.c\n"));
	T(goes_to(&r, STR("a"), "a\n"));
	T(goes_to(&r, STR(""), ""));
	T(goes_to(&r, STR("#@[]"), ""));
	buf_set(&r.adminaddr, STR("x@y.z\nv@w.x\n"));
	T(goes_to(&r, STR("a@b.c"), "a@b.c\n"));
	T(goes_to(&r, STR("a"), "x@y.z\nv@w.x\n"));
	T(goes_to(&r, STR(""), "x@y.z\nv@w.x\n"));
	buf_set(&r.bounceto, STR("b@t.o\n"));
	T(goes_to(&r, STR("a@b.c"), "b@t.o\n"));
	T(goes_to(&r, STR("#@[]"), "x@y.z\nv@w.x\n"));
	buf_set(&r.doublebounceto, STR("d@b.t\n"));
	T(goes_to(&r, STR("a@b.c"), "b@t.o\n"));
	T(goes_to(&r, STR(""), "d@b.t\n"));
	dsn_rules_free(&r);
}

static int
wanted(enum dsn_kind kind, struct str sender, struct str header)
{
	struct dsn d = { .kind = kind, .sender = sender };
	struct buf why = { 0 };
	int rc;

	d.message = file_of(header);
	rc = dsn_wanted(&d, &why);
	if ((rc == 0) != (why.n > 0))
		rc = 99;
	close(d.message);
	buf_free(&why);
	return rc;
}

static void
loops(void)
{
	struct str sender = STR("a@b.c"), null = STR("");
	struct str ours = STR("From: x\nTo: <>\n"
	    "Auto-Submitted: auto-replied\n");
	struct dsn d = { .message = -1 };
	struct buf why = { 0 };

	T(wanted(DSN_FAILED, sender, STR("From: x\n\nx\n")) == 1);
	T(wanted(DSN_FAILED, sender, STR("")) == 1);
	T(wanted(DSN_FAILED, null, STR("From: x\nTo: <a@b.c>\n")) == 1);
	T(wanted(DSN_DELAYED, null, STR("From: x\nTo: <a@b.c>\n")) == 0);
	T(wanted(DSN_FAILED, null, ours) == 0);
	T(wanted(DSN_FAILED, STR("#@[]"), ours) == 0);
	T(wanted(DSN_FAILED, sender, ours) == 0);
	T(wanted(DSN_FAILED, sender, STR("Auto-submitted: no\n")) == 1);
	T(wanted(DSN_FAILED, sender,
	    STR("Auto-Submitted: auto-generated\n")) == 1);
	T(wanted(DSN_FAILED, null, STR("From: x\n\nTo: <>\n")) == 1);
	T(dsn_wanted(&d, &why) == -1);
	buf_free(&why);
}

static void
search(void)
{
	struct buf text = { 0 };
	int fd, hits = 0;
	size_t i;

	for (i = 0; i < 70000; i++)
		buf_addc(&text, 'x');
	memcpy(text.p + 16380, "=_0123456789", 12);
	memcpy(text.p + 69991, "=_tail", 6);
	fd = file_of(buf_str(&text));
	T(dsn_occurs(fd, 0, 70000, STR("=_0123456789")) == 1);
	T(dsn_occurs(fd, 16380, 70000, STR("=_0123456789")) == 1);
	T(dsn_occurs(fd, 16381, 70000, STR("=_0123456789")) == 0);
	T(dsn_occurs(fd, 0, 16391, STR("=_0123456789")) == 0);
	T(dsn_occurs(fd, 0, 70000, STR("=_tail")) == 1);
	T(dsn_occurs(fd, 0, 69996, STR("=_tail")) == 0);
	T(dsn_occurs(fd, 0, 70000, STR("=_none")) == 0);
	T(dsn_occurs(-1, 0, 70000, STR("x")) == -1);
	for (i = 0; i < 2000; i++)
		hits += dsn_occurs(fd, (off_t)(16380 - i), 70000,
		    STR("=_0123456789"));
	T(hits == 2000);
	close(fd);
	buf_free(&text);
}

static struct str
value(const char *name)
{
	const char *at = strstr(buf_z(&got), name);
	struct str rest = str_of(at ? at + strlen(name) : "");

	return str_cut(&rest, '\n');
}

static void
write_one(struct str address, struct str diagnostic)
{
	struct dsn_recipient one = { address, { NULL, 0 }, diagnostic };
	struct dsn d = { .sender = STR("a@b.c"), .recipients = &one,
	    .count = 1, .default_status = STR("5.0.0") };
	struct dsn_rules r;

	rules(&r);
	buf_clear(&got);
	d.message = file_of(STR("Subject: x\n\nbody\n"));
	if (dsn_write(&d, &r, STR("a@b.c\n"), collect, NULL) < 0)
		buf_clear(&got);
	close(d.message);
	dsn_rules_free(&r);
}

static int
shows(const char *name, const char *text)
{
	struct str s = value(name);
	int rc = str_eq(s, str_of(text));

	if (!rc)
		printf("# got %.*s\n", (int)s.n, s.p);
	return rc;
}

/* The longest line of the report. */
static size_t
width(void)
{
	struct str rest = buf_str(&got);
	size_t n, most = 0;

	while (rest.n) {
		n = str_cut(&rest, '\n').n;
		if (n > most)
			most = n;
	}
	return most;
}

static void
texts(void)
{
	struct buf longer = { 0 };

	write_one(STR("r@a.b"), STR("SMTP; 550-5.1.1 a\r\n550 5.1.1 b\r\n"));
	T(shows("Status: ", "5.1.1"));
	T(shows("Diagnostic-Code: ", "SMTP; 550-5.1.1 a / 550 5.1.1 b"));
	write_one(STR("r@a.b"), STR("a\033[2J\0b\nAction: delivered\n\n--x"));
	T(shows("Diagnostic-Code: ", "a?[2J?b / Action: delivered /  / --x"));
	T(!strstr(buf_z(&got), "\nAction: delivered"));
	write_one(STR("r@a.b"), STR("\xff\xc3\xbc"));
	T(shows("Diagnostic-Code: ", "??"));
	T(strstr(buf_z(&got), "            ?\xc3\xbc\n") != NULL);
	write_one(STR("\xc3\xbc+\xe2\x82\xac\xff@a.b"), STR(""));
	T(shows("Final-Recipient: ",
	    "utf-8; \\x{fc}\\x{2b}\\x{20ac}\\x{3f}@a.b"));
	T(!strstr(buf_z(&got), "Diagnostic-Code"));
	T(shows("Status: ", "5.0.0"));
	write_one(STR("r s@a.b"), STR(""));
	T(shows("Final-Recipient: ", "rfc822; \"r s\"@a.b"));
	while (longer.n < 100000)
		buf_add(&longer, STR("wort "));
	write_one(STR("r@a.b"), buf_str(&longer));
	T(width() > 890 && width() < 998);
	T(got.n < 12000);
	buf_clear(&longer);
	while (longer.n < 100000)
		buf_add(&longer, STR("\xe2\x82\xac"));
	write_one(STR("r@a.b"), buf_str(&longer));
	T(width() < 998);
	T(got.n && !strstr(buf_z(&got), "\xe2\x82\n"));
	buf_free(&longer);
}

static void
failures(void)
{
	struct dsn_recipient one = { STR("r@a.b"), STR("5.1.1"), STR("") };
	struct dsn d = { .sender = STR("a@b.c"), .recipients = &one,
	    .count = 1, .message = -1 };
	struct dsn_rules r;

	rules(&r);
	T(dsn_write(&d, &r, STR("a@b.c\n"), collect, NULL) == -1 &&
	    errno == EBADF);
	d.message = file_of(STR("Subject: x\n"));
	T(dsn_write(&d, &r, STR("a@b.c\n"), refuse, NULL) == -1 &&
	    errno == ENOSPC);
	close(d.message);
	dsn_rules_free(&r);
}

int
main(void)
{
	table();
	operands();
	targets();
	loops();
	search();
	texts();
	failures();
	buf_free(&got);
	return T_END();
}

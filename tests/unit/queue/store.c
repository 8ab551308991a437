/* store - the rules of the envelope (tests/data/queue.txt), and input of every
 * shape and size. */
#include <fcntl.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../../lib/mail/envelope.h"
#include "../../../lib/queue/spool.h"
#include "../../../lib/queue/store.h"
#include "../t.h"

static char top[] = "/tmp/store.XXXXXX";

static void
put(const char *name, struct str text)
{
	char path[128];
	int fd;

	snprintf(path, sizeof path, "%s/%s", top, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || write(fd, text.p, text.n) != (ssize_t)text.n)
		abort();
	close(fd);
}

static struct str
field(struct str *line)
{
	struct str f = str_cut(line, '\t');

	return str_eq(f, STR("-")) ? STR("") : f;
}

/* Joins lines by commas. */
static void
join(struct str lines, struct buf *out)
{
	struct str one;

	while (lines.n) {
		one = str_cut(&lines, '\n');
		buf_cat(out, one, lines.n ? STR(",") : STR(""));
	}
}

static void
store_envelope(struct store_rules *r, struct str sender,
    struct str recipients, struct buf *got)
{
	struct buf lines = { 0 };
	int ok;

	buf_clear(got);
	ok = store_sender(r, sender, &lines);
	join(buf_str(&lines), got);
	buf_add(got, sender.n ? STR(">") : STR("->"));
	buf_clear(&lines);
	if (!ok)
		buf_set(got, STR("!sender"));
	else if (recipients.n == 0)
		buf_set(got, STR("!none"));
	while (ok && recipients.n)
		ok = store_recipient(r, str_cut(&recipients, ','), &lines);
	if (ok)
		join(buf_str(&lines), got);
	else if (!str_starts(buf_str(got), STR("!")))
		buf_set(got, STR("!recipient"));
	buf_free(&lines);
}

static int
row(struct str line)
{
	struct store_rules r = { .bare = 0 };
	struct str sender = field(&line), recipients = field(&line);
	struct str want;
	struct buf got = { 0 };
	int same;

	put("conf/adminaddr", field(&line));
	put("conf/allmailfrom", field(&line));
	want = str_cut(&line, '\t');
	if (DEBIAN_RULES && line.p)
		want = line;
	if (store_rules_load(&r, 0) < 0)
		return 0;
	store_envelope(&r, sender, recipients, &got);
	same = str_eq(buf_str(&got), want);
	if (!same)
		printf("# got %s want %s\n", buf_z(&got), want.p);
	store_rules_free(&r);
	buf_free(&got);
	return same;
}

static void
table(void)
{
	char line[512];
	FILE *f = fopen("tests/data/queue.txt", "r");
	struct str s;
	int rows = 0;

	T(f != NULL);
	while (f && fgets(line, sizeof line, f)) {
		s = str_of(line);
		s.n -= s.n && s.p[s.n - 1] == '\n';
		if (s.n == 0 || (s.p[0] == '#' && s.p[1] == ' '))
			continue;
		line[s.n] = '\0';
		T(row(s));
		rows++;
	}
	T(rows > 35);
	if (f)
		fclose(f);
	put("conf/adminaddr", STR(""));
	put("conf/allmailfrom", STR(""));
}

/* No rule lets a control byte in, whoever wrote it. */
static void
control_bytes(void)
{
	struct store_rules r = { .bare = 0 };
	struct buf out = { 0 };
	char address[] = "a?@b.c";
	int c, taken = 0;

	for (c = 0; c < 256; c++) {
		address[1] = (char)c;
		taken += store_recipient(&r, (struct str){ address, 6 }, &out);
		taken += store_sender(&r, (struct str){ address, 6 }, &out);
	}
	T(taken == 2 * (256 - 33));
	put("conf/adminaddr", STR("ok@x.y,\"a\tb\"@x.y"));
	T(store_rules_load(&r, 0) == -2);
	put("conf/adminaddr", STR(""));
	put("conf/allmailfrom", STR("\"a\tb\"@x.y"));
	T(store_rules_load(&r, 0) == -2);
	store_rules_free(&r);
	buf_free(&out);
	put("conf/adminaddr", STR(""));
	put("conf/allmailfrom", STR(""));
}

/* All of a message: code, stored text behind the Received field, and reason
 * go to the store, which the caller ends. */
static int
store_text(struct store *s, struct str text)
{
	int fd, rc;

	put("input", text);
	fd = open("input", O_RDONLY);
	if (fd < 0)
		abort();
	rc = store_begin(s, 77, 0);
	if (rc == 0)
		rc = store_copy(s, fd);
	if (rc == 0)
		rc = store_commit(s);
	close(fd);
	return rc;
}

static int
stored(struct str text, struct str envelope, struct str body)
{
	struct str received = STR("\nReceived: (nullmailer pid ");
	struct str invoked = STR(" invoked by uid 77);\n\t");
	struct buf all = { 0 };
	struct str rest;
	struct store s;
	int fd, ok = store_text(&s, text) == 0;
	ssize_t n;

	fd = ok ? spool_message(&s.spool, buf_z(&s.name), NULL) : -1;
	while (fd >= 0 && (n = read(fd, buf_room(&all, 65536), 65536)) > 0)
		all.n += (size_t)n;
	rest = buf_str(&all);
	ok = ok && str_starts(rest, envelope);
	rest = str_skip(rest, envelope.n);
	ok = ok && str_starts(rest, received);
	rest = str_skip(rest, received.n);
	rest = str_skip(rest, str_find(rest, ' '));
	ok = ok && str_starts(rest, invoked);
	rest = str_skip(rest, invoked.n);
	rest = str_skip(rest, str_find(rest, '\n') + 1);
	ok = ok && str_eq(rest, body);
	if (fd >= 0)
		close(fd);
	unlinkat(s.spool.queue, buf_z(&s.name), 0);
	store_end(&s);
	buf_free(&all);
	return ok;
}

static int
refused(struct str text, int code, const char *why)
{
	struct store s;
	int ok = store_text(&s, text) < 0 && s.code == code
	    && strstr(buf_z(&s.why), why) == buf_z(&s.why);

	if (!ok)
		printf("# %d %s\n", s.code, buf_z(&s.why));
	store_end(&s);
	return ok && rmdir("queue/queue") == 0 && rmdir("queue/tmp") == 0
	    && mkdir("queue/queue", 0700) == 0 && mkdir("queue/tmp", 0700) == 0;
}

static void
shapes(void)
{
	T(stored(STR("a@b.c\nd@e.f\n\nX: y\n\nz\n"), STR("a@b.c\nd@e.f\n"),
	    STR("X: y\n\nz\n")));
	T(stored(STR("a@b.c\nd@e.f\n\nX\0\r\377y\n\n.\nz"),
	    STR("a@b.c\nd@e.f\n"), STR("X\0\r\377y\n\n.\nz")));
	T(stored(STR("a@b.c\nd@e.f\n\n"), STR("a@b.c\nd@e.f\n"), STR("")));
	T(stored(STR("a@b.c\nd@e.f\n"), STR("a@b.c\nd@e.f\n"), STR("")));
	T(stored(STR("\nd@e.f"), STR("\nd@e.f\n"), STR("")));
	T(refused(STR(""), 1, "Could not read envelope sender."));
	T(refused(STR("a@b.c"), 1, "No envelope recipients read."));
	T(refused(STR("a@b.c\n\nX: y\n"), 1, "No envelope recipients read."));
	T(refused(STR("a\n"), 1, "Envelope sender address is invalid. (a)"));
	T(refused(STR("a@b.c\r\nd@e.f\r\n\r\n"), 1,
	    "Envelope sender address is invalid."));
	T(refused(STR("a@b.c\nd@e.f\ne\033\n\n"), 1,
	    "Envelope recipient address is invalid. (e?)"));
}

/* Lines around the limit, and messages around the size of a block. */
static void
sizes(void)
{
	struct buf text = { 0 }, body = { 0 };
	size_t n, good = 0;

	buf_set(&text, STR("a@b.c\n"));
	for (n = 0; n < ADDRESS_MAX - 4; n++)
		buf_addc(&text, 'x');
	buf_add(&text, STR("@y.z\n"));
	T(stored(buf_str(&text), buf_str(&text), STR("")));
	text.p[6] = 'x';
	text.n -= 5;
	buf_add(&text, STR("x@y.z\n"));
	T(refused(buf_str(&text), 1, "Envelope recipient address is invalid."));
	for (n = 0; n < 100000; n++)
		buf_addc(&text, 'x');
	T(refused(buf_str(&text), 1, "Envelope recipient address is invalid."));
	T(refused(str_skip(buf_str(&text), 6), 1,
	    "Envelope sender address is invalid."));
	for (n = 32768 - 140; n < 32768 + 20; n++) {
		buf_clear(&body);
		while (body.n < n)
			buf_addc(&body, "abcde\n"[body.n % 6]);
		buf_set(&text, STR("a@b.c\nd@e.f\n\n"));
		buf_add(&text, buf_str(&body));
		good += (size_t)stored(buf_str(&text), STR("a@b.c\nd@e.f\n"),
		    buf_str(&body));
	}
	T(good == 160);
	buf_free(&text);
	buf_free(&body);
}

static void
many(void)
{
	struct buf text = { 0 };
	size_t i;

	buf_set(&text, STR("a@b.c\n"));
	for (i = 0; i < 50000; i++)
		buf_fmt(&text, "recipient-number-%zu@example.com\n", i);
	T(stored(buf_str(&text), buf_str(&text), STR("")));
	while (text.n < ENVELOPE_MAX)
		buf_add(&text, STR("recipient@example.com\n"));
	T(refused(buf_str(&text), 1, "Envelope recipient address is invalid. "
	    "(too many recipients)"));
	buf_free(&text);
}

static void
limits(void)
{
	struct str text = STR("a@b.c\nd@e.f\n\nX: y\n\n0123456789\n");

	put("conf/maxsize", STR("50"));
	T(refused(text, 1, "Message is too large. (see control file maxsize)"));
	put("conf/maxsize", STR("1k"));
	T(stored(text, STR("a@b.c\nd@e.f\n"), str_skip(text, 13)));
	put("conf/maxsize", STR("5x"));
	T(stored(text, STR("a@b.c\nd@e.f\n"), str_skip(text, 13)));
	put("conf/maxsize", STR(""));
	put("conf/minfree", STR("4000000000G"));
	T(refused(text, 75, "Too little space left in the spool."));
	put("conf/minfree", STR("1"));
	T(stored(text, STR("a@b.c\nd@e.f\n"), str_skip(text, 13)));
	put("conf/minfree", STR(""));
}

static void
broken_spools(void)
{
	struct str text = STR("a@b.c\nd@e.f\n\n");
	struct rlimit now, small = { 0, 0 };
	struct store s;

	T(rename("queue/tmp", "tmp") == 0);
	T(store_text(&s, text) < 0 && s.code == 1);
	T(strstr(buf_z(&s.why), "Installation error: queue directory is "
	    "invalid. (/") == buf_z(&s.why));
	store_end(&s);
	T(symlink("../tmp", "queue/tmp") == 0);
	T(store_text(&s, text) < 0 && s.code == 1);
	store_end(&s);
	T(unlink("queue/tmp") == 0 && rename("tmp", "queue/tmp") == 0);
	T(mkdir("queue/x", 0700) == 0);
	getrlimit(RLIMIT_NOFILE, &now);
	small.rlim_max = now.rlim_max;
	small.rlim_cur = 5;
	setrlimit(RLIMIT_NOFILE, &small);
	T(store_begin(&s, 0, 0) < 0 && s.code == 75);
	store_end(&s);
	setrlimit(RLIMIT_NOFILE, &now);
	rmdir("queue/x");
}

/* In a spool of that owner and group, as uid: uid:gid and mode of the file, or
 * the store's code and reason. In a child, as there is no way back. */
static int
stored_as(uid_t owner, gid_t group, uid_t uid, const char *want)
{
	struct buf got = { 0 };
	int status = 1, ok;
	struct store s;
	struct stat st;
	pid_t pid;

	T(chown("queue/queue", owner, group) == 0);
	T(chown("queue/tmp", owner, group) == 0);
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		ok = uid == 0 || (setgroups(0, NULL) == 0
		    && setresgid(group, group, group) == 0
		    && setresuid(uid, uid, uid) == 0);
		if (store_begin(&s, uid, 0) < 0)
			buf_fmt(&got, "%d %s", s.code, buf_z(&s.why));
		else if (fstat(s.fd, &st) == 0)
			buf_fmt(&got, "%d:%d %d", (int)st.st_uid,
			    (int)st.st_gid, (int)st.st_mode & 07777);
		store_end(&s);
		ok &= str_starts(buf_str(&got), str_of(want));
		if (!ok)
			printf("# %s, not %s\n", buf_z(&got), want);
		fflush(stdout);
		_exit(!ok);
	}
	waitpid(pid, &status, 0);
	return status == 0;
}

/* The sender is the owner of queue/; where that is root it reads all. */
static void
owners(void)
{
	const char *refusal = "75 The queue file would not be the sender's; "
	    "nullmailer-queue must be set-uid. (";

	if (geteuid() != 0)
		return;
	T(chmod(top, 0711) == 0 && system("chmod a+r conf/*") == 0);
	T(chmod("queue/queue", 0770) == 0 && chmod("queue/tmp", 0770) == 0);
	T(stored_as(0, 0, 0, "0:0 384"));
	T(stored_as(4000, 4000, 4000, "4000:4000 384"));
	T(stored_as(4000, 4000, 0, "4000:4000 384"));
	T(stored_as(4000, 4000, 4001, refusal));
	T(stored_as(0, 4000, 4001, "4001:4000 384"));
	T(stored_as(0, 0, 0, "0:0 384"));
	T(rmdir("queue/tmp") == 0 && mkdir("queue/tmp", 0700) == 0);
}

int
main(void)
{
	char home[1024], command[64];

	if (!mkdtemp(top) || !getcwd(home, sizeof home))
		return 1;
	setenv("NULLMAILER_TEST_PREFIX", top, 1);
	snprintf(command, sizeof command, "cd %s && mkdir -p conf queue/queue"
	    " queue/tmp", top);
	T(system(command) == 0);
	put("conf/me", STR("f.q.d.n\n"));
	put("mailname", STR("f.q.d.n\n"));
	table();
	control_bytes();
	T(chdir(top) == 0);
	shapes();
	sizes();
	many();
	limits();
	broken_spools();
	owners();
	T(chdir(home) == 0);
	snprintf(command, sizeof command, "rm -r %s", top);
	T(system(command) == 0);
	return T_END();
}

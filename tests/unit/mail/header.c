/* header - splitting, resent rules and folding; whole messages are rows of
 * tests/data/headers.txt. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../../lib/mail/header.h"
#include "../../../lib/conf/hostname.h"
#include "../t.h"

static struct hostnames names;
static char file[] = "/tmp/unit-header-XXXXXX";

/* A reader at the start of text. */
static void
begin(struct header_reader *r, const char *text, size_t n)
{
	int fd = open(file, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, text, n) != (ssize_t)n ||
	    lseek(fd, 0, SEEK_SET) != 0)
		exit(1);
	memset(r, 0, sizeof *r);
	r->fd = fd;
}

/* All fields, each in brackets, then the body behind a bar. */
static int
splits(const char *text, size_t n, const char *want)
{
	struct header_reader r;
	struct buf field = { 0 }, all = { 0 };
	struct str body;
	int rc, ok;

	begin(&r, text, n);
	while ((rc = header_read(&r, &field)) > 0)
		buf_cat(&all, STR("["), buf_str(&field), STR("]"));
	buf_addc(&all, '|');
	while (rc >= 0 && (rc = header_body(&r, &body)) > 0)
		buf_add(&all, body);
	ok = rc == 0 && str_eq(buf_str(&all), str_of(want));
	if (!ok)
		printf("# got %d: %s\n", rc, buf_z(&all));
	close(r.fd);
	buf_free(&field);
	buf_free(&all);
	return ok;
}

#define SPLITS(text, want) splits(text, sizeof text - 1, want)

static void
splitting(void)
{
	T(SPLITS("", "|"));
	T(SPLITS("A: b\n\nbody\n\n", "[A: b\n]|body\n\n"));
	T(SPLITS("A: b\nC:d", "[A: b\n][C:d\n]|"));
	T(SPLITS("A: b\r\nC: d\r\r\n\r\nbody\r\n",
	    "[A: b\n][C: d\n]|body\r\n"));
	T(SPLITS("A: b\r", "[A: b\n]|"));
	T(SPLITS("A: b\n\r", "[A: b\n]|"));
	T(SPLITS("A: b\n\r\r\nC: d\n", "[A: b\n][C: d\n]|"));
	T(SPLITS("A: b\n\rc\n", "[A: b\n c\n]|"));
	T(SPLITS("A: b\n c\n\td\nE: f\n \n\n",
	    "[A: b\n c\n\td\n][E: f\n]|"));
	T(SPLITS("A: b\n \t \n c\n\nx", "[A: b\n c\n]|x"));
	T(SPLITS("A: b\nX-Y : z\nBcc: c\n\nx",
	    "[A: b\n][X-Y : z\n][Bcc: c\n]|x"));
	T(SPLITS("X-Y : z\nBcc: c\n", "|X-Y : z\nBcc: c\n"));
	T(SPLITS("From : a@b\nC: d\n\n", "[From : a@b\n][C: d\n]|"));
	T(SPLITS("From a@b Mon: 1\nC: d\n\n", "[C: d\n]|"));
	T(SPLITS("From\t: a@b\n\n", "[From\t: a@b\n]|"));
	T(SPLITS("A: b\rC: d\n\n", "[A: b C: d\n]|"));
	T(SPLITS("hello world\nsecond\n", "|hello world\nsecond\n"));
	T(SPLITS(" first: x\n", "| first: x\n"));
	T(SPLITS(":a\n", "|:a\n"));
	T(SPLITS("A: b\n:c\n d\n", "[A: b\n]|:c\n d\n"));
	T(SPLITS("\nA: b\n", "|A: b\n") && SPLITS("\r\nA: b\n", "|A: b\n"));
	T(SPLITS("From a\n>From b\nFrom c\nA: b\nFrom d\n",
	    "[A: b\n]|From d\n"));
	T(SPLITS("From a\n c\nA: b\n", "| c\nA: b\n"));
	T(SPLITS("From: a\nFrom:b\n", "[From: a\n][From:b\n]|"));
	T(SPLITS("Subject : x\n", "|Subject : x\n"));
	T(SPLITS("bCC \t: x\n", "[bCC \t: x\n]|"));
	T(SPLITS("Bcc\n", "|Bcc\n") && SPLITS("Bcc x: y\n", "|Bcc x: y\n"));
	T(SPLITS("http://x.y/\n", "[http://x.y/\n]|"));
}

static void
long_lines(void)
{
	struct header_reader r;
	struct buf field = { 0 }, text = { 0 };
	struct str body;
	size_t i;

	for (i = 0; i < 100000; i++)
		buf_addc(&text, 'x');
	begin(&r, text.p, text.n);
	T(header_read(&r, &field) == 0 && field.n == 0);
	T(header_body(&r, &body) == 1 && body.p[0] == 'x');
	close(r.fd);
	memcpy(text.p, "Subject:", 8);
	begin(&r, text.p, text.n);
	T(header_read(&r, &field) == 1 && field.n == 100001);
	T(header_read(&r, &field) == 0 && header_body(&r, &body) == 0);
	close(r.fd);
	while (text.n <= HEADER_MAX)
		buf_addc(&text, 'x');
	begin(&r, text.p, text.n);
	T(header_read(&r, &field) == -1 && errno == EFBIG);
	close(r.fd);
	for (i = 1000; i < text.n; i += 1000)
		memcpy(text.p + i, "\nA:", 3);
	begin(&r, text.p, text.n);
	while ((i = (size_t)header_read(&r, &field)) == 1)
		;
	T((int)i == -1 && errno == EFBIG);
	close(r.fd);
	begin(&r, "", 0);
	close(r.fd);
	T(header_read(&r, &field) == -1 && errno == EBADF);
	buf_free(&field);
	buf_free(&text);
}

static int
folds(const char *name, const char *items, const char *want)
{
	struct buf b = { 0 };
	int ok;

	header_put_items(&b, str_of(name), str_of(items));
	ok = !strcmp(buf_z(&b), want);
	if (!ok)
		printf("# got: %s\n", buf_z(&b));
	buf_free(&b);
	return ok;
}

#define FORTY "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static void
folding(void)
{
	struct buf items = { 0 }, out = { 0 };
	struct str rest, line;
	size_t i, longest = 0;

	T(folds("To", "a@b\n", "To: a@b\n"));
	T(folds("To", "a@b\nc@d\n", "To: a@b, c@d\n"));
	T(folds("Subject", FORTY "\nbbbbbbbbbbbbbbbbbbbbbbbbbbb\n",
	    "Subject: " FORTY ", bbbbbbbbbbbbbbbbbbbbbbbbbbb\n"));
	T(folds("Subject", FORTY "\nbbbbbbbbbbbbbbbbbbbbbbbbbbbb\n",
	    "Subject: " FORTY ",\n bbbbbbbbbbbbbbbbbbbbbbbbbbbb\n"));
	T(folds("To", FORTY FORTY "\na\n", "To: " FORTY FORTY ",\n a\n"));
	for (i = 0; i < 500; i++)
		buf_add(&items, STR("Joe \"Q\" <user@example.com>\n"));
	header_put_items(&out, STR("Cc"), buf_str(&items));
	for (rest = buf_str(&out); rest.n; ) {
		line = str_cut(&rest, '\n');
		longest = line.n > longest ? line.n : longest;
		if (line.n > 78 || (line.p[0] != ' ' && line.p[0] != 'C'))
			break;
	}
	T(rest.n == 0 && longest > 50);

	buf_clear(&items);
	buf_clear(&out);
	for (i = 0; i < 500; i++)
		buf_add(&items, i ? STR(" =?UTF-8?Q?word?=") : STR("a\\ b"));
	buf_add(&items, STR(" <a@b>\n"));
	header_put_items(&out, STR("To"), buf_str(&items));
	for (rest = buf_str(&out); rest.n; ) {
		line = str_cut(&rest, '\n');
		if (line.n > 98 || line.p[line.n - 1] == '\\')
			break;
	}
	T(rest.n == 0);
	for (i = 0; i < out.n; i++)
		if (out.p[i] == '\n' && i + 1 < out.n)
			memmove(out.p + i, out.p + i + 1, --out.n - i);
	T(str_eq(str_head(str_skip(buf_str(&out), 4), items.n),
	    buf_str(&items)));
	buf_free(&items);
	buf_free(&out);
}

/* Feeds fields, one a line; gives the worst result. */
static enum header_result
feed(struct header *h, const char *fields)
{
	enum header_result worst = HEADER_GOOD, one;
	struct str rest = str_of(fields);
	struct buf field = { 0 };

	header_free(h);
	h->count = h->seen = 0;
	h->resent = h->has_sender = 0;
	h->names = &names;
	while (rest.n) {
		buf_set(&field, str_cut(&rest, '\n'));
		buf_addc(&field, '\n');
		one = header_field(h, buf_str(&field));
		worst = one > worst ? one : worst;
	}
	buf_free(&field);
	return worst;
}

static void
results(void)
{
	struct header h = { 0 };

	h.use_recipients = 1;
	T(feed(&h, "TO: a\nBcc: b\nCC: c\n") == HEADER_GOOD && h.count == 3);
	T(!strcmp(buf_z(&h.text), "To: a@d.h\nCc: c@d.h\n"));
	T(!strcmp(buf_z(&h.recipients), "a@d.h\nb@d.h\nc@d.h\n"));
	T(header_has(&h, HEADER_TO) && !header_has(&h, HEADER_FROM));
	T(feed(&h, "To:\nCc: (c)\nBcc: \nDate:\n") == HEADER_GOOD);
	T(!strcmp(buf_z(&h.text), "Cc: (c)\nDate:\n") && h.count == 0);
	T(!header_has(&h, HEADER_TO) && header_has(&h, HEADER_CC) &&
	    header_has(&h, HEADER_DATE));

	T(feed(&h, "From: a<b\n") == HEADER_KEPT);
	T(!strcmp(buf_z(&h.text), "From: a<b\n"));
	T(header_has(&h, HEADER_FROM));
	T(feed(&h, "from : a<b\nDate : x\n") == HEADER_KEPT);
	T(!strcmp(buf_z(&h.text), "from: a<b\nDate: x\n"));
	T(feed(&h, "Return-Path: a<b\n") == HEADER_IGNORED && !h.has_sender);
	T(h.text.n == 0);
	T(feed(&h, "To: a<b\n") == HEADER_BAD);
	T(feed(&h, "Bcc: a<b\n") == HEADER_BAD && h.text.n == 0);
	T(feed(&h, "Resent-To: a\nTo: a<b\n") == HEADER_KEPT);
	h.use_recipients = 0;
	T(feed(&h, "To: a<b\n") == HEADER_KEPT);
	T(feed(&h, "Bcc: a<b\n") == HEADER_IGNORED && h.text.n == 0);
	T(feed(&h, "To: a\n") == HEADER_GOOD && h.count == 0);
	header_free(&h);
}

static void
senders(void)
{
	struct header h = { 0 };

	T(feed(&h, "Return-Path: <a@b.c>\nReturn-Path: d\n") == HEADER_GOOD);
	T(h.has_sender && !strcmp(buf_z(&h.sender), "d@d.h"));
	T(feed(&h, "Return-Path: a, b\n") == HEADER_GOOD && !h.has_sender);
	T(feed(&h, "Return-Path: < >\n") == HEADER_GOOD);
	T(h.has_sender && h.sender.n == 0 && h.text.n == 0);
	T(feed(&h, "Return-Path: a\nResent-Date: x\n") == HEADER_GOOD);
	T(h.resent && !h.has_sender);
	T(feed(&h, "Resent-Date: x\nReturn-Path: a\n") == HEADER_GOOD);
	T(!h.has_sender);
	h.drop_return_path = h.drop_from = h.drop_message_id = 1;
	T(feed(&h, "From: a<\nReturn-Path: a<\nMessage-ID: <1@2>\nX: y\n")
	    == HEADER_GOOD);
	T(!strcmp(buf_z(&h.text), "X: y\n") && !h.has_sender);
	header_free(&h);
}

static void
resent(void)
{
	struct header h = { 0 };

	h.use_recipients = 1;
	feed(&h, "To: a\nBcc: b\nResent-To: c\nResent-Bcc: d\nCc: e\n");
	T(h.resent && !strcmp(buf_z(&h.recipients), "c@d.h\nd@d.h\n"));
	T(!strcmp(buf_z(&h.text), "To: a@d.h\nResent-To: c@d.h\nCc: e@d.h\n"));
	T(feed(&h, "To: a\nResent-Bcc:\n") == HEADER_GOOD);
	T(h.resent && h.count == 0);
	header_free(&h);
}

int
main(void)
{
	int fd = mkstemp(file);

	if (fd < 0)
		return 1;
	close(fd);
	buf_set(&names.defaulthost, STR("d.h"));
	splitting();
	long_lines();
	folding();
	results();
	senders();
	resent();
	unlink(file);
	hostnames_free(&names);
	return T_END();
}

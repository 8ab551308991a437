/* content - the message as it goes out: every field and byte that must stay,
 * whatever a block's end cuts. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../../lib/mail/content.h"
#include "../../../lib/mail/envelope.h"
#include "../../../lib/mail/identity.h"
#include "../t.h"

static struct identity id, none;

/* A file with an envelope and then the message. */
static int
make_file(struct str message, struct envelope *e)
{
	char name[] = "/tmp/content.XXXXXX";
	int fd = mkstemp(name);

	unlink(name);
	T(fd >= 0 && write(fd, "s@x.y\nr@x.y\n\n", 13) == 13 &&
	    write(fd, message.p, message.n) == (ssize_t)message.n);
	T(envelope_read(fd, e) == 0);
	return fd;
}

/* All that goes out, up to end; the last result, and the file's end in *at. */
static int
read_all(int fd, const struct envelope *e, off_t end, const struct identity *as,
    struct buf *out, off_t *at)
{
	static struct content c;
	struct str bytes;
	int rc;

	buf_clear(out);
	content_begin(&c, fd, e, end, as);
	while ((rc = content_next(&c, &bytes)) > 0)
		buf_add(out, bytes);
	*at = c.at;
	content_free(&c);
	return rc;
}

/* Twice, as it is measured and sent. */
static int
goes_out(struct str message, const struct identity *as, struct str want)
{
	struct envelope e = { 0 };
	struct buf out = { 0 };
	off_t at, end;
	int fd = make_file(message, &e), ok;

	ok = read_all(fd, &e, -1, as, &out, &end) == 0 &&
	    str_eq(buf_str(&out), want) && end == e.body + (off_t)message.n;
	ok &= read_all(fd, &e, end, as, &out, &at) == 0 && at == end &&
	    str_eq(buf_str(&out), want);
	if (!ok)
		printf("# got: %s\n", buf_z(&out));
	close(fd);
	envelope_free(&e);
	buf_free(&out);
	return ok;
}
#define IS(message, want) T(goes_out(STR(message), &id, STR(want)))
#define STAYS(message) IS(message, message)

static void
fields(void)
{
	IS("From: j@x.y\n\nb\n", "From: a@b.c\n\nb\n");
	IS("from:j@x.y\nTo: r@x.y\n\nb", "From: a@b.c\nTo: r@x.y\n\nb");
	IS("X: y\nFROM : J <j@x.y>\n\n", "X: y\nFrom: J <a@b.c>\n\n");
	IS("X: y\nFrom \t: J\n <j@x.y>\nZ: z\n z\n\n",
	    "X: y\nFrom: J <a@b.c>\nZ: z\n z\n\n");
	IS("From: j@x.y\nSender: s@x.y\nReturn-Path: <s@x.y>\nX: y\n\n",
	    "From: a@b.c\nX: y\n\n");
	IS("Sender:\n s@x.y\n t\nFrom: j@x.y\n\n", "From: a@b.c\n\n");
	IS("SENDER : s\nreturn-path:\nFrom: j@x.y\n\n", "From: a@b.c\n\n");
	IS("Resent-From: J <j@x.y>\nResent-Sender: s\nFrom: k@x.y\n\n",
	    "Resent-From: J <a@b.c>\nFrom: a@b.c\n\n");
	IS("From: j@x.y\nFrom: k@x.y\n l\nX: y\n\n", "From: a@b.c\nX: y\n\n");
	IS("Resent-From: j@x.y\nX: y\nResent-From: k@x.y\nFrom: l@x.y\n\n",
	    "Resent-From: a@b.c\nX: y\nResent-From: a@b.c\nFrom: a@b.c\n\n");
	IS("From:\n\nb", "From: a@b.c\n\nb");
	IS("From: <<\n x\nX: y\n\n", "From: a@b.c\nX: y\n\n");
}

static void
what_stays(void)
{
	IS("From: j@x.y\n\nFrom: j@x.y\nSender: s\n",
	    "From: a@b.c\n\nFrom: j@x.y\nSender: s\n");
	IS("From: j@x.y\nX-From: j@x.y\nFromage: x\nSenders: y\n\n",
	    "From: a@b.c\nX-From: j@x.y\nFromage: x\nSenders: y\n\n");
	IS("From: j@x.y\nX:  a \n\tb\n  \n c \nY:\n\n\n \n",
	    "From: a@b.c\nX:  a \n\tb\n  \n c \nY:\n\n\n \n");
	IS("From: j@x.y\nX: \0\377\001\n\n\0\377\r\n.\n",
	    "From: a@b.c\nX: \0\377\001\n\n\0\377\r\n.\n");
	IS("From: j@x.y\nReply-To: j@x.y\nErrors-To: j@x.y\n\n",
	    "From: a@b.c\nReply-To: j@x.y\nErrors-To: j@x.y\n\n");
	T(goes_out(STR("Sender: s\nFrom: j@x.y\r\n\nb\r"), &none,
	    STR("Sender: s\nFrom: j@x.y\r\n\nb\r")));
	T(goes_out(STR("Sender: s\n"), NULL, STR("Sender: s\n")));
	T(goes_out(STR(""), &none, STR("")));
}

static void
line_ends(void)
{
	IS("X: y\r\nFrom: j@x.y\r\nZ: z\r\n\r\nb\r\n",
	    "X: y\r\nFrom: a@b.c\nZ: z\r\n\r\nb\r\n");
	IS("X: y\rFrom: j@x.y\rZ: z\r\rFrom: b",
	    "X: y\rFrom: a@b.c\nZ: z\r\rFrom: b");
	IS("From: j@x.y\r\r\nFrom: b", "From: a@b.c\n\r\nFrom: b");
	IS("X: y\rSender: s\n\rFrom: k@x.y\n", "X: y\rFrom: a@b.c\n\rFrom: "
	    "k@x.y\n");
	IS("Sender: s\r\nX: y\r\n\r\n", "X: y\r\nFrom: a@b.c\n\r\n");
}

static void
no_from(void)
{
	IS("To: r@x.y\n\nb", "To: r@x.y\nFrom: a@b.c\n\nb");
	IS("\nb", "From: a@b.c\n\nb");
	IS("", "From: a@b.c\n");
	IS("To: r@x.y\n", "To: r@x.y\nFrom: a@b.c\n");
	IS("To: r@x.y", "To: r@x.y\nFrom: a@b.c\n");
	IS("Resent-From: j@x.y\n\n", "Resent-From: a@b.c\nFrom: a@b.c\n\n");
	IS("From: j@x.y", "From: a@b.c\n");
	IS("From: j@x.y\nTo: r@x.y", "From: a@b.c\nTo: r@x.y");
	IS("From: j@x.y\nSender: s", "From: a@b.c\n");
	IS("X: y\nSende", "X: y\nFrom: a@b.c\n\nSende");
	IS("From: j@x.y\nSende", "From: a@b.c\nSende");
}

/* What is no field begins the text. */
static void
no_field(void)
{
	IS("hello\nFrom: j@x.y\n", "From: a@b.c\n\nhello\nFrom: j@x.y\n");
	IS(" hello\nFrom: j@x.y\n", "From: a@b.c\n\n hello\nFrom: j@x.y\n");
	IS(": x\nFrom: j@x.y\n", "From: a@b.c\n\n: x\nFrom: j@x.y\n");
	IS("To: r@x.y\nhello you: x\nFrom: j@x.y\n\n",
	    "To: r@x.y\nFrom: a@b.c\n\nhello you: x\nFrom: j@x.y\n\n");
	IS("From: k@x.y\nhello\nFrom: j@x.y\n",
	    "From: a@b.c\nhello\nFrom: j@x.y\n");
	IS("X : y\nFrom: j@x.y\n", "From: a@b.c\n\nX : y\nFrom: j@x.y\n");
	IS("X: y\nFrom j@x.y\n", "X: y\nFrom: a@b.c\n\nFrom j@x.y\n");
	IS("From j@x.y Mon 1 10:00\n>From k@x.y\nFrom: j@x.y\n\nb",
	    "From j@x.y Mon 1 10:00\n>From k@x.y\nFrom: a@b.c\n\nb");
	IS("From : j@x.y\n\nb", "From: a@b.c\n\nb");
	IS("From \n\nb", "From \nFrom: a@b.c\n\nb");
}

/* Every end of a block there may be. */
static void
block_ends(void)
{
	static const char head[] = "From x y:z\r\nReceived: a\n b\nFrom \t:\n "
	    "\"J\"\r\n <j@x.y>\nSender: s\r\n t\nFroma: x\nSubject: From: x\n"
	    "Resent-From: k@x.y\r\nReturn-Path : <>\n\nFrom: text\n";
	static const char want[] = "From x y:z\r\nReceived: a\n b\nFrom: J "
	    "<a@b.c>\nFroma: x\nSubject: From: x\nResent-From: a@b.c\n\nFrom: "
	    "text\n";
	struct buf in = { 0 }, out = { 0 };
	size_t i, bad = 0, size = sizeof ((struct content *)0)->block;

	for (i = 0; i <= sizeof head; i++) {
		buf_set(&in, STR("From "));
		memset(buf_room(&in, size), 'x', size);
		in.n = size - i - 1;
		buf_addc(&in, '\n');
		buf_set(&out, buf_str(&in));
		buf_add(&in, str_of(head));
		buf_add(&out, str_of(want));
		bad += !goes_out(buf_str(&in), &id, buf_str(&out));
	}
	T(bad == 0);
	buf_free(&in);
	buf_free(&out);
}

static void
long_ones(void)
{
	struct buf in = { 0 }, out = { 0 };
	size_t i;

	buf_add(&in, STR("From: "));
	for (i = 0; i < 300000; i++)
		buf_add(&in, STR("a@b, "));
	buf_add(&in, STR("x\nTo: x\n\nb"));
	T(goes_out(buf_str(&in), &id, STR("From: a@b.c\nTo: x\n\nb")));
	buf_set(&in, STR("From: k@x.y\n"));
	buf_set(&out, STR("From: a@b.c\n"));
	for (i = 0; i < 1000; i++) {
		buf_addc(&in, 'x');
		buf_addc(&out, 'x');
	}
	buf_add(&in, STR("x: y\nFrom: j\n\n"));
	buf_add(&out, STR("x: y\nFrom: j\n\n"));
	T(goes_out(buf_str(&in), &id, buf_str(&out)));
	buf_free(&in);
	buf_free(&out);
}

static void
errors(void)
{
	struct envelope e = { 0 };
	struct buf out = { 0 };
	off_t at;
	int fd = make_file(STR("From: j@x.y\n\nb\n"), &e);

	T(read_all(fd, &e, e.body + 14, &id, &out, &at) == 0 &&
	    str_eq(buf_str(&out), STR("From: a@b.c\n\nb")));
	T(read_all(fd, &e, e.body + 16, &id, &out, &at) == -1 && errno == EIO);
	T(read_all(-1, &e, -1, &id, &out, &at) == -1 && errno == EBADF);
	T(read_all(-1, &e, -1, &none, &out, &at) == -1);
	close(fd);
	envelope_free(&e);
	buf_free(&out);
}

int
main(void)
{
	T(identity_set(&id, "a@b.c", NULL) == 0);
	fields();
	what_stays();
	line_ends();
	no_from();
	no_field();
	block_ends();
	long_ones();
	errors();
	identity_free(&id);
	return T_END();
}

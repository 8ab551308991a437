/* envelope - heads of queue files, good and bad, and what an address may be. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "../../../lib/mail/envelope.h"
#include "../t.h"

static struct envelope e;

static int
file(struct str s)
{
	char name[] = "/tmp/envelope.XXXXXX";
	int fd = mkstemp(name);

	unlink(name);
	return write(fd, s.p, s.n) == (ssize_t)s.n ? fd : -1;
}

static int
reads(struct str s)
{
	int fd = file(s);
	int rc = envelope_read(fd, &e);

	close(fd);
	return rc == 0;
}

static int
refuses(struct str s)
{
	errno = 0;
	return !reads(s) && errno == EINVAL;
}

/* The recipients joined by commas. */
static int
names(const char *want)
{
	struct buf all = { 0 };
	struct str s;
	size_t at = 0;
	int same;

	while ((s = envelope_next(&e, &at)).p)
		buf_cat(&all, all.n ? STR(",") : STR(""), s);
	same = str_eq(buf_str(&all), str_of(want));
	buf_free(&all);
	return same;
}

static void
good(void)
{
	T(reads(STR("a@b.c\nd@e.f\ng@h.i\n\nTo: x\n\nbody\n\n")));
	T(str_eq(envelope_sender(&e), STR("a@b.c")));
	T(e.count == 2 && e.body == 19 && names("d@e.f,g@h.i"));
	T(str_eq(buf_str(&e.text), STR("a@b.c\nd@e.f\ng@h.i\n")));
	T(reads(STR("\nd@e.f\n\n")));
	T(envelope_sender(&e).n == 0 && e.count == 1 && names("d@e.f"));
	T(e.body == 8);
	T(reads(STR("a b@x.y\n\303\244@\303\266.de\nd\nd\n\n\n")));
	T(e.count == 3 && names("\303\244@\303\266.de,d,d"));
}

static void
bad(void)
{
	T(refuses(STR("")));
	T(refuses(STR("\n")));
	T(refuses(STR("\n\n")));
	T(refuses(STR("a@b.c")));
	T(refuses(STR("a@b.c\n")));
	T(refuses(STR("a@b.c\n\nd@e.f\n\n")));
	T(refuses(STR("a@b.c\nd@e.f\n")));
	T(refuses(STR("a@b.c\r\nd@e.f\r\n\r\n\n\n")));
	T(refuses(STR("a@b.c\nd\te@f.g\n\n")));
	T(refuses(STR("a@b.c\nd\0e@f.g\n\n")));
	T(refuses(STR("a@b.c\nd@e.f\177\n\n")));
	errno = 0;
	T(envelope_read(-1, &e) == -1 && errno == EBADF);
}

static void
many(size_t count)
{
	struct buf text = { 0 };
	size_t i;

	buf_set(&text, STR("s@x.y\n"));
	for (i = 0; i < count; i++)
		buf_fmt(&text, "recipient%zu@example.com\n", i);
	buf_add(&text, STR("\nTo: y\n"));
	T(reads(buf_str(&text)) == (text.n < ENVELOPE_MAX));
	T(text.n > ENVELOPE_MAX || (e.count == count
	    && e.body == (off_t)text.n - 6));
	buf_free(&text);
}

/* The blank line at every place around the end of a block. */
static void
edges(void)
{
	struct buf text = { 0 };
	size_t i, n, found = 0;

	for (n = 4080; n < 4104; n++) {
		buf_set(&text, STR("s@x.y\n"));
		for (i = text.n; i < n; i++)
			buf_addc(&text, i % 61 == 7 && i + 1 < n ? '\n' : 'r');
		buf_add(&text, STR("\n\nbody"));
		found += reads(buf_str(&text)) && e.body == (off_t)n + 2;
	}
	T(found == 24);
	buf_free(&text);
}

static void
addresses(void)
{
	struct buf big = { 0 };

	T(address_valid(STR("a@b.c")) && address_valid(STR("a b@c.d")));
	T(address_valid(STR("a@b@c.d")) && address_valid(STR("a@LocalHost")));
	T(address_valid(STR("a@[192.0.2.1]")));
	T(address_valid(STR("a@[IPv6:::1]")));
	T(address_valid(STR("\303\244@\303\266.de")));
	T(!address_valid(STR("")) && !address_valid(STR("a")));
	T(!address_valid(STR("@b.c")) && !address_valid(STR("a@")));
	T(!address_valid(STR("a@b\n.c")) && !address_valid(STR("\177@b.c")));
	T(!address_valid(STR("a\0@b.c")) && !address_valid(STR("a@b.c\r")));
	T(address_valid(STR("a@b")) == DEBIAN_RULES);
	T(address_valid(STR("#@[]")) == DEBIAN_RULES);
	T(address_valid(STR("a@[1")) == DEBIAN_RULES);
	T(str_eq(address_domain(STR("a@b@c.d")), STR("c.d")));
	T(address_domain(STR("a@")).n == 0 && address_domain(STR("a")).n == 0);
	while (big.n < ADDRESS_MAX - 4)
		buf_addc(&big, 'a');
	buf_add(&big, STR("@b.c"));
	T(address_valid(buf_str(&big)));
	buf_addc(&big, 'd');
	T(!address_valid(buf_str(&big)));
	buf_free(&big);
}

int
main(void)
{
	good();
	bad();
	many(1000);
	many(1000000);
	edges();
	addresses();
	envelope_free(&e);
	T(e.text.p == NULL);
	return T_END();
}

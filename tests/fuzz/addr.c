/* addr - any text as an address list. What comes out must be clean, must parse
 * again, and must then name the same recipients. */
#include <stdint.h>
#include <stdlib.h>

#include "../../lib/mail/addr.h"
#include "../../lib/base/chr.h"
#include "../../lib/conf/hostname.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
must(int condition)
{
	if (!condition)
		abort();
}

static void
check_recipients(const struct addr_list *l)
{
	struct str rest = buf_str(&l->recipients);
	size_t count = 0, i;

	for (; rest.n; count++) {
		struct str one = str_cut(&rest, '\n');

		must(rest.p != NULL && str_find(one, '@') < one.n);
		for (i = 0; i < one.n; i++)
			must(!chr_is(one.p[i], CHR_CTL));
	}
	must(count == l->count);
}

/* The items as a field holds them. */
static void
join(struct buf *b, const struct addr_list *l)
{
	struct str rest = buf_str(&l->items);

	while (rest.n) {
		if (b->n)
			buf_add(b, STR(", "));
		buf_add(b, str_cut(&rest, '\n'));
		must(rest.p != NULL);
	}
	must(str_find(buf_str(b), '\r') == b->n);
	must(str_find(buf_str(b), '\0') == b->n);
}

static void
names(struct str text)
{
	struct buf b = { 0 };
	struct addr_list l = { 0 };

	addr_put_phrase(&b, text);
	buf_add(&b, STR(" <a@b.c> "));
	addr_put_comment(&b, text);
	must(addr_parse(&l, buf_str(&b), NULL) == 0 && l.count == 1);
	must(str_eq(buf_str(&l.recipients), STR("a@b.c\n")));
	buf_free(&b);
	addr_free(&l);
}

/* An envelope's address, shown in a header, is that address again. */
static void
round_trip(const struct addr_list *l)
{
	struct str rest = buf_str(&l->recipients);
	struct addr_list again = { 0 };
	struct buf b = { 0 };

	while (rest.n) {
		struct str one = str_cut(&rest, '\n');

		buf_clear(&b);
		addr_put(&b, one);
		must(addr_parse(&again, buf_str(&b), NULL) == 0);
		must(again.count == 1 && again.recipients.n == one.n + 1);
		must(str_starts(buf_str(&again.recipients), one));
	}
	buf_free(&b);
	addr_free(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct str text = { (const char *)data, n };
	struct addr_list first = { 0 }, second = { 0 };
	struct hostnames h = { 0 };
	struct buf b = { 0 };

	buf_set(&h.defaulthost, STR("d.h"));
	buf_set(&h.defaultdomain, STR("d.d"));
	if (addr_parse(&first, text, &h) == 0) {
		check_recipients(&first);
		join(&b, &first);
		must(addr_parse(&second, buf_str(&b), &h) == 0);
		must(str_eq(buf_str(&first.recipients),
		    buf_str(&second.recipients)));
		round_trip(&first);
	}
	names(text);
	addr_free(&first);
	addr_free(&second);
	buf_free(&b);
	hostnames_free(&h);
	return 0;
}

/* pattern - which addresses a line of `remotes` is for. */
#include <string.h>

#include "pattern.h"

static int
ends(struct str s, struct str tail)
{
	return s.n >= tail.n && str_ieq(str_skip(s, s.n - tail.n), tail);
}

static int
is_meant(struct str item, struct str address)
{
	struct str domain = str_skip(item, 2);

	if (str_starts(item, STR("@.")))
		return ends(address, domain) && address.n > domain.n &&
		    strchr("@.", address.p[address.n - domain.n - 1]) != NULL;
	if (str_starts(item, STR("@")))
		return ends(address, item);
	if (str_eq(item, STR("<>")))
		return !address.n;
	return str_eq(item, STR("*")) || str_ieq(item, address);
}

/* The next one; *excludes: it had a ! in front. */
static struct str
cut_item(struct str *list, int *excludes)
{
	struct str item = str_trim(str_cut(list, ','));

	*excludes = str_starts(item, STR("!"));
	return str_skip(item, (size_t)*excludes);
}

int
pattern_match(struct str list, struct str address)
{
	int hit = 0, only = 1, excludes;
	struct str item;

	while (list.n) {
		item = cut_item(&list, &excludes);
		only &= excludes;
		if (!is_meant(item, address))
			continue;
		if (excludes)
			return -1;
		hit = 1;
	}
	return hit | only;
}

/* ---- what is wrong ---- */

static int
is_pattern(struct str item, int null)
{
	size_t at = str_find(item, '@'), i;

	if (str_eq(item, STR("*")) || (null && str_eq(item, STR("<>"))))
		return 1;
	for (i = 0; i < item.n; i++)
		if ((unsigned char)item.p[i] <= ' ' ||
		    strchr("<>*", item.p[i]))
			return 0;
	return at + 1 < item.n && str_rfind(item, '@') == at &&
	    item.p[item.n - 1] != '.' && !(at && item.p[at + 1] == '.');
}

/* "example.org" and "*.example.org" lack their @. */
static void
explain_item(struct str item, struct buf *why)
{
	struct buf meant = { 0 };

	buf_put(why, "'%' is no pattern", item);
	if (str_find(item, '@') == item.n)
		buf_addc(&meant, '@');
	buf_add(&meant, str_skip(item, str_starts(item, STR("*"))));
	if (is_pattern(buf_str(&meant), 0))
		buf_put(why, "; %?", buf_str(&meant));
	buf_free(&meant);
}

int
pattern_check(const char *list, int null, struct buf *why)
{
	struct str rest = str_of(list ? list : "*"), item;
	int excludes;

	do {
		item = cut_item(&rest, &excludes);
		if (is_pattern(item, null))
			continue;
		buf_add(why, null ? STR("if-from: ") : STR("if-to: "));
		explain_item(item, why);
		return -1;
	} while (rest.n);
	return 0;
}

/* choice - which mail a line of remotes is for, in some histories: if-from and
 * if-to of these lists, and what they mean, written down and not worked out. */
#include <string.h>

#include "sim.h"

#define OTHERS 70		/* of 100 histories have none */

/* Recipients by their domains: r10 gets the reports. */
#define AT_D (1u << 0 | 1u << 3 | 1u << 6 | 1u << 9 | 1u << 10)
#define AT_E (1u << 1 | 1u << 4 | 1u << 7)
#define BELOW_E (1u << 2 | 1u << 5 | 1u << 8)
#define ALL (AT_D | AT_E | BELOW_E)

struct list {
	const char *text;
	unsigned of;
};
static const struct list to[] = {
	{ "@d.x", AT_D },
	{ "@.e.x", AT_E | BELOW_E },
	{ "!@E.X", AT_D | BELOW_E },
	{ "r1@e.x,@sub.e.x,!R2@sub.e.x", 1u << 1 | (BELOW_E & ~(1u << 2)) },
	{ "*", ALL },
	{ "r3@d.x,r4@e.x,r10@d.x", 1u << 3 | 1u << 4 | 1u << 10 },
};
/* The null sender is named, or it is excluded. */
#define NO_NULL 8
static const struct list from[] = {
	{ "@d.x", FROM_D },
	{ "S@e.x", FROM_E },
	{ "<>,@e.x", FROM_E | FROM_NULL },
	{ "!<>", FROM_D | FROM_E | NO_NULL },
	{ "!@e.x", FROM_D | FROM_NULL },
	{ "<>", FROM_NULL },
};

#define COUNT(rows) (sizeof rows / sizeof rows[0])

int
choices_made(void)
{
	return nature(100, 0, 0, 30) >= OTHERS;
}

const char *
choice_to(int s)
{
	unsigned n = nature(COUNT(to) + 3, s, 0, 31);

	return choices_made() && n < COUNT(to) ? to[n].text : NULL;
}

const char *
choice_from(int s)
{
	unsigned n = nature(3 * COUNT(from), s, 0, 32);

	return choices_made() && n < COUNT(from) ? from[n].text : NULL;
}

const char *
choice_domain(int r)
{
	if (!choices_made() || AT_D & 1u << r || r == 11)
		return "d.x";
	return AT_E & 1u << r ? "e.x" : "sub.e.x";
}

unsigned
choice_sender(int m)
{
	if (mail[m].null_sender)
		return FROM_NULL;
	return choices_made() && nature(3, m, 0, 33) == 0 ? FROM_E : FROM_D;
}

static unsigned
meaning(const struct list *rows, size_t count, const char *text)
{
	size_t i = 0;

	while (i < count && strcmp(rows[i].text, text))
		i++;
	check(i < count, "a list that the simulator has not made: %s", text);
	return rows[i].of;
}

static unsigned
meaning_from(const struct remote *r)
{
	return r->options.if_from ? meaning(from, COUNT(from),
	    r->options.if_from) : FROM_D | FROM_E | FROM_NULL;
}

/* Whether a line has the null sender because no other names it. */
static int
has_null(const struct remotes *all, size_t which)
{
	size_t i;

	for (i = 0; i < all->count; i++)
		if (meaning_from(&all->list[i]) & FROM_NULL)
			return 0;
	for (i = 0; i < which; i++)
		if (!(meaning_from(&all->list[i]) & NO_NULL) &&
		    !all->list[i].options.if_to)
			return 0;
	return !(meaning_from(&all->list[which]) & NO_NULL);
}

unsigned
choice_takes(const struct remotes *all, size_t which, unsigned sender)
{
	const struct remote *r = &all->list[which];

	if (!(meaning_from(r) & sender) &&
	    !(sender == FROM_NULL && has_null(all, which)))
		return 0;
	return r->options.if_to ? meaning(to, COUNT(to), r->options.if_to) :
	    ~0u;
}

/* aliases - the control file `aliases`.
 *
 * Nothing is kept but the text, without comments, and with a VT where a line is
 * continued. It is searched for each name, and only the lines that have this
 * name are understood. */
#include <string.h>

#include "../base/chr.h"
#include "../conf/conf.h"
#include "../conf/hostname.h"
#include "addr.h"
#include "aliases.h"
#include "envelope.h"

/* Other mailers' lists in files: with its colons it would be no address, and
 * so the line wrong. */
static void
hide_includes(struct buf *text)
{
	static const char word[] = ":include:";
	char *at;

	while ((at = memmem(text->p, text->n, word, sizeof word - 1)))
		at[0] = at[sizeof word - 2] = '/';
}

static void
join_lines(struct buf *text)
{
	char *c = text->p, *end = c + text->n, last = '\n';
	int comment = 0;

	if (str_starts(buf_str(text), STR("\357\273\277")))
		memset(c, ' ', 3);
	for (; c < end; last = *c++) {
		if (*c == '\n')
			comment = 0;
		else if (*c == '#' && chr_is(last, CHR_SPACE))
			comment = 1;
		if (comment)
			*c = ' ';
		if (last == '\n' && (*c == ' ' || *c == '\t') && c > text->p)
			c[-1] = '\v';
	}
}

int
aliases_load(struct buf *text)
{
	int rc = conf_file("aliases", text);

	if (rc > 0) {
		hide_includes(text);
		join_lines(text);
	}
	return rc < 0 ? -1 : 0;
}

/* 0; 1 something is left out: programs and files, as other mailers have them;
 * -1 the list is wrong. */
static int
read_targets(struct str list, const struct hostnames *names,
    struct buf *targets)
{
	struct addr_list l = { 0 };
	struct str rest, one;
	int rc = addr_parse(&l, list, names);

	buf_clear(targets);
	for (rest = buf_str(&l.typed); rest.n && rc >= 0;) {
		one = str_cut(&rest, '\n');
		if (one.p[0] == '|' || one.p[0] == '/')
			rc |= !str_eq(one, STR("/dev/null"));
		else if (str_find(one, '@') < one.n && !address_valid(one))
			rc = -1;
		else
			buf_put(targets, "%\n", one);
	}
	if (!targets->n && (rc || !l.count))
		rc = -1;
	addr_free(&l);
	return rc;
}

/* Without its quotes; empty if it has a blank outside them. */
static struct str
cut_name(struct str *line)
{
	struct str name = str_trim(str_cut(line, ':'));

	if (name.n > 1 && name.p[0] == '"' && name.p[name.n - 1] == '"')
		return (struct str){ name.p + 1, name.n - 2 };
	return str_head(name, str_find(name, ' ') < name.n ? 0 : name.n);
}

/* How well a name fits, 0 best, or NO_FIT. */
enum { NO_FIT = 4 };

static int
rank_of(struct str name, const struct alias_key *key)
{
	struct str a = key->address;
	size_t at = str_find(name, '@');
	int rank = 0;

	if (str_eq(name, STR("*")))
		return key->any ? 3 : NO_FIT;
	if (at == name.n) {
		a = str_head(a, key->local ? str_rfind(a, '@') : 0);
		rank = 1;
	} else if (at == 0) {
		a = str_skip(a, str_rfind(a, '@'));
		rank = 2;
	}
	return name.n && str_ieq(name, a) ? rank : NO_FIT;
}

/* With a key, sets targets to what the best line has; without, says in targets
 * what is wrong with lines. Returns how many of these lines are right. */
static int
walk(struct str rest, const struct hostnames *names,
    const struct alias_key *key, struct buf *targets)
{
	int good = 0, best = NO_FIT, rank, rc, number = 1;
	const char *counted = rest.p;
	struct buf found = { 0 };
	struct str line, name;

	while (rest.n) {
		for (; counted < rest.p; counted++)
			number += *counted == '\n' || *counted == '\v';
		line = str_cut(&rest, '\n');
		if (!str_trim(line).n)
			continue;
		name = cut_name(&line);
		rank = key ? rank_of(name, key) : 0;
		if (rank >= best)
			continue;
		rc = name.n && line.p ? read_targets(line, names, &found) : -1;
		good += rc >= 0;
		if (key && rc >= 0) {
			best = rank;
			buf_set(targets, buf_str(&found));
		}
		if (!key && rc)
			buf_fmt(targets, "aliases: line %d: %s\n", number,
			    rc < 0 ? "not NAME: ADDRESS, ..., so left out" :
			    "a program, file or :include: is left out");
	}
	buf_free(&found);
	return good;
}

int
aliases_find(struct str text, const struct hostnames *names,
    const struct alias_key *key, struct buf *targets)
{
	return walk(text, names, key, targets) > 0;
}

int
aliases_check(struct buf *notes)
{
	struct hostnames names = { 0 };
	struct buf text = { 0 };
	int good = aliases_load(&text);

	if (text.n && (good = hostnames_load(&names)) == 0)
		good = walk(buf_str(&text), &names, NULL, notes);
	hostnames_free(&names);
	buf_free(&text);
	return good;
}

/* settings - what the sender's control files say. */
#include <limits.h>

#include "../base/chr.h"
#include "../base/date.h"
#include "../conf/conf.h"
#include "settings.h"

struct number {
	const char *name;
	int fallback;
	int least;
	int *value;
};

/* The first word as a time; what follows it after a blank was no matter to
 * nullmailer 2.2. 0, or -1. */
static int
parse_time(struct str word, int *value)
{
	int sign = word.p[0] == '-' ? -1 : 1;
	long seconds;

	if (word.p[0] == '-' || word.p[0] == '+')
		word = str_skip(word, 1);
	if (!word.n || !chr_is(word.p[0], CHR_DIGIT))
		return -1;
	seconds = date_seconds(word, INT_MAX);
	if (seconds < 0)
		return -1;
	*value = sign * (int)seconds;
	return 0;
}

static size_t
word_length(struct str s)
{
	size_t n = 0;

	while (n < s.n && !chr_is(s.p[n], CHR_SPACE))
		n++;
	return n;
}

static int
load_number(const struct number *n, struct buf *notes)
{
	struct buf text = { 0 };
	int rc = conf_line(n->name, &text), good;
	struct str all = buf_str(&text), word = str_head(all, word_length(all));

	*n->value = n->fallback;
	good = !word.n || (parse_time(word, n->value) == 0 &&
	    *n->value >= n->least);
	if (!good)
		*n->value = n->fallback;
	if (!good || word.n < all.n) {
		buf_fmt(notes, "%s: ", n->name);
		buf_clean(notes, all, 80);
		buf_fmt(notes, good ? " is taken as %d seconds\n" :
		    " makes no sense, using %d (as 90, 5m, 12h, 7d)\n",
		    *n->value);
	}
	buf_free(&text);
	return rc < 0 ? -1 : 0;
}

static int
load_helohost(struct settings *set, struct str me, struct buf *notes)
{
	int rc = conf_line("helohost", &set->helohost);

	if (rc > 0 && !options_is_name(buf_z(&set->helohost))) {
		buf_add(notes, STR("helohost: "));
		buf_clean(notes, buf_str(&set->helohost), 80);
		buf_put(notes, " is no name, using %\n", me);
		rc = 0;
	}
	if (rc == 0)
		buf_set(&set->helohost, me);
	return rc;
}

static int
load_settings(struct settings *set, struct str me, struct buf *notes)
{
	const struct number numbers[] = {
		{ "pausetime", 60, 0, &set->pausetime },
		{ "maxpause", 86400, 1, &set->maxpause },
		{ "sendtimeout", 3600, 0, &set->sendtimeout },
		{ "queuelifetime", 604800, INT_MIN, &set->queuelifetime },
		{ "delaywarn", 0, 0, &set->delaywarn },
		{ "failedlifetime", 0, 0, &set->failedlifetime },
	};
	size_t i;

	if (load_helohost(set, me, notes) < 0)
		return -1;
	for (i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
		if (load_number(&numbers[i], notes) < 0)
			return -1;
	return remotes_load(&set->remotes);
}

int
settings_load(struct settings *set, struct str me, struct buf *notes)
{
	int rc = load_settings(set, me, notes);

	if (rc < 0)
		settings_free(set);
	return rc;
}

void
settings_free(struct settings *set)
{
	remotes_free(&set->remotes);
	buf_free(&set->helohost);
}

/* settings - what the sender's control files say. */
#include <limits.h>

#include "../conf/conf.h"
#include "settings.h"

struct number {
	const char *name;
	int fallback;
	int least;
	int *value;
};

static int
load_number(const struct number *n, struct buf *notes)
{
	if (conf_int(n->name, n->fallback, n->value) < 0)
		return -1;
	if (*n->value >= n->least)
		return 0;
	buf_fmt(notes, "%s: %d makes no sense, using %d\n", n->name,
	    *n->value, n->fallback);
	*n->value = n->fallback;
	return 0;
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
	int rc = conf_line("helohost", &set->helohost);

	if (rc < 0)
		return -1;
	if (rc == 0)
		buf_set(&set->helohost, me);
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

/* check - find out what is wrong before mail does: control files, permissions,
 * spool, and a session with each remote that sends nothing. It only reads: it
 * takes no lock, and opening the trigger without writing is no pull. */
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>

#include "../../lib/base/buf.h"
#include "../../lib/base/date.h"
#include "../../lib/base/json.h"
#include "../../lib/base/opt.h"
#include "../../lib/queue/owner.h"
#include "../../lib/send/settings.h"
#include "../applets.h"
#include "../cli.h"
#include "check.h"

#define TEXT_MAX 2048

struct order {
	int json, offline, alive, health, metrics;
	unsigned long remote, failed;
	const char *age, *send, *wait;
};

void
check_part(struct check *c, const char *part, const char *about)
{
	struct buf line = { 0 };

	c->part = part;
	c->about = about;
	if (!c->json && !c->quiet) {
		buf_cat(&line, str_of(part), STR(" "));
		buf_clean(&line, str_of(about), 255);
		buf_addc(&line, '\n');
		str_write(1, buf_str(&line));
	}
	buf_free(&line);
}

static void
say_json(const struct check *c, enum check_level level, const char *name,
    struct str text, struct buf *out)
{
	static const char *const levels[] = { "good", "warning", "bad" };

	json_begin(out, '{');
	json_text(out, "part", str_of(c->part));
	json_text(out, "about", str_of(c->about));
	json_text(out, "name", str_of(name));
	json_text(out, "level", str_of(levels[level]));
	json_text(out, "text", text);
	json_end(out, '}');
}

void
check_say(struct check *c, enum check_level level, const char *name,
    const char *format, ...)
{
	struct buf text = { 0 }, out = { 0 };
	va_list ap;

	if (c->quiet)
		return;
	va_start(ap, format);
	buf_vfmt(&text, format, ap);
	va_end(ap);
	if ((int)level > c->worst)
		c->worst = (int)level;
	if (c->json) {
		say_json(c, level, name, buf_str(&text), &out);
	} else {
		buf_fmt(&out, "%c %-14s ", " !X"[level], name);
		buf_clean(&out, buf_str(&text), TEXT_MAX);
	}
	buf_addc(&out, '\n');
	str_write(1, buf_str(&out));
	buf_free(&text);
	buf_free(&out);
}

/* One that is good is enough for mail to get out. */
static void
check_remotes(struct check *c, const struct settings *set,
    unsigned long only)
{
	int worst = c->worst, best = CHECK_BAD, sum = 0;
	size_t i;

	if (only > set->remotes.count) {
		check_part(c, "Remotes", "");
		check_say(c, CHECK_BAD, "remotes", "there is no number %lu",
		    only);
		return;
	}
	for (i = 0; i < set->remotes.count; i++) {
		if (only && only != i + 1)
			continue;
		c->worst = CHECK_GOOD;
		check_remote(c, &set->remotes.list[i], i + 1,
		    buf_z(&set->helohost));
		best = c->worst < best ? c->worst : best;
		sum |= c->worst;
	}
	c->worst = best == CHECK_BAD ? best : sum ? CHECK_WARN : CHECK_GOOD;
	c->worst = c->worst < worst ? worst : c->worst;
}

/* An owner that cannot be had is said here, where root is to see nothing. */
static void
take_owner(void)
{
	struct buf why = { 0 };

	if (owner_become(&why) < 0)
		cli_die(CHECK_BAD, "%s", buf_z(&why));
	buf_free(&why);
}

static int
judge_all(const struct order *o)
{
	struct check c = { o->json, o->remote != 0, CHECK_GOOD, "", "" };
	struct settings set = { 0 };
	long long wait = o->wait ? date_seconds(str_of(o->wait), INT_MAX) : 60;

	if (!o->send) {
		check_files(&c, &set);
		check_spool(&c, &set);
		c.quiet = 0;
	}
	if (!o->offline && !o->send)
		check_remotes(&c, &set, o->remote);
	settings_free(&set);
	if (o->send)
		check_send(&c, o->send, wait < 0 ? 60 : wait);
	return c.worst;
}

int
check_main(int argc, char **argv)
{
	static const struct cli about = { "nullmailer-check", "",
		"Find out what is wrong before mail does.", 0, 0 };
	static struct order o = { .failed = 1, .age = "1h" };
	static const struct opt rows[] = {
#define ROW(...) OPT_ROW(order, __VA_ARGS__)
		{ ROW('j', "json", OPT_FLAG, json, "an object a line", 0) },
		{ ROW(0, "offline", OPT_FLAG, offline, "no remotes", 0) },
		{ ROW(0, "remote", OPT_UINT, remote,
		    "only this one, counted from 1", 0) },
		{ ROW(0, "send", OPT_STRING, send,
		    "send a test message to this address", 0) },
		{ ROW(0, "wait", OPT_STRING, wait, "for so long, 60s", 0) },
		{ ROW(0, "alive", OPT_FLAG, alive,
		    "only whether a sender runs", 0) },
		{ ROW(0, "health", OPT_FLAG, health,
		    "a line for monitoring", 0) },
		{ ROW(0, "age", OPT_STRING, age, "critical for health, 1h", 0) },
		{ ROW(0, "failed", OPT_UINT, failed,
		    "since a day, a warning for health, 1", 0) },
		{ ROW(0, "metrics", OPT_FLAG, metrics,
		    "figures for Prometheus", 0) },
#undef ROW
	};
	static const struct opts all = { rows,
		sizeof rows / sizeof rows[0], 0, &o, NULL };
	long long age;

	cli_begin("nullmailer-check");
	cli_options(&about, &all, argc, argv);
	signal(SIGPIPE, SIG_IGN);
	prctl(PR_SET_DUMPABLE, 0);
	take_owner();
	age = date_seconds(str_of(o.age), INT_MAX);
	if (age < 0)
		cli_die(o.health ? 3 : 1, "%s: no time", o.age);
	if (o.alive)
		return health_alive();
	if (o.health)
		return health_plugin(age, (long long)o.failed);
	return o.metrics ? health_metrics() : judge_all(&o);
}

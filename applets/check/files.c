/* files - control files, programs and spool, as this user sees them. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "../../lib/base/buf.h"
#include "../../lib/base/date.h"
#include "../../lib/conf/conf.h"
#include "../../lib/conf/hostname.h"
#include "../../lib/conf/path.h"
#include "../../lib/conf/user.h"
#include "../../lib/mail/aliases.h"
#include "../../lib/queue/census.h"
#include "../../lib/queue/owner.h"
#include "../../lib/queue/status.h"
#include "../../lib/queue/store.h"
#include "../../lib/send/settings.h"
#include "../../lib/smtp/connection.h"
#include "check.h"

#define ROOTS_DAYS 730		/* of a built-in CA list that is not too old */

/* "jane (uid 1000)" */
static const char *
who(uid_t uid)
{
	static struct buf text;

	buf_clear(&text);
	user_add(uid, &text);
	return buf_z(&text);
}

const char *
checked_path(enum path_root root, const char *name)
{
	static struct buf path;

	path_set(&path, root, name);
	return buf_z(&path);
}

/* ---- control files ---- */

/* What the loaders have to say, a line each. */
static void
say_notes(struct check *c, struct str notes)
{
	static struct buf line;

	while (notes.n) {
		buf_set(&line, str_cut(&notes, '\n'));
		check_say(c, CHECK_WARN, "control file", "%s", buf_z(&line));
	}
}

static void
say_values(struct check *c)
{
	static struct buf value;
	const char *name;
	int rc;

	for (name = conf_names; strcmp(name, "remotes");
	    name += strlen(name) + 1) {
		rc = conf_line(name, &value);
		if (rc < 0)
			check_say(c, CHECK_BAD, name, "%s", conf_why());
		else if (rc > 0)
			check_say(c, CHECK_GOOD, name, "%s", buf_z(&value));
	}
}

static void
say_names(struct check *c, const struct hostnames *h)
{
	const char *warning = hostnames_warning();

	if (warning)
		check_say(c, CHECK_WARN, "me", "%s", warning);
	check_say(c, h->configured || strchr(buf_z(&h->me), '.') ? CHECK_GOOD :
	    CHECK_WARN, "names", "this host is %s, addresses without a domain "
	    "get @%s%s", buf_z(&h->me), buf_z(&h->defaulthost), h->configured ?
	    "" : "; no control file says so: write its full name to me");
}

/* Without a secret, and also of a line that cannot be used. */
static void
say_remote(struct check *c, const struct remote *r, size_t number,
    enum check_level fault)
{
	const struct options *o = &r->options;
	const char *tls = o->tls ? ", tls" : o->starttls ? ", starttls" : "";

	if (r->fault)
		check_say(c, fault, "remotes", "%zu: %s: %s", number,
		    buf_z(&r->host), buf_z(&r->why));
	else if (!r->protocol)
		check_say(c, CHECK_GOOD, "remotes", "%zu: %s by the module %s",
		    number, buf_z(&r->host), buf_z(&r->name));
	else
		check_say(c, CHECK_GOOD, "remotes", "%zu: %s %s, port %d%s%s%s",
		    number, buf_z(&r->host), buf_z(&r->name), o->port, tls,
		    o->user ? ", user " : "", o->user ? o->user : "");
	if (remote_chooses(r))
		check_say(c, CHECK_GOOD, "remotes", "%zu: only for mail from "
		    "%s to %s", number, o->if_from ? o->if_from : "*",
		    o->if_to ? o->if_to : "*");
}

/* So many that wait would take longer than they may. */
static void
judge_rate(struct check *c, const struct settings *set, const struct remote *r)
{
	const struct options *o = &r->options;
	long long figures[CENSUS_ROWS];

	if (!o->rate_messages || census_take(figures) < 0)
		return;
	if (figures[CENSUS_WAITING] * o->rate_seconds / o->rate_messages >
	    set->queuelifetime)
		check_say(c, CHECK_WARN, "remotes", "%s: rate=%s: what waits "
		    "now takes longer than queuelifetime", buf_z(&r->host),
		    o->rate);
}

/* Who could not read it is told who can; root's is of no use to the owner. */
static void
say_unreadable(struct check *c)
{
	struct stat st;
	int owner = geteuid() == 0 || owner_is_here();

	check_say(c, owner ? CHECK_BAD : CHECK_WARN, "remotes", "%s%s",
	    conf_why(), owner ? "" : "; you cannot see what the sender sees");
	if (owner && owner_find(&st) == 0)
		check_say(c, CHECK_BAD, "remotes", "the sender is %s: as root "
		    "type: chown %lu remotes", who(st.st_uid),
		    (unsigned long)st.st_uid);
}

static void
judge_remotes(struct check *c, const struct settings *set)
{
	struct buf path = { 0 };
	size_t i, faults = 0;

	for (i = 0; i < set->remotes.count; i++)
		faults += set->remotes.list[i].fault != 0;
	if (!set->remotes.count)
		check_say(c, CHECK_BAD, "remotes", "no line in it: nothing "
		    "can be sent");
	for (i = 0; i < set->remotes.count; i++) {
		say_remote(c, &set->remotes.list[i], i + 1,
		    faults < set->remotes.count ? CHECK_WARN : CHECK_BAD);
		judge_rate(c, set, &set->remotes.list[i]);
	}
	if (remotes_exposed(&set->remotes, &path))
		check_say(c, CHECK_WARN, "remotes", "it holds a password and "
		    "everybody may read it: chmod 600 %s", buf_z(&path));
	buf_free(&path);
}

/* ---- the CA list ---- */

static int
uses_trust(const struct settings *set)
{
	const struct options *o;
	size_t i;

	for (i = 0; i < set->remotes.count; i++) {
		o = &set->remotes.list[i].options;
		if ((o->tls || o->starttls) && !o->cafile && !o->insecure)
			return 1;
	}
	return 0;
}

/* "117 roots of 2026-10-20": the day's year is older than last year's. */
static int
roots_are_old(void)
{
	struct str words = str_of(connection_roots());
	static struct buf day;

	buf_clear(&day);
	date_iso(&day, time(NULL) - ROOTS_DAYS * 86400LL);
	words = str_skip(words, str_rfind(words, ' ') + 1);
	return words.n == 10 && memcmp(words.p, day.p, 10) < 0;
}

static void
judge_trust(struct check *c, const struct settings *set)
{
	struct str files = STR(CA_FILES);
	static struct buf file;

	if (!uses_trust(set))
		return;
	while (files.n) {
		buf_set(&file, str_cut(&files, ' '));
		if (access(buf_z(&file), R_OK) == 0)
			break;
		buf_clear(&file);
	}
	if (file.n)
		check_say(c, CHECK_GOOD, "trust", "%s", buf_z(&file));
	else
		check_say(c, roots_are_old() ? CHECK_WARN : CHECK_GOOD,
		    "trust", "the built-in list, %s%s", connection_roots(),
		    roots_are_old() ? ", is old" : "");
}

void
check_files(struct check *c, struct settings *set)
{
	static struct buf notes;
	struct hostnames h = { 0 };
	struct store_rules rules = { 0 };

	check_part(c, "Control files", checked_path(PATH_CONFIG, ""));
	conf_environment(&notes);
	say_values(c);
	if (hostnames_load(&h) == 0)
		say_names(c, &h);
	if (store_rules_load(&rules, 0) < 0 || aliases_check(&notes) < 0)
		check_say(c, CHECK_BAD, "queue", "%s", conf_why());
	if (settings_load(set, buf_str(&h.me), &notes) < 0) {
		say_notes(c, buf_str(&notes));
		say_unreadable(c);
	} else {
		say_notes(c, buf_str(&notes));
		judge_remotes(c, set);
		judge_trust(c, set);
	}
	if (time(NULL) < BUILD_DATE)
		check_say(c, CHECK_WARN, "clock", "it is older than this "
		    "program");
	store_rules_free(&rules);
	hostnames_free(&h);
}

/* ---- programs ---- */

/* Mail of other users goes through a set-uid program. */
static void
judge_program(struct check *c, enum path_root root, const char *name,
    uid_t owner)
{
	const char *path = checked_path(root, name), *lost;
	int fd = open(path, O_PATH | O_CLOEXEC);

	lost = owner_rights_lost(fd, owner);
	if (lost)
		check_say(c, CHECK_WARN, name, "only root and %s may use it: "
		    "%s: %s", who(owner), path, lost);
	close(fd);
}

/* ---- the spool ---- */

static void
judge_entry(struct check *c, const char *name, mode_t type, uid_t owner)
{
	struct stat st;

	if (lstat(checked_path(PATH_SPOOL, name), &st) < 0)
		check_say(c, errno == ENOENT ? CHECK_WARN : CHECK_BAD, name,
		    "%s", strerror(errno));
	else if ((st.st_mode & S_IFMT) != type)
		check_say(c, CHECK_BAD, name, "it is no %s",
		    type == S_IFDIR ? "folder" : "FIFO");
	else if (st.st_uid != owner || (st.st_mode & 0600) != 0600)
		check_say(c, CHECK_BAD, name, "it belongs to %s, and not to "
		    "uid %lu as queue does, or is not open to its owner",
		    who(st.st_uid), (unsigned long)owner);
}

static void
judge_room(struct check *c)
{
	int least = 0, fd = open(checked_path(PATH_SPOOL, "queue"),
	    O_PATH | O_CLOEXEC);
	struct statvfs fs;

	conf_int("minfree", 0, &least);
	if (fstatvfs(fd, &fs) < 0)
		fs.f_bavail = 1;
	else if (fs.f_flag & ST_RDONLY)
		check_say(c, CHECK_BAD, "disk", "it is read-only");
	else if (!fs.f_bavail || (fs.f_files && !fs.f_ffree) ||
	    (unsigned long long)fs.f_bavail * fs.f_frsize <
	    (unsigned long long)least)
		check_say(c, CHECK_BAD, "disk", "it is full, or has less than "
		    "minfree: no mail is taken");
	close(fd);
}

/* The sender's last word on each remote that it leaves out. */
static void
say_last_words(struct check *c)
{
	static struct buf text, last;
	struct str rest;
	struct status s;
	int root = open(checked_path(PATH_SPOOL, ""), O_PATH | O_CLOEXEC);

	status_read(root, STATUS_WAITING, &text);
	for (rest = buf_str(&text); status_next_rest(&rest, &s);) {
		buf_clear(&last);
		buf_put(&last, "%: %; asked again at ", s.remote, s.text);
		date_iso(&last, (time_t)s.next);
		check_say(c, CHECK_WARN, "last", "%s", buf_z(&last));
	}
	close(root);
}

static void
say_figures(struct check *c, const struct settings *set)
{
	long long n[CENSUS_ROWS];

	if (census_take(n) < 0) {
		check_say(c, CHECK_WARN, "queue", "you may not look into it: "
		    "%s", strerror(errno));
		return;
	}
	if (n[CENSUS_SENDER] || !set->pausetime)
		check_say(c, CHECK_GOOD, "sender", n[CENSUS_SENDER] ? "it runs"
		    : "it runs only now and then (pausetime 0)");
	else
		check_say(c, CHECK_BAD, "sender", "none runs: start "
		    "nullmailer-send");
	check_say(c, n[CENSUS_FAILED_DAY] ? CHECK_WARN : CHECK_GOOD, "queue",
	    "%lld waiting, the oldest for %lld s; %lld held; %lld failed, "
	    "%lld of them since a day", n[CENSUS_WAITING], n[CENSUS_OLDEST],
	    n[CENSUS_HELD], n[CENSUS_FAILED], n[CENSUS_FAILED_DAY]);
	say_last_words(c);
}

void
check_spool(struct check *c, const struct settings *set)
{
	struct stat st;

	check_part(c, "Spool", checked_path(PATH_SPOOL, ""));
	if (owner_find(&st) < 0) {
		check_say(c, CHECK_BAD, "spool", "%s", strerror(errno));
	} else {
		check_say(c, CHECK_GOOD, "owner", "%s", who(st.st_uid));
		judge_entry(c, "queue", S_IFDIR, st.st_uid);
		judge_entry(c, "tmp", S_IFDIR, st.st_uid);
		judge_entry(c, "failed", S_IFDIR, st.st_uid);
		judge_entry(c, "trigger", S_IFIFO, st.st_uid);
		judge_room(c);
		if (st.st_uid) {
			judge_program(c, PATH_SBIN, "nullmailer-queue",
			    st.st_uid);
			judge_program(c, PATH_BIN, "mailq", st.st_uid);
		}
		say_figures(c, set);
	}
}

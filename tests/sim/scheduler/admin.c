/* admin - mail that comes, control files, and what administrators do to the
 * queue and to the machine. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "spool.h"
#include "sim.h"

#define ROOM 230			/* mails that are kept for reports */

struct settings_now conf;

/* ---- control files ---- */

static struct control {
	char name[16];
	char text[512];
} control[16];

static void
put_conf(const char *name, const char *text)
{
	struct control *c = control;

	while (c->name[0] && strcmp(c->name, name))
		c++;
	snprintf(c->name, sizeof c->name, "%s", name);
	snprintf(c->text, sizeof c->text, "%s", text);
}

const char *
control_file(const char *path)
{
	const struct control *c = control;
	const char *name = strrchr(path, '/') + 1;

	while (c->name[0] && strcmp(c->name, name))
		c++;
	return c->name[0] ? c->text : NULL;
}

static void
put_number(const char *name, int n)
{
	char text[16];

	snprintf(text, sizeof text, "%d\n", n);
	put_conf(name, text);
}

/* The options of a remote stay through a history, but for its port, by which
 * the sender knows it. */
static size_t
add_options(char *text, size_t size, int s)
{
	size_t n = (size_t)snprintf(text, size, " port=%d",
	    25 + conf.port[s]);

	if (nature(100, s, 0, 21) < 50)
		n += (size_t)snprintf(text + n, size - n, " sessions=%u",
		    1 + nature(4, s, 0, 22));
	if (nature(100, s, 0, 23) < 15)
		n += (size_t)snprintf(text + n, size - n, " messages=%u",
		    1 + nature(5, s, 0, 24));
	if (nature(100, s, 0, 25) < 15)
		n += (size_t)snprintf(text + n, size - n, " rate=%u/%us",
		    1 + nature(6, s, 0, 26), 1 + nature(60, s, 0, 27));
	if (!w.calm && nature(100, s, 0, 28) < 15)
		n += (size_t)snprintf(text + n, size - n, "%s",
		    nature(2, s, 0, 29) ? " soft-bounce" :
		    " soft-bounce=550,5.6.7");
	return n;
}

/* In the end the last line takes all. */
static size_t
add_choice(char *text, size_t size, int s, int last)
{
	const char *to = choice_to(s), *from = choice_from(s);
	size_t n = 0;

	if (to && !(last && w.calm))
		n += (size_t)snprintf(text, size, " if-to=%s", to);
	if (from && !(last && w.calm))
		n += (size_t)snprintf(text + n, size - n, " if-from=%s", from);
	return n;
}

static void
put_remotes(void)
{
	char text[512];
	size_t n = 0;
	int i, s;

	for (i = 0; i < conf.lines; i++) {
		s = conf.order[i];
		n += (size_t)snprintf(text + n, sizeof text - n, "h%d.x %s",
		    s, nature(100, s, 0, 20) < 12 ? "ext" : "smtp");
		n += add_options(text + n, sizeof text - n, s);
		n += add_choice(text + n, sizeof text - n, s,
		    i == conf.lines - 1);
		n += (size_t)snprintf(text + n, sizeof text - n, "\n");
	}
	put_conf("remotes", n ? text : "# none\n");
	say("conf: remotes: %s", text);
}

/* Another order, fewer or more of them. */
static void
shuffle_remotes(void)
{
	int i, k, kept;

	conf.lines = 1 + (int)pick(3);
	conf.port[pick(SERVERS)] ^= chance(200);
	for (i = 0; i < SERVERS; i++)
		conf.order[i] = i;
	for (i = SERVERS - 1; i > 0; i--) {
		k = (int)pick((unsigned)i + 1);
		kept = conf.order[i];
		conf.order[i] = conf.order[k];
		conf.order[k] = kept;
	}
	put_remotes();
}

static void
shorten_lives(void)
{
	int m;

	for (m = 0; m < mails; m++)
		if (mail[m].lifetime > conf.queuelifetime)
			mail[m].lifetime = conf.queuelifetime;
}

static void
choose_numbers(void)
{
	static const int pauses[] = { 60, 60, 60, 10, 300, 1 };
	static const int lives[] = { 604800, 604800, 86400, 3600, 600 };
	static const int warns[] = { 0, 0, 0, 300, 30 };
	static const int timeouts[] = { 3600, 3600, 600, 60 };

	conf.pausetime = pauses[pick(6)];
	conf.maxpause = chance(500) ? 3600 : 600;
	conf.queuelifetime = lives[pick(5)];
	conf.delaywarn = warns[pick(5)];
	conf.sendtimeout = timeouts[pick(4)];
	if (conf.pausetime < conf.least_pause)
		conf.least_pause = conf.pausetime;
	put_number("pausetime", conf.pausetime);
	put_number("maxpause", conf.maxpause);
	put_number("queuelifetime", conf.queuelifetime);
	put_number("delaywarn", conf.delaywarn);
	put_number("sendtimeout", conf.sendtimeout);
	shorten_lives();
	say("conf: pausetime %d, maxpause %d, queuelifetime %d, delaywarn "
	    "%d, sendtimeout %d", conf.pausetime, conf.maxpause,
	    conf.queuelifetime, conf.delaywarn, conf.sendtimeout);
}

static void
change_conf(void)
{
	say("admin: control files change");
	if (chance(150)) {
		put_conf("remotes", chance(500) ? "" : "h0.x smtp what=x\n");
		conf.lines = 0;
	} else {
		shuffle_remotes();
	}
	if (chance(300))
		choose_numbers();
	rules_all(1);
}

/* ---- mail ---- */

static int
some_mail(void)
{
	int m, i, n = 1, r;

	m = new_mail(0, chance(120));
	if (chance(350))
		n += (int)pick(chance(200) ? 8 : 3);
	for (i = 0; i < n; i++) {
		r = (int)pick(RCPTS - 2);
		if (!mail[m].account[r].due || chance(100))
			mail[m].account[r].due++;
	}
	return m;
}

/* A pull without new mail is another thing: an administrator's. */
void
inject_event(int how_many)
{
	if (mails >= MAILS - ROOM)
		return;
	while (how_many-- > 0 && mails < MAILS - ROOM) {
		put_mail(some_mail());
		if (chance(700))
			pull_trigger();
	}
	if (chance(900))
		pull_trigger();
}

/* The time is the model's, as everything. */
static void
set_time(int m, unsigned seconds_ago)
{
	struct timespec times[2] = { { (time_t)(wall_now() - seconds_ago),
		(long)(w.now % 1000) * 1000000 }, { 0, 0 } };

	times[1] = times[0];
	utimensat(queue_fd, mail[m].name, times, 0);
}

/* cp into queue/: half of it is there first. */
static int half = -1;

static void
second_half(int m)
{
	char text[4096];
	int fd;

	if (half != m)
		return;
	half = -1;
	mail_text(m, text, sizeof text);
	fd = open_queue_file(mail[m].name, O_WRONLY | O_TRUNC);
	if (fd < 0)
		return;
	if (write(fd, text, strlen(text)) < 0)
		violate("the simulator cannot write");
	close(fd);
	set_time(m, 0);
	say("admin: m%d is whole", m);
	mail[m].released = 0;
	mail[m].touched = ~0u;
}

static void
first_half(void)
{
	char text[4096];
	int fd, m = some_mail();

	mail_text(m, text, sizeof text);
	snprintf(mail[m].name, sizeof mail[m].name, "%lld.%d", wall_now(),
	    10000 + m);
	fd = open_queue_file(mail[m].name, O_WRONLY | O_CREAT);
	if (write(fd, text, pick(8)) < 0)
		violate("the simulator cannot write");
	close(fd);
	set_time(m, 0);
	mail[m].released = 1;
	mail[m].doubt = 1;
	half = m;
	say("admin: m%d is copied into queue/ as %s", m, mail[m].name);
	later(1 + pick(20000), second_half, m);
}

/* ---- files ---- */

/* A mail that has a file of its name in queue/, or -1. */
static int
some_file(struct head *h)
{
	int tries, fd, m;

	for (tries = 0; tries < 5 && mails; tries++) {
		m = (int)pick((unsigned)mails);
		if (mail[m].released || m == half)
			continue;
		fd = open_queue_file(mail[m].name, O_RDONLY);
		if (fd < 0)
			continue;
		read_head(fd, h);
		close(fd);
		if (h->m == m && !h->marked)
			return m;
	}
	return -1;
}

static void
remove_file(int m)
{
	say("admin: removes m%d", m);
	unlinkat(queue_fd, mail[m].name, 0);
	release_mail(m);
}

/* Another message takes the name. */
static void
replace_file(int m)
{
	int other = some_mail();
	char text[4096];
	int fd = openat(tmp_fd, "other", O_WRONLY | O_CREAT | O_TRUNC, 0600);

	mail_text(other, text, sizeof text);
	if (write(fd, text, strlen(text)) < 0)
		violate("the simulator cannot write");
	close(fd);
	strcpy(mail[other].name, mail[m].name);
	mail[other].doubt = 1;
	mail[other].took_place = mail[other].named = 1;
	mail[other].touched = ~0u;
	renameat(tmp_fd, "other", queue_fd, mail[m].name);
	set_time(other, chance(500) ? 0 : pick(1000000));
	release_mail(m);
	mail[m].name[0] = '\0';
	say("admin: m%d takes the place of m%d", other, m);
}

static void
touch_file(int m)
{
	int s;

	say("admin: touches m%d", m);
	mail[m].touched = ~0u;
	/* Of a file that could not be looked at nothing shows that it is still
	 * this one. */
	if (w.stat_failed)
		release_mail(m);
	set_time(m, 0);
	mail[m].doubt |= mail[m].in_hand || is_on_the_way(m);
	mail[m].born = w.now;
	mail[m].lifetime = lifetime_now();
	mail[m].not_before = 0;
	for (s = 0; s < SERVERS; s++)
		mail[m].last_result[s] = -1;
}

/* One more recipient, where the file stands. */
static void
edit_file(int m, const struct head *h)
{
	char text[4096];
	int i, fd, r = (int)pick(RCPTS - 2);
	short kept[RCPTS];

	spool_look_around();
	for (i = 0; i < RCPTS; i++) {
		kept[i] = mail[m].account[i].due;
		mail[m].account[i].due = 0;
	}
	for (i = 0; i < h->n; i++)
		mail[m].account[h->r[i]].due++;
	mail[m].account[r].due++;
	mail_text(m, text, sizeof text);
	for (i = 0; i < RCPTS; i++)
		mail[m].account[i].due = kept[i];
	mail[m].account[r].due++;
	fd = open_queue_file(mail[m].name, O_WRONLY | O_TRUNC);
	if (write(fd, text, strlen(text)) < 0)
		violate("the simulator cannot write");
	close(fd);
	/* It may be in failed/ under another name. */
	if (found.failed[m][h->r[0]])
		release_mail(m);
	mail[m].grown = 1;
	mail[m].edited |= mail[m].in_hand > 0 || is_on_the_way(m);
	touch_file(m);
	say("admin: m%d is for r%d too", m, r);
}

static void
release_file(int m)
{
	say("admin: m%d comes back", m);
	renameat(hold_fd, mail[m].name, queue_fd, mail[m].name);
}

static void
hold_file(int m)
{
	say("admin: holds m%d", m);
	if (mail[m].in_hand || is_on_the_way(m))
		release_mail(m);
	mail[m].doubt = 1;
	renameat(queue_fd, mail[m].name, hold_fd, mail[m].name);
	ledger_forget(m);
	later(pick(400000), release_file, m);
}

static void
put_junk(void)
{
	static const char *const names[] = { "junk", ".hidden", "a\nb",
		"1.1" };
	const char *name = names[pick(4)];
	int fd;

	switch (pick(5)) {
	case 0:
		mkdirat(queue_fd, name, 0700);
		break;
	case 1:
		mkfifoat(queue_fd, name, 0600);
		break;
	case 2:
		symlinkat("nowhere", queue_fd, name);
		break;
	default:
		fd = open_queue_file(name, O_WRONLY | O_CREAT | O_NONBLOCK |
		    O_NOFOLLOW);
		if (fd >= 0 && write(fd, "\n\njunk", pick(7)) >= 0)
			close(fd);
	}
	say("admin: junk in queue/");
}

static void
touch_files(unsigned kind)
{
	struct head h;
	int m = some_file(&h);

	if (m < 0)
		return;
	if (kind == 0)
		remove_file(m);
	else if (kind == 1)
		replace_file(m);
	else if (kind == 2)
		touch_file(m);
	else if (kind == 3)
		edit_file(m, &h);
	else
		hold_file(m);
}

/* ---- the machine ---- */

static void
move_trigger(void)
{
	say("admin: the trigger is another one");
	unlinkat(root_fd, "trigger", 0);
	if (chance(800))
		mkfifoat(root_fd, "trigger", 0600);
	rules_all(0);
}

static void
suspend(void)
{
	long long ms = 1000LL * pick(chance(500) ? 1000 : 100000);

	say("machine: suspended for %lld s", ms / 1000);
	w.now += ms;
}

static void
step_clock(void)
{
	long long seconds = 100 + (long long)pick(chance(500) ? 1000 :
	    1000000);
	int m;

	if (wall_now() < BUILD_DATE)
		seconds = BUILD_DATE + 1000000 - wall_now();
	else if (chance(500))
		seconds = -seconds;
	for (m = 0; m < mails; m++)
		mail[m].doubt |= !w.sender || mail[m].born >= w.waits_since;
	set_clock(seconds);
	rules_all(1);
}

static void
remove_failed(void)
{
	if (unlinkat(root_fd, "failed", AT_REMOVEDIR) == 0)
		say("admin: failed/ is removed");
}

static void
call_sender(int signal)
{
	say("admin: signal %d", signal);
	rules_all(1);
	send_signal(signal);
}

static void
act(unsigned n)
{
	if (n < 400)
		touch_files(n % 5);
	else if (n < 450)
		put_junk();
	else if (n < 500 && mails < MAILS - ROOM && half < 0)
		first_half();
	else if (n < 600)
		call_sender(chance(200) ? SIGTERM : chance(500) ? SIGHUP :
		    SIGALRM);
	else if (n < 680) {
		say("admin: pulls the trigger");
		rules_all(0);
		pull_trigger();
	} else if (n < 780)
		change_conf();
	else if (n < 820)
		move_trigger();
	else if (n < 880)
		suspend();
	else if (n < 950)
		step_clock();
	else
		remove_failed();
}

/* An administrator does not come between two calls that belong together. */
void
admin_event(int unused)
{
	if (w.calm)
		return;
	if (w.in_step) {
		later(1, admin_event, unused);
		return;
	}
	w.news++;
	act(pick(1000));
}

void
admin_begin(void)
{
	memset(&conf, 0, sizeof conf);
	memset(control, 0, sizeof control);
	conf.least_pause = 1000000;
	half = -1;
	put_conf("me", "me.x\n");
	choose_numbers();
	shuffle_remotes();
}

/* Everything as it should be. */
void
admin_calm(void)
{
	shuffle_remotes();
	rules_all(1);
	if (half >= 0)
		second_half(half);
}

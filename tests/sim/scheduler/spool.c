/* spool - the spool as it is, and mail that is put into it. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../../lib/mail/envelope.h"
#include "../../../lib/queue/spool.h"
#include "../../../lib/queue/trigger.h"
#include "real.h"
#include "spool.h"

struct found found;
int top_fd = -1, root_fd, queue_fd, tmp_fd, failed_fd, hold_fd;

/* ---- folders ---- */

static int
high(int fd)
{
	int moved = fcntl(fd, F_DUPFD_CLOEXEC, HIGH);

	close(fd);
	return moved;
}

static int
folder(int at, const char *name)
{
	mkdirat(at, name, 0700);
	return high(openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

static void
empty_folder(int at)
{
	DIR *d = fdopendir(openat(at, ".", O_RDONLY | O_DIRECTORY));
	struct dirent *e;

	while (d && (e = readdir(d)) != NULL)
		if (strcmp(e->d_name, ".") && strcmp(e->d_name, ".."))
			if (unlinkat(at, e->d_name, 0) < 0)
				unlinkat(at, e->d_name, AT_REMOVEDIR);
	if (d)
		closedir(d);
}

/* All folders new and empty. */
void
spool_begin(void)
{
	if (top_fd < 0) {
		top_fd = folder(AT_FDCWD, w.folder);
		folder(top_fd, "protocols");
		root_fd = folder(top_fd, "queue");
	} else {
		close(queue_fd);
		close(tmp_fd);
		close(failed_fd);
		close(hold_fd);
	}
	queue_fd = folder(root_fd, "queue");
	tmp_fd = folder(root_fd, "tmp");
	failed_fd = folder(root_fd, "failed");
	hold_fd = folder(root_fd, "hold");
	empty_folder(queue_fd);
	empty_folder(tmp_fd);
	empty_folder(failed_fd);
	empty_folder(hold_fd);
	unlinkat(root_fd, "lock", 0);
	unlinkat(root_fd, "status", 0);
	unlinkat(root_fd, "failures", 0);
	unlinkat(root_fd, "trigger", 0);
}

/* ---- mail ---- */

void
mail_text(int m, char *text, size_t size)
{
	size_t n = (size_t)snprintf(text, size, "%s\n", mail[m].null_sender ?
	    "" : choice_sender(m) == FROM_E ? "s@e.x" : "r11@d.x");
	int r, i;

	for (r = 0; r < RCPTS; r++)
		for (i = 0; i < mail[m].account[r].due; i++)
			n += (size_t)snprintf(text + n, size - n, "r%d@%s\n",
			    r, choice_domain(r));
	snprintf(text + n, size - n, "\nMessage-Id: <m%d@w.x>\nX-Number: %d\n"
	    "\ntext%.*s\n", m, m, (int)nature(60, m, 0, 10),
	    "............................................................");
}

int
open_queue_file(const char *name, int how)
{
	return openat(queue_fd, name, how | O_CLOEXEC, 0600);
}

static void
name_mail(int m)
{
	snprintf(mail[m].name, sizeof mail[m].name, "%lld.%d", wall_now(),
	    10000 + m);
}

/* As nullmailer-queue does it. */
static void
put_text(int m, const char *text)
{
	struct timespec times[2] = { { (time_t)wall_now(),
		(long)(w.now % 1000) * 1000000 }, { 0, 0 } };
	int fd = openat(tmp_fd, "new", O_WRONLY | O_CREAT | O_TRUNC, 0600);

	times[1] = times[0];
	name_mail(m);
	if (write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		violate("the simulator cannot write");
	futimens(fd, times);
	close(fd);
	if (linkat(tmp_fd, "new", queue_fd, mail[m].name, 0) < 0)
		violate("the simulator cannot link %s", mail[m].name);
	unlinkat(tmp_fd, "new", 0);
}

void
put_mail(int m)
{
	char text[4096];

	mail_text(m, text, sizeof text);
	put_text(m, text);
	say("queue: m%d as %s%s", m, mail[m].name, mail[m].null_sender ?
	    ", null sender" : "");
}

void
put_report(int m, int about, const short who[RCPTS], int delay)
{
	char text[4096];
	int r, n;

	mail[m].account[10].due = 1;
	n = snprintf(text, sizeof text, "\nr10@d.x\n\nMessage-Id: <m%d@w.x>\n"
	    "X-Number: %d\nX-About: %d %d", m, m, about, delay);
	for (r = 0; r < RCPTS; r++)
		n += snprintf(text + n, sizeof text - (size_t)n, " %d",
		    who[r]);
	snprintf(text + n, sizeof text - (size_t)n, "\n\nreport\n");
	put_text(m, text);
	if (delay)
		mail[about].delays++;
	for (r = 0; r < RCPTS && !delay; r++)
		mail[about].account[r].reports += who[r];
	say("queue: m%d as %s, report on m%d", m, mail[m].name, about);
}

void
pull_trigger(void)
{
	struct spool s = { root_fd, queue_fd, tmp_fd, failed_fd };

	trigger_pull(&s);
	w.news++;
}

/* ---- a look ---- */

static void
read_envelope(char *text, struct head *h)
{
	char *line = strchr(text, '\n');

	h->null_sender = text[0] == '\n';
	while (line && line[1] == 'r' && h->n < 64) {
		h->r[h->n++] = (unsigned char)atoi(line + 2);
		line = strchr(line + 1, '\n');
	}
}

static void
read_about(char *text, struct head *h)
{
	char *at = strstr(text, "\nX-About: ");
	int r;

	h->report = -1;
	if (!at)
		return;
	h->report = (int)strtol(at + 10, &at, 10);
	h->delay = (int)strtol(at, &at, 10);
	for (r = 0; r < RCPTS; r++)
		h->about[r] = (short)strtol(at, &at, 10);
}

/* 0; -1 if it is no mail of ours. */
int
read_head(int fd, struct head *h)
{
	char text[4096], *number;
	ssize_t n = pread(fd, text, sizeof text - 1, 0);
	struct stat st;

	*h = (struct head){ 0 };
	h->m = h->report = -1;
	if (n <= 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return -1;
	text[n] = '\0';
	h->marked = spool_is_marked(&st);
	number = strstr(text, "\nX-Number: ");
	if (!number)
		return -1;
	h->m = atoi(number + 11);
	if (h->m < 0 || h->m >= mails) {
		h->m = -1;
		return -1;
	}
	read_envelope(text, h);
	read_about(text, h);
	return 0;
}

static void
count_file(int at, const char *name, int failed)
{
	int fd = openat(at, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK), i;
	struct head h;

	if (fd < 0 || read_head(fd, &h) < 0) {
		found.others += !failed;
	} else if (failed) {
		for (i = 0; i < h.n; i++)
			found.failed[h.m][h.r[i]]++;
	} else {
		found.files[h.m]++;
		found.marked[h.m] += h.marked != 0;
		for (i = 0; i < h.n && !h.marked; i++)
			found.queue[h.m][h.r[i]]++;
	}
	if (fd >= 0)
		close(fd);
}

static void
count_folder(int at, int failed)
{
	int fd = openat(at, ".", O_RDONLY | O_DIRECTORY);
	DIR *d = fdopendir(fd);
	struct dirent *e;

	while (d && (e = readdir(d)) != NULL)
		if (e->d_name[0] != '.')
			count_file(at, e->d_name, failed);
	if (d)
		closedir(d);
}

/* failed/ may be another folder than at first. */
void
spool_look_around(void)
{
	int fd = openat(root_fd, "failed", O_RDONLY | O_DIRECTORY);

	memset(&found, 0, sizeof found);
	count_folder(queue_fd, 0);
	count_folder(hold_fd, 0);
	if (fd >= 0) {
		count_folder(fd, 1);
		close(fd);
	}
}

/* Mails that still have a name in queue/, by name alone; *first is one of
 * them. */
int
spool_left(int *first)
{
	DIR *d = fdopendir(openat(queue_fd, ".", O_RDONLY | O_DIRECTORY));
	struct dirent *e;
	int m, n = 0;

	while (d && (e = readdir(d)) != NULL) {
		m = mail_of_name(str_of(e->d_name));
		if (m < 0 || mail[m].released)
			continue;
		*first = m;
		n++;
	}
	if (d)
		closedir(d);
	return n;
}

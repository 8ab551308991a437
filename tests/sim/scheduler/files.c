/* files - the sender's calls on files, and how they fail: each can be the last
 * one of its life, and may fail with what suits it, once or for a while. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "real.h"
#include "sim.h"

/* ---- which folder a descriptor belongs to ---- */

static unsigned char place_of[HIGH];

static enum place
place_at(int folder, const char *name)
{
	if (name && name[0] == '/')
		return strstr(name, "/conf") ? IN_CONF :
		    strstr(name, "/queue") ? IN_ROOT : IN_NONE;
	return folder >= 0 && folder < HIGH ? place_of[folder] : IN_NONE;
}

enum place
fd_place(int fd)
{
	return place_at(fd, NULL);
}

static enum place
place_below(enum place place, const char *name)
{
	if (place != IN_ROOT)
		return place;
	if (!strcmp(name, "queue"))
		return IN_QUEUE;
	if (!strcmp(name, "tmp"))
		return IN_TMP;
	return strcmp(name, "failed") ? IN_ROOT : IN_FAILED;
}

/* Control files are in memory, as they are read so often. */
static struct {
	const char *text;
	size_t at;
} controls[8];

void
files_reset(void)
{
	memset(place_of, 0, sizeof place_of);
	memset(controls, 0, sizeof controls);
}

/* ---- faults ---- */

#define AT(call) (1u << ON_##call)
#define DISK (AT(CREATE) | AT(LINK) | AT(RENAME) | AT(WRITE) | AT(MAKE))
#define CHANGES (DISK | AT(UNLINK) | AT(CHANGE))

/* Rows: which calls, in which folders, fail with what; the first time that
 * suits, or while it lasts. */
static const struct trouble {
	const char *name;
	unsigned calls;
	unsigned places;
	int errors[4];
} troubles[] = {
	{ "the disk is full", DISK, ~0u, { ENOSPC, EDQUOT } },
	{ "the disk is full, as a sync finds", DISK | AT(SYNC), ~0u, { ENOSPC, EDQUOT } },
	{ "the disk can only be read", CHANGES, ~0u, { EROFS } },
	{ "no descriptors", AT(OPEN) | AT(CREATE) | AT(FORK), ~0u, { EMFILE, ENFILE } },
	{ "no processes", AT(FORK), ~0u, { EAGAIN, ENOMEM } },
	{ "no memory", AT(OPEN) | AT(CREATE) | AT(STAT) | AT(LIST) | AT(FORK) | AT(POLL), ~0u, { ENOMEM } },
	{ "poll fails", AT(POLL), ~0u, { ENOMEM, EINTR } },
	{ "queue/ cannot be read", AT(LIST), 1u << IN_QUEUE, { EIO } },
	{ "queue/ cannot be opened", AT(OPEN), 1u << IN_QUEUE, { EIO, EACCES, EMFILE, ESTALE } },
	{ "files cannot be looked at", AT(STAT), ~0u, { EIO, EACCES, ESTALE } },
	{ "names cannot be removed", AT(UNLINK), ~0u, { EIO, EROFS, EACCES, EBUSY } },
	{ "no links", AT(LINK), ~0u, { EIO, EMLINK, EPERM, ENOSPC } },
	{ "no renames", AT(RENAME), ~0u, { EIO, EROFS, ENOSPC, EACCES } },
	{ "syncs fail", AT(SYNC), ~0u, { EIO, ENOSPC, EDQUOT, EINTR } },
	{ "syncs of queue/ fail", AT(SYNC), 1u << IN_QUEUE, { EIO, EROFS } },
	{ "failed/ takes nothing", CHANGES | AT(SYNC), 1u << IN_FAILED, { ENOSPC, EIO, EDQUOT, EXDEV } },
	{ "tmp/ takes nothing", CHANGES | AT(SYNC), 1u << IN_TMP, { ENOSPC, EIO, EDQUOT, EMFILE } },
	{ "bytes cannot be read", AT(READ), ~0u, { EIO, EINTR } },
	{ "bytes cannot be written", AT(WRITE), ~0u, { EIO, ENOSPC } },
	{ "locks fail", AT(LOCK), ~0u, { ENOLCK, EINTR, EIO } },
	{ "modes and times cannot be set", AT(CHANGE), ~0u, { EPERM, EIO } },
	{ "everything fails now and then", ~(AT(POLL) | AT(OTHER) | AT(FORK)), ~0u, { EIO } },
};
#define TROUBLES (sizeof troubles / sizeof troubles[0])

static struct {
	const struct trouble *row;
	int error;
	int left;		/* failing calls, or -1: until */
	long long since;
	unsigned often;		/* in 1000 */
} fault;

static void
end_of_trouble(int unused)
{
	(void)unused;
	if (fault.row)
		say("fault: over: %s", fault.row->name);
	fault.row = NULL;
}

static int
pick_error(const struct trouble *t)
{
	int n = 0;

	while (n < 4 && t->errors[n])
		n++;
	return t->errors[pick((unsigned)n)];
}

void
fault_event(int unused)
{
	(void)unused;
	if (w.calm || fault.row)
		return;
	fault.row = &troubles[pick(TROUBLES)];
	fault.error = pick_error(fault.row);
	fault.left = fault.error == EINTR || chance(600) ?
	    1 + (int)pick(3) : -1;
	fault.often = chance(700) ? 1000 : 50 + pick(300);
	if (fault.row == &troubles[TROUBLES - 1])
		fault.often = 20 + pick(100);
	fault.since = w.now;
	w.news++;
	say("fault: %s: %s, %s, %u of 1000", fault.row->name,
	    strerror(fault.error), fault.left > 0 ? "a few times" :
	    "for a while", fault.often);
	later(fault.left > 0 ? 600000 : 1000 + (long long)pick(400000),
	    end_of_trouble, 0);
}

void
faults_begin(void)
{
	int i, n = chance(500) ? 0 : 1 + (int)pick(4);

	fault.row = NULL;
	for (i = 0; i < n; i++)
		later(pick(chance(300) ? 200000 : 5000), fault_event, 0);
}

void
faults_end(void)
{
	fault.row = NULL;
}

/* Since when (ms) nothing can be written; NEVER if it can. */
long long
disk_full_since(void)
{
	return fault.row && fault.row->calls & AT(WRITE) &&
	    fault.row->calls & AT(CREATE) && fault.row->places & 1u << IN_TMP
	    && fault.left < 0 && fault.often == 1000 &&
	    (fault.error == ENOSPC || fault.error == EDQUOT ||
	    fault.error == EROFS) ? fault.since : NEVER;
}

static int
fails(enum call call, enum place place)
{
	if (!fault.row || !(fault.row->calls & 1u << call) ||
	    !(fault.row->places & 1u << place) || !chance(fault.often))
		return 0;
	if (fault.left > 0 && --fault.left == 0) {
		say("fault: call %d in folder %d fails for the last time: %s",
		    call, place, strerror(fault.error));
		fault.left = -1;
		fault.often = 0;
	} else {
		say("fault: call %d in folder %d: %s", call, place,
		    strerror(fault.error));
	}
	w.faults++;
	w.news++;
	w.stat_failed |= call == ON_STAT;
	w.root_failed += place == IN_ROOT || place == IN_TMP;
	w.trigger_late |= call == ON_POLL ||
	    (call == ON_READ && place == IN_ROOT);
	return fault.error;
}

/* ---- a step ---- */

int
step(enum call call, enum place place)
{
	if (!w.inside)
		return 0;
	check(++w.calls < 50000, "the sender works without waiting");
	if (w.step_left && --w.step_left == 0)
		end_life(KILLED);
	if (w.calm)
		return 0;
	if (chance(20)) {
		w.now += pick(3);
		w.in_step = 1;
		run_events();
		w.in_step = 0;
		if (w.step_left && --w.step_left == 0)
			end_life(KILLED);
	}
	return fails(call, place);
}

/* The same for a call that was made already: it is not undone. */
static void
after_step(void)
{
	if (w.inside && w.step_left && --w.step_left == 0)
		end_life(KILLED);
}

#define STEP(call, place) \
	do { \
		int error_ = step(call, place); \
		if (error_) { \
			errno = error_; \
			return -1; \
		} \
	} while (0)

/* ---- the calls ---- */

/* What the sender opens is closed at its end, and nothing is executed: for this
 * the C library would make another call each time. */
#define KEPT O_CLOEXEC

/* New files have the model's time. */
static int
opened(int fd, enum place place, const char *name, int how)
{
	struct timespec times[2] = { { (time_t)wall_now(), 0 },
		{ (time_t)wall_now(), 0 } };

	if (fd < 0 || !w.inside)
		return fd;
	check(fd < HIGH, "the sender has %d descriptors", fd);
	place_of[fd] = (unsigned char)(how & O_DIRECTORY ?
	    place_below(place, name) : place);
	if (how & O_CREAT)
		__real_futimens(fd, times);
	after_step();
	return fd;
}

static int
open_control(const char *path)
{
	const char *text = control_file(path);
	int i = 0;

	if (!text) {
		errno = ENOENT;
		return -1;
	}
	while (i < 7 && controls[i].text)
		i++;
	controls[i].text = text;
	controls[i].at = 0;
	return CONTROL + i;
}

ssize_t
control_read(int fd, char *p, size_t n)
{
	int i = fd - CONTROL;
	size_t left = strlen(controls[i].text + controls[i].at);

	if (left < n)
		n = left;
	memcpy(p, controls[i].text + controls[i].at, n);
	controls[i].at += n;
	return (ssize_t)n;
}

int
__wrap_openat(int folder, const char *name, int how, ...)
{
	enum place place = place_at(folder, name);
	va_list ap;
	mode_t mode;

	va_start(ap, how);
	mode = how & O_CREAT ? va_arg(ap, mode_t) : 0;
	va_end(ap);
	STEP(how & O_CREAT ? ON_CREATE : ON_OPEN, place);
	if (w.inside && place == IN_CONF)
		return open_control(name);
	return opened(__real_openat(folder, name, how & ~KEPT, mode), place,
	    name, how);
}

int
__wrap_open(const char *name, int how, ...)
{
	enum place place = place_at(-1, name);
	va_list ap;
	mode_t mode;

	va_start(ap, how);
	mode = how & O_CREAT ? va_arg(ap, mode_t) : 0;
	va_end(ap);
	STEP(how & O_CREAT ? ON_CREATE : ON_OPEN, place);
	return opened(__real_open(name, how, mode), place, name, how);
}

int
__wrap_close(int fd)
{
	if (fd >= CONTROL)
		controls[fd - CONTROL].text = NULL;
	else if (fd >= MODELLED)
		agent_fd_close(fd);
	if (fd >= MODELLED)
		return 0;
	if (fd >= 0 && fd < HIGH && w.inside) {
		step(ON_OTHER, IN_NONE);
		place_of[fd] = IN_NONE;
	}
	return __real_close(fd);
}

static int
links_are_possible(void)
{
	if (!w.inside || !w.no_links)
		return 1;
	errno = EPERM;
	return 0;
}

int
__wrap_linkat(int from_folder, const char *from, int to_folder, const char *to,
    int how)
{
	int rc;

	STEP(ON_LINK, place_at(to_folder, to));
	if (!links_are_possible())
		return -1;
	rc = __real_linkat(from_folder, from, to_folder, to, how);
	after_step();
	return rc;
}

int
__wrap_unlinkat(int folder, const char *name, int how)
{
	int rc, error = step(ON_UNLINK, place_at(folder, name));

	if (error) {
		w.kept_failed |= place_at(folder, name) == IN_FAILED;
		errno = error;
		return -1;
	}
	rc = __real_unlinkat(folder, name, how);
	after_step();
	return rc;
}

int
__wrap_renameat(int from_folder, const char *from, int to_folder,
    const char *to)
{
	int rc;

	STEP(ON_RENAME, place_at(to_folder, to));
	rc = __real_renameat(from_folder, from, to_folder, to);
	after_step();
	return rc;
}

/* renameat2 is called so. */
long
__wrap_syscall(long number, long a, long b, long c, long d, long e, long f)
{
	long rc;

	if (number == SYS_renameat2) {
		STEP(ON_RENAME, place_at((int)c, NULL));
		if (w.inside && w.no_links) {
			errno = EINVAL;
			return -1;
		}
	}
	rc = __real_syscall(number, a, b, c, d, e, f);
	after_step();
	return rc;
}

int
__wrap_fsync(int fd)
{
	STEP(ON_SYNC, place_at(fd, NULL));
	return 0;
}

int
__wrap_fstat(int fd, struct stat *st)
{
	STEP(ON_STAT, place_at(fd, NULL));
	return __real_fstat(fd, st);
}

int
__wrap_fstatat(int folder, const char *name, struct stat *st, int how)
{
	STEP(ON_STAT, place_at(folder, name));
	return __real_fstatat(folder, name, st, how);
}

int
__wrap_flock(int fd, int how)
{
	errno = step(ON_LOCK, place_at(fd, NULL));
	if (w.inside && w.no_locks)
		errno = ENOLCK;
	if (w.inside && errno) {
		w.lock_failed = 1;
		return -1;
	}
	return __real_flock(fd, how);
}

ssize_t
__wrap_pread(int fd, void *p, size_t n, off_t at)
{
	STEP(ON_READ, place_at(fd, NULL));
	return __real_pread(fd, p, n, at);
}

int
__wrap_fchmod(int fd, mode_t mode)
{
	STEP(ON_CHANGE, place_at(fd, NULL));
	return __real_fchmod(fd, mode);
}

int
__wrap_futimens(int fd, const struct timespec times[2])
{
	STEP(ON_CHANGE, place_at(fd, NULL));
	return __real_futimens(fd, times);
}

int
__wrap_fallocate(int fd, int how, off_t at, off_t n)
{
	STEP(ON_WRITE, place_at(fd, NULL));
	return __real_fallocate(fd, how, at, n);
}

int
__wrap_mkdirat(int folder, const char *name, mode_t mode)
{
	STEP(ON_MAKE, place_at(folder, name));
	return __real_mkdirat(folder, name, mode);
}

int
__wrap_mkfifoat(int folder, const char *name, mode_t mode)
{
	STEP(ON_MAKE, place_at(folder, name));
	return __real_mkfifoat(folder, name, mode);
}

/* ---- listing ---- */

/* The names of one folder at a time, in the seed's order, some twice. */
static struct listing {
	DIR *dir;
	struct dirent entry[MAILS + 64];
	int count, at;
	int fails_at;
} listing;

static void
swap_entries(int a, int b)
{
	struct dirent kept = listing.entry[a];

	listing.entry[a] = listing.entry[b];
	listing.entry[b] = kept;
}

/* First by name, so that chance alone decides. */
static void
sort_entries(void)
{
	int i, k;

	for (i = 1; i < listing.count; i++)
		for (k = i; k && strcmp(listing.entry[k - 1].d_name,
		    listing.entry[k].d_name) > 0; k--)
			swap_entries(k - 1, k);
	for (i = listing.count - 1; i > 0; i--)
		swap_entries(i, (int)pick((unsigned)i + 1));
}

static void
fill_listing(DIR *dir)
{
	struct dirent *e;

	listing.dir = dir;
	listing.count = listing.at = 0;
	while ((e = __real_readdir(dir)) != NULL &&
	    listing.count < MAILS + 60)
		listing.entry[listing.count++] = *e;
	sort_entries();
	if (listing.count && chance(100)) {
		listing.entry[listing.count] = listing.entry[0];
		listing.count++;
	}
	listing.fails_at = (int)pick((unsigned)listing.count + 1);
}

struct dirent *
__wrap_readdir(DIR *dir)
{
	int error;

	if (!w.inside)
		return __real_readdir(dir);
	if (listing.dir != dir)
		fill_listing(dir);
	if (listing.at == listing.fails_at &&
	    (error = step(ON_LIST, place_at(dirfd(dir), NULL))) != 0) {
		errno = error;
		return NULL;
	}
	return listing.at < listing.count ? &listing.entry[listing.at++] :
	    NULL;
}

int
__wrap_closedir(DIR *dir)
{
	int fd = dirfd(dir);

	if (w.inside) {
		listing.dir = NULL;
		if (fd >= 0 && fd < HIGH)
			place_of[fd] = IN_NONE;
	}
	return __real_closedir(dir);
}

DIR *
__wrap_fdopendir(int fd)
{
	if (w.inside)
		listing.dir = NULL;
	return __real_fdopendir(fd);
}

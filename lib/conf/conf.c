/* conf - control files. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../base/buf.h"
#include "../base/chr.h"
#include "conf.h"
#include "path.h"

/* Files are opened by openat, as musl's open adds a system call for kernels
 * that know no O_CLOEXEC.
 *
 * A control file is written by hand; anything larger is a mistake. */
#define CONF_MAX (1024 * 1024)

/* Kept for the next file: freed, they would give a page back to the kernel and
 * get it again for each one. */
static struct buf path, reason;

const char *
conf_why(void)
{
	return buf_z(&reason);
}

void
conf_blame(const char *name, const char *what)
{
	path_set(&reason, PATH_CONFIG, name);
	buf_put(&reason, ": %", str_of(what));
}

static int
note_unreadable(void)
{
	const char *error = strerror(errno);

	buf_set(&reason, STR("Could not read config file \""));
	buf_fmt(&reason, "%s\": %s", buf_z(&path), error);
	return -1;
}

/* until: a byte after which reading may stop, or -1 for all of the file. */
static int
read_bytes(int fd, struct buf *text, int until)
{
	char block[1024];
	ssize_t n = 0;

	while (text->n < CONF_MAX) {
		n = str_read(fd, block, sizeof block);
		if (n <= 0)
			break;
		buf_add(text, (struct str){ block, (size_t)n });
		if (until >= 0 && memchr(block, until, (size_t)n))
			break;
	}
	explicit_bzero(block, sizeof block);
	if (text->n < CONF_MAX)
		return n < 0 && errno != EISDIR ? -1 : 0;
	errno = EFBIG;
	return -1;
}

/* The names in the folder, each with its NUL; empty: not known. */
static struct buf names;

/* As readdir would, without its calls for memory. */
void
conf_list(void)
{
	union { struct dirent align; char room[2048]; } block;
	const struct dirent *entry;
	int fd;
	long n, at;

	path_set(&path, PATH_CONFIG, "");
	fd = openat(AT_FDCWD, buf_z(&path),
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	while ((n = syscall(SYS_getdents64, fd, &block, sizeof block)) > 0)
		for (at = 0; at < n; at += entry->d_reclen) {
			entry = (const void *)(block.room + at);
			buf_add(&names, (struct str){ entry->d_name,
			    strlen(entry->d_name) + 1 });
		}
	close(fd);
}

/* What comes after the name and that byte in a list of entries that end in NUL;
 * NULL if it is not there. */
static const char *
find_entry(struct str list, const char *name, char end)
{
	const char *entry = list.p, *last = list.p + list.n;
	size_t n = strlen(name);

	for (; entry < last; entry += strlen(entry) + 1)
		if (!strncmp(entry, name, n) && entry[n] == end)
			return entry + n + 1;
	return NULL;
}

/* 1, 0 if it is empty, -1 with errno. */
static int
read_path(struct buf *text, int until)
{
	int fd, rc;

	fd = openat(AT_FDCWD, buf_z(&path),
	    O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return -1;
	rc = read_bytes(fd, text, until);
	close(fd);
	return rc < 0 ? -1 : text->n > 0;
}

static int
load_configured(const char *name, struct buf *text, int until)
{
	int rc;

	buf_clear(text);
	if (names.n && *name > '/' &&
	    !find_entry(buf_str(&names), name, '\0'))
		return 0;
	if (*name == '/')
		buf_set(&path, str_of(name));
	else
		path_set(&path, PATH_CONFIG, name);
	rc = read_path(text, until);
	if (rc < 0)
		rc = errno == ENOENT ? 0 : note_unreadable();
	return rc;
}

/* The environment's values: NAME=VALUE and a NUL each. */
static struct buf given;

/* Where to look for what is not in the folder. */
static enum { NOT_KNOWN, NOWHERE, SPOOL, ENVIRONMENT } second;

const char *
conf_given(const char *name)
{
	return find_entry(buf_str(&given), name, '=');
}

/* What the sender has handed out; no matter if it cannot be read. */
static int
load_handed(const char *name, struct buf *text, int until)
{
	path_set(&path, PATH_SPOOL, "conf");
	if (second == NOT_KNOWN)
		second = access(buf_z(&path), X_OK) == 0 ? SPOOL : NOWHERE;
	if (second == NOWHERE)
		return 0;
	buf_put(&path, "/%", str_of(name));
	return read_path(text, until) > 0;
}

static int
load_file(const char *name, struct buf *text, int until)
{
	int rc = load_configured(name, text, until);

	if (rc || *name <= '/')
		return rc;
	if (second != ENVIRONMENT)
		return load_handed(name, text, until);
	buf_set(text, str_of(conf_given(name)));
	return text->n > 0;
}

const char conf_names[] = "me\0defaultdomain\0defaulthost\0idhost\0helohost\0"
    "adminaddr\0aliases\0allmailfrom\0allmailto\0alwaysbcc\0bounceto\0"
    "doublebounceto\0bouncelines\0pausetime\0maxpause\0sendtimeout\0"
    "queuelifetime\0delaywarn\0failedlifetime\0maxsize\0minfree\0remotes\0";

#define LIST(names) ((struct str){ names, sizeof names - 1 })

/* 1 if it is a value of ours, or perhaps was meant to be. */
static int
take_variable(const char *item, struct buf *notes)
{
	static const char others[] = "queue\0test_prefix\0user\0host\0name\0"
	    "suser\0shost\0flags";
	struct str value = str_of(item), word;
	struct buf name = { 0 }, text = { 0 };
	size_t i;
	int taken;

	if (!str_starts(value, STR("NULLMAILER_")))
		return 0;
	value = str_skip(value, 11);
	word = str_cut(&value, '=');
	for (i = 0; i < word.n; i++)
		buf_addc(&name, chr_lower(word.p[i]));
	taken = !find_entry(LIST(others), buf_z(&name), '\0');
	if (taken && !find_entry(LIST(conf_names), buf_z(&name), '\0'))
		buf_fmt(notes, "NULLMAILER_%.*s: no control file has this "
		    "name\n", (int)word.n, word.p);
	else if (taken) {
		if (load_configured(buf_z(&name), &text, '\n') > 0)
			buf_fmt(notes, "%s: the file counts, and not the "
			    "variable\n", buf_z(&name));
		if (value.n)
			buf_cat(&given, buf_str(&name), STR("="), value,
			    STR("\0"));
	}
	buf_wipe(&text);
	buf_free(&text);
	buf_free(&name);
	return taken;
}

void
conf_environment(struct buf *notes)
{
	char **from = environ, **to = from;

	for (; *from; from++)
		if (take_variable(*from, notes))
			explicit_bzero(*from, strlen(*from));
		else
			*to++ = *from;
	*to = NULL;
	second = ENVIRONMENT;
}

int
conf_file(const char *name, struct buf *text)
{
	return load_file(name, text, -1);
}

int
conf_line(const char *name, struct buf *value)
{
	struct buf text = { 0 };
	struct str rest;
	int rc = load_file(name, &text, '\n');

	rest = buf_str(&text);
	buf_set(value, str_trim(str_cut(&rest, '\n')));
	buf_wipe(&text);
	buf_free(&text);
	return rc < 0 ? -1 : value->n > 0;
}

int
conf_int(const char *name, int fallback, int *value)
{
	struct buf text = { 0 };
	struct str s;
	unsigned long number;
	int negative = 0, rc;
	size_t digits = 0;

	rc = conf_line(name, &text);
	*value = fallback;
	s = buf_str(&text);
	if (s.n && (s.p[0] == '-' || s.p[0] == '+')) {
		negative = s.p[0] == '-';
		s = str_skip(s, 1);
	}
	while (digits < s.n && chr_is(s.p[digits], CHR_DIGIT))
		digits++;
	if (str_number(str_head(s, digits), INT_MAX, &number) == 0)
		*value = negative ? -(int)number : (int)number;
	buf_free(&text);
	return rc < 0 ? -1 : 0;
}

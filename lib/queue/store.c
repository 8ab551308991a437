/* store - puts a message into the queue.
 *
 * The input is a sender, one or more recipients and an empty line, each ended
 * by LF, then the message. The texts of the reasons are nullmailer's; what
 * follows in parentheses is ours. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "../base/chr.h"
#include "../conf/conf.h"
#include "../base/date.h"
#include "../mail/envelope.h"
#include "names.h"
#include "owner.h"
#include "store.h"
#include "trigger.h"

#define BLOCK (32 * 1024)
#define SHOWN 256

/* Failures */

static int
fail(struct store *s, int code, const char *text, struct str detail)
{
	struct buf clean = { 0 };

	s->code = code;
	buf_set(&s->why, str_of(text));
	buf_clean(&clean, detail, SHOWN);
	if (clean.n)
		buf_put(&s->why, " (%)", buf_str(&clean));
	buf_free(&clean);
	return -1;
}

static int
fail_errno(struct store *s, const char *text)
{
	return fail(s, STORE_AGAIN, text, str_of(strerror(errno)));
}

/* Input */

/* Bytes added to b, 0 at the end, or -1. */
static ssize_t
fill_block(int fd, struct buf *b)
{
	ssize_t n;

	if (fd < 0)
		return 0;
	n = str_read(fd, buf_room(b, BLOCK), BLOCK);
	if (n > 0)
		b->n += (size_t)n;
	return n;
}

static struct str
unread_in(const struct store *s)
{
	return str_skip(buf_str(&s->in), s->in_at);
}

/* The next line of the envelope, without its LF, borrowed until the next
 * call; it may be longer than an address may be. 1, 0 at the end, -1 errno. */
static int
next_line(struct store *s, int fd, struct str *line)
{
	struct str rest = unread_in(s);
	ssize_t n = 1;

	while (str_find(rest, '\n') == rest.n && rest.n <= ADDRESS_MAX) {
		if (s->in_at)
			memmove(s->in.p, rest.p, rest.n);
		s->in.n = rest.n;
		s->in_at = 0;
		n = fill_block(fd, &s->in);
		if (n < 0)
			return -1;
		rest = unread_in(s);
		if (n == 0)
			break;
	}
	*line = str_head(rest, str_find(rest, '\n'));
	s->in_at += line->n < rest.n ? line->n + 1 : line->n;
	return n > 0 || line->n > 0;
}

/* Output */

static int
flush_block(struct store *s, const char *complaint)
{
	s->size += s->out.n;
	if (s->maxsize && s->size > s->maxsize)
		return fail(s, STORE_BAD, "Message is too large.",
		    STR("see control file maxsize"));
	if (str_write(s->fd, buf_str(&s->out)) < 0)
		return fail_errno(s, complaint);
	buf_clear(&s->out);
	return 0;
}

static int
flush_if_full(struct store *s, const char *complaint)
{
	return s->out.n < BLOCK ? 0 : flush_block(s, complaint);
}

static int
copy_sender(struct store *s, int input)
{
	struct str line;
	int rc = next_line(s, input, &line);

	if (rc <= 0)
		return fail(s, STORE_BAD, "Could not read envelope sender.",
		    rc < 0 ? str_of(strerror(errno)) : STR(""));
	if (!store_sender(&s->rules, line, &s->out))
		return fail(s, STORE_BAD,
		    "Envelope sender address is invalid.", line);
	if (!line.n)
		buf_clear(&s->rules.list[ALWAYSBCC]);
	return 0;
}

static int
copy_recipient(struct store *s, struct str line)
{
	size_t before = s->out.n;
	int rc = store_recipient(&s->rules, line, &s->out);

	s->kept |= s->out.n > before;
	if (s->rules.list[ALLMAILTO].n)
		s->out.n = before;
	if (rc < 0)
		return fail(s, STORE_AGAIN, "The control file aliases leads "
		    "too far.", line);
	if (!rc)
		return fail(s, STORE_BAD,
		    "Envelope recipient address is invalid.", line);
	if (s->size + s->out.n >= ENVELOPE_MAX)
		return fail(s, STORE_BAD,
		    "Envelope recipient address is invalid.",
		    STR("too many recipients"));
	return flush_if_full(s, "Could not write envelope recipient.");
}

static int
copy_recipients(struct store *s, int input)
{
	unsigned long count = 0;
	struct str line;
	int rc;

	while ((rc = next_line(s, input, &line)) > 0 && line.n) {
		if (copy_recipient(s, line) < 0)
			return -1;
		count++;
	}
	if (rc < 0)
		return fail(s, STORE_BAD, "Could not read envelope recipient.",
		    str_of(strerror(errno)));
	if (count == 0)
		return fail(s, STORE_BAD, "No envelope recipients read.",
		    STR(""));
	if (s->kept)
		buf_add(&s->out, buf_str(&s->rules.list[ALLMAILTO]));
	s->kept |= s->rules.list[ALWAYSBCC].n > 0;
	buf_cat(&s->out, buf_str(&s->rules.list[ALWAYSBCC]), STR("\n"));
	return 0;
}

static void
add_received(struct store *s)
{
	buf_fmt(&s->out,
	    "Received: (nullmailer pid %lu invoked by uid %lu);\n\t",
	    (unsigned long)s->pid, (unsigned long)s->invoker);
	date_utc(&s->out, s->started);
	buf_addc(&s->out, '\n');
}

/* What is written next was read there: the buffers take turns. */
static int
copy_body(struct store *s, int input)
{
	static const char text[] =
	    "Error copying the message to the queue file.";
	struct buf read;
	ssize_t n;

	buf_add(&s->out, unread_in(s));
	for (;;) {
		buf_clear(&s->in);
		n = fill_block(input, &s->in);
		if (n <= 0)
			break;
		if (flush_block(s, text) < 0)
			return -1;
		read = s->in;
		s->in = s->out;
		s->out = read;
	}
	if (n < 0)
		return fail(s, STORE_BAD, text, str_of(strerror(errno)));
	return flush_block(s, text);
}

/* The steps */

/* Takes a unit off the end of a number: how far it shifts, -1 if unknown. */
static int
unit(struct str *s)
{
	static const char units[] = { 'k', 'm', 'g' };
	const char *at;

	if (s->n == 0 || chr_is(s->p[s->n - 1], CHR_DIGIT))
		return 0;
	s->n--;
	at = memchr(units, chr_lower(s->p[s->n]), sizeof units);
	return at ? 10 * (int)(at - units + 1) : -1;
}

/* Digits, perhaps with k, M or G after them; anything else is no limit. */
static int
load_size(const char *name, unsigned long long *size)
{
	struct buf line = { 0 };
	unsigned long number;
	struct str s;
	int rc = conf_line(name, &line);
	int shift;

	*size = 0;
	s = buf_str(&line);
	shift = unit(&s);
	if (shift >= 0 && str_number(s, 0xffffffff, &number) == 0)
		*size = (unsigned long long)number << shift;
	buf_free(&line);
	return rc < 0 ? -1 : 0;
}

static int
enough_space(struct store *s)
{
	struct statvfs fs;

	if (s->minfree == 0 || fstatvfs(s->fd, &fs) < 0)
		return 0;
	if ((unsigned long long)fs.f_bavail * fs.f_frsize >= s->minfree)
		return 0;
	return fail(s, STORE_AGAIN, "Too little space left in the spool.",
	    STR("see control file minfree"));
}

static int
load_limits(struct store *s, int bare)
{
	int rc = store_rules_load(&s->rules, bare);

	if (rc == 0 && load_size("maxsize", &s->maxsize) == 0
	    && load_size("minfree", &s->minfree) == 0)
		return 0;
	s->code = rc == -2 ? STORE_AGAIN : STORE_CONFIG;
	buf_cat(&s->why, STR("Error: "), str_of(conf_why()));
	return -1;
}

/* Nothing else stops other users' mail so often. AT_EXECFN needs no /proc. */
static void
add_lost_rights(struct buf *why)
{
	const char *program = (const char *)getauxval(AT_EXECFN), *lost = NULL;
	struct stat st;
	int fd;

	if (owner_find(&st) < 0 || st.st_uid == geteuid() || !program)
		return;
	fd = open(program, O_PATH | O_CLOEXEC);
	lost = owner_rights_lost(fd, st.st_uid);
	if (lost)
		buf_fmt(why, "; %s: %s", program, lost);
	close(fd);
}

static int
open_store_spool(struct store *s)
{
	struct buf why = { 0 };
	int code = STORE_AGAIN;

	if (spool_open(&s->spool, &why) == 0)
		return 0;
	if (errno == ENOENT || errno == ENOTDIR || errno == ELOOP)
		code = STORE_BAD;
	if (errno == EACCES)
		add_lost_rights(&why);
	fail(s, code, "Installation error: queue directory is invalid.",
	    buf_str(&why));
	buf_free(&why);
	return -1;
}

/* What the sender, who is the owner of queue/, cannot read is not accepted. */
static int
give_to_sender(struct store *s)
{
	struct stat st;

	if (fstat(s->spool.queue, &st) == 0 && (st.st_uid == 0
	    || st.st_uid == geteuid()
	    || fchown(s->fd, st.st_uid, st.st_gid) == 0))
		return 0;
	return fail_errno(s, "The queue file would not be the sender's;"
	    " nullmailer-queue must be set-uid.");
}

int
store_begin(struct store *s, uid_t invoker, int bare)
{
	*s = (struct store){ .spool = { -1, -1, -1, -1 }, .fd = -1,
	    .started = time(NULL), .pid = getpid(), .invoker = invoker };
	if (load_limits(s, bare) < 0 || open_store_spool(s) < 0)
		return -1;
	s->fd = names_temporary(&s->spool, s->pid, &s->temporary);
	if (s->fd < 0)
		return fail_errno(s,
		    "Could not open temporary file for writing");
	return give_to_sender(s) < 0 ? -1 : enough_space(s);
}

int
store_copy(struct store *s, int input)
{
	if (copy_sender(s, input) < 0 || copy_recipients(s, input) < 0)
		return -1;
	add_received(s);
	return copy_body(s, input);
}

/* The temporary is gone after a failure, too. */
static int
commit_name(struct store *s)
{
	int rc;

	rc = spool_commit(&s->spool, s->fd, buf_z(&s->temporary), s->started,
	    &s->name);
	buf_clear(&s->temporary);
	if (rc < 0)
		return fail_errno(s,
		    "Error linking the temp file to the new file.");
	return 0;
}

int
store_commit(struct store *s)
{
	if (!s->kept) {
		unlinkat(s->spool.tmp, buf_z(&s->temporary), 0);
		buf_clear(&s->temporary);
		return 0;
	}
	if (enough_space(s) < 0)
		return -1;
	if (fsync(s->fd) < 0)
		return fail_errno(s, "Error flushing the output file.");
	if (commit_name(s) < 0)
		return -1;
	if (trigger_pull(&s->spool) < 0 && errno != ENXIO
	    && errno != ENOENT)
		fail(s, 0, "The message is queued but the sender could not be"
		    " told.", str_of(strerror(errno)));
	return 0;
}

void
store_end(struct store *s)
{
	if (s->fd >= 0)
		close(s->fd);
	if (s->temporary.n && s->spool.tmp >= 0)
		unlinkat(s->spool.tmp, buf_z(&s->temporary), 0);
	spool_close(&s->spool);
	store_rules_free(&s->rules);
	buf_free(&s->temporary);
	buf_free(&s->name);
	buf_free(&s->in);
	buf_free(&s->out);
	buf_free(&s->why);
}

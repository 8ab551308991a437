/* sender - a sender as small as can be. Nothing is served twice unless a kill
 * or a cut lay between, and not after a kill if all recipients had been taken
 * and the file was marked.
 *
 * One loss is known and not counted: on vfat a file is being rewritten, the
 * sender is killed before it has synced the new one, or cannot, and then the
 * power goes. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../../lib/mail/envelope.h"
#include "../../../lib/queue/spool.h"
#include "calls.h"
#include "disk.h"
#include "ledger.h"
#include "sender.h"

#define HELD 32

/* What becomes of a recipient. */
enum result { OPEN, TAKEN, REFUSED, DEFERRED };

/* A message in the sender's hands. */
struct held {
	int used, fd, ino, id;
	char name[NAME_SIZE];
	struct envelope e;
	int count;		/* recipients in the file */
	int index[RECIPIENTS];	/* of the message's */
	enum result result[RECIPIENTS];
	int recorded[RECIPIENTS];	/* refused, and in failed/ */
};

int sender_alive, sender_kills, cuts, all_is_well;
static struct held held[HELD];
static struct spool spool;
static int unsynced, removed[HELD];
static int nested;		/* another process waits meanwhile */

void
sender_begin(void)
{
	memset(held, 0, sizeof held);
	memset(removed, 0, sizeof removed);
	sender_alive = sender_kills = unsynced = 0;
}

static void
let_go(struct held *h)
{
	close(h->fd);
	envelope_free(&h->e);
	h->used = 0;
}

/* A file that was removed stays open until the folder is synced. */
static void
keep_open(struct held *h)
{
	int i = 0;

	while (i < HELD - 1 && removed[i])
		i++;
	if (removed[i])
		close(removed[i]);
	removed[i] = h->fd;
	envelope_free(&h->e);
	h->used = 0;
}

static void
sync_queue(void)
{
	int i;

	if (spool_sync(&spool) < 0)
		return;
	unsynced = 0;
	for (i = 0; i < HELD; i++) {
		if (removed[i])
			close(removed[i]);
		removed[i] = 0;
	}
}

static void
serve(struct held *h, int i)
{
	struct entry *m = &ledger[h->id];
	int k = h->index[i];

	if (h->result[i] != TAKEN)
		return;
	if (m->served[k] && !sender_kills && !cuts && !touched)
		violate("served twice", h->id, k);
	if (m->served[k] && m->marked && !cuts && !touched)
		violate("served twice though marked", h->id, k);
	m->served[k]++;
	tell("message %d recipient %d is served", h->id, k);
}

/* The server has its say, and the worker marks what it took whole. Between two
 * calls of a function that looks first no administrator has a hand in it. */
static void
deliver(struct held *h)
{
	struct stat st;
	int i, taken = 0;
	unsigned d;

	for (i = 0; i < h->count; i++) {
		d = all_is_well ? 0 : dice(8);
		h->result[i] = d < 4 ? TAKEN : d < 6 ? REFUSED : DEFERRED;
		ledger[h->id].refused[h->index[i]] |= h->result[i] == REFUSED;
		tell("message %d recipient %d: %s", h->id, h->index[i],
		    d < 4 ? "taken" : d < 6 ? "refused" : "deferred");
		serve(h, i);
		taken += h->result[i] == TAKEN;
	}
	if (taken == h->count && spool_mark(h->fd) == 0
	    && fstat(h->fd, &st) == 0 && spool_is_marked(&st))
		ledger[h->id].marked = 1;
	if (!all_is_well && !nested && dice(16) == 0)
		remove_by_hand(h->name);
}

static size_t
choose(const struct held *h, unsigned char keep[RECIPIENTS],
    int (*wanted)(const struct held *h, int i))
{
	size_t n = 0;
	int i;

	for (i = 0; i < h->count; i++)
		n += keep[i] = (unsigned char)wanted(h, i);
	return n;
}

static int
to_be_failed(const struct held *h, int i)
{
	return h->result[i] == REFUSED && !h->recorded[i];
}

static int
to_be_kept(const struct held *h, int i)
{
	return h->result[i] == DEFERRED || to_be_failed(h, i);
}

/* One by one, or, whole ones, by the way that is for many. */
static int
put_failed(const struct held *h, const unsigned char *keep, struct buf *as)
{
	if (!keep && dice(2) && spool_fail_later(&spool, h->fd, &h->e, h->name,
	    as) == 0)
		return spool_sync_failed(&spool);
	return spool_fail(&spool, h->fd, &h->e, keep, h->name, as);
}

static void
record_failed(struct held *h)
{
	unsigned char keep[RECIPIENTS];
	struct buf as = { 0 }, why = { 0 };
	size_t n = choose(h, keep, to_be_failed);
	int i, rc, files;

	if (!n)
		return;
	files = names_in("failed");
	rc = put_failed(h, (int)n == h->count ? NULL : keep, &as);
	if (rc < 0 && (int)n < h->count && !removals_failed
	    && files != names_in("failed"))
		violate("not done, and yet there", h->id, -1);
	tell("message %d: failed/: %d %s", h->id, rc, rc ? strerror(errno)
	    : buf_z(&as));
	if (rc < 0 && errno == ENOENT)
		spool_repair(&spool, &why);
	for (i = 0; i < h->count; i++)
		h->recorded[i] |= rc == 0 && keep[i];
	buf_free(&as);
	buf_free(&why);
}

/* What was not done must not have happened, and the other way round. */
static void
compare(const struct held *h, int was_there, int done)
{
	int is = disk_find(QUEUE, h->name) == h->ino;

	if (was_there && done && is)
		violate("done, and nothing happened", h->id, -1);
	if (was_there && !done && !is)
		violate("not done, and yet it happened", h->id, -1);
}

static void
remove_served(struct held *h)
{
	int there = disk_find(QUEUE, h->name) == h->ino;
	int rc = spool_remove(&spool, h->name, h->fd, &h->e);

	compare(h, there, rc >= 0);
	tell("message %d: removed: %d", h->id, rc);
	unsynced |= rc == 0;
	if (rc == 0)
		keep_open(h);
	else if (rc > 0)
		let_go(h);
}

/* What cannot be done now is tried again in the next round. */
static int
rewrite_held(const struct held *h, const unsigned char *keep)
{
	int there = disk_find(QUEUE, h->name) == h->ino;
	int before = ledger[h->id].risked, rc, fd;

	ledger[h->id].risked |= disk.kind == VFAT;
	rc = spool_rewrite(&spool, h->fd, &h->e, keep, h->name, &fd);
	compare(h, there, rc >= 0);
	if (fd >= 0)
		close(fd);
	tell("message %d: rewritten: %d", h->id, rc);
	unsynced |= rc == 1;
	if (rc != 1)
		ledger[h->id].risked = before;
	return rc;
}

static void
account(struct held *h)
{
	unsigned char keep[RECIPIENTS];
	size_t n;

	record_failed(h);
	n = choose(h, keep, to_be_kept);
	if (n == 0)
		remove_served(h);
	else if ((int)n == h->count || rewrite_held(h, keep) >= 0)
		let_go(h);
}

static struct held *
find_held(const char *name)
{
	struct held *free_one = NULL;
	int i;

	for (i = 0; i < HELD; i++) {
		if (held[i].used && !strcmp(held[i].name, name))
			return &held[i];
		if (!held[i].used)
			free_one = &held[i];
	}
	return free_one;
}

static int
read_held(struct held *h)
{
	unsigned mask;
	struct stat st;
	int i;

	if (fstat(h->fd, &st) < 0)
		return -1;
	h->ino = (int)st.st_ino;
	h->id = parse(h->ino, &mask);
	if (h->id < 0 || (int)h->e.count > RECIPIENTS) {
		violate("half a message is sent", -1, -1);
		return -1;
	}
	for (i = 0; i < RECIPIENTS; i++)
		if (mask >> i & 1)
			h->index[h->count++] = i;
	return 0;
}

static void
take(const char *name)
{
	struct held *h = find_held(name);

	if (!h || h->used)
		return;
	memset(h, 0, sizeof *h);
	strcpy(h->name, name);
	h->fd = spool_message(&spool, name, NULL);
	if (h->fd < 0)
		return;
	h->used = 1;
	if (spool_hold(h->fd) == 1 || envelope_read(h->fd, &h->e) < 0
	    || read_held(h) < 0) {
		let_go(h);
		return;
	}
	deliver(h);
	account(h);
}

static int
see(void *context, const char *name)
{
	char (*names)[NAME_SIZE] = context;
	int i;

	for (i = 0; i < HELD; i++)
		if (!names[i][0]) {
			strcpy(names[i], name);
			return 0;
		}
	return 0;
}

static void
sweep(const char *name)
{
	struct stat st;
	unsigned mask;
	int i, id;

	if (fstatat(spool.queue, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return;
	if (!spool_is_marked(&st)) {
		take(name);
		return;
	}
	id = parse((int)st.st_ino, &mask);
	for (i = 0; id >= 0 && i < RECIPIENTS; i++)
		if (mask >> i & 1 && !ledger[id].served[i])
			violate("marked and not served", id, i);
	spool_remove_marked(&spool, name);
}

/* An error is never the end of the queue. */
static void
list_queue(char names[HELD][NAME_SIZE])
{
	long before = calls_failed[SENDER];

	memset(names, 0, HELD * NAME_SIZE);
	if (spool_list(&spool, see, names) < 0)
		tell("the queue cannot be read");
	else if (calls_failed[SENDER] != before)
		violate("an error is taken for the end of the queue", -1, -1);
}

static void
round_of_sender(void)
{
	static char names[HELD][NAME_SIZE];
	int i;

	for (i = 0; i < HELD; i++)
		if (held[i].used)
			account(&held[i]);
	list_queue(names);
	for (i = 0; i < HELD && names[i][0]; i++)
		sweep(names[i]);
	if (unsynced && dice(2))
		sync_queue();
}

static void
start_sender(void)
{
	struct buf why = { 0 };

	memset(held, 0, sizeof held);
	memset(removed, 0, sizeof removed);
	unsynced = 0;
	sender_alive = spool_create(&spool, &why) == 0
	    && spool_lock(&spool, 0) != 1;
	tell("the sender starts: %d %s", sender_alive, buf_z(&why));
	buf_free(&why);
	if (sender_alive)
		spool_clean(&spool);
}

void
run_sender(void)
{
	jmp_buf before;
	int outer = process_begin(SENDER);

	nested = outer != 0;
	memcpy(before, killed, sizeof before);
	if (setjmp(killed) == 0) {
		if (!sender_alive)
			start_sender();
		else if (dice(4) == 0)
			spool_clean(&spool);
		if (sender_alive)
			round_of_sender();
	} else {
		tell("the sender is killed");
		sender_alive = 0;
		sender_kills++;
	}
	if (!sender_alive)
		process_end(SENDER);
	memcpy(killed, before, sizeof before);
	process_begin(outer);
}

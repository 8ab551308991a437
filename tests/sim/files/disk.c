/* disk - a file system in memory that can lose its power. */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "disk.h"

#define INODES 256
#define NAMES 128
#define CHANGES 1024

struct name {
	int folder, ino;
	int empty;		/* vfat: without the file's size and place */
	char text[NAME_SIZE];
};

/* A name that has become another inode's, or nobody's (0). Changes of one step
 * are of one group. */
struct change {
	struct name name;
	int group;
	int lost;		/* no sync helps any more */
	int by_file;		/* vfat: written with the file only */
};

struct disk disk;
unsigned long long seed_now;
static struct inode inodes[INODES];
static int inode_count;
static struct name seen[NAMES], sure[NAMES];
static int seen_count, sure_count;
static struct change changes[CHANGES];
static int change_count, group;

unsigned
dice(unsigned n)
{
	seed_now ^= seed_now << 13;
	seed_now ^= seed_now >> 7;
	seed_now ^= seed_now << 17;
	return (unsigned)((seed_now * 0x2545f4914f6cdd1d) >> 33) % n;
}

struct inode *
disk_inode(int ino)
{
	return &inodes[ino];
}

static struct name *
find(struct name *list, int count, int folder, const char *text)
{
	int i;

	for (i = 0; i < count; i++)
		if (list[i].folder == folder && !strcmp(list[i].text, text))
			return &list[i];
	return NULL;
}

int
disk_find(int folder, const char *name)
{
	struct name *n = find(seen, seen_count, folder, name);

	return n ? n->ino : 0;
}

const char *
disk_name(int folder, int i)
{
	int k;

	for (k = 0; k < seen_count; k++)
		if (seen[k].folder == folder && i-- == 0)
			return seen[k].text;
	return NULL;
}

/* Sets a name in one of the lists; ino 0 takes it off. */
static void
set_name(struct name *list, int *count, const struct name *n)
{
	struct name *at = find(list, *count, n->folder, n->text);

	if (!n->ino) {
		if (at)
			*at = list[--*count];
		return;
	}
	if (!at) {
		if (*count == NAMES) {
			fprintf(stderr, "the modelled disk has no room\n");
			abort();
		}
		at = &list[(*count)++];
	}
	*at = *n;
}

/* The place of a file that has no name any more and is not open. A journal does
 * not give it away before that is on the disk. */
static int
free_place(void)
{
	int i;

	for (i = FAILED + 1; i <= inode_count && disk.kind != EXT4; i++)
		if (!inodes[i].links && !inodes[i].opens && !inodes[i].folder)
			return i;
	return 0;
}

int
disk_new(int folder)
{
	int ino = folder ? 0 : free_place();
	struct inode *i = &inodes[ino];

	if (!ino) {
		if (inode_count == INODES - 1)
			return 0;
		i = &inodes[++inode_count];
	}
	memset(i, 0, offsetof(struct inode, data));
	i->used = i->fresh = 1;
	i->folder = folder;
	return ino ? ino : inode_count;
}

static void
count_links(int ino, int by)
{
	struct inode *i = &inodes[ino];

	if (!ino)
		return;
	i->links += by;
	if (i->links == 0)
		i->unlinked = 1;
}

/* A folder that is changed again is written again, whatever failed before.
 *
 * vfat: a name that stood there keeps what it points at until the file that has
 * it now is written; a new one points at nothing until then. */
static void
change(int folder, const char *text, int ino)
{
	struct change *c = &changes[change_count++];
	int before = disk_find(folder, text), i;

	if (change_count == CHANGES) {
		fprintf(stderr, "the modelled disk has no room\n");
		abort();
	}
	*c = (struct change){ { folder, ino, !before, "" }, group, 0,
	    before && ino };
	snprintf(c->name.text, NAME_SIZE, "%s", text);
	for (i = 0; i < change_count; i++)
		if (changes[i].name.folder == folder)
			changes[i].lost = 0;
	count_links(ino, 1);
	count_links(before, -1);
	set_name(seen, &seen_count, &c->name);
}

void
disk_set(int folder, const char *name, int ino)
{
	group++;
	change(folder, name, ino);
}

void
disk_rename(int from_folder, const char *from, int folder, const char *name)
{
	int ino = disk_find(from_folder, from);

	group++;
	change(folder, name, ino);
	change(from_folder, from, 0);
}

void
disk_write(int ino, const char *bytes, int n)
{
	struct inode *i = &inodes[ino];

	memcpy(i->data + i->n, bytes, (size_t)n);
	i->n += n;
}

void
disk_chmod(int ino, unsigned mode)
{
	inodes[ino].mode = mode;
}

void
disk_crowd(int ino)
{
	count_links(ino, 1);
}

void
disk_closed(int ino)
{
	inodes[ino].opens--;
}

/* ---- syncing ---- */

static int
names_same(const struct name *a, const struct name *b)
{
	return a->folder == b->folder && !strcmp(a->text, b->text);
}

/* The first count changes without those of a name; how many are left. */
static int
forget_name(const struct name *n, int count)
{
	int i, kept = 0;

	for (i = 0; i < count; i++)
		if (!names_same(&changes[i].name, n))
			changes[kept++] = changes[i];
	return kept;
}

/* Changes that chosen says are on the disk leave the list, and with them the
 * earlier ones of the same name. */
static void
settle(int (*chosen)(const struct change *c, int ino), int ino)
{
	int i, kept = 0;

	for (i = 0; i < change_count; i++) {
		struct change c = changes[i];

		changes[kept++] = c;
		if (c.lost || !chosen(&c, ino))
			continue;
		set_name(sure, &sure_count, &c.name);
		kept = forget_name(&c.name, kept);
	}
	change_count = kept;
}

static int last_group;

static int
before_last(const struct change *c, int ino)
{
	(void)ino;
	return c->group <= last_group;
}

static int
in_folder(const struct change *c, int ino)
{
	return c->name.folder == ino && !(disk.kind == VFAT && c->by_file);
}

/* A journal has them in order, so all before the newest of this inode. */
static void
sync_journal(int ino)
{
	int i;

	last_group = 0;
	for (i = 0; i < change_count; i++)
		if (changes[i].name.folder == ino || changes[i].name.ino == ino)
			last_group = changes[i].group;
	settle(before_last, ino);
}

/* vfat: size and place go where the name is now. */
static void
sync_place(int ino)
{
	int i;

	for (i = 0; i < seen_count; i++) {
		if (seen[i].ino != ino)
			continue;
		seen[i].empty = 0;
		set_name(sure, &sure_count, &seen[i]);
		change_count = forget_name(&seen[i], change_count);
	}
}

static void
fail_sync(int ino, int error)
{
	int k;

	if (error != EIO)
		return;
	inodes[ino].spoilt |= inodes[ino].synced < inodes[ino].n;
	for (k = 0; k < change_count && disk.kind != EXT4; k++)
		changes[k].lost |= changes[k].name.folder == ino;
}

void
disk_sync(int ino, int error)
{
	struct inode *i = &inodes[ino];

	if (error) {
		fail_sync(ino, error);
		return;
	}
	if (!i->spoilt)
		i->synced = i->n;
	i->mode_before = i->mode;
	i->fresh = 0;
	i->unlinked = i->links == 0;
	if (disk.kind == EXT4)
		sync_journal(ino);
	else if (i->folder)
		settle(in_folder, ino);
	else if (disk.kind == VFAT)
		sync_place(ino);
}

void
disk_sync_fs(void)
{
	int i;

	for (i = 1; i <= inode_count; i++)
		disk_sync(i, 0);
}

void
disk_sync_all(void)
{
	int i;

	for (i = 1; i <= inode_count; i++) {
		inodes[i].synced = inodes[i].n;
		inodes[i].mode_before = inodes[i].mode;
		inodes[i].spoilt = inodes[i].fresh = 0;
	}
	for (i = 0; i < seen_count; i++)
		seen[i].empty = 0;
	memcpy(sure, seen, sizeof seen);
	sure_count = seen_count;
	change_count = 0;
}

void
disk_begin(enum disk_kind kind)
{
	static const char *const folders[] = { "queue", "tmp", "failed" };
	int i, ino;

	disk = (struct disk){ kind, dice(4) > 0 };
	inode_count = seen_count = sure_count = change_count = group = 0;
	disk_new(1);
	for (i = 0; i < 3; i++) {
		ino = disk_new(1);
		inodes[ino].mode = 0700;
		disk_set(ROOT, folders[i], ino);
	}
	disk_sync_all();
}

/* ---- the power goes ---- */

static void
choose_ordered(void)
{
	int first = change_count ? changes[0].group : 0;

	last_group = first - 1 + (int)dice((unsigned)(group - first + 2));
	settle(before_last, 0);
}

/* Of each name any of what it has been. */
static int
any_of_it(const struct change *c, int ino)
{
	(void)c;
	(void)ino;
	return (int)dice(2);
}

static void
choose_any(void)
{
	int i;

	for (i = 0; i < change_count; i++) {
		changes[i].lost = 0;
		changes[i].name.empty &= (int)dice(2);
	}
	settle(any_of_it, 0);
}

/* Bytes that were not synced: some are there, some are not. */
static void
choose_data(struct inode *i)
{
	int k, unsure = i->n - i->synced;

	i->n = i->synced + (unsure ? (int)dice((unsigned)unsure + 1) : 0);
	if (unsure && dice(2))
		i->n = dice(2) ? i->synced : i->synced + unsure;
	if (disk.kind != EXT4 || i->spoilt)
		for (k = i->synced; k < i->n; k++)
			if (dice(2))
				i->data[k] = '\0';
	i->mode = dice(2) ? i->mode : i->mode_before;
}

/* ext2: no inode. vfat: no data, once the last close has freed it. */
static void
choose_inode(struct inode *i)
{
	i->used = 1;
	choose_data(i);
	if (disk.kind == EXT2 && (i->fresh || i->unlinked) && dice(2))
		i->used = 0;
	if (disk.kind == VFAT && i->links == 0 && !i->opens && dice(2))
		i->n = 0;
}

static int
new_empty(int ino)
{
	int copy = ++inode_count;

	memset(&inodes[copy], 0, sizeof *inodes);
	inodes[copy].used = 1;
	inodes[copy].mode = inodes[ino].mode;
	return copy;
}

static void
take_up(const struct name *n)
{
	struct name copy = *n;

	if (!inodes[n->ino].used)
		return;
	if (disk.kind == VFAT && n->empty && !inodes[n->ino].folder)
		copy.ino = new_empty(n->ino);
	copy.empty = 0;
	set_name(seen, &seen_count, &copy);
	inodes[copy.ino].links++;
}

void
disk_cut(void)
{
	int i, count = inode_count;

	if (disk.kind == EXT4)
		choose_ordered();
	else
		choose_any();
	for (i = 1; i <= count; i++)
		choose_inode(&inodes[i]);
	for (i = 1; i <= count; i++)
		inodes[i].links = inodes[i].opens = 0;
	seen_count = 0;
	for (i = 0; i < sure_count; i++)
		take_up(&sure[i]);
	disk_sync_all();
}

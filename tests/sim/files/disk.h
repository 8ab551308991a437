/* disk.h - a file system in memory that can lose its power: what programs see,
 * what is on the disk for sure, and, when the power goes, one state of all that
 * the kind of file system allows.
 *
 * ext4 (ordered): names and attributes change on the disk in the order they
 * were changed in; syncing anything makes all before it sure.
 * ext2, or ext4 without its journal: each name, each inode by itself. Syncing a
 * folder makes its names sure, syncing a file its inode and data; a name whose
 * inode was never written, or has no links on the disk, is cleared.
 * vfat: each name by itself; a file's size and place are written with the file,
 * not with the folder, so a name that is new may be an empty file.
 *
 * Data that was not synced may be there, missing or (not ext4) zeros. A sync
 * that failed with EIO is not made good by the next one, which succeeds and the
 * data may be gone all the same; of a folder's names, until one is changed. */
#ifndef DISK_H
#define DISK_H

enum disk_kind { EXT4, EXT2, VFAT, DISK_KINDS };

enum { ROOT = 1, QUEUE, TMP, FAILED };

#define NAME_SIZE 48
#define DATA_SIZE 2048

struct inode {
	int used, folder, fifo;
	unsigned mode, mode_before;	/* the latter may be on the disk */
	long long mtime;
	int links, opens;
	int n, synced;			/* bytes of data, and sure */
	int spoilt;			/* no sync helps any more */
	int fresh, unlinked;		/* ext2: on the disk it may be so */
	char data[DATA_SIZE];
};

struct disk {
	enum disk_kind kind;
	int spares;		/* renameat2 can spare what is there */
};

extern struct disk disk;
extern unsigned long long seed_now;

/* 0 to n - 1. */
unsigned dice(unsigned n);

/* An empty disk with the three folders, all sure. */
void disk_begin(enum disk_kind kind);

/* The power goes, and comes back: all is as on the disk, and nothing open. */
void disk_cut(void);

struct inode *disk_inode(int ino);

/* The inode of a name, 0: there is none. */
int disk_find(int folder, const char *name);

/* The names in a folder: number i, NULL at the end. */
const char *disk_name(int folder, int i);

/* A new inode, without a name yet; 0: too many. */
int disk_new(int folder);

/* What calls do, all of it possible. */
void disk_set(int folder, const char *name, int ino);
void disk_rename(int from_folder, const char *from, int folder,
    const char *name);
void disk_write(int ino, const char *bytes, int n);
void disk_chmod(int ino, unsigned mode);
void disk_closed(int ino);

/* A file (0: none) has as many names as it may have, the others elsewhere. */
void disk_crowd(int ino);

/* error: 0, or the errno of a sync that fails. */
void disk_sync(int ino, int error);

/* Syncs everything, as far as that helps. */
void disk_sync_fs(void);

/* All that was done is on the disk, whatever failed. */
void disk_sync_all(void);

#endif

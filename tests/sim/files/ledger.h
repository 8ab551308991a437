/* ledger.h - what the world knows of each message, and what must hold.
 *
 * What was accepted is never lost: it was delivered, or it is in queue/, or it
 * was refused and is in failed/; after each cut and in the end. Nothing half is
 * a message. */
#ifndef LEDGER_H
#define LEDGER_H

#define MESSAGES 24
#define RECIPIENTS 3

struct entry {
	int recipients;
	int accepted;
	int removed;		/* by hand */
	int marked;		/* all taken, and the file says so */
	int risked;		/* rewritten on vfat, not synced */
	int served[RECIPIENTS];
	int refused[RECIPIENTS];
};

extern struct entry ledger[MESSAGES];
extern int messages;			/* so many are used */
extern int touched;			/* an administrator had a hand in it */
extern int violated;			/* so often */

void ledger_begin(unsigned long long seed);

/* Something must not be; -1: of no message, or of no recipient. */
void violate(const char *what, int id, int i);

/* The text of a message, envelope first, as a program queues it: its length. */
int message_text(char *to, int id);

/* A queue file: which message, and in mask the recipients it names. -1: it is
 * none. -2: it is one, but not as it was accepted. */
int parse(int ino, unsigned *mask);

/* How many names there are in a folder of the spool. */
int names_in(const char *folder);

/* The ledger is held against the disk. */
void audit(void);

/* An administrator removes or replaces a message, or removes all of failed/. */
void remove_by_hand(const char *name);
void clean_up_failed(void);

#endif

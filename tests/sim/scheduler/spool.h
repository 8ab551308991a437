/* spool.h - the spool as it is, and mail that is put into it. */
#ifndef SIM_SPOOL_H
#define SIM_SPOOL_H

#include "sim.h"

struct found {
	short queue[MAILS][RCPTS];	/* files that name them */
	short failed[MAILS][RCPTS];
	short marked[MAILS];	/* a file of it in queue/ is marked */
	short files[MAILS];	/* in queue/ */
	int others;		/* files in queue/ that are no mail of ours */
};
extern struct found found;
void spool_begin(void);
void spool_look_around(void);
int spool_left(int *first);
struct head {
	int m;			/* -1: no mail of ours */
	int n;
	unsigned char r[64];	/* recipients in their order */
	int marked;
	int null_sender;
	int report;		/* on that mail, or -1 */
	int delay;
	short about[RCPTS];
};
int read_head(int fd, struct head *h);
void put_mail(int m);
void put_report(int m, int about, const short who[RCPTS], int delay);
void mail_text(int m, char *text, size_t size);
void pull_trigger(void);
int open_queue_file(const char *name, int how);
extern int top_fd, root_fd, queue_fd, tmp_fd, failed_fd, hold_fd;

#endif

/* sender.h - a sender as small as can be: what it does with spool.h is what the
 * real one does, each recipient's result is thrown by dice. */
#ifndef SENDER_H
#define SENDER_H

enum { SENDER = 1, INJECTOR };		/* processes */

extern int sender_alive;
extern int sender_kills, cuts;
extern int all_is_well;			/* the end: the server takes all */

/* Starts it, if it is not alive; settles what is left to be settled; delivers
 * and settles what is in queue/. */
void run_sender(void);

/* Nothing of it is left. */
void sender_begin(void);

#endif

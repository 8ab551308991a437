/* user.h - the names of users. */
#ifndef USER_H
#define USER_H

struct buf;

/* Sets name to what /etc/passwd calls uid, or to nothing. 1 found, 0 not. */
int user_name(unsigned long uid, struct buf *name);

/* The same for the user's folder. */
int user_home(unsigned long uid, struct buf *home);

/* Appends "jane (uid 1000)", or "uid 1000" where there is no name. */
void user_add(unsigned long uid, struct buf *out);

#endif

/* child.h - what every child of the sender does first. */
#ifndef CHILD_H
#define CHILD_H

/* In a fresh child: descriptors from first on are closed, signals are as a
 * program expects them at its start, and without memory it says nothing of the
 * sender. */
void child_clean(int first);

#endif

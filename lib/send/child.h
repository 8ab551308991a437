/* child.h - what every child of the sender does first. */
#ifndef CHILD_H
#define CHILD_H

/* In a fresh child: descriptors from first on are closed, signals are as a
 * program expects them at its start. */
void child_clean(int first);

#endif

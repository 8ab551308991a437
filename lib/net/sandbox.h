/* sandbox.h - what a process that talks to a server gives up: files, programs,
 * other processes, new connections. Linux: no_new_privs, Landlock, seccomp,
 * resource limits. What it holds open it may go on to use. */
#ifndef SANDBOX_H
#define SANDBOX_H

/* For good: whatever names a file, starts or touches a process, or makes or
 * connects a socket fails with EPERM, or EACCES. A kernel that cannot do all
 * of it does what it can. */
void sandbox_enter(void);

/* What this kernel cannot do of it, static text for a log, or NULL. */
const char *sandbox_lacks(void);

#endif

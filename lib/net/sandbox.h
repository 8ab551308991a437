/* sandbox.h - what a process that talks to a server gives up: files, programs,
 * other processes, new connections. Linux: no_new_privs, Landlock, seccomp,
 * resource limits. Open descriptors stay usable. */
#ifndef SANDBOX_H
#define SANDBOX_H

/* From here on any call that names a file, starts or touches a process, or
 * makes or connects a socket fails with EPERM, or EACCES. A kernel that cannot
 * do all of it does what it can. */
void sandbox_enter(void);

/* What this kernel lacks for it, static text for a log, or NULL. */
const char *sandbox_lacks(void);

#endif

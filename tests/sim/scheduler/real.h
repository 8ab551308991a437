/* real.h - the calls behind the modelled ones. */
#ifndef REAL_H
#define REAL_H

#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct itimerspec;
struct sender;

#define CALL(type, name, ...) \
	type __real_##name(__VA_ARGS__); \
	type __wrap_##name(__VA_ARGS__)

CALL(int, openat, int folder, const char *name, int how, ...);
CALL(int, open, const char *name, int how, ...);
CALL(int, close, int fd);
CALL(int, linkat, int from_folder, const char *from, int to_folder,
    const char *to, int how);
CALL(int, unlinkat, int folder, const char *name, int how);
CALL(int, renameat, int from_folder, const char *from, int to_folder,
    const char *to);
long __real_syscall(long number, ...);
long __wrap_syscall(long number, long a, long b, long c, long d, long e,
    long f);
CALL(int, fsync, int fd);
CALL(int, fstat, int fd, struct stat *st);
CALL(int, fstatat, int folder, const char *name, struct stat *st, int how);
CALL(int, flock, int fd, int how);
CALL(ssize_t, pread, int fd, void *p, size_t n, off_t at);
CALL(int, fchmod, int fd, mode_t mode);
CALL(int, futimens, int fd, const struct timespec times[2]);
CALL(int, fallocate, int fd, int how, off_t at, off_t n);
CALL(int, mkdirat, int folder, const char *name, mode_t mode);
CALL(int, mkfifoat, int folder, const char *name, mode_t mode);
CALL(struct dirent *, readdir, DIR *dir);
CALL(int, closedir, DIR *dir);
CALL(DIR *, fdopendir, int fd);

CALL(int, poll, struct pollfd *p, nfds_t n, int timeout);
CALL(ssize_t, read, int fd, void *p, size_t n);
CALL(ssize_t, write, int fd, const void *p, size_t n);
CALL(time_t, time, time_t *t);
CALL(int, clock_gettime, clockid_t id, struct timespec *t);
CALL(void *, calloc, size_t count, size_t n);
CALL(void *, realloc, void *old, size_t n);
CALL(void, free, void *p);
CALL(pid_t, getpid, void);
CALL(uid_t, getuid, void);
CALL(uid_t, geteuid, void);
CALL(gid_t, getgid, void);
CALL(gid_t, getegid, void);
CALL(pid_t, fork, void);
CALL(pid_t, waitpid, pid_t pid, int *status, int how);
CALL(int, kill, pid_t pid, int signal);
CALL(void, exit, int code);
CALL(void, _exit, int code);
CALL(int, inotify_init1, int how);
CALL(int, nanosleep, const struct timespec *t, struct timespec *left);
CALL(int, timerfd_create, int clock, int how);
CALL(int, timerfd_settime, int fd, int how, const struct itimerspec *at,
    struct itimerspec *old);
CALL(int, sigprocmask, int how, const sigset_t *set, sigset_t *old);
CALL(int, signalfd, int fd, const sigset_t *set, int how);
CALL(int, prctl, int what, ...);
CALL(void, events_open, struct sender *s);

#endif

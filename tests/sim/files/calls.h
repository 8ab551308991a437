/* calls.h - the system calls of lib/queue, made on the modelled disk: which of
 * them fail, and when a process or the power ends. */
#ifndef CALLS_H
#define CALLS_H

#include <setjmp.h>

#define CALLS(X) X(openat) X(close) X(read) X(write) X(pread) X(fsync) \
	X(linkat) X(renameat) X(renameat2) X(unlinkat) X(mkdirat) X(mkfifoat) \
	X(fchmod) X(fchmodat) X(fchown) X(faccessat) X(futimens) X(fstat) \
	X(fstatat) X(flock) X(readdir) X(fallocate)
enum call {
#define X(name) CALL_##name,
	CALLS(X)
#undef X
	CALL_COUNT
};

/* What a process reads as its input: text from at on, and then its end. */
#define INPUT 50
struct input { const char *text; int n, at; };
extern struct input input;

/* From call number at on, times calls fail with error, or, where that does not
 * suit a call, do not: of one kind, or of all kinds (CALL_COUNT). */
struct plan {
	enum call call;
	int error;
	long at, times;
};
extern struct plan plan;
extern long calls_made;
#define PROCESSES 3
extern long calls_failed[PROCESSES];	/* of each process, but for close */

extern long removals_failed, faults;

/* The call at which the power goes, or the process that makes it ends; 0:
 * none. They are left by longjmp to these places. */
extern long cut_at, kill_at;
extern jmp_buf cut, killed;

/* What another process does while this one waits for a call; NULL: nothing. */
extern void (*meanwhile)(void);

/* Errors that suit a call: number i, 0 after the last. */
int call_error(enum call c, unsigned i);

/* One more line of the history, when it is shown. */
extern int shown;
void tell(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The modelled clock, in seconds. */
extern long long now;

/* A process begins, number 1 or 2; 0 is the history itself. What it leaves open
 * and allocated goes when it ends. One may begin while another one waits; who
 * did so far is returned. */
int process_begin(int number);
void process_end(int number);

/* All of them, when the power goes. */
void process_cut(void);

#endif

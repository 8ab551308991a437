/* process - processes on one stack: their memory, and which of their calls
 * fail, or are the last. */
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "calls.h"
#include "disk.h"

#define POOL (4 << 20)

struct plan plan;
long calls_made, calls_failed[PROCESSES], removals_failed, faults;
long cut_at, kill_at;
jmp_buf cut, killed;
void (*meanwhile)(void);
int shown, running, pids[PROCESSES];
static char pools[PROCESSES][POOL];
static size_t used[PROCESSES];

void
tell(const char *format, ...)
{
	va_list ap;

	if (!shown)
		return;
	printf("# ");
	va_start(ap, format);
	vprintf(format, ap);
	va_end(ap);
	printf("\n");
}

/* ---- memory, and processes ---- */

int
process_begin(int number)
{
	int before = running;

	running = number;
	pids[number] = number * 1000 + (int)dice(4);
	return before;
}

void
process_end(int number)
{
	calls_close_all(number);
	used[number] = 0;
}

void
process_cut(void)
{
	faults++;
	calls_forget_all();
	memset(used, 0, sizeof used);
	running = 0;
}

/* A block: its size, then the bytes; the newest can grow and go. */
static size_t *
size_of(void *p)
{
	return (size_t *)(void *)((char *)p - 16);
}

static int
is_newest(void *p)
{
	char *end = pools[running] + used[running];

	return (char *)p + *size_of(p) == end;
}

void *
__wrap_mem_resize(void *p, size_t n)
{
	size_t whole = (n + 15) & ~(size_t)15;
	void *new;

	if (p && is_newest(p))
		used[running] -= *size_of(p) + 16;
	if (used[running] + whole + 16 > POOL) {
		fprintf(stderr, "no memory\n");
		abort();
	}
	new = pools[running] + used[running] + 16;
	used[running] += whole + 16;
	if (p && p != new)
		memcpy(new, p, *size_of(p) < n ? *size_of(p) : n);
	*size_of(new) = whole;
	return new;
}

void *
__wrap_mem_new(size_t count, size_t n)
{
	void *p = __wrap_mem_resize(NULL, count * n);

	return memset(p, 0, count * n);
}

void __real_free(void *p);

void
__wrap_free(void *p)
{
	uintptr_t at = (uintptr_t)p, first = (uintptr_t)pools;

	if (at < first || at >= first + sizeof pools)
		__real_free(p);
	else if (is_newest(p))
		used[running] -= *size_of(p) + 16;
}

/* ---- what fails, and when it ends ---- */

static const char *const call_names[] = {
#define X(name) #name,
	CALLS(X)
#undef X
};

static const int errors[CALL_COUNT][12] = {
	[CALL_openat] = { EIO, ENOSPC, EMFILE, ENFILE, EACCES, EROFS, ENOMEM,
	    EINTR, EDQUOT },
	[CALL_close] = { EIO, EINTR, ENOSPC },
	[CALL_read] = { EIO, EINTR },
	[CALL_write] = { EIO, ENOSPC, EDQUOT, EINTR, EFBIG, EROFS },
	[CALL_pread] = { EIO, EINTR, ENOMEM },
	[CALL_fsync] = { EIO, ENOSPC, EDQUOT, EINTR, EROFS },
	[CALL_linkat] = { EIO, ENOSPC, EDQUOT, EROFS, EACCES, ENOMEM, EMLINK },
	[CALL_renameat] = { EIO, ENOSPC, EDQUOT, EROFS, EACCES, ENOMEM },
	[CALL_renameat2] = { EIO, ENOSPC, EDQUOT, EROFS, EACCES, ENOMEM },
	[CALL_unlinkat] = { EIO, EROFS, EACCES, ENOMEM, ENOSPC },
	[CALL_mkdirat] = { EIO, ENOSPC, EROFS },
	[CALL_mkfifoat] = { EIO, ENOSPC, EROFS },
	[CALL_fchmod] = { EIO, EPERM, EROFS },
	[CALL_fchmodat] = { EIO, EROFS },
	[CALL_faccessat] = { EIO, EACCES },
	[CALL_futimens] = { EIO, EROFS, EACCES },
	[CALL_fstat] = { EIO, ENOMEM },
	[CALL_fstatat] = { EIO, ENOMEM, EACCES },
	[CALL_flock] = { ENOLCK, EINTR },
	[CALL_readdir] = { EIO, ENOMEM },
	[CALL_fallocate] = { EIO, ENOSPC },
};

int
call_error(enum call c, unsigned i)
{
	return i < 12 ? errors[c][i] : 0;
}

static int
suits(enum call c, int error)
{
	unsigned i;

	for (i = 0; i < 12; i++)
		if (errors[c][i] == error)
			return 1;
	return 0;
}

static int
is_planned(enum call c)
{
	if (!plan.times || calls_made < plan.at || !suits(c, plan.error)
	    || (plan.call != CALL_COUNT && plan.call != c))
		return 0;
	plan.times--;
	return 1;
}

int
made(enum call c, const char *what)
{
	void (*other)(void) = meanwhile;

	calls_made++;
	if (calls_made == cut_at)
		longjmp(cut, 1);
	if (calls_made == kill_at)
		longjmp(killed, 1);
	if (other && dice(16) == 0) {
		meanwhile = NULL;
		other();
		meanwhile = other;
	}
	if (is_planned(c)) {
		calls_failed[running] += c != CALL_close;
		removals_failed += c == CALL_unlinkat;
		faults++;
		tell("%3ld %d    %s %s: %s", calls_made, running,
		    call_names[c], what, strerror(plan.error));
		return plan.error;
	}
	tell("%3ld %d    %s %s", calls_made, running, call_names[c], what);
	return 0;
}

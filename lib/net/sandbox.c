/* sandbox - what a process that talks to a server gives up.
 * Two fences, as not every kernel has both: a Landlock domain without rights,
 * and a seccomp filter of what is denied, as the calls that are needed differ
 * between C libraries and machines. A denied call gets an error, no signal. */
#include <elf.h>
#include <errno.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sandbox.h"

/* A call that this machine lacks stays a word, which next_number skips. */
#define WORD(x) #x
#define TEXT(x) WORD(x)
#define N(x) TEXT(SYS_##x) " "
static const char denied[] =
    N(execve) N(execveat) N(fork) N(vfork) N(clone) N(clone3) N(ptrace)
    N(kill) N(tkill) N(tgkill) N(rt_sigqueueinfo) N(rt_tgsigqueueinfo)
    N(pidfd_send_signal) N(pidfd_open) N(pidfd_getfd) N(process_vm_readv)
    N(process_vm_writev) N(setns) N(unshare) N(open) N(openat) N(openat2)
    N(open_by_handle_at) N(creat) N(mknod) N(mknodat) N(memfd_create)
    N(unlink) N(unlinkat) N(rmdir) N(mkdir) N(mkdirat) N(rename) N(renameat)
    N(renameat2) N(link) N(linkat) N(symlink) N(symlinkat) N(truncate)
    N(truncate64) N(chmod) N(fchmodat) N(chown) N(lchown) N(fchownat)
    N(chdir) N(fchdir) N(chroot) N(pivot_root) N(mount) N(umount) N(umount2)
    N(open_tree) N(move_mount) N(fsopen) N(fsmount) N(socket) N(socketpair)
    N(socketcall) N(connect) N(bind) N(listen) N(accept) N(accept4) N(bpf)
    N(perf_event_open) N(userfaultfd) N(io_uring_setup) N(io_setup)
    N(add_key) N(request_key) N(keyctl) N(init_module) N(finit_module);

enum { LOAD = 0x20, EQUAL = 0x15, FROM = 0x35, RETURN = 0x06 };
enum { AT_NUMBER = 0, AT_MACHINE = 4, FILTER = 2 };
enum { ALLOW = 0x7fff0000, DENY = 0x00050000 | EPERM };
struct filter { uint16_t code; uint8_t yes, no; uint32_t k; };

/* This program's ELF header, from which the kernel makes AUDIT_ARCH_ values. */
extern const Elf32_Ehdr __ehdr_start __attribute__((visibility("hidden")));
#define SAYS(i, what, bit) (__ehdr_start.e_ident[i] == (what) ? bit : 0)

/* The next number of the list; 0 at the end. */
static unsigned
next_number(const char **list)
{
	unsigned n = 0;

	while (**list && !n) {
		for (; **list >= '0' && **list <= '9'; ++*list)
			n = n * 10 + (unsigned)(**list - '0');
		while (**list && *(*list)++ != ' ')
			continue;
	}
	return n;
}

/* x86-64 has its calls a second time, from 0x40000000 on. Before Linux 4.3
 * i386 had one call for all socket operations, and no filter is set there. */
static void
filter_calls(void)
{
	struct filter f[256] = { { LOAD, 0, 0, AT_MACHINE },
		{ EQUAL, 1, 0, __ehdr_start.e_machine |
		SAYS(EI_CLASS, ELFCLASS64, 0x80000000U) |
		SAYS(EI_DATA, ELFDATA2LSB, 0x40000000U) },
		{ RETURN, 0, 0, DENY }, { LOAD, 0, 0, AT_NUMBER },
		{ FROM, 0, 1, 0x40000000U }, { RETURN, 0, 0, DENY } };
	struct { unsigned short n; struct filter *f; } program = { 6, f };
	const char *list = denied;
	unsigned n;

	if (syscall(SYS_socket, -1, 0, 0) < 0 && errno == ENOSYS)
		return;
	while ((n = next_number(&list)) != 0) {
		f[program.n++] = (struct filter){ EQUAL, 0, 1, n };
		f[program.n++] = (struct filter){ RETURN, 0, 0, DENY };
	}
	f[program.n++] = (struct filter){ RETURN, 0, 0, ALLOW };
	prctl(PR_SET_SECCOMP, FILTER, &program);
}

/* Denies the rights that this version of Landlock knows. */
static void
close_files(void)
{
	struct { uint64_t files, net, scoped; } all = { 0x1fff, 3, 3 };
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0, 1);
	int fd;

	all.files |= (uint64_t)((version >= 2) << 13 | (version >= 3) << 14 |
	    (version >= 5) << 15);
	fd = (int)syscall(SYS_landlock_create_ruleset, &all,
	    version >= 6 ? 24 : version >= 4 ? 16 : 8, 0);
	syscall(SYS_landlock_restrict_self, fd, 0);
	close(fd);
}

void
sandbox_enter(void)
{
	setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
	setrlimit(RLIMIT_NPROC, &(struct rlimit){ 0, 0 });
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	close_files();
	filter_calls();
}

/* A kernel with filters answers EFAULT to a filter at address 0. */
const char *
sandbox_lacks(void)
{
	static const char *const words[] = { "Landlock and seccomp", "seccomp",
		"Landlock", NULL };
	int files = syscall(SYS_landlock_create_ruleset, NULL, 0, 1) > 0;
	int calls = prctl(PR_SET_SECCOMP, FILTER, NULL) < 0 && errno == EFAULT;

	return words[files + 2 * calls];
}

# lib.sh - one system call of a program fails, or is its last: what every script
# of faults sources after tests/lib.sh. strace does it, by name and number of
# the call; the numbers count per process.
# needs: strace
command -v strace >/dev/null || { echo "# needs: strace"; exit 1; }
ASAN_OPTIONS=detect_leaks=0; export ASAN_OPTIONS
sanitizer=$(grep -c __asan_init "$NM")
[ "$sanitizer" != 0 ] || sanitizer=

# errors CALL: those that suit it. To the disk, calls that have none are the
# call after them.
errors() {
	case $1 in
	openat | open) echo ENOSPC EIO EDQUOT EMFILE ENFILE EACCES EROFS ENOMEM EINTR ;;
	write) echo ENOSPC EIO EDQUOT EINTR EFBIG EROFS ;;
	writev) echo ENOSPC EIO EDQUOT ;;
	read) echo EIO EINTR ENOMEM ;;
	fsync) echo EIO ENOSPC EDQUOT EINTR EROFS ;;
	linkat) echo EIO ENOSPC EDQUOT EROFS EACCES ENOMEM EPERM EMLINK EXDEV ;;
	renameat) echo EIO ENOSPC EDQUOT EROFS EACCES ENOMEM EXDEV ;;
	renameat2) echo EIO ENOSPC EINVAL ;;
	unlinkat) echo EIO EROFS EACCES ENOMEM ENOSPC ;;
	fork | clone | vfork) echo EAGAIN ENOMEM ;;
	execve) echo EACCES ENOMEM ETXTBSY ;;
	pipe2) echo EMFILE ENFILE ;;
	mmap | mremap) echo ENOMEM ;;
	fstat | newfstatat | stat) echo EIO ENOMEM EACCES ;;
	flock) echo EINTR ENOLCK ;;
	fcntl | dup2) echo EINTR EMFILE ;;
	close) echo EIO EINTR ENOSPC ;;
	getrandom) echo EAGAIN ;;
	wait4 | poll) echo EINTR ;;
	get* | umask | rt_sig* | brk | munmap | madvise | exit* | arch_prctl | \
	    set_tid_address) ;;
	*) echo EIO ;;
	esac
}

# numbered TRACE: its system calls, as "NAME NUMBER" lines, once each.
numbered() {
	sed -n 's/^\([0-9]*\) *\([a-z0-9_]*\)(.*/\1 \2/p' "$1" |
	    awk '{ n = ++seen[$1 " " $2]; if (!done[$2 " " n]++) print $2, n }' |
	    if [ -n "$sanitizer" ]; then
		# a sanitizer makes hundreds of calls of its own, for memory
		grep -E '^(open|close|read|write|f|link|unlink|rename|pipe)'
	    else
		grep -vE '^(execve 1|exit)'
	    fi
}

# faults TRACE: all there are, as strace takes them, each once; and each error
# from one call of a name on, for good.
faults() {
	numbered "$1" >"$T/calls"
	while read -r call number; do
		for error in $(errors "$call"); do
			echo "$call:error=$error:when=$number"
			case $number$error in
			*EINTR) ;;
			[12]*) echo "$call:error=$error:when=$number+" ;;
			esac
		done
		echo "$call:signal=KILL:when=$number"
	done <"$T/calls"
}

# chosen LIST: one line of EVERY, from number FROM on. A prime does not fall in
# step with the lists.
chosen() { awk -v every="${EVERY:-1}" -v from="${FROM:-0}" 'NR % every == from % every' "$1"; }

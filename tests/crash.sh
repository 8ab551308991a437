# crash.sh - every system call of an injection fails, and is the last: then
# either the status tells so, or a complete message is in the queue. Inject does
# it all in one process here; smtpd has a child that writes the file.
# needs: strace
. tests/lib.sh
command -v strace >/dev/null || { echo "# needs: strace"; exit 1; }
prefix
rm "$P/sbin/nullmailer-queue"
ASAN_OPTIONS=detect_leaks=0; export ASAN_OPTIONS

printf 'a@b.c\nd@e.f\ng@h.i\n\n' >"$T/envelope"
{ printf 'X: y\n\n'; seq 1 12000; } >"$T/message"
cat "$T/envelope" "$T/message" >"$T/queue.in"
{
	printf '%s\r\n' 'MAIL FROM:<a@b.c>' 'RCPT TO:<d@e.f>' 'RCPT TO:<g@h.i>' DATA
	sed 's/$/\r/' "$T/message"
	printf '.\r\nQUIT\r\n'
} >"$T/smtpd.in"

# Inject has a header of its own to begin with; a short message is written in
# one go, a long one while it is read.
printf '%s\n' 'Date: x' 'Message-Id: <x@y>' 'From: a@b.c' 'To: d@e.f, g@h.i' \
    >"$T/header"
long() { { cat "$T/header"; tail -n +2 "$T/message"; } >"$T/inject.message"; }
short() { { cat "$T/header"; printf '\nbody\n'; } >"$T/inject.message"; }


# traced PROGRAM STRACE-OPTIONS...: runs an injection, leaves its outcome in
# $said: yes if it claims to have queued the message.
traced() {
	program=$1; shift
	case $program in
	inject)
		whole=$T/inject.message
		{ echo 'Return-Path: <a@b.c>'; cat "$whole"; } >"$T/inject.in" ;;
	*) whole=$T/message ;;
	esac
	timeout 20 strace -f -o "$T/trace" "$@" "$NM" "$program" <"$T/$program.in" >"$T/out" 2>/dev/null
	status=$? said=no
	case $status:$program in
	0:queue | 0:inject) said=yes ;;
	0:smtpd) grep -q '^250 2.6.0' "$T/out" && said=yes ;;
	124:*) said=hung ;;
	esac
}
# complete FILE: a whole queue file with nothing left out.
complete() {
	sed '1,6!d; 5s/pid [0-9]* invoked by uid [0-9]*/P/; 6s/.*/D/' "$1" >"$T/got"
	{ cat "$T/envelope"; printf 'Received: (nullmailer P);\nD\n'; } | cmp -s - "$T/got" &&
	    tail -n +7 "$1" | cmp -s - "$whole"
}
# outcome: what is wrong with queue and status, if anything is.
outcome() {
	messages=0
	for file in "$spool"/queue/*; do
		[ -e "$file" ] || continue
		messages=$((messages + 1))
		complete "$file" || echo "partial file"
	done
	case $said$messages in
	yes1|no0|no1) ;;
	*) echo "said $said with $messages messages" ;;
	esac
}
# calls PROGRAM OPTIONS...: the system calls of a run, as "NAME NUMBER" lines;
# the numbers count per process and name, as strace's when= does.
calls() {
	empty
	traced "$@"
	sed -n 's/^\([0-9]*\) *\([a-z0-9_]*\)(.*/\1 \2/p' "$T/trace" |
	    awk '$2 !~ /^(execve|exit|exit_group|arch_prctl|set_tid_address)$/ {
		n = ++seen[$1 " " $2]; if (!done[$2 " " n]++) print $2, n }'
}
# inject NAME PROGRAM WHAT OPTIONS...: WHAT happens at each system call in turn,
# but for those that cannot fail: to the disk they are the call after them.
inject() {
	name=$1 program=$2 what=$3; shift 3
	calls "$program" "$@" >"$T/calls"
	sed -i -E '/^(get|umask|rt_sig|brk)/d' "$T/calls"
	# A sanitizer makes hundreds of calls of its own, for memory.
	! sanitized || sed -i -nE '/^(open|close|read|write|f|link|unlink|rename|pipe)/p' "$T/calls"
	# A close that fails has closed all the same, which strace cannot do.
	case $program:$what in smtpd:error=*) sed -i '/^close /d' "$T/calls" ;; esac
	is "$name: $program works undisturbed" "$said $(outcome)" 'yes '
	wrong= runs=0 failed=0 fast='--seccomp-bpf -e'
	case $what in signal=*) fast=-e ;; esac
	while read -r call number; do
		empty
		traced "$program" $fast "trace=$call,linkat,renameat2" "$@" \
		    -e "inject=$call:$what:when=$number" </dev/null
		why=$(outcome)
		[ -z "$why" ] || wrong="$wrong $call $number: $why;"
		runs=$((runs + 1))
		[ $said = yes ] || failed=$((failed + 1))
		[ "$what" != signal=TERM ] || [ -z "$(files tmp)" ] ||
		    wrong="$wrong $call $number: left $(files tmp);"
	done <"$T/calls"
	is "$name: $program, each of $runs calls, $failed told" "$wrong" ''
	ok "$name: $program did notice" test "$failed" -gt 5
}

for error in ENOSPC EIO EDQUOT; do
	inject $error queue error=$error
done
inject SIGKILL queue signal=KILL
inject EIO smtpd error=EIO
inject SIGKILL smtpd signal=KILL

short
inject 'short, ENOSPC' inject error=ENOSPC
inject 'short, SIGKILL' inject signal=KILL
inject 'short, SIGTERM' inject signal=TERM
long
inject 'long, EIO' inject error=EIO
inject 'long, SIGKILL' inject signal=KILL
inject 'long, SIGTERM' inject signal=TERM

# file systems without hard links, with and without a rename that spares
nolink='-e inject=linkat:error=EPERM'
inject "no links, EIO" queue error=EIO $nolink
inject "no links, SIGKILL" queue signal=KILL $nolink
norename="$nolink -e inject=renameat2:error=EINVAL"
inject "no links nor flags, EIO" queue error=EIO $norename
inject "no links nor flags, SIGKILL" queue signal=KILL $norename
empty
traced queue $norename
is "no links: nothing is left over" "$(echo "$(files queue) $(files tmp)" | wc -w)" 1

# synced before it is a message, and the folder before anybody is told
order() { sed -n 's/^[0-9]* *\(fsync\|linkat\|unlinkat\)(.*/\1/p' "$T/trace" | tr '\n' ' '; }
empty
traced queue
is "order of the steps" "$(order)" 'fsync linkat fsync unlinkat '

# what could not be synced may be gone after a power cut, so it is no success
for number in 1 2; do
	empty
	traced queue -e inject=fsync:error=EIO:when=$number
	is "fsync $number fails" "$said $(files queue)$(files tmp)" 'no '
done

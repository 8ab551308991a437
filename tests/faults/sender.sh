# sender.sh - each system call of a sender and its workers fails, with each
# error that suits it, once and for good, and is the last. Then, after a sender
# to which nothing happens, every recipient is where it belongs: none lost, none
# both served and failed, twice only who had no answer, which was said. EVERY
# and FROM as in programs.sh.
# needs: strace
. tests/lib.sh
. tests/faults/lib.sh
prefix "$T/p"
conf pausetime 1
conf sendtimeout 10
serve 'cap PIPELINING' 'cap CHUNKING' 'on RCPT perm* 550 5.1.1 no' \
    'on RCPT later* 450 4.2.1 busy' auto
remotes "127.0.0.1 smtp port=$port"

# fill N: messages of round N
fill() {
	empty
	FROM=''
	put 1.1 "ok$1a@x.y"
	put 3.3 "perm$1c@x.y"
	FROM=s$1@x.y
	put 2.2 "ok$1b@x.y" "later$1b@x.y" "perm$1b@x.y"
}
# traced FAULT: one run in which that happens
traced() {
	set -- -e "trace=${1%%:*}" -e "inject=$1"
	[ "$2" != trace=none ] || set --
	{ (
		ulimit -t 5
		exec timeout -k 5 30 strace -f -o "$T/trace" "$@" "$NM" nullmailer-send --once \
		    >"$T/log" 2>"$T/err"
	); } 2>/dev/null
	status=$?
	# 75 is "something waits", as it should, or the end of its memory.
	out_of_memory=no
	! grep -q '^out of memory' "$T/err" || out_of_memory=yes
	[ "$status$out_of_memory" != 75no ] || status=0
}
# settled: nothing is left but what is put off
settled() { [ "$(waiting)" = 1 ] && [ "$(of queue)" = "later$round"b ]; }
of() { find "$spool/$1" -type f -exec sed -s '1d; /^$/,$d' {} + | sed 's/@.*//' | sort -u | paste -sd ' ' -; }
# often WHO: how often the server has taken it
often() { transcript | grep -c "^M: .* accepted .*<$1@x.y>"; }
rest() {
	for pause in 0 0.2 1.1 1.1 2.1 4.1 8.1; do
		sleep "$pause"
		timeout 30 nullmailer-send --once >>"$T/log" 2>>"$T/err"
		! settled || return 0
	done
}
# verdict FAULT: what is wrong, if anything is
verdict() {
	began=0
	! grep -q '^Rescanning' "$T/log" || began=1
	case $1:$began:$status in
	*signal=KILL* | *:0:?? | *:0:? | *:1:0) ;;
	# Where no memory is to be had for good, giving some back is no help.
	mmap:*+:1:75 | brk:*+:1:75) [ $out_of_memory = yes ] || echo "status 75" ;;
	*) echo "status $status: $(tail -n 1 "$T/err")" ;;
	esac
	rest
	settled || echo "queue/ has $(waiting): $(of queue)"
	[ "$(of failed)" = "perm${round}b perm${round}c" ] || echo "failed/ has $(of failed)"
	for who in "ok${round}a" "ok${round}b"; do
		n=$(often "$who")
		case $n:$1 in
		# what cannot write cannot log either
		1:* | 2:*signal=KILL* | 2:write:*+) ;;
		# no answer came, or it could not be written down
		2:*) grep -q "possible dup\|may have been taken\|Can't rewrite" "$T/log" "$T/err" || echo "$who twice" ;;
		*) echo "$who $n times" ;;
		esac
	done
	for who in "later${round}b" "perm${round}b" "perm${round}c"; do
		[ "$(often "$who")" = 0 ] || echo "$who was taken"
	done
	[ "$(often "s$round")" -ge 1 ] || echo "no report"
}

round=0
fill 0
traced none
is "works undisturbed" "$status $(verdict none)" '0 '
# A close that fails has closed all the same, which strace cannot do; a sender
# that cannot read any more cannot hear of a signal or a child.
faults "$T/trace" | grep -v '^close:error\|^read:.*+$' >"$T/all"
chosen "$T/all" >"$T/chosen"
count=0
while read -r fault; do
	round=$((round + 1)) count=$((count + 1))
	fill $round
	traced "$fault"
	why=$(verdict "$fault" </dev/null | paste -sd ';' -)
	[ -z "$why" ] || ok "$fault: $why" false
done <"$T/chosen"
ok "faults were tried" [ "$count" -gt 0 ]
echo "#= $count faults of $(wc -l <"$T/all")"

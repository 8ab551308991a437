# programs.sh - each system call of the programs that queue fails, with each
# error that suits it, once and for good, and is the last. Then the status says
# no, in words, or one whole message is in the queue; nothing half is there, and
# nothing takes long. EVERY=1 is all; else one of so many, from FROM on.
# needs: strace
. tests/lib.sh
. tests/faults/lib.sh
prefix "$T/p"
Q=$T/p/queue

printf 'a@b.c\nd@e.f\ng@h.i\n\n' >"$T/envelope"
printf '%s\n' 'Date: x' 'Message-Id: <x@y>' 'From: a@b.c' 'To: d@e.f, g@h.i' \
    >"$T/header"
# message LINES: a message of its kind, and how each program gets it
message() {
	{ cat "$T/header"; printf '\n'; seq 1 "$1"; } >"$T/message"
	cat "$T/envelope" "$T/message" >"$T/queue.in"
	{ echo 'Return-Path: <a@b.c>'; cat "$T/message"; } >"$T/inject.in"
	{
		printf '%s\r\n' 'MAIL FROM:<a@b.c>' 'RCPT TO:<d@e.f>' 'RCPT TO:<g@h.i>' DATA
		sed 's/$/\r/' "$T/message"
		printf '.\r\nQUIT\r\n'
	} >"$T/smtpd.in"
}

empty() { rm -rf "$Q/queue" "$Q/tmp"; mkdir -m 700 "$Q/queue" "$Q/tmp"; }

# run_traced PROGRAM STRACE-OPTIONS...: $status, and $said: yes if it claims to
# have queued the message
run_traced() {
	program=$1; shift
	(
		ulimit -t 5
		exec timeout 20 strace -f -o "$T/trace" "$@" "$NM" "$program" \
		    <"$T/$program.in" >"$T/out" 2>"$T/err"
	)
	status=$? said=no
	case $status:$program in
	0:queue | 0:inject) said=yes ;;
	0:smtpd) grep -q '^250 2.6.0' "$T/out" && said=yes ;;
	esac
}
whole() {
	sed '1,6!d; 5s/pid [0-9]* invoked by uid [0-9]*/P/; 6s/.*/D/' "$1" >"$T/got"
	{ cat "$T/envelope"; printf 'Received: (nullmailer P);\nD\n'; } | cmp -s - "$T/got" &&
	    tail -n +7 "$1" | cmp -s - "$T/message"
}
# verdict FAULT: what is wrong, if anything is
verdict() {
	messages=0
	for file in "$Q"/queue/* "$Q"/queue/.[!.]*; do
		[ -e "$file" ] || continue
		messages=$((messages + 1))
		whole "$file" || echo "half: ${file##*/}"
	done
	case $said$messages in
	yes1 | no0 | no1) ;;
	*) echo "said $said with $messages messages" ;;
	esac
	case $1:$program:$status in
	*signal=KILL*) ;;
	*:smtpd:0 | *:0 | *:1 | *:18 | *:75) ;;
	*:smtpd:*) ;;
	*) echo "status $status" ;;
	esac
	case $1:$program in
	*signal=KILL* | write* | *:smtpd) ;;
	*) [ $said = yes ] || [ -s "$T/out" ] || [ -s "$T/err" ] || echo "no word" ;;
	esac
	case $1 in
	*signal=KILL* | unlinkat*) ;;
	*) [ -z "$(ls -A "$Q/tmp")" ] || [ "$program" = smtpd ] || echo "left $(ls -A "$Q/tmp")" ;;
	esac
}
# every NAME PROGRAM: every fault, or one of EVERY
every() {
	empty
	run_traced "$2"
	is "$1: works undisturbed" "$said $(verdict none)" 'yes '
	faults "$T/trace" >"$T/all"
	# A close that fails has closed all the same, which strace cannot do: who
	# waits for the other end would wait for ever.
	case $1 in *program | *child*) sed -i '/^close:error/d' "$T/all" ;; esac
	chosen "$T/all" >"$T/chosen"
	wrong='' count=0 told=0
	while read -r fault; do
		empty
		fast=--seccomp-bpf
		case $fault in *signal*) fast= ;; esac
		# shellcheck disable=SC2086
		run_traced "$2" $fast -e "trace=${fault%%:*}" -e "inject=$fault"
		why=$(verdict "$fault")
		[ -z "$why" ] || wrong="$wrong$fault: $why;
"
		count=$((count + 1))
		[ $said = yes ] || told=$((told + 1))
	done <"$T/chosen"
	is "$1: $count faults of $(wc -l <"$T/all"), $told of them said" "$wrong" ''
	echo "#= $1: $count faults, $told of them said"
	ok "$1: some were noticed" test "$told" -gt 2
}

message 5
every 'inject and the queue program' inject
every 'smtpd and the queue program' smtpd
rm "$T/p/sbin/nullmailer-queue"
for lines in 5 12000; do
	message $lines
	every "queue, $lines lines" queue
	every "inject in one process, $lines lines" inject
	every "smtpd and its child, $lines lines" smtpd
done

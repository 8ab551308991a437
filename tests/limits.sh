# limits.sh - the sender where descriptors, processes, files, room and the
# patience of an administrator run out, and where calls fail once or for ever:
# nothing is lost or sent twice, nothing is done or said again and again.
# needs: strace
. tests/lib.sh
prefix
conf sendtimeout 5
conf pausetime 3600
ASAN_OPTIONS=detect_leaks=0; export ASAN_OPTIONS

# failing CALL:error=ERROR:when=WHEN [OPTION...]: that sender from now on
failing() {
	fault=$1; shift
	SENDER="strace -o $T/trace -e trace=${fault%%:*} -e inject=$fault $* $NM nullmailer-send"
}
to() { remotes "127.0.0.1 smtp port=$port $*"; }
# What strace runs is ours to end.
stop_traced() { kill "$(children "$sender")" 2>/dev/null; until_true 8 ended "$sender"; }

# ---- what runs out ----
descriptors() {
	put_many 50
	serve 'cap PIPELINING' 'cap CHUNKING' 'delay GREETING 100' auto
	to
	(ulimit -n 20; exec nullmailer-send --once) >"$T/log" 2>"$T/err"
	is "20 descriptors: all is sent in one run" "$(waiting) $(taken) $(lines 'Starting delivery, ')" "0 50 1"
	is "said once" "$(lines 'Cannot open more files now')" 1
	lacks "no message is at fault" "$(log)" '^Attempt failed'
}
file_size() {
	TEXT="Subject: x\n\n$(head -c 9000 /dev/zero | tr '\0' x)\n"
	put 1.1 good@x.y later@x.y
	serve 'on RCPT later@* 450 4.2.1 busy' auto
	to
	(ulimit -f 4; exec nullmailer-send --once) >"$T/log" 2>"$T/err"
	is "no large files: it lives, the message waits" "$? $(files queue)" "75 1.1"
	run
	run
	is "no large files: served once" "$(taken) $(files queue) $(sed -n 2p "$spool/queue/1.1")" "1 1.1 later@x.y"
	put 1.1 good@x.y later@x.y
	yes "$(head -c 200 /dev/zero | tr '\0' x)" | head -c 400000 >>"$spool/queue/1.1"
	put 2.2 good@x.y later@x.y
	(ulimit -f 400; exec nullmailer-send --once) >"$T/log" 2>"$T/err"
	is "room for some: one that has none waits, the other is served" \
	    "$(taken) $(sed -n 2p "$spool/queue/1.1") $(sed -n 2p "$spool/queue/2.2")" \
	    "2 good@x.y later@x.y"
}
processes() {
	put 1.1 a@x.y
	serve auto
	to
	failing fork:error=EAGAIN:when=1..2 -e inject=clone,clone3,vfork:error=EAGAIN:when=1..2
	start
	ok "no process for a while: it is sent in that run" logged 12 '^Sent file.$'
	is "said once" "$(lines 'Could not fork')" 1
	is "in one run" "$(lines 'Starting delivery, ')" 1
	ok "with pauses" [ "$(grep -c 'fork\|clone' "$T/trace")" -le 6 ]
	stop_traced
}
no_waiting() {
	serve auto
	to
	failing poll:error=ENOMEM:when=1..3
	start
	put 1.1 a@x.y
	ok "poll fails: it goes on" logged 12 '^Sent file.$'
	is "said once" "$(lines '^Cannot wait: ')" 1
	stop_traced
}
# The first requests for memory are those of its own start.
memory() {
	# The sanitizers' own is not ours to take.
	! sanitized || { ok '# SKIP: sanitizers' true; return; }
	serve 'on RCPT later@* 450 4.2.1 busy' auto
	to
	for n in 6 7 8 9 10 11 12; do
		put 1.1 good@x.y later@x.y; put 2.2 a@x.y; put 3.3 b@x.y
		rm -f "$spool/status"
		failing "mmap:error=ENOMEM:when=$n"
		run
		is "request $n for memory fails: nothing else does" \
		    "$rc $(files queue) $(sed -n 2p "$spool/queue/1.1")" "0 1.1 later@x.y"
		lacks "request $n: it does not end" "$(log)" 'out of memory'
	done
	is "all were served, once" "$(taken)" 21
}
no_list() {
	serve auto
	to
	for n in 1 2 3 4; do
		put "$n.$n" a@x.y
		failing "getdents64:error=EIO:when=$n"
		start
		ok "call $n for a folder's names fails: it is sent all the same" logged 6 '^Sent file.$'
		stop_traced
	done
	put 5.5 a@x.y
	printf '5.5\t3\t1\t2\t3\tr\t16\t451 later\t0\t1\t0\t0\n' >"$spool/status"
	failing getdents64:error=EIO
	run
	has "it always fails: no empty queue, and said" "$(log)" '^Cannot read queue directory: I/O error$'
	is "said once" "$(lines 'Cannot read queue')" 1
	is "nothing is forgotten" "$(files queue) $(cut -f 1,2 "$spool/status")" "5.5 5.5	3"
}

# ---- reports, and failed/ ----
no_reports() {
	conf pausetime 1
	conf maxpause 1
	conf queuelifetime 1
	FROM=s@x.y
	put 1.1 a@x.y
	remotes "127.0.0.1 smtp port=1"
	printf '%s\n' '#!/bin/sh' 'cat >/dev/null' "echo >>$T/reports" 'exit 75' >"$T/full"
	chmod +x "$T/full"
	: >"$T/reports"
	NULLMAILER_QUEUE=$T/full; export NULLMAILER_QUEUE
	start
	logged 10 'Delivery complete' 4
	n=$(wc -l <"$T/reports") runs=$(lines 'Delivery complete')
	ok "a report that cannot be queued: $n times in $runs runs" [ "$n" -ge 1 -a "$n" -le "$runs" ]
	is "the message stays" "$(files queue) $(failed)" "1.1 0"
	stop 2
}
no_room_in_failed() {
	conf pausetime 1
	conf maxpause 1
	FROM=s@x.y
	put 1.1 bad@x.y
	serve 'on RCPT bad@* 550 5.1.1 no' auto
	to
	failing linkat,renameat,renameat2:error=EDQUOT:when=1+
	start
	logged 15 'Delivery complete' 5
	is "failed/ takes nothing: one report" "$(transcript | grep -c '^M: .* accepted <> <s@x.y>')" 1
	is "failed/ takes nothing: the message stays" "$(files queue)" 1.1
	stop_traced
}

# ---- an administrator ----
by_hand_in_parts() {
	serve auto
	to
	start
	logged 5 Rescanning
	printf 's@x.y\na@x' >"$spool/queue/1.1"
	pull
	logged 5 'no queue file'
	printf '.y\n\nSubject: x\n\ntext\n' >>"$spool/queue/1.1"
	ok "a file that is being written: it is sent when it is whole" logged 5 '^Sent file.$'
	is "to whom it says" "$(transcript | grep -c '^M: .* accepted <s@x.y> <a@x.y>')" 1
	stop 2
}
touched() {
	put 1.1 a@x.y
	serve 'on RCPT 450 4.2.1 busy' auto next auto
	to
	start
	logged 5 'Delivery complete'
	touch "$spool/queue/1.1"
	ok "a message that is touched is tried" logged 5 '^Sent file.$'
	stop 2
}

# ---- work, and waiting ----
new_among_many() {
	put_many 300
	serve 'on RCPT r1@x.y 450 4.2.1 busy' 'on RCPT new@* 250 ok' 'on RCPT 450 4.2.1 busy' auto
	to
	SENDER="strace -f -o $T/trace $NM nullmailer-send"
	start
	logged 20 'Delivery complete'
	sleep 1.2
	before=$(wc -l <"$T/trace")
	put new.1 new@x.y; pull
	ok "new among many: it is sent" logged 5 '^Sent file.$'
	logged 5 'Delivery complete' 2
	tail -n +$((before + 1)) "$T/trace" >"$T/calls"
	is "no folder is listed for it" "$(grep -c getdents "$T/calls")" 0
	is "and no other message opened" "$(grep -c 'openat.*"1000000[0-9]*\.' "$T/calls")" 0
	has "time goes on in suspend" "$(cat "$T/trace")" 'timerfd_create(CLOCK_BOOTTIME'
	lacks "and poll counts none of it" "$(grep 'poll(.*"\{0\}fd=3,' "$T/trace" | grep '], 6,')" '], 6, [1-9]'
	stop_traced
}
synced() {
	put_many 24
	serve 'delay DOT 100' auto
	to sessions=1
	SENDER="strace -y -r -o $T/trace -e trace=fsync,unlinkat $NM nullmailer-send"
	run
	n=$(awk '/unlinkat.*queue\/queue/ { begun = 1 } begun && /fsync.*queue\/queue>/ { n++ } END { print n + 0 }' "$T/trace")
	ok "what is delivered is synced within a second, and no more often ($n)" [ "$n" -ge 2 -a "$n" -le $((took / 1000 + 1)) ]
	is "nothing is left unsynced" "$(sed -n 's/.*\(unlinkat\|fsync\)(.*queue\/queue>.*/\1/p' "$T/trace" | tail -n 1)" fsync
}

# ---- one message among others ----
poison_421() {
	put 1000000001.1 poison@x.y
	for n in 2 3 4; do put 100000000$n.$n r$n@x.y; done
	serve 'on RCPT poison@* 421 4.7.0 closing' auto
	to
	run
	run
	is "421 over the oldest: the others are sent" "$(taken) $(files queue)" "3 1000000001.1"
}
large() {
	put 1000000001.1 big@x.y
	for n in 2 3 4; do put 100000000$n.$n r$n@x.y; done
	serve 'delay DOT 4500' auto next auto
	to
	conf sendtimeout 30
	start
	ok "one that takes long does not hold up others" logged 4 '^Sent file.$' 3
	stop 6
}
unfit() {
	TEXT="Subject: x\n\n$(head -c 900 /dev/zero | tr '\0' x)\n"
	put 1.1 a@x.y
	serve small: 'cap SIZE 500' auto; small=$port
	serve large: 'cap SIZE 5000' auto
	remotes "127.0.0.1 smtp port=$small" "127.0.0.1 smtp port=$port"
	run
	is "too large for the first remote: the second has it" "$(taken large) $(waiting)$(failed)" "1 00"
	put 1.1 a@x.y
	remotes "127.0.0.1 smtp port=$small" "127.0.0.1 smtp port=1"
	run
	is "... the second does not answer: it waits" "$(waiting)$(failed)" 10
	serve other: 'cap SIZE 600' auto
	remotes "127.0.0.1 smtp port=$small" "127.0.0.1 smtp port=$port"
	run
	is "... too large for both: it has failed" "$(waiting)$(failed)" 01
	TEXT='Subject: x\n\ntext\n'
	put 2.2 a@x.y "$(printf 'b\303\274@x.y')"
	run
	is "SMTPUTF8 nowhere: only who needs it fails" \
	    "$(taken small) $(waiting) $(sed -n 2p "$spool/failed/2.2"*)" "1 0 $(printf 'b\303\274@x.y')"
}
unanswered() {
	FROM=s@x.y
	put 1.1 a@x.y
	serve first: 'on DOT stall' auto next 'on RCPT a@* 550 5.1.1 no' auto; first=$port
	serve second: auto
	conf sendtimeout 2
	remotes "127.0.0.1 smtp port=$first" "127.0.0.1 smtp port=$port"
	run
	is "its answer is missing: no other remote has it now" "$(taken second) $(files queue)" "0 1.1"
	has "and the log says so" "$(log)" 'possible duplicate" next: "the next run"$'
	run
	is "then it is refused" "$(failed)" 1
	has "the report says that it may have arrived" "$(transcript second; stored; cat "$T"/second.got.* "$T"/first.got.* 2>/dev/null)" 'possible duplicate'
}

scenes 'descriptors file_size processes memory no_waiting no_list touched' \
    'no_reports no_room_in_failed by_hand_in_parts new_among_many synced' \
    'poison_421 large unfit unanswered'

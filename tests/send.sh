# send.sh - the sender: its life, its log, its patience, and what it does when
# servers, files and administrators misbehave. The scenes run side by side, as
# most of them wait.
# needs: strace flock=util-linux
. tests/lib.sh
umask 077
now=$(date +%s)

prefix
conf sendtimeout 5

# ---- what it says ----
words() {
	FROM=s@x.y
	put 1.1 a@x.y b@x.y
	printf 's@x.y\na@x.y\n\nMessage-ID: <1@x>\nmessage-id:<2@x>\n\nMessage-Id: <3@x>\n' >"$spool/queue/2.2"
	touch -d '2 hours ago' "$spool/queue/2.2"
	FROM=
	put 3.3 bad@x.y
	put 4.4 later@x.y
	serve 'on RCPT bad@* 550 5.1.1 no such user' 'on RCPT later@* 450 4.2.1 busy' auto
	remotes "127.0.0.1 smtp port=$port"
	run
	is "exit" "$rc" 0
	is "log" "$(sed "s/port $port/port N/; s/ age: 72[0-9]* / age: S /" "$T/log")" \
'Rescanning queue.
Starting delivery, 4 message(s) in queue.
Starting delivery: host: 127.0.0.1 protocol: smtp file: 1.1
From: <s@x.y> to: <a@x.y>, <b@x.y>
Sent file.
Delivered: file: 1.1 host: 127.0.0.1 recipients: 2 age: S address: "127.0.0.1 port N" stage: dot reply: "250 2.0.0 taken" next: none
Starting delivery: host: 127.0.0.1 protocol: smtp file: 2.2
From: <s@x.y> to: <a@x.y>
Message-ID: <1@x>
message-id:<2@x>
Sent file.
Delivered: file: 2.2 host: 127.0.0.1 recipients: 1 age: S address: "127.0.0.1 port N" stage: dot reply: "250 2.0.0 taken" next: none
Starting delivery: host: 127.0.0.1 protocol: smtp file: 3.3
From: <> to: <bad@x.y>
Sending failed: Permanent error in sending the message
Recipient refused: file: 3.3 to: <bad@x.y> reply: 550 5.1.1 no such user
Attempt failed: file: 3.3 host: 127.0.0.1 recipients: 1 age: S address: "127.0.0.1 port N" stage: rcpt reply: "550 5.1.1 no such user" next: none
Moving message 3.3 into failed
Not generating double bounce for 3.3
No report on 3.3: neither doublebounceto nor adminaddr names anybody
Starting delivery: host: 127.0.0.1 protocol: smtp file: 4.4
From: <> to: <later@x.y>
Sending failed: Temporary error in sending the message
Recipient refused: file: 4.4 to: <later@x.y> reply: 450 4.2.1 busy
Attempt failed: file: 4.4 host: 127.0.0.1 recipients: 1 age: S address: "127.0.0.1 port N" stage: rcpt reply: "450 4.2.1 busy" next: "the next run"
Delivery complete, 1 message(s) remain.'
	is "stderr" "$(cat "$T/err")" \
'smtp: Succeeded: 250 2.0.0 taken
smtp: Succeeded: 250 2.0.0 taken
smtp: Failed: 550 5.1.1 no such user
smtp: Failed: 450 4.2.1 busy'
	is "one connection" "$(connections)" 1
	empty; run
	is "nothing to do" "$rc $(log)" "0 Rescanning queue."
	remotes; put 5.5 a@x.y
	run
	is "no remotes: exit, message" "$rc $(waiting)" "0 1"
	is "no remotes" "$(log)" 'No remote hosts listed for delivery
Rescanning queue.
No remote hosts listed for delivery
Could not load the config'
	conf pausetime 0
	timeout 20 nullmailer-send >"$T/log" 2>&1; is "pausetime 0 is one run" "$?" 0
}

next_try() {
	conf pausetime 7
	serve 'on RCPT 450 4.2.1 busy' auto
	remotes "127.0.0.1 smtp port=$port" "localhost smtp port=$port"
	put 1.1 a@x.y
	start
	logged 5 'Delivery complete'
	has "next: the other remote" "$(log)" \
	    '^Attempt failed: .* host: 127.0.0.1 .* stage: rcpt reply: "450 4.2.1 busy" next: "the next remote"$'
	has "then: in pausetime" "$(log)" \
	    '^Attempt failed: .* host: localhost .* next: "try again in 7 s"$'
	stop 2
}

# ---- when it works ----
# begun: when runs began, in seconds after the first
begun() { awk '/^[0-9.]* Starting delivery, / { if (!n++) first = $1; printf "%s%d", (n > 1 ? " " : ""), $1 - first + 0.5 }' "$T/times"; }
# clocked: starts a sender, its log goes to $T/times with the time
clocked() {
	mkfifo "$T/pipe"
	nullmailer-send 2>/dev/null >"$T/pipe" &
	sender=$!
	owns $sender
	while read -r line; do echo "$(date +%s.%N | cut -c1-13) $line"; done <"$T/pipe" >"$T/times" &
}
# near SLACK 'SECONDS ...': whether they began about then, and no others
near() {
	# shellcheck disable=SC2046
	set -- "$1" "$2" $(begun)
	slack=$1 wanted=$2; shift 2
	for want in $wanted; do
		[ $# -gt 0 ] && [ $((want - $1)) -le "$slack" ] && [ $(($1 - want)) -le "$slack" ] || return 1
		shift
	done
	[ $# = 0 ]
}
pauses() {
	conf pausetime 1; conf maxpause 2; remotes "127.0.0.1 smtp port=1"; put 1.1 a@x.y
	clocked
	sleep 4
	pull
	sleep 3.8
	kill $sender
	ok "pauses 1 2, trigger at 4, then 1 2: $(begun)" near 1 '0 1 3 4 5 7'
}
long_first_pause() {
	conf pausetime 2; conf maxpause 1; remotes "127.0.0.1 smtp port=1"; put 1.1 a@x.y
	clocked
	sleep 3.5
	ok "the first pause is not limited: $(begun)" near 1 '0 2 3'
	conf pausetime 3
	sleep 5
	kill $sender
	ok "pausetime changed: $(begun)" near 1 '0 2 3 4 7 8'
}
signals() {
	conf pausetime 3600
	remotes "127.0.0.1 smtp port=1"
	put 1.1 a@x.y
	start
	logged 5 'Delivery complete'
	kill -HUP $sender; kill -ALRM $sender
	ok "ALRM: another run" logged 5 'Delivery complete' 2
	ok "HUP does not end it" kill -0 $sender
	pull
	ok "trigger: another run" logged 5 '^Trigger pulled.$'
	ok "trigger: it is used" logged 5 'Delivery complete' 3
	serve tests/talk/plain.talk
	remotes "127.0.0.1 smtp port=$port"
	kill -ALRM $sender
	ok "new remotes serve old mail" logged 5 '^Sent file.$'
	until_true 5 drained
	ln -sf loop "$config/loop"; ln -sf loop "$config/sendtimeout"
	put 2.2 a@x.y
	kill -ALRM $sender
	ok "unreadable control file in mid-life" logged 5 '^Could not load the config$'
	has "it is named" "$(log)" "Could not read config file \".*/conf/sendtimeout\": "
	is "the mail waits" "$(waiting)" 1
	rm "$config/sendtimeout"
	kill -ALRM $sender
	ok "readable again" logged 5 '^Sent file.$' 2
	sleep 0.3
	stop 2; is "TERM: exit" "$rc" 0
	ok "TERM: at once" [ "$took" -lt 1000 ]
	ln -sf loop "$config/remotes"
	run; is "unreadable control file at start" "$rc" 18
	has "it is named at start" "$(log)" "^nullmailer-send: Error: Could not read config file \".*/conf/remotes\": "
}
alone() {
	conf pausetime 3600
	serve tests/talk/plain.talk
	remotes "127.0.0.1 smtp port=$port"
	start; first=$sender
	logged 5 Rescanning
	timeout 5 nullmailer-send --once >"$T/once" 2>&1
	is "a second one-shot" "$? $(cat "$T/once")" "75 nullmailer-send: another nullmailer-send is at work"
	nullmailer-send >>"$T/log" 2>>"$T/err" & sender=$!
	owns $sender
	ok "a second daemon waits" logged 5 'nullmailer-send: another nullmailer-send is at work, waiting$'
	is "and does nothing" "$(lines Rescanning)" 1
	kill -9 $first
	wait $first 2>/dev/null
	put 1.1 a@x.y
	ok "and takes over" logged 5 '^Sent file.$'
	nullmailer-send >"$T/third" 2>&1 & third=$!
	until_true 5 grep -q waiting "$T/third"
	kill $third; wait $third; is "TERM while it waits" "$?" 0
	stop 2
}
values() {
	conf pausetime -1; conf maxpause -5; conf sendtimeout -2
	remotes "127.0.0.1 smtp port=1"
	put 1.1 a@x.y
	start
	logged 5 'Delivery complete'
	sleep 1
	is "negative pausetime does not spin" "$(lines 'Starting delivery, ')" 1
	has "it says so" "$(log)" '^pausetime: -1 makes no sense, using 60 (as 90, 5m, 12h, 7d)$'
	stop 2
	rm "$config/pausetime" "$config/maxpause"
	conf sendtimeout 0
	serve 'delay MAIL 1200' auto
	remotes "127.0.0.1 smtp port=$port"
	run
	is "sendtimeout 0 is no limit" "$(lines '^Sent file.$')" 1
}

# ---- the end in the middle ----
# ends_at STAGE HEARD INSTRUCTION...: TERM while the server is silent there
ends_at() {
	stage=$1 words=$2; shift 2
	serve "$@"
	remotes "127.0.0.1 smtp port=$port"
	start
	heard 5 "$words"
	sleep 0.1
	stop 3
	is "TERM at $stage: exit, message waits" "$rc $(waiting)" "0 1"
	ok "TERM at $stage: soon" [ "$took" -lt 1000 ]
	has "TERM at $stage: logged" "$(log)" '^Delivery of 1.1 was interrupted, it stays in the queue$'
	is "TERM at $stage: not taken" "$(taken)" 0
}
term() {
	put 1.1 a@x.y
	ends_at greeting '+ ' stall
	ends_at ehlo 'C: EHLO' 'on EHLO stall' auto
	ends_at mail 'C: MAIL' 'on MAIL stall' auto
	ends_at rcpt 'C: RCPT' 'on RCPT stall' auto
	ends_at data 'C: DATA' 'on DATA stall' auto
	head -c 20000000 /dev/zero | tr '\0' x >>"$spool/queue/1.1"
	ends_at message 'S: 354 go' 'shortread 1000 20' auto
	put 1.1 a@x.y
	serve tests/talk/plain.talk
	remotes "127.0.0.1 smtp port=$port"
	run; is "then it is delivered, once" "$(taken) $(waiting)" "1 0"
}
term_after_dot() {
	put 1.1 a@x.y
	serve 'delay DOT 700' auto
	remotes "127.0.0.1 smtp port=$port"
	start
	until_true 5 test -e "$T/got.1.part"
	sleep 0.1
	stop 3
	is "TERM after the dot: the answer counts" "$rc $(waiting) $(lines '^Sent file.$')" "0 0 1"
	put 1.1 a@x.y
	conf sendtimeout 30
	serve 'on DOT stall' auto
	remotes "127.0.0.1 smtp port=$port"
	start
	until_true 5 test -e "$T/got.1.part"
	sleep 0.1
	stop 7
	is "no answer: it ends all the same, message waits" "$rc $(waiting)" "0 1"
	has "no answer: logged" "$(log)" '^Delivery of 1.1 was cut off, it may have been taken$'
}

# ---- the spool ----
no_trigger() {
	conf pausetime 3600
	serve 'on RCPT r@x.y 550 no' auto
	remotes "127.0.0.1 smtp port=$port"
	rm "$spool/trigger"; mkdir -p "$spool/trigger/full"
	FROM=s@x.y
	put 1.1 r@x.y
	start
	ok "no trigger to be had is told" logged 5 '^Could not open trigger file'
	ok "and a report is sent at once" logged 5 '^Sent file.$'
	has "to whom it belongs" "$(transcript)" '^M: .* accepted <> <s@x.y>'
}
trigger() {
	conf pausetime 3600
	serve tests/talk/plain.talk
	remotes "127.0.0.1 smtp port=$port"
	rm "$spool/trigger"; echo hello >"$spool/trigger"
	start
	logged 5 Rescanning
	ok "a plain file is replaced at start" test -p "$spool/trigger"
	put 1.1 a@x.y; pull
	ok "and the new trigger works" logged 5 '^Sent file.$'
	rm "$spool/trigger"; mkfifo "$spool/trigger"
	sleep 0.3
	put 2.2 a@x.y; pull &
	ok "another FIFO while it runs" logged 5 '^Sent file.$' 2
	rm "$spool/trigger"; echo hello >"$spool/trigger"
	sleep 0.5
	put 3.3 a@x.y
	kill -ALRM $sender
	ok "a plain file while it runs: ALRM works" logged 5 '^Sent file.$' 3
	before=$(wc -l <"$T/log")
	sleep 1
	ok "a plain file while it runs: no storm" [ $(($(wc -l <"$T/log") - before)) -lt 5 ]
	rm "$spool/trigger"; mkfifo "$spool/trigger"
	sleep 0.3
	put 4.4 a@x.y; pull &
	ok "a FIFO again" logged 5 '^Sent file.$' 4
	ticks() { awk '{ print $14 + $15 }' "/proc/$sender/stat"; }
	before=$(ticks); sleep 1
	is "and it sleeps" "$(($(ticks) - before))" 0
	stop 2
}
# held SECONDS NAME: queues it, and lets go of its lock so long after the pull
held() {
	queue_file a@x.y >"$spool/tmp/held"
	flock "$spool/tmp/held" sh -c 'mv "$1/tmp/held" "$1/queue/$2"
	    printf x >"$1/trigger"; sleep "$3"' sh "$spool" "$2" "$1" &
}
locked() {
	conf pausetime 3600
	serve auto
	remotes "127.0.0.1 smtp port=$port"
	start
	logged 5 Rescanning
	held 0.15 1.1
	ok "its injector has not let go of it: sent all the same" logged 3 '^Sent file.$'
	lacks "and nothing is said of that" "$(log)" 'still being sent'
	held 1 2.2
	ok "another sender's worker has it: it is said" logged 2 '^2.2 is still being sent by a worker'
	ok "and it is looked at again" logged 9 '^Sent file.$' 2
	is "said once" "$(lines 'still being sent')" 1
	stop 2
}
from_nothing() {
	conf pausetime 3600
	serve tests/talk/plain.talk
	remotes "127.0.0.1 smtp port=$port"
	rm -rf "$spool"
	start
	logged 5 Rescanning
	is "modes" "$(cd "$spool" && stat -c '%n %a %F' failed queue tmp trigger)" \
'failed 700 directory
queue 700 directory
tmp 700 directory
trigger 600 fifo'
	echo hello | sendmail -f s@x.y a@x.y
	is "sendmail works" $? 0
	ok "and is served at once" logged 5 '^Sent file.$'
	stop 2
}
no_failed() {
	put 1.1 a@x.y
	serve tests/talk/mail554.talk
	conf pausetime 3600
	remotes "127.0.0.1 smtp port=$port"
	rmdir "$spool/failed"
	run
	is "failed/ is made at start" "$(failed) $(waiting)" "1 0"
	start
	logged 5 Rescanning
	rm -r "$spool/failed"
	put 2.2 a@x.y; pull
	ok "failed/ is gone: logged" logged 5 'Moving message 2.2 into failed'
	logged 5 'Delivery complete'
	is "failed/ is gone: it is made again" "$(files failed) $(waiting)" "2.2 0"
	stop 2
}
no_report() {
	FROM=s@x.y
	put 1.1 bad@x.y
	serve 'on RCPT bad@* 550 5.1.1 no' auto
	remotes "127.0.0.1 smtp port=$port"
	conf maxsize 100
	run
	has "a report that cannot be queued: what failed" "$(log)" \
	    '^nullmailer-send: nullmailer-queue failed: 1$'
	has "a report that cannot be queued: what follows" "$(log)" \
	    '^No report on 1.1 could be queued, it stays and is tried again$'
	is "a report that cannot be queued: the message stays" \
	    "$(files queue) $(files failed)" "1.1 "
	rm "$config/maxsize"
	run
	is "and is reported when that works" \
	    "$(files queue) $(files failed) $(transcript | grep -c 'accepted <> <s@x.y>')" " 1.1 1"
}
no_fork() {
	put 1.1 a@x.y
	serve auto
	remotes "127.0.0.1 smtp port=$port" "127.0.0.1 no-such-module"
	export ASAN_OPTIONS=detect_leaks=0
	SENDER="strace -o /dev/null -e inject=fork,vfork,clone,clone3:error=EAGAIN $NM nullmailer-send"
	run
	is "no process to be had: the message waits" "$rc $(files queue) $(failed)" "0 1.1 0"
	has "no process to be had: said" "$(log)" \
	    '^nullmailer-send: Could not fork: Resource temporarily unavailable$'
	has "no process to be had: the remote is left out" "$(log)" \
	    '^Remote 127.0.0.1 is left out .* stage: session reply: Resource temporarily unavailable$'
	SENDER=nullmailer-send
	run
	is "then it is sent" "$(files queue) $(taken)" " 1"
}
order() {
	put 1000000003.1 fourth@x.y; put 1000000001.9 second@x.y
	put 999999999.5 first@x.y; put 1000000001.10 third@x.y
	touch -d "@$((now - 1000))" "$spool"/queue/*
	touch -d "@$((now - 2000))" "$spool/queue/999999999.5"
	touch -d "@$((now - 1000)).1" "$spool/queue/1000000003.1"
	serve tests/talk/plain.talk
	remotes "127.0.0.1 smtp port=$port"
	run
	is "oldest first" "$(transcript | sed -n 's/^C: RCPT TO:<\(.*\)@.*/\1/p' | tr '\n' ' ')" "first second third fourth "
}
joins() {
	conf pausetime 3600
	serve 'delay DOT#1 900' auto
	remotes "127.0.0.1 smtp port=$port"
	put 1.1 a@x.y
	start
	heard 5 'C: DATA'
	put 2.2 b@x.y; pull
	ok "both are sent" logged 5 '^Sent file.$' 2
	logged 5 'Delivery complete'
	is "in one run, over one connection" "$(lines 'Starting delivery, ') $(connections)" "1 1"
	stop 2
}
odd_files() {
	here=$PWD
	put 5.good good@x.y
	cd "$spool/queue" || exit
	: >1.empty
	printf 's@x.y\n\nx\n' >1.norcpt
	{ echo s@x.y; head -c 1000000 /dev/zero | tr '\0' a; printf '@x.y\n\nx\n'; } >1.long
	head -c 100000 /dev/urandom >1.binary
	printf 's@x.y\na@x.y' >1.cut
	printf 's@x.y\na@x.y\0b\n\nx\n' >1.nul
	truncate -s 20G 1.sparse
	mkfifo 1.fifo; ln -s 5.good 1.link; ln -s /dev/zero 1.zero; mkdir 1.folder
	cd "$here" || exit
	bad="binary cut empty fifo folder link long norcpt nul sparse zero"
	as=
	if [ "$(id -u)" = 0 ]; then
		mknod "$spool/queue/1.device" c 1 5
		put 1.secret a@x.y; chmod 0 "$spool/queue/1.secret"
		chown -R 65534:65534 "$P"; chown 0 "$spool/queue/1.secret"
		bad="$bad device"
		as="setpriv --reuid=65534 --regid=65534 --clear-groups"
		chmod 711 "$T"
		cp "$NM" "$P/sender" && ln -sf "$P/sender" "$P/sbin/nullmailer-send"
		SENDER="$as nullmailer-send"
	fi
	serve tests/talk/plain.talk
	conf pausetime 3600; remotes "127.0.0.1 smtp port=$port"
	chmod 644 "$config/"*; chmod 755 "$P" "$config"
	start
	ok "the rest is delivered" logged 10 '^Sent file.$'
	logged 5 'Delivery complete'
	kill -ALRM $sender; logged 5 'Delivery complete' 2 || logged 1 Rescanning 2
	for n in $bad; do
		is "1.$n: one line" "$(lines "1.$n")" 1
		ok "1.$n: stays" test -e "$spool/queue/1.$n" -o -L "$spool/queue/1.$n"
	done
	for n in empty norcpt long binary cut nul sparse; do
		has "1.$n: why" "$(log)" "^Can't read message: 1.$n is no queue file, skipping it\$"
	done
	[ -z "$as" ] || has "1.secret" "$(log)" "^Can't open file '1.secret': Permission denied$"
	stop 2
	is "it lives" "$rc" 0
}
vanishing() {
	put_many 12
	serve 'delay MAIL#1 600' auto
	remotes "127.0.0.1 smtp port=$port"
	start
	heard 5 'C: MAIL'
	rm "$spool/queue/1000000010.10"
	ok "the others are sent" logged 10 '^Sent file.$' 11
	has "none remains" "$(sleep 0.2; log)" '^Delivery complete, 0 message(s) remain.$'
	stop 2
}

# ---- two servers ----
# instead STAGE EXTRA-OPTION INSTRUCTION...: the first server is no use; the
# second gets all, in one run, and the first is called once
# instead STAGE OPTION INSTRUCTION...: the first remote is no use. Where it falls
# silent over a message two of them show it; those whose answer is missing wait.
instead() {
	stage=$1 option=$2 asked=1 unanswered=0; shift 2
	case $stage in
	mail | rcpt | data) asked=2 ;;
	dot) asked=2 unanswered=2 ;;
	esac
	put_many 50
	serve first: "$@"; at=$port
	serve second: tests/talk/ok.talk
	conf sendtimeout 2
	remotes "127.0.0.1 smtp port=$at sessions=1 $option" "localhost smtp port=$port sessions=1"
	run
	is "$stage: all arrive" "$(taken second) $(waiting) $(lines '^Sent file.$')" \
	    "$((50 - unanswered)) $unanswered $((50 - unanswered))"
	ok "$stage: soon" [ "$took" -lt 12000 ]
	is "$stage: one run" "$(lines 'Starting delivery, ')" 1
	is "$stage: few connections to the first" "$(connections first)" $asked
	is "$stage: one line tells why" "$(lines '^Remote 127.0.0.1 is left out for the rest of this run: ')" 1
	has "$stage: it names the stage" "$(log)" "^Remote 127.0.0.1 is left out .*stage: $stage reply: ."
	ok "$stage: one connection to the second" [ "$(connections second)" = 1 ]
}
login='user=u pass=p'
dead_silent() { instead greeting '' stall; }
dead_drop() { instead greeting '' close; }
dead_554() { instead greeting '' 'on GREETING 554 5.3.2 no' auto; }
dead_ehlo() { instead helo '' 'on EHLO 554 no' 'on HELO 554 no' auto; }
dead_ehlo_silent() { instead helo '' 'on EHLO stall' auto; }
dead_auth() { instead auth "$login" 'cap AUTH PLAIN' 'on AUTH 535 5.7.8 no' auto; }
dead_auth_silent() { instead auth "$login" 'cap AUTH PLAIN' 'on AUTH stall' auto; }
# A server that locks accounts must not be asked at each start.
refused_login() {
	put 1.1 a@x.y
	serve 'cap AUTH PLAIN' 'on AUTH 535 5.7.8 no' auto
	remotes "127.0.0.1 smtp port=$port user=u pass=p"
	run
	run
	is "refused login: not asked again at once" "$(connections)" 1
	has "refused login: it says so" "$(log)" 'The login was refused, it is tried again in [23][0-9]* s'
	remotes "127.0.0.1 smtp port=$port user=u pass=q"
	run
	is "refused login: asked when it has changed" "$(connections) $(waiting)" "2 1"
}
dead_user() { instead auth "$login auth-login" 'cap AUTH LOGIN' 'on AUTH 535 no' auto; }
dead_pass() { instead auth "$login auth-login" 'cap AUTH LOGIN' 'auth u p' 'on PASS 535 no' auto; }
dead_pass_silent() { instead auth "$login auth-login" 'cap AUTH LOGIN' 'auth u p' 'on PASS stall' auto; }
dead_mail() { instead mail '' 'on MAIL stall' auto; }
dead_rcpt() { instead rcpt '' 'on RCPT stall' auto; }
dead_data() { instead data '' 'on DATA stall' auto; }
dead_dot() { instead dot '' 'on DOT stall' auto; has "dot: possible duplicate" "$(log)" 'possible duplicate'; }
dead_tls() { instead starttls starttls auto; }
refused() {
	put_many 50
	serve second: tests/talk/ok.talk
	remotes "127.0.0.1 smtp port=1" "127.0.0.1 smtp port=$port"
	run
	is "connect: all arrive" "$(taken second) $(waiting)" "50 0"
	is "connect: one line tells why" "$(lines '^Remote 127.0.0.1 is left out .*stage: connect reply: Connect failed: Connection refused (127.0.0.1 port 1)$')" 1
	remotes "127.0.0.1 smtp what" "a..b" "127.0.0.1 no-such-module" "127.0.0.1 smtp port=$port # the last"
	put_many 3
	run
	is "bad option, name, module: all arrive" "$(taken second) $(waiting)" "53 0"
	is "each is left out once" "$(lines 'is left out for the rest')" 3
}
expired() {
	conf queuelifetime 5
	put 1.1 a@x.y; put 2.2 a@x.y; put 3.3 a@x.y; put 4.4 a@x.y
	touch -d '10 seconds ago' "$spool/queue/1.1"
	touch -d '1970-01-02' "$spool/queue/2.2"
	touch -d "@$((now + 100000))" "$spool/queue/3.3"
	touch "$spool/queue/4.4"
	remotes "127.0.0.1 smtp port=1" "127.0.0.1 smtp port=2"
	run
	is "expired: only what is too old fails" "$(cd "$spool" && echo failed/* queue/*)" \
	    "failed/1.1 queue/2.2 queue/3.3 queue/4.4"
	has "expired: logged" "$(log)" '^Giving up on 1.1: '
	is "expired: after both remotes" "$(sed -n '/left out/,/Giving up/p' "$T/log" | grep -c 'left out')" 2
	put 5.5 a@x.y; touch -d '10 seconds ago' "$spool/queue/5.5"
	serve second: tests/talk/plain.talk
	remotes "127.0.0.1 smtp port=1" "127.0.0.1 smtp port=$port"
	run
	is "expired: the second remote may have it" "$(taken second) $(waiting) $(failed)" "4 0 1"
	conf queuelifetime 0
	put 6.6 a@x.y; touch -d '3 seconds ago' "$spool/queue/6.6"
	remotes "127.0.0.1 smtp port=1"
	run
	is "queuelifetime 0: one try" "$(waiting) $(failed)" "0 2"
	for script in reset silent bad-noline; do
		put "7.$script" a@x.y; touch -d '3 seconds ago' "$spool/queue/7.$script"
		serve "tests/talk/$script.talk"
		conf sendtimeout 1
		remotes "127.0.0.1 smtp port=$port"
		run
		is "expired after $script" "$rc $(waiting)" "0 0"
	done
	FROM=s@x.y
	put 8.8 a@x.y; put 9.9 a@x.y; touch -d '3 seconds ago' "$spool"/queue/[89].?
	remotes "127.0.0.1 smtp port=1"
	run
	has "expired without a try: the report says why" "$(stored)" \
	    '^Diagnostic-Code: SMTP; Connect failed: Connection refused'
}

# ---- parts ----
# recipients [NAME]: of the messages that server has accepted
recipients() { transcript "$@" | sed -n 's/.* accepted <> <\(.*\)>$/\1/p'; }
parts() {
	put 1.1 good@x.y bad@x.y later@x.y other@x.y
	touch -d "@$((now - 1000))" "$spool/queue/1.1"
	serve tests/talk/rcptmix.talk
	remotes "127.0.0.1 smtp port=$port"
	run
	is "failed/ has the bad one" "$(sed '/^$/q' "$spool/failed/1.1.1" | tr '\n' ,) $(sed 1,3d "$spool/failed/1.1.1" | tr '\n' ,)" \
	    ", Subject: x,,.dot,text,"
	is "failed/: recipients" "$(sed -n 2p "$spool/failed/1.1.1")" "bad@x.y"
	is "the queue has the later one" "$(sed -n 2,3p "$spool/queue/1.1" | tr '\n' ,)" "later@x.y,,"
	is "with its age" "$(stat -c %Y "$spool/queue/1.1")" "$((now - 1000))"
	is "refusals" "$(lines '^Recipient refused: file: 1.1 to: <\(bad\|later\)@x.y> reply: [45]50 ')" 2
	lacks "the log does not accuse the others" "$(log)" 'refused.*<\(good\|other\)@'
	is "two got it" "$(recipients)" "good@x.y> <other@x.y"
	run
	is "another sender: later is asked, nobody gets it twice" \
	    "$(transcript | grep -c 'RCPT TO:<later') $(taken)" "2 1"
	serve tests/talk/plain.talk
	remotes "127.0.0.1 smtp port=$port"
	run
	is "and gets it in the end" "$(recipients) $(waiting) $(failed)" "later@x.y 0 1"
	put 2.2 good@x.y later@x.y
	serve mix: tests/talk/rcptmix.talk; at=$port
	serve full: tests/talk/plain.talk
	remotes "127.0.0.1 smtp port=$at" "127.0.0.1 smtp port=$port"
	run
	is "later is offered to the second remote in the same run" \
	    "$(recipients full) $(waiting)" "later@x.y 0"
}
read_only() {
	put 1.1 good@x.y later@x.y
	conf pausetime 3600
	serve 'on RCPT later@* 450 4.2.1 busy' 'delay DOT 500' auto
	remotes "127.0.0.1 smtp port=$port"
	start
	heard 5 'C: DATA'
	rmdir "$spool/tmp"; : >"$spool/tmp"
	logged 5 'Delivery complete'
	has "cannot be rewritten: logged" "$(log)" "^Can't rewrite file 1.1: .*; it waits until that works\$"
	rm "$spool/tmp"
	kill -ALRM $sender
	logged 5 'Delivery complete' 2
	is "cannot be rewritten: not sent twice" "$(taken) $(sed -n 2p "$spool/queue/1.1")" "1 later@x.y"
	stop 2
}

# ---- poison ----
poison() {
	for n in 1 2 3 4 5; do put 100000000$n.$n poison$n@x.y; done
	i=5
	while [ $i -lt 15 ]; do i=$((i + 1)); put $((1000000000 + i)).$i "r$i@x.y"; done
	serve 'on RCPT poison* close' auto
	remotes "127.0.0.1 smtp port=$port"
	run; log >"$T/first"; run; log >>"$T/first"; run
	is "others are not kept waiting" "$(taken) $(waiting)" "10 5"
	is "each is logged" "$(log | grep -ho '^Attempt failed: file: 100000000[1-5]' "$T/first" - | sort -u | wc -l)" 5
	before=$(connections)
	run
	ok "the server is not called without end" [ $(($(connections) - before)) -le 6 ]
}
poison_dot() {
	FROM=poison@x.y
	put 1.1 a@x.y
	FROM=
	put 2.2 b@x.y; put 3.3 c@x.y
	serve 'on DOT poison@* close' auto
	remotes "127.0.0.1 smtp port=$port"
	run
	is "dropped at the dot: the others arrive" "$(taken) $(cd "$spool/queue" && echo *)" "2 1.1"
	has "dropped at the dot: logged" "$(log)" '^Attempt failed: file: 1.1 .* stage: dot reply: .*possible duplicate'
}

# ---- memory ----
# high_water PID: the most memory it has had, in KB
high_water() { awk '$1 == "VmHWM:" { print $2 }' "/proc/$1/status" 2>/dev/null; }

memory() {
	# The sanitizers' own is not ours to limit.
	limit=2500; ! sanitized || limit=300000
	put 1.1 a@x.y
	head -c 67108864 /dev/zero | tr '\0' x >>"$spool/queue/1.1"
	serve 'on DOT#1 wait 1500' auto
	conf pausetime 3600; conf sendtimeout 30
	remotes "127.0.0.1 smtp port=$port"
	start
	heard 20 'C: DATA'
	worker=$(children $sender)
	# shellcheck disable=SC2317
	whole() { [ "$(stat -c %s "$T/got.1.part")" -gt 67000000 ]; }
	until_true 20 whole
	a=$(high_water $sender) b=$(high_water "$worker")
	ok "a line of 64 MB: sender $a KB, worker $b KB" [ "$a" -lt $limit -a "$b" -lt $limit ]
	kill -9 $sender
	wait $sender 2>/dev/null
	put 1.1 a@x.y
	for script in reply-line reply-lines; do
		serve tests/talk/$script.talk
		remotes "127.0.0.1 smtp port=$port"
		start
		heard 5 'C: RCPT'
		worker=$(children $sender) most=0
		while n=$(high_water "$worker") && [ -n "$n" ]; do most=$n; done
		ok "$script: worker $most KB" [ "$most" -gt 0 -a "$most" -lt $limit ]
		ok "$script: sender $(high_water $sender) KB" [ "$(high_water $sender)" -lt $limit ]
		stop 2
	done
}

scenes 'words next_try pauses long_first_pause signals alone values trigger no_trigger
    vanishing from_nothing no_failed no_report no_fork order joins locked' \
    'odd_files term term_after_dot expired parts read_only poison poison_dot' \
    'memory dead_silent dead_drop dead_554 dead_ehlo dead_ehlo_silent dead_auth
    dead_auth_silent refused_login' \
    'dead_user dead_pass dead_pass_silent dead_mail dead_rcpt dead_data dead_dot
    dead_tls refused'

# conform.sh - what every nullmailer does, ours and another: with REF=FOLDER of
# an unpacked package of nullmailer 2.2 the same cases run against its
# programs. Results are wanted as ours are; where the other one's differ the
# case is in tests/data/conform.txt, with the reason, or it fails. So does a
# case in that list that does not differ.
. tests/lib.sh
REF=${REF:-} LAYOUT=${LAYOUT:-upstream}
tab=$(printf '\t')
lf='
'
export USER=u TZ=UTC0 HELOHOST=h.example.org

prefix
# Debian's build takes the host's name from here, and ours too without me.
mv "$config/me" "$P/mailname"
if [ "$REF" ]; then
	LAYOUT=debian
	cp "$REF"/usr/bin/* "$REF"/usr/sbin/* "$T"
	chmod u-s,g-s "$T/nullmailer-queue" "$T/mailq"
	rm -f "$P"/bin/* "$P"/sbin/*
	for f in "$REF"/usr/bin/*; do ln -s "$T/${f##*/}" "$P/bin/"; done
	for f in "$REF"/usr/sbin/*; do ln -s "$T/${f##*/}" "$P/sbin/"; done
	for f in "$REF"/usr/lib/nullmailer/*; do ln -sf "$f" "$P/protocols/"; done
fi

# same NAME GOT WANT
same() {
	reason=
	[ ! "$REF" ] || [ "${because:=}" ] || reason=$(awk -F '\t' -v name="$1" \
	    '$2 == name { print $1 }' tests/data/conform.txt)
	[ ! "$REF" ] || reason=$because$reason
	if [ ! "$reason" ]; then is "$1" "$2" "$3"
	elif [ "$2" = "$3" ]; then is "$1" "no difference" "$reason"
	else ok "$1: differs, $reason" true; fi
}
# one_line FILE: what changes from run to run as "..."
one_line() {
	{ cat "$1"; echo .; } | tr -d '\000' |
	sed "s/^\(Resent-\)\{0,1\}Date: [A-Z][a-z]\{2\}, .*[+-]0000\$/\1Date: .../
	s/^\(.*Message-Id: <\)[0-9]*\.[0-9]*\.[0-9]*\.nullmailer@/\1...@/
	s/$(printf '\r')/\\\\r/g; s/\$/\\\\n/" | tr -d '\n' | sed 's/\.\\n$//'
}
# envelope: sender and recipients of the one message in the queue
envelope() { stored | sed '1!{/^$/q;}' | tr '\n' ' ' | sed 's/ *$//'; }

# A sender whose pauses are looked at in the end; times has when it ran.
cp -Rp "$P" "$T/pauses"
echo 1 >"$T/pauses/conf/pausetime"
echo 4 >"$T/pauses/conf/maxpause"
echo '127.0.0.1 m' >"$T/pauses/conf/remotes"
printf 'a@b.c\nd@e.f\n\nb\n' >"$T/pauses/queue/queue/1700000000.1"
printf '#!/bin/sh\ncat >/dev/null\ndate +%%s.%%N >>"%s/times"\nexit 16\n' "$T" \
    >"$T/pauses/protocols/m"
chmod 755 "$T/pauses/protocols/m"
NULLMAILER_TEST_PREFIX=$T/pauses nullmailer-send >"$T/pauses/log" 2>&1 &
daemon=$! began=$(date +%s)
owns $daemon

# ---- options ----
# said COMMAND...: exit code, first line of usage on stdout, errors on stderr
said() {
	"$@" >"$T/out" 2>"$T/err" </dev/null
	echo "$? $(grep -m 1 '^usage:' "$T/out" | cut -d' ' -f1-2)$(
	    sed "s|^[^ ]*/||; s/^/ | /" "$T/err" | head -n 1)"
}
for p in nullmailer-inject nullmailer-dsn sendmail smtp qmqp; do
	case $p in smtp | qmqp) c=$P/protocols/$p ;; *) c=$p ;; esac
	same "$p --help" "$(said "$c" --help)" "0 usage: $p"
	[ $p = sendmail ] || {
		same "$p -Z" "$(said "$c" -Z)" \
		    "1 usage: $p | $p: unknown option letter -Z"
		same "$p --zz" "$(said "$c" --zz)" \
		    "1 usage: $p | $p: unknown option string: '--zz'"
	}
	same "$p --help=x" "$(said "$c" --help=x | sed 's/ --*help/ help/')" \
	    "1 usage: $p | $p: option help does not take a value."
done
for p in smtp qmqp; do
	c=$P/protocols/$p
	same "$p operand" "$(said "$c" x)" "1 usage: $p | $p: Too many command-line arguments"
	same "$p --port=abc" "$(said "$c" --port=abc)" "1 usage: $p | $p: invalid integer: abc"
	same "$p -p" "$(said "$c" -p)" "1 usage: $p | $p: option -p requires a value."
	same "$p --host" "$(said "$c" --host)" "1 usage: $p | $p: option --host requires a value."
done
same "inject -f" "$(said nullmailer-inject -f)" \
    "1 usage: nullmailer-inject | nullmailer-inject: option -f requires a value."
same "dsn without status" "$(said nullmailer-dsn)" \
    "1 usage: nullmailer-dsn | nullmailer-dsn: Too few command-line arguments"
same "dsn --last-attempt=x" "$(said nullmailer-dsn --last-attempt=x 5.0.0)" \
    "1 usage: nullmailer-dsn | nullmailer-dsn: invalid unsigned integer: x"
same "mailq ignores arguments" "$(said mailq -x yy)" "0 "
same "queue ignores arguments" "$(said nullmailer-queue -x --yy | cut -c 1)" 1

# ---- inject: where recipients come from ----
from() {
	printf 'To: h@x.y\n\n' | nullmailer-inject -n --show-envelope "$@" 2>&1 |
	    sed '/^$/q' | tr '\n' ' ' | sed 's/ *$//'
}
while IFS='|' read -r options want; do
	# shellcheck disable=SC2086
	same "inject $options" "$(from $options)" "$want"
done <<'END'
|u@f.q.d.n h@x.y
a@b.c|u@f.q.d.n a@b.c
-a a@b.c|u@f.q.d.n a@b.c
--use-args a@b.c|u@f.q.d.n a@b.c
-a|No recipients were listed.
-b a@b.c|u@f.q.d.n a@b.c h@x.y
--use-both a@b.c|u@f.q.d.n a@b.c h@x.y
-e a@b.c|u@f.q.d.n a@b.c
--use-either a@b.c|u@f.q.d.n a@b.c
-e|u@f.q.d.n h@x.y
-h a@b.c|u@f.q.d.n h@x.y
--use-header a@b.c|u@f.q.d.n h@x.y
-bf s@t.u a@b.c|s@t.u a@b.c h@x.y
--from=s@t.u a@b.c|s@t.u a@b.c
-v -f s@t.u a@b.c|s@t.u a@b.c
END
same "inject --no-queue" "$(empty; printf 'To: h@x.y\n\n' |
    nullmailer-inject --no-queue | grep -c '^To: h@x.y$') $(waiting)" "1 0"

# ---- inject: addresses ----
# The comment before a row names its divergence. Not those with escapes, as
# printf does not have them all.
while IFS='|' read -r input want rest; do
	case $input in
	'# '*'; upstream: '*) because=${input#??} because=${because%%;*}; continue ;;
	'' | '#'* | *\\*) because=; continue ;;
	esac
	want=$(printf %s "$want" | sed 's/^ *//; s/ *$//; s/REMOVED//')
	printf 'To: %s\nCc: x@y.z\n\n' "$input" >"$T/in"
	if nullmailer-inject -n <"$T/in" >"$T/out" 2>"$T/err"; then
		got=$(sed -n '/^To:/,/^[^ 	T]/{/^[ 	T]/p;}' "$T/out" |
		    tr -d '\n' | sed 's/^To: *//; s/ *$//')
	else got=ERROR; fi
	same "address ${input% }" "$got" "$want"
	because=
done <tests/data/addresses.txt

# ---- inject: headers ----
while IFS='|' read -r name flags args input want; do
	case $name in '#'* | '') continue ;; esac
	args=${args# } input=${input# } want=${want# } flags=${flags# }
	[ "$args" != '- ' ] || args=
	printf '%b' "${input% }" >"$T/in"
	set -f
	got=$(set -- $args
		for a; do shift; set -- "$@" "$(printf %b "$a")"; done
		NULLMAILER_FLAGS=${flags% } nullmailer-inject -nv "$@" \
		    <"$T/in" >"$T/out" 2>"$T/err"
		echo $?)
	set +f
	[ "$got" -ne 0 ] || got="0 $(one_line "$T/out")"
	same "header ${name% }" "$got" "$want"
done <tests/data/headers.txt

# ---- sendmail ----
# The message that queue takes from a command line, or the exit code.
handed() {
	empty
	printf 'To: h@x.y\nFrom: f@x.y\n\nb\n' | "$@" >"$T/out" 2>"$T/err"
	echo "$? $(envelope)"
}
while read -r want args; do
	want=$(echo "$want" | tr _ ' ')
	# shellcheck disable=SC2086
	same "sendmail $args" "$(handed sendmail $args)" "$want"
done <<'END'
0_u@f.q.d.n_a@b.c a@b.c
0_u@f.q.d.n_a@b.c -oi a@b.c
0_u@f.q.d.n_a@b.c -i a@b.c
0_u@f.q.d.n_h@x.y -t
0_u@f.q.d.n_h@x.y -t -oi
0_u@f.q.d.n_h@x.y -ti
0_u@f.q.d.n_a@b.c_h@x.y -t a@b.c
0_s@t.u_a@b.c -f s@t.u a@b.c
0_s@t.u_a@b.c -fs@t.u a@b.c
0_s@t.u_a@b.c -rs@t.u a@b.c
0_u@f.q.d.n_a@b.c -bm a@b.c
0_u@f.q.d.n_a@b.c -em -oem a@b.c
0_u@f.q.d.n_a@b.c -v a@b.c
0_u@f.q.d.n_a@b.c -B8BITMIME a@b.c
0_u@f.q.d.n_a@b.c -odb a@b.c
0_u@f.q.d.n_a@b.c -O_x=y a@b.c
0_u@f.q.d.n_a@b.c_d@e.f a@b.c d@e.f
0_u@f.q.d.n_a@b.c -- a@b.c
0_u@f.q.d.n_a@b.c -Z a@b.c
0_u@f.q.d.n_a@b.c --zz a@b.c
0_u@f.q.d.n_h@x.y
END
same "sendmail -F" "$(handed sendmail -F 'A B' a@b.c; stored | grep '^From')" \
    "0 u@f.q.d.n a@b.c${lf}From: f@x.y"
same "sendmail -bp lists" "$(printf 'a@b.c\nd@e.f\n\nx\n' >"$spool/queue/1700000000.1"
    rm -f "$spool"/queue/[!1]*; sendmail -bp | grep -c 'from <a@b.c>$')" 1
ln -sf "$(command -v sendmail)" "$P/bin/newaliases"
same "newaliases" "$(newaliases; echo $?)" 0

# ---- queue ----
while IFS=$tab read -r sender rcpts admin all want debian; do
	case $sender in '# '* | '') continue ;; esac
	[ "$LAYOUT" = upstream ] || want=${debian:-$want}
	name="queue $sender>$rcpts"
	[ "$admin$all" = -- ] || name="$name adminaddr=$admin allmailfrom=$all"
	[ "$sender" != - ] || sender=
	[ "$rcpts" != - ] || rcpts=
	conf adminaddr "${admin#-}"
	conf allmailfrom "${all#-}"
	empty
	out=$({ echo "$sender"; echo "$rcpts" | tr , '\n'; echo; } |
	    nullmailer-queue 2>&1)
	case $? in
	0) got=$(stored | sed '1!{/^$/,$d;}; 1!s/^/,/; 1s/^$/-/' | tr -d '\n' |
	    sed 's/,/>/') ;;
	*) case $out in
		*'Envelope sender address is invalid.'*) got=!sender ;;
		*'Envelope recipient address is invalid.'*) got=!recipient ;;
		*'No envelope recipients read.'*) got=!none ;;
		*) got=$out ;;
		esac ;;
	esac
	same "$name" "$got" "$want"
done <tests/data/queue.txt
rm -f "$config/adminaddr" "$config/allmailfrom"
empty
printf 'a@b.c\nd@e.f\n\nS: x\n\nb\0y\r\n' | nullmailer-queue
name=$(ls "$spool/queue")
same "queue: name and mode" "$(echo "$name" | sed 's/[0-9][0-9]*/N/g') $(
    stat -c %a "$spool/queue/$name")" "N.N 600"
same "queue: Received" "$(sed -n 4,5p "$spool/queue/$name" |
    sed 's/pid [0-9]*/pid N/; s/[A-Z][a-z][a-z], .* -0000/DATE/' | tr '\n' '/')" \
    "Received: (nullmailer pid N invoked by uid $(id -u));/${tab}DATE/"
same "queue: the message as it came" "$(sed '1,5d' "$spool/queue/$name" | od -An -c |
    tr -d ' \n')" 'S:x\n\nb\0y\r\n'

# ---- smtpd ----
check() {
	[ "$dialogue" ] || return 0
	empty
	nullmailer-smtpd <"$T/in" >"$T/out" 2>"$T/err"
	got="$? $(cat -v "$T/out") $(waiting) $(stored |
	    sed '/^$/,/^\t/{/^Received: (nullmailer/d
		/^\t[A-Z][a-z][a-z], /d}' | cat -v)"
	same "smtpd $dialogue" "$got" "0 $(cat -v "$T/replies") $messages $(cat "$T/stored")"
}
for file in tests/data/smtpd/*.txt; do
	dialogue=
	while IFS= read -r line; do
		text=${line#??}; text=${text# }
		case $line in
		'== '*)
			check
			dialogue=$text messages=0
			: >"$T/in"; : >"$T/replies"; : >"$T/stored" ;;
		C:*) printf '%s\r\n' "$text" >>"$T/in" ;;
		L:*) printf '%s\n' "$text" >>"$T/in" ;;
		R:*) printf "$text" >>"$T/in" ;;
		S:*) printf '%s\r\n' "$text" >>"$T/replies" ;;
		B:*) printf '%s\n' "$text" >>"$T/stored" ;;
		Q:*) messages=$text ;;
		esac
	done <"$file"
	check
done

# ---- mailq ----
empty
same "mailq: empty" "$(mailq; echo $?)" 0
while read -r name text; do
	empty
	# shellcheck disable=SC2059
	printf "$text" >"$spool/queue/$name"
	same "mailq $name $text" "$(mailq | tr '\n' '/')" "$(sed -n "s|^$name ||p" <<-'END'
	1700000000.77 2023-11-14 22:13:20 43 bytes from <a@b.c>/  to <d@e.f>/  to <g@h.i>/
	1700000001.5 2023-11-14 22:13:21 10 bytes from <>/  to <d@e.f>/
	1700000003.1 2023-11-14 22:13:23 0 bytes/
	foreign 1970-01-01 00:00:00 5 bytes from <junk>/
	END
	)"
done <<'END'
1700000000.77 a@b.c\nd@e.f\ng@h.i\n\nReceived: x\n\nabcdefghij\n
1700000001.5 \nd@e.f\n\nx\n
1700000003.1
foreign junk\n
END

# ---- dsn ----
printf 'a@b.c\nd@e.f\ng@h.i\n\nReceived: x\nSubject: s\n\nbody\nmore\n' >"$T/failed"
printf '\nd@e.f\n\nReceived: x\nSubject: s\n\nbody\n' >"$T/double"
# What programs look at, one line each.
report() {
	nullmailer-dsn "$@" >"$T/out" 2>"$T/err"
	echo "$?"
	grep -E '^(From|To|Subject|MIME-Version|Content-Type|Reporting-MTA|Original-Envelope-Id|Final-Recipient|Action|Status|Last-Attempt-Date|Arrival-Date|Remote-MTA|Diagnostic-Code|Will-Retry-Until|Received):|^.boundary|^body|^more' "$T/out" |
	    sed "s/boundary=\".*\"/boundary=\"B\"/"
}
same "dsn: all options" "$(sed 1q "$T/out" >/dev/null; report --diagnostic-code='P; x 5.1.1' \
    --envelope-id=E --last-attempt=1700000000 --orig-timestamp=1600000000 \
    --remote=h.x --max-lines=1 5.1.1 <"$T/failed")" '0
From: Message Delivery Subsystem <MAILER-DAEMON@f.q.d.n>
To: <a@b.c>
Subject: Returned mail: Could not send message
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
	boundary="B"
Content-Type: text/plain; charset=us-ascii
Content-Type: message/delivery-status
Reporting-MTA: x-local-hostname; f.q.d.n
Arrival-Date: Sun, 13 Sep 2020 12:26:40 +0000
Original-Envelope-Id: E
Final-Recipient: rfc822; d@e.f
Action: failed
Status: 5.1.1
Last-Attempt-Date: Tue, 14 Nov 2023 22:13:20 +0000
Remote-MTA: dns; h.x
Diagnostic-Code: P; x 5.1.1
Final-Recipient: rfc822; g@h.i
Action: failed
Status: 5.1.1
Last-Attempt-Date: Tue, 14 Nov 2023 22:13:20 +0000
Remote-MTA: dns; h.x
Diagnostic-Code: P; x 5.1.1
Content-Type: message/rfc822
Received: x
Subject: s
body'
same "dsn: envelope" "$(sed '1!{/^$/q;}' "$T/out" | tr '\n' /)" '/a@b.c//'
same "dsn: order of parts" "$(grep -c '^--' "$T/out") $(awk '/^$/ { n++ }
    /^Reporting-MTA|^Final-Recipient|^Received/ { printf "%s%d ", substr($1, 1, 1), n }' "$T/out")" \
    "4 R7 F8 F9 R11 "
same "dsn: delayed" "$(report --retry-until=1700000000 --last-attempt=1600000000 4.0.0 <"$T/failed" |
    grep -E '^(Action|Status|Will)' | sort -u | tr '\n' /)" \
    "Action: delayed/Status: 4.0.0/Will-Retry-Until: Tue, 14 Nov 2023 22:13:20 +0000/"
same "dsn: bad status" "$(report 2.0.0 <"$T/failed" | head -n 1)" 111
same "dsn: status with more digits" "$(report 5.10.1 <"$T/failed" | grep -c '^Status: 5.10.1')" 2
same "dsn: double bounce, nobody" "$(report 5.0.0 <"$T/double" | head -n 1)" 111
conf doublebounceto db@x.y
same "dsn: double bounce" "$(report 5.0.0 <"$T/double" | sed -n '1p;/^To/p' | tr '\n' /; sed '1!{/^$/q;}' "$T/out" | tr '\n' /)" \
    "0/To: <>//db@x.y//"
conf bounceto bt@x.y
same "dsn: bounceto" "$(report 5.0.0 <"$T/failed" >"$T/x"; sed '1!{/^$/q;}' "$T/out" | tr '\n' /)" "/bt@x.y//"
rm -f "$config/doublebounceto" "$config/bounceto"
same "dsn: no input" "$(report 5.0.0 </dev/null | head -n 1)" 111

# ---- modules ----
# transmit MODULE OPTION...: exit code of one message
transmit() { by_hand "$@"; echo "$rc"; }
printf 'a@b.c\nd@e.f\ng@h.i\n\nSubject: x\n\n.dot\nbye\n' >"$T/message"
serve auto
same "smtp: accepted" "$(transmit smtp host=127.0.0.1 "port=$port")" 0
served
same "smtp: stderr" "$(sed 's/[0-9].*//' "$T/err")" "smtp: Succeeded: "
same "smtp: the message on the wire" "$(cat "$T"/got.1 | od -An -c | tr -d ' \n')" \
    'Subject:x\r\n\r\n..dot\r\nbye\r\n'
serve auto
same "smtp: options as --x and -p" "$(transmit smtp --host=127.0.0.1 "-p$port")" 0
while IFS=$tab read -r name code options script; do
	# shellcheck disable=SC2086
	serve "$(printf %b "$script")"
	# shellcheck disable=SC2086
	same "smtp: $name" "$(transmit smtp host=127.0.0.1 "port=$port" $options)" "$code"
	served
done <<'END'
RCPT 550	35	-	on RCPT 550 no\nauto
RCPT 450	16	-	on RCPT 450 no\nauto
MAIL 550	35	-	on MAIL 550 no\nauto
DATA 450	16	-	on DATA 450 no\nauto
dot 554	35	-	on DOT 554 no\nauto
AUTH 450	16	user=u pass=p	cap AUTH PLAIN\non AUTH 450 no\nauto
AUTH 550	20	user=u pass=p	cap AUTH PLAIN\non AUTH 550 no\nauto
AUTH not offered	16	user=u pass=p	auto
AUTH LOGIN 535 to the password	20	user=u pass=p auth-login	on PASS 535 no\nauto
greeting 554	16	-	S: 554 go away\nbye
greeting 421	16	-	S: 421 later\nbye
no mail server	11	-	S: SSH-2.0-x\nclose
gone at once	11	-	close
STARTTLS not offered	16	starttls	auto
EOF in a reply to the dot	11	-	auto until DOT\nS: 250-taken\nclose
END
serve tests/talk/canned.talk
printf 'a@b.c\nd@e.f\n\nSubject: x\n\nb\n' >"$T/message"
same "smtp: the canned replies of the test suite" "$(transmit smtp host=127.0.0.1 "port=$port")" 0
printf 'a@b.c\nd@e.f\ng@h.i\n\nSubject: x\n\n.dot\nbye\n' >"$T/message"
same "smtp: no host" "$(transmit smtp port=1)" 1
same "smtp: bad port" "$(transmit smtp host=127.0.0.1 port=-1)" 1
same "smtp: unknown option" "$(transmit smtp host=127.0.0.1 what=1)" 1
same "smtp: empty host" "$(transmit smtp host= port=1)" 2
same "smtp: refused" "$(transmit smtp host=127.0.0.1 port=1) $(cut -c 1-14 "$T/out")" "7 Connect failed"
same "smtp: refused, IPv6" "$(transmit smtp host=::1 port=1)" 7
same "smtp: source of the wrong family" "$(transmit smtp host=127.0.0.1 port=1 source=::1)" 19
same "smtp: source of the other wrong family" "$(transmit smtp host=::1 port=1 source=127.0.0.1)" 19
same "smtp: tls and anonymous contradict files" \
    "$(transmit smtp host=127.0.0.1 port=1 tls x509cafile=/x tls-anon-auth insecure)" 16
for o in x509fmtder x509certfile= x509keyfile=/x x509crlfile= ssl starttls \
    insecure source=127.0.0.1 auth-login user= pass=; do
	case $o in
	x509keyfile*) set -- "$o" x509certfile=/x ;;
	*) set -- "$o" ;;
	esac
	same "smtp: $o is an option" "$(transmit smtp host=127.0.0.1 port=1 "$@")" 7
done
same "smtp: stdin unreadable" "$("$P/protocols/smtp" <"$T" >/dev/null 2>&1; echo $?)" 18
serve auto
same "smtp: HELOHOST not set" "$(
    unset HELOHOST; transmit smtp host=127.0.0.1 "port=$port") $(cat "$T/out")" "1 \$HELOHOST is not set"
# qmqp ANSWER [OPTION]
qmqp() {
	rm -f "$T/port" "$T"/got.*
	"$TOOLS/qmqpd" -t 20 -o "$T/got" "$T/port" "$1" >/dev/null &
	pid=$!
	until_true 5 test -s "$T/port"
	transmit qmqp host=127.0.0.1 "port=$(cat "$T/port")" ${2:+"$2"}
	kill $pid 2>/dev/null
}
same "qmqp: K" "$(qmqp '3:Kok,')" 0
same "qmqp: the request" "$(tr '\n' / <"$T/got.1")" "49:21:Subject: x//.dot/bye/,5:a@b.c,5:d@e.f,5:g@h.i,,"
same "qmqp: Z" "$(qmqp '3:Zno,') $(cat "$T/out")" "16 no"
same "qmqp: D" "$(qmqp '3:Dno,') $(cat "$T/out")" "35 no"
same "qmqp: X" "$(qmqp '3:Xno,') $(cat "$T/out")" "11 Invalid status byte in response"
same "qmqp: no netstring" "$(qmqp 'hello') $(cut -c 1-40 "$T/out")" "11 Response from remote was not a netstring"
same "qmqp: starttls" "$(qmqp '3:Kok,' starttls) $(cat "$T/out")" \
    "1 QMQP does not support STARTTLS"
same "qmqp: tls without port" "$(transmit qmqp host=127.0.0.1 tls)" 1
printf '\nd@e.f\n\nSubject: x\n\nb\n' >"$T/message"
same "qmqp: null sender" "$(qmqp '3:Kok,'; tr '\n' / <"$T/got.1")" "0${lf}29:14:Subject: x//b/,0:,5:d@e.f,,"
: >"$T/message"
same "qmqp: an empty file" "$(transmit qmqp host=127.0.0.1 port=1)" 13

# ---- send ----
FROM=a@b.c TEXT='Message-Id: <m@x>\nSubject: x\n\nb\n'
two() { empty; put 1700000000.1 d@e.f g@h.i; }
# says: one queue run; its exit code and the lines that others rely upon
says() {
	timeout 60 nullmailer-send >"$T/log" 2>"$T/err"
	echo "exit $?"
	grep -E '^(Rescanning queue\.|Trigger pulled|Starting delivery|From: <|Message-Id|Sent file|Sending |Delivery complete|Moving message|Generating bounce|Not generating|No remote|Could not load)' "$T/log"
}
conf pausetime 0
empty
same "send: no remotes" "$(says | sort -u)" "Could not load the config${lf}No remote hosts listed for delivery${lf}Rescanning queue.${lf}exit 0"
remotes '127.0.0.1 m port=25 -p26 word --flag=x "two words"'
# shellcheck disable=SC2016
module m '{ cat; echo "helo $HELOHOST"; head -n 1 <&3; pwd; echo "$#"; } >"$NULLMAILER_TEST_PREFIX/told"' \
    'echo said' 'echo "m: Succeeded: said" >&2'
same "send: empty queue" "$(says)" "exit 0${lf}Rescanning queue."
two
same "send: sent" "$(says)" 'exit 0
Rescanning queue.
Starting delivery, 1 message(s) in queue.
Starting delivery: host: 127.0.0.1 protocol: m file: 1700000000.1
From: <a@b.c> to: <d@e.f>, <g@h.i>
Message-Id: <m@x>
Sent file.
Delivery complete, 0 message(s) remain.'
same "send: its stderr is in the log, its stdout is not" "$(cat "$T/err"; grep -c '^said' "$T/log")" \
    "m: Succeeded: said${lf}0"
same "send: what a module is told" "$(sed "s|$spool/queue|QUEUE|" "$P/told")" 'host=127.0.0.1
port=25
-p26
word
flag=x
two words

helo f.q.d.n
a@b.c
QUEUE
0'
FROM=
for code in 1 2 7 11 16 17 20 33 35 40 96; do
	two
	touch "$spool/queue/1700000000.1"
	module m 'cat >/dev/null' 'echo no' "exit $code"
	case $code in
	1 | 17) text='Unspecified temporary error' ;;
	2) text='Host not found' ;;
	7) text='Connection refused' ;;
	11) text='Protocol error' ;;
	16) text='Temporary error in sending the message' ;;
	20) text='Failed to authenticate to server' ;;
	33) text='Fatal error in gethostbyname' ;;
	35) text='Permanent error in sending the message' ;;
	*) text='Unspecified permanent error' ;;
	esac
	if [ $code -lt 32 ]; then
		want="Sending failed: $text${lf}Delivery complete, 1 message(s) remain."
		where="1 0"
	else
		want="Sending failed: $text${lf}Moving message 1700000000.1 into failed
Not generating double bounce for 1700000000.1${lf}Delivery complete, 0 message(s) remain."
		where="0 1"
	fi
	same "send: exit code $code" "$(says | sed 1,6d) $(waiting) $(failed)" "$want $where"
done
FROM=a@b.c
two
touch "$spool/queue/1700000000.1"
# shellcheck disable=SC2016
module m 'cat >/dev/null' 'read -r sender <&3' '[ "$sender" ] || exit 16' \
    'echo "550 5.7.1 go away"' 'exit 35'
same "send: bounce" "$(says | sed -n 7,9p)" "Sending failed: Permanent error in sending the message
Moving message 1700000000.1 into failed
Generating bounce for 1700000000.1"
same "send: the bounce" "$(stored | grep -E '^(Final|Action|Status|Remote|Diag)' | sort | uniq -c | tr -s ' ')" \
    " 2 Action: failed
 2 Diagnostic-Code: M; 550 5.7.1 go away
 1 Final-Recipient: rfc822; d@e.f
 1 Final-Recipient: rfc822; g@h.i
 2 Remote-MTA: dns; 127.0.0.1
 2 Status: 5.7.1"
two
touch "$spool/queue/1700000000.1"
remotes '127.0.0.1 m' '127.0.0.2 n'
module m 'cat >/dev/null' 'exit 16'
module n 'cat >/dev/null'
same "send: the second remote" "$(says | grep -E '^(Starting delivery:|Sen)')" \
'Starting delivery: host: 127.0.0.1 protocol: m file: 1700000000.1
Sending failed: Temporary error in sending the message
Starting delivery: host: 127.0.0.2 protocol: n file: 1700000000.1
Sent file.'
two
conf sendtimeout 1
remotes '127.0.0.1 m'
module m 'cat >/dev/null' 'exec sleep 3'
touch "$spool/queue/1700000000.1"
same "send: timeout" "$(says | sed -n '7p;$p')" "Sending timed out, killing protocol${lf}Delivery complete, 1 message(s) remain."
# shellcheck disable=SC2016
module m 'cat >/dev/null' 'kill -9 $$'
same "send: killed module" "$(says | sed -n '7p;$p')" \
    "Sending process crashed or was killed.${lf}Delivery complete, 1 message(s) remain."
conf queuelifetime 5
touch -d '1 hour ago' "$spool/queue/1700000000.1"
module m 'cat >/dev/null' 'echo "450 4.2.0 later"' 'exit 16'
same "send: too old" "$(says | sed -n 7,9p; failed)" "Sending failed: Temporary error in sending the message
Moving message 1700000000.1 into failed
Generating bounce for 1700000000.1${lf}1"
same "send: the bounce of what is too old" "$(stored | grep '^Action' | sort -u)" "Action: failed"

# ---- pauses ----
while [ "$(($(date +%s) - began))" -lt 12 ]; do sleep 0.2; done
same "send: pauses 1 2 4 4" "$(awk 'NR == 1 { t = $1 }
    NR <= 5 { printf "%d ", $1 - t + 0.3 }' "$T/times")" "0 1 3 7 11 "
ran() { [ "$(grep -c . "$T/times")" -gt "$runs" ]; }
runs=$(grep -c . "$T/times")
kill -ALRM $daemon
ok "send: ALRM runs at once" until_true 1 ran
runs=$(grep -c . "$T/times")
printf x >"$T/pauses/queue/trigger"
ok "send: so does the trigger" until_true 1 ran
has "and says so" "$(cat "$T/pauses/log")" '^Trigger pulled\.$'
sleep 1.5
same "send: then the pause begins again" "$(tail -n 2 "$T/times" |
    awk 'NR == 1 { t = $1 } END { printf "%d", $1 - t + 0.3 }')" 1
kill -HUP $daemon; sleep 0.2
same "send: HUP does not end it" "$(kill -0 $daemon && echo there)" there
kill $daemon; wait $daemon 2>/dev/null

if [ "$REF" ]; then
	cut -f 2 tests/data/conform.txt | grep -v '^#' | sort | uniq -d >"$T/twice"
	is "nothing is listed twice" "$(cat "$T/twice")" ""
fi

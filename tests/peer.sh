# peer.sh - the scripted server of the dialogue tests does what its head says,
# and notices what a client does wrong
. tests/lib.sh
SAY=$TOOLS/say
talk=tests/talk tab=$(printf '\t')

# script: the lines of stdin become the script $T/s.
script() { cat >"$T/s"; }

# peer PEER-ARGUMENT...: begins to serve; $port.
peer() {
	rm -f "$T/port" "$T/log" "$T"/out.*
	"$PEER" -t 10 -p "$T/port" -l "$T/log" -o "$T/out" "$@" 2>"$T/err" &
	pid=$!
	owns $pid
	sleep 0.01
	until_true 5 test -s "$T/port" || cat "$T/err"
	port=$(cat "$T/port")
}
# over: waits for its end; $rc, $err, $log.
over() {
	wait $pid
	rc=$? err=$(cat "$T/err") log=$(cat "$T/log")
}
# client: stdin is what say says; what came back, without CR.
client() { "$SAY" "$port" | tr -d '\r\000'; }
# dialogue PEER-ARGUMENT...: one connection; $got.
dialogue() {
	cat >"$T/lines"
	peer -n 1 "$@"
	got=$(client <"$T/lines")
	over
}
# good NAME WANT / bad NAME WANT ERROR: of the last dialogue.
good() { is "$1" "$rc:$err:$got" "0::$2"; }
bad() {
	is "$1" "$rc:$got" "1:$2"
	has "$1: the reason" "$err" "$3"
}
# tags: the log without numbers and times.
tags() { printf '%s\n' "$log" | sed 's/^[0-9]* [0-9]* //'; }

mail='EHLO x
<
MAIL FROM:<a@x>
RCPT TO:<b@y>
DATA
<
<
<
Subject: x

text
.
<
QUIT'
lockstep='<
EHLO x
<
MAIL FROM:<a@x>
<
RCPT TO:<b@y>
<
DATA
<
text
.
<
QUIT'

# lines

script <<'E'
# a comment, then a blank line

S: 220 hi  there
C: EHLO *
C: M?IL FROM:<*>
C= exactly * this
S "raw\x41\t\\\"\r\n"
S"tight\n"
C: QUIT
E
dialogue "$T/s" <<'E'
EHLO x
MAIL FROM:<a@b>
exactly * this
QUIT
E
good 'S:, S"", C: and C=' "220 hi  there
rawA$tab\\\"
tight
EOF"
dialogue "$T/s" <<'E'
HELO x
E
bad 'C: takes no other line' '220 hi  there
EOF' "^$T/s:4: expected EHLO \*, got HELO x\$"
dialogue "$T/s" <<'E'
EHLO x
MAIL FROM:<a@b>
exactly + this
E
bad 'C= knows no wildcards' '220 hi  there
EOF' 's:6: expected exactly \* this, got exactly + this'
dialogue "$T/s" <<'E'
EHLO x
/
E
bad 'C: fails at the end of file' '220 hi  there
EOF' 's:5: expected M?IL FROM:<\*>, got end of file'
script <<'E'
S: 220 hi
E
dialogue "$T/s" <<'E'
QUIT
E
bad 'more input than the script has' '220 hi
EOF' 'expected the end of the script, got more input'

for flaw in '"a\rb\r\n=bare CR' '"ab\n=bare LF' '"a\0b\r\n=NUL'; do
	script <<'E'
C: a*
bye
E
	printf '%s\n/\n' "${flaw%=*}" >"$T/flaw"
	dialogue "$T/s" <"$T/flaw"
	bad "${flaw#*=} in a command" EOF "${flaw#*=} in a command"
	has "${flaw#*=} in a command: the log" "$log" "^1 [0-9]* ! ${flaw#*=}"
	dialogue -e lax "$T/s" <"$T/flaw"
	good "${flaw#*=} in a command, lax" EOF
	has "${flaw#*=} in a command, lax: the log" "$log" "! ${flaw#*=}"
done
dialogue -e 'C: *' -e bye $talk/silent.talk <<'E'
=70000 x
"\r\n
E
bad 'a line of 70000 bytes' EOF '64 KB without LF'

# message data

dialogue -e 'lag 50' $talk/ok.talk <<E
<
$mail
E
good 'auto takes a message' '220 peer ESMTP
250-peer
250-PIPELINING
250-8BITMIME
250 SIZE 100000000
250 2.1.0 ok
250 2.1.5 ok
354 go ahead
250 2.0.0 taken
221 2.0.0 bye
EOF'
is 'the message as on the wire' "$(od -An -c "$T/out.1" | tr -d ' \n')" \
	'Subject:x\r\n\r\ntext\r\n'
has 'the log has one line for the message' "$log" \
	'^1 [0-9]* M: 1 20 nul=0 DATA accepted <a@x> <b@y>$'
is 'the order of events' "$(tags | cut -c1-7 | tr '\n' ,)" "$(tr '\n' , <<'E'
+ tests
S: 220 
F: 1
C: EHLO
S: 250-
F: 2
C: MAIL
S: 250 
C: RCPT
S: 250 
C: DATA
S: 354 
F: 3
S: 250 
M: 1 20
F: 4
C: QUIT
S: 221 
E: end 
- ok
E
)"
for flaw in '"a\rb\r\n=bare CR in message data' '"a\r\r\n=bare CR in message data' \
	'"ab\n=bare LF in message data' '.ab=dot not doubled'; do
	dialogue -e 'cap PIPELINING' $talk/plain.talk <<E
<
EHLO x
<
MAIL FROM:<a@x>
RCPT TO:<b@y>
DATA
<
<
<
${flaw%=*}
.
<
QUIT
E
	is "${flaw#*=} fails" $rc 1
	has "${flaw#*=}: the reason" "$err" "${flaw#*=}"
done
dialogue -e 'S: 354' -e data -e 'S: 550 no' -e bye $talk/silent.talk <<'E'
..
"a\0b\r\n
"8\x
"\r\n
.
<
<
QUIT
E
good 'data: dots, NUL and 8 bits are legal' '354
550 no
221 bye
EOF'
has 'data refused' "$log" 'M: 1 .* nul=1 DATA refused'
is 'data refused: its file' "$(ls "$T" | grep '^out')" out.1.refused
dialogue -e data -e 'S: 250 ok' -e bye $talk/silent.talk <<'E'
.
<
QUIT
E
good 'data: nothing but the dot' '250 ok
221 bye
EOF'
is 'data: an empty file' "$(wc -c <"$T/out.1")" 0
dialogue -e data $talk/silent.talk <<'E'
a
/
E
bad 'data cut' EOF 'expected message data, got end of file'
is 'data cut: its file' "$(cd "$T" && ls out.*)" out.1.cut
is 'data cut: its bytes' "$(od -An -c "$T/out.1.cut" | tr -d ' ')" 'a\r\n'
dialogue -e lax -e data $talk/silent.talk <<'E'
a
/
E
good 'data cut, lax' EOF
dialogue -e 'cap PIPELINING' -e 'auto until DOT' -e close $talk/silent.talk <<E
<
$mail
E
has 'data never answered' "$log" 'DATA unanswered <a@x> <b@y>'
dialogue -e data -e 'S "25"' -e close $talk/silent.talk <<'E'
.
E
has 'half a reply is none' "$log" 'DATA unanswered'
dialogue -e data -e 'S: 250 ok' -e bye $talk/silent.talk <<'E'
=3000000 x

.
<
QUIT
E
is 'data: one line of 3 MB' "$rc $(wc -c <"$T/out.1")" '0 3000002'

# BDAT

# chunked: the same up to BDAT for all; $got has the replies from there on
chunked() {
	{ printf '<\nEHLO x\n<\nMAIL FROM:<a@x>\n<\nRCPT TO:<b@y>\n<\n'; cat; } >"$T/chunked"
	dialogue -e 'cap CHUNKING' $talk/plain.talk <"$T/chunked"
	got=$(printf '%s\n' "$got" | sed 1,5d)
}
chunked <<'E'
BDAT 4
"x\r\n.
<
BDAT 2 LAST
"\r\n
<
QUIT
E
good 'bdat' '250 2.0.0 taken
250 2.0.0 taken
221 2.0.0 bye
EOF'
is 'bdat: the message' "$(od -An -c "$T/out.1" | tr -d ' ')" 'x\r\n.\r\n'
has 'bdat: one message' "$log" 'M: 1 6 nul=0 BDAT accepted'
chunked <<'E'
BDAT 0 LAST
<
QUIT
E
good 'BDAT 0 LAST' '250 2.0.0 taken
221 2.0.0 bye
EOF'
chunked <<'E'
BDAT 2 LAST
"ab
<
QUIT
E
bad 'bdat without a last line end' '250 2.0.0 taken
221 2.0.0 bye
EOF' 'last line of BDAT without CRLF'
chunked <<'E'
BDAT x
E
bad 'a broken BDAT' EOF 'expected BDAT N \[LAST\], got BDAT x'
chunked <<'E'
BDAT 10 LAST
"abc
/
E
bad 'bdat cut' EOF 'expected message data, got end of file'

chunks='<
EHLO x
<
MAIL FROM:<a@x>
RCPT TO:<b@y>
BDAT 3 LAST
"a\r\n
MAIL FROM:<c@x>
RCPT TO:<d@y>
BDAT 3 LAST
"b\r\n
QUIT'
dialogue -e 'cap PIPELINING' -e 'cap CHUNKING' $talk/plain.talk <<E
$chunks
E
good 'auto: two messages in one flight' '220 peer ESMTP
250-peer
250-PIPELINING
250 CHUNKING
250 2.1.0 ok
250 2.1.5 ok
250 2.0.0 taken
250 2.1.0 ok
250 2.1.5 ok
250 2.0.0 taken
221 2.0.0 bye
EOF'
dialogue -e 'lag 100' -e 'cap PIPELINING' \
	-e 'cap CHUNKING' $talk/plain.talk <<E
$chunks
E
is 'lag: flights are counted' "$rc $(tags | grep -c '^F:')" '0 2'
dialogue -e 'cap PIPELINING' -e 'cap CHUNKING' \
	-e 'on BDAT c@x 502 no such thing' $talk/plain.talk <<E
$chunks
E
is 'a rule for BDAT holds for BDAT LAST, by sender' \
	"$rc $(tags | grep -c '^M: . 3 nul=0 BDAT accepted') $(
	tags | grep -c '^M: 2 .* refused')" '0 1 1'
dialogue -e 'cap PIPELINING' -e 'cap CHUNKING' \
	-e 'auto until BDAT#2' -e 'on DOT 451 later' $talk/plain.talk <<E
$chunks
E
is 'auto until BDAT leaves the command unread' \
	"$rc $(tags | sed -n 's/^M: .*BDAT //p' | tr '\n' ,)" \
	'0 accepted <a@x> <b@y>,refused <c@x> <d@y>,'
dialogue -e 'cap PIPELINING' $talk/plain.talk <<E
$chunks
E
is 'BDAT not offered fails' $rc 1
has 'BDAT not offered: the reason' "$err" 'BDAT not offered'

# ends

for end in close fin reset; do
	want='hi
EOF'
	[ $end = reset ] && want='hi
RESET'
	dialogue -e 'S: hi' -e 'wait 50' -e $end $talk/silent.talk </dev/null
	good $end "$want"
done
ends() { dialogue -e 'S: hi' -e 'C: *' -e 'S: bye' "$@" $talk/silent.talk; }
printf '"one\\r\\ntwo\\r\\n\n~300\n' >"$T/two"
ends -e close <"$T/two"
good 'close with a line unheard: all replies, then a RST' 'hi
bye
RESET'
printf 'one\n~100\ntwo\n~500\n' >"$T/later"
ends -e 'wait 300' -e close <"$T/later"
good 'close with a line unread: the same' 'hi
bye
RESET'
ends -e fin <"$T/two"
good 'fin with a line unheard: no RST' 'hi
bye
EOF'
dialogue -e bye $talk/silent.talk <<'E'
"QUI
/
E
bad 'bye takes no half line' EOF 'expected end of file, got end of file'
dialogue -e bye $talk/silent.talk <<'E'
QUIT
E
good 'bye after QUIT' '221 bye
EOF'
dialogue -e bye $talk/silent.talk <<'E'
/
E
good 'bye without QUIT' EOF
dialogue -e bye $talk/silent.talk <<'E'
MAIL FROM:<>
E
bad 'bye takes no other command' EOF 'expected end of file, got MAIL FROM:<>'

# time

now_ms() { echo $(($(date +%s%N) / 1000000)); }
# took MIN MAX COMMAND...: milliseconds.
took() {
	lo=$1 hi=$2 t0=$(now_ms); shift 2
	"$@"
	ms=$(($(now_ms) - t0))
	[ "$ms" -ge "$lo" ] && [ "$ms" -le "$hi" ]
}
quiet() { dialogue "$@" <"$T/quiet"; }
: >"$T/quiet"
ok 'wait' took 400 3000 quiet -e 'wait 400' -e close $talk/silent.talk
echo '!' >"$T/quiet"
ok 'wait ends when the client is gone' took 0 3000 quiet -e 'wait 8000' \
	-e close $talk/silent.talk
: >"$T/quiet"
ok 'stall for a time' took 900 4000 quiet -e 'stall 1' -e 'S: late' $talk/reset.talk
has 'stall for a time: then goes on' "$log" 'S: late'
printf 'NOOP\n/\n' >"$T/quiet"
ok 'stall until the client goes' took 0 3000 quiet $talk/silent.talk
good 'stall says nothing' EOF
has 'stall logs what comes' "$log" 'C: NOOP'
echo '~1200' >"$T/quiet"
quiet -t 1 $talk/silent.talk
is 'the time limit is a failure' $rc 1
has 'the time limit: the reason' "$err" 'silence until the time was up'
quiet -t 1 -e 'C: x' $talk/silent.talk
has 'the time limit while expecting a line' "$err" \
	':0: expected x, got silence until the time was up'
peer -t 1 -n 2 $talk/plain.talk
printf '<\nQUIT\n' | client >/dev/null
over
is 'too few connections' "$rc:$err" '1:peer: expected 2 connections, got 1'
peer -t 1 $talk/plain.talk
over
is 'no connection, none demanded' "$rc:$err" 0:
peer $talk/plain.talk
echo '~500' | client >"$T/got" &
owns $!
until_true 5 grep -q S: "$T/log"
kill $pid
over
is 'TERM between commands' "$rc:$err" 0:
peer -e 'C: x' $talk/plain.talk
echo '~500' | client >"$T/got" &
owns $!
until_true 5 grep -q ' + ' "$T/log"
kill $pid
over
has 'TERM while expecting a line' "$rc:$err" '^1:.*got the stop signal'

# bytes

for i in 1 2; do
	peer -n 1 -e 'junk 70000' -e close $talk/silent.talk
	"$SAY" "$port" </dev/null >"$T/junk$i"
	over
done
is 'junk has its length' "$(wc -c <"$T/junk1")" 70004
ok 'junk is the same each time' cmp "$T/junk1" "$T/junk2"
is 'junk is no text' "$(tr -d '\000-\177' <"$T/junk1" | wc -c |
	sed 's/^3[45]...$/about half/')" 'about half'
dialogue -e 'fill 100001 "ab\n"' -e close $talk/silent.talk </dev/null
is 'fill' "$rc $(printf '%s\n' "$got" | grep -c '^ab$')" '0 33334'
dialogue -e 'endless "x"' $talk/silent.talk <<'E'
~200
!
E
is 'endless ends with the client' "$rc$err" 0
peer -n 1 -e 'chop 1 20' -e 'S: 12345678' -e 'chop 100' -e close $talk/silent.talk
ok 'chop: pieces with pauses' took 150 5000 sh -c "'$SAY' $port </dev/null >/dev/null"
over
is 'chop: exit' $rc 0
peer -n 1 -e 'shortread 2 20' -e 'C: abcdefghijklmn' \
	-e close $talk/silent.talk
echo abcdefghijklmn >"$T/lines"
ok 'shortread: slow' took 120 5000 sh -c "'$SAY' $port <'$T/lines' >/dev/null"
over
is 'shortread: nothing lost' "$rc$err" 0

# auto

dialogue $talk/plain.talk <<E
$lockstep
E
good 'auto without extensions' '220 peer ESMTP
250 peer
250 2.1.0 ok
250 2.1.5 ok
354 go ahead
250 2.0.0 taken
221 2.0.0 bye
EOF'
is 'a command a flight' "$(tags | grep -c '^F:')" 6
dialogue -e 'lag 50' $talk/plain.talk <<'E'
<
"EHLO x\r\nMAIL FROM:<a@x>\r\n
<
<
QUIT
E
is 'writing ahead without PIPELINING fails' $rc 1
has 'writing ahead: the reason' "$err" 'bytes sent before the reply to EHLO'
dialogue -e 'cap PIPELINING' $talk/plain.talk <<'E'
<
EHLO x
<
MAIL FROM:<a@x>
RCPT TO:<b@y>
"DATA\r\ntext\r\n.\r\n
QUIT
E
has 'DATA must be last in a flight' "$rc$err" '^1.*before the reply to DATA'
dialogue -e 'lag 100' $talk/plain.talk <<'E'
EHLO x
<
<
QUIT
E
has 'speaking before the greeting fails' "$rc$err" '^1.*reply to GREETING'
dialogue -e lax -e 'lag 100' $talk/plain.talk <<'E'
EHLO x
<
<
QUIT
E
is 'all of that is forgiven by lax' "$rc$err" 0
dialogue $talk/plain.talk <<'E'
<
HELO x
<
DATA
<
RCPT TO:<a@b>
<
MAIL FROM:a@b
<
MAIL FROM:<a@b>
<
MAIL FROM:<a@b>
<
DATA
<
RSET
<
DATA
<
NOOP
<
VRFY x
<
quit
E
good 'auto knows the order of commands' '220 peer ESMTP
250 peer
503 5.5.1 MAIL first
503 5.5.1 MAIL first
501 5.5.4 MAIL FROM:<address>
250 2.1.0 ok
503 5.5.1 one sender is enough
554 5.5.1 no valid recipients
250 2.0.0 ok
503 5.5.1 MAIL first
250 2.0.0 ok
500 5.5.2 unknown command
221 2.0.0 bye
EOF'
dialogue -e 'cap SIZE 10' -e 'cap 8BITMIME' $talk/plain.talk <<'E'
<
EHLO x
<
MAIL FROM:<a@b> SIZE=3 BODY=8BITMIME
<
QUIT
E
is 'parameters that were offered' "$rc$err" 0
dialogue -e 'cap SIZE 10' -e 'cap 8BITMIME' $talk/plain.talk <<'E'
<
HELO x
<
MAIL FROM:<a@b> SIZE=3
<
QUIT
E
has 'parameters that were not' "$rc$err" '^1.*parameter SIZE not offered'
dialogue $talk/plain.talk <<'E'
<
"NOO
/
E
has 'auto: a cut command fails' "$rc$err" '^1.*got end of file'
dialogue $talk/plain.talk <<'E'
<
/
E
good 'auto: the client may just close' '220 peer ESMTP
EOF'

# login CAP-SCRIPT COMMAND-LINES -> the replies' codes
login() {
	{ printf '<\nEHLO x\n<\n'; cat; printf 'MAIL FROM:<a@b>\n<\nQUIT\n'; } >"$T/login"
	dialogue "$@" <"$T/login"
	printf '%s' "$rc$err "
	printf '%s\n' "$got" | sed -n '/^AUTH\|^250 AUTH/,$p' |
		sed -n '2,${/^[0-9]/s/^\(...\).*/\1/p;}' | tr '\n' ' '
}
is 'AUTH PLAIN right' "$(echo 'AUTH PLAIN AHUAcCB3
<' | login $talk/auth-ok.talk)" '0 235 250 221 '
is 'AUTH PLAIN with its own name' "$(echo 'AUTH PLAIN dQB1AHAgdw==
<' | login $talk/auth-ok.talk)" '0 235 250 221 '
is 'AUTH PLAIN wrong' "$(echo 'AUTH PLAIN AHUAcA==
<' | login $talk/auth-ok.talk)" '0 535 530 221 '
is "AUTH PLAIN with another's name" "$(echo 'AUTH PLAIN eAB1AHAgdw==
<' | login $talk/auth-ok.talk)" '0 535 530 221 '
is 'AUTH PLAIN without NULs' "$(echo 'AUTH PLAIN dXA=
<' | login $talk/auth-ok.talk)" '0 535 530 221 '
is 'AUTH PLAIN in two steps' "$(echo 'AUTH PLAIN
<
AHUAcCB3
<' | login $talk/auth-ok.talk)" '0 334 235 250 221 '
is 'AUTH LOGIN right' "$(echo 'AUTH LOGIN dQ==
<
cCB3
<' | login $talk/login-ok.talk)" '0 334 235 250 221 '
is 'AUTH LOGIN in three steps' "$(echo 'AUTH LOGIN
<
dQ==
<
cCB3
<' | login $talk/login-ok.talk)" '0 334 334 235 250 221 '
is 'AUTH LOGIN wrong' "$(echo 'AUTH LOGIN dQ==
<
eA==
<' | login $talk/login-ok.talk)" '0 334 535 530 221 '
is 'AUTH with a strange mechanism' "$(echo 'AUTH X
<' | login $talk/auth-ok.talk)" '0 504 530 221 '
is 'a rule for USER' "$(echo 'AUTH LOGIN
<
dQ==
<' | login -e 'on USER 454 away' $talk/login-ok.talk)" '0 334 454 530 221 '
for c in 535 454; do
	is "plain-$c" "$(echo 'AUTH PLAIN AHUAcA==
<' | login $talk/plain-$c.talk)" "0 $c 530 221 "
	is "login-auth-$c" "$(echo 'AUTH LOGIN dQ==
<' | login $talk/login-auth-$c.talk)" "0 $c 530 221 "
	is "login-pass-$c" "$(echo 'AUTH LOGIN dQ==
<
cA==
<' | login $talk/login-pass-$c.talk)" "0 334 $c 530 221 "
done

# rules

# codes PEER-ARGUMENT...: exit status and the codes that lockstep got.
codes() {
	dialogue "$@" <<E
$lockstep
E
	printf '%s' "$rc$err "
	printf '%s\n' "$got" | LC_ALL=C sed 's/^\([0-9]*\).*/\1/;s/^$/-/' | tr '\n' ' '
}
two='<
HELO x
<
MAIL FROM:<a@x>
<
RCPT TO:<good@y>
<
RCPT TO:<bad@y>
<
RCPT TO:<later@y>
<
RSET
<
MAIL FROM:<>
<
RCPT TO:<good@y>
<
DATA
<
.
<
MAIL FROM:<b@x>
<
QUIT'
several() {
	dialogue "$@" $talk/plain.talk <<E
$two
E
	printf '%s' "$rc$err "
	printf '%s\n' "$got" | sed 's/^\([0-9]*\).*/\1/;1,2d' | tr '\n' ' '
}
is 'on RCPT GLOB' "$(several -e 'on RCPT bad@* 550 no' \
	-e 'on RCPT later@y 450 x')" '0 250 250 550 450 250 250 250 354 250 250 221  '
is 'on VERB#N' "$(several -e 'on RCPT#3 450 x' -e 'on MAIL#2 550 x' |
	cut -c1-25)" '0 250 250 250 450 250 550'
is 'on MAIL of the null sender' "$(several -e 'on MAIL <> 550 x' |
	cut -c1-25)" '0 250 250 250 250 250 550'
is 'on DOT by sender' "$(several -e 'on DOT a@x 550 no' -e 'on DOT <> 451 x' |
	cut -d' ' -f9-)" '354 451 250 221  '
is 'the first rule that fits' "$(several -e 'on RCPT good@* 451 x' \
	-e 'on RCPT 550 y' | cut -c1-17)" '0 250 451 550 550'
is 'after N messages' "$(several -e 'after 1 messages 452 full' | cut -d' ' -f9-)" \
	'354 250 452 452  '
is '421 closes' "$(several -e 'on RCPT bad@* 421 bye')" '0 250 250 421  '
is 'a rule with an instruction' "$(several -e 'on RCPT bad@* close')" '0 250 250  '
slow() { codes "$@" >"$T/got"; }
ok 'delay' took 300 4000 slow -e 'delay DOT 300' $talk/plain.talk
has 'delay: at its place' "$(codes -e 'delay RCPT *@y 200' $talk/plain.talk
	awk '/S: 250 2.1.0/ {a = $2} /S: 250 2.1.5/ {print ($2 - a >= 200)}' "$T/log")" '1$'
is 'delay: another argument is not meant' "$(codes -e 'delay RCPT *@z 9000' \
	$talk/plain.talk)" '0 220 250 250 250 354 250 221 - '
ahead='<
EHLO x
<
MAIL FROM:<a@x>
RCPT TO:<b@y>
NOOP
<
<
<
QUIT'
held() {
	dialogue "$@" -e 'cap PIPELINING' $talk/plain.talk <<E
$ahead
E
}
ok 'hold N: not when so many have come' took 0 900 held -e 'hold MAIL 2'
is 'hold N: all replies, in order' "$rc$err $(printf '%s\n' "$got" | tail -n 5 | tr '\n' ,)" \
	'0 250 2.1.0 ok,250 2.1.5 ok,250 2.0.0 ok,221 2.0.0 bye,EOF,'
ok 'hold N: else until a second of silence' took 1000 4000 held -e 'hold MAIL 3'
ok 'hold N ms' took 400 4000 held -e 'hold MAIL 400 ms'
has 'hold N ms: what comes meanwhile is read' "$(awk '/C: MAIL/ { a = $2 }
	/C: RCPT/ { print ($2 - a < 300) }' "$T/log")" 1
dialogue -e 'rate 2 MAIL 450 slow' $talk/plain.talk <<'E'
<
HELO x
<
MAIL FROM:<a@x>
<
RSET
<
MAIL FROM:<b@x>
<
RSET
<
MAIL FROM:<c@x>
<
~1100
MAIL FROM:<d@x>
<
QUIT
E
is 'rate' "$rc$err $(printf '%s\n' "$got" | cut -c1-3 | tr '\n' ' ')" \
	'0 220 250 250 250 250 250 450 250 221 EOF '
script <<'E'
auto until DATA
S: 451 not now
auto
E
dialogue "$T/s" <<'E'
<
HELO x
<
MAIL FROM:<a@x>
<
RCPT TO:<b@y>
<
DATA
<
QUIT
E
good 'auto until' '220 peer ESMTP
250 peer
250 2.1.0 ok
250 2.1.5 ok
451 not now
221 2.0.0 bye
EOF'
dialogue -e 'auto until DATA' $talk/plain.talk <<'E'
<
QUIT
E
has 'auto until what never comes' "$rc$err" '^1.*expected DATA, got the end of'

# talk/, with a client that says everything whatever the reply

while read -r name want; do
	is "talk/$name" "$(codes -e lax $talk/$name.talk)" "0 $want - "
done <<'E'
after1-421 220 250 250 250 354 250 421
after1-421-unasked 220 250 250 250 354 250 421
auth-ok 220 250 250 530 503 503 500 500 221
bad-600 220 250 650 503 503 500 500 221
bad-99999 220 250 99999 503 503 500 500 221
bad-empty 220 250 - 503 503 500 500 221
bad-mixed 220 250 250 550 503 503 500 500 221
bad-nodigits 220 250 - 503 503 500 500 221
bad-nul 220 250 550 503 503 500 500 221
bad-short 220 250 25 503 503 500 500 221
canned 250 250 250 250 250 351 220 221
data451 220 250 250 250 451 500 500 221
data554 220 250 250 250 554 500 500 221
dot-drop 220 250 250 250 354
dot-multiline 220 250 250 250 354 250
dot451 220 250 250 250 354 451 221
dot554 220 250 250 250 354 554 221
ehlo-multiline 220 250 250
ehlo502 220 502 503 503 503 500 500 221
greet421 421
greet450 450 503 503 503 503 503 503 221
greet554 554 503 503 503 503 503 503 221
helo502 220 502 503 503 503 500 500 221
mail421 220 250 250 250 354 250 221
mail451 220 250 451 503 503 500 500 221
mail554 220 250 554 503 503 500 500 221
ok 220 250 250 250 250 250 250 354 250 221
plain 220 250 250 250 354 250 221
rcpt450 220 250 250 450 554 500 500 221
rcpt550 220 250 250 550 554 500 500 221
rcpt550-data354 220 250 250 250 550 354 554 221
rcptmix 220 250 250 250 354 250 221
E
for name in bad-noline:220 dot-noline:250 dot-partial:25; do
	codes $talk/${name%:*}.talk >"$T/got"
	has "talk/${name%:*} ends without a line end" "$got" "^${name#*:}.*EOF\$"
done
for name in drop multiline noline partial; do
	codes $talk/dot-$name.talk >"$T/got"
	has "talk/dot-$name: no whole reply, no verdict" "$log" 'DATA unanswered <a@x> <b@y>'
done
dialogue $talk/reset.talk </dev/null
good talk/reset RESET
dialogue $talk/ehlo502.talk <<'E'
<
EHLO x
<
HELO x
<
MAIL FROM:<a@b>
<
QUIT
E
is 'talk/ehlo502: HELO will do' "$(printf '%s\n' "$got" | cut -c1-3 | tr '\n' ' ')" \
	'220 502 250 250 221 EOF '
dialogue $talk/helo502.talk <<'E'
<
EHLO x
<
HELO x
<
MAIL FROM:<a@b>
<
QUIT
E
is 'talk/helo502: no hello, no mail' "$(printf '%s\n' "$got" | cut -c1-3 | tr '\n' ' ')" \
	'220 502 502 503 221 EOF '
for name in plain-drop login-auth-drop; do
	is "talk/$name" "$(echo 'AUTH PLAIN AHUAcA==
<' | login $talk/$name.talk)" '0 '
done
is talk/login-pass-drop "$(echo 'AUTH LOGIN dQ==
<
cA==
<' | login $talk/login-pass-drop.talk)" '0 334 '
dialogue $talk/login-user.talk <<'E'
<
EHLO x
<
AUTH LOGIN dQ==
<
*
<
AUTH LOGIN
<
dQ==
<
cA==
<
QUIT
E
is talk/login-user "$rc$err $(printf '%s\n' "$got" | tail -n 4 | cut -c1-3 | tr '\n' ' ')" \
	'0 334 535 221 EOF '
codes $talk/reply-200k.talk >"$T/got"
is 'talk/reply-200k' "$rc $(printf '%s\n' "$got" | grep '^550' | wc -c |
	sed 's/^19....$/as long/')" '0 as long'
dialogue $talk/reply-1m.talk <<'E'
<
EHLO x
<
MAIL FROM:<a@x>
<
RCPT TO:<b@y>
<
QUIT
E
is 'talk/reply-1m' "$rc $(printf '%s\n' "$got" | grep -c '^550-')" '0 32259'
for name in reply-line reply-lines; do
	dialogue $talk/$name.talk <<'E'
<
EHLO x
<
MAIL FROM:<a@x>
<
RCPT TO:<b@y>
~200
!
E
	is "talk/$name until the client goes" "$rc$err" 0
done
dialogue $talk/bad-junk.talk <<'E'
~200
!
E
is 'talk/bad-junk' "$rc$err" 0
sent=0
for stage in GREETING EHLO MAIL RCPT DATA DOT QUIT; do
	codes -e "on $stage close" $talk/plain.talk >"$T/got"
	is "close at $stage" "$rc$err $(printf '%s\n' "$got" | grep -c '^[0-9]')" "0 $sent"
	codes -e "on $stage reset" $talk/plain.talk >"$T/got"
	is "reset at $stage" "$rc$err $(printf '%s\n' "$got" | tail -n 1)" '0 RESET'
	sent=$((sent + 1))
	case $stage in GREETING | DOT) ;; *) continue ;; esac
	codes -t 1 -e "on $stage stall" $talk/plain.talk >"$T/got"
	has "stall at $stage" "$rc$err" '^1.*silence until the time was up'
	is "stall at $stage: what was said before" \
		"$(printf '%s\n' "$got" | grep -c '^[0-9]')" $((sent - 1))
done

# connections

peer -n 3 $talk/greet554.talk $talk/plain.talk
got=$(for i in 1 2 3; do echo QUIT | sed 's/^/<\n/' | client | head -n 1; done)
over
is 'script k for connection k, the last repeats' "$rc$err $(echo $got)" \
	'0 554 5.3.2 no service here 220 peer ESMTP 220 peer ESMTP'
is 'connections are counted' "$(tags | grep -c '^+ ')" 3
ok 'then nobody listens' sh -c "! '$SAY' $port </dev/null 2>/dev/null"
peer -n 2 $talk/silent.talk $talk/plain.talk
echo '~400' | client >"$T/got" &
owns $!
until_true 5 grep -q ' + ' "$T/log"
got=$(printf '<\nQUIT\n' | client)
is 'connections run side by side' "$got" '220 peer ESMTP
221 2.0.0 bye
EOF'
kill $pid
over
is 'TERM while stalling' "$rc$err" 0
peer -n 3 -e 'sessions 1 421 4.7.0 too many' $talk/plain.talk
printf '~600\nQUIT\n' | client >"$T/got" &
first=$!
until_true 5 grep -q ' + ' "$T/log"
got=$(client </dev/null)
is 'sessions: one too many' "$got" '421 4.7.0 too many
EOF'
wait $first
got=$(printf '<\nQUIT\n' | client)
over
is 'sessions: welcome when the other is gone' "$rc$err $got" '0 220 peer ESMTP
221 2.0.0 bye
EOF'
peer -n 2 -e 'crowd 1 DOT 432 4.3.2 too many' -e 'recipients 2 452 4.5.3 two at most' $talk/plain.talk
printf '~600\nQUIT\n' | client >"$T/got" &
first=$!
until_true 5 grep -q ' + ' "$T/log"
got=$(printf '%s<\n' '' 'EHLO x
' 'MAIL FROM:<a@b>
' 'RCPT TO:<c@d>
' 'RCPT TO:<e@f>
' 'RCPT TO:<g@h>
' 'DATA
' 'x
.
' 'MAIL FROM:<a@b>
' 'RCPT TO:<c@d>
' 'QUIT
' | client | sed -n 's/^\([0-9]*\) .*/\1/p' | paste -sd ' ' -)
wait $first
over
is 'crowd, recipients' "$got" '220 250 250 250 250 452 354 432 250 250 221'
if [ -e /proc/net/if_inet6 ]; then
	peer -6 -n 1 $talk/plain.talk
	got=$(printf '<\nQUIT\n' | "$SAY" -6 "$port" | tr -d '\r')
	over
	is 'on ::1' "$rc$err$got" '0220 peer ESMTP
221 2.0.0 bye
EOF'
fi

# bad scripts

for line in 'nonsense' 'S 220' 'S "a' 'S "\q"' 'C:x' 'wait' 'wait x' 'chop' \
	'data x' 'on' 'on MAIL' 'on MAIL nonsense' 'on MAIL#x 250' 'after 0 messages 421' \
	'after 1 421' 'delay DOT' 'auto until' 'auto now' 'fill 3' 'fill 3 ""' \
	'rate MAIL 450 x' 'rate 3 MAIL' 'sessions 421 x' 'sessions 2' 'hold DOT' \
	'hold DOT x' 'hold DOT 3 x'; do
	echo "$line" | script
	"$PEER" -n 0 -p "$T/port" "$T/s" 2>"$T/err"
	is "bad: $line" "$?:$(grep -c "s:1: " "$T/err")" 2:1
done

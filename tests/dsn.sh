# dsn.sh - nullmailer-dsn: options and errors, the layout as nullmailer's own
# tests want it, and what a parser that is not ours finds in a report.
# needs: /usr/bin/python3=python3
. tests/lib.sh
prefix
LAYOUT=${LAYOUT:-upstream}
[ "$LAYOUT" = upstream ] || mv "$config/me" "$P/mailname"
tab=$(printf '\t')
export TZ=UTC

# given: the queue file $T/message, from printf arguments.
given() { printf "$@" >"$T/message"; }
# dsn ARGUMENT...: $T/out of the report about $T/message, $err, $rc.
dsn() {
	nullmailer-dsn "$@" <"$T/message" >"$T/out" 2>"$T/err"
	rc=$? err=$(cat "$T/err")
}
# parsed: what the parser finds in $T/out; $found.
parsed() { found=$(/usr/bin/python3 tests/dsn_read.py <"$T/out" 2>&1); }
# finds NAME LINE...: all of the lines are found, and nothing is wrong.
finds() {
	finds_name=$1
	shift
	lacks "$finds_name: valid" "$found" '^wrong\|^Traceback'
	for finds_line; do
		ok "$finds_name: $finds_line" \
		    test -n "$(printf '%s\n' "$found" | grep -Fxe "$finds_line")"
	done
}
# fails NAME CODE TEXT: the last one wrote nothing but TEXT.
fails() {
	is "$1" "$rc:$err:$(cat "$T/out")" "$2:nullmailer-dsn: $3:"
}
# paragraph N: of $T/out.
paragraph() { awk -v n="$1" 'BEGIN { RS = "" } NR == n' "$T/out"; }
line() { sed -n "$1p" "$T/out"; }

given 's@x.y\nr1@a.b\n\nReceived: (x);\n\tdate\nSubject: q\n\nbody 1\n\nbody 3\n'

# the layout, as paragraphs and patterns
dsn --diagnostic-code='DUMMY; code=33 (#5.2.1) host=127.0.0.1' 5.2.9
is "exit and stderr" "$rc$err" 0
is "null sender" "$(line 1)" ''
is "recipient" "$(line 2)" s@x.y
is "end of the envelope" "$(line 3)" ''
date='[A-Z][a-z][a-z], [ 0-9][0-9] [A-Z][a-z][a-z] [0-9]\{4\} [0-9][0-9]:[0-9][0-9]:[0-9][0-9] [+-][0-9]\{4\}$'
paragraph 2 >"$T/header"
# its LINE, a basic RE for each line of the header
set -- 'From: Message Delivery Subsystem <MAILER-DAEMON@f.q.d.n>$' \
    'To: <s@x.y>$' 'Subject: Returned mail: Could not send message$' \
    "Date: $date" 'Message-Id: <[0-9]*\.[0-9]\{6\}\.[0-9]*\.nullmailer@f.q.d.n>$' \
    'MIME-Version: 1.0$' \
    'Content-Type: multipart/report; report-type=delivery-status;$' \
    "${tab}boundary=\"[^\"]*\"\$" 'Auto-Submitted: auto-replied$'
is "lines of the header" "$(wc -l <"$T/header")" $#
n=0
for want; do
	n=$((n + 1))
	has "header line $n" "$(sed -n ${n}p "$T/header")" "^$want"
done
has "text part" "$(paragraph 3 | tail -n 1)" '^Content-Type: text/plain; charset=us-ascii$'
is "words, on two lines" "$(paragraph 4 | wc -l)" 2
is "the recipient in the text" "$(paragraph 5 | grep "^$tab")" "${tab}r1@a.b"
has "status part" "$(paragraph 6 | tail -n 1)" '^Content-Type: message/delivery-status$'
has "reporting MTA" "$(paragraph 7)" '^Reporting-MTA: x-local-hostname; f.q.d.n$'
has "arrival" "$(paragraph 7 | tail -n 1)" "^Arrival-Date: $date"
is "fields of a recipient" "$(paragraph 8 | sed 's/^\(Last[^:]*:\).*/\1/')" \
'Final-Recipient: rfc822; r1@a.b
Action: failed
Status: 5.2.9
Last-Attempt-Date:
Diagnostic-Code: DUMMY; code=33 (#5.2.1) host=127.0.0.1'
is "quoted part" "$(paragraph 9 | tail -n 1)" 'Content-Type: message/rfc822'
is "quoted header" "$(paragraph 10)" "Received: (x);
${tab}date
Subject: q"
has "the end" "$(paragraph 11)" '^--.*--$'
is "no more paragraphs" "$(paragraph 12)" ''
is "an empty line before each boundary, and none other doubled" \
    "$(grep -c '^--=_' "$T/out") $(grep -B1 '^--=_' "$T/out" | grep -c '^$')" '4 4'

# what the parser finds
parsed
finds "one recipient" "envelope: ['', 's@x.y']" \
    'parts: ['"'text/plain', 'message/delivery-status', 'message/rfc822'"']' \
    'header: To: s@x.y' 'report: Reporting-MTA: x-local-hostname; f.q.d.n' \
    'recipient 1: Final-Recipient: rfc822; r1@a.b' \
    'recipient 1: Action: failed' 'recipient 1: Status: 5.2.9' \
    'recipient 1: Diagnostic-Code: DUMMY; code=33 (#5.2.1) host=127.0.0.1' \
    'quoted: Subject: q' "quoted body: ''"
sed -i '/^Status:/d; s/^--=_.*--$/&x/' "$T/out"
parsed
has "the parser notices a missing field" "$found" '^wrong: recipient 1: Status$'
has "the parser notices a missing end" "$found" '^wrong: .* boundaries$'

dsn --envelope-id=QQ --remote=mx.x.y --last-attempt=1000000000 \
    --orig-timestamp=900000000 --retry-until=1100000000 5.1.123
parsed
finds "all options" 'report: Original-Envelope-Id: QQ' \
    'report: Arrival-Date: Thu, 09 Jul 1998 16:00:00 +0000' \
    'recipient 1: Remote-MTA: dns; mx.x.y' 'recipient 1: Status: 5.1.123' \
    'recipient 1: Last-Attempt-Date: Sun, 09 Sep 2001 01:46:40 +0000'
lacks "a failure is not tried again" "$found" 'Will-Retry-Until'

touch -d @1234567890 "$T/message"
dsn --retry-until=1100000000 4.2.1
parsed
finds "delay" 'recipient 1: Action: delayed' 'recipient 1: Status: 4.2.1' \
    'recipient 1: Will-Retry-Until: Tue, 09 Nov 2004 11:33:20 +0000' \
    'report: Arrival-Date: Fri, 13 Feb 2009 23:31:30 +0000'
has "delay: when it ends" "$found" '^text: .*Tue, 09 Nov 2004 11:33:20 +0000$'

# several recipients, each with a result of his own
given 's@x.y\nr1@a.b\nr 2@a.b\n\303\274@a.b\n\nSubject: q\n\nb\n'
dsn 5.0.0
parsed
finds "all recipients" 'recipient 1: Final-Recipient: rfc822; r1@a.b' \
    'recipient 2: Final-Recipient: rfc822; "r 2"@a.b' \
    'recipient 3: Final-Recipient: utf-8; \x{fc}@a.b' 'recipient 3: Status: 5.0.0' \
    "text: ${tab}r1@a.b" "text: ${tab}r 2@a.b" \
    "text: $tab$(printf '\303\274@a.b')"
{
	printf 'r1@a.b\t\tSMTP; 550-5.7.26 first\r\n'
	printf 'r 2@a.b\t5.4.7\tSMTP; 450 4.2.2 full\n'
	printf 'r3@a.b\t\tSMTP; 450 4.2.2 full\nr4@a.b\t\tSMTP; 550 from 10.1.2.3\n'
} >"$T/results"
dsn --results-fd=4 5.4.4 4<"$T/results"
parsed
finds "own results" 'recipient 1: Status: 5.7.26' \
    'recipient 1: Diagnostic-Code: SMTP; 550-5.7.26 first' \
    'recipient 2: Status: 5.4.7' 'recipient 2: Action: failed' \
    'recipient 2: Diagnostic-Code: SMTP; 450 4.2.2 full' \
    'recipient 3: Status: 5.2.2' 'recipient 4: Status: 5.4.4'
lacks "nobody else is named" "$found" '^recipient 5'
printf 'r1@a.b\t9.9.9\tx\n' >"$T/results"
dsn --results-fd=4 5.4.4 4<"$T/results"
fails "a result with a bad status" 111 'A line of results is wrong'
dsn --results-fd=4 5.4.4 4</dev/null
fails "no results" 111 'No recipients were read from results'
dsn --results-fd=44 5.4.4
is "results that cannot be read" "$rc" 111

# hostile text and 8 bits
nl='
'
dsn --remote="mx${nl}Action: delivered" --envelope-id="$(printf 'x\n\ny')" \
    --diagnostic-code="$(printf 'SMTP; 550-\033[31m no\r\n550 \303\274\377\n\n--x\nStatus: 2.0.0\n\nFinal-Recipient: rfc822; z@z')" 5.1.1
parsed
finds "hostile text" 'recipient 1: Remote-MTA: dns; mx / Action: delivered' \
    'report: Original-Envelope-Id: x /  / y' \
    'recipient 1: Diagnostic-Code: SMTP; 550-?[31m no / 550 ?? /  / --x / Status: 2.0.0 /  / Final-Recipient: rfc822; z@z' \
    'recipient 3: Action: failed'
lacks "hostile text adds no recipient" "$found" '^recipient 4'
dsn --diagnostic-code="SMTP; $(head -c 100000 /dev/zero | tr '\0' x)" 5.1.1
parsed
finds "long text"
ok "long text is cut" test "$(wc -c <"$T/out")" -lt 60000
given 's@x.y\nr@a.b\n\nSubject: \344\303\274\nX: y\n\n\344\n'
dsn --max-lines=1 5.0.0
parsed
finds "8-bit header" 'recipient 1: Status: 5.0.0' 'quoted: X: y'
has "8-bit header: declared" "$(paragraph 9 | tail -n 1)" '^Content-Transfer-Encoding: 8bit$'
LC_ALL=C grep -q "^Subject: $(printf '\344\303\274')\$" "$T/out"
ok "8-bit header: as it was" test $? = 0
given 's@x.y\nr@a.b\n\nSubject: x\n\n\344\n'
dsn 5.0.0
lacks "what is not quoted is not declared" "$(cat "$T/out")" '8bit'

# how much is quoted
given 's@x.y\nr@a.b\n\nSubject: x\n\n1\n\n3\n.\n--5\nno end'
quoted() { sed -n '/^Subject: x/,/^--=_/p' "$T/out" | sed '1d;$d'; }
for n in 0 1 2 3 5 6 99; do
	dsn --max-lines=$n 5.0.0
	is "max-lines $n" "$(quoted)" "$([ $n = 0 ] || printf '\n1\n\n3\n.\n--5\nno end\n' | head -n $((n + 1)); [ $n = 99 ] || echo)"
done
parsed
finds "body"
is "body, parsed" "$(printf '%s\n' "$found" | sed -n 's/^quoted body: //p')" \
    "'1\\n\\n3\\n.\\n--5\\nno end\\n'"
dsn --max-lines=-1 5.0.0
is "all lines" "$(quoted)" "$(printf '\n1\n\n3\n.\n--5\nno end\n\n')"
conf bouncelines 3
dsn 5.0.0
is "bouncelines" "$(quoted)" "$(printf '\n1\n\n3\n\n')"
dsn --max-lines=0 5.0.0
is "the option wins" "$(quoted)" ''
conf bouncelines -1
dsn 5.0.0
is "bouncelines: all" "$(quoted)" "$(printf '\n1\n\n3\n.\n--5\nno end\n\n')"
conf bouncelines x
dsn 5.0.0
is "bouncelines: none" "$(quoted)" ''
rm "$config/bouncelines"
given 's@x.y\nr@a.b\n\nSubject: x\r\nX: y\r\n\r\n1\r\n'
dsn 5.0.0
lacks "a line of CR ends the header" "$(cat "$T/out")" '^1'
given 's@x.y\nr@a.b\n\nSubject: x\nno end'
dsn 5.0.0
is "all header" "$(quoted)" "$(printf 'no end\n\n')"
given 's@x.y\nr@a.b\n\n'
dsn 5.0.0
parsed
finds "empty message" 'recipient 1: Status: 5.0.0'

# the boundary
given 's@x.y\nr@a.b\n\nSubject: x\n\n%s\n' "--$(sed -n 's/.*boundary="\(.*\)"/\1/p' "$T/out")"
for n in 1 2 3; do dsn --max-lines=-1 5.0.0; sed -n 's/.*boundary=//p' "$T/out"; done >"$T/b"
is "boundaries differ" "$(sort -u "$T/b" | wc -l)" 3
parsed
finds "a report in a report" 'recipient 1: Status: 5.0.0'

# a large message, from a file and from a pipe
{ printf 's@x.y\nr@a.b\n\nSubject: x\n\n'; head -c 100000000 /dev/zero | tr '\0' '\n'; } >"$T/message"
limited 4000 nullmailer-dsn --max-lines=-1 5.0.0 <"$T/message" | tail -n +2 | wc -c >"$T/n"
ok "100 MB in 4 MB" test "$(cat "$T/n")" -gt 100000000
is "from a pipe" "$(cat "$T/message" | limited 4000 nullmailer-dsn 5.0.0 | grep -c '^Subject: x$')" 1

# who gets it
given 's@x.y\nr@a.b\n\nSubject: x\n'
conf bounceto b@t.o
dsn 5.0.0
is "bounceto" "$(line 1):$(line 2):$(line 3)" ':b@t.o:'
has "bounceto: To is the sender" "$(paragraph 2)" '^To: <s@x.y>$'
given '\nr@a.b\n\nSubject: x\n'
dsn 5.0.0
fails "double bounce to nobody" 111 'Nowhere to send double bounce'
conf adminaddr 'a@m.n, b@m.n'
dsn 5.0.0
is "adminaddr" "$(line 1):$(line 2):$(line 3):$(line 4)" ':a@m.n:b@m.n:'
conf doublebounceto d@b.t
dsn 5.0.0
is "doublebounceto" "$(line 1):$(line 2):$(line 3)" ':d@b.t:'
has "double bounce: To" "$(paragraph 2)" '^To: <>$'
given '#@[]\nr@a.b\n\nSubject: x\n'
dsn 5.0.0
is "nullmailer 2.2's double bounce" "$(line 1):$(line 2):$(line 3)" ':d@b.t:'
rm "$config/adminaddr" "$config/doublebounceto" "$config/bounceto"
given 's@x.y\nr@a.b\n\nSubject: x\n'
dsn 5.0.0
nullmailer-queue <"$T/out"
is "nullmailer-queue takes it" "$? $(waiting)" '0 1'

# what goes wrong
for status in 2.0.0 6.0.0 5.0 5.0.0.0 ' 5.0.0' '5.0.0 ' 5.1234.0 x ''; do
	dsn "$status"
	fails "status '$status'" 111 'Status must be in the format 4.#.# or 5.#.#'
done
: >"$T/message"
dsn 5.0.0
has "empty input" "$rc$err" '^111nullmailer-dsn: Could not read sender address from message: '
n=0
for text in 's@x.y' 's@x.y\n' 's@x.y\n\n' '\n\nSubject: x\n'; do
	n=$((n + 1))
	given "$text"
	dsn 5.0.0
	has "no recipients $n" "$rc$err" '^111nullmailer-dsn: No'
	is "no recipients $n: stdout" "$(cat "$T/out")" ''
done
given 's@x.y\nr@a.b\n\nSubject: x\n'
dsn
is "no status" "$rc:$(head -n 1 "$T/err")" '1:nullmailer-dsn: Too few command-line arguments'
dsn 5.0.0 x
is "too many arguments" "$rc" 1
dsn --last-attempt=x 5.0.0
is "not a time" "$rc" 1
dsn --help
is "help" "$rc:$err" 0:
ln -s loop "$config/loop"
ln -s loop "$config/bounceto"
dsn 5.0.0
is "unreadable control file" "$rc:$(cat "$T/out")" 18:
has "unreadable control file: which" "$err" '^nullmailer-dsn: Error: Could not read config file "'"$config/bounceto"'": '
rm "$config/bounceto"
nullmailer-dsn 5.0.0 <"$T/message" >/dev/full 2>"$T/err"
is "full disk" "$?:$(cat "$T/err")" '111:nullmailer-dsn: Could not write the report: No space left on device'
nullmailer-dsn 5.0.0 <"$T" >"$T/out" 2>"$T/err"
is "a folder" "$?:$(cat "$T/out")" 111:

# smtpd.sh - nullmailer-smtpd: the dialogues of tests/data/smtpd/, sessions
# that break off, queue programs that fail.
#
# A dialogue begins with "== name". C: is a line to send, ended by CRLF; L: one
# ended by LF; R: raw bytes as printf takes them; S: a reply; Q: how many
# messages are queued then; B: a line of them as cat -v shows it, without the
# Received field.
. tests/lib.sh
prefix
echo f.q.d.n >"$P/mailname"

# messages: how many are queued, and what else is there of any
messages() { echo "$(waiting)$(files tmp)"; }
# shown: the queue without Received fields, in visible characters
shown() {
	stored | sed '/^$/,/^\t/{/^Received: (nullmailer/d
		/^\t[A-Z][a-z][a-z], /d}' | cat -v
}
check() {
	[ -n "$dialogue" ] || return
	empty
	nullmailer-smtpd <"$T/in" >"$T/out" 2>"$T/err"
	is "$dialogue: status" "$?" 0
	is "$dialogue: replies" "$(cat -v "$T/out")" "$(cat -v "$T/replies")"
	is "$dialogue: messages" "$(messages)" "$count"
	is "$dialogue: stored" "$(shown)" "$(cat "$T/stored")"
}
begin() {
	dialogue=$1 count=0
	: >"$T/in"; : >"$T/replies"; : >"$T/stored"
}
play() {
	dialogue=
	while IFS= read -r line; do
		text=${line#??}; text=${text# }
		case $line in
		'== '*) check; begin "$text" ;;
		C:*) printf '%s\r\n' "$text" >>"$T/in" ;;
		L:*) printf '%s\n' "$text" >>"$T/in" ;;
		R:*) printf "$text" >>"$T/in" ;;
		S:*) printf '%s\r\n' "$text" >>"$T/replies" ;;
		B:*) printf '%s\n' "$text" >>"$T/stored" ;;
		Q:*) count=$text ;;
		'#'*|'') ;;
		*) ok "$1: $line" false ;;
		esac
	done <"$1"
	check
}
for file in tests/data/smtpd/*.txt; do play "$file"; done
play tests/data/smtpd/reference.txt
is "reference: lines and words" "$(cat "$spool"/queue/* | wc -lw | tr -s ' ')" ' 11 25'
play tests/data/smtpd/transactions.txt

# a session cut at every byte: queued only with its whole end
cut_session() {
	size=$(wc -c <"$T/in") end=$(($(wc -c <"$T/in") - $2)) n=0 wrong=
	while [ $n -lt "$size" ]; do
		empty
		head -c $n "$T/in" | nullmailer-smtpd >/dev/null 2>&1 || wrong="$wrong status:$n"
		want=0; [ $n -ge "$end" ] && want=1
		[ "$(messages)" = $want ] || wrong="$wrong $n"
		n=$((n + 1))
	done
	is "$1: cut at each of $size bytes" "$wrong" ''
}
printf '%s\r\n' 'EHLO x' 'MAIL FROM:<a@b.c>' 'RCPT TO:<d@e.f>' DATA 'X: y' '' '..z' . QUIT >"$T/in"
cut_session CRLF 6
printf '%s\n' 'EHLO x' 'MAIL FROM:<a@b.c>' 'RCPT TO:<d@e.f>' DATA 'X: y' '' '..z' . QUIT >"$T/in"
cut_session LF 5

# half a message, then silence and death
empty
mkfifo "$T/pipe"
nullmailer-smtpd <"$T/pipe" >"$T/out" 2>/dev/null & pid=$!
exec 4>"$T/pipe"
printf '%s\n' 'EHLO x' 'MAIL FROM:<a@b.c>' 'RCPT TO:<d@e.f>' DATA >&4
seq 1 50000 >&4
written() { [ -n "$(find "$spool/tmp" -size +100k)" ]; }
ok "half of it is on disk" until_true 5 written
kill -9 $pid
exec 4>&-
wait $pid 2>/dev/null
none() { [ "$(messages)" = 0 ]; }
ok "server killed in DATA: nothing stays" until_true 5 none

# queue programs that fail
send() { # NULLMAILER_QUEUE or ''
	NULLMAILER_QUEUE=$1 nullmailer-smtpd <"$T/in" 2>"$T/err" | tr -d '\r' | sed -n '5,$p'
}
script() { printf '#!/bin/sh\n%s\n' "$1" >"$T/script"; chmod 755 "$T/script"; }
{
	printf '%s\r\n' 'EHLO x' 'MAIL FROM:<a@b.c>' 'RCPT TO:<d@e.f>' DATA
	seq -f 'line %.0f of a message larger than any pipe' 1 10000 | sed 's/$/\r/'
	printf '.\r\nNOOP\r\nQUIT\r\n'
} >"$T/in"
is "large message" "$(send '' | tr '\n' '|')" \
    '354 End your message with a period on a line by itself|250 2.6.0 Accepted message|250 2.3.0 OK|221 2.0.0 Good bye|'
is "large message: lines" "$(shown | wc -l)" 10003
empty
script 'exit 1'
is "refused at once" "$(send "$T/script" | tail -n 3 | tr '\n' '|')" \
    '451 4.3.0 Error returned from nullmailer-queue|250 2.3.0 OK|221 2.0.0 Good bye|'
has "refused at once: stderr" "$(cat "$T/err")" '^nullmailer-smtpd: nullmailer-queue failed: 1$'
script 'cat >/dev/null; exit 75'
is "refused at the end" "$(send "$T/script" | sed -n 2p)" '451 4.3.0 Error returned from nullmailer-queue'
script 'kill -9 $$'
is "killed" "$(send "$T/script" | sed -n 2p)" '451 4.3.0 Error returned from nullmailer-queue'
script 'exec <&-; exit 0'
is "content without reading" "$(send "$T/script" | sed -n 2p)" '451 4.3.0 Write to nullmailer-queue failed'
is "missing" "$(send /nowhere/queue | sed -n 1p)" '451 4.3.0 Starting nullmailer-queue failed'
has "missing: stderr" "$(cat "$T/err")" '^nullmailer-smtpd: starting nullmailer-queue failed: No such file'
printf '%s\r\n' 'EHLO x' 'MAIL FROM:<a@b.c>' 'RCPT TO:<d@e.f>' DATA x . QUIT >"$T/in"
rmdir "$spool/tmp"
is "broken spool" "$(send '' | sed -n 2p)" '451 4.3.0 Error returned from nullmailer-queue'
has "broken spool: the reason" "$(cat "$T/err")" '^nullmailer-queue: Installation error: queue directory is invalid'
rm -f "$P/sbin/nullmailer-queue"
is "the same in this process" "$(send '' | sed -n 2p)" '451 4.3.0 Error returned from nullmailer-queue'
has "the same in this process: the reason" "$(cat "$T/err")" '^nullmailer-queue: Installation error: queue directory is invalid'
mkdir "$spool/tmp"
is "queued in this process" "$(send '' | sed -n 2p) $(messages)" '250 2.6.0 Accepted message 1'
script 'cat >"$0.got"; echo $# >>"$0.got"'
printf '%s\r\n' 'EHLO x' 'MAIL FROM:<a@b.c>' 'RCPT TO:<d@e.f>' DATA half >"$T/in"
send "$T/script" >/dev/null
ok "foreign program gets no half message" test ! -s "$T/script.got"
printf '.\r\n' >>"$T/in"
send "$T/script" >/dev/null
is "foreign program gets it all" "$(tr '\n' , <"$T/script.got")" 'a@b.c,d@e.f,,half,0,'

# rules of the envelope are those of the queue
conf adminaddr adm@x.y
empty
printf '%s\r\n' 'EHLO x' 'MAIL FROM:<a@b.c>' 'RCPT TO:<root@localhost>' DATA . >"$T/in"
send '' >/dev/null
is "adminaddr" "$(shown | tr '\n' ,)" 'a@b.c,adm@x.y,,'
rm "$config/adminaddr"

# clients that overdo it
empty
{ printf 'NOOP '; head -c 1000000 /dev/zero | tr '\0' x; printf '\r\nNOOP\r\n'; } >"$T/in"
is "a command of 1 MB" "$(nullmailer-smtpd <"$T/in" | tr -d '\r' | sed 1d | tr '\n' '|')" \
    '500 5.5.2 Line too long|250 2.3.0 OK|'
{
	printf '%s\r\n' 'MAIL FROM:<a@b.c>' 'RCPT TO:<d@e.f>' DATA
	head -c 67108864 /dev/zero | tr '\0' .
	printf '\r\n.\r\n'
} >"$T/in"
out=$(limited 5000 nullmailer-smtpd <"$T/in" | tail -n 1 | tr -d '\r')
is "a line of 64 MB in 5 MB of address space" "$out $(tail -n +6 "$spool"/queue/* | wc -c)" \
    '250 2.6.0 Accepted message 67108864'
empty
{ echo 'MAIL FROM:<a@b.c>'; seq -f 'RCPT TO:<recipient-number-%.0f@an.example.com>' 1 220000; } >"$T/in"
out=$(nullmailer-smtpd <"$T/in" | tr -d '\r' | sort | uniq -c | tr -s ' ')
has "recipients have an end" "$out" ' 452 4.5.3 Too many recipients$'
nullmailer-smtpd <"$T/in" | head -n 1 >"$T/out"
is "client stops reading" "$(wc -l <"$T/out")" 1
head -c 200000 /dev/urandom >"$T/in"
nullmailer-smtpd <"$T/in" | tr -d '\r' | cut -c1-3 | sort -u >"$T/out"
is "garbage" "$(tr '\n' ' ' <"$T/out")" '220 500 '
is "and nothing queued by all that" "$(messages)" 0

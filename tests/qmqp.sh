# qmqp.sh - the module qmqp run by name and by the sender: the bytes on the
# wire, right and wrong answers, results and limits
. tests/lib.sh
prefix
qmqp=$P/protocols/qmqp
unset HELOHOST

# answer [OPTION...] ANSWER...: tests/qmqpd.c gives these; $port, $server
answer() {
	rm -f "$T/port" "$T"/got.*
	options=
	while :; do case $1 in -?) options="$options $1"; shift ;; *) break ;; esac; done
	# shellcheck disable=SC2086
	"$TOOLS/qmqpd" $options -o "$T/got" -- "$T/port" "$@" &
	server=$!
	owns $server
	until_true 5 test -s "$T/port"
	port=$(cat "$T/port")
}
answers_end() { kill "$server" 2>/dev/null; wait "$server" 2>/dev/null; }
# given FORMAT: makes the queue file $T/message
given() {
	# shellcheck disable=SC2059
	printf "$1" >"$T/message"
}
# alone OPTION...: the module with these; $rc, $out, $err
alone() {
	by_hand qmqp "$@"
	out=$(tr '\000' '?' <"$T/out") err=$(cat "$T/err")
}
to() { alone host=127.0.0.1 "port=$port" "$@"; }
# answered ANSWER: one message to a server that says this
answered() {
	answer "$1"
	to
	answers_end
}

# ---- the request ----
given 'a@b.c\nd@e.f\ng@h.i\n\nReceived: x\nSubject: y\n\n.dot\r\nlast line\n'
answered '10:Kok qp 123,'
is "taken" "$rc $out" "0 ok qp 123"
is "and told on stderr" "$err" "qmqp: Succeeded: ok qp 123"
is "the request" "$(tr '\n' / <"$T/got.1")" "68:40:Received: x/Subject: y//.dot$(
    printf '\r')/last line/,5:a@b.c,5:d@e.f,5:g@h.i,,"
given 'a@b.c\nd@e.f\ng@h.i\n\nReceived: x..............................\n\nb\n'
answered '3:Kok,'
is "the lengths of the specification's example" "$(tr '\n' / <"$T/got.1")" \
    "73:45:Received: x..............................//b/,5:a@b.c,5:d@e.f,5:g@h.i,,"
given '\nd@e.f\n\nS: x\n\nb\n'
answered '3:Kok,'
is "the null sender" "$rc $(tr '\n' '/' <"$T/got.1")" "0 22:8:S: x//b/,0:,5:d@e.f,,"
given 'a@b.c\nd@e.f\n\nS: x\n\nno end \000\200'
answered '3:Kok,'
is "NUL, 8 bits, no last newline" "$(od -An -c "$T/got.1" | tr -d ' \n')" \
    '35:15:S:x\n\nnoend\0200,5:a@b.c,5:d@e.f,,'

# ---- answers ----
given 'a@b.c\nd@e.f\n\nS: x\n\nb\n'
while read -r answer code text; do
	answered "$answer"
	is "answer $answer" "$rc $out" "$code $text"
	[ "$code" = 0 ] && word=Succeeded || word=Failed
	is "answer $answer: stderr" "$err" "qmqp: $word: $text"
done <<'END'
9:Kaccepted, 0 accepted
1:K, 0 
6:Zlater, 16 later
6:Dnever, 35 never
0:, 11 Invalid status byte in response
5:Xwhat, 11 Invalid status byte in response
5:kokay, 11 Invalid status byte in response
5:Kokayx 11 Response from remote was not a netstring; the message may have been taken, possible duplicate
5:Ko 11 Response from remote was not a netstring: Connection closed by server; the message may have been taken, possible duplicate
5Kokay, 11 Response from remote was not a netstring; the message may have been taken, possible duplicate
:K, 11 Response from remote was not a netstring; the message may have been taken, possible duplicate
-1:K, 11 Response from remote was not a netstring; the message may have been taken, possible duplicate
250 11 Response from remote was not a netstring: Connection closed by server; the message may have been taken, possible duplicate
65537:K 11 Response from remote was not a netstring; the message may have been taken, possible duplicate
99999999999999999999:K 11 Response from remote was not a netstring; the message may have been taken, possible duplicate
END
answered ''
is "no answer" "$rc $out" "11 Response from remote was not a netstring: Connection closed by server; the message may have been taken, possible duplicate"
answer -b '9:Kaccepted,'
to
is "byte by byte" "$rc $out" "0 accepted"
answers_end
long=$(head -c 65535 /dev/zero | tr '\0' x)
answered "65536:K$long,"
is "an answer of 64 KB" "$rc ${#out}" "0 65535"
is "in the log a part of it" "$(wc -c <"$T/err" | awk '{ print $1 < 1100 }')" 1
answered "$(printf '14:Dno\nS: forged\t,')"
is "an answer with lines: stderr" "$err" "qmqp: Failed: no / S: forged"

# ---- refusals that come early ----
head -c 8000000 /dev/zero | tr '\0' y >"$T/big"
{ printf 'a@b.c\nd@e.f\n\nS: x\n\n'; cat "$T/big"; } >"$T/message"
answer -e '6:Zlater,'
to
is "a server may refuse before it has heard all" "$rc $out" "16 later"
answers_end
answer -e '3:Kok,'
to
ok "but it cannot take what it has not heard" [ "$rc" = 14 ]
answers_end
answered '3:Kok,'
is "8 MB arrive" "$rc $(wc -c <"$T/got.1")" "0 8000040"
limited 4000 by_hand qmqp host=127.0.0.1 port=1
ok "in a few kilobytes of memory" grep -q ' port 1)$' "$T/out"
answer '3:Kok,'
limited 4000 to
is "and with 4 MB of address space" "$(cat "$T/err")" 'qmqp: Succeeded: ok'
answers_end

# ---- options ----
given 'a@b.c\nd@e.f\n\nS: x\n\nb\n'
while read -r code text; do
	read -r words
	# shellcheck disable=SC2086
	alone $words
	is "options $words" "$rc $(printf '%s\n' "$err" | tail -n 1)" "$code $text"
done <<'END'
1 qmqp: Failed: Remote host not set
port=1
1 qmqp: Failed: Invalid value for port
host=127.0.0.1 port=-1
1 qmqp: Failed: Invalid value for port
host=127.0.0.1 port=65536
1 qmqp: Failed: Invalid value for port
host=127.0.0.1 tls
1 qmqp: Failed: QMQP does not support STARTTLS
host=127.0.0.1 starttls
1 qmqp: unknown option string: '--zz'
host=127.0.0.1 zz
1 qmqp: invalid integer: x
host=127.0.0.1 port=x
END
alone host=127.0.0.1
has "the usual port" "$rc $err" '^7 .*127.0.0.1 port 628'
answer '3:Kok,'
to user=u pass=p auth-login auth-external
is "a login has no effect" "$rc $out" "0 ok"
answers_end
"$qmqp" --help >"$T/out"
is "--help" "$? $(head -n 1 "$T/out")" "0 usage: qmqp [flags]"
"$qmqp" x </dev/null >/dev/null 2>"$T/err"
is "an operand" "$? $(cat "$T/err")" "1 qmqp: Too many command-line arguments"
"$qmqp" <&- >/dev/null 2>&1
is "stdin closed" "$?" 1
"$qmqp" </ 2>"$T/err"
is "stdin unreadable" "$? $(cat "$T/err")" "18 "
printf 'host=127.0.0.1\nport=1\n' | "$qmqp" 3<&- >"$T/out" 2>/dev/null
is "no descriptor 3" "$? $(cat "$T/out")" "12 Could not open message"
for bad in '' 'a@b.c\n' 'a@b.c\n\nx\n' 'a@b.c\nd@e.f\n' 'a@b.c\nd@e.f\n\n'; do
	given "$bad"
	alone host=127.0.0.1 port=1
	is "queue file '$bad'" "$rc $out" "13 Error reading message"
done

# ---- by the sender ----
FROM=a@b.c
queue() {
	empty
	for i in 1 2 3 4 5; do put 100000000$i.$i r$i@e.f s$i@e.f; done
}
sends() {
	remotes "127.0.0.1 qmqp port=$port"
	run
}
queue
answer '3:Kok,'
sends
answers_end
is "the sender: five messages, five connections" \
    "$rc $(waiting) $(find "$T" -name 'got.*' | wc -l)" "0 0 5"
is "in order" "$(cat "$T"/got.* | tr -d '\n' | grep -o 'r[0-9]@' | tr -d '\n')" "r1@r2@r3@r4@r5@"
lacks "without trouble" "$(log)" 'ailed'
queue
answer '6:Dnever,' '6:Zlater,' '3:Kok,' '6:Zlater,' '3:Kok,'
sends
answers_end
is "five answers, five fates" "$(waiting) $(failed)" "2 1"
has "what the server said is logged" "$(log)" 'never'
has "the bounce goes out by QMQP too" "$(cat "$T/got.6")" ',0:,5:a@b.c,,$'
has "it names the recipients" "$(cat "$T/got.6")" '^Final-Recipient: rfc822; s1@e.f'
has "and has the server's words" "$(cat "$T/got.6")" '^Diagnostic-Code: .*never'
port=1
queue
sends
is "nobody there: one attempt for all" \
    "$(waiting) $(lines "^Starting delivery: host")" "5 1"
queue
answer '5:Xwhat,'
sends
answers_end
ok "a server that speaks nonsense is left alone soon" \
    [ "$(find "$T" -name 'got.*' | wc -l)" -le 3 ]
is "and nothing is lost" "$(waiting) $(failed)" "5 0"
queue
answer -
conf sendtimeout 1
sends
answers_end
is "a silent server costs two timeouts, a message each" \
    "$(waiting) $(find "$T" -name 'got.*' | wc -l)" "5 2"

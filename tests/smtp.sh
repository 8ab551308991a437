# smtp.sh - the module smtp run by name, and the dialogues of talk/ both ways:
# by the module, with one message, and by the sender's worker, with three
. tests/lib.sh
prefix
conf sendtimeout 1
smtp=$P/protocols/smtp
tab=$(printf '\t')
export HELOHOST=h.example.org

# told ARGUMENT...: runs the module, the options are in $T/options; $rc, $out,
# $err
told() {
	timeout 20 "$smtp" "$@" <"$T/options" 3<"$T/message" \
	    >"$T/out" 2>"$T/err"
	rc=$? out=$(tr -d '\000' <"$T/out") err=$(cat "$T/err")
}
# alone OPTION...: the same with these options
alone() {
	printf '%s\n' "$@" '' >"$T/options"
	told
}
# to OPTION...: and the server at $port
to() { alone host=127.0.0.1 "port=$port" "$@"; }

# ---- the dialogues ----
by_module() {
	[ "$code" != - ] || return 0
	serve "tests/talk/$script.talk"
	printf 'host=127.0.0.1,port=%s,%s,,' "$port" "$options" |
	    sed 's/,-,/,/' | tr , '\n' >"$T/options"
	told
	served
	printf '%s\n' "$out" | grep -q -e "$pattern" || bad="$bad; text: $out"
	# shellcheck disable=SC2254
	case $rc in $code) ;; *) bad="$bad; exit $rc, not $code" ;; esac
	if [ "$code" = 0 ]; then word=Succeeded; else word=Failed; fi
	printf '%s\n' "$err" | grep -q -a "^smtp: $word: " || bad="$bad; stderr: $err"
	[ "$(printf '%s' "$err" | wc -l)" = 0 ] || bad="$bad; stderr: $err"
	[ "$code" != 0 ] || [ "$(taken)" = 1 ] || bad="$bad; not received"
	[ "$code" = 0 ] || [ "$(taken)" = 0 ] || bad="$bad; received"
	[ "$played" = 0 ] || bad="$bad; peer: $flaws"
}
by_sender() {
	serve "tests/talk/$script.talk"
	remotes "127.0.0.1 smtp port=$port$([ "$options" = - ] ||
	    echo ",$options'" | sed "s/,/' '/g; s/^'//")"
	empty
	for n in 1 2 3; do cp "$T/message" "$spool/queue/100000000$n.$n"; done
	touch -d '2 hours ago' "$spool"/queue/*
	run
	served
	set -- "$(taken) $(waiting) $(failed)"
	[ "$rc" = 0 ] || bad="$bad; sender: exit $rc"
	[ "$1" = "$counts" ] || bad="$bad; sender: $1, not $counts: $(log | grep -a failed: | tail -n 3)"
	[ "$played" = 0 ] || bad="$bad; sender's peer: $flaws"
}

while IFS=$tab read -r script options recipients code pattern counts; do
	case $script in '#'*|'') continue ;; esac
	bad=
	# shellcheck disable=SC2046
	queue_file $(echo "$recipients" | tr , ' ') >"$T/message"
	by_module
	by_sender
	is "$script $options $recipients" "$bad" ''
	echo "$script" >>"$T/played"
done <tests/data/talk.txt
for f in tests/talk/*.talk; do
	f=$(basename "$f" .talk)
	[ "$f" = canned ] || grep -qx "$f" "$T/played" || echo "$f"
done >"$T/unplayed"
is "every script was played" "$(cat "$T/unplayed")" ''

# ---- the fake servers of nullmailer's own tests ----
# One connection each: LF only, 250 for a greeting, all said at once.
canned() {
	serve -n 1 "$@"
	to user=u pass=p
	served
}
queue_file a@x.y >"$T/message"
serve -n 1 tests/talk/canned.talk
to; served
is "canned replies" "$rc $played $flaws" "0 0 "
serve -n 1 tests/talk/canned.talk
remotes "127.0.0.1 smtp port=$port"
empty; put 1.1 a@x.y
run
is "canned replies, by the sender" "$rc $(waiting) $(lines '^Sent file.$')" "0 0 1"
lax='S "250-first\n250 greeting\n250-helo\n250 AUTH PLAIN\n'
canned "${lax}450 no\n\"" 'C: *' 'C: *' bye; is "450 to AUTH" "$rc" 16
canned "${lax}550 no\n\"" 'C: *' 'C: *' bye; is "550 to AUTH" "$rc" 20
canned "${lax}235 yes\n250 mail\n250 rcpt\n351 data\n220 dot\n\"" \
    'C: EHLO *' 'C= AUTH PLAIN AHUAcA==' 'C: MAIL *' 'C: RCPT *' 'C: DATA' \
    data bye
is "canned login" "$rc" 0
canned 'S "SSH-2.0-OpenSSH_9\n"' bye; is "no mail server" "$rc $out" "11 Malformed reply: SSH-2.0-OpenSSH_9"

# ---- options ----
# refuses NAME EXIT PATTERN OPTION...: and does not connect
refuses() {
	name=$1 code=$2 words=$3; shift 3
	alone "$@"
	is "$name: exit" "$rc" "$code"
	has "$name: text" "$err" "$words"
}
refuses "no host" 1 '^smtp: Failed: Remote host not set$'
is "no host: for the bounce" "$out" "Remote host not set"
refuses "unknown option" 1 '^smtp: .*what' host=127.0.0.1 what
refuses "unknown option with value" 1 '^smtp: .*what' host=127.0.0.1 what=x
refuses "no value" 1 '^smtp: .*user' host=127.0.0.1 user
refuses "value for a flag" 1 '^smtp: .*tls' host=127.0.0.1 tls=yes
refuses "port of letters" 1 '^smtp: .*x$' host=127.0.0.1 port=x
refuses "port and more" 1 '^smtp: .*25x$' host=127.0.0.1 port=25x
for n in -1 65536 4294967321 99999999999999999999; do
	refuses "port $n" 1 "^smtp: .*\\(port\\|$n\\)\$" host=127.0.0.1 port=$n
done
refuses "port 0 is 25" 19 '(127.0.0.1 port 25)$' host=127.0.0.1 port=0 source=192.0.2.1
for n in "HELOHOST=" "-u HELOHOST"; do
	# shellcheck disable=SC2086
	out=$(printf 'host=127.0.0.1\nport=1\n' | env $n "$smtp" 3<"$T/message" 2>&1)
	is "env $n" "$? $(echo "$out" | tail -n 1)" "1 smtp: Failed: \$HELOHOST is not set"
done
refuses "no TLS files without TLS name" 1 'x509keyfile needs' host=127.0.0.1 port=1 x509keyfile=/k
refuses "anonymous with certificate" 16 'Error: TLS certificate and TLS anonymous auth options cannot both be specified$' \
    host=127.0.0.1 port=1 x509cafile=/k tls-anon-auth
is "refusals said nothing to a server" "$(connections)" 1

# how options are given
refuses "arguments come first" 7 'port 1)$' --host=127.0.0.1 -p1
printf 'port=1\n' >"$T/options"
told --host=127.0.0.1 --port 2; is "stdin overrides arguments" "$rc $out" \
    "7 Connect failed: Connection refused (127.0.0.1 port 1)"
printf 'port=2\nport=1\n- \nport=3\n' | sed 's/^- $//' >"$T/options"
told --host=127.0.0.1; has "the empty line ends the options" "$out" 'port 1)$'
printf -- '-\n--\n--host=127.0.0.1\nport= 1' >"$T/options"
told; has "dashes, blanks, no last newline" "$out" 'port 1)$'
told an-operand
is "operand" "$rc $(head -n 1 "$T/err")" "1 smtp: Too many command-line arguments"
told --what; is "unknown argument" "$rc" 1
has "unknown argument: usage on stdout" "$out" '^usage: smtp'
for n in --help -h; do
	told $n; is "$n" "$rc $(echo "$out" | head -n 1)" "0 usage: smtp [flags]"
	is "$n: stderr" "$err" ''
done
"$smtp" --host=127.0.0.1 </ 3<"$T/message" >"$T/out" 2>&1
is "stdin is a folder" "$? $(cat "$T/out")" "18 "
printf 'host=127.0.0.1\nport=1\n\n' | "$smtp" 3<&- >"$T/out" 2>&1
is "no descriptor 3" "$? $(head -n 1 "$T/out")" "12 Could not open message"
yes 'host=127.0.0.1' | head -c 70000 >"$T/options"
told; is "options without end" "$rc" 1

# ---- connecting ----
queue_file a@x.y >"$T/message"
refuses "refused" 7 'Connect failed: Connection refused (127.0.0.1 port 1)$' host=127.0.0.1 port=1
refuses "refused, IPv6" 7 'Connect failed: Connection refused (::1 port 1)$' host=::1 port=1
refuses "refused, brackets" 7 'Connect failed: Connection refused (::1 port 1)$' 'host=[::1]' port=1
refuses "refused, IPv4 only" 7 'Connect failed: Connection refused (127.0.0.1 port 1)$' host=localhost port=1 ipv4
refuses "refused, IPv6 only" 7 'Connect failed: Connection refused (::1 port 1)$' host=localhost port=1 ipv6
refuses "no such name" 2 'Connect failed: a\.\.b: ' host=a..b port=1
refuses "empty host" 2 'Connect failed: ' host= port=1
refuses "source: IPv6 for IPv4" 19 'Connect failed: ' host=127.0.0.1 port=1 source=::1
refuses "source: IPv4 for IPv6" 19 'Connect failed: ' host=::1 port=1 source=127.0.0.1
refuses "source: not ours" 19 'Connect failed: .*, source=192.0.2.1 (127.0.0.1 port 1)' host=127.0.0.1 port=1 source=192.0.2.1
refuses "source: no such name" 2 'Connect failed: a\.\.b: ' host=127.0.0.1 port=1 source=a..b
serve -6 tests/talk/plain.talk
alone 'host=[::1]' "port=$port"; is "IPv6" "$rc" 0
served
serve tests/talk/plain.talk
alone host=localhost "port=$port"; is "localhost" "$rc" 0
served
serve tests/talk/silent.talk
printf 'host=127.0.0.1\nport=%s\nsource=127.0.0.2\n' "$port" >"$T/options"
"$smtp" <"$T/options" 3<"$T/message" >"$T/out" 2>&1 &
client=$!
from=$(printf '0200007F:.* 0100007F:%04X 01' "$port")
until_true 5 grep -q "$from" /proc/net/tcp
is "source is the address we come from" $? 0
kill $client
wait $client 2>/dev/null; is "TERM ends a module that waits" $? 143
served

# ---- what is said ----
# plays NAME EXIT OPTION,... LINE...: against a server that plays these
plays() {
	name=$1 want=$2 options=$3; shift 3
	serve -n 1 "$@"
	printf 'host=127.0.0.1,port=%s,%s,,' "$port" "$options" |
	    tr , '\n' >"$T/options"
	told
	served; is "$name" "$rc $played $flaws" "$want 0 "
}
printf '%s\n' s@x.y 'a b@x.y' 'a"\b@x.y' a.b@x.y .a@x.y a..b@x.y '@x.y' 'a@[192.0.2.1]' '' b >"$T/message"
plays "addresses" 0 user= 'S: 220 hi' 'C= EHLO h.example.org' 'S: 250 hi' \
    'C= MAIL FROM:<s@x.y>' 'S: 250 ok' \
    'C= RCPT TO:<"a b"@x.y>' 'S: 250 ok' 'C= RCPT TO:<"a\"\\b"@x.y>' 'S: 250 ok' \
    'C= RCPT TO:<a.b@x.y>' 'S: 250 ok' 'C= RCPT TO:<".a"@x.y>' 'S: 250 ok' \
    'C= RCPT TO:<"a..b"@x.y>' 'S: 250 ok' 'C= RCPT TO:<""@x.y>' 'S: 250 ok' \
    "C= RCPT TO:<a@[192.0.2.1]>" 'S: 250 ok' 'C= DATA' 'S: 354 go' data 'S: 250 ok' 'C= QUIT' bye
printf '\na@x.y\n\nb\n' >"$T/message"
plays "null sender; HELO after EHLO 500" 0 user= 'S: 220 hi' 'C: EHLO *' 'S: 500 no' \
    'C= HELO h.example.org' 'S: 250 hi' 'C= MAIL FROM:<>' 'S: 250 ok' \
    'C: RCPT *' 'S: 250 ok' 'C= DATA' 'S: 354 go' data 'S: 250 ok' 'C= QUIT' bye
printf 's@x.y\na@x.y\n\n1\n\r\n\200\n.' >"$T/message"
plays "SIZE and 8BITMIME" 0 user= 'S: 220 hi' 'C: EHLO *' 'S: 250-hi' 'S: 250-Size' 'S: 250 8BitMIME' \
    'C= MAIL FROM:<s@x.y> SIZE=11 BODY=8BITMIME' 'S: 250 ok' \
    'C: RCPT *' 'S: 250 ok' 'C= DATA' 'S: 354 go' data 'S: 250 ok' 'C= QUIT' bye
plays "SIZE too small" 35 user= 'S: 220 hi' 'C: EHLO *' 'S: 250-hi' 'S: 250 SIZE 10' 'C= QUIT' bye
is "SIZE too small: text" "$out" "The message has 11 bytes, the server takes no more than 10"
printf 's@x.y\n\303\274@x.y\n\nb\n' >"$T/message"
plays "SMTPUTF8" 0 user= 'S: 220 hi' 'C: EHLO *' 'S: 250-hi' 'S: 250 SMTPUTF8' \
    'C= MAIL FROM:<s@x.y> SMTPUTF8' 'S: 250 ok' \
    'C: RCPT *' 'S: 250 ok' 'C= DATA' 'S: 354 go' data 'S: 250 ok' 'C= QUIT' bye
plays "no SMTPUTF8" 35 user= 'S: 220 hi' 'C: EHLO *' 'S: 250 hi' 'C= QUIT' bye
queue_file a@x.y >"$T/message"
plays "LOGIN, methods in pieces" 20 'user=u,pass=p,auth-login' 'S: 220 hi' 'C: EHLO *' 'S: 250-hi' 'S: 250-AUTH CRAM-MD5' 'S: 250 AUTH=login' \
    'C= AUTH LOGIN dQ==' 'S: 334 UGFzc3dvcmQ6' 'C= cA==' 'S: 535 no' 'C= QUIT' bye
plays "PLAIN" 16 'user=u,pass=p w' 'S: 220 hi' 'C: EHLO *' 'S: 250-hi' 'S: 250 AUTH=X plain' \
    'C= AUTH PLAIN AHUAcCB3' 'S: 454 no' 'C= QUIT' bye
plays "PLAIN with a challenge" 11 'user=u,pass=p' 'S: 220 hi' 'C: EHLO *' 'S: 250-hi' 'S: 250 AUTH PLAIN' \
    'C: AUTH PLAIN *' 'S: 334 ' 'C= QUIT' bye
plays "empty user and password" 20 'user=,pass=' 'S: 220 hi' 'C: EHLO *' 'S: 250-hi' 'S: 250 AUTH PLAIN' \
    'C= AUTH PLAIN AAA=' 'S: 535 no' 'C= QUIT' bye
# Which mechanism, and what follows when the server refuses it
hello() { printf '%s\n' 'S: 220 hi' 'C: EHLO *' 'S: 250-hi' "S: 250 AUTH $*"; }
let_in() {
	printf '%s\n' 'S: 235 in' 'C: MAIL *' 'S: 250 ok' 'C: RCPT *' \
	    'S: 250 ok' 'C= DATA' 'S: 354 go' data 'S: 250 taken' 'C= QUIT' bye
}
# logs NAME EXIT TEXT LINE...: a login, played from lines; "in" is taken
logs() {
	name=$1 code=$2 words=$3; shift 3
	{ hello "$1"; shift; printf '%s\n' "$@"; } >"$T/login"
	case " $* " in *' in '*) sed -i '/^in$/d' "$T/login"; let_in >>"$T/login" ;; esac
	plays "$name" "$code" "${login_options:-user=u,pass=p}" "$T/login"
	[ -z "$words" ] || is "$name: text" "$out" "$words"
}
logs "PLAIN is offered and not known" 0 '' 'PLAIN LOGIN' \
    'C= AUTH PLAIN AHUAcA==' 'S: 504 5.7.4 unrecognized' \
    'C= AUTH LOGIN dQ==' 'S: 334 UGFzc3dvcmQ6' 'C= cA==' in
logs "all are offered and none is known" 20 \
    '534 5.7.9 too weak (AUTH PLAIN LOGIN as u)' 'PLAIN LOGIN' \
    'C= AUTH PLAIN AHUAcA==' 'S: 504 5.7.4 unrecognized' \
    'C= AUTH LOGIN dQ==' 'S: 534 5.7.9 too weak' 'C= QUIT' bye
logs "535, and another mechanism" 0 '' 'LOGIN PLAIN' \
    'C= AUTH PLAIN AHUAcA==' 'S: 535 5.7.8 no' \
    'C= AUTH LOGIN dQ==' 'S: 334 UGFzc3dvcmQ6' 'C= cA==' in
logs "535 twice is enough" 20 '535 5.7.8 nor so (AUTH SCRAM-SHA-1 CRAM-MD5 as u)' \
    'CRAM-MD5 SCRAM-SHA-1 PLAIN LOGIN' \
    'C: AUTH SCRAM-SHA-1 *' 'S: 535 5.7.8 not so' \
    'C= AUTH CRAM-MD5' 'S: 535 5.7.8 nor so' 'C= QUIT' bye
logs "what was hidden is not shown after it" 20 '535 no (AUTH CRAM-MD5 as u)' \
    'CRAM-MD5 PLAIN' 'C= AUTH CRAM-MD5' 'S: 535 no' 'C= QUIT' bye
logs "535, and it closes" 20 '535 5.7.8 no (AUTH PLAIN as u)' 'LOGIN PLAIN' \
    'C= AUTH PLAIN AHUAcA==' 'S: 535 5.7.8 no' close
logs "LOGIN takes no name ahead" 0 '' LOGIN \
    'C= AUTH LOGIN dQ==' 'S: 501 5.5.4 syntax' 'C= AUTH LOGIN' 'S: 334 ' \
    'C= dQ==' 'S: 334 ' 'C= cA==' in
logs "LOGIN overlooks the name ahead" 0 '' LOGIN \
    'C= AUTH LOGIN dQ==' 'S: 334 TG9naW46' 'C= *' 'S: 501 5.7.0 ok' \
    'C= AUTH LOGIN' 'S: 334 TG9naW46' 'C= dQ==' 'S: 334 ' 'C= cA==' in
logs "a server that knows no mechanism of ours" 16 \
    'Server does not advertise any supported authentication methods: it offers GSSAPI, we know PLAIN LOGIN SCRAM-SHA-256 SCRAM-SHA-1 CRAM-MD5 EXTERNAL' \
    GSSAPI 'C= QUIT' bye
logs "421 to AUTH" 16 '421 4.7.0 later (AUTH PLAIN as u)' PLAIN \
    'C: AUTH *' 'S: 421 4.7.0 later' 'C= QUIT' bye
# What worked is what the next connection begins with.
empty
put 1.1 a@x.y
put 2.2 a@x.y
serve 'cap AUTH LOGIN' 'S: 220 hi' 'C: EHLO *' 'S: 250-hi' 'S: 250 AUTH LOGIN' \
    'C= AUTH LOGIN dQ==' 'S: 502 no' 'C= AUTH LOGIN' 'S: 334 ' 'C= dQ==' \
    'S: 334 ' 'C= cA==' 'S: 235 in' 'C: MAIL *' 'S: 250 ok' 'C: RCPT *' \
    'S: 250 ok' 'C= DATA' 'S: 354 go' data 'S: 250 taken' 'C= QUIT' bye \
    next 'S: 220 hi' 'C: EHLO *' 'S: 250-hi' 'S: 250 AUTH LOGIN' \
    'C= AUTH LOGIN' 'S: 334 ' 'C= dQ==' \
    'S: 334 ' 'C= cA==' 'S: 235 in' 'C: MAIL *' 'S: 250 ok' 'C: RCPT *' \
    'S: 250 ok' 'C= DATA' 'S: 354 go' data 'S: 250 taken' 'C= QUIT' bye
remotes "127.0.0.1 smtp port=$port user=u pass=p sessions=1 messages=1"
run
served
is "the second connection knows how" "$(waiting) $flaws" '0 '

# Permanent errors that are to be temporary
for option in soft-bounce soft-bounce=550 soft-bounce=5.1.1; do
	plays "$option" 16 "$option" 'S: 220 hi' 'C: EHLO *' 'S: 250 hi' \
	    'C: MAIL *' 'S: 250 ok' 'C: RCPT *' 'S: 550 5.1.1 no' 'C= QUIT' bye
done
for option in soft-bounce=551 soft-bounce=5.1.2; do
	plays "$option" 35 "$option" 'S: 220 hi' 'C: EHLO *' 'S: 250 hi' \
	    'C: MAIL *' 'S: 250 ok' 'C: RCPT *' 'S: 550 5.1.1 no' 'C= QUIT' bye
done

plays "STARTTLS not offered" 16 'starttls' 'S: 220 hi' 'C: EHLO *' 'S: 250 hi' 'C= QUIT' bye
is "STARTTLS not offered: text" "$out" "Server does not offer STARTTLS"
plays "DATA answered by 250" 11 user= 'S: 220 hi' 'C: EHLO *' 'S: 250 hi' 'C: MAIL *' 'S: 250 ok' \
    'C: RCPT *' 'S: 250 ok' 'C= DATA' 'S: 250 go' 'C= QUIT' bye
plays "354 for MAIL" 11 user= 'S: 220 hi' 'C: EHLO *' 'S: 250 hi' 'C: MAIL *' 'S: 354 go' 'C= QUIT' bye
plays "521 to EHLO" 16 user= 'S: 220 hi' 'C: EHLO *' 'S: 521 no mail here' 'C= QUIT' bye

# ---- the message ----
printf 'no envelope\n' >"$T/message"
plays "no queue file" 13 user= 'S: 220 hi' 'C: EHLO *' 'S: 250 hi' 'C= QUIT' bye
has "no queue file: text" "$out" '^Could not read message: '
{ printf 's@x.y\na@x.y\n\nlf\ncrlf\r\nbare\rcr\n\r\r\n.\n..\n\n\000nul \377\n.'; } >"$T/message"
serve tests/talk/plain.talk; to; served
printf 'lf\r\ncrlf\r\nbare\r\ncr\r\n\r\n\r\n..\r\n...\r\n\r\nnul \377\r\n..\r\n' >"$T/want"
cmp "$T/want" "$T"/got.1 >"$T/out" 2>&1; is "line ends, dots, NUL: exactly" "$rc $? $(cat "$T/out")" "0 0 "
printf 's@x.y\na@x.y\n\n' >"$T/message"
serve tests/talk/plain.talk; to; served
is "empty message" "$rc $(wc -c <"$T"/got.1)" "0 0"
serve -n 1 'delay DOT 700' auto
queue_file a@x.y >"$T/message"
printf 'host=127.0.0.1\nport=%s\n' "$port" >"$T/options"
"$smtp" <"$T/options" 3<"$T/message" >"$T/out" 2>&1 &
client=$!
until_true 5 test -s "$T/got.1.part"
sleep 0.1
kill $client
wait $client; is "TERM after the final dot waits for the answer" "$? $(head -n 1 "$T/out")" "0 250 2.0.0 taken"

# identity.sh - from=, bounce-from= and domain= of a line of remotes: what goes
# out has the new sender, in the envelope and in its fields, and is otherwise
# what was queued, byte for byte, over whatever it goes
# needs: openssl
. tests/lib.sh
prefix
conf sendtimeout 20
certificate
export HELOHOST=h.example.org
FROM=jane@home.example

# What was queued, and what is to arrive from alerts@example.org.
cat >"$T/queued" <<'END'
Received: by home.example;
	today
DKIM-Signature: v=1; h=to:subject;
  b=AAAA
FROM :"Jane,
  Doe" <jane@home.example> (at home)
Sender: daemon@home.example
  (still the sender)
Return-Path: <daemon@home.example>
To: r@x.y,
   q@x.y
Resent-From: Ann <ann@home.example>
Resent-Sender: ann@home.example
Subject:   two  blanks	and a tab 
X-From: jane@home.example

From: jane@home.example
Sender: jane@home.example

.
..two dots, then no end of line:
END
printf 'caf\351 \377\200end' >>"$T/queued"
cat >"$T/wanted" <<'END'
Received: by home.example;
	today
DKIM-Signature: v=1; h=to:subject;
  b=AAAA
From: "Jane,  Doe" <alerts@example.org> (at home)
To: r@x.y,
   q@x.y
Resent-From: Ann <alerts@example.org>
END
sed '1,/^Resent-Sender/d' "$T/queued" >>"$T/wanted"
message() { printf '%s\nr@x.y\nq@x.y\n\n' "$FROM"; cat "$T/queued"; }
message >"$T/message"

# unwired FILE HOW: what stood on the wire, as it was queued
unwired() {
	if [ "$2" = BDAT ]; then sed 's/\r$//' "$1"
	else sed 's/\r$//; s/^\.\././; s/^\.$/&/' "$1"; fi
}
sizes() { transcript | sed -n 's/.*SIZE=\([0-9]*\).*/\1/p'; }
# octets FILE: of a message on the wire, without its dots
octets() { sed 's/$/\r/' "$1" | wc -c; }
{ cat "$T/wanted"; echo; } >"$T/whole"

# arrives NAME HOW LINE INSTRUCTION...: by the sender, alone in its transaction
arrives() {
	name=$1 how=$2 line=$3; shift 3
	serve 'cap SIZE 99000000' 'cap 8BITMIME' "$@" auto
	remotes "127.0.0.1 smtp port=$port $line"
	empty
	cp "$T/message" "$spool/queue/1000000001.1"
	touch -d '2 hours ago' "$spool/queue/1000000001.1"
	run
	served
	is "$name: delivered" "$rc $(taken) $(waiting) $flaws" "0 1 0 "
	is "$name: the envelope" "$(transcript | sed -n 's/^C: MAIL FROM:\(<.*>\).*/\1/p')" '<alerts@example.org>'
	unwired "$T/got.1" "$how" | cmp - "$T/whole" >"$T/differ" 2>&1
	is "$name: what arrives" "$(cat "$T/differ")" ''
	is "$name: its size" "$(sizes)" "$(octets "$T/whole")"
}
from=from=alerts@example.org
arrives DATA DATA $from
arrives "DATA, in a flight" DATA $from 'cap PIPELINING'
arrives "DATA, byte by byte" DATA $from 'cap PIPELINING' 'chop 1' 'shortread 1'
arrives "DATA, TLS" DATA "$from starttls insecure" "starttls $T/server.pem"
printf '%s\nr@x.y\n\n' "$FROM" | cat - "$T/queued" >"$T/message"
arrives BDAT BDAT $from 'cap PIPELINING' 'cap CHUNKING'
has "BDAT: was it" "$(transcript)" "^C: BDAT $(octets "$T/whole") LAST"
arrives "BDAT, byte by byte" BDAT $from 'cap PIPELINING' 'cap CHUNKING' \
    'chop 1' 'shortread 1'
arrives "BDAT, TLS" BDAT "$from starttls insecure" "starttls $T/server.pem" \
    'cap PIPELINING' 'cap CHUNKING'

# ---- by hand, and by QMQP ----
message >"$T/message"
serve auto
by_hand smtp host=127.0.0.1 "port=$port" $from domain=relay.example
served
unwired "$T/got.1" DATA | cmp - "$T/whole" >"$T/differ" 2>&1
is "by hand" "$rc $(cat "$T/differ")" '0 '
has "domain= is what it greets with" "$(transcript)" '^C: EHLO relay.example$'
serve auto
env -u HELOHOST "$P/protocols/smtp" --host=127.0.0.1 "--port=$port" \
    --domain='[192.0.2.1]' 3<"$T/message" </dev/null >"$T/out" 2>&1
served
has "domain= needs no HELOHOST" "$(transcript)" '^C: EHLO \[192.0.2.1\]$'

qmqp_answers() {
	rm -f "$T/port" "$T"/got.*
	"$TOOLS/qmqpd" -o "$T/got" -- "$T/port" '3:Kok,' &
	server=$!
	owns $server
	until_true 5 test -s "$T/port"
	port=$(cat "$T/port")
}
qmqp_wanted() {
	n=$(wc -c <"$T/wanted")
	text="$n:$(cat "$T/wanted"; echo .)"
	text="${text%.},18:alerts@example.org,5:r@x.y,5:q@x.y,"
	printf '%s:%s,' "$(printf %s "$text" | wc -c)" "$text"
}
qmqp_answers
by_hand qmqp host=127.0.0.1 "port=$port" $from
kill $server
qmqp_wanted >"$T/request"
cmp "$T/got.1" "$T/request" >"$T/differ" 2>&1
is "by QMQP" "$rc $(cat "$T/differ")" '0 '
qmqp_answers
remotes "127.0.0.1 qmqp port=$port from='*@example.org'"
empty; put 1.1 r@x.y
run
kill $server
has "by QMQP, from the sender" "$(cat "$T/got.1")" '16:jane@example.org,5:r@x.y,'

# ---- another line, another account ----
TEXT='From: Jane <jane@home.example>\nSubject: s\n\nb\n'
serve 'on MAIL 451 not here' auto; first=$port
serve second: auto
remotes "127.0.0.1 smtp port=$first from=one@example.org" \
    "127.0.0.1 smtp port=$port from='Two <two@example.org>'"
empty; put 1.1 r@x.y
run
has "the first is asked with its address" "$(transcript)" '^C: MAIL FROM:<one@example.org>'
has "the second with its own" "$(transcript second)" '^C: MAIL FROM:<two@example.org>'
has "and its name" "$(cat "$T/second.got.1" "$T/got.1" 2>/dev/null | tr -d '\r')" '^From: Two <two@example.org>$'

serve 'on MAIL 451 later' auto next auto
remotes "127.0.0.1 smtp port=$port"
empty; put 1.1 r@x.y
run
remotes "127.0.0.1 smtp port=$port from=new@example.org"
run
served
is "a changed line holds for what waits" "$(transcript | grep -c 'MAIL FROM:<new@example.org>')/$(waiting)" 1/0
is "the queue file has not been touched" "$(transcript | grep -c 'MAIL FROM:<jane@home.example>')" 1

# ---- reports ----
serve 'on RCPT *bad@* 550 5.1.1 no' auto
conf bounceto ''
remotes "127.0.0.1 smtp port=$port from='NAS <alerts@example.org>'"
empty; put 1.1 bad@x.y
run
run
served
has "a report keeps its null sender" "$(transcript)" '^C: MAIL FROM:<>'
has "and has the new author" "$(tr -d '\r' <"$T/got.1")" '^From: NAS <alerts@example.org>$'
serve auto
remotes "127.0.0.1 smtp port=$port bounce-from=bounces@example.org"
FROM='' ; empty; put 1.1 r@x.y
run
served
has "bounce-from= is the sender of what has none" "$(transcript)" '^C: MAIL FROM:<bounces@example.org>'
has "and of nothing else" "$(tr -d '\r' <"$T/got.1")" '^From: Jane <jane@home.example>$'
FROM=jane@home.example

# ---- size and memory ----
{ printf '%s\nr@x.y\n\nFrom: ' "$FROM"
	awk 'BEGIN { for (i = 0; i < 5000; i++)
		printf "Name %d <a%d@home.example>,\n ", i, i }'
	printf 'z@x.y\nSubject: s\n\n'
	head -c 15000000 /dev/zero | tr '\0' y
	yes 'a line of a common length, so that nothing here takes long' |
	    head -c 15000000; } >"$T/message"
sed '1,3d; 4,5004d' "$T/message" >"$T/rest"
serve 'cap SIZE 99000000' auto
if sanitized; then by_hand smtp host=127.0.0.1 "port=$port" $from
else limited 4000 by_hand smtp host=127.0.0.1 "port=$port" $from; fi
served
is "30 MB with 4 MB of address space" "$rc $(taken)" '0 1'
{ echo 'From: Name 0 <alerts@example.org>'; cat "$T/rest"; echo; } >"$T/whole"
tr -d '\r' <"$T/got.1" | cmp - "$T/whole" >"$T/differ" 2>&1
is "30 MB: what arrives" "$(cat "$T/differ")" ''
is "30 MB: its size" "$(sizes)" "$(octets "$T/whole")"

# ---- what is no address ----
for option in from=jane from= 'from=a@b.c,d@e.f' bounce-from='*@b.c' \
    from='Jane <jane@x.y' domain=a/b domain=; do
	by_hand smtp host=127.0.0.1 port=1 "$option"
	case $option in
	from=) want='7 connect' ;;
	*) want='1 option' ;;
	esac
	case $(cat "$T/out") in *Connect*) got=connect ;; *) got=option ;; esac
	is "$option" "$rc $got" "$want"
done

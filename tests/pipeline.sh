# pipeline.sh - five messages in one flight or a few, and a server that refuses,
# closes or babbles at every place of it. Each case is played by DATA, to two
# recipients a1 b1 to a5 b5, and by CHUNKING, which is BDAT to one; plain, with
# the replies in single bytes, and with TLS.
# needs: openssl
. tests/lib.sh
prefix "$T/p"
P=$T/p
echo 0 >"$P/conf/pausetime"
echo 20 >"$P/conf/sendtimeout"
if "$NM" smtp --help | grep -q -e --starttls; then hows='plain chopped tls'
else hows='plain chopped'; fi
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
    -days 9 -subj /CN=peer -keyout "$T/key" -out "$T/crt" 2>/dev/null
cat "$T/key" "$T/crt" >"$T/server.pem"

# messages BY: five, from nobody, so that nothing is bounced
messages() {
	find "$P/queue/queue" "$P/queue/failed" -type f -delete
	for i in 1 2 3 4 5; do
		printf '\na%d@x.y\nb%d@x.y\n\nSubject: %d\n\n.dot\ntext\n' \
		    $i $i $i | case $1 in CHUNKING) sed 3d ;; *) cat ;; esac \
		    >"$P/queue/queue/100000000$i.$i"
	done
}
# one WANTED: the same without the second recipients
one() {
	echo "$1" | awk -F ' / ' '{ for (i = 1; i <= 3; i++) {
		n = split($i, word, " "); out = ""
		for (k = 1; k <= n; k++)
			if ((sub("b", "", word[k]) + 1) && word[k] !~ /^[0-9]*$/)
				out = out (out ? " " : "") word[k]
		printf "%s%s", (i > 1 ? " / " : ""), out } }'
}

# Recipients as "1ab 2a": out of lines that have them, in any order.
short() {
	grep -o '[ab][0-9]*@x.y' | sed 's/\(.\)\([0-9]*\)@.*/\2 \1/' | sort |
	    awk '{ if ($1 != last) printf "%s%s", last ? " " : "", $1
		printf "%s", $2; last = $1 }'
}
of_files() { find "$P/queue/$1" -type f -exec sed '1d; /^$/,$d' {} \; | short; }
accepted() { sed -n 's/^[0-9]* [0-9]* M: .* accepted <>//p' "$T/log" | short; }

# play HOW BY INSTRUCTION...: one queue run against that server
play() {
	how=$1 by=$2 options=; shift 2
	set -- 'cap PIPELINING' "$@"
	case $by in CHUNKING|MIXED) set -- 'cap CHUNKING' "$@" ;; esac
	case $how in
	chopped) set -- 'chop 1 1' "$@" ;;
	tls) set -- "starttls $T/server.pem" "$@"; options='starttls insecure' ;;
	esac
	{ printf '%s\n' "$@"; echo auto; } >"$T/script"
	sed '/^auto until/,/^stall/d' "$T/script" >"$T/then"
	rm -f "$T/port" "$T/log"
	"$PEER" -t 60 -p "$T/port" -l "$T/log" "$T/script" ${then:+"$then"} \
	    2>"$T/flaws" &
	peer=$!
	owns $peer
	until_true 5 test -s "$T/port"
	echo "127.0.0.1 smtp port=$(cat "$T/port") sessions=1 $options $extra" \
	    >"$P/conf/remotes"
	timeout 60 nullmailer-send >"$T/out" 2>&1
	rc=$?
	kill $peer 2>/dev/null
	wait $peer
	got="$(accepted) / $(of_files queue) / $(of_files failed)"
}

# check NAME BY: the last play went as $want says, byte for byte
check() {
	is "$1, $by, $how" "$rc: $got" "0: $want"
	is "$1, $by, $how: nothing illegal was said" "$(cat "$T/flaws")" ''
}

# scene NAME WANTED BYS INSTRUCTION...: WANTED is ACCEPTED / WAITING / FAILED
scene() {
	name=$1 both_want=$2 bys=$3; shift 3
	for by in $bys; do for how in $hows; do
		messages "$by"
		play "$how" "$by" "$@"
		want=$both_want
		[ "$by" != CHUNKING ] || want=$(one "$want")
		check "$name"
	done; done
}
# separate: "1ab 2a" as a line each of "1a", "1b", "2a"
separate() {
	tr ' ' '\n' | sed -n 's/^\([0-9]\)ab$/\1a \1b/; s/^[0-9][ab].*/&/p' |
	    tr ' ' '\n' | sort
}
# astray NAME REFUSABLE BYS INSTRUCTION...: replies and commands get out of step.
# How far it gets is the sender's business; but nobody is served twice or
# lost, only those are refused who were, and who has it and waits is named.
astray() {
	name=$1 refusable=$2 bys=$3; shift 3
	for by in $bys; do for how in $hows; do
		messages "$by"
		find "$P/queue/queue" -type f -exec sed '1d; /^$/,$d' {} \; |
		    short | separate >"$T/all"
		play "$how" "$by" "$@"
		sed -n 's/^[0-9]* [0-9]* M: .* accepted <>//p' "$T/log" |
		    grep -o '[ab][0-9]' | sed 's/\(.\)\(.\)/\2\1/' | sort \
		    >"$T/served"
		of_files queue | separate >"$T/waiting"
		of_files failed | separate >"$T/failed"
		is "$name, $by, $how: nobody twice" \
		    "$rc $(uniq -d "$T/served")" "0 "
		is "$name, $by, $how: nobody lost" "$(sort -u "$T/served" \
		    "$T/waiting" "$T/failed" | comm -3 - "$T/all")" ""
		is "$name, $by, $how: nobody both" \
		    "$(comm -12 "$T/served" "$T/failed")" ""
		is "$name, $by, $how: refused are the refused" \
		    "$(grep -v -e "^$refusable\$" "$T/failed")" ""
		ok "$name, $by, $how: what may come twice is named" [ "$(
		    comm -12 "$T/served" "$T/waiting" | wc -l)" -le "$(
		    grep -c '^Attempt failed: .*possible dup' "$T/out")" ]
	done; done
}
# broken NAME INSTRUCTION...: how much was in flight depends on the moment. What
# was not accepted waits, and is named as a possible duplicate.
broken() {
	name=$1; shift
	for how in $hows; do
		messages CHUNKING
		play "$how" CHUNKING "$@"
		is "$name, CHUNKING, $how" "$rc: $({ accepted; echo
		    of_files queue; } | tr ' ' '\n' | sort | xargs)" \
		    "0: $(one "$all" | sed 's, /.*,,')"
		is "$name, CHUNKING, $how: what waits is named" \
		    "$(grep -c '^Attempt failed: .*possible duplicate' "$T/out")" \
		    "$(find "$P/queue/queue" -type f | wc -l)"
	done
}
both='DATA CHUNKING' extra=
all='1ab 2ab 3ab 4ab 5ab'

scene 'nothing refused' "$all /  / " "$both"
is 'in one connection' "$(grep -c ' + ' "$T/log")" 1
scene 'a recipient refused' '1ab 2b 3ab 4ab 5a /  / 2a 5b' "$both" \
    'on RCPT a2@* 550 no' 'on RCPT b5@* 550 no'
scene 'a recipient deferred' '1ab 2b 3ab 4ab 5ab / 2a / ' "$both" \
    'on RCPT a2@* 450 later'
scene 'one refused, one deferred' '1ab 3ab 4ab 5ab / 2b / 2a' "$both" \
    'on RCPT a2@* 550 no' 'on RCPT b2@* 450 later'
scene 'all refused' '1ab 3ab 4ab 5ab /  / 2ab' "$both" 'on RCPT ?2@* 550 no'
scene 'all refused, DATA answered 354' '1ab 3ab 4ab 5ab /  / 2ab' DATA \
    'on RCPT ?2@* 550 no' 'on DATA#2 354 go on'
# Then somebody else may have it.
astray 'all refused, BDAT answered 250' 'none' CHUNKING \
    'on RCPT ?2@* 550 no' 'on DOT#2 250 fine'
scene 'all refused everywhere' " /  / $all" "$both" 'on RCPT 550 no'
scene 'the last all refused, 354' '1ab 2ab 3ab 4ab /  / 5ab' DATA \
    'on RCPT ?5@* 550 no' 'on DATA#5 354 go on'
for code in '550 no' '451 later'; do
	case $code in
	5*) want2='1ab 3ab 4ab 5ab /  / 2ab' want5='1ab 2ab 3ab 4ab /  / 5ab' ;;
	*) want2='1ab 3ab 4ab 5ab / 2ab / ' want5='1ab 2ab 3ab 4ab / 5ab / ' ;;
	esac
	scene "MAIL $code" "$want2" "$both" "on MAIL#2 $code"
	scene "the last MAIL $code" "$want5" "$both" "on MAIL#5 $code"
	scene "DATA $code" "$want2" DATA "on DATA#2 $code"
	scene "message $code" "$want2" "$both" "on DOT#2 $code"
	scene "the last message $code" "$want5" "$both" "on DOT#5 $code"
done

# It goes away in the middle, and the rest goes over another connection; but not
# what is with the server in full, unless it said that it does not want it.
scene '421 at a MAIL' "$all /  / " "$both" 'on MAIL#3 421 bye'
scene '421 at a recipient' "$all /  / " "$both" 'on RCPT#4 421 bye'
for end in drop reset close; do
	scene "$end at a MAIL" "$all /  / " DATA "on MAIL#3 $end"
	scene "$end at a recipient" "$all /  / " DATA "on RCPT#4 $end"
	broken "$end at a MAIL" "on MAIL#3 $end"
	broken "$end at a recipient" "on RCPT#4 $end"
done
scene "421 at DATA" "$all /  / " DATA 'on DATA#3 421 bye'
scene '421 for a message' "$all /  / " "$both" 'on DOT#2 421 bye'

# Not what was asked for: the session is over, the message stays.
scene '354 for MAIL' " / $all / " "$both" 'on MAIL 354 go on'
scene '250 for DATA' " / $all / " DATA 'on DATA 250 fine'
scene '354 for a message' " / $all / " "$both" 'on DOT 354 and on' lax
scene 'no reply at all' " / $all / " "$both" 'on MAIL S "what\r\n"'

# One reply too many: by DATA the next 354 is missed, by BDAT the RSET behind it
# gets the message's own refusal.
babble='S "250 ok\r\n250 more\r\n"'
astray 'a reply out of the blue' '5.' "$both" \
    "on DOT#1 $babble" 'on RCPT ?5@* 550 no' lax
astray 'a reply out of the blue, then a refusal' '[45].' "$both" \
    "on RCPT a2@* $babble" 'on DOT#4 550 no' lax
astray 'a reply to MAIL too many, one refused' '3b' "$both MIXED" \
    "on MAIL#3 $babble" 'on RCPT b3@* 550 no' lax
astray 'RSET refused behind an accepted message' none CHUNKING \
    'on RSET#3 550 no' 'on MAIL#4 drop' lax
messages CHUNKING
how=plain want=$(one " / $all / ")
play plain CHUNKING \
    'on EHLO S "250-hi\r\n250-PIPELINING\r\n250 CHUNKING\r\n250 more\r\n"'
check 'a reply too many before the first message'
lacks 'not a message was tried' "$(cat "$T/log")" 'C: MAIL'

# Of several recipients only DATA's 354 tells in time whose each refusal was.
scene 'a recipient refused' '1ab 2b 3ab 4ab 5a /  / 2a 5b' MIXED \
    'on RCPT a2@* 550 no' 'on RCPT b5@* 550 no'
lacks 'several recipients: no BDAT' "$(cat "$T/log")" 'C: BDAT'

# A server that offers CHUNKING and does not know BDAT: the message is commands
then=$T/then
for code in 500 501 502 504; do
	scene "BDAT answered $code" "$all /  / " CHUNKING 'auto until BDAT' \
	    "S \"$code what\\r\\n500 what\\r\\n\"" lax stall
	is "$code: one more connection" "$(grep -c ' + ' "$T/log")" 2
	is "$code: by DATA, and never BDAT again" \
	    "$(grep -c 'M: .* DATA accepted' "$T/log")" 5
done
then=
# ... or that knows it, and does not mean it
for code in 503 554; do
	scene "BDAT answered $code" "$all /  / " CHUNKING "on BDAT $code no"
	is "$code: in one connection" "$(grep -c ' + ' "$T/log")" 1
done
scene "all are refused, by BDAT and by DATA" " /  / $all" CHUNKING \
    'on DOT 554 no'
# ... or that never answers it
echo 2 >"$P/conf/sendtimeout"
scene 'BDAT never answered' " / $all / " CHUNKING 'on BDAT stall'
is 'all of that flight are named' \
    "$(grep -c '^Attempt failed: .*possible duplicate' "$T/out")" 5
echo 20 >"$P/conf/sendtimeout"
# no-chunking and no-pipelining are as if it were not offered
for option in no-chunking no-pipelining; do
	messages CHUNKING
	extra=$option
	play plain CHUNKING
	extra=
	is "$option" "$rc: $got" "0: $(one "$all /  / ")"
	lacks "$option: no BDAT" "$(cat "$T/log")" 'C: BDAT'
done
is 'no-pipelining: one command, one reply' "$(awk '$3 == "C:" { c++ }
    $3 == "S:" { if (c > 1 && !text) n++; c = 0 }
    / C: DATA/ { text = 1 } / M: / { text = 0 } END { print n + 0 }' \
    "$T/log")" 0

# A large message is not sent before its recipient is accepted.
find "$P/queue/queue" "$P/queue/failed" -type f -delete
{ printf '\na1@x.y\n\nSubject: x\n\n'; yes 'a line of text' | head -n 10000
} >"$P/queue/queue/1000000001.1"
how=plain want=' /  / 1a'
play plain CHUNKING 'on RCPT 550 no'
check 'a large message refused' CHUNKING
lacks 'not an octet of it is sent' "$(cat "$T/log")" 'C: BDAT'

# More recipients than one transaction takes
find "$P/queue/queue" "$P/queue/failed" -type f -delete
{ echo; seq -f 'a%.0f@x.y' 1 230; printf '\nSubject: x\n\ntext\n'
} >"$P/queue/queue/1000000001.1"
play plain DATA
is '230 recipients' "$rc $(grep -c 'M: .* accepted' "$T/log") $(accepted |
    wc -w) $(grep -c ' + ' "$T/log") $(of_files queue)" '0 3 230 1 '
find "$P/queue/queue" "$P/queue/failed" -type f -delete
{ echo; seq -f 'a%.0f@x.y' 1 70; printf '\nSubject: x\n\ntext\n'
} >"$P/queue/queue/1000000001.1"
extra='recipients=40'
play plain DATA
extra=
is 'recipients=40' "$rc $(grep -c 'M: .* accepted' "$T/log") $(accepted |
    wc -w)" '0 2 70'

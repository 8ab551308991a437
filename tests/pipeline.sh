# pipeline.sh - five messages in one flight or a few, and a server that refuses,
# closes or babbles at every place of it. Each case is played by DATA, to two
# recipients a1 b1 to a5 b5, and by CHUNKING, which is BDAT to one; plain, with
# the replies in single bytes, and with TLS.
# needs: openssl
. tests/lib.sh
prefix
conf sendtimeout 20
if "$NM" smtp --help | grep -q -e --starttls; then hows='plain chopped tls'
else hows='plain chopped'; fi
certificate

# five BY: that many messages and nothing else in the queue
five() {
	empty
	for i in 1 2 3 4 5; do
		case $1 in
		CHUNKING) put 100000000$i.$i a$i@x.y ;;
		*) put 100000000$i.$i a$i@x.y b$i@x.y ;;
		esac
	done
}

# one WANTED: the same without the second recipients
one() {
	echo "$1" | awk -F ' / ' '{ for (i = 1; i <= 3; i++) {
		n = split($i, word, " "); out = ""
		for (k = 1; k <= n; k++) {
			sub("b", "", word[k])
			if (word[k] !~ /^[0-9]*$/)
				out = out (out ? " " : "") word[k]
		}
		printf "%s%s", (i > 1 ? " / " : ""), out } }'
}

# Recipients as "1ab 2a": out of lines that have them, in any order.
short() {
	grep -o '[ab][0-9]*@x.y' | sed 's/\(.\)\([0-9]*\)@.*/\2 \1/' | sort |
	    awk '{ if ($1 != last) printf "%s%s", last ? " " : "", $1
		printf "%s", $2; last = $1 }'
}
of_files() { find "$spool/$1" -type f -exec sed '1d; /^$/,$d' {} \; | short; }
accepted() { transcript | sed -n 's/^M: .* accepted <>//p' | short; }

# against HOW BY INSTRUCTION...: one queue run against that server, which if $then
# is set plays that from the second connection on; $extra are more options
then= extra=
against() {
	how=$1 by=$2 options=; shift 2
	set -- 'cap PIPELINING' "$@"
	case $by in CHUNKING|MIXED) set -- 'cap CHUNKING' "$@" ;; esac
	case $how in
	chopped) set -- 'chop 1 1' "$@" ;;
	tls) set -- "starttls $T/server.pem" "$@"; options='starttls insecure' ;;
	esac
	printf '%s\n' "$@" | sed '/^auto until/,/^stall/d' >"$T/then"
	if [ "$then" ]; then serve "$@" next "$T/then" auto
	else serve "$@" auto; fi
	remotes "127.0.0.1 smtp port=$port sessions=1 $options $extra"
	[ "$by" = QUEUE ] || five "$by"
	run
	served
	got="$(accepted) / $(of_files queue) / $(of_files failed)"
}

# check NAME BY: the last one went as $want says, byte for byte
check() {
	is "$1, $by, $how" "$rc: $got" "0: $want"
	is "$1, $by, $how: nothing illegal was said" "$flaws" ''
}

# each NAME WANTED BYS INSTRUCTION...: WANTED is ACCEPTED / WAITING / FAILED
each() {
	name=$1 both_want=$2 bys=$3; shift 3
	for by in $bys; do for how in $hows; do
		against "$how" "$by" "$@"
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
		against "$how" "$by" "$@"
		echo "$all" | separate |
		    case $by in CHUNKING) grep a ;; *) cat ;; esac >"$T/all"
		transcript | sed -n 's/^M: .* accepted <>//p' |
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
		    lines '^Attempt failed: .*possible dup')" ]
	done; done
}
# broken NAME INSTRUCTION...: how much was in flight depends on the moment. What
# was not accepted waits, and is named as a possible duplicate.
broken() {
	name=$1; shift
	for how in $hows; do
		against "$how" CHUNKING "$@"
		is "$name, CHUNKING, $how" "$rc: $({ accepted; echo
		    of_files queue; } | tr ' ' '\n' | sort | xargs)" \
		    "0: $(one "$all" | sed 's, /.*,,')"
		is "$name, CHUNKING, $how: what waits is named" \
		    "$(lines '^Attempt failed: .*possible duplicate')" \
		    "$(waiting)"
	done
}
both='DATA CHUNKING'
all='1ab 2ab 3ab 4ab 5ab'

each 'nothing refused' "$all /  / " "$both"
is 'in one connection' "$(connections)" 1
each 'a recipient refused' '1ab 2b 3ab 4ab 5a /  / 2a 5b' "$both" \
    'on RCPT a2@* 550 no' 'on RCPT b5@* 550 no'
each 'a recipient deferred' '1ab 2b 3ab 4ab 5ab / 2a / ' "$both" \
    'on RCPT a2@* 450 later'
each 'one refused, one deferred' '1ab 3ab 4ab 5ab / 2b / 2a' "$both" \
    'on RCPT a2@* 550 no' 'on RCPT b2@* 450 later'
each 'all refused' '1ab 3ab 4ab 5ab /  / 2ab' "$both" 'on RCPT ?2@* 550 no'
each 'all refused, DATA answered 354' '1ab 3ab 4ab 5ab /  / 2ab' DATA \
    'on RCPT ?2@* 550 no' 'on DATA#2 354 go on'
# Another recipient may have it then.
astray 'all refused, BDAT answered 250' '2.' CHUNKING \
    'on RCPT ?2@* 550 no' 'on DOT#2 250 fine'
each 'all refused everywhere' " /  / $all" "$both" 'on RCPT 550 no'
each 'the last all refused, 354' '1ab 2ab 3ab 4ab /  / 5ab' DATA \
    'on RCPT ?5@* 550 no' 'on DATA#5 354 go on'
for code in '550 no' '451 later'; do
	case $code in
	5*) want2='1ab 3ab 4ab 5ab /  / 2ab' want5='1ab 2ab 3ab 4ab /  / 5ab' ;;
	*) want2='1ab 3ab 4ab 5ab / 2ab / ' want5='1ab 2ab 3ab 4ab / 5ab / ' ;;
	esac
	each "MAIL $code" "$want2" "$both" "on MAIL#2 $code"
	each "the last MAIL $code" "$want5" "$both" "on MAIL#5 $code"
	each "DATA $code" "$want2" DATA "on DATA#2 $code"
	each "message $code" "$want2" "$both" "on DOT#2 $code"
	each "the last message $code" "$want5" "$both" "on DOT#5 $code"
done

# It goes away in the middle, and the rest goes over another connection; but not
# what is with the server in full, unless it said that it does not want it.
each '421 at a MAIL' "$all /  / " "$both" 'on MAIL#3 421 bye'
each '421 at a recipient' "$all /  / " "$both" 'on RCPT#4 421 bye'
for end in close reset fin; do
	each "$end at a MAIL" "$all /  / " DATA "on MAIL#3 $end"
	each "$end at a recipient" "$all /  / " DATA "on RCPT#4 $end"
	broken "$end at a MAIL" "on MAIL#3 $end"
	broken "$end at a recipient" "on RCPT#4 $end"
done
each "421 at DATA" "$all /  / " DATA 'on DATA#3 421 bye'
each '421 for a message' "$all /  / " "$both" 'on DOT#2 421 bye'

# Answers that come late hold nothing up and are counted right.
each 'answers wait for six commands' "$all /  / " "$both" 'hold DOT#1 6'
each 'answers wait for a while' "$all /  / " "$both" 'hold RCPT#1 300 ms'

# Not what was asked for: the session is over, the message stays.
each '354 for MAIL' " / $all / " "$both" 'on MAIL 354 go on'
each '250 for DATA' " / $all / " DATA 'on DATA 250 fine'
each '354 for a message' " / $all / " "$both" 'on DOT 354 and on' lax
each 'no reply at all' " / $all / " "$both" 'on MAIL S "what\r\n"'

# One reply too many: by DATA the next 354 is missed, by BDAT the RSET after it
# gets the message's own refusal.
babble='S "250 ok\r\n250 more\r\n"'
astray 'a reply out of the blue' '5.' "$both" \
    "on DOT#1 $babble" 'on RCPT ?5@* 550 no' lax
astray 'a reply out of the blue, then a refusal' '[45].' "$both" \
    "on RCPT a2@* $babble" 'on DOT#4 550 no' lax
astray 'a reply to MAIL too many, one refused' '3b' "$both MIXED" \
    "on MAIL#3 $babble" 'on RCPT b3@* 550 no' lax
astray 'RSET refused after an accepted message' none CHUNKING \
    'on RSET#3 550 no' 'on MAIL#4 close' lax
want=$(one " / $all / ")
against plain CHUNKING \
    'on EHLO S "250-hi\r\n250-PIPELINING\r\n250 CHUNKING\r\n250 more\r\n"'
check 'a reply too many before the first message'
lacks 'not a message was tried' "$(transcript)" 'C: MAIL'

# Of several recipients only DATA's 354 tells in time whose each refusal was.
each 'a recipient refused' '1ab 2b 3ab 4ab 5a /  / 2a 5b' MIXED \
    'on RCPT a2@* 550 no' 'on RCPT b5@* 550 no'
lacks 'several recipients: no BDAT' "$(transcript)" 'C: BDAT'

# A server that offers CHUNKING and does not know BDAT: the message is commands
then=yes
for code in 500 501 502 504; do
	each "BDAT answered $code" "$all /  / " CHUNKING 'auto until BDAT' \
	    "S \"$code what\\r\\n500 what\\r\\n\"" lax stall
	is "$code: one more connection" "$(connections)" 2
	is "$code: by DATA, and never BDAT again" \
	    "$(transcript | grep -c '^M: .* DATA accepted')" 5
done
# ... or that hangs up at a RSET after what it has refused: nothing after that
# was taken, and goes by the next connection
each 'a RSET too many' '1ab 3ab 4ab 5ab /  / 2ab' CHUNKING 'on RCPT a2@* 550 no' \
    'auto until RSET#2' 'S "554 Too many nonmail commands\r\n"' close stall
then=
# ... or that knows it, and does not mean it
for code in 503 554; do
	each "BDAT answered $code" "$all /  / " CHUNKING "on BDAT $code no"
	is "$code: in one connection" "$(connections)" 1
done
each 'all are refused, by BDAT and by DATA' " /  / $all" CHUNKING \
    'on DOT 554 no'
# ... or that never answers it
conf sendtimeout 2
each 'BDAT never answered' " / $all / " CHUNKING 'on BDAT stall'
is 'all of that flight are named' \
    "$(lines '^Attempt failed: .*possible duplicate')" 5
# ... which is remembered, although the run is over with that message
empty
put 1000000001.1 a1@x.y
serve 'cap PIPELINING' 'cap CHUNKING' 'on BDAT stall' auto
remotes "127.0.0.1 smtp port=$port"
run
run
is 'the next run does without BDAT' "$(transcript |
    sed -n 's/^C: \(BDAT\|DATA\).*/\1/p' | paste -sd ' ' -)" 'BDAT DATA'
conf sendtimeout 20
# no-chunking and no-pipelining are as if it were not offered
for extra in no-chunking no-pipelining; do
	against plain CHUNKING
	is "$extra" "$rc: $got" "0: $(one "$all /  / ")"
	lacks "$extra: no BDAT" "$(transcript)" 'C: BDAT'
done
is 'no-pipelining: one command, one reply' "$(transcript | awk '
    /^C:/ { c++ } /^S:/ { n += c > 1 && !text; c = 0 }
    /^C: DATA/ { text = 1 } /^M:/ { text = 0 } END { print n + 0 }')" 0
extra=

# More recipients than one transaction takes
empty
# shellcheck disable=SC2046
put 1000000001.1 $(seq -f 'a%.0f@x.y' 1 230)
against plain QUEUE
is '230 recipients' "$rc $(transcript | grep -c '^M: .* accepted') $(accepted |
    wc -w) $(connections) $(of_files queue)" '0 3 230 1 '
empty
# shellcheck disable=SC2046
put 1000000001.1 $(seq -f 'a%.0f@x.y' 1 70)
extra='recipients=40'
against plain QUEUE
extra=
is 'recipients=40' "$rc $(transcript | grep -c '^M: .* accepted') $(accepted |
    wc -w)" '0 2 70'

# It hangs up while a long message is on its way to it: what it had answered
# before that counts. With TLS our server cannot do that softly.
hows='plain chopped'
TEXT="Subject: x\n\n$(yes 'a line of a long text' | head -n 14000 | sed 's/$/\\n/' | tr -d '\n')"
for at in MAIL#3 RCPT#5; do
	broken "long messages, fin at $at" "on $at fin"
done
empty
put 1000000001.1 a1@x.y
against plain QUEUE 'cap CHUNKING' 'on RCPT 550 no'
is 'a large message refused' "$rc: $got" '0:  /  / 1a'
lacks 'a large message refused: not an octet of it is sent' \
    "$(transcript)" 'C: BDAT'
empty
put 1000000001.1 a1@x.y
serve 'cap PIPELINING' 'on DATA S "354 go\r\n552 5.3.4 too big\r\n"' \
    'auto until DOT' lax fin
remotes "127.0.0.1 smtp port=$port"
run
served
is "a message refused on its way, fin: it has failed" \
    "$(waiting) $(failed)" '0 1'
has "a message refused on its way, fin: with the server's words" \
    "$(log)" 'stage: dot reply: "552 5.3.4 too big" next: none'

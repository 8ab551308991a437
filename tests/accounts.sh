# accounts.sh - if-from= and if-to= of a line of remotes: which messages and
# which recipients it is for. A message whose recipients go different ways is
# delivered in parts, each recipient once; the lines that take him are his
# remotes, in their order
. tests/lib.sh
prefix
conf sendtimeout 20
FROM=jane@home.example

# got [NAME]: "FROM TO..." of each message that a server has accepted
got() { transcript "$@" | sed -n 's/^M: .* accepted //p' | tr -d '<>' | sort; }
three() { serve one: auto; one=$port; serve two: auto; two=$port; serve three: auto; three=$port; }
account() { printf '\0%s\0%s' "$@" | base64; }
reason() { "$NM" mailq 2>/dev/null; }

by_recipient() {
	three
	remotes "127.0.0.1 smtp port=$one if-to=@a.example,@.b.example" \
	    "127.0.0.1 smtp port=$two if-to=jane@c.example,@d.example,!x@d.example" \
	    "127.0.0.1 smtp port=$three if-to=!@a.example"
	put 1.1 1@A.example 2@x.b.example 3@b.example JANE@c.example \
	    x@d.example y@d.example z@e.example 1@a.example
	put 1.2 z@e.example
	put 1.3 1@a.example
	run
	is "each has a remote" "$rc $(waiting) $(failed)" "0 0 0"
	is "the first has those it is for" "$(got one)" \
	    "$FROM 1@A.example 2@x.b.example 3@b.example 1@a.example
$FROM 1@a.example"
	is "the second too" "$(got two)" "$FROM JANE@c.example y@d.example"
	is "the third has what is left" "$(got three)" \
	    "$FROM x@d.example z@e.example
$FROM z@e.example"
	is "the log counts those of each" "$(log | sed -n \
	    's/^Delivered: file: 1.1 .*\(recipients: .\) .*/\1/p')" \
	    "recipients: 4
recipients: 2
recipients: 2"
}

by_sender() {
	serve 'cap AUTH PLAIN' auto
	remotes "127.0.0.1 smtp port=$port user=ann pass=aa if-from=ann@x.example" \
	    "127.0.0.1 smtp port=$port user=bob pass=bb if-from=@y.example,<>"
	FROM=ann@x.example put 1.1 r@z.example
	FROM=Bob@Y.example put 1.2 r@z.example
	FROM='' put 1.3 r@z.example
	FROM=eve@x.example put 1.4 r@z.example
	run
	is "each account has its mail" "$(sort -sn "$T/peer" | awk '
	    $3 == "C:" && $4 == "AUTH" { who = $6 }
	    $3 == "M:" { print who, $(NF - 1) }' | sort)" \
	    "$(account ann aa) <ann@x.example>
$(account bob bb) <>
$(account bob bb) <Bob@Y.example>"
	is "what no line takes is kept" "$(files queue)" 1.4
	has "mailq says so" "$(reason)" 'No line of remotes takes it'
	has "and the log" "$(log)" '^1.4: No line of remotes takes it (if-from, if-to)$'
	remotes "127.0.0.1 smtp port=$port user=ann pass=aa"
	run
	is "until a line does" "$(waiting)" 0
}

expires() {
	serve auto
	remotes "127.0.0.1 smtp port=$port if-to=@a.example" \
	    "127.0.0.1 smtp port=$port if-to=@home.example"
	put 1.1 r@b.example
	put 1.2 r@a.example r@b.example
	conf queuelifetime 7000
	run
	run
	is "it expires as any other" "$(waiting) $(files failed | tr '\n' ' ')" "0 1.1 1.2 "
	has "the report says why" "$(cat "$T"/got.*)" \
	    '^Diagnostic-Code: SMTP; No line of remotes takes it'
	rm "$config/queuelifetime"
}

failover() {
	serve one: 'on RCPT b@* 451 4.2.0 later' 'on RCPT c@* 550 5.1.1 no' auto; one=$port
	serve two: auto; two=$port
	serve three: auto
	remotes "127.0.0.1 smtp port=$one if-to=@x.example" \
	    "127.0.0.1 smtp port=$port if-to=@y.example" \
	    "127.0.0.1 smtp port=$two if-to=@x.example,@home.example"
	put 1.1 a@x.example b@x.example c@x.example d@y.example
	run
	run
	is "a remote that wants him later is followed by his next" "$(got one)
$(got two)" "$FROM a@x.example
 $FROM
$FROM b@x.example"
	is "no other line has him" "$(got three)" "$FROM d@y.example"
	is "one refusal is one report" "$(waiting) $(cat "$spool"/failed/* |
	    sed '/^$/q')" "0 $FROM
c@x.example"
	kill "$server"; wait "$server" 2>/dev/null
	put 1.2 a@x.example d@y.example e@y.example
	run
	is "those of a remote that rests wait" "$(sed '/^$/q' "$spool/queue/1.2")" \
	    "$FROM
d@y.example
e@y.example"
}

null_sender() {
	three
	FROM=
	remotes "127.0.0.1 smtp port=$one if-from=@a.example" \
	    "127.0.0.1 smtp port=$two" "127.0.0.1 smtp port=$three if-from=@b.example"
	put 1.1 r@x.example; run
	is "named by no line, it takes one without if-from" "$(waiting) $(got two)" "0  r@x.example"
	remotes "127.0.0.1 smtp port=$one if-from=@a.example" \
	    "127.0.0.1 smtp port=$three if-from=@b.example"
	put 1.1 r@y.example; run
	is "or else the first" "$(waiting) $(got one)" "0  r@y.example"
	remotes "127.0.0.1 smtp port=$one if-from=@a.example if-to=@x.example" \
	    "127.0.0.1 smtp port=$three if-from=@b.example"
	put 1.1 r@y.example r@x.example; run
	is "that is for its recipient" "$(waiting) $(got one) $(got three)" \
	    "0  r@x.example
 r@y.example  r@y.example"
	remotes "127.0.0.1 smtp port=$one if-from=@a.example,!<>" \
	    "127.0.0.1 smtp port=$three if-from=@b.example,<>"
	put 1.1 r@z.example; run
	is "a line that names it has it" "$(waiting) $(got three)" "0  r@y.example
 r@z.example"
}

# What is sent whole and never answered holds up only whom that line takes.
unanswered() {
	serve one: 'on DOT reset' auto; one=$port
	serve two: auto; two=$port
	remotes "127.0.0.1 smtp port=$one if-to=@x.example" \
	    "127.0.0.1 smtp port=$two"
	put 1.1 a@x.example b@y.example
	conf pausetime 1
	start
	logged 20 'Delivered: file: 1.1'
	logged 20 'Rescanning queue' 2
	stop 5
	is "the others are served" "$(got two)" "$FROM b@y.example"
	is "those it takes have no other remote now" \
	    "$(sed '/^$/q' "$spool/queue/1.1")" "$FROM
a@x.example"
	rm "$config/pausetime"
}

# The sender is killed while the second of three has its part, and comes back.
restart() {
	serve one: auto; one=$port
	serve two: 'on RCPT stall' auto next auto; two=$port
	serve three: auto; three=$port
	remotes "127.0.0.1 smtp port=$one if-to=@x.example" \
	    "127.0.0.1 smtp port=$two if-to=@y.example" \
	    "127.0.0.1 smtp port=$three if-to=@z.example"
	put 1.1 a@z.example b@y.example c@x.example d@y.example
	start
	heard 20 'C: RCPT TO' two
	kill -9 "$sender"
	wait "$sender" 2>/dev/null
	is "the first was served" "$(got one)" "$FROM c@x.example"
	start
	logged 20 'Delivery complete, 0 '
	stop 5
	is "each is served once" "$(got one; got two; got three)" \
	    "$FROM c@x.example
$FROM b@y.example d@y.example
$FROM a@z.example"
	is "and nothing is left" "$(waiting) $(failed)" "0 0"
}

# Too large for the only line that takes him.
too_large() {
	TEXT="Subject: x\n\n$(printf '%600s' '')\n"
	serve one: 'cap SIZE 500' auto; one=$port
	serve two: auto; two=$port
	remotes "127.0.0.1 smtp port=$one if-to=@x.example" \
	    "127.0.0.1 smtp port=$two if-to=!@x.example"
	put 1.1 a@x.example b@y.example
	run; run
	is "others have it" "$(got two)" " $FROM
$FROM b@y.example"
	is "he has a report" "$(waiting) $(sed '/^$/q' "$spool"/failed/1.1*)" "0 $FROM
a@x.example"
}

# A module of another's gets a file for its part alone, and not these words.
modules() {
	serve auto
	module own "cat >$T/options" "cat <&3 >$T/part" "ls -l /proc/self/fd >$T/fds"
	remotes "h own what=x if-to=@x.example if-from=*" \
	    "127.0.0.1 smtp port=$port"
	put 1.1 a@y.example b@x.example c@y.example
	run
	is "an external module has its part" "$(cat "$T/part")" \
	    "$(queue_file b@x.example)"
	is "and its options" "$(cat "$T/options")" "host=h
what=x"
	is "the rest goes on" "$(waiting) $(got)" "0 $FROM a@y.example c@y.example"
	is "and, for its lock, the whole" "$(sed -n 's/.* \(. -> \).*p.queue\(.*\)/\1\2/p' \
	    "$T/fds" | sed 's/tmp.*/tmp/')" "3 -> /tmp
4 -> /queue/1.1"
	put 1.1 b@x.example
	run
	is "a whole message is its file" "$(cat "$T/part")" "$(queue_file b@x.example)"
	remotes "h own if-to=x.example" "127.0.0.1 smtp port=$port"
	put 1.1 b@x.example
	rm "$T/part"
	run
	has "a wrong word is named" "$(log)" \
	    "^remotes, line 1: if-to: 'x.example' is no pattern; @x.example?\$"
	is "and that line is left out" "$(waiting) $([ -e "$T/part" ] || got)" \
	    "0 $FROM a@y.example c@y.example
$FROM b@x.example"
}

qmqp() {
	"$TOOLS/qmqpd" -o "$T/asked" -- "$T/qmqp" 3:Kok, &
	owns $!
	until_true 20 test -s "$T/qmqp"
	serve auto
	remotes "127.0.0.1 qmqp port=$(cat "$T/qmqp") if-to=@x.example" \
	    "127.0.0.1 smtp port=$port"
	put 1.1 a@y.example b@x.example
	run
	is "QMQP has its part" "$(grep -ao '17:jane@.*' "$T/asked.1")" \
	    "17:$FROM,11:b@x.example,,"
	is "and the rest goes on" "$(waiting) $(got)" "0 $FROM a@y.example"
}

scenes 'by_recipient by_sender expires failover null_sender' \
    'unanswered restart too_large modules qmqp'

# verbs.sh - mailq's verbs beside a sender at work: at any moment of a delivery
# each message arrives once or is where the administrator put it
. tests/lib.sh
prefix
TEXT='Subject: x\n\ntext\n'
conf pausetime 1

# ---- what failed ----
serve 'on RCPT no@* 550 5.1.1 no such user' auto
remotes "127.0.0.1 smtp port=$port"
put 1700000001.1 no@x.y
run
has "why it failed is known" "$(mailq -F)" \
    '^  1700000001.1 tried 1 time, last: 127.0.0.1: 550 5.1.1 no such user$'
is "to root and the owner only" "$(stat -c %a "$spool/failures")" 600
conf failedlifetime 3600
run
is "not old enough" "$(files failed)" 1700000001.1
conf failedlifetime 1
sleep 2.1
run
is "old enough" "$(files failed)" ""
has "it is said" "$(log)" '^Removed failed message 1700000001.1: it lay there longer'
is "and forgotten" "$(cat "$spool/failures")" ""
rm "$config/failedlifetime"
served

# ---- retry ----
serve 'on RCPT late@* 451 4.2.0 later' auto
remotes "127.0.0.1 smtp port=$port"
conf pausetime 600
put 1700000001.1 late@x.y
put 1700000002.1 late@x.y
start
logged 20 '^Sending failed' 2
mailq --retry 1700000002.1 >/dev/null
ok "one is tried again" logged 20 '^Starting delivery: .* file: 1700000002.1' 2
sleep 0.5
is "only that one" "$(lines '^Starting delivery: .* file: 1700000001.1')" 1
mailq --retry all >/dev/null
ok "all are" logged 20 '^Starting delivery: .* file: 1700000001.1' 2
stop 10
served
empty

# ---- a refused login rests ----
serve 'auth u p' 'cap AUTH PLAIN' auto
remotes "127.0.0.1 smtp port=$port user=u pass=wrong"
put 1700000001.1 a@x.y
start
logged 20 'is left out'
mailq --retry 1700000001.1 >/dev/null
sleep 1
is "one message does not lift its rest" "$(transcript | grep -c '^C: AUTH')" 1
mailq --retry all >/dev/null
ok "all of them do" until_true 20 sh -c "[ \$(grep -c 'C: AUTH' '$T/peer') = 2 ]"
stop 10
served
empty

# ---- at any moment ----
# The server takes a while for each, so that most moments are in a delivery.
serve 'delay DOT 20' auto
remotes "127.0.0.1 smtp port=$port sessions=1"
conf pausetime 1
start
until_true 10 mailq -s
number=0
while [ $number -lt 60 ]; do
	number=$((number + 1))
	name=17000$((10000 + number)).1
	put "$name" "r$number@x.y"
	pull
	case $((number % 4)) in
	0) sleep 0.02 ;;
	1) sleep 0.0$((number % 10)) ;;
	esac
	case $((number % 3)) in
	0) mailq --hold "$name" ;;
	1) mailq --delete "$name" ;;
	2) mailq --retry "$name" ;;
	esac >>"$T/done" 2>>"$T/undone"
done
until_true 30 drained
stop 10
served
transcript | sed -n 's/^M: .* accepted .* <\{0,1\}r\([0-9]*\)@x.y>\{0,1\}.*/\1/p' |
    sort -n >"$T/arrived"
sed -n 's/^17000\(1[0-9]*\)\.1 is deleted/\1/p' "$T/done" | sed 's/^1000*//' | sort -n >"$T/deleted"
for name in "$spool"/hold/*; do
	sed -n '2s/^r\([0-9]*\)@.*/\1/p' "$name"
done 2>/dev/null | sort -n >"$T/held"
is "nothing waits" "$(waiting)" 0
is "each has arrived, is held or deleted, once" \
    "$(sort -n "$T/arrived" "$T/deleted" "$T/held" | tr '\n' ' ')" \
    "$(seq 60 | tr '\n' ' ')"
ok "some of each" [ -s "$T/arrived" ]
echo "# $(wc -l <"$T/arrived") arrived, $(wc -l <"$T/held") held, $(wc -l <"$T/deleted") deleted"

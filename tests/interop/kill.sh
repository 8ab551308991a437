# kill.sh - 500 messages to a server that takes its time, while the sender and
# its workers are killed with -9 at random moments. Nothing is lost; twice came
# only what was the last of its connection, its final dot on the way.
. tests/interop/lib.sh
COUNT=500

prefix
inject "$COUNT"
is "$COUNT messages are queued" "$(waiting)" "$COUNT"

serve 'delay DOT 30' auto
remotes "127.0.0.1 smtp port=$port"

# Moments and victims, the same in every run.
awk 'BEGIN { srand(7); for (i = 0; i < 400; i++)
	printf "0.%03d %s\n", 20 + int(rand() * 180),
	    rand() < 0.5 ? "sender" : "worker" }' >"$T/plan"

sender=none
# A victim that is gone by then has been spared.
strike() {
	case $1 in
	sender) victim=$sender ;;
	worker) victim=$(children "$sender" | cut -d' ' -f1) ;;
	esac
	[ -n "$victim" ] && kill -9 "$victim" 2>/dev/null && echo "$1"
}

while read -r moment victim; do
	! drained || break
	! ended "$sender" || start --once
	sleep "$moment"
	strike "$victim" >>"$T/struck"
done <"$T/plan" 2>/dev/null
until_true 30 ended "$sender"

is "the queue is empty" "$(waiting)" 0
is "nothing has failed" "$(failed)" 0
for victim in sender worker; do
	ok "a $victim was killed now and then" \
	    [ "$(grep -c "$victim" "$T/struck")" -ge 5 ]
done

# CONNECTION RECIPIENT of every message that was accepted, in order.
awk '$3 == "M:" && $8 == "accepted" { print $1, $10 }' "$T/peer" \
    >"$T/accepted"
cut -d' ' -f2 "$T/accepted" | sort | uniq -c >"$T/times"
is "every message has arrived" "$(wc -l <"$T/times")" "$COUNT"
twice=$(awk '$1 > 1' "$T/times" | wc -l)
echo "#= killed: $(sort "$T/struck" | uniq -c | tr '\n' ' '), twice: $twice," \
    "connections: $(cut -d' ' -f1 "$T/accepted" | sort -u | wc -l)"
is "twice came only what was the last of its connection" "$(awk '
	{ last[$1] = $2; connection[NR] = $1; recipient[NR] = $2
	  latest[$2] = NR }
	END { for (i = 1; i <= NR; i++)
		if (i != latest[recipient[i]] &&
		    last[connection[i]] != recipient[i])
			print recipient[i] }' "$T/accepted")" ""

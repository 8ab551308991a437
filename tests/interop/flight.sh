# flight.sh - many messages in flight, with CHUNKING, while workers are killed
# with -9 at random moments, then whole senders. Nothing is lost; twice came
# only what was in flight, and a sender that lives names it.
. tests/interop/lib.sh
COUNT=1200
prefix

# fill: message N is the file 1000000000.N, to rN
fill() {
	empty
	i=0
	while [ "$i" -lt "$COUNT" ]; do
		i=$((i + 1))
		{ printf '\nr%d@example.net\n\n' "$i"; message "$i"; } \
		    >"$spool/queue/1000000000.$i"
	done
}
listen() {
	serve "$1": 'cap PIPELINING' 'cap CHUNKING' 'delay GREETING 200' \
	    'delay DOT 10' auto
	remotes "127.0.0.1 smtp port=$port"
	: >"$T/$1.log"
}
# kills WHO TIMES: at moments that are the same in every run
kills() {
	struck=0 sender=none
	awk -v n="$2" 'BEGIN { srand(11); for (i = 0; i < n; i++)
		printf "0.%03d\n", 240 + int(rand() * 200) }' >"$T/plan"
	while read -r moment; do
		! drained || break
		! ended "$sender" || { nullmailer-send --once >>"$T/$1.log" 2>&1 & sender=$!; }
		sleep "$moment"
		victim=$sender
		[ "$1" = sender ] ||
			victim=$(children "$sender" | cut -d' ' -f1)
		[ -z "$victim" ] || ! kill -9 "$victim" 2>/dev/null ||
			struck=$((struck + 1))
	done <"$T/plan" 2>/dev/null
	until_true 60 ended "$sender"
	for _ in 1 2 3; do
		drained || nullmailer-send --once >>"$T/$1.log" 2>&1
	done
}

# judge WHO: NUMBER of each accepted message, in order
judge() {
	transcript "$1" | sed -n 's/^M: .* accepted .*<r\([0-9]*\)@.*/\1/p' |
	    sort -n | uniq -c >"$T/$1.times"
	is "$1: the queue is empty" "$(waiting)" 0
	is "$1: nothing has failed" "$(failed)" 0
	is "$1: every message has arrived" "$(wc -l <"$T/$1.times")" "$COUNT"
	awk '$1 > 1 { print $2 }' "$T/$1.times" | sort >"$T/$1.twice"
	twice=$(wc -l <"$T/$1.twice")
	extra=$(awk '{ n += $1 - 1 } END { print n + 0 }' "$T/$1.times")
	ok "$1: it was killed now and then" [ "$struck" -ge 5 ]
	ok "$1: no more came twice than was in flight" \
	    [ "$extra" -le $((struck * 4 * 64)) ]
	echo "#= $1 killed $struck times: $twice of $COUNT came twice or more"
}

fill
listen worker
kills worker 20
judge worker
sed -n 's/^.*\(Attempt failed: file:\|Delivery of\) 1000000000\.\([0-9]*\) .*/\2/p' \
    "$T/worker.log" | sort -u >"$T/named"
is "what came twice is named in the log" "$(comm -23 "$T/worker.twice" "$T/named")" ""
fill
listen sender
kills sender 20
judge sender

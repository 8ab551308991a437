# storm.sh - a server that refuses everything, a hundred messages: at most one
# report each, and then silence
. tests/lib.sh
COUNT=100
P=$T/p

# storm NAME INSTRUCTION...: such a server, and queue runs until nothing is left
storm() {
	name=$1; shift
	rm -rf "$P" "$T/port" "$T/peer"
	prefix "$P"
	[ "$name" != doublebounceto ] || echo db@x.y >"$P/conf/doublebounceto"
	printf '%s\n' "$@" auto >"$T/script"
	"$PEER" -t 60 -p "$T/port" -l "$T/peer" "$T/script" &
	peer=$!
	owns $peer
	until_true 5 test -s "$T/port"
	echo "127.0.0.1 smtp port=$(cat "$T/port")" >"$P/conf/remotes"
	i=0
	while [ $i -lt $COUNT ]; do
		i=$((i + 1))
		printf 's@x.y\nr%s@x.y\n\nSubject: x\n\nb\n' $i |
		    nullmailer-queue || break
	done
	for run in 1 2 3 4 5; do
		timeout 60 nullmailer-send --once >"$T/log.$run" 2>&1
	done
	kill $peer
	wait $peer 2>/dev/null
}
files() { find "$P/queue/$1" -type f | wc -l; }
# from PATTERN: how often the server heard it, in all and since run 3
from() { grep -c " C: MAIL FROM:$1" "$T/peer"; }
reports() { cat "$T"/log.* | grep -c '^Generating bounce for '; }

for verb in MAIL RCPT DATA DOT; do
	# Where there is CHUNKING there is no DATA.
	[ $verb = DATA ] && cap= || cap='cap CHUNKING'
	storm $verb "on $verb 554 5.7.1 go away" 'cap PIPELINING' "$cap"
	is "$verb refused: nothing is left, nothing is tried again" \
	    "$(files queue) $(files tmp) $(from '<s@x.y>')" "0 0 $COUNT"
	is "$verb: a report each" "$(reports) $(from '<>')" "$COUNT $COUNT"
	is "$verb: no report of a report" \
	    "$(cat "$T"/log.* | grep -c '^Not generating double bounce for ')" $COUNT
	is "$verb: everything is kept" "$(files failed)" $((2 * COUNT))
	is "$verb: then silence" "$(cat "$T/log.3" "$T/log.4" "$T/log.5" |
	    grep -v '^Rescanning queue\.$')" ""
done

storm doublebounceto 'on RCPT 554 5.7.1 go away'
is "doublebounceto: one more each, and no more" \
    "$(files queue) $(from '<s@x.y>') $(from '<>')" "0 $COUNT $((2 * COUNT))"
is "doublebounceto: then silence" "$(cat "$T/log.4" "$T/log.5" |
    grep -v '^Rescanning queue\.$')" ""

for verb in GREETING EHLO; do
	storm $verb "on $verb 554 go away" 'on HELO 554 go away'
	is "$verb refused: all wait, nothing is reported" \
	    "$(files queue) $(files failed) $(reports)" "$COUNT 0 0"
	is "$verb: one connection a run" "$(grep -c ' + ' "$T/peer")" 5
done

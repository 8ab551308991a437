# sessions.sh - how many connections a run makes to one remote: more than one
# only where a server is slow and many messages wait, never more than it wants.
. tests/lib.sh
P=$T/p
prefix "$P"
echo 0 >"$P/conf/pausetime"
echo 20 >"$P/conf/sendtimeout"

put() {
	find "$P/queue/queue" "$P/queue/failed" -type f -delete
	i=0
	while [ $i -lt "$1" ]; do
		i=$((i + 1))
		printf '\nr%d@x.y\n\nSubject: %d\n\ntext\n' $i $i \
		    >"$P/queue/queue/$((1000000000 + i)).$i"
	done
}
# serve FILE...: connection k plays file k, the last one all others
serve() {
	rm -f "$T/port" "$T/log"
	"$PEER" -t 60 -p "$T/port" -l "$T/log" "$@" 2>"$T/flaws" &
	peer=$!
	owns $peer
	until_true 5 test -s "$T/port"
}
# run OPTION...: one queue run
run() {
	echo "127.0.0.1 smtp port=$(cat "$T/port") $*" >"$P/conf/remotes"
	timeout 60 nullmailer-send >"$T/out" 2>&1
	rc=$?
	kill $peer
	wait $peer
	connections=$(grep -c ' + ' "$T/log")
}
left() { find "$P/queue/queue" "$P/queue/failed" -type f | wc -l; }
# taken [CONNECTION]: messages
taken() { grep -c "^${1:-[0-9]*} [0-9]* M: .* accepted" "$T/log"; }
# all COUNT NAME
all() {
	is "$2: all are sent, once" "$rc $(left) $(taken)" "0 0 $1"
	lacks "$2: nothing failed" "$(cat "$T/out")" '^Attempt failed\|left out'
}

printf '%s\n' 'delay DOT 100' auto >"$T/slow"
printf '%s\n' 'cap PIPELINING' 'delay DOT 100' auto >"$T/ahead"
for server in slow ahead; do
	for sessions in 1 2 4; do
		put 25
		serve "$T/$server"
		run "sessions=$sessions"
		all 25 "$server, sessions=$sessions"
		is "$server, sessions=$sessions: so many connections" \
		    "$connections" $sessions
	done
	put 25
	serve "$T/$server"
	run
	is "$server: four if nothing is said" "$connections" 4
	put 9
	serve "$T/$server"
	run
	all 9 "$server, few messages"
	is "$server: one for few messages" "$connections" 1
done

# With CHUNKING one session holds many, but not all that wait for a slow server.
printf '%s\n' 'cap PIPELINING' 'cap CHUNKING' 'delay DOT 20' auto >"$T/chunks"
put 150
serve "$T/chunks"
run
all 150 'slow, CHUNKING'
ok 'slow, CHUNKING: more than one connection' [ "$connections" -gt 1 ]

# An answer 0.2 s away to all that was written ahead is hardly a reason: how much
# that is begins small, and is more with each answer.
printf '%s\n' 'cap PIPELINING' 'cap CHUNKING' 'lag 200' auto >"$T/far"
put 60
serve "$T/far"
run
all 60 'far, CHUNKING'
ok 'far, CHUNKING: two connections at most' [ "$connections" -le 2 ]

# What a server says to one connection too many
too_many() {
	name=$1; shift
	printf '%s\n' "$@" >"$T/full"
	put 25
	serve "$T/slow" "$T/full"
	run 'user=u pass=p'
	all 25 "$name"
	ok "$name: the first connection had all" [ "$(taken 1)" = 25 ]
	ok "$name: it was tried once for each session" [ "$connections" -le 4 ]
	has "$name: it is told" "$(cat "$T/out")" \
	    '^Remote 127.0.0.1 takes no more than [1-3] session(s): stage: '
}
printf '%s\n' 'cap AUTH PLAIN' 'auth u p' 'delay DOT 50' auto >"$T/slow"
too_many 'greeting 421' 'S: 421 4.7.0 too many connections' close
too_many 'greeting 554' 'S: 554 5.7.1 too many connections' close
too_many 'closed at once' close
too_many 'AUTH 454' 'cap AUTH PLAIN' 'on AUTH 454 4.7.0 later' auto
too_many 'MAIL 421' 'cap AUTH PLAIN' 'on MAIL 421 4.7.0 too many' auto

# A session that hangs keeps what it has, and no more; another one gets that
# when its time is up.
printf '%s\n' 'delay DOT 50' auto >"$T/slow"
printf '%s\n' 'on DOT stall' auto >"$T/hangs"
echo 3 >"$P/conf/sendtimeout"
put 25
serve "$T/slow" "$T/hangs" "$T/slow"
run
is 'one hangs: so many messages wait' "$rc $(left) $(taken)" '0 1 24'
has 'one hangs: it may have been taken' "$(cat "$T/out")" \
    '^Attempt failed: .* stage: dot reply: Timed out .*possible duplicate'

# sessions.sh - how many connections a run makes to one remote: more than one
# only where a server is slow and many messages wait, never more than it wants.
. tests/lib.sh
prefix
conf sendtimeout 20

# sends COUNT OPTION...: one queue run to that server
sends() {
	empty
	put_many "$1"; shift
	remotes "127.0.0.1 smtp port=$port $*"
	run
	served
}
# all COUNT NAME
all() {
	is "$2: all are sent, once" "$rc $(waiting)$(failed) $(taken)" "0 00 $1"
	lacks "$2: nothing failed" "$(log)" '^Attempt failed\|left out'
}

for kind in slow ahead; do
	case $kind in
	slow) set -- 'delay DOT 100' auto ;;
	ahead) set -- 'cap PIPELINING' 'delay DOT 100' auto ;;
	esac
	for sessions in 1 2 4; do
		serve "$@"
		sends 25 "sessions=$sessions"
		all 25 "$kind, sessions=$sessions"
		is "$kind, sessions=$sessions: so many connections" \
		    "$(connections)" $sessions
	done
	serve "$@"
	sends 25
	is "$kind: four if nothing is said" "$(connections)" 4
	serve "$@"
	sends 9
	all 9 "$kind, few messages"
	is "$kind: one for few messages" "$(connections)" 1
done

# With CHUNKING one session holds many, but not all that wait for a slow server.
serve 'cap PIPELINING' 'cap CHUNKING' 'delay DOT 20' auto
sends 150
all 150 'slow, CHUNKING'
ok 'slow, CHUNKING: more than one connection' [ "$(connections)" -gt 1 ]

# An answer 0.2 s away to all that was written ahead is no reason. The fewer
# wait, the less it matters how busy this machine is.
serve 'cap PIPELINING' 'cap CHUNKING' 'lag 200' auto
sends 20
all 20 'far, CHUNKING'
is 'far, CHUNKING: one connection' "$(connections)" 1

# What a server says to one connection too many
too_many() {
	name=$1; shift
	serve 'cap AUTH PLAIN' 'auth u p' 'delay DOT 50' auto next "$@"
	sends 25 user=u pass=p
	all 25 "$name"
	ok "$name: the first connection had all" \
	    [ "$(grep -c '^1 [0-9]* M: .* accepted ' "$T/peer")" = 25 ]
	ok "$name: it was tried once for each session" [ "$(connections)" -le 4 ]
	has "$name: it is told" "$(log)" \
	    '^Remote 127.0.0.1 takes no more than [1-3] session(s): stage: '
}
too_many 'greeting 421' 'S: 421 4.7.0 too many connections' close
too_many 'greeting 554' 'S: 554 5.7.1 too many connections' close
too_many 'closed at once' close
too_many 'AUTH 454' 'cap AUTH PLAIN' 'on AUTH 454 4.7.0 later' auto
too_many 'MAIL 421' 'cap AUTH PLAIN' 'on MAIL 421 4.7.0 too many' auto

# A server with limits of its own gets all, once, within them.
serve 'cap PIPELINING' 'after 10 messages 421 4.7.0 enough' auto
sends 25 sessions=1
all 25 'ten messages a connection'
is 'ten messages a connection: three connections' "$(connections)" 3
serve 'delay DOT 50' 'sessions 2 421 4.7.0 too many' auto
sends 60
all 60 'two connections at once'
has 'two connections at once: it is told' "$(log)" \
    '^Remote 127.0.0.1 takes no more than 2 session(s): stage: greeting reply: 421'
serve 'cap PIPELINING' 'rate 10 MAIL 450 4.7.1 slow down' auto
remotes "127.0.0.1 smtp port=$port sessions=1"
empty
put_many 25
for n in 10 20 25; do
	run
	is "ten messages a second: $n are sent" "$(taken) $(waiting)$(failed)" "$n $((25 - n))0"
	sleep 1
done
served

# Four connections that are refused the same are one remote that is busy.
serve 'delay DOT 50' 'rate 8 DOT 454 4.7.0 slow down' auto
sends 60
is 'busy: no message fails' "$rc $(waiting)$(failed)" "0 $((60 - $(taken)))0"
has 'busy: it rests' "$(log)" '^Remote 127.0.0.1 is left out .* stage: dot reply: 454'
refusals=$(transcript | grep -c '^S: 454')
ok "busy: it is not asked on ($refusals)" [ "$refusals" -lt 15 ]

# A session that hangs keeps what it has, and no more; another one gets that
# when its time is up.
conf sendtimeout 3
serve 'delay DOT 50' auto next 'on DOT stall' auto next 'delay DOT 50' auto
sends 25
is 'one hangs: so many messages wait' "$rc $(waiting)$(failed) $(taken)" '0 10 24'
has 'one hangs: it may have been taken' "$(log)" \
    '^Attempt failed: .* stage: dot reply: "Timed out .*possible duplicate'

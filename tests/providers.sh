# providers.sh - servers with the limits that providers have: messages a second,
# connections at a time, recipients at a time, an address in trouble. All comes
# once, nothing bounces, and the refusals on the way are few, however long it
# takes; tests/bench measures that.
# needs: ip=iproute2 unshare=util-linux
. tests/lib.sh
own_network
ip link set lo up
prefix
conf pausetime 1
conf maxpause 1

# refusals [NAME]: of the server of that name
# shellcheck disable=SC2120
refusals() { transcript "$@" | grep -c '^S: 4[0-9][0-9]'; }
queue_runs() { lines '^Starting delivery, '; }
# arrived [NAME]: RECIPIENT of each that was taken
# shellcheck disable=SC2120
arrived() {
	transcript "$@" | sed -n 's/^M: .* accepted <> //p' | tr ' ' '\n' | sort
}
# exact NAME COUNT: in the end
exact() {
	is "$1: nothing failed or is left" "$(failed) $(waiting)" "0 0"
	is "$1: all $2 have arrived" "$(arrived | sort -u | wc -l)" "$2"
	is "$1: each once" "$(arrived | uniq -d)" ""
}
# by_daemon NAME COUNT OPTION...: in as many queue runs as it takes
by_daemon() {
	name=$1 count=$2; shift 2
	empty
	put_many "$count"
	remotes "127.0.0.1 smtp port=$port $*"
	start
	ok "$name: it is done at last" until_true 90 drained
	stop 10
	exact "$name" "$count"
	echo "#= $name: $(queue_runs) runs, $(refusals) refusals"
}

# ---- 14 messages a second ----
slow_down='rate 14 DOT 454 Throttling failure: Maximum sending rate exceeded.'
serve 'cap PIPELINING' "$slow_down" auto
put_many 42
remotes "127.0.0.1 smtp port=$port rate=14/s"
run
echo "#= rate=14/s: 42 messages in $took ms, $(refusals) refusals"
is "rate=: nothing failed" "$rc $(failed)" "0 0"
is "rate=: each once" "$(arrived | uniq -d)" ""
is "rate=: what was not refused has arrived" "$(taken)" $((42 - $(waiting)))
ok "rate=: hardly any was refused" [ "$(refusals)" -le 14 ]
ok "rate=: it was not sent at once" [ "$took" -ge 2000 ]

serve 'cap PIPELINING' "$slow_down" auto
by_daemon "no rate=" 42 sessions=1
ok "no rate=: five refusals are enough in a run, and what was on its way" \
    [ "$(refusals)" -le $(($(queue_runs) * 6)) ]

# ---- three connections ----
serve 'cap PIPELINING' 'delay DOT 40' \
    'crowd 3 DOT 432 4.3.2 Concurrent connections limit exceeded' auto
by_daemon "three connections" 60
ok "three connections: five refusals are enough on one that is too many" \
    [ "$(refusals)" -le $(($(queue_runs) * 6)) ]

# ---- recipients at a time ----
# in_parts NAME LIMIT TRANSACTIONS REFUSALS
in_parts() {
	serve 'cap PIPELINING' 'cap CHUNKING' \
	    "recipients $2 452 4.5.3 Too many recipients" auto
	remotes "127.0.0.1 smtp port=$port"
	empty
	# shellcheck disable=SC2046
	put 1000000001.1 $(seq -f 'r%g@x.y' 250)
	run
	exact "$1" 250
	is "$1: transactions, connections, refusals" \
	    "$(taken) $(connections) $(refusals)" "$3 1 $4"
}
in_parts "100 recipients" 100 3 0
in_parts "50 recipients" 50 5 50

# ---- the first of two addresses is in trouble ----
printf '127.0.0.1 localhost\n127.0.0.10 relay.example\n127.0.0.20 relay.example\n' \
    >"$T/hosts"
mount --bind "$T/hosts" /etc/hosts
serve -a 127.0.0.10 -P 2525 sick: 'S: 421 4.3.2 Service not available' close
serve -a 127.0.0.20 -P 2525 auto
empty
remotes 'relay.example smtp port=2525'
start
for n in 1 2 3; do
	put $((1000000000 + n)).$n "r$n@x.y"
	pull
	ok "sick address: message $n is sent" until_true 60 drained
	logged 60 '^Delivery complete' "$n"
done
exact "sick address" 3
is "sick address: it is asked once" "$(connections sick)" 1

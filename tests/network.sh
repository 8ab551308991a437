# network.sh - the network comes after the sender, changes under it, or has a
# half that leads nowhere. Runs in namespaces of its own; name servers that
# misbehave are dns.sh's.
# needs: ip=iproute2 unshare=util-linux
. tests/lib.sh
own_network
prefix
: >"$T/resolv.conf"
mount --bind "$T/resolv.conf" /etc/resolv.conf
conf pausetime 1
conf maxpause 1
conf sendtimeout 20

# answers A AAAA: a name server that says so
answers() {
	rm -f "$T/ready"
	"$TOOLS/dns" "$@" >"$T/ready" &
	dns=$!
	owns $dns
	until_true 60 grep -q ready "$T/ready"
}
# relay: the smart host, whose server is at $port
relay() { remotes "relay.example smtp port=$port"; }

# ---- nothing is there: no interface, no name server ----
port=2525
relay
put 1.1 a@x.y
start
ok "no network: tried" logged 60 'Attempt failed' 1
ok "and kept" [ -e "$spool/queue/1.1" ]
ip link set lo up
serve -a 127.0.0.1 auto
ok "an interface, but no names: tried" logged 60 'Attempt failed' 2
answers 127.0.0.1 none
printf 'nameserver 127.0.0.1\noptions timeout:1 attempts:1\n' >"$T/resolv.conf"
relay
ok "names too: sent, by the same process" until_true 60 drained
ok "which is still there" kill -0 $sender

# ---- the server moves ----
kill $dns $server
serve -a 127.0.0.2 auto
answers 127.0.0.2 none
relay
put 2.1 a@x.y
ok "another address: found" until_true 60 drained
has "there" "$(transcript)" '^C: MAIL'
kill $dns

# ---- our own address goes and comes ----
ip addr add 192.0.2.1/24 dev lo
kill $server
serve -a 192.0.2.1 auto
answers 192.0.2.1 none
ip addr del 192.0.2.1/24 dev lo
: >"$T/log"
relay
put 3.1 a@x.y
ok "the address is gone: tried" logged 60 'Attempt failed' 1
ip addr add 192.0.2.1/24 dev lo
ok "it is back: sent" until_true 60 drained
kill $dns $sender
wait $sender 2>/dev/null

# ---- IPv6 that swallows everything, IPv4 that works ----
ip link add hole type veth peer name bottom
ip link set hole up
ip link set bottom up
ip -6 addr add 2001:db8::2/64 dev hole nodad
ip neighbour add 2001:db8::1 lladdr 02:00:00:00:00:01 dev hole nud permanent
answers 192.0.2.1 2001:db8::1
put 4.1 a@x.y
run
ok "IPv6 into a hole: sent" drained
ok "a moment later ($took ms)" [ "$took" -lt 10000 ]
kill $dns

# ---- both lead nowhere ----
ip addr add 198.51.100.1/24 dev hole
ip neighbour add 198.51.100.2 lladdr 02:00:00:00:00:01 dev hole nud permanent
answers 198.51.100.2 2001:db8::1
conf sendtimeout 3
put 5.1 a@x.y
run
ok "both into a hole: waited for" [ "$took" -ge 3000 ]
ok "but not for long ($took ms)" [ "$took" -lt 25000 ]
has "with each address in the log: IPv6" "$(log)" '2001:db8::1 port'
has "IPv4" "$(log)" '198.51.100.2 port'
ok "and the message in the queue" [ -e "$spool/queue/5.1" ]

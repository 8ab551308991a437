# network.sh - the network comes after the sender, changes under it, or has a
# half that leads nowhere. Runs in namespaces of its own; name servers that
# misbehave are dns.sh's.
# needs: ip=iproute2 unshare=util-linux
. tests/lib.sh
own_network
prefix "$T/p"
P=$T/p
DNS=${DNS:-${PEER%/*}/dns}
: >"$T/resolv.conf"
mount --bind "$T/resolv.conf" /etc/resolv.conf
echo 1 >"$P/conf/pausetime"
echo 1 >"$P/conf/maxpause"
echo 20 >"$P/conf/sendtimeout"

# serve ADDRESS: a peer there; $port, $peer. Without a network it cannot be.
serve() {
	rm -f "$T/port"
	"$PEER" -a "$1" -t 1200 -p "$T/port" -l "$T/peer.$1" tests/talk/plain.talk \
	    2>"$T/flaws" &
	peer=$!
	owns $peer
	until_true 60 test -s "$T/port"
	port=$(cat "$T/port")
}
# answers A AAAA: a name server that says so
answers() {
	rm -f "$T/ready"
	"$DNS" "$@" >"$T/ready" &
	dns=$!
	owns $dns
	until_true 60 grep -q ready "$T/ready"
}
put() { printf '\na@x.y\n\ntext\n' >"$P/queue/queue/$1.1"; }
empty() { [ -z "$(ls "$P/queue/queue")" ]; }
attempts() { [ "$(grep -c 'Attempt failed' "$T/log")" -ge "$1" ]; }
daemon() {
	nullmailer-send >"$T/log" 2>&1 &
	sender=$!
	owns $sender
}

# ---- nothing is there: no interface, no name server ----
port=2525
echo "relay.example smtp port=$port" >"$P/conf/remotes"
put 1
daemon
ok "no network: tried" until_true 60 attempts 1
ok "and kept" [ -e "$P/queue/queue/1.1" ]
ip link set lo up
serve 127.0.0.1
ok "an interface, but no names: tried" until_true 60 attempts 2
answers 127.0.0.1 none
printf 'nameserver 127.0.0.1\noptions timeout:1 attempts:1\n' >"$T/resolv.conf"
echo "relay.example smtp port=$port" >"$P/conf/remotes"
ok "names too: sent, by the same process" until_true 60 empty
ok "which is still there" kill -0 $sender

# ---- the server moves ----
kill $dns $peer
serve 127.0.0.2
answers 127.0.0.2 none
echo "relay.example smtp port=$port" >"$P/conf/remotes"
put 2
ok "another address: found" until_true 60 empty
has "there" "$(cat "$T/peer.127.0.0.2")" 'C: MAIL'
kill $dns

# ---- our own address goes and comes ----
ip addr add 192.0.2.1/24 dev lo
kill $peer
serve 192.0.2.1
answers 192.0.2.1 none
ip addr del 192.0.2.1/24 dev lo
: >"$T/log"
echo "relay.example smtp port=$port" >"$P/conf/remotes"
put 3
ok "the address is gone: tried" until_true 60 attempts 1
ip addr add 192.0.2.1/24 dev lo
ok "it is back: sent" until_true 60 empty
kill $dns $sender
wait $sender 2>/dev/null

# ---- IPv6 that swallows everything, IPv4 that works ----
ip link add hole type veth peer name bottom
ip link set hole up
ip link set bottom up
ip -6 addr add 2001:db8::2/64 dev hole nodad
ip neighbour add 2001:db8::1 lladdr 02:00:00:00:00:01 dev hole nud permanent
answers 192.0.2.1 2001:db8::1
put 4
begun=$(date +%s%N)
timeout 120 nullmailer-send --once >"$T/log" 2>&1
took=$((($(date +%s%N) - begun) / 1000000))
ok "IPv6 into a hole: sent" empty
ok "a moment later ($took ms)" [ "$took" -lt 10000 ]
kill $dns

# ---- both lead nowhere ----
ip addr add 198.51.100.1/24 dev hole
ip neighbour add 198.51.100.2 lladdr 02:00:00:00:00:01 dev hole nud permanent
answers 198.51.100.2 2001:db8::1
echo 3 >"$P/conf/sendtimeout"
put 5
begun=$(date +%s)
timeout 120 nullmailer-send --once >"$T/log" 2>&1
took=$(($(date +%s) - begun))
ok "both into a hole: waited for" [ "$took" -ge 3 ]
ok "but not for long ($took s)" [ "$took" -lt 25 ]
has "with each address in the log: IPv6" "$(cat "$T/log")" '2001:db8::1 port'
has "IPv4" "$(cat "$T/log")" '198.51.100.2 port'
ok "and the message in the queue" [ -e "$P/queue/queue/5.1" ]

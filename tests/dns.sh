# dns.sh - names: whatever a name server does, mail waits and is never failed,
# and half an answer is enough. Runs in namespaces of its own.
# needs: ip=iproute2 unshare=util-linux
. tests/lib.sh
own_network
ip link set lo up
prefix "$T/p"
P=$T/p
DNS=${DNS:-${PEER%/*}/dns}
printf 'nameserver 127.0.0.1\noptions timeout:1 attempts:1\n' >"$T/resolv.conf"
mount --bind "$T/resolv.conf" /etc/resolv.conf
echo 20 >"$P/conf/sendtimeout"

"$PEER" -t 1200 -p "$T/port" tests/talk/plain.talk 2>"$T/flaws" &
owns $!
"$PEER" -6 -t 1200 -p "$T/port6" tests/talk/plain.talk 2>"$T/flaws" &
owns $!
until_true 60 test -s "$T/port" -a -s "$T/port6"
# answers A AAAA: begins to answer so
answers() {
	rm -f "$T/ready"
	"$DNS" "$@" >"$T/ready" &
	dns=$!
	owns $dns
	until_true 60 grep -q ready "$T/ready"
}
# try A AAAA PORTFILE EXIT: one message, by the module and by the sender, which
# may have sent and removed it before the module begins
try() {
	name="A $1, AAAA $2"
	want=$4
	answers "$1" "$2"
	printf '\na@x.y\n\ntext\n' >"$T/message"
	cp "$T/message" "$P/queue/queue/1.1"
	begun=$(date +%s)
	printf 'host=relay.example\nport=%s\n' "$(cat "$3")" >"$T/options"
	HELOHOST=h timeout 120 "$P/protocols/smtp" <"$T/options" \
	    3<"$T/message" >"$T/out" 2>&1 &
	module=$!
	echo "relay.example smtp port=$(cat "$3")" >"$P/conf/remotes"
	timeout 120 nullmailer-send --once >"$T/log" 2>&1
	wait $module; has "$name" "$?" "^$want\$"
	ok "$name: in time" [ $(($(date +%s) - begun)) -lt 18 ]
	is "$name: sent, failed" "$(grep -c '^Sent file.$' "$T/log") $(find "$P/queue/failed" -type f | wc -l)" \
	    "$([ "$want" = 0 ] && echo 1 || echo 0) 0"
	kill $dns
	wait $dns 2>/dev/null
}
try 127.0.0.1 ::1 "$T/port" 0
try 127.0.0.1 none "$T/port" 0
try none ::1 "$T/port6" 0
for n in refused servfail silent garbage; do
	try 127.0.0.1 $n "$T/port" 0
done
try refused ::1 "$T/port6" 0
try 127.0.0.1 2001:db8::1 "$T/port" 0
try none none "$T/port" '[23]'
try missing missing "$T/port" 2
for n in refused servfail silent; do
	try $n $n "$T/port" 5
done
try garbage garbage "$T/port" '[235]'

# A resolver that is more patient than sendtimeout costs one message's time.
printf 'nameserver 127.0.0.1\n' >"$T/resolv.conf"
echo 1 >"$P/conf/sendtimeout"
answers silent silent
for n in 1 2 3; do printf '\na@x.y\n\ntext\n' >"$P/queue/queue/$n.$n"; done
printf '%s\n' "relay.example smtp" "127.0.0.1 smtp port=$(cat "$T/port")" >"$P/conf/remotes"
begun=$(date +%s)
timeout 120 nullmailer-send --once >"$T/log" 2>&1
is "patient resolver: all go to the second remote" "$(grep -c '^Sent file.$' "$T/log")" 3
is "patient resolver: said once" "$(grep -c '^Remote relay.example is left out' "$T/log")" 1
ok "patient resolver: in time" [ $(($(date +%s) - begun)) -lt 18 ]

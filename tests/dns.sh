# dns.sh - names: whatever a name server does, mail waits and is never failed,
# and half an answer is enough. Runs in namespaces of its own.
# needs: ip=iproute2 unshare=util-linux
. tests/lib.sh
own_network
ip link set lo up
prefix
export HELOHOST=h.example.org
printf 'nameserver 127.0.0.1\noptions timeout:1 attempts:1\n' >"$T/resolv.conf"
mount --bind "$T/resolv.conf" /etc/resolv.conf
conf sendtimeout 20

serve -6 six: auto
port6=$port
serve auto
# answers A AAAA: begins to answer so
answers() {
	rm -f "$T/ready"
	"$TOOLS/dns" "$@" >"$T/ready" &
	dns=$!
	owns $dns
	until_true 60 grep -q ready "$T/ready"
}
# try A AAAA PORT EXIT: one message, by the module and by the sender
try() {
	name="A $1, AAAA $2"
	want=$4
	answers "$1" "$2"
	queue_file a@x.y >"$T/message"
	put 1.1 a@x.y
	began=$(ms)
	printf 'host=relay.example\nport=%s\n' "$3" | timeout 120 \
	    "$P/protocols/smtp" 3<"$T/message" >"$T/out" 2>&1 &
	module=$!
	remotes "relay.example smtp port=$3"
	run
	wait $module; has "$name" "$?" "^$want\$"
	ok "$name: in time" [ $(($(ms) - began)) -lt 18000 ]
	is "$name: sent, failed" "$(lines '^Sent file.$') $(failed)" \
	    "$([ "$want" = 0 ] && echo 1 || echo 0) 0"
	kill $dns
	wait $dns 2>/dev/null
}
try 127.0.0.1 ::1 "$port" 0
try 127.0.0.1 none "$port" 0
try none ::1 "$port6" 0
# An answer too long for UDP. The system's libc may be too old to read it.
if "$NM" --version | grep -q 'UDP only'; then
	echo "#= not run: long answers, with a libc that asks by UDP only"
elif ! sanitized; then
	try long:127.0.0.1 long:::1 "$port" 0
	try long:127.0.0.1 none "$port" 0
fi
for n in refused servfail silent garbage; do
	try 127.0.0.1 $n "$port" 0
done
try refused ::1 "$port6" 0
try 127.0.0.1 2001:db8::1 "$port" 0
try none none "$port" '[23]'
try missing missing "$port" 2
for n in refused servfail silent; do
	try $n $n "$port" 5
done
try garbage garbage "$port" '[235]'

# A resolver that is more patient than sendtimeout costs one message's time.
printf 'nameserver 127.0.0.1\noptions timeout:30\n' >"$T/resolv.conf"
conf sendtimeout 1
answers silent silent
empty
put_many 3
remotes "relay.example smtp" "127.0.0.1 smtp port=$port"
run
is "patient resolver: all go to the second remote" "$(lines '^Sent file.$')" 3
is "patient resolver: said once" "$(lines '^Remote relay.example is left out .* reply: The name server does not answer in time$')" 1
ok "patient resolver: in time" [ "$took" -lt 18000 ]

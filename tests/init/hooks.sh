# hooks.sh - the hooks that run the queue when the network is up, called as
# their systems call them
. tests/init/lib.sh

for name in ifupdown udhcpc networkmanager; do service $name; done
mkdir -p "$R/etc/hotplug.d/iface"
sed "s|/usr/sbin/|$SBIN/|" initscripts/openwrt/hotplug \
    >"$R/etc/hotplug.d/iface/90-nullmailer"
chmod 755 "$R/etc/hotplug.d/iface/90-nullmailer"

echo 3600 >"$CONFIG/pausetime"
install -d -o "$OWNER" "$R$SPOOL"
inside setpriv --reuid "$OWNER" --regid "$OWNER" --clear-groups \
    "$SBIN/nullmailer-send" >"$T/log" 2>&1 &
owns $!
until_true 60 [ -p "$R$SPOOL/trigger" ]
runs_made() { grep -c 'remain\.$' "$T/log"; }
one_more() { [ "$(runs_made)" -gt "$before" ]; }

# sends NAME COMMAND...: the command, at the end of a time without network
sends() {
	hook=$1; shift
	ip addr del 127.0.0.1/8 dev lo
	before=$(runs_made)
	mail_it
	ok "$hook: without a network the message waits" until_true 60 one_more
	ip addr add 127.0.0.1/8 dev lo
	arrives "$hook: is sent when there is one" inside env "$@"
}
# leaves NAME COMMAND...: the command is none of its business
leaves() {
	hook=$1; shift
	before=$(grep -c 'Trigger pulled' "$T/log")
	ok "$hook" inside env "$@"
	sleep 0.3
	is "$hook: nothing is run" "$(grep -c 'Trigger pulled' "$T/log")" "$before"
}
up=/etc/network/if-up.d/nullmailer
sends ifupdown IFACE=eth0 MODE=start PHASE=post-up ADDRFAM=inet $up
leaves "ifupdown, loopback" IFACE=lo MODE=start PHASE=post-up $up
sends udhcpc interface=eth0 ip=192.0.2.1 /etc/udhcpc/post-bound/nullmailer bound
dispatcher=/etc/NetworkManager/dispatcher.d/50-nullmailer
sends NetworkManager $dispatcher eth0 up
sends "NetworkManager, a tunnel" $dispatcher tun0 vpn-up
leaves "NetworkManager, loopback" $dispatcher lo up
leaves "NetworkManager, down" $dispatcher eth0 down
hotplug=/etc/hotplug.d/iface/90-nullmailer
sends OpenWrt ACTION=ifup INTERFACE=wan $hotplug
leaves "OpenWrt, down" ACTION=ifdown INTERFACE=wan $hotplug
[ "$test_failed" -eq 0 ] || sed 's/^/# /' "$T/log"

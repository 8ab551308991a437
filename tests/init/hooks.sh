# hooks.sh - the hooks that run the queue when the network is up, called as
# their systems call them
. tests/init/lib.sh

for name in ifupdown udhcpc networkmanager; do service $name; done
mkdir -p "$R/etc/hotplug.d/iface"
sed "s|/usr/sbin/|$SBIN/|" initscripts/openwrt/hotplug \
    >"$R/etc/hotplug.d/iface/90-nullmailer"
chmod 755 "$R/etc/hotplug.d/iface/90-nullmailer"

conf pausetime 3600
install -d -o "$OWNER" "$spool"
SENDER="chroot $R setpriv --reuid $OWNER --regid $OWNER --clear-groups $SBIN/nullmailer-send"
start
until_true 60 [ -p "$spool/trigger" ]

# sends NAME COMMAND...: the command, at the end of a time without network
sends() {
	hook=$1; shift
	ip addr del 127.0.0.1/8 dev lo
	before=$(lines 'remain\.$')
	mail_it
	ok "$hook: without a network the message waits" logged 60 'remain\.$' $((before + 1))
	ip addr add 127.0.0.1/8 dev lo
	arrives "$hook: is sent when there is one" inside env "$@"
}
# leaves NAME COMMAND...: the command is none of its business
leaves() {
	hook=$1; shift
	before=$(lines 'Trigger pulled')
	ok "$hook" inside env "$@"
	sleep 0.3
	is "$hook: nothing is run" "$(lines 'Trigger pulled')" "$before"
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
[ "$test_failed" -eq 0 ] || log | sed 's/^/# /'

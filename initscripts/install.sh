#!/bin/sh
# install.sh NAME - put the files of an init system, or a hook that runs the
# queue when the network is up, in their places; switches nothing on
#
# The Makefile gives DESTDIR BIN SBIN CONFIG SPOOL OWNER in the environment; in
# the files these stand between @ signs.
set -eu
umask 022
here=$(dirname "$0")
units=/usr/lib/systemd/system

# fill SOURCE PATH MODE
fill() {
	mkdir -p "$DESTDIR$(dirname "$2")"
	sed "s|@BIN@|$BIN|g; s|@SBIN@|$SBIN|g; s|@CONFIG@|$CONFIG|g
		s|@SPOOL@|$SPOOL|g; s|@OWNER@|$OWNER|g" \
	    "$here/$1" >"$DESTDIR$2.new"
	chmod "$3" "$DESTDIR$2.new"
	mv -f "$DESTDIR$2.new" "$DESTDIR$2"
}

# keep SOURCE PATH MODE: unless the administrator has one
keep() { [ -e "$DESTDIR$2" ] || fill "$@"; }

# supervised SOURCE PATH: a service folder with a logger beside it
supervised() {
	fill "$1/run" "$2/run" 755
	fill "$1/log/run" "$2/log/run" 755
}

# after COMMAND: says what is left to do
after() { [ -n "$DESTDIR" ] || echo "To switch it on: $*"; }

case ${1:-} in
openrc)
	fill openrc/nullmailer /etc/init.d/nullmailer 755
	keep openrc/nullmailer.confd /etc/conf.d/nullmailer 644
	after "rc-update add nullmailer && rc-service nullmailer start"
	;;
systemd)
	fill systemd/nullmailer.service $units/nullmailer.service 644
	fill systemd/sysusers /usr/lib/sysusers.d/nullmailer.conf 644
	fill systemd/tmpfiles /usr/lib/tmpfiles.d/nullmailer.conf 644
	after "systemd-sysusers && systemd-tmpfiles --create nullmailer.conf" \
	    "&& systemctl daemon-reload && systemctl enable --now nullmailer"
	;;
runit)
	supervised runit /etc/sv/nullmailer
	after "ln -s /etc/sv/nullmailer FOLDER-THAT-RUNSVDIR-WATCHES"
	;;
s6)
	supervised s6 /etc/s6/nullmailer
	after "ln -s /etc/s6/nullmailer FOLDER-THAT-S6-SVSCAN-WATCHES"
	;;
daemontools)
	supervised daemontools /etc/daemontools/nullmailer
	after "ln -s /etc/daemontools/nullmailer FOLDER-THAT-SVSCAN-WATCHES"
	;;
sysv)
	fill sysv/nullmailer /etc/init.d/nullmailer 755
	after "update-rc.d nullmailer defaults && /etc/init.d/nullmailer start"
	;;
openwrt)
	fill openwrt/nullmailer.init /etc/init.d/nullmailer 755
	keep openwrt/nullmailer.config /etc/config/nullmailer 600
	after "/etc/init.d/nullmailer enable; /etc/init.d/nullmailer start"
	;;
ifupdown) fill hooks/ifupdown /etc/network/if-up.d/nullmailer 755 ;;
udhcpc) fill hooks/udhcpc /etc/udhcpc/post-bound/nullmailer 755 ;;
networkmanager)
	fill hooks/networkmanager \
	    /etc/NetworkManager/dispatcher.d/50-nullmailer 755
	;;
*)
	echo "usage: install.sh openrc|systemd|runit|s6|daemontools|sysv" \
	    "|openwrt|ifupdown|udhcpc|networkmanager" >&2
	exit 1
	;;
esac

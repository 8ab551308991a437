# services.sh - `make install` puts no service anywhere; each `make install-X`
# puts its own files, filled in, and no other
. tests/lib.sh

installed() { (cd "$T/root" && find . ! -type d | sed 's/^\.//' | LC_ALL=C sort); }
mkdir "$T/root"
eval "$(mk show-INSTALL DESTDIR="$T/root" BINARY="$NM") install" \
    >"$T/said" 2>&1
own=$(mk show-SPOOL)
has "make install: the programs are there" "$(installed)" '/nullmailer-send$'
is "make install: no service" "$(installed | grep -v "^$own/" |
    grep -e '^/etc/' -e '/systemd/' -e '/s6/' -e 'tmpfiles' -e 'sysusers')" ""
is "and nothing is switched on" "$(find "$T/root" -path '*rc[0-9S].d*' \
    -o -name '*.wants' -o -path '*runlevels*' -o -path '*/service/*')" ""

# puts NAME FILE...: what is there after make install-NAME and was not before
puts() {
	name=$1; shift
	installed >"$T/before"
	ok "install-$name" mk "install-$name" DESTDIR="$T/root"
	is "install-$name: its files" \
	    "$(installed | comm -13 "$T/before" -)" "$(printf '%s\n' "$@")"
	for f; do
		lacks "install-$name: $f is filled in" \
		    "$(cat "$T/root$f")" '@[A-Z]*@'
		rm -f "$T/root$f"
	done
}
puts openrc /etc/conf.d/nullmailer /etc/init.d/nullmailer
puts systemd /usr/lib/systemd/system/nullmailer.service \
    /usr/lib/sysusers.d/nullmailer.conf /usr/lib/tmpfiles.d/nullmailer.conf
puts runit /etc/sv/nullmailer/log/run /etc/sv/nullmailer/run
puts s6 /etc/s6/nullmailer/log/run /etc/s6/nullmailer/run
puts daemontools /etc/daemontools/nullmailer/log/run \
    /etc/daemontools/nullmailer/run
puts sysv /etc/init.d/nullmailer
puts openwrt /etc/config/nullmailer /etc/init.d/nullmailer
puts ifupdown /etc/network/if-up.d/nullmailer
puts udhcpc /etc/udhcpc/post-bound/nullmailer
puts networkmanager /etc/NetworkManager/dispatcher.d/50-nullmailer
is "that was all of them" "$(grep -c '^puts ' "$0")" \
    "$(mk show-SERVICES | wc -w)"

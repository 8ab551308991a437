# deb.sh - the Debian package, installed, upgraded, removed and purged by dpkg
# in a small Debian; `make deb` has built it
. tests/init/root.sh

deb=$(ls "${DEB_FOLDER:-obj/deb}"/nullmailer_*.deb)
cp "$deb" "$R/nullmailer.deb"
field() { dpkg-deb -f "$deb" "$1"; }
is "it provides a mail-transport-agent" "$(field Provides)" mail-transport-agent
ok "it is newer than Debian's own" dpkg --compare-versions "$(field Version)" \
    gt 1:2.2-99
is "it needs no other package" "$(field Depends)" ""
is "it brings owners and the set-uid bit with it" "$(dpkg-deb -c "$deb" |
    awk '$2 != "root/root" { print $1, $2, $6 }')" \
    "-rwsr-xr-x mail/root ./usr/sbin/nullmailer-queue
drwxr-xr-x mail/root ./var/spool/nullmailer/
drwxr-xr-x mail/root ./var/spool/nullmailer/failed/
drwxr-x--- mail/root ./var/spool/nullmailer/queue/
drwxr-x--- mail/root ./var/spool/nullmailer/tmp/"
is "nothing else is set-uid" "$(dpkg-deb -c "$deb" | grep -c '^[^ ]*s')" 1
is "no link leads nowhere" "$(mkdir "$T/x" && dpkg-deb -x "$deb" "$T/x" &&
    find "$T/x" -xtype l)" ""
is "no trace of the folder it was built in" \
    "$(grep -rlF -e "$PWD" -e "${deb%/*}" "$T/x" | head -n 3)" ""

if command -v lintian >/dev/null; then
	is "lintian has no error and no warning" "$(lintian --no-cfg --allow-root \
	    "${deb%.deb}.changes" 2>&1 | grep '^[EW]:')" ""
else
	echo "#= not run: lintian, which is not installed"
fi

echo host.example.org >"$R/etc/mailname"
dpkg_() { inside dpkg "$@" >"$T/dpkg" 2>&1 || { sed 's/^/# /' "$T/dpkg"; false; }; }
wanted=etc/systemd/system/multi-user.target.wants/nullmailer.service
mode() { inside stat -c '%A %U:%G' "$1" 2>/dev/null; }

ok "install" dpkg_ -i /nullmailer.deb
is "set-uid" "$(mode /usr/sbin/nullmailer-queue)" "-rwsr-xr-x mail:root"
is "the spool" "$(mode /var/spool/nullmailer)" "drwxr-xr-x mail:root"
is "queue" "$(mode /var/spool/nullmailer/queue)" "drwxr-x--- mail:root"
is "tmp" "$(mode /var/spool/nullmailer/tmp)" "drwxr-x--- mail:root"
is "failed" "$(mode /var/spool/nullmailer/failed)" "drwxr-xr-x mail:root"
is "trigger" "$(mode /var/spool/nullmailer/trigger)" "prw--w--w- mail:root"
is "remotes" "$(mode /etc/nullmailer/remotes)" "-rw------- mail:mail"
is "dpkg finds all files as they should be" "$(inside dpkg -V nullmailer)" ""
# shellcheck disable=SC2016
is "conffiles" "$(inside dpkg-query -f '${Conffiles}' -W nullmailer |
    awk '{ print $1 }' | grep .)" "/etc/NetworkManager/dispatcher.d/50-nullmailer
/etc/init.d/nullmailer
/etc/logcheck/ignore.d.paranoid/nullmailer
/etc/logcheck/ignore.d.server/nullmailer
/etc/logcheck/ignore.d.workstation/nullmailer
/etc/network/if-up.d/nullmailer"
ok "System V init starts it at boot" [ -e "$R/etc/rc2.d/S01nullmailer" ]
ok "so does systemd" [ -L "$R/$wanted" ]

# `make install` leaves a package's programs alone.
mkdir -p "$R/src"
cp -R applets "$NM" "$R/src"
by_hand() {
	inside sh -c "cd /src && $(mk show-INSTALL LAYOUT=debian DESTDIR= \
	    BINARY=nullmailer MAN=/usr/share/man) $1" 2>&1
}
by_hand install >"$T/said"
is "make install over a package is refused" "$?" 1
has "and says what to do" "$(cat "$T/said")" \
    '^/usr/sbin/sendmail belongs to the package nullmailer\. .*make deb'
is "and has changed nothing" "$(inside dpkg -V nullmailer)" ""

mkdir "$R/deb" && cp -R initscripts/debian/tests "$R/deb"
ok "the autopkgtest passes" sh -c "chroot '$R' /deb/tests/send >'$T/said' 2>&1"
has "and sees the message" "$(cat "$T/said")" '^Subject: autopkgtest$'
is "and leaves nothing" "$(inside find /usr/lib/nullmailer /var/spool/nullmailer \
    -name '*autopkgtest*' -o -name 'tmp.*' -o -path '*/queue/*')" ""

# It works: nobody sends, the service delivers.
config=$R/etc/nullmailer spool=$R/var/spool/nullmailer
remotes "127.0.0.1 smtp port=$port"
send_one() {
	message 1 | chroot --userspec=65534:65534 "$R" /usr/sbin/sendmail -t
}
ok "the service starts" inside /etc/init.d/nullmailer start
ok "an ordinary user sends" send_one
ok "and it arrives" until_true 60 delivered 1
ok "and is gone from the queue" until_true 60 drained
pid=$(cat "$R/run/nullmailer.pid")
is "the sender is mail" "$(inside stat -c %U "/proc/$pid")" mail

inside /etc/init.d/nullmailer stop

# The examples of the pages, as Debian has them.
. tests/lib/examples.sh
mkdir -p "$R/etc/cron.d"
ip addr add 192.0.2.26/32 dev lo
certificate
OWNER=mail
serve -a 192.0.2.26 -P 25 hand: auto
# shellcheck disable=SC2046
examples $(find "$R/usr/share/man" -type f |
    grep -E '/(mailq|sendmail|nullmailer[a-z-]*)\.[178]\.gz$')

# A boot with systemd: what the package has switched on there delivers.
. tests/init/boot.sh
cp -a "$R/${wanted%/*}" "$R/etc/systemd/system/test.target.wants"
send_one
boot
# shellcheck disable=SC2154
ok "after a boot with systemd it delivers" until_true 90 delivered 2
halt_it
rm -rf "$R"/etc/systemd/system/test.*

# Upgrade and downgrade keep what is the administrator's.
send_one
inside dpkg-statoverride --update --add mail root 4750 /usr/sbin/nullmailer-queue
rm "$R/$wanted"
# A container that has systemd, but no process that would answer.
mkdir -p "$R/run/systemd/system"
ok "upgrade, where systemd does not answer" dpkg_ -i /nullmailer.deb
rmdir "$R/run/systemd/system"
ok "what the administrator has switched off stays off" [ ! -e "$R/$wanted" ]
is "the administrator's mode stays" "$(mode /usr/sbin/nullmailer-queue)" \
    "-rwsr-x--- mail:root"
has "so do remotes" "$(cat "$config/remotes")" "^127.0.0.1 smtp port="
is "and remotes' mode" "$(mode /etc/nullmailer/remotes)" "-rw------- mail:mail"
is "mail still waits" "$(waiting)" 1
has "/etc/mailname too" "$(cat "$R/etc/mailname")" "^host.example.org$"

# While dpkg unpacks a package, no postinst has run yet.
inside dpkg-statoverride --remove /usr/sbin/nullmailer-queue
ok "unpacked, not yet configured" dpkg_ --unpack /nullmailer.deb
is "it is set-uid" "$(mode /usr/sbin/nullmailer-queue)" "-rwsr-xr-x mail:root"
ok "an ordinary user sends" send_one
is "and the mail waits" "$(waiting)" 2
ok "configured" dpkg_ --configure nullmailer
ok "remove" dpkg_ -r nullmailer
ok "the programs are gone" [ ! -e "$R/usr/sbin/nullmailer-send" ]
ok "configuration stays" [ -e "$config/remotes" ]
ok "purge" dpkg_ -P nullmailer
ok "configuration is gone" [ ! -e "$config" ]
is "waiting mail is not" "$(waiting)" 2
has "and that is said" "$(cat "$T/dpkg")" "mail is left"
rm -rf "$spool"
ok "make install where there is no package" by_hand install
ok "and uninstall" by_hand uninstall
ok "install once more" dpkg_ -i /nullmailer.deb
mkdir "$spool/hold"
remotes "127.0.0.1 smtp port=$port"
ok "a run of the sender, which leaves files of its own" inside setpriv \
    --reuid=mail --regid=mail --clear-groups /usr/sbin/nullmailer-send --once
ok "purge" dpkg_ -P nullmailer
lacks "no mail is left" "$(cat "$T/dpkg")" "mail is left"
is "nothing is left" "$(find "$R/etc" "$R/usr" "$R/var/spool" "$R/lib/systemd" \
    -name '*nullmailer*')" ""

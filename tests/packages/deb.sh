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
is "nothing in it is anybody else's than root's" "$(dpkg-deb -c "$deb" |
    awk '$2 != "root/root"')" ""
is "no link leads nowhere" "$(mkdir "$T/x" && dpkg-deb -x "$deb" "$T/x" &&
    find "$T/x" -xtype l)" ""
is "no trace of the folder it was built in" \
    "$(grep -rlF -e "$PWD" -e "${deb%/*}" "$T/x" | head -n 3)" ""

echo host.example.org >"$R/etc/mailname"
dpkg_() { inside dpkg "$@" >"$T/dpkg" 2>&1 || { sed 's/^/# /' "$T/dpkg"; false; }; }
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
/etc/network/if-up.d/nullmailer"
has "it starts at boot" "$(ls "$R"/etc/rc2.d "$R"/etc/runlevels/default \
    "$R/etc/systemd/system/multi-user.target.wants" 2>/dev/null)" nullmailer

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

# Upgrade and downgrade keep what is the administrator's.
inside /etc/init.d/nullmailer stop
send_one
inside dpkg-statoverride --update --add mail root 4750 /usr/sbin/nullmailer-queue
ok "upgrade" dpkg_ -i /nullmailer.deb
is "the administrator's mode stays" "$(mode /usr/sbin/nullmailer-queue)" \
    "-rwsr-x--- mail:root"
has "so do remotes" "$(cat "$config/remotes")" "^127.0.0.1 smtp port="
is "and remotes' mode" "$(mode /etc/nullmailer/remotes)" "-rw------- mail:mail"
is "mail still waits" "$(waiting)" 1
has "/etc/mailname too" "$(cat "$R/etc/mailname")" "^host.example.org$"

ok "remove" dpkg_ -r nullmailer
ok "the programs are gone" [ ! -e "$R/usr/sbin/nullmailer-send" ]
ok "configuration stays" [ -e "$config/remotes" ]
ok "purge" dpkg_ -P nullmailer
ok "configuration is gone" [ ! -e "$config" ]
is "waiting mail is not" "$(waiting)" 1
has "and that is said" "$(cat "$T/dpkg")" "mail is left"
rm -rf "$spool"
ok "install once more" dpkg_ -i /nullmailer.deb
ok "purge" dpkg_ -P nullmailer
is "nothing is left" "$(find "$R/etc" "$R/usr" "$R/var/spool" "$R/lib/systemd" \
    -name '*nullmailer*')" ""

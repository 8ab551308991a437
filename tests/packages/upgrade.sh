# upgrade.sh - Debian's nullmailer 2.2, with a configuration and mail, gives way
# to our package, and comes back: nothing is asked, nothing is lost
UNPACK=nullmailer
. tests/init/root.sh

cp "$DEBS/nullmailer.deb" "$R/old.deb"
cp "$(ls "${DEB_FOLDER:-obj/deb}"/nullmailer_*.deb)" "$R/new.deb"
spool=$R/var/spool/nullmailer config=$R/etc/nullmailer
# Whoever asks finds no answer.
dpkg_() {
	inside env DEBIAN_FRONTEND=noninteractive dpkg "$@" >"$T/dpkg" 2>&1 \
	    </dev/null || { sed 's/^/# /' "$T/dpkg"; false; }
}
put_in() {
	message "$1" | chroot --userspec=65534:65534 "$R" /usr/sbin/sendmail -t
}
kept() {
	(cd "$config" && stat -c '%n %a %U' ./* && sha256sum ./*)
	cat "$R/etc/mailname"
}
version() { inside dpkg-query -W -f '${Version}' nullmailer; }

echo host.example.org >"$R/etc/mailname"
mkdir -p "$config"
remotes "127.0.0.1 smtp --port=$port"
inside chown mail:mail /etc/nullmailer/remotes
chmod 600 "$config/remotes"
ok "nullmailer 2.2" dpkg_ -i /old.deb
conf adminaddr root@example.org
conf pausetime 120
conf queuelifetime 604800
conf helohost helo.example.org
kept >"$T/before"
ok "a message is queued by 2.2" put_in 1
is "and waits" "$(waiting)" 1

ok "upgrade" dpkg_ -i /new.deb
ok "it is newer" dpkg --compare-versions "$(version)" gt 1:2.2-4
is "the configuration is as it was" "$(kept)" "$(cat "$T/before")"
is "the message still waits" "$(waiting)" 1
is "no rule or script of 2.2's is left over" "$(inside dpkg-query -W \
    -f '${Conffiles}\n' nullmailer | grep obsolete)" ""
for page in 1/nullmailer-inject.1 5/remotes.5 5/pausetime.5 8/nullmailer-smtpd.8; do
	ok "page $page" [ -s "$R/usr/share/man/man$page.gz" ]
done
deliver() {
	inside setpriv --reuid=mail --regid=mail --clear-groups \
	    timeout 60 /usr/sbin/nullmailer-send --once >"$T/log" 2>&1
}
ok "it delivers" deliver
is "what 2.2 has queued" "$(taken) $(waiting)" "1 0"
ok "a message is queued by ours" put_in 2

ok "downgrade" dpkg_ --force-downgrade -i /old.deb
is "it is 2.2 again" "$(version)" 1:2.2-4
is "the configuration is as it was" "$(kept)" "$(cat "$T/before")"
is "the message still waits" "$(waiting)" 1
lacks "nothing of it will be read otherwise" "$(cat "$T/dpkg")" '^nullmailer: '
ok "upgrade once more" dpkg_ -i /new.deb
is "the message still waits" "$(waiting)" 1
is "dpkg finds all files as they should be" "$(inside dpkg -V nullmailer)" ""

# What 2.2 would take for something else.
conf queuelifetime 7d
mkdir -p "$spool/hold"
queue_file r@example.net >"$spool/hold/1.1"
ok "downgrade once more" dpkg_ --force-downgrade -i /old.deb
has "times with units are named" "$(cat "$T/dpkg")" '^nullmailer: queuelifetime: '
lacks "and no others" "$(cat "$T/dpkg")" '^nullmailer: pausetime: '
has "so is held mail" "$(cat "$T/dpkg")" '^nullmailer: mail is held'
ok "and upgrade" dpkg_ -i /new.deb

answers() { grep -c '^Owners: nullmailer' "$R/var/cache/debconf/config.dat"; }
ok "2.2 has asked for something" [ "$(answers)" -gt 0 ]
ok "purge" dpkg_ -P nullmailer
is "it is forgotten" "$(answers)" 0

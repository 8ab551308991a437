# daemontools.sh - the service folder for daemontools, under svscan
. tests/init/lib.sh

service daemontools
mkdir -p "$R/etc/watched"
touch "$R/etc/daemontools/nullmailer/down"
ln -s /etc/daemontools/nullmailer "$R/etc/watched/nullmailer"
inside svscan /etc/watched >"$T/svscan" 2>&1 &
owns $!
at=/etc/watched/nullmailer
ok "svscan has found it" until_true 60 inside svok $at

life "chroot $R svc -u $at" "chroot $R svstat $at | grep -q ': up '" \
    "chroot $R svc -h $at" "chroot $R svc -d $at"
log=$(inside sh -c 'tai64nlocal </var/log/nullmailer/current')
has "its lines are in the log, with the time" "$log" \
    '^[0-9-]* [0-9:.]* Sent file\.'
is "which its owner writes" "$(stat -c %U "$R/var/log/nullmailer")" "$OWNER"
ok "up again" inside svc -u $at
until_true 60 runs
sleep 0.5
arrives "svc -a, as ever, runs the queue too" slip_and inside svc -a $at
[ "$test_failed" -eq 0 ] || sed 's/^/# /' "$T/svscan"

# s6.sh - the service folder for s6, under s6-svscan
. tests/init/lib.sh

service s6
mkdir -p "$R/etc/watched"
touch "$R/etc/s6/nullmailer/down"
ln -s /etc/s6/nullmailer "$R/etc/watched/nullmailer"
inside s6-svscan /etc/watched >"$T/svscan" 2>&1 &
owns $!
at=/etc/watched/nullmailer
ok "s6-svscan has found it" until_true 60 inside s6-svok $at

life "chroot $R s6-svc -u -wu -T 60000 $at" \
    "chroot $R s6-svstat -o up $at | grep -q true" \
    "chroot $R s6-svc -h $at" "chroot $R s6-svc -d -wD -T 60000 $at"
log=$(inside sh -c 's6-tai64nlocal </var/log/nullmailer/current')
has "its lines are in the log, with the time" "$log" \
    '^[0-9-]* [0-9:.]*  *Sent file\.'
is "which its owner writes" "$(stat -c %U "$R/var/log/nullmailer")" "$OWNER"
[ "$test_failed" -eq 0 ] || sed 's/^/# /' "$T/svscan"

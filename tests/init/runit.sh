# runit.sh - the service folder for runit, under runsvdir
# shellcheck disable=SC2086  # commands are kept in variables
. tests/init/lib.sh

service runit
mkdir -p "$R/etc/watched"
inside runsvdir -P /etc/watched >"$T/runsvdir" 2>&1 &
owns $!
sv="chroot $R env SVDIR=/etc/watched sv -w 60"
touch "$R/etc/sv/nullmailer/down"
ln -s /etc/sv/nullmailer "$R/etc/watched/nullmailer"
ok "runsvdir has found it" until_true 60 $sv status nullmailer

# status says "down" with exit 0 of a service that is to be down.
life "$sv up nullmailer" "$sv status nullmailer | grep -q ^run:" \
    "$sv hup nullmailer" "$sv down nullmailer"
log=$(cat "$R/var/log/nullmailer/current")
has "its lines are in the log, with the time" "$log" \
    '^[0-9-]*_[0-9:.]* Sent file\.'
is "which its owner writes" "$(stat -c %U "$R/var/log/nullmailer")" "$OWNER"
[ "$test_failed" -eq 0 ] || sed 's/^/# /' "$T/runsvdir"

# systemd.sh - the unit, with systemd as process 1 in namespaces and a cgroup
# of its own; the user is made by sysusers, the spool by tmpfiles
# shellcheck disable=SC2086  # commands are kept in variables
add_owner() { service systemd && inside systemd-sysusers; }
. tests/init/lib.sh

service systemd
ok "sysusers knows the owner" inside id "$OWNER"
is "systemd-analyze has nothing to say" "$(inside systemd-analyze \
    --man=no --recursive-errors=yes verify nullmailer.service 2>&1)" ""
exposure=$(inside systemd-analyze security --offline=yes --threshold=20 \
    nullmailer.service 2>&1)
is "exposure is at most 2 of 10" "$?" 0
echo "$exposure" | sed -n 's/.*Overall/# Overall/p'

. tests/init/boot.sh
mkdir -p "$R/etc/systemd/system/test.target.wants"
ln -s /usr/lib/systemd/system/nullmailer.service \
    "$R/etc/systemd/system/test.target.wants/"
boot
ok "it runs after the boot" until_true 60 runs
until_true 60 $ctl is-active nullmailer
status() { grep "^$1:" "/proc/$(serving)/status" | cut -f2; }
is "no new privileges" "$(status NoNewPrivs)" 1
is "no capabilities, not even by set-uid programs" "$(status CapBnd)" \
    0000000000000000
is "a filter of system calls" "$(status Seccomp)" 2
sees="nsenter --target $(serving) --mount chroot $R"
ok "it cannot write to the configuration" \
    sh -c "! $sees touch $CONFIG/x 2>/dev/null"
ok "it can write to its spool" $sees touch "$SPOOL/tmp/x"
is "it sees its own processes only" \
    "$($sees ls /proc | grep -v '^[0-9]' | grep -c .)" 2

ok "stop" $ctl stop nullmailer
ok "it has ended" until_true 60 runs_not
rm -rf "$spool"
ok "tmpfiles makes the folder of the spool" $there systemd-tmpfiles --create \
    nullmailer.conf
life "$ctl start nullmailer" "$ctl is-active nullmailer >/dev/null" \
    "$ctl reload nullmailer" "$ctl stop nullmailer"
is "the stop was no failure" "$($ctl show -P Result nullmailer)" success
has "its lines are in the journal" "$($there journalctl -o cat -q \
    -u nullmailer SYSLOG_FACILITY=2)" '^Sent file\.'
ok "it can be enabled" $ctl -q enable nullmailer
ok "for the usual target" [ -L \
    "$R/etc/systemd/system/multi-user.target.wants/nullmailer.service" ]
[ "$test_failed" -eq 0 ] ||
    $there journalctl -u nullmailer -o cat | sed 's/^/# /'

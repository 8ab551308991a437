# openrc.sh - the service for OpenRC, which boots as process 1 and supervises
# it with supervise-daemon
# shellcheck disable=SC2086  # commands are kept in variables
. tests/init/lib.sh

# Nothing else is to be started: it would look after the machine.
rm -f "$R"/etc/runlevels/*/*
echo 'rc_sys="lxc"' >>"$R/etc/rc.conf"
service openrc
inside rc-update add nullmailer default >/dev/null
inside busybox syslogd -n -O /var/log/messages &
owns $!
until_true 60 [ -S "$R/dev/log" ]

unshare --pid --fork --kill-child --mount-proc="$R/proc" chroot "$R" \
    /sbin/openrc-init >"$T/boot" 2>&1 </dev/null &
outside=$!
ok "it runs after the boot" until_true 60 runs
process1=$(children "$outside")
rc="nsenter --target $process1 --mount --pid chroot $R rc-service nullmailer"
until_true 60 $rc status
ok "stop" $rc stop
ok "it has ended" until_true 60 runs_not
rm -rf "$spool"

life "$rc start" "$rc status" "$rc reload" "$rc stop"
ok "start" $rc start
until_true 60 runs
first=$(serving)
ok "restart" $rc restart
ok "is another process" until_true 60 runs "$first"
$rc stop >/dev/null 2>&1
ok "its supervisor is gone with it" until_true 60 \
    sh -c '! grep -l supervise-daemon /proc/[0-9]*/comm'
has "its lines are in the system's log" "$(cat "$R/var/log/messages")" \
    'mail.info nullmailer\[[0-9]*\]: Sent file\.'

# The other way to log, as conf.d has it.
sed -i 's/^command_args=.*/command_args=/; s/^#\(\(output\|error\)_log=\)/\1/' \
    "$R/etc/conf.d/nullmailer"
ok "start with a log file" $rc start
until_true 60 [ -s "$R/var/log/nullmailer.log" ]
arrives "a message arrives" mail_it
ok "its lines are there" until_true 60 \
    grep -q '^Sent file\.' "$R/var/log/nullmailer.log"
ok "stop" $rc stop
[ "$test_failed" -eq 0 ] || sed 's/^/# /' "$T/boot"

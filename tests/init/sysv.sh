# sysv.sh - the script in /etc/init.d, and the lines for /etc/inittab under
# System V init and busybox init as process 1
# shellcheck disable=SC2086  # commands are kept in variables
. tests/init/lib.sh

service sysv
script="chroot $R /etc/init.d/nullmailer"
inside busybox syslogd -n -O /var/log/messages &
owns $!
until_true 60 [ -S "$R/dev/log" ]

ln -sf me "$config/me"
is "a sender that cannot work is no success" "$($script start 2>/dev/null; echo $?)" 1
rm "$config/me"
conf me host.example.org
rm -rf "$spool"

life "$script start" "$script status" "$script reload" "$script stop" \
    "$script start"
is "status of what died, and of what was stopped, is 3" \
    "$($script status >/dev/null; echo $?)" 3
ok "stop once more is no error" $script stop
ok "start" $script start
first=$(serving)
ok "start once more is no error" $script start
is "and starts no second one" "$(serving)" "$first"
ok "restart" $script restart
ok "is another process" runs "$first"
ok "stop" $script stop
ok "it has ended" until_true 60 runs_not
has "its lines are in the system's log" "$(cat "$R/var/log/messages")" \
    'mail.info nullmailer\[[0-9]*\]: Sent file\.'

# line PATTERN: of our inittab, filled in
line() {
	sed -n "/^$1/{s|@OWNER@|$OWNER|g; s|@SBIN@|$SBIN|g; p}" \
	    initscripts/sysv/inittab
}
# under INIT COMMAND...: process 1, and then one that dies
under() {
	init=$1; shift
	: >"$R/var/log/messages"
	rm -f "$R/run/nullmailer.pid"
	unshare --pid --fork --kill-child --mount-proc="$R/proc" \
	    chroot "$R" "$@" >"$T/init.out" 2>&1 </dev/null &
	outside=$!
	ok "$init starts it" until_true 60 runs
	process1=$(children "$outside")
	ok "the script says so" until_true 60 \
	    nsenter --target "$process1" --mount --pid $script status
	is "as the owner of the spool" "$(user_of "$(serving)")" "$OWNER"
	arrives "a message arrives" mail_it
	first=$(serving)
	kill -9 "$first"
	ok "killed with -9 it comes back" until_true 60 runs "$first"
	arrives "a message arrives then" mail_it
	kill -9 "$process1"
	until_true 60 runs_not
	[ "$test_failed" -eq 0 ] || sed 's/^/# /' "$T/init.out"
}
{ echo id:2:initdefault:; line nm:; } >"$R/etc/inittab"
under "System V init" /sbin/init
line :: >"$R/etc/inittab"
under "busybox init" busybox init

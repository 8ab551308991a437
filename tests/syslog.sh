# syslog.sh - nullmailer-send --daemon and --syslog with a real syslog daemon,
# on a /dev/log of its own: needs a mount namespace, with root or a user's
# needs: busybox unshare=util-linux
. tests/lib.sh
own_network --pid --fork --kill-child --mount-proc
prefix

# A /dev with what is needed and nothing else.
mkdir "$T/dev"
for f in null zero urandom random; do
	: >"$T/dev/$f"
	mount --bind "/dev/$f" "$T/dev/$f"
done
mount --rbind "$T/dev" /dev
put_back() {
	umount -R -l /dev
	for f in null zero urandom random; do umount "$T/dev/$f"; done
	finish
}
trap put_back EXIT

start_syslogd() {
	busybox syslogd -n -O "$T/syslog" &
	syslogd=$!
	owns $syslogd
	until_true 5 test -S /dev/log
}
stop_syslogd() { kill $syslogd; wait $syslogd 2>/dev/null; rm -f /dev/log; }
# in_syslog PATTERN: waits for such a line there
in_syslog() { until_true 5 grep -q -e "$1" "$T/syslog"; }
# the sender that --daemon has left behind
left_behind() { for d in /proc/[0-9]*; do
	[ "$(tr '\0' ' ' <"$d/cmdline" 2>/dev/null | cut -d' ' -f1)" != nullmailer-send ] ||
	    echo "${d#/proc/}"
done; }
none() { [ -z "$(left_behind)" ]; }
end_it() {
	for pid in $(left_behind); do kill "$pid"; done
	until_true 8 none || for pid in $(left_behind); do kill -9 "$pid"; done
}

module m 'cat >/dev/null' 'echo "m: Succeeded: fine" >&2' \
    'printf "m: odd \033[1m and \200 bytes\n" >&2'
module bad 'cat >/dev/null' 'echo "bad: Failed: no" >&2' 'echo no; exit 16'
conf remotes '127.0.0.1 m'

# ---- --syslog ----
start_syslogd
SENDER='nullmailer-send --syslog'
put 1700000000.1 r@x.y
run
is "--syslog: exit code" "$rc" 0
has "stdout has the log as ever" "$(cat "$T/log")" '^Sent file\.$'
has "stderr has the module's words as ever" "$(cat "$T/err")" '^m: Succeeded: fine$'
in_syslog 'Delivery complete'
has "and syslog has it: name, process, facility, level" "$(cat "$T/syslog")" \
    ' mail\.info nullmailer\[[0-9]*\]: Sent file\.$'
is "every line" "$(sed -n 's/.* nullmailer\[[0-9]*\]: //p' "$T/syslog" |
    grep -v '^m: ')" "$(cat "$T/log")"
has "the module's stderr too" "$(cat "$T/syslog")" 'mail\.info nullmailer\[[0-9]*\]: m: Succeeded: fine$'
has "without control bytes" "$(cat -v "$T/syslog")" 'mail\.warn nullmailer\[[0-9]*\]: m: odd ?\[1m and '
conf remotes '127.0.0.1 bad'
SENDER='nullmailer-send -s'
put 1700000000.1 r@x.y
run
in_syslog 'Attempt failed'
has "-s, and trouble has another level" "$(cat "$T/syslog")" \
    'mail\.warn nullmailer\[[0-9]*\]: Sending failed: Temporary error'
has "and the module's too" "$(cat "$T/syslog")" 'mail\.warn nullmailer\[[0-9]*\]: bad: Failed: no$'
empty

# ---- --daemon ----
conf remotes '127.0.0.1 m'
conf pausetime 1
: >"$T/syslog"
began=$(ms)
timeout 20 nullmailer-send --daemon >"$T/out" 2>&1
is "--daemon: exit code and output" "$? $(cat "$T/out")" "0 "
ok "it comes back at once" [ $(($(ms) - began)) -le 2000 ]
pid=$(left_behind)
ok "and is there" [ "$pid" ]
is "a session of its own, no child of ours" \
    "$(awk '{ print $4, ($6 == '"$pid"') }' "/proc/$pid/stat")" "1 1"
is "0 and 1 are /dev/null, 2 leads to syslog" \
    "$(for fd in 0 1 2; do readlink "/proc/$pid/fd/$fd" | sed 's/:.*//'; done | tr '\n' ' ')" \
    "/dev/null /dev/null pipe "
put 1700000000.1 r@x.y; pull
ok "it delivers" until_true 5 drained
ok "and says so in syslog" in_syslog "nullmailer\[$pid\]: Sent file\.$"
ok "with the module's words" in_syslog "nullmailer\[$pid\]: m: Succeeded: fine$"
is "nothing on stdout" "$(cat "$T/out")" ""
stop_syslogd
put 1700000000.2 r@x.y; pull
ok "without the syslog daemon it goes on" until_true 5 drained
start_syslogd
: >"$T/syslog"
put 1700000000.3 r@x.y; pull
ok "and finds another one" in_syslog "Sent file\.$"
end_it
ok "TERM ends it" none

# ---- no /dev/log from the start ----
stop_syslogd
SENDER='nullmailer-send --syslog'
put 1700000000.1 r@x.y
run
is "--syslog without /dev/log" "$rc $(waiting)" "0 0"
has "logs to stdout" "$(cat "$T/log")" '^Sent file\.$'
timeout 20 nullmailer-send -d >"$T/out" 2>&1
is "-d without /dev/log" "$? $(cat "$T/out")" "0 "
put 1700000000.1 r@x.y; pull
ok "delivers in silence" until_true 5 drained
end_it
SENDER='nullmailer-send -ds'
put 1700000000.1 r@x.y
run
is "-ds --once" "$rc" 0
ok "delivers" until_true 5 drained
ok "and ends" until_true 5 none

# ---- what goes wrong at the start ----
start_syslogd
wrong() {
	timeout 20 nullmailer-send "$@" >"$T/out" 2>"$T/err"
	echo "$? $(head -n 1 "$T/err") $(left_behind)"
}
is "an unknown option" "$(wrong --daemon --zz)" \
    "1 nullmailer-send: unknown option string: '--zz' "
mv "$spool/queue" "$spool/aside"
: >"$spool/queue"
has "--daemon: a broken spool is told, and nobody left behind" \
    "$(wrong --daemon)" '^1 nullmailer-send: .*queue/queue.* $'
has "the same with --syslog" "$(wrong --syslog)" '^1 nullmailer-send: .*queue/queue.* $'
rm "$spool/queue"
mv "$spool/aside" "$spool/queue"
rm -f "$config/remotes"
ln -s loop "$config/loop"
ln -s loop "$config/remotes"
has "an unreadable control file is 18, as ever" "$(wrong --daemon)" '^18 nullmailer-send: .*remotes.* $'
end_it

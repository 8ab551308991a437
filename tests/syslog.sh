# syslog.sh - nullmailer-send --daemon and --syslog with a real syslog daemon,
# on a /dev/log of its own: needs a mount namespace, with root or a user's
# needs: busybox unshare=util-linux
if [ "${NAMESPACES:-}" != own ]; then
	[ "$(id -u)" = 0 ] && user='' || user=--map-root-user
	NAMESPACES=own exec unshare $user --mount --pid --fork --kill-child \
	    --mount-proc sh "$0"
fi
. tests/lib.sh
P=$T/p
prefix "$P"

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
module() { cat >"$P/protocols/$1"; chmod 755 "$P/protocols/$1"; }
put() { printf '\nr@x.y\n\nSubject: x\n\nb\n' >"$P/queue/queue/$1"; }
conf() { echo "$2" >"$P/conf/$1"; }
files() { find "$P/queue/$1" -type f | wc -l; }
empty() { [ "$(files queue)" = 0 ]; }
logged() { grep -q -e "$1" "$T/syslog"; }
# the sender that --daemon has left behind
sender() { for d in /proc/[0-9]*; do
	[ "$(tr '\0' ' ' <"$d/cmdline" 2>/dev/null | cut -d' ' -f1)" != nullmailer-send ] ||
	    echo "${d#/proc/}"
done; }
none() { [ -z "$(sender)" ]; }
stop() {
	for pid in $(sender); do kill "$pid"; done
	until_true 8 none || for pid in $(sender); do kill -9 "$pid"; done
}

module m <<'END'
#!/bin/sh
cat >/dev/null
echo "m: Succeeded: fine" >&2
printf 'm: odd \033[1m and \200 bytes\n' >&2
END
module bad <<'END'
#!/bin/sh
cat >/dev/null
echo "bad: Failed: no" >&2
echo no
exit 16
END
conf remotes '127.0.0.1 m'

# ---- --syslog ----
start_syslogd
put 1700000000.1
timeout 20 nullmailer-send --syslog --once >"$T/out" 2>"$T/err"
is "--syslog: exit code" "$?" 0
has "stdout has the log as ever" "$(cat "$T/out")" '^Sent file\.$'
has "stderr has the module's words as ever" "$(cat "$T/err")" '^m: Succeeded: fine$'
until_true 5 logged 'Delivery complete'
has "and syslog has it: name, process, facility, level" "$(cat "$T/syslog")" \
    ' mail\.info nullmailer\[[0-9]*\]: Sent file\.$'
is "every line" "$(sed -n 's/.* nullmailer\[[0-9]*\]: //p' "$T/syslog" |
    grep -v '^m: ')" "$(cat "$T/out")"
has "the module's stderr too" "$(cat "$T/syslog")" 'mail\.info nullmailer\[[0-9]*\]: m: Succeeded: fine$'
has "without control bytes" "$(cat -v "$T/syslog")" 'mail\.warn nullmailer\[[0-9]*\]: m: odd ?\[1m and '
conf remotes '127.0.0.1 bad'
put 1700000000.1
timeout 20 nullmailer-send -s --once >"$T/out" 2>&1
until_true 5 logged 'Attempt failed'
has "-s, and trouble has another level" "$(cat "$T/syslog")" \
    'mail\.warn nullmailer\[[0-9]*\]: Sending failed: Temporary error'
has "and the module's too" "$(cat "$T/syslog")" 'mail\.warn nullmailer\[[0-9]*\]: bad: Failed: no$'
rm -f "$P"/queue/queue/*

# ---- --daemon ----
conf remotes '127.0.0.1 m'
conf pausetime 1
: >"$T/syslog"
before=$(date +%s)
timeout 20 nullmailer-send --daemon >"$T/out" 2>&1
is "--daemon: exit code and output" "$? $(cat "$T/out")" "0 "
ok "it comes back at once" [ $(($(date +%s) - before)) -le 2 ]
pid=$(sender)
ok "and is there" [ "$pid" ]
is "a session of its own, no child of ours" \
    "$(awk '{ print $4, ($6 == '"$pid"') }' "/proc/$pid/stat")" "1 1"
is "0 and 1 are /dev/null, 2 leads to syslog" \
    "$(for fd in 0 1 2; do readlink "/proc/$pid/fd/$fd" | sed 's/:.*//'; done | tr '\n' ' ')" \
    "/dev/null /dev/null pipe "
put 1700000000.1
printf x >"$P/queue/trigger"
ok "it delivers" until_true 5 empty
ok "and says so in syslog" until_true 5 logged "nullmailer\[$pid\]: Sent file\.$"
ok "with the module's words" until_true 5 logged "nullmailer\[$pid\]: m: Succeeded: fine$"
is "nothing on stdout" "$(cat "$T/out")" ""
stop_syslogd
put 1700000000.2
printf x >"$P/queue/trigger"
ok "without the syslog daemon it goes on" until_true 5 empty
start_syslogd
: >"$T/syslog"
put 1700000000.3
printf x >"$P/queue/trigger"
ok "and finds another one" until_true 5 logged "Sent file\.$"
stop
ok "TERM ends it" none

# ---- no /dev/log from the start ----
stop_syslogd
put 1700000000.1
timeout 20 nullmailer-send --syslog --once >"$T/out" 2>&1
is "--syslog without /dev/log" "$? $(files queue)" "0 0"
has "logs to stdout" "$(cat "$T/out")" '^Sent file\.$'
timeout 20 nullmailer-send -d >"$T/out" 2>&1
is "-d without /dev/log" "$? $(cat "$T/out")" "0 "
put 1700000000.1
printf x >"$P/queue/trigger"
ok "delivers in silence" until_true 5 empty
stop
put 1700000000.1
timeout 20 nullmailer-send -ds --once >"$T/out" 2>&1
is "-ds --once" "$?" 0
ok "delivers" until_true 5 empty
ok "and ends" until_true 5 none

# ---- what goes wrong at the start ----
start_syslogd
wrong() {
	timeout 20 nullmailer-send "$@" >"$T/out" 2>"$T/err"
	echo "$? $(head -n 1 "$T/err") $(sender)"
}
is "an unknown option" "$(wrong --daemon --zz)" \
    "1 nullmailer-send: unknown option string: '--zz' "
mv "$P/queue/queue" "$P/queue/aside"
: >"$P/queue/queue"
has "--daemon: a broken spool is told, and nobody left behind" \
    "$(wrong --daemon)" '^1 nullmailer-send: .*queue/queue.* $'
has "the same with --syslog" "$(wrong --syslog)" '^1 nullmailer-send: .*queue/queue.* $'
rm "$P/queue/queue"
mv "$P/queue/aside" "$P/queue/queue"
rm -f "$P/conf/remotes"
ln -s loop "$P/conf/loop"
ln -s loop "$P/conf/remotes"
has "an unreadable control file is 18, as ever" "$(wrong --daemon)" '^18 nullmailer-send: .*remotes.* $'
stop

# lib.sh - what the tests of init systems begin with: nullmailer installed in a
# small Debian, and functions that lead a service through its life
. tests/init/root.sh

# The places of the binary under test, and those of its files in $R.
PLACES=$(mk show-INSTALL DESTDIR="$R" BINARY="$NM")
SBIN=$(mk show-SBIN) SPOOL=$(mk show-SPOOL) OWNER=$(mk show-OWNER)
CONFIG=$(mk show-CONFIG)
spool=$R$SPOOL config=$R$CONFIG

# service NAME: installs the files of an init system as `make install-NAME` does
service() {
	eval "${PLACES%applets/install.sh*}initscripts/install.sh $1"
}

# Programs, user, configuration and server. The spool is left for the service
# to make.
command -v add_owner >/dev/null || add_owner() {
	inside useradd --system --home-dir "$SPOOL" \
	    --shell /usr/sbin/nologin "$OWNER"
}
inside id "$OWNER" >/dev/null 2>&1 || add_owner
mount --bind "$R/etc/passwd" /etc/passwd
mount --bind "$R/etc/group" /etc/group
eval "$PLACES install" || exit 1
rm -rf "$spool"
conf me host.example.org
remotes "127.0.0.1 smtp port=$port"
inside chown "$OWNER" "$CONFIG/remotes"
chmod 600 "$config/remotes"

sent=0
# arrives NAME COMMAND...: the command makes one more message arrive
arrives() {
	name=$1; shift
	sent=$((sent + 1))
	if "$@" && until_true 60 delivered "$sent"; then ok "$name" true
	else ok "$name" false; fi
}
mail_it() {
	message "$sent" | chroot --userspec=65534:65534 "$R" "$SBIN/sendmail" -t
}
# A file in the queue that nobody was told of.
slip_in() {
	slip=$(date +%s).$sent
	put "$slip" r@example.net
	inside chown "$OWNER" "$SPOOL/queue/$slip"
}
slip_and() { slip_in && "$@"; }

# The sender: the process with its name that has no parent of its name.
serving() {
	for p in /proc/[0-9]*; do
		[ "$(tr '\0' ' ' <"$p/cmdline" 2>/dev/null | cut -d' ' -f1)" \
		    = "$SBIN/nullmailer-send" ] || continue
		parent=$(awk '/^PPid:/ { print $2 }' "$p/status")
		case $(tr '\0' ' ' <"/proc/$parent/cmdline" 2>/dev/null) in
		"$SBIN/nullmailer-send"*) ;;
		*) echo "${p#/proc/}" ;;
		esac
	done 2>/dev/null
}
runs() { [ -n "$(serving)" ] && [ "$(serving)" != "${1:-}" ]; }
runs_not() { [ -z "$(serving)" ]; }
user_of() { stat -c %U "/proc/$1"; }

# life START STATUS RELOAD STOP [RESPAWN]: commands as one word each. All that
# an init system is for; RESPAWN is the command that brings it back where
# that does not happen by itself.
life() {
	ok "before the start, status says no" sh -c "! $2 >/dev/null 2>&1"
	ok "start" timeout 120 sh -c "$1"
	ok "it runs" until_true 60 runs
	ok "status says so" until_true 60 sh -c "$2"
	is "as the owner of the spool" "$(user_of "$(serving)")" "$OWNER"
	ok "it has made the spool" until_true 60 [ -p "$spool/trigger" ]
	arrives "a message arrives" mail_it
	arrives "reload runs the queue" slip_and sh -c "$3"
	first=$(serving)
	began=$(ms)
	kill -9 "$first"
	[ -z "${5:-}" ] || { until_true 60 runs_not
	    ok "status says no" until_true 60 sh -c "! $2"
	    ok "start once more" sh -c "$5"; }
	ok "killed with -9 it comes back" until_true 60 runs "$first"
	back=$(($(ms) - began))
	ok "status says so" until_true 60 sh -c "$2"
	arrives "a message arrives then" mail_it
	began=$(ms)
	ok "stop" timeout 120 sh -c "$4"
	ok "it has ended" until_true 60 runs_not
	echo "#= there again $back ms after kill -9${5:+ and start};" \
	    "gone $(($(ms) - began)) ms after stop"
	ok "status says no" until_true 60 sh -c "! $2"
	sleep 1.5
	ok "and it stays away" runs_not
}

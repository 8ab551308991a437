# lib.sh - what every tests/*.sh begins with: `. tests/lib.sh`. Run from the
# top of the tree; $NM is the binary under test, $T a scratch folder that goes
# away at the end, together with the processes registered by `owns PID`.
set -u
NM=${NM:-$PWD/nullmailer}
PEER=${PEER:-$PWD/obj/tests/peer}
for T in "$NM" "$PEER"; do
	[ -x "$T" ] || { echo "not ok - $T has not been built"; exit 1; }
done
T=$(mktemp -d) || exit 1
test_number=0 test_failed=0 test_pids=

# In the end a number may be another's; when a process began tells.
birth() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20; }
owns() {
	for test_pid; do test_pids="$test_pids $test_pid:$(birth "$test_pid")"; done
}
end_owned() {
	for test_pid in $test_pids; do
		[ "$(birth "${test_pid%:*}")" != "${test_pid#*:}" ] ||
		    kill "${test_pid%:*}" 2>/dev/null
	done
	test_pids=
}
finish() {
	end_owned
	rm -rf "$T"
	exit "$test_failed"
}
trap finish EXIT
trap 'exit 1' INT TERM

# ok NAME COMMAND...: passes if the command does.
ok() {
	test_name=$1; shift
	test_number=$((test_number + 1))
	if "$@"; then echo "ok $test_number - $test_name"
	else echo "not ok $test_number - $test_name"; test_failed=1; fi
}
# is NAME GOT WANT: passes if the two texts are equal.
is() {
	if [ "$2" = "$3" ]; then ok "$1" true
	else ok "$1" false; printf '# got:  %s\n# want: %s\n' "$2" "$3" | sed '2,$s/^[^#]/# &/'; fi
}
# has NAME TEXT PATTERN: passes if a line of TEXT matches the basic RE.
has() {
	if printf '%s\n' "$2" | grep -q -e "$3"; then ok "$1" true
	else ok "$1" false; printf '# no line matches: %s\n' "$3"; printf '%s\n' "$2" | sed 's/^/# /'; fi
}
# lacks NAME TEXT PATTERN: passes if no line matches.
lacks() {
	if printf '%s\n' "$2" | grep -q -e "$3"; then
		ok "$1" false; printf '# a line matches: %s\n' "$3"; printf '%s\n' "$2" | sed 's/^/# /'
	else ok "$1" true; fi
}
# until_true SECONDS COMMAND...: waits for the command to succeed, 0.05 s a try.
until_true() {
	test_tries=$(($1 * 20)); shift
	while ! "$@" >/dev/null 2>&1; do
		test_tries=$((test_tries - 1))
		[ "$test_tries" -gt 0 ] || return 1
		sleep 0.05
	done
}
# serve INSTRUCTION...: a peer; $port
serve() {
	printf '%s\n' "$@" >"$T/talk"
	rm -f "$T/port" "$T"/got.*
	"$PEER" -t 1200 -p "$T/port" -l "$T/peer" -o "$T/got" "$T/talk" \
	    2>"$T/flaws" &
	owns $!
	until_true 60 test -s "$T/port"
	# shellcheck disable=SC2034
	port=$(cat "$T/port")
}
# taken: how many messages it has accepted
taken() { find "$T" -name 'got.*' ! -name '*.*.*' | wc -l; }
# own_network: begins the script again in a network and mounts of its own.
own_network() {
	[ "${NAMESPACES:-}" != own ] || return 0
	for test_user in '' --map-root-user; do
		# shellcheck disable=SC2086
		unshare $test_user --net --mount true 2>/dev/null || continue
		rm -rf "$T"
		# shellcheck disable=SC2086
		NAMESPACES=own exec unshare $test_user --net --mount sh "$0"
	done
	echo "#= not run: this system gives us no namespaces of our own"
	if [ "$(id -u)" -ne 0 ]; then ok '# SKIP: no namespaces' true
	else ok 'no namespaces, not even for root' false; fi
	exit
}
# prefix DIR: a NULLMAILER_TEST_PREFIX with empty spool, configuration and links.
prefix() {
	mkdir -p "$1/queue/queue" "$1/queue/tmp" "$1/queue/failed" "$1/conf" \
	    "$1/protocols" "$1/bin" "$1/sbin"
	chmod 700 "$1/queue/queue" "$1/queue/tmp" "$1/queue/failed"
	mkfifo -m 600 "$1/queue/trigger"
	echo f.q.d.n >"$1/conf/me"
	echo q.d.n >"$1/conf/defaultdomain"
	"$NM" --list | while read -r name folder _; do
		case $folder in
		BIN) ln -sf "$NM" "$1/bin/$name" ;;
		SBIN) ln -sf "$NM" "$1/sbin/$name" ;;
		MODULES) ln -sf "$NM" "$1/protocols/$name" ;;
		esac
	done
	export NULLMAILER_TEST_PREFIX="$1"
	PATH=$1/sbin:$1/bin:$PATH
}

# lib.sh - what every tests/*.sh begins with: `. tests/lib.sh`, from the top of
# the tree. These are all the words of the scripts; those for the spool and for
# the server are in tests/lib/.
#
# $NM is the binary under test, $TOOLS the folder of the tests' own programs,
# $PEER the server among them, $T a scratch folder that goes away at the end.
# ok NAME COMMAND...             a check: the command succeeds
# is NAME GOT WANT               the two texts are equal
# has NAME TEXT PATTERN          a line of the text matches the basic RE
# lacks NAME TEXT PATTERN        none does
# until_true SECONDS COMMAND...  waits for the command to succeed
# ms                             a clock; took=$(($(ms) - began))
# owns PID...                    these processes end with the script
# ended PID                      whether it has; a zombie has
# children PID                   the numbers of its children
# scenes 'NAME...'...            plays functions, each in a process and a $T of
#                                its own, those of one argument side by side;
#                                SCENE=NAME in the environment plays one
# own_network [OPTION...]        runs the script again in a network and mounts
#                                of its own; OPTION is of unshare, for more
# mk ARGUMENT...                 make, with the variables given to an outer one
# sanitized                      whether $NM is a build with sanitizers
# limited KB COMMAND...          in so much address space, if not sanitized
# certificate                    makes $T/ca.pem and mail.test's $T/server.pem
#
# The spool, $spool, and its control files, $config. A script may set $FROM,
# $TEXT and $SENDER.
# prefix [FOLDER]                makes both and links to all programs in $P
# conf FILE VALUE                writes a control file
# remotes LINE...                writes that one
# put NAME RECIPIENT...          queue/NAME, of $FROM (the null sender); two hours
#                                old, so that no remote is on probation for it
# put_many COUNT                 1000000001.1 to r1@x.y and so on
# queue_file RECIPIENT...        what put writes, on stdout
# files FOLDER                   the names in queue/, failed/, tmp/
# waiting; failed                the number of messages in queue/; in failed/
# drained                        whether queue/ has none
# stored                         the files of queue/, one after the other
# empty                          clears queue/, failed/, tmp/, and status: another
#                                server may get the port of one before
# The sender
# run                            one queue run of RUN_TIMEOUT=120 s: $rc, and
#                                $took in ms
# start [OPTION...]              a sender in the background: $sender
# stop SECONDS                   ends it in that time: $rc, $took
# pull                           pulls the trigger
# log                            what the last one said: $T/log, stdout, and
#                                $T/err, stderr
# lines PATTERN                  how many lines of it match
# logged SECONDS PATTERN [N]     waits for a line, or N, that match
# module NAME LINE...            makes a protocol module, a script
# by_hand MODULE OPTION...       a module alone, on $T/message: $rc, $T/out and
#                                $T/err
#
# The server, peer.c. NAMEs are for several at a time: $T/NAME.peer and so on.
# serve [-6] [-a ADDRESS] [-P PORT] [-n CONNECTIONS] [NAME:] LINE|FILE...
#                                begins to play these instructions: $port,
#                                $server, the log $T/peer, messages $T/got.N;
#                                what follows `next` is for the next connection
# served                         ends it: $played, its exit code, and $flaws
# transcript [NAME]              its log without numbers: "C: QUIT" "S: 221 bye"
# heard SECONDS PATTERN [NAME]   waits for such a line
# taken [NAME]                   how many messages it has accepted
# connections [NAME]             how many it has had
set -u
NM=${NM:-$PWD/nullmailer}
PEER=${PEER:-$PWD/obj/tests/peer}
TOOLS=${PEER%/*}
for T in "$NM" "$TOOLS/peer"; do
	[ -x "$T" ] || { echo "not ok - $T has not been built"; exit 1; }
done
T=$(mktemp -d) || exit 1
test_number=0 test_failed=0 test_pids=
# Who sends is a script's to say.
unset NULLMAILER_USER MAILUSER LOGNAME NULLMAILER_HOST MAILHOST HOSTNAME \
    NULLMAILER_NAME MAILNAME NAME NULLMAILER_SUSER NULLMAILER_SHOST \
    NULLMAILER_FLAGS NULLMAILER_QUEUE

ms() { echo $(($(date +%s%N) / 1000000)); }
# Numbers of processes are used again; the time of its start tells them apart.
birth() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20; }
owns() {
	for test_pid; do test_pids="$test_pids $test_pid:$(birth "$test_pid")"; done
}
end_owned() {
	for test_pid in $test_pids; do
		[ "$(birth "${test_pid%:*}")" != "${test_pid#*:}" ] ||
		    kill "${test_pid%:*}" 2>/dev/null
	done
}
finish() {
	end_owned
	rm -rf "$T"
	exit "$test_failed"
}
trap finish EXIT
trap 'exit 1' INT TERM

ok() {
	test_name=$1; shift
	test_number=$((test_number + 1))
	if "$@"; then echo "ok $test_number - $test_name"
	else echo "not ok $test_number - $test_name"; test_failed=1; fi
}
# explained NAME LINES: a check that failed, and why
explained() { ok "$1" false; printf '%s\n' "$2" | sed 's/^[^#]/# &/'; }
matches() { printf '%s\n' "$1" | grep -q -e "$2"; }
is() {
	if [ "$2" = "$3" ]; then ok "$1" true
	else explained "$1" "# got:  $2
# want: $3"; fi
}
has() {
	if matches "$2" "$3"; then ok "$1" true
	else explained "$1" "# no line matches: $3
$2"; fi
}
lacks() {
	if matches "$2" "$3"; then explained "$1" "# a line matches: $3
$2"
	else ok "$1" true; fi
}
until_true() {
	test_tries=$(($1 * 20)); shift
	while ! "$@" >/dev/null 2>&1; do
		test_tries=$((test_tries - 1))
		[ "$test_tries" -gt 0 ] || return 1
		sleep 0.05
	done
}
ended() { ! grep -q '^State:.[^Z]' "/proc/$1/status" 2>/dev/null; }
children() { sed 's/ *$//' "/proc/$1/task/$1/children" 2>/dev/null; }

# What a scene has started must have ended before its folder goes.
play_scene() {
	"$1"
	end_owned
	for test_pid in $test_pids; do wait "${test_pid%:*}" 2>/dev/null; done
	exit
}
scenes() {
	[ -z "${SCENE:-}" ] || play_scene "$SCENE"
	for test_group; do
		test_playing=
		for test_scene in $test_group; do
			SCENE=$test_scene sh "$0" >"$T/$test_scene.scene" 2>&1 &
			owns $!
			test_playing="$test_playing $!:$test_scene"
		done
		for test_scene in $test_playing; do
			wait "${test_scene%%:*}" || test_failed=1
			cat "$T/${test_scene#*:}.scene"
			grep -q '^ok' "$T/${test_scene#*:}.scene" ||
			    ok "${test_scene#*:} has checks" false
		done
	done
}
own_network() {
	[ "${NAMESPACES:-}" != own ] || return 0
	for test_user in '' --map-root-user; do
		# shellcheck disable=SC2086
		unshare $test_user --net --mount "$@" true 2>/dev/null || continue
		rm -rf "$T"
		# shellcheck disable=SC2086
		NAMESPACES=own exec unshare $test_user --net --mount "$@" sh "$0"
	done
	echo "#= not run: this system gives us no namespaces of our own"
	if [ "$(id -u)" -ne 0 ]; then ok '# SKIP: no namespaces' true
	else ok 'no namespaces, not even for root' false; fi
	exit
}
mk() (
	MAKEFLAGS=${MAKEFLAGS-}
	export MAKEFLAGS="-- ${MAKEFLAGS##*-- }"
	unset MAKELEVEL
	make -s ${LAYOUT:+LAYOUT="$LAYOUT"} "$@"
)
sanitized() { grep -q __asan_init "$NM"; }
limited() (
	sanitized || ulimit -v "$1"
	shift
	"$@"
)
certificate() {
	sh tests/pki/cert.sh "$T" >"$T/openssl" 2>&1 || cat "$T/openssl"
}

. tests/lib/spool.sh
. tests/lib/server.sh

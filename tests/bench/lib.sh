# lib.sh - how tests/bench measures. Everything runs in namespaces of its own,
# as in tests/interop; a far server is behind delay.py, half of $TRIP each way.
# needs: strace valgrind python3 openssl smtp-source=postfix
# needs: ip=iproute2 unshare=util-linux
# needs: /usr/share/doc/libsasl2-modules=libsasl2-modules
# What it sets is for peers.sh and the rows.
# shellcheck disable=SC2034
. tests/interop/lib.sh
PATH=$PATH:/usr/sbin:/sbin
HERE=$PWD/tests/bench
PYTHON=$(python3 -c 'import sys; print(sys.executable)')
RUNS=${RUNS:-5}
TRIP=0.1
SINK_PORT=2525
everybody=
RESULTS=$T/results
: >"$RESULTS"
# What cron, login and init systems tell everybody.
export LOGNAME=root

# ---- keys ----

# authority NAME; issue NAME SIGNER SUBJECT KEY EXTENSION: files in $T
authority() {
	openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj "/CN=$1" \
	    -keyout "$T/$1.key" -out "$T/$1.crt" 2>"$T/openssl"
}
issue() {
	printf '%s\n' "$5" >"$T/extension"
	# shellcheck disable=SC2086
	openssl req -new -newkey $4 -nodes -subj "/CN=$3" \
	    -keyout "$T/$1.key" -out "$T/request" 2>"$T/openssl" &&
	openssl x509 -req -in "$T/request" -CA "$T/$2.crt" -CAkey "$T/$2.key" \
	    -CAcreateserial -days 30 -extfile "$T/extension" \
	    -out "$T/$1.crt" 2>"$T/openssl"
}
# A chain of three. Its root is the last of a list as long as a system's.
SYSTEM=/etc/ssl/certs/ca-certificates.crt
certificates() {
	names=subjectAltName=DNS:localhost,IP:127.0.0.1,IP:192.0.2.2
	authority root &&
	issue sub root Sub rsa:2048 basicConstraints=critical,CA:true &&
	issue rsa sub sink rsa:2048 $names &&
	issue ec sub sink 'ec -pkeyopt ec_paramgen_curve:P-256' $names ||
	    cat "$T/openssl"
	cat "$T/rsa.key" "$T/rsa.crt" "$T/sub.crt" >"$T/server.pem"
	cat "$SYSTEM" "$T/root.crt" >"$T/all.pem"
}

# ---- servers ----

# server OPTION...: sink.py, run by the command in $via. Sets $server.
server() {
	: >"$T/sink"
	# shellcheck disable=SC2086
	$via "$PYTHON" "$HERE/sink.py" --stats "$T/stats" --port $SINK_PORT \
	    "$@" >"$T/sink" 2>&1 &
	server=$!
	owns $server
	until_true 10 grep -q ready "$T/sink" || cat "$T/sink"
}
# sink OPTION...: one here. far OPTION...: one a round trip away. Set $host.
sink() {
	host=127.0.0.1 trip=0 via=
	server "$@"
}
far() {
	host=192.0.2.2 trip=$TRIP
	via="$PYTHON $HERE/delay.py $(awk "BEGIN { print $TRIP / 2 }") $T/trips"
	server --host 0.0.0.0 "$@"
}
no_sink() {
	kill "$server"
	wait "$server" 2>/dev/null
}

# ---- one measurement ----

# measured ARGUMENT... -- COMMAND...: a line of measure.py about $what
what='time'
measured() {
	far=
	[ "$trip" = 0 ] || far="--trip $trip --trips $T/trips"
	# shellcheck disable=SC2086
	"$PYTHON" "$HERE/measure.py" --what $what --stats "$T/stats" $far "$@"
}

# ---- a row ----

# For table.py: lines of words that tabs part.
record() {
	( IFS='	'; printf '%s\n' "$*" ) >>"$RESULTS"
}
note() { record note "$*"; }
# figure NAME OURS THEIRS POSTFIX TARGET UNIT: that is no run's
figure() { record figure "$@"; }

# runs PEER...: each does the work once, in turn
runs() {
	for peer; do
		part=1
		case "$peer $what" in
		'theirs instructions') part=$theirs_simulated ;;
		theirs*) part=$theirs_part ;;
		esac
		record run $peer $what $part "$("by_$peer")"
	done
}

# What the next row is about. theirs_part: 2.2 does that part of the work, as
# all of it takes minutes; theirs_simulated: the same under callgrind. once:
# peers that need no median; untraced: one that would take minutes.
defaults() {
	peers=$everybody once= count=1 bytes=1000 theirs_part=1
	theirs_simulated=1 untraced=
	least= looks='memory calls' field=reply expected=
}
# row NAME SECONDS CONNECTIONS CALLS: the last three are targets, or -
row() {
	record row "$@" $field "${expected:-$count}"
	for run in $(seq "$RUNS"); do
		for peer in $peers; do
			case " $once " in *" $peer "*) [ "$run" = 1 ] || continue ;; esac
			runs $peer
		done
	done
	for what in $looks; do
		for peer in $peers; do
			can_look $what $peer && runs $peer
		done
	done
	what='time'
	"$PYTHON" "$HERE/table.py" "$RESULTS" >&2
}
# The yardstick is a script; the instructions of daemons cannot be counted.
can_look() {
	[ $2 != limit ] && [ "$1 $2" != 'instructions postfix' ] &&
	    [ "$1 $2" != "calls $untraced" ]
}

# lib.sh - how tests/bench measures. Everything runs in namespaces of its own,
# as in tests/interop; a far server is behind delay.py, half of $TRIP each way.
# needs: strace openssl python3 ip=iproute2 unshare=util-linux
. tests/interop/lib.sh
HERE=$PWD/tests/bench
RUNS=${RUNS:-5}
expected=0
TRIP=0.1
PYTHON=$(python3 -c 'import sys; print(sys.executable)')
SINK_PORT=2525
# What cron, login and init systems tell everybody.
export LOGNAME=root

ours=$T/ours theirs=
prefix "$ours"
one_shot

# Debian's build takes the host's name from mailname, and set-uid programs do
# not honour the test prefix.
use_reference() {
	theirs=$T/theirs
	mkdir -p "$theirs/conf" "$theirs/queue/queue" "$theirs/queue/tmp" \
	    "$theirs/queue/failed"
	cp -Rp "$1" "$T/package"
	chmod u-s "$T/package/usr/sbin/nullmailer-queue" "$T/package/usr/bin/mailq"
	ln -s "$T/package/usr/bin" "$theirs/bin"
	ln -s "$T/package/usr/sbin" "$theirs/sbin"
	ln -s "$T/package/usr/lib/nullmailer" "$theirs/protocols"
	mkfifo "$theirs/queue/trigger"
	echo f.q.d.n >"$theirs/mailname"
	echo 0 >"$theirs/conf/pausetime"
}
[ -z "${REF:-}" ] || use_reference "$REF"

# ---- servers ----

# A server's certificate and a file of CAs as long as a system's.
certificates() {
	openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=bench-ca \
	    -keyout "$T/ca.key" -out "$T/ca.pem" 2>/dev/null
	openssl req -newkey rsa:2048 -nodes -subj /CN=sink \
	    -keyout "$T/key" -out "$T/csr" 2>/dev/null
	printf 'subjectAltName=DNS:localhost,IP:127.0.0.1,IP:192.0.2.2\n' >"$T/ext"
	openssl x509 -req -in "$T/csr" -CA "$T/ca.pem" -CAkey "$T/ca.key" \
	    -CAcreateserial -days 30 -extfile "$T/ext" -out "$T/crt" 2>/dev/null
	cat "$T/key" "$T/crt" >"$T/server.pem"
	cat /etc/ssl/certs/ca-certificates.crt "$T/ca.pem" >"$T/all-ca.pem" \
	    2>/dev/null || cp "$T/ca.pem" "$T/all-ca.pem"
}

# sink OPTION...: a server here; far OPTION...: one a round trip away. $host.
sink() {
	host=127.0.0.1
	"$PYTHON" "$HERE/sink.py" --stats "$T/stats" --port $SINK_PORT "$@" \
	    >"$T/sink" 2>&1 &
	server=$!
	owns $server
	until_true 10 grep -q ready "$T/sink" || cat "$T/sink"
}
far() {
	host=192.0.2.2
	"$PYTHON" "$HERE/delay.py" "$(awk "BEGIN { print $TRIP / 2 }")" \
	    "$PYTHON" "$HERE/sink.py" --stats "$T/stats" --host 0.0.0.0 \
	    --port $SINK_PORT "$@" >"$T/sink" 2>&1 &
	server=$!
	owns $server
	until_true 10 grep -q ready "$T/sink" || cat "$T/sink"
}
no_sink() {
	kill "$server"
	wait "$server" 2>/dev/null
}

# ---- one measurement ----

# measured ARGUMENT... -- COMMAND...: a line of measure.py. $memory is set when
# memory is what is wanted; a far server also says how far.
measured() {
	trip=0
	[ "$host" != 192.0.2.2 ] || trip=$TRIP
	"$PYTHON" "$HERE/measure.py" ${memory:+--memory} --trip $trip "$@"
}

# remote PREFIX LINE...; queue PREFIX COUNT BYTES
remote() {
	printf '%s\n' "$2" >"$1/conf/remotes"
	[ -z "${3:-}" ] || printf '%s\n' "$3" >>"$1/conf/remotes"
}
queue() {
	find "$1/queue/queue" -type f -delete
	"$PYTHON" "$HERE/fill.py" "$1/queue/queue" "$2" "$3"
}

# drain PREFIX ARGUMENT...: one queue run, by the programs of that prefix
drain() {
	p=$1; shift
	NULLMAILER_TEST_PREFIX=$p measured --stats "$T/stats" \
	    --out "$p/log" "$@" -- "$p/sbin/nullmailer-send"
}

# ideal COUNT BYTES ARGUMENT...: the least a client could do
ideal() {
	count=$1; shift
	head -c "$1" /dev/zero | tr '\0' x | fold -w 70 | sed '$a\' >"$T/text"; shift
	measured --stats "$T/stats" --clock --out "$T/ideal" -- "$PYTHON" \
	    "$HERE/ideal.py" --host "$host" --port $SINK_PORT -n "$count" \
	    "$@" "$T/text"
}

# ---- a row ----

# of FIELD FILE: the median
of() {
	tr ' ' '\n' <"$2" | sed -n "s/^$1=//p" | sort -n |
	    awk '{ v[NR] = $1 } END { print NR ? v[int((NR + 1) / 2)] : "-" }'
}
scaled() { awk -v a="$1" -v b="$2" 'BEGIN { if (a == "-") print a; else printf "%.4f\n", a * b }'; }

# short SECONDS
short() {
	awk -v s="$1" 'BEGIN { if (s == "-") print s
	    else if (s < 0.01) printf "%.2f ms\n", s * 1000
	    else if (s < 10) printf "%.3f s\n", s
	    else printf "%.1f s\n", s }'
}
line() { printf '%-50s %10s %10s %10s %12s %5s %7s %7s\n' "$@"; }

# row NAME TARGET FIELD [SCALE]: runs by_ours, by_theirs and the_limit in turn,
# $RUNS times, and once more for memory. SCALE: theirs did only that part of
# the work, as it takes them minutes.
row() {
	: >"$T/v.ours"; : >"$T/v.theirs"; : >"$T/v.limit"
	run=0
	while [ $run -lt "$RUNS" ]; do
		run=$((run + 1))
		by_ours >>"$T/v.ours"
		[ -z "$theirs" ] || by_theirs >>"$T/v.theirs"
		the_limit >>"$T/v.limit"
	done
	memory=1
	by_ours >"$T/m.ours"
	memory=
	theirs_took=$(short "$(scaled "$(of "$3" "$T/v.theirs")" "${4:-1}")")
	grep -q 'late=1' "$T/v.theirs" && theirs_took="> $theirs_took"
	[ "${4:-1}" = 1 ] || theirs_took="~ $theirs_took"
	line "$1" "$(short "$(of "$3" "$T/v.ours")")" "$theirs_took" \
	    "$(short "$(of "$3" "$T/v.limit")")" "$2" \
	    "$(of connections "$T/v.ours")" "$(of rss "$T/m.ours")" \
	    "$(of pss "$T/m.ours")"
	check_all "$1"
	the_limit() { :; }
}
the_limit() { :; }

# What was not delivered was not measured.
check_all() {
	[ "$expected" = - ] || [ "$(of messages "$T/v.ours")" = "$expected" ] ||
	    echo "  $1: ours delivered $(of messages "$T/v.ours") of $expected"
}

# run.sh - `make bench`: the work of each row done by this binary, by nullmailer
# 2.2 (REF names a folder its Debian package was unpacked to) and, where there
# is one, by the least client that could do it. Medians of $RUNS, side by side
# in one run. Nothing here can fail a build. ROWS chooses rows by name.
if [ "${NAMESPACES:-}" != own ]; then
	# shellcheck disable=SC2046
	sh tests/need.sh $(sed -n 's/^# needs: //p' tests/bench/lib.sh) || exit 0
	[ -n "${REF:-}" ] || . tests/bench/fetch.sh
fi
. tests/bench/lib.sh
TLS_PORT=4650
ROWS=${ROWS:-many tls far slow silent refused large inject queue size}

# both OPTION...: the same remote for both, in the words of either
both() {
	remote "$ours" "$host smtp port=$SINK_PORT $*"
	[ -z "$theirs" ] || remote "$theirs" \
	    "$host smtp --port=$SINK_PORT $(theirs_words "$@")"
}
theirs_words() {
	for word; do
		case $word in
		sessions=*) ;;
		*) printf ' --%s' "$word" ;;
		esac
	done
}

many() {
	expected=500
	by_ours() { queue "$ours" 500 1000; drain "$ours"; }
	by_theirs() { queue "$theirs" 500 1000; drain "$theirs"; }
	the_limit() { ideal 500 1000; }
	sink
	both
	row '500 x 1 KB, plain' '<= 0.15 s' reply
	no_sink
	sink --chunking
	the_limit() { ideal 500 1000 --chunking; }
	row '500 x 1 KB, plain, CHUNKING' '' reply
	no_sink
}

tls() {
	expected=200
	by_ours() { queue "$ours" 200 1000; drain "$ours"; }
	by_theirs() { queue "$theirs" 40 1000; drain "$theirs"; }
	the_limit() { ideal 200 1000 --tls starttls --auth --ca "$T/all-ca.pem"; }
	sink --cert "$T/server.pem" --auth
	both starttls "x509cafile=$T/all-ca.pem" user=u pass=p
	row '200 x 1 KB, STARTTLS, AUTH, all CAs' '<= 0.16 s' reply 5
	echo "  handshakes: $(of tls "$T/v.ours"); theirs: 40 messages, times 5"
	no_sink
}

# far_row NAME TARGET LIMIT-ARGUMENTS OPTION...: 100 messages a round trip away
far_row() {
	name=$1 target=$2 least=$3; shift 3
	both "$@"
	# shellcheck disable=SC2086
	the_limit() { [ -z "$least" ] || ideal "$expected" 1000 $least; }
	row "$name" "$target" reply "$scale"
}
far_rows() {
	cert="--cert $T/server.pem --tls-port $TLS_PORT"
	ca="x509cafile=$T/all-ca.pem"
	by_ours() { queue "$ours" $expected 1000; drain "$ours"; }
	by_theirs() { queue "$theirs" $((expected / scale)) 1000; drain "$theirs"; }
	# shellcheck disable=SC2086
	far --chunking $cert
	expected=100 scale=20
	echo '  theirs: 5 messages instead of 100, times 20'
	far_row '100 far, CHUNKING, one connection' '<= 0.85 s' --chunking sessions=1
	far_row '100 far, CHUNKING, sessions=4' '<= 0.85 s' --chunking
	far_row '100 far, CHUNKING, STARTTLS' '<= 1.42 s' \
	    "--chunking --tls starttls --tls12 --ca $T/ca.pem" starttls "$ca" sessions=1
	expected=1 scale=1
	far_row '1 far, plain' '<= 0.47 s' --chunking
	far_row '1 far, STARTTLS' '<= 0.97 s' \
	    "--chunking --tls starttls --tls12 --ca $T/ca.pem" starttls "$ca"
	SINK_PORT=$TLS_PORT far_row '1 far, TLS' '<= 0.67 s' \
	    "--chunking --tls implicit --tls12 --ca $T/ca.pem" tls "$ca"
	no_sink
	far
	expected=100 scale=20
	far_row '100 far, PIPELINING, sessions=4' '<= 3.2 s' ''
	RUNS=2
	far_row '100 far, PIPELINING, one session' '<= 10.8 s' ' ' sessions=1
	RUNS=$asked
	no_sink
}

slow() {
	expected=50
	by_ours() { queue "$ours" 50 1000; drain "$ours"; }
	by_theirs() { queue "$theirs" 5 1000; drain "$theirs"; }
	sink --delay 0.2
	both
	row '50, server takes 0.2 s each, sessions=4' '<= 2.9 s' reply 10
	both sessions=20
	row '50, server takes 0.2 s each, sessions=20' '<= 0.8 s' reply 10
	echo '  theirs: 5 messages, times 10'
	no_sink
}

# The first remote accepts connections and says nothing.
silent() {
	expected=20
	by_ours() { queue "$ours" 20 1000; drain "$ours"; }
	by_theirs() { queue "$theirs" 20 1000; drain "$theirs" --limit 15; }
	sink
	"$PYTHON" "$HERE/sink.py" --blackhole --stats "$T/silent" --port 2600 \
	    >"$T/silent.log" 2>&1 &
	silence=$!
	owns $silence
	until_true 10 grep -q ready "$T/silent.log"
	second="127.0.0.1 smtp port=$SINK_PORT"
	remote "$ours" '127.0.0.1 smtp port=2600' "$second"
	echo 10 >"$ours/conf/sendtimeout"
	if [ -n "$theirs" ]; then
		remote "$theirs" '127.0.0.1 smtp --port=2600' \
		    "127.0.0.1 smtp --port=$SINK_PORT"
		echo 10 >"$theirs/conf/sendtimeout"
	fi
	RUNS=1
	row '20, first remote silent, 10 s limit' '<= 10.5 s' wall
	echo "  one run; theirs: ended after 15 s, $(of messages "$T/v.theirs") sent"
	RUNS=$asked
	rm -f "$ours/conf/sendtimeout" "$theirs/conf/sendtimeout"
	kill $silence
	no_sink
}

opens() { awk '/^Tcp:/ && n++ { print $6 }' /proc/net/snmp; }

# Nobody listens there.
refused() {
	host=127.0.0.1
	expected=0
	sink
	by_ours() { at=$(opens); drain "$ours"; made=$(($(opens) - at)); }
	by_theirs() { drain "$theirs"; }
	remote "$ours" '127.0.0.1 smtp port=1'
	[ -z "$theirs" ] || remote "$theirs" '127.0.0.1 smtp --port=1'
	queue "$ours" 20000 1000
	[ -z "$theirs" ] || queue "$theirs" 400 1000
	row '20,000 queued, remote refuses: one run' '<= 0.3 s' wall 50
	echo "  connections tried: $made; theirs: 400 messages, times 50"
	no_sink
}

large() {
	expected=1
	by_ours() { queue "$ours" 1 25000000; drain "$ours"; }
	by_theirs() { queue "$theirs" 1 25000000; drain "$theirs"; }
	the_limit() { ideal 1 25000000 --chunking; }
	sink --chunking --cert "$T/server.pem"
	both sessions=1
	row '25 MB, plain' '<= 0.08 s' reply
	both starttls "x509cafile=$T/ca.pem"
	the_limit() { ideal 1 25000000 --chunking --tls starttls --ca "$T/ca.pem"; }
	row '25 MB, TLS' '<= 0.11 s' reply
	no_sink
}

# ---- injection ----

# The installed layout, where root needs no set-uid program.
installed() {
	root=$T/root
	mkdir -p "$root/etc" "$root/dev"
	make -s install DESTDIR="$root" BINARY="$NM" OWNER=mail >"$T/install" ||
	    cat "$T/install"
	cp /etc/passwd /etc/localtime "$root/etc/"
	mknod -m 666 "$root/dev/null" c 1 3
	config=$root$(make -s show-CONFIG)
	mkdir -p "$config"
	echo f.q.d.n >"$config/me"
	echo q.d.n >"$config/defaultdomain"
	sendmail=$(make -s show-SBIN)/sendmail
	chmod 755 "$T" "$root"
}

# calls FILE: of the last program that was started from outside
calls() {
	awk -v first="$1" '!go && index($0, first) { go = 1 } go' "$2" |
	    grep -cE '^[0-9]+ +[a-z0-9_]+\('
}
syncs() { grep -cE ' f(data)?sync\(' "$1"; }

inject() {
	host=127.0.0.1
	installed
	fold -w 70 "$HERE/delay.py" | head -c 900 >"$T/text"
	{ printf 'From: a@x.y\nTo: b@x.y\nSubject: x\n\n'; cat "$T/text"; } \
	    >"$T/message"
	expected=-
	by_theirs() {
		NULLMAILER_TEST_PREFIX=$theirs measured --times 50 --stdin \
		    "$T/message" -- "$theirs/sbin/sendmail" -t
	}
	unset NULLMAILER_TEST_PREFIX
	by_ours() {
		measured --chroot "$root" --times 100 --stdin "$T/message" -- \
		    "$sendmail" -t
	}
	row 'sendmail -t as root' '<= 2.3 ms' wall
	by_ours() {
		measured --chroot "$root" --user 65534 --times 100 --stdin \
		    "$T/message" -- "$sendmail" -t
	}
	row 'sendmail -t through the set-uid copy' '<= 2.3 ms' wall
	strace -f -o "$T/calls.root" chroot "$root" "$sendmail" -t <"$T/message"
	strace -f -o "$T/calls.user" chroot --userspec=65534:65534 "$root" \
	    "$sendmail" -t <"$T/message"
	n=-
	if [ -n "$theirs" ]; then
		NULLMAILER_TEST_PREFIX=$theirs strace -f -o "$T/calls.theirs" \
		    "$theirs/sbin/sendmail" -t <"$T/message"
		n=$(calls execve "$T/calls.theirs")
	fi
	line '  system calls as root' "$(calls "execve(\"$sendmail\"" "$T/calls.root")" \
	    "$n" - '<= 70' '' '' ''
	line '  through the set-uid copy' \
	    "$(calls "execve(\"$sendmail\"" "$T/calls.user")" "$n" - '<= 110' '' '' ''
	line '  syncs' "$(syncs "$T/calls.root")" "$([ "$n" = - ] && echo - ||
	    syncs "$T/calls.theirs")" - 2 '' '' ''
	export NULLMAILER_TEST_PREFIX="$ours"
}

# ---- the queue itself ----

# held PID FIELD
held() { awk -v k="$2:" '$1 == k { print $2 }' "/proc/$1/smaps_rollup"; }

# cost COUNT: a daemon that found so many messages and could send none
cost() {
	queue "$ours" "$1" 1000
	remote "$ours" '127.0.0.1 smtp port=1'
	echo 3600 >"$ours/conf/pausetime"
	"$ours/sbin/nullmailer-send" >"$ours/log" 2>&1 &
	daemon=$!
	owns $daemon
	until_true 60 grep -q 'Delivery complete\|Rescanning queue' "$ours/log"
	until_true 60 grep -q "Delivery complete, $1 mess" "$ours/log" || [ "$1" = 0 ]
	sleep 0.3
	strace -c -f -o "$T/rescan" -p $daemon 2>/dev/null &
	tracer=$!
	sleep 0.5
	printf x >"$ours/queue/trigger"
	until_true 60 sh -c "[ \$(grep -c Rescanning '$ours/log') -ge 2 ]"
	sleep 1
	kill -INT $tracer
	wait $tracer 2>/dev/null
	printf '%-12s %10s %10s %12s\n' "$1" "$(held $daemon Rss)" \
	    "$(held $daemon Pss)" "$(awk '$NF ~ /stat/ { n += $4 } END { print n + 0 }' "$T/rescan")"
	kill $daemon
	wait $daemon 2>/dev/null
	one_shot
}
queue_rows() {
	host=127.0.0.1
	sink
	expected=0
	printf '\n%-12s %10s %10s %12s\n' waiting 'RSS KB' 'PSS KB' 'stats/rescan'
	for n in 0 10 1000 100000; do cost $n; done
	for n in 10 1000 100000; do
		queue "$ours" $n 1000
		remote "$ours" '127.0.0.1 smtp port=1'
		drain "$ours" >/dev/null
		printf '%-12s one run that can send nothing: %s s\n' "$n" \
		    "$(drain "$ours" | tr ' ' '\n' | sed -n 's/^wall=//p')"
	done
	no_sink
}

size() {
	line 'bytes installed' "$(wc -c <"$NM")" \
	    "$([ -z "$theirs" ] || find "$T/package" -type f -perm -100 \
	    -exec cat {} + | wc -c)" - '<= 330000' '' '' ''
}

asked=$RUNS
certificates
line "RUNS=$RUNS" ours 2.2 limit target conn. 'RSS KB' 'PSS KB'
for rows in $ROWS; do
	case $rows in
	far | queue) "${rows}_rows" ;;
	*) "$rows" ;;
	esac
done
exit 0

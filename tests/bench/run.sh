# run.sh - `make bench`: the work of each row done by this binary, by nullmailer
# 2.2 (REF names a folder its Debian package was unpacked to), by Postfix and,
# where there is one, by the least client that could do it, in turn; then once
# more to look at memory, system calls and instructions. table.py prints it.
# Nothing here can fail a build. ROWS chooses rows by name.
if [ "${NAMESPACES:-}" != own ]; then
	# shellcheck disable=SC2046
	sh tests/need.sh $(sed -n 's/^# needs: //p' tests/bench/lib.sh) || exit 0
	[ -n "${REF:-}" ] || . tests/bench/fetch.sh
fi
. tests/bench/peers.sh
ROWS=${ROWS:-many tls far slow silent refused large inject engine
    queue size}
CA=x509cafile=$T/all.pem
TLS_PORT=4650

many() {
	defaults
	count=500 theirs_simulated=50 looks='memory calls instructions'
	sink
	relay
	row '500 x 1 KB, plain' 0.15 1 -
	no_sink
	sink --chunking
	least=--chunking
	row '500 x 1 KB, plain, CHUNKING' - - -
	no_sink
}

tls() {
	defaults
	count=200 theirs_part=5 theirs_simulated=50
	looks='memory calls instructions'
	least="--tls starttls --tls12 --auth --ca $T/all.pem"
	sink --cert "$T/server.pem" --auth
	relay starttls "$CA" user=u pass=p
	row '200 x 1 KB, STARTTLS, AUTH, all CAs' 0.16 1 -
	no_sink
}

# A round trip of 100 ms away. With TLS there is AUTH, without there is none.
far_plain() {
	defaults
	far --chunking
	least=--chunking
	relay
	row '1 far, plain' 0.47 1 -
	count=100 theirs_part=20
	row '100 far, CHUNKING' - - -
	relay sessions=1
	row '100 far, CHUNKING, sessions=1' 0.85 1 -
	no_sink
}
far_tls() {
	defaults
	far --chunking --cert "$T/server.pem" --tls-port $TLS_PORT --auth
	least="--chunking --tls starttls --tls12 --auth --ca $T/root.crt"
	relay starttls "$CA" user=u pass=p
	row '1 far, STARTTLS, AUTH' 0.97 1 -
	SINK_PORT=$TLS_PORT
	least="--chunking --tls implicit --tls12 --auth --ca $T/root.crt"
	relay tls "$CA" user=u pass=p
	row '1 far, TLS, AUTH' 0.67 1 -
	SINK_PORT=2525
	count=100 theirs_part=20
	least="--chunking --tls starttls --tls12 --auth --ca $T/root.crt"
	relay starttls "$CA" user=u pass=p sessions=1
	row '100 far, CHUNKING, STARTTLS, sessions=1' 1.42 1 -
	no_sink
}
far_pipelining() {
	defaults
	far
	count=100 theirs_part=20
	relay sessions=4
	row '100 far, PIPELINING, sessions=4' 3.2 4 -
	relay sessions=1
	row '100 far, PIPELINING, sessions=1' 10.8 1 -
	no_sink
}
far_rows() {
	far_plain
	far_tls
	far_pipelining
}

slow() {
	defaults
	count=50 theirs_part=10
	peers=${peers% limit}
	sink --delay 0.2
	relay
	row '50, server takes 0.2 s each, sessions=4' 2.9 4 -
	relay sessions=20
	row '50, server takes 0.2 s each, sessions=20' 0.8 20 -
	no_sink
}

# The first remote accepts connections and says nothing; the second is a sink.
silent() {
	defaults
	count=20 field=wall once='theirs postfix' looks=
	peers=${peers% limit}
	sink
	"$PYTHON" "$HERE/sink.py" --blackhole --stats "$T/silent" --port 2600 \
	    >"$T/silent.log" 2>&1 &
	silence=$!
	owns $silence
	until_true 10 grep -q ready "$T/silent.log"
	SINK_PORT=2600
	postfix_more="smtp_fallback_relay = [$host]:2525
smtp_helo_timeout = 10s"
	relay
	SINK_PORT=2525 postfix_more=
	for p in "$ours" "$theirs"; do
		sed '1s/2600/2525/' "$p/conf/remotes" >>"$p/conf/remotes"
		echo 10 >"$p/conf/sendtimeout"
	done
	by_theirs() { fill "$theirs" 20 1000; drain "$theirs" --limit 15; }
	row '20, first remote silent, 10 s limit' 10.5 2 -
	note 'nullmailer 2.2 was ended after 15 s of the first remote silent.'
	rm -f "$ours/conf/sendtimeout" "$theirs/conf/sendtimeout"
	kill $silence
	no_sink
}

# Nobody listens there. The queue stays, so it is filled once.
refused() {
	defaults
	peers=${peers% limit}
	count=20000 theirs_part=50 field=wall expected=0
	once=postfix untraced=postfix
	host=127.0.0.1 trip=0
	sink
	SINK_PORT=1
	relay
	SINK_PORT=2525
	by_ours() { drain "$ours"; }
	by_theirs() { drain "$theirs"; }
	by_postfix() {
		drain_postfix --empty "$postfix/spool/incoming" \
		    --empty "$postfix/spool/active"
	}
	fill "$ours" 20000 1000
	fill "$theirs" 400 1000
	fill_postfix $count
	row '20,000 queued, remote refuses: a run' 0.3 1 -
	no_sink
}

large() {
	defaults
	bytes=25000000 looks='memory calls instructions'
	sink --chunking --cert "$T/server.pem"
	least=--chunking
	relay
	row '25 MB, plain' 0.08 1 -
	least="--chunking --tls starttls --tls12 --ca $T/root.crt"
	relay starttls "$CA"
	row '25 MB, STARTTLS' 0.11 1 -
	bytes=100000000 looks=memory
	row '100 MB, STARTTLS' - - -
	no_sink
}

# ---- injection ----

# The installed layout, where root needs no set-uid program.
installed() {
	root=$T/root
	mkdir -p "$root/etc" "$root/dev"
	mk install DESTDIR="$root" BINARY="$NM" OWNER=mail >"$T/install" ||
	    cat "$T/install"
	cp /etc/passwd /etc/localtime "$root/etc/"
	mknod -m 666 "$root/dev/null" c 1 3
	there=$root$(mk show-CONFIG)
	mkdir -p "$there"
	echo f.q.d.n >"$there/me"
	echo q.d.n >"$there/defaultdomain"
	sendmail=$(mk show-SBIN)/sendmail
	chmod 755 "$T" "$root"
}
injected() {
	times=100
	case $what in calls | instructions) times=1 ;; esac
	measured --times $times --stdin "$T/message" "$@" -t
}

inject() {
	defaults
	field=wall looks='memory calls instructions' expected=0
	peers=${peers% limit}
	sink
	postfix_more='defer_transports = smtp'
	relay
	postfix_more=
	installed
	{ printf 'From: a@x.y\nTo: b@x.y\nSubject: x\n\n'
	    fold -w 70 "$HERE/delay.py" | head -c 900; } >"$T/message"
	as_user=
	by_ours() {
		case $what in
		instructions) NULLMAILER_TEST_PREFIX=$counted \
		    injected -- "$counted/sbin/sendmail" ;;
		*) (unset NULLMAILER_TEST_PREFIX
		    injected --chroot "$root" $as_user -- "$sendmail") ;;
		esac
	}
	by_theirs() {
		NULLMAILER_TEST_PREFIX=$theirs injected -- "$theirs/sbin/sendmail"
	}
	by_postfix() {
		MAIL_CONFIG=$postfix/conf injected -- /usr/sbin/sendmail
	}
	row 'sendmail -t as root, <= 70 calls' 0.0023 - 70
	as_user='--user 65534'
	peers=ours looks='memory calls'
	row 'sendmail -t, set-uid copy, <= 110 calls' 0.0023 - 110
	no_sink
}

# ---- the queue itself ----

# held FIELD PID: KB that a process and its children hold
held() {
	for member in $2 $(cat "/proc/$2/task/$2/children"); do
		cat "/proc/$member/smaps_rollup"
	done | awk -v k="$1:" '$1 == k { n += $2 } END { print n }'
}
# daemon PREFIX: one that rests for an hour when it has done its work
daemon() {
	echo 3600 >"$1/conf/pausetime"
	NULLMAILER_TEST_PREFIX=$1 "$1/sbin/nullmailer-send" >"$1/log" 2>&1 &
	daemon=$!
	owns $daemon
	until_true 120 grep -q 'Delivery complete\|Rescanning' "$1/log"
	sleep 1
}
no_daemon() {
	kill $daemon
	wait $daemon 2>/dev/null
	daemon=
	echo 0 >"$1/conf/pausetime"
}
runs_begun() { grep -c '^Rescanning' "$ours/log"; }

# word NAME WORDS: of what measure.py says
word() { printf '%s\n' "$2" | tr ' ' '\n' | sed -n "s/^$1=//p"; }

# long_queue COUNT: a run that can send none, the rest after it, one that sends all
long_queue() {
	count=$1
	echo "$count waiting" >&2
	fill "$ours" $count 1000
	remotes '127.0.0.1 smtp port=1'
	drain "$ours" >"$T/first"
	none=$(drain "$ours")
	what=memory
	most=$(drain "$ours")
	what='time'
	daemon "$ours"
	rest=$(held Pss $daemon)
	strace -f -o "$T/rescan" -p $daemon 2>/dev/null &
	tracer=$!
	until_true 10 sh -c "! grep -q 'TracerPid:.0$' /proc/$daemon/status"
	before=$(runs_begun)
	pull
	until_true 60 sh -c "[ \$(grep -c '^Rescanning' '$ours/log') -gt $before ]"
	sleep 1
	kill -INT $tracer
	wait $tracer 2>/dev/null
	no_daemon "$ours"
	remotes "$host smtp port=$SINK_PORT"
	all=$(drain "$ours" --limit 300)
	record waiting $count "$(word wall "$none")" "$(word pss "$most")" "$rest" \
	    "$(grep -c '^[0-9]* *[a-z0-9_]*(' "$T/rescan")" \
	    "$(word wall "$all")" "$(waiting)"
}
queue_rows() {
	sink --chunking
	for n in 10 1000 100000; do long_queue $n; done
	pages
	no_sink
}

# Are pages given back? 20,000 messages pass a daemon that rested.
pages() {
	fill "$ours" 0 0
	daemon "$ours"
	before=$(held Pss $daemon)
	fill "$ours" 20000 1000
	pull
	until_true 120 drained
	sleep 2
	figure 'idle PSS, KB, after 20,000 messages' "$(held Pss $daemon)" '' '' \
	    "$((before + before / 10))"
	no_daemon "$ours"
}

# ---- work that grows with what is new ----

# All wait for a remote that is not there when a message for another one comes.
news() {
	defaults
	peers=ours looks= field=wall
	sink
	echo "$host smtp port=1" >"$ours/conf/remotes"
	fill "$ours" 100000 1000
	printf 'From: a@x.y\nTo: b@x.y\nSubject: x\n\nb\n' >"$T/message"
	daemon "$ours"
	until_true 120 grep -q 'Delivery complete' "$ours/log"
	echo "$host smtp port=$SINK_PORT" >"$ours/conf/remotes"
	by_ours() {
		NULLMAILER_TEST_PREFIX=$ours measured --daemon $daemon \
		    --messages 1 --stdin "$T/message" -- "$ours/sbin/sendmail" -t
	}
	row '100,000 wait, a new one is sent' - - -
	no_daemon "$ours"
	no_sink
}

# Its first remote has another recipient's fault with each.
second() {
	defaults
	peers=ours looks= once=ours
	count=60000
	sink
	"$PYTHON" "$HERE/sink.py" --defer --stats "$T/deferred" --port 2600 \
	    >"$T/deferred.log" 2>&1 &
	deferring=$!
	owns $deferring
	until_true 10 grep -q ready "$T/deferred.log"
	printf '%s\n' "$host smtp port=2600" "$host smtp port=$SINK_PORT" \
	    >"$ours/conf/remotes"
	by_ours() {
		fill "$ours" $count 1000
		drain "$ours" --limit 600
	}
	row '60,000, the first of two remotes defers' - - -
	kill $deferring
	no_sink
}

# A report each, which is queued and goes nowhere.
expired() {
	defaults
	peers=ours looks= once=ours field=wall expected=0
	sink
	echo "$host smtp port=1" >"$ours/conf/remotes"
	echo 60 >"$ours/conf/queuelifetime"
	by_ours() {
		fill "$ours" 8000 1000
		find "$ours/queue/failed" -type f -delete
		find "$ours/queue/queue" -type f \
		    -exec touch -d '2 hours ago' {} +
		drain "$ours" --limit 600
	}
	row '8,000 expired, a report each' - - -
	rm "$ours/conf/queuelifetime"
	find "$ours/queue/failed" "$ours/queue/queue" -type f -delete
	no_sink
}

people() {
	defaults
	peers=ours looks='memory calls instructions' expected=50
	sink
	relay
	by_ours() {
		fill "$ours" 1 1000 5000
		drain "$ours"
	}
	row '5,000 recipients' - - -
	no_sink
}
engine_rows() {
	for engine_row in ${ENGINE:-news second expired people}; do
		("$engine_row")
	done
}

# ---- size ----

# bytes FILE...; libraries FILE...: those the programs among them load
bytes() { cat "$@" | wc -c; }
libraries() {
	ldd "$@" 2>/dev/null | grep -o ' */[^ ]*' | tr -d ' ' | grep '\.so' | sort -u
}
# shellcheck disable=SC2046
size() {
	defaults
	sink
	them=- them_all=- them_idle=-
	fill "$ours" 0 0
	relay
	daemon "$ours"
	idle=$(held Pss $daemon)
	no_daemon "$ours"
	if [ -n "${REF:-}" ]; then
		set -- $(find "$T/package" -type f -perm -100)
		them=$(bytes "$@")
		them_all=$(bytes "$@" $(libraries "$@"))
		fill "$theirs" 0 0
		daemon "$theirs"
		them_idle=$(held Pss $daemon)
		no_daemon "$theirs"
	fi
	start_postfix
	sleep 1
	set -- $(dpkg -L postfix | grep -E '/s?bin/|lib/postfix/.*\.so' |
	    while read -r f; do [ ! -f "$f" ] || echo "$f"; done)
	figure 'bytes of the programs' "$(bytes "$NM")" "$them" "$(bytes "$@")" -
	figure 'bytes, with libraries' "$(bytes "$NM")" "$them_all" \
	    "$(bytes "$@" $(libraries "$@" | grep -v /postfix/))" 330000
	figure 'idle PSS, KB' "$idle" "$them_idle" "$(held Pss $daemon)" 120
	stop_postfix
	no_sink
}

report() { "$PYTHON" "$HERE/table.py" "$RESULTS" "$RUNS"; }

certificates
for rows in $ROWS; do
	# A row's own by_X are forgotten at its end.
	case $rows in
	far | queue | engine) ("${rows}_rows"; stop_postfix) ;;
	*) ("$rows"; stop_postfix) ;;
	esac
done
report
exit 0

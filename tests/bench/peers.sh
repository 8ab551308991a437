# peers.sh - who does the work: this binary (ours), nullmailer 2.2 (theirs),
# Postfix as a relay client, and the least client there could be (limit). Each
# has by_X, which does the row's work once, and says what it took.
. tests/bench/lib.sh
everybody='ours limit'
mkdir -p "$T/theirs/conf"

# ---- this binary and nullmailer 2.2: the same files, other programs ----

ours=$T/ours theirs=$T/theirs counted=$T/counted
prefix "$ours"
conf pausetime 0

# What callgrind counts has the names of functions, no sandbox, as a worker
# could not write down the count, and no modules, as under callgrind it does
# not know its own file and would take them for foreign ones.
symbols() {
	obj=$(mk show-OBJ)
	mk "$obj/lib/net/nosandbox.o" >"$T/make"
	# shellcheck disable=SC2046
	$(mk show-LINK) -o "$T/unstripped" $(mk show-OBJS | sed \
	    "s,$obj/lib/net/sandbox.o,$obj/lib/net/nosandbox.o,") $(mk show-LIBS)
	(NM=$T/unstripped prefix "$counted")
	rm -r "$counted/conf" "$counted/queue" "$counted/protocols"
	ln -s "$ours/conf" "$ours/queue" "$counted"
}
symbols

# Debian's build takes the host's name from mailname, and set-uid programs do
# not honour the test prefix.
use_theirs() {
	everybody="ours theirs ${everybody#ours }"
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
[ -z "${REF:-}" ] || use_theirs "$REF"

# fill PREFIX COUNT BYTES [PEOPLE]; drain PREFIX ARGUMENT...: one queue run
fill() {
	find "$1/queue/queue" -type f -delete
	p=$1; shift
	"$PYTHON" "$HERE/fill.py" "$p/queue/queue" "$@"
}
drain() {
	p=$1; shift
	[ "$p $what" != "$ours instructions" ] || p=$counted
	NULLMAILER_TEST_PREFIX=$p measured --out "$p/log" "$@" -- \
	    "$p/sbin/nullmailer-send"
}
by_ours() { fill "$ours" $count $bytes; drain "$ours"; }
by_theirs() {
	fill "$theirs" $((count / part)) $bytes
	drain "$theirs"
}

# ---- Postfix: configuration, queue and processes of its own ----

postfix=$T/postfix
postfix_main() {
	cat <<-END
	compatibility_level = 3.6
	queue_directory = $postfix/spool
	data_directory = $postfix/lib
	myhostname = f.q.d.n
	mydestination =
	alias_maps =
	inet_interfaces = 127.0.0.1
	inet_protocols = ipv4
	mynetworks = 127.0.0.0/8
	message_size_limit = 0
	smtpd_client_restrictions = check_client_access static:HOLD
	relayhost = [$host]:$SINK_PORT
	END
}
# Best of its settings: connections are kept, with TLS too.
postfix_option() {
	case $1 in
	starttls | tls)
		echo smtp_tls_security_level = secure
		echo smtp_tls_secure_cert_match = localhost
		echo smtp_tls_connection_reuse = yes
		[ "$1" = starttls ] || echo smtp_tls_wrappermode = yes
		;;
	x509cafile=*) echo "smtp_tls_CAfile = ${1#*=}" ;;
	user=*)
		echo smtp_sasl_auth_enable = yes
		echo "smtp_sasl_password_maps = static:${1#*=}:p"
		echo smtp_sasl_security_options = noanonymous
		;;
	esac
}
postfix_master() {
	echo '2526 inet n - n - - smtpd'
	echo 'pickup unix n - n 60 1 pickup'
	echo 'qmgr unix n - n 300 1 qmgr'
	echo 'cleanup unix n - n - 0 cleanup'
	echo 'rewrite unix - - n - - trivial-rewrite'
	echo 'showq unix n - n - - showq'
	echo 'retry unix - - n - - error'
	echo 'flush unix n - n 1000 0 flush'
	echo 'tlsmgr unix - - n 1000 1 tlsmgr'
	echo 'tlsproxy unix - - n - 0 tlsproxy'
	echo 'scache unix - - n - 1 scache'
	for s in bounce defer trace; do echo "$s unix - - n - 0 bounce"; done
	for s in smtp error anvil proxymap; do echo "$s unix - - n - - $s"; done
}
start_postfix() {
	rm -rf "$postfix"
	mkdir -p "$postfix/conf" "$postfix/spool" "$postfix/lib"
	chown postfix "$postfix/lib"
	{
		postfix_main
		for option; do postfix_option "$option"; done
		printf '%s\n' "$postfix_more"
	} >"$postfix/conf/main.cf"
	postfix_master >"$postfix/conf/master.cf"
	postfix -c "$postfix/conf" start 2>"$T/start" || cat "$T/start"
	until_true 10 [ -S "$postfix/spool/public/qmgr" ]
	daemon=$(tr -d ' ' <"$postfix/spool/pid/master.pid")
}
stop_postfix() {
	[ -n "$daemon" ] || return 0
	kill "$daemon"
	until_true 10 sh -c "! kill -0 $daemon"
	daemon=
}
daemon= postfix_more=
everybody="${everybody% limit} postfix limit"

# fill_postfix COUNT: held while they come in, then as if tried once before.
fill_postfix() {
	postsuper -c "$postfix/conf" -d ALL 2>/dev/null
	smtp-source -s 5 -m $1 -l $bytes -f s@example.com -t r@example.com \
	    127.0.0.1:2526
	postsuper -c "$postfix/conf" -H ALL 2>/dev/null
}
drain_postfix() {
	measured --daemon $daemon "$@" -- postqueue -c "$postfix/conf" -f
}
by_postfix() { fill_postfix $count; drain_postfix --messages $count; }

# ---- the least a client could do ----

by_limit() {
	head -c $bytes /dev/zero | tr '\0' x | fold -w 70 | sed '$a\' >"$T/text"
	# shellcheck disable=SC2086
	measured --clock --out "$T/ideal" -- "$PYTHON" "$HERE/ideal.py" \
	    --host "$host" --port $SINK_PORT -n $count $least "$T/text"
}

# ---- the same remote for all ----

# relay OPTION...: in the words of each. theirs never had several sessions.
relay() {
	stop_postfix
	echo "$host smtp port=$SINK_PORT $*" >"$ours/conf/remotes"
	echo "$host smtp --port=$SINK_PORT $(for word; do
		case $word in sessions=*) ;; *) printf ' --%s' "$word" ;; esac
	done)" >"$theirs/conf/remotes"
	case " $peers " in *' postfix '*) start_postfix "$@" ;; esac
}

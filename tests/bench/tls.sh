# tls.sh - what TLS costs, 1.2 and 1.3: CPU of a verified session with the
# system's whole list of CAs, beside gnutls-cli and openssl s_client; its
# instructions and round trips; speed of the ciphers; bytes of the binary.
# Medians of $RUNS. Nothing here can fail.
# needs: gnutls-cli=gnutls-bin bash
if [ "${NAMESPACES:-}" != own ]; then
	# shellcheck disable=SC2046
	sh tests/need.sh $(sed -n 's/^# needs: //p' tests/bench/lib.sh \
	    tests/bench/tls.sh) || exit 0
fi
. tests/bench/lib.sh
SESSIONS=${SESSIONS:-50}
CLIENT=$TOOLS/ssl_client

figure() { printf '%-60s %s\n' "$1" "$2"; }
median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

# cpu COMMAND...: ms of CPU, user and system, of one of $SESSIONS runs
cpu() {
	bash -c 'TIMEFORMAT="%U %S"; n=$1; shift
	    time for ((i = 0; i < n; i++)); do
		"$@" >/dev/null 2>&1 </dev/null || echo "failed: $*"
	    done' cpu "$SESSIONS" "$@" 2>&1 |
	    awk -v n="$SESSIONS" '/failed/ { print; exit }
		{ printf "%.2f\n", ($1 + $2) * 1000 / n }'
}
many_cpu() {
	for _ in $(seq "$RUNS"); do cpu "$@"; done | median
}

# serve_tls VERSION KEY OPTION...: an OpenSSL that answers a line
serve_tls() {
	v=$1 key=$2
	shift 2
	# shellcheck disable=SC2086
	${via:-} openssl s_server -rev -tls1_$v -port 4433 -cert "$T/$key.crt" \
	    -key "$T/$key.key" -cert_chain "$T/sub.crt" "$@" \
	    >"$T/server" 2>&1 </dev/null &
	server=$!
	owns $server
	until_true 5 grep -q ACCEPT "$T/server"
}
gone() {
	kill $server
	wait $server 2>/dev/null
}
line='hello
'
dialogue() {
	"$CLIENT" -s "$line" -e olleh "$@" host=localhost
}

sessions() {
	serve_tls "$2" "$1"
	what="ms of CPU a verified session, $1, TLS 1.$2:"
	figure "$what ours" "$(many_cpu "$CLIENT" 4433 host=localhost)"
	figure "$what gnutls-cli" "$(many_cpu \
	    gnutls-cli --x509cafile="$SYSTEM" -p 4433 localhost)"
	figure "$what openssl s_client" "$(many_cpu \
	    openssl s_client -connect 127.0.0.1:4433 -CAfile "$SYSTEM" -no-CApath \
	    -verify_return_error -verify_hostname localhost)"
	gone
}

# ---- what no load changes ----
# Counted by callgrind, outside the kernel.
counted() {
	valgrind --tool=callgrind --callgrind-out-file=/dev/null "$@" 2>&1 |
	    sed -n 's/.*Collected : //p'
}
# Of one struct ssl that has had a session before.
instructions() {
	serve_tls "$2" "$1" $3
	one=$(counted "$CLIENT" -s "$line" -e olleh 4433 host=localhost)
	five=$(counted "$CLIENT" -n 5 -s "$line" -e olleh 4433 host=localhost)
	figure "thousand instructions a session, $1, TLS 1.$2${3:+, $3}" \
	    $(((five - one) / 4000))
	gone
}
# TCP's own is one, and the line and its answer are another.
round_trips() {
	: >"$T/trips"
	via="$PYTHON $HERE/delay.py 0.02 $T/trips"
	serve_tls "$1" rsa $2
	via=
	dialogue -a 192.0.2.2 4433 >/dev/null
	gone
	figure "round trips of a session with a line each way, TLS 1.$1${2:+, $2}" \
	    "$(wc -l <"$T/trips")"
}
# What we send, so that it is our cipher and not the server's that counts.
speed() {
	serve_tls "$1" rsa $2 $3
	sent=$(counted "$CLIENT" -u 4000000 4433 host=localhost)
	none=$(counted "$CLIENT" 4433 host=localhost)
	gone
	began=$(ms)
	serve_tls "$1" rsa -quiet $2 $3
	"$CLIENT" -t 60000 -u 200000000 4433 host=localhost >/dev/null
	figure "MB/s that we send (instructions a byte), TLS 1.$1, $3" \
	    "$((200000 / ($(ms) - began))) ($(((sent - none) / 40000))e-2)"
	gone
}

# The module by name: a process, a session with EHLO and all, a message.
one_session() {
	serve "tls $T/server.pem" auto
	queue_file r@x.y >"$T/message"
	printf 'host=127.0.0.1\nport=%s\ntls\n\n' "$port" >"$T/options"
	export HELOHOST=h.example.org
	figure "ms of CPU of nullmailer-smtp, one message, rsa" "$(many_cpu \
	    sh -c "exec '$NM' smtp <'$T/options' 3<'$T/message'")"
}

# ---- one message to Postfix ----
segments() { awk '/^Tcp: [0-9]/ { print $12 }' /proc/net/snmp; }
# message_by VERSION WHAT: ms, segments of both sides, or our system calls
message_by() {
	refill 1
	remotes "127.0.0.1 smtp port=2525 starttls tls-name=localhost \
	    x509cafile=$T/root.crt $([ "$1" = 3 ] || echo tls-max=1.2)"
	before=$(segments)
	[ "$2" != calls ] || SENDER="strace -f -qq -o $T/calls $NM nullmailer-send"
	run
	SENDER=nullmailer-send
	[ "$(waiting)" -eq 0 ] || cat "$T/err"
	case $2 in
	ms) echo "$took" ;;
	segments) echo $(($(segments) - before)) ;;
	calls) grep -vc ' +++ \| --- ' "$T/calls" ;;
	esac
}
# In turn, as a machine has its moods.
postfix_message() {
	prefix "$T/nm"
	mkdir -p "$POSTFIX"
	: >"$POSTFIX/log"
	cat "$T/rsa.crt" "$T/sub.crt" >"$T/chain.crt"
	chmod 644 "$T/rsa.key"
	start_postfix '2525 inet n - n - - smtpd' \
	    'smtpd_tls_security_level = encrypt' \
	    "smtpd_tls_cert_file = $T/chain.crt" "smtpd_tls_key_file = $T/rsa.key" \
	    'smtpd_recipient_restrictions = permit_mynetworks,reject'
	for what in ms segments calls; do
		: >"$T/by.2"
		: >"$T/by.3"
		for _ in $(seq $((4 * RUNS))); do
			for v in 2 3; do message_by $v $what >>"$T/by.$v"; done
		done
		for v in 2 3; do
			figure "one message to Postfix, TLS 1.$v, $what" \
			    "$(median <"$T/by.$v")"
		done
	done
	stop_postfix
}

# ---- size ----
sizes() {
	obj=$(mk show-OBJ)
	"$obj/mkbundle" ssl/distrust.txt >"$T/bundle.c"
	# shellcheck disable=SC2046
	$(mk show-COMPILE | sed 's/-DCA_FILES=.* -DDEB/-DDEB/; s/-DVERSION=[^ ]*//; s/-D[A-Z]*_DIR=[^ ]*//g') \
	    -Issl -c -o "$T/bundle.o" "$T/bundle.c" &&
	    $(mk show-LINK) -s -o "$T/bare" $(mk show-OBJS | sed "s,[^ ]*/ssl/bundle.o,$T/bundle.o,") $(mk show-LIBS)
	figure "bytes without the CA bundle (CA_DIR=)" "$(stat -c %s "$T/bare")"
	mk SSL=none OBJ="$T/none" BINARY="$T/none/nullmailer" >"$T/make" 2>&1 ||
	    tail -n 3 "$T/make" | sed 's/^/# /'
	figure "bytes without TLS (SSL=none)" "$(stat -c %s "$T/none/nullmailer")"
}

certificates
mount --bind "$T/all.pem" "$SYSTEM"
sizes
for v in 2 3; do
	for key in rsa ec; do
		sessions $key $v
		instructions $key $v ''
	done
	round_trips $v ''
done
instructions rsa 3 '-groups P-256'
round_trips 3 '-groups P-256'
for suite in ECDHE-RSA-AES128-GCM-SHA256 ECDHE-RSA-CHACHA20-POLY1305 \
    ECDHE-RSA-AES128-SHA; do
	speed 2 -cipher $suite
done
for suite in TLS_AES_128_GCM_SHA256 TLS_CHACHA20_POLY1305_SHA256; do
	speed 3 -ciphersuites $suite
done
one_session
postfix_message
exit 0

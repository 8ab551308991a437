# tls.sh - what TLS costs: CPU of a verified session with the system's whole
# list of CAs, beside gnutls-cli and openssl s_client; bytes of the binary.
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

sessions() {
	openssl s_server -quiet -tls1_2 -accept 127.0.0.1:4433 -cert "$T/$1.crt" \
	    -key "$T/$1.key" -cert_chain "$T/sub.crt" >/dev/null 2>&1 </dev/null &
	server=$!
	owns $server
	until_true 5 in_use 4433
	figure "ms of CPU a verified session, $1: ours" "$(many_cpu \
	    "$CLIENT" 4433 host=localhost)"
	figure "ms of CPU a verified session, $1: gnutls-cli" "$(many_cpu \
	    gnutls-cli --x509cafile="$SYSTEM" -p 4433 localhost)"
	figure "ms of CPU a verified session, $1: openssl s_client" "$(many_cpu \
	    openssl s_client -connect 127.0.0.1:4433 -CAfile "$SYSTEM" -no-CApath \
	    -verify_return_error -verify_hostname localhost)"
	kill $server
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
sessions rsa
sessions ec
one_session
exit 0

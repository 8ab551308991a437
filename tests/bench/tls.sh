# tls.sh - what TLS costs: CPU of a verified session with the system's whole
# list of CAs, beside gnutls-cli and openssl s_client; a message of 100 MB;
# memory; bytes of the binary. Medians of $RUNS. Nothing here can fail.
# needs: openssl gnutls-cli=gnutls-bin smtp-sink=postfix bash make cc=gcc
. tests/interop/lib.sh
PATH=$PATH:/usr/sbin
RUNS=${RUNS:-5}
SESSIONS=${SESSIONS:-50}
SYSTEM=/etc/ssl/certs/ca-certificates.crt
CLIENT=${PEER%/*}/ssl_client
K=$T/keys

figure() { printf '#= %-52s %s\n' "$1" "$2"; }
median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
in_use() { grep -q ":$(printf %04X "$1") 00000000:0000 0A" /proc/net/tcp; }

# A chain of three, and its root at the end of the system's list.
make_chain() (
	mkdir "$K" && cd "$K" &&
	openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=Root -keyout root.key -out root.crt &&
	printf 'basicConstraints=critical,CA:true\n' >ca.ext &&
	printf 'subjectAltName=DNS:localhost,IP:127.0.0.1\n' >ext &&
	openssl req -new -newkey rsa:2048 -nodes -keyout sub.key -subj /CN=Sub -out csr &&
	openssl x509 -req -in csr -CA root.crt -CAkey root.key -CAcreateserial -days 30 -extfile ca.ext -out sub.crt &&
	for k in "rsa rsa:2048" "ec ec -pkeyopt ec_paramgen_curve:P-256"; do
		# shellcheck disable=SC2086
		openssl req -new -newkey ${k#* } -nodes -keyout "${k%% *}.key" -subj /CN=localhost -out csr &&
		openssl x509 -req -in csr -CA sub.crt -CAkey sub.key -CAcreateserial -days 30 -extfile ext -out "${k%% *}.crt" || return 1
	done
	cat "$SYSTEM" root.crt >all.pem
)

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
	openssl s_server -quiet -tls1_2 -accept 127.0.0.1:4433 -cert "$K/$1.crt" \
	    -key "$K/$1.key" -cert_chain "$K/sub.crt" >/dev/null 2>&1 </dev/null &
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
module() {
	{ cat "$K/rsa.key" "$K/rsa.crt" "$K/sub.crt"; } >"$K/peer.pem"
	printf 'tls %s\nauto\n' "$K/peer.pem" >"$T/script"
	"$PEER" -t 300 -p "$T/port" "$T/script" &
	owns $!
	until_true 5 [ -s "$T/port" ]
	printf 's@x.y\nr@x.y\n\nx\n' >"$T/message"
	printf 'host=127.0.0.1\nport=%s\ntls\n\n' "$(cat "$T/port")" >"$T/options"
	export HELOHOST=h.example.org
	figure "ms of CPU of nullmailer-smtp, one message, rsa" "$(many_cpu \
	    sh -c "exec '$NM' smtp <'$T/options' 3<'$T/message'")"
}

# ---- a large message ----
# watch PID: KB of memory and ms of CPU of the worker, as last seen
watch() {
	while grep -q '^State:.[^Z]' "/proc/$1/status"; do
		sleep 0.01
		worker=$(tr -d ' ' <"/proc/$1/task/$1/children")
		[ -n "$worker" ] || continue
		echo "$(awk '/^VmHWM/ { print $2 }' "/proc/$worker/status") \
		    $(awk '{ print ($14 + $15) * 10 }' "/proc/$worker/stat")"
	done 2>/dev/null | awk 'NF == 2' | tail -n 1
}
put_large() {
	rm -f "$T/nm/queue/queue"/*
	{ printf 's@x.y\nr@x.y\n\n'; yes "$(printf '%076d' 0)" |
	    head -c 104857600; echo; } >"$T/nm/queue/queue/1000000001.1"
}
# send_large: "MB/s KB MS" of one message of 100 MB
send_large() {
	began=$(date +%s%N)
	nullmailer-send >"$T/log" 2>&1 &
	seen=$(watch $!)
	took=$(($(date +%s%N) - began))
	wait $!
	[ "$(queued)" -eq 0 ] || seen="failed $seen"
	echo "$((104857600000 / took)) $seen"
}
serve_tls() {
	bash -c "exec openssl s_server -quiet -naccept 1 -tls1_2 \
	    -accept 127.0.0.1:4434 -cert $K/rsa.crt -key $K/rsa.key \
	    -cert_chain $K/sub.crt </dev/tcp/127.0.0.1/2525 >&0" \
	    >"$T/s_server" 2>&1 &
	owns $!
	until_true 5 in_use 4434
}
large() {
	smtp-sink -u nobody 127.0.0.1:2525 100 2>"$T/sink" &
	owns $!
	until_true 5 in_use 2525
	prefix "$T/nm"
	one_shot
	for how in "port=2525" "tls port=4434"; do
		remotes "127.0.0.1 smtp $how"
		for _ in $(seq "$RUNS"); do
			put_large
			[ "$how" = port=2525 ] || serve_tls
			send_large
		done >"$T/large"
		figure "MB/s of a message of 100 MB, $how" "$(cut -d' ' -f1 "$T/large" | median)"
		figure "ms of CPU in the worker" "$(awk '{ print $3 }' "$T/large" | median)"
		figure "KB of memory in the worker, at most" "$(awk '{ print $2 }' "$T/large" | sort -n | tail -n 1)"
	done
}

# ---- size ----
made() { make -s "show-$1"; }
sizes() {
	figure "bytes of the binary" "$(stat -c %s "$NM")"
	obj=$(made OBJ)
	"$obj/mkbundle" >"$T/bundle.c"
	# shellcheck disable=SC2046
	$(made COMPILE | sed 's/-DCA_FILES=.* -DDEB/-DDEB/; s/-DVERSION=[^ ]*//; s/-D[A-Z]*_DIR=[^ ]*//g') \
	    -Issl -c -o "$T/bundle.o" "$T/bundle.c" &&
	    $(made LINK) -s -o "$T/bare" $(made OBJS | sed "s,[^ ]*/ssl/bundle.o,$T/bundle.o,") $(made LIBS)
	figure "bytes without the CA bundle (CA_DIR=)" "$(stat -c %s "$T/bare")"
	make -s SSL=none OBJ="$T/none" BINARY="$T/none/nullmailer" >"$T/make" 2>&1 ||
	    tail -n 3 "$T/make" | sed 's/^/# /'
	figure "bytes without TLS (SSL=none)" "$(stat -c %s "$T/none/nullmailer")"
}

make_chain >"$T/openssl" 2>&1 || sed 's/^/# /' "$T/openssl"
mount --bind "$K/all.pem" "$SYSTEM"
sizes
sessions rsa
sessions ec
module
large
ok "figures are shown" true

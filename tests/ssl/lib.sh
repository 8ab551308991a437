# lib.sh - what tests/ssl*.sh share: a client that is driven through ssl.h,
# servers of OpenSSL and GnuTLS, keys and certificates. After tests/lib.sh.
SSL_CLIENT=${SSL_CLIENT:-${PEER%/*}/ssl_client}
# shellcheck disable=SC2034
tests=$PWD/tests
export ASAN_OPTIONS=detect_leaks=1
lf='
'

[ -x "$SSL_CLIENT" ] || { ok "$SSL_CLIENT is there" false; exit; }
cd "$T" || exit 1

# ---- helpers

# quiet COMMAND...: OpenSSL talks on standard error; shown when it fails
quiet() {
	"$@" >"$T/quiet" 2>&1 || { cat "$T/quiet"; return 1; }
}
# Ports below those the kernel gives to clients, from a place of our own.
port=$((10000 + $$ * 37 % 20000))
# start WORD COMMAND... PORT-OPTION: a server whose words go to $T/log, ready
# when WORD is there; another port when this one is taken. "halt" ends it. A
# gnutls-serv that gets no port lives on, and another's server answers there.
started() {
	grep -q -e "$1" -e 'bind() failed' log || ! kill -0 "$server" 2>/dev/null
}
start() {
	word=$1
	shift
	for _ in 1 2 3 4 5; do
		port=$((port + 1))
		: >log
		"$@" "$port" >>log 2>&1 &
		server=$!
		owns "$server"
		until_true 10 started "$word"
		! grep -q -e "$word" log || return 0
		halt
	done
	ok "$* starts" false
}
halt() {
	kill "$server" 2>/dev/null
	wait "$server" 2>/dev/null
}
serve() { start ACCEPT openssl s_server -rev "$@" -port; }
serve_12() { serve -tls1_2 "$@"; }
serve_13() { serve -tls1_3 "$@"; }
serve_gnutls() { start 'IPv4.*done' gnutls-serv --echo "$@" --port; }
# A dialogue of one line each way, with the server or with us closing last.
client() { timeout 60 "$SSL_CLIENT" "$@" 2>&1; }
hello() { client -s "hello$lf" -e olleh "$@"; }
hello_close() { client -s "hello$lf" -e olleh -f "CLOSE$lf" "$@"; }
echo_line() { client -s "hello$lf" -e hello "$@"; }
# Of many sessions the first and each that fails have a line.
many() { hello_close "$@" | sed '/ us of CPU/d'; }
# plain NAME OUTPUT: it worked, and there was nothing to note
plain() { is "$1" "$2" closed; }

# ---- certificates and keys

# find_key NAME KIND OPTION...: NAME.key. It is kept beside the tools for the
# next script, as large ones take seconds to find.
find_key() {
	name=$1 kind=$2 kept=${PEER%/*}/keys/$1
	shift 2
	mkdir -p "${kept%/*}"
	# shellcheck disable=SC2016
	quiet flock "$kept.lock" sh -c '[ -s "$0" ] || {
		openssl genpkey "$@" -out "$0.new" && mv "$0.new" "$0"
	}' "$kept" -algorithm "$kind" ${1:+-pkeyopt} "$@" && cp "$kept" "$name.key"
}
# Of the largest key the primes are five, as two of that size take long to find.
make_pki() {
	for name in ca "$@"; do
		case $name in
		rsa8192) set -- RSA rsa_keygen_bits:8192 -pkeyopt rsa_keygen_primes:5 ;;
		ca|rsa) set -- RSA rsa_keygen_bits:2048 ;;
		rsa*) set -- RSA "rsa_keygen_bits:${name#rsa}" ;;
		pss) set -- RSA-PSS rsa_keygen_bits:2048 ;;
		pss384) set -- RSA-PSS rsa_keygen_bits:2048 -pkeyopt \
		    rsa_pss_keygen_md:sha384 -pkeyopt rsa_pss_keygen_mgf1_md:sha384 ;;
		ec) set -- EC ec_paramgen_curve:P-256 ;;
		ec*) set -- EC "ec_paramgen_curve:P-${name#ec}" ;;
		ed25519) set -- ED25519 ;;
		esac
		find_key "$name" "$@" || return 1
		case $name in
		ca) quiet openssl req -x509 -key ca.key -days 30 -subj /CN=CA \
		    -out ca.pem ;;
		*) issue "$name" ;;
		esac || return 1
	done
}
# issue NAME: certificate of NAME.key by the CA
issue() {
	printf 'subjectAltName=DNS:localhost,IP:127.0.0.1\n' >ext
	quiet openssl req -new -key "$1.key" -subj /CN=localhost -out csr &&
	    quiet openssl x509 -req -in csr -CA ca.pem -CAkey ca.key \
	    -CAcreateserial -days 30 -extfile ext -out "$1.pem"
}

# ---- cut or changed at every byte

# spoil_all NAME FIELD...: how much the server says, then a cut after each byte
# and a change of each. All that the server says must have a fixed length. With
# $spoil_step not every byte; $spoil_free lists those that are ignored. After a
# cut nobody waits; a change can make both wait, for $spoil_time ms.
spoil_step=1 spoil_free= spoil_time=300
spoil_all() {
	name=$1
	shift
	total=$(hello_close -b 5000 "$@" | sed -n 's/^closed (\([0-9]*\) .*/\1/p')
	ok "$name: whole, ${total:-no} bytes" [ "${total:-0}" -gt 200 ]
	tried=$(((${total:-1} - 1) / spoil_step + 1))
	for how in "-c cut after" "-x changed"; do
		patience=$spoil_time
		[ "$how" = "-x changed" ] || patience=10000
		timeout 280 "$SSL_CLIENT" -s "hello$lf" -e olleh -f "CLOSE$lf" \
		    -t "$patience" "${how%% *}" \
		    "0:$((${total:-1} - 1)):$spoil_step" "$@" >"$T/spoilt" 2>&1
		free=$([ "$how" = "-c cut after" ] || for byte in $spoil_free; do
			[ $((byte % spoil_step)) -ne 0 ] || echo "$byte"
		done)
		is "$name: ${how#* } every $spoil_step. byte" \
		    "$(sed -n 's/^byte \([0-9]*\): closed .*/\1/p' "$T/spoilt") $(tail -n 1 "$T/spoilt")" \
		    "$free $tried bytes, $(echo "$free" | grep -c .) wrong"
	done
}

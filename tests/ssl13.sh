# ssl13.sh - TLS 1.3 of ssl/ against OpenSSL, GnuTLS and a server that
# misbehaves; ssl.sh has what is older. SPOIL=1: cut and change every byte.
# needs: openssl gnutls-serv=gnutls-bin strace /usr/bin/python3=python3
# needs: /usr/lib/python3/dist-packages/cryptography=python3-cryptography
. tests/lib.sh
. tests/ssl/lib.sh

ok "certificates were made" make_pki rsa rsa3072 rsa4096 rsa8192 ec ec384 ec521 \
    ed25519 pss pss384

# ---- keys, groups, suites

for key in rsa rsa3072 rsa4096 rsa8192 ec ec384 ec521 ed25519 pss pss384; do
	serve_13 -cert $key.pem -key $key.key
	plain "server's key is $key" "$(hello_close "$port" cafile=ca.pem)"
	has "... verified" "$(hello "$port" cafile=ca.pem host=other.test)" \
	    '^failed: Server SSL/TLS certificate does not match hostname'
	halt
done
for suite in TLS_AES_128_GCM_SHA256 TLS_AES_256_GCM_SHA384 \
    TLS_CHACHA20_POLY1305_SHA256; do
	for group in X25519 P-256 P-384 P-521; do
		serve_13 -cert rsa.pem -key rsa.key -ciphersuites $suite -groups $group
		plain "$suite, $group" "$(hello_close "$port" cafile=ca.pem)"
		has "... was chosen" "$(cat log)" "^Ciphersuite: $suite\$"
		halt
	done
done
for scheme in rsa_pss_rsae_sha256 rsa_pss_rsae_sha384 rsa_pss_rsae_sha512; do
	for v in 1_2 1_3; do
		serve -tls$v -cert rsa.pem -key rsa.key -sigalgs $scheme
		plain "$scheme, TLS $v" "$(hello_close "$port" cafile=ca.pem)"
		halt
	done
done
serve_13 -cert rsa.pem -key rsa.key -groups P-384 -num_tickets 0
plain "another hello, in pieces of a byte" "$(hello_close -b 1 "$port" \
    cafile=ca.pem | sed 's/ (.*//')" closed
plain "50 sessions with another hello" "$(many -n 50 "$port" cafile=ca.pem)"
halt
serve_13 -cert rsa.pem -key rsa.key -stateless
plain "a cookie" "$(hello_close "$port" cafile=ca.pem)"
halt
serve_13 -cert rsa.pem -key rsa.key -max_send_frag 512 -num_tickets 20
plain "records of 512 bytes, 20 tickets" "$(hello_close "$port" cafile=ca.pem)"
halt
serve_13 -cert rsa.pem -key rsa.key -tlsextdebug
plain "a session to look at" "$(hello "$port" cafile=ca.pem)"
has "the versions are in a list" "$(cat log)" '"supported versions" (id=43), len=5'
has "... which tls-min makes longer" "$(hello "$port" cafile=ca.pem tls10=1
    cat log)" '"supported versions" (id=43), len=9'
hello "$port" cafile=ca.pem tls_max12=1 >/dev/null
is "... and tls-max takes away" \
    "$(sed '1,/len=9/d' log | grep -c 'supported versions')" 0
halt

# ---- GnuTLS

P13=NORMAL:-VERS-ALL:+VERS-TLS1.3
P12=NORMAL:-VERS-TLS1.3
for key in rsa ec ec521 ed25519 pss; do
	for p in $P13 $P12; do
		serve_gnutls --x509certfile $key.pem --x509keyfile $key.key \
		    --priority $p
		plain "GnuTLS, $key, ${p##*[+-]}" "$(echo_line "$port" cafile=ca.pem)"
		halt
	done
done
for p in $P13:-GROUP-ALL:+GROUP-SECP256R1 $P13:-GROUP-ALL:+GROUP-SECP384R1 \
    $P13:-GROUP-ALL:+GROUP-SECP521R1 $P13:-GROUP-ALL:+GROUP-X25519 \
    $P13:-CIPHER-ALL:+AES-128-GCM $P13:-CIPHER-ALL:+AES-256-GCM \
    $P13:-CIPHER-ALL:+CHACHA20-POLY1305 $P13:-SIGN-ALL:+SIGN-RSA-PSS-RSAE-SHA512 \
    $P12:-KX-ALL:+DHE-RSA $P12:-KX-ALL:+RSA \
    $P12:-SIGN-ALL:+SIGN-RSA-PSS-RSAE-SHA256:+SIGN-RSA-SHA256; do
	serve_gnutls --x509certfile rsa.pem --x509keyfile rsa.key --priority "$p"
	plain "GnuTLS, ${p#NORMAL:}" "$(echo_line "$port" cafile=ca.pem)"
	halt
done

# ---- much data

cat >echo.py <<'END'
import socket, ssl, sys
ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
ctx.minimum_version = ssl.TLSVersion.TLSv1_3
ctx.load_cert_chain("rsa.pem", "rsa.key")
top = socket.create_server(("127.0.0.1", int(sys.argv[2])))
print("listening", flush=True)
conn = ctx.wrap_socket(top.accept()[0], server_side=True)
total = 0
while True:
    data = conn.recv(100000)
    if not data:
        break
    total += len(data)
    if sys.argv[1] == "echo":
        conn.sendall(data)
conn.unwrap()
print("got", total, flush=True)
END
start listening /usr/bin/python3 echo.py echo
has "4 MB echoed" "$(client -u 4000000 -r 4000000 -t 50000 "$port" \
    cafile=ca.pem)" '^closed'
halt
start listening /usr/bin/python3 echo.py sink
has "4 MB sent" "$(client -u 4000000 -t 50000 "$port" cafile=ca.pem)" '^closed'
ok "... and all has come" until_true 5 grep -qx 'got 4000000' log
halt

# ---- client certificates

serve_13 -cert rsa.pem -key rsa.key -CAfile ca.pem -Verify 2 -verify_return_error
for key in rsa rsa3072 rsa4096 ec ec384 ec521; do
	plain "client certificate, $key" "$(hello_close "$port" cafile=ca.pem \
	    certfile=$key.pem keyfile=$key.key)"
done
cat rsa.pem ca.pem >chain.pem
plain "client certificate with its CA" "$(hello_close "$port" cafile=ca.pem \
    certfile=chain.pem keyfile=rsa.key)"
is "client certificate in pieces of a byte" "$(hello_close -b 1 "$port" \
    cafile=ca.pem certfile=ec.pem keyfile=ec.key | sed 's/ (.*//')" closed
has "no certificate where one is wanted" "$(hello_close "$port" cafile=ca.pem)" \
    '^failed: .*alert certificate_required: it wants a client certificate, and none is set'
halt
for _ in 1 2 3 4 5 6 7 8 9 10; do cat rsa8192.pem; done >long.pem
serve_13 -cert rsa.pem -key rsa.key -CAfile ca.pem -Verify 8
cat rsa.pem long.pem >long8.pem
plain "client certificates of more than a record" "$(hello_close "$port" \
    cafile=ca.pem certfile=long8.pem keyfile=rsa.key)"
halt
serve_13 -cert rsa.pem -key rsa.key -CAfile ca.pem -verify 2
plain "no certificate where one is welcome" "$(hello "$port" cafile=ca.pem)"
halt
serve_13 -cert rsa.pem -key rsa.key -CAfile ca.pem -verify 2 \
    -client_sigalgs ECDSA+SHA256
plain "RSA goes on without where only ECDSA is welcome" "$(hello "$port" \
    cafile=ca.pem certfile=rsa.pem keyfile=rsa.key)"
plain "P-384 too, as the curve is part of it" "$(hello "$port" \
    cafile=ca.pem certfile=ec384.pem keyfile=ec384.key)"
halt
serve_13 -cert rsa.pem -key rsa.key -CAfile ca.pem -Verify 2 \
    -client_sigalgs ECDSA+SHA256
has "RSA where only ECDSA is accepted" "$(hello_close "$port" cafile=ca.pem \
    certfile=rsa.pem keyfile=rsa.key)" 'accepts no client certificate with RSA'
halt
serve_gnutls --x509certfile rsa.pem --x509keyfile rsa.key \
    --x509cafile ca.pem --require-client-cert --verify-client-cert \
    --priority $P13
for key in rsa ec ec521; do
	plain "client certificate, GnuTLS, $key" "$(echo_line "$port" \
	    cafile=ca.pem certfile=$key.pem keyfile=$key.key)"
done
halt

# ---- acknowledgements

serve -cert rsa.pem -key rsa.key
traced() {
	ASAN_OPTIONS=detect_leaks=0 timeout 60 strace -f -e trace=setsockopt \
	    -o "$T/trace" "$SSL_CLIENT" -s "hello$lf" -e olleh "$port" "$@" 2>&1
}
plain "a traced session" "$(traced cafile=ca.pem)"
has "tickets do not wait for us" "$(cat trace)" 'TCP_QUICKACK, \[1\]'
plain "a traced session of TLS 1.2" "$(traced cafile=ca.pem tls_max12=1)"
lacks "there are none there" "$(cat trace)" 'TCP_QUICKACK'
halt

# ---- cut or changed at every byte: the version of a record is ignored

[ -n "${SPOIL:-}" ] || spoil_step=13
serve_13 -cert rsa.pem -key rsa.key
spoil_free="2
129"
spoil_all "RSA" "$port" insecure=1
halt
serve_13 -cert rsa.pem -key rsa.key -groups P-256 -num_tickets 0 \
    -ciphersuites TLS_CHACHA20_POLY1305_SHA256
spoil_free="2
95
101"
spoil_all "another hello, ChaCha20, P-256" "$port" insecure=1
halt

# ---- a server that misbehaves

/usr/bin/python3 "$tests/ssl13_faults.py" --serve "$T/port" 2>flaws &
owns $!
until_true 10 [ -s "$T/port" ]
port=$(cat "$T/port")
/usr/bin/python3 "$tests/ssl13_faults.py" --list >faults
ok "there are faults enough" [ "$(wc -l <faults)" -ge 300 ]
# one NAME ALERT WORDS [OPTION...]: prints what was said instead of WORDS
fault() {
	name=$1 want=$2
	shift 2
	out=$(hello_close -t 8000 "$@" "$port" host="$name.fault" insecure=1)
	printf '%s\n' "$out" | grep -Eq "$want" ||
	    printf '# %s: %s, not %s\n' "$name" "$out" "$want"
}
while IFS='	' read -r name alert want; do
	began=$(ms)
	is "fault $name" "$(fault "$name" "$want")" ''
	case $name in
	flood-*) echo "#= $name: $(($(ms) - began)) ms" ;;
	*) fault "$name" "$want" -b 1 >>bytewise ;;
	esac
done <faults
is "the same in pieces of a byte" "$(cat bytewise)" ''
is "the server saw what it should in those that work" "$(cat flaws)" ''
alerted() {
	while IFS='	' read -r name alert want; do
		[ "$alert" = - ] || grep -qx "$name	$alert" port.alerts ||
		    echo "$name: not $alert"
	done <faults
}
ok "the last session is over" until_true 10 grep -q cut-behind-data port.alerts
is "each got the alert it deserves" "$(alerted)" ''

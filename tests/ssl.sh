# ssl.sh - the TLS client of ssl/ against OpenSSL, GnuTLS and a server that
# misbehaves, driven through ssl.h by tests/ssl_client.c; who is trusted is
# another test's matter
# needs: openssl gnutls-serv=gnutls-bin strace /usr/bin/python3=python3
. tests/lib.sh
. tests/ssl/lib.sh

ok "certificates were made" make_pki rsa rsa3072 rsa4096 rsa8192 ec ec384 ec521 \
    ed25519 pss

# ---- ordinary sessions

serve -cert rsa.pem -key rsa.key -msg -tlsextdebug
plain "verified session, we close" "$(hello "$port" cafile=ca.pem)"
has "TLS 1.3 is chosen" "$(cat log)" '^Protocol version: TLSv1.3'
has "close_notify was sent" "$(cat log)" '^<<<.*warning close_notify'
has "X25519 is first" "$(cat log)" 'Supported groups: x25519:secp256r1'
has "SNI is the host" "$(cat log)" '"server name" (id=0), len=14'
if grep -qw aes /proc/cpuinfo && grep -qw pclmulqdq /proc/cpuinfo; then
	has "AES-GCM is first where the processor has AES" "$(cat log)" \
	    'cipher list: TLS_AES_128_GCM_.*_SHA256:ECDHE-ECDSA-AES128-GCM-SHA256:'
else
	has "ChaCha20 is first where the processor has no AES" "$(cat log)" \
	    'cipher list: TLS_CHACHA20_.*_SHA384:ECDHE-ECDSA-CHACHA20'
fi
lacks "no anonymous suite unless asked for" "$(cat log)" 'cipher list:.*A.*DH-'
plain "the server closes" "$(hello_close "$port" cafile=ca.pem)"
is "pieces of a byte" "$(hello_close -b 1 "$port" cafile=ca.pem |
    sed 's/ (.*//')" closed
has "another name is refused" "$(hello "$port" cafile=ca.pem host=other.test)" \
    '^failed: Server SSL/TLS certificate does not match hostname'
has "another CA is refused" "$(hello "$port" cafile=ec.pem)" \
    '^failed: Server SSL/TLS certificate is untrusted'
has "insecure takes it" "$(hello "$port" insecure=1 host=other.test)" '^closed'
plain "50 sessions of one struct ssl" "$(many -n 50 "$port" cafile=ca.pem)"
plain "50 sessions of TLS 1.2" "$(many -n 50 "$port" cafile=ca.pem tls_max12=1)"
has "... which is all that was offered" "$(cat log)" '^Protocol version: TLSv1.2'
is "only those without anon offered are anonymous" \
    "$(hello "$port" insecure=1 anon=1 | sed 's/.*anonymous/anonymous/')" \
    "$(hello "$port" insecure=1 | sed 's/.*anonymous/anonymous/')"
halt

serve -cert rsa.pem -key rsa.key -tlsextdebug
plain "address as host" "$(hello "$port" cafile=ca.pem host=127.0.0.1)"
hello "$port" insecure=1 host=::1 >/dev/null
hello "$port" insecure=1 host=fe80::1%lo >/dev/null
lacks "no SNI for addresses" "$(cat log)" '"server name"'
hello "$port" insecure=1 host=localhost. >/dev/null
has "SNI without final dot" "$(cat log)" '"server name" (id=0), len=14'
halt

suites="ECDHE-RSA-AES128-GCM-SHA256 ECDHE-RSA-AES256-GCM-SHA384
ECDHE-RSA-CHACHA20-POLY1305 ECDHE-RSA-AES128-SHA256 ECDHE-RSA-AES256-SHA384
ECDHE-RSA-AES128-SHA ECDHE-RSA-AES256-SHA AES128-GCM-SHA256 AES256-GCM-SHA384
AES128-SHA256 AES256-SHA256 AES128-SHA AES256-SHA
ECDHE-ECDSA-AES128-GCM-SHA256 ECDHE-ECDSA-AES256-GCM-SHA384
ECDHE-ECDSA-CHACHA20-POLY1305 ECDHE-ECDSA-AES128-SHA256
ECDHE-ECDSA-AES256-SHA384 ECDHE-ECDSA-AES128-SHA ECDHE-ECDSA-AES256-SHA
DHE-RSA-AES128-GCM-SHA256 DHE-RSA-AES256-GCM-SHA384 DHE-RSA-CHACHA20-POLY1305
DHE-RSA-AES128-SHA256 DHE-RSA-AES256-SHA256 DHE-RSA-AES128-SHA
DHE-RSA-AES256-SHA"
for suite in $suites; do
	serve_12 -cert rsa.pem -key rsa.key -dcert ec.pem -dkey ec.key \
	    -cipher "$suite"
	plain "$suite" "$(hello_close "$port" cafile=ca.pem)"
	halt
done
for curve in X25519 P-256 P-384 P-521; do
	serve_12 -cert ec.pem -key ec.key -groups $curve
	plain "key exchange on $curve" "$(hello_close "$port" cafile=ca.pem)"
	halt
done
for key in rsa3072 rsa4096 rsa8192 ec384 ec521 ed25519 pss; do
	serve_12 -cert $key.pem -key $key.key
	plain "server's key is $key" "$(hello_close "$port" cafile=ca.pem)"
	halt
done

# A port that another's server has: its name is the same, and its CA's.
other_ca() {
	openssl req -x509 -key rsa3072.key -days 30 -subj /CN=CA -out ca2.pem &&
	    openssl req -new -key rsa.key -subj /CN=localhost -out csr &&
	    openssl x509 -req -in csr -CA ca2.pem -CAkey rsa3072.key \
	    -CAcreateserial -days 30 -out other.pem
}
ok "another CA of the same name was made" quiet other_ca
serve -cert other.pem -key rsa.key
has "what another's server is told from" "$(hello "$port" cafile=ca.pem)" \
    'its signature is wrong'
others=$server
port=$((port - 1))
serve_gnutls --x509certfile rsa.pem --x509keyfile rsa.key
plain "a port that is taken is not ours" "$(echo_line "$port" cafile=ca.pem)"
halt
server=$others
halt

# ---- versions

for v in 1:0 1_1:1; do
	serve -tls${v%:*} -cert rsa.pem -key rsa.key -cipher ALL:@SECLEVEL=0
	has "TLS 1.${v#*:} is refused" "$(hello "$port" cafile=ca.pem)" \
	    "^failed: Error completing TLS handshake: .*alert protocol_version:.*tls-min"
	plain "TLS 1.${v#*:} is taken with tls10" \
	    "$(hello_close "$port" cafile=ca.pem tls10=1)"
	is "TLS 1.${v#*:} in pieces of a byte" "$(hello_close -b 1 "$port" \
	    cafile=ca.pem tls10=1 | sed 's/ (.*//')" closed
	halt
done
only='^failed: Error completing TLS handshake: the server sent alert .*: perhaps it speaks only TLS 1.3, which tls-max'
serve -tls1_3 -cert rsa.pem -key rsa.key
has "a server of TLS 1.3 only" "$(hello "$port" cafile=ca.pem tls_max12=1)" "$only"
has "... which may be for tls-anon-auth" "$(hello "$port" insecure=1 anon=1)" "$only"
halt
serve_gnutls --x509certfile ca.pem --x509keyfile ca.key \
    --priority NORMAL:-VERS-ALL:+VERS-TLS1.3
has "a GnuTLS server of TLS 1.3 only" "$(echo_line "$port" cafile=ca.pem \
    tls_max12=1)" "$only"
halt

# ---- anonymous

noted="closed note: the TLS server is anonymous, so it may be anybody's"
note="^$noted\$"
for suite in AECDH-AES256-SHA AECDH-AES128-SHA ADH-AES256-GCM-SHA384 \
    ADH-AES128-GCM-SHA256 ADH-AES256-SHA256 ADH-AES128-SHA256 ADH-AES256-SHA \
    ADH-AES128-SHA; do
	serve -nocert -cipher "$suite:@SECLEVEL=0"
	has "$suite" "$(hello_close "$port" insecure=1 anon=1)" "$note"
	has "$suite, we close" "$(hello "$port" insecure=1 anon=1)" "$note"
	has "$suite was chosen" "$(cat log)" "^Ciphersuite: $suite\$"
	has "$suite in pieces of a byte" "$(hello_close -b 1 "$port" insecure=1 \
	    anon=1 | sed 's/ (.*)//')" "$note"
	has "$suite not without anon" "$(hello "$port" insecure=1)" \
	    '^failed: .*alert handshake_failure'
	has "$suite not without insecure" "$(hello "$port" cafile=ca.pem anon=1)" \
	    '^failed: .*alert handshake_failure'
	halt
	case $suite in *GCM*|*SHA256) continue ;; esac
	for v in 1 1_1; do
		serve -tls$v -nocert -cipher "$suite:@SECLEVEL=0"
		has "$suite, TLS $v" "$(hello_close "$port" insecure=1 anon=1 \
		    tls10=1)" "$note"
		halt
	done
done
for curve in X25519 P-256 P-384 P-521; do
	serve -nocert -cipher AECDH:@SECLEVEL=0 -groups $curve
	is "anonymous on $curve" "$(many -n 20 "$port" insecure=1 anon=1)" \
	    "$noted"
	halt
done
for bits in 2048 3072 4096; do
	quiet openssl genpkey -genparam -algorithm DH \
	    -pkeyopt group:ffdhe$bits -out dh$bits.pem
	serve -nocert -cipher ADH:@SECLEVEL=0 -dhparam dh$bits.pem
	is "anonymous on a group of $bits bits" "$(many -n 3 "$port" \
	    insecure=1 anon=1)" "$noted"
	halt
done
quiet openssl genpkey -genparam -algorithm DH -pkeyopt group:ffdhe6144 \
    -out dh6144.pem
serve -nocert -cipher ADH:@SECLEVEL=0 -dhparam dh6144.pem
has "a group of 6144 bits is refused by name" "$(hello "$port" insecure=1 \
    anon=1)" "^failed: .*group has more than 4096 bits"
halt
serve -nocert -cipher ADH-AES128-SHA:@SECLEVEL=0
is "100 secrets by DH" "$(many -n 100 "$port" \
    insecure=1 anon=1)" "$noted"
halt
serve -cert rsa.pem -key rsa.key -cipher ALL:aNULL:@SECLEVEL=0
lacks "a certificate wins over anonymous" "$(hello_close "$port" insecure=1 \
    anon=1)" anonymous
has "... of those offered behind it" "$(cat log)" 'cipher list:.*:AECDH-AES256'
halt
pin=sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=
serve -nocert -cipher AECDH:@SECLEVEL=0
has "a pin is no anonymous session" "$(hello "$port" insecure=1 anon=1 \
    pin=$pin)" '^\(failed\|refused\): '
halt
for p in ANON-ECDH ANON-DH ANON-ECDH:-CIPHER-ALL:+AES-128-CBC \
    ANON-DH:-CIPHER-ALL:+AES-256-GCM ANON-DH:-CIPHER-ALL:+AES-128-CBC:+SHA256; do
	serve_gnutls --priority "NORMAL:-KX-ALL:+$p"
	has "GnuTLS $p" "$(echo_line "$port" insecure=1 anon=1)" "$note"
	halt
done

# ---- much data, one way and both ways at once

cat >echo.py <<'END'
import socket, ssl, sys
ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
ctx.maximum_version = ssl.TLSVersion.TLSv1_2
ctx.set_ciphers(sys.argv[1] + ":@SECLEVEL=0")
ctx.load_cert_chain("rsa.pem", "rsa.key")
top = socket.create_server(("127.0.0.1", int(sys.argv[3])))
print("listening", flush=True)
conn = ctx.wrap_socket(top.accept()[0], server_side=True)
total = 0
while True:
    data = conn.recv(100000)
    if not data:
        break
    total += len(data)
    if sys.argv[2] == "echo":
        conn.sendall(data)
conn.unwrap()
print("got", total, flush=True)
END
for suite in ECDHE-RSA-AES128-GCM-SHA256 ECDHE-RSA-CHACHA20-POLY1305 \
    ECDHE-RSA-AES128-SHA AECDH-AES128-SHA; do
	start listening /usr/bin/python3 echo.py "$suite" echo
	has "4 MB echoed, $suite" "$(client -u 4000000 -r 4000000 -t 50000 \
	    "$port" insecure=1 anon=1)" '^closed'
	halt
	start listening /usr/bin/python3 echo.py "$suite" sink
	has "4 MB sent, $suite" "$(client -u 4000000 -t 50000 "$port" \
	    insecure=1 anon=1)" '^closed'
	ok "... and all has come, $suite" until_true 5 grep -qx 'got 4000000' log
	halt
done

# ---- client certificates

# forms NAME: the key in every form it has
forms() {
	openssl pkcs8 -topk8 -nocrypt -in "$1.key" -out "$1.p8.pem"
	openssl pkcs8 -topk8 -nocrypt -in "$1.key" -outform DER -out "$1.p8.der"
	openssl pkey -in "$1.key" -traditional -out "$1.old.pem"
	openssl pkey -in "$1.key" -traditional -outform DER -out "$1.old.der"
	openssl x509 -in "$1.pem" -outform DER -out "$1.der"
	sed 's/$/\r/' "$1.old.pem" >"$1.crlf.pem"
	printf '%s' "$(cat "$1.p8.pem")" >"$1.cut.pem"
}
serve_12 -cert rsa.pem -key rsa.key -CAfile ca.pem -Verify 2 \
    -verify_return_error
for key in rsa rsa3072 rsa4096 ec ec384 ec521; do
	quiet forms $key
	for form in p8.pem p8.der old.pem old.der crlf.pem cut.pem; do
		plain "client certificate, $key.$form" "$(hello_close "$port" \
		    cafile=ca.pem certfile=$key.pem keyfile=$key.$form)"
	done
	plain "client certificate in DER, $key" "$(hello_close "$port" \
	    cafile=ca.pem certfile=$key.der keyfile=$key.p8.der)"
	cat $key.old.pem $key.pem >$key.both.pem
	plain "client certificate with its key, $key" "$(hello_close "$port" \
	    cafile=ca.pem certfile=$key.both.pem)"
done
quiet openssl ecparam -name prime256v1 -genkey -out params.key
issue params
has "EC PARAMETERS in front" "$(cat params.key)" 'BEGIN EC PARAMETERS'
plain "client key behind its parameters" "$(hello_close "$port" \
    cafile=ca.pem certfile=params.pem keyfile=params.key)"
cat rsa.pem ca.pem >chain.pem
plain "client certificate with its CA" "$(hello_close "$port" cafile=ca.pem \
    certfile=chain.pem keyfile=rsa.key)"
is "client certificate in pieces of a byte" "$(hello_close -b 1 "$port" \
    cafile=ca.pem certfile=ec.pem keyfile=ec.key | sed 's/ (.*//')" closed
has "no certificate where one is wanted" "$(hello "$port" cafile=ca.pem)" \
    '^failed: .*wants a client certificate, and none is set'
halt
serve_12 -cert rsa.pem -key rsa.key -CAfile ca.pem -verify 2
plain "no certificate where one is welcome" "$(hello "$port" cafile=ca.pem)"
halt
for v in 1 1_1; do
	serve -tls$v -cert rsa.pem -key rsa.key -CAfile ca.pem -Verify 2 \
	    -verify_return_error -cipher ALL:@SECLEVEL=0
	for key in rsa ec; do
		plain "client certificate, TLS $v, $key" "$(hello_close "$port" \
		    cafile=ca.pem certfile=$key.pem keyfile=$key.key tls10=1)"
	done
	halt
done
serve_12 -cert rsa.pem -key rsa.key -CAfile ca.pem -verify 2 \
    -client_sigalgs ECDSA+SHA256
plain "RSA goes on without where only ECDSA is welcome" "$(hello "$port" \
    cafile=ca.pem certfile=rsa.pem keyfile=rsa.key)"
halt
serve_12 -cert rsa.pem -key rsa.key -CAfile ca.pem -Verify 2 \
    -client_sigalgs ECDSA+SHA256
has "RSA where only ECDSA is accepted" "$(hello "$port" cafile=ca.pem \
    certfile=rsa.pem keyfile=rsa.key)" 'accepts no client certificate with RSA'
halt
serve_gnutls --x509certfile rsa.pem --x509keyfile rsa.key \
    --x509cafile ca.pem --require-client-cert --verify-client-cert \
    --priority NORMAL:-VERS-TLS1.3
for key in rsa ec ec521; do
	plain "client certificate, GnuTLS, $key" "$(echo_line "$port" \
	    cafile=ca.pem certfile=$key.pem keyfile=$key.key)"
done
halt

# ---- client keys that cannot be

# refused NAME WORDS FIELD...: before any connection, with these words
refused() {
	name=$1 words=$2
	shift 2
	has "$name" "$(client 1 insecure=1 "$@")" "^refused: $words"
}
set_up='Error setting SSL/TLS X.509 client certificate: '
key_is() {
	refused "$1" "$set_up$2: $3" certfile=rsa.pem keyfile="$2"
}
make_bad_keys() {
	openssl pkcs8 -topk8 -in rsa.key -passout pass:x -out enc.pem &&
	openssl pkcs8 -topk8 -in rsa.key -passout pass:x -outform DER \
	    -out enc.der &&
	openssl pkcs8 -topk8 -in rsa.key -passout pass:x -v1 PBE-SHA1-3DES \
	    -outform DER -out enc1.der &&
	openssl rsa -in rsa.key -aes128 -passout pass:x -traditional \
	    -out oldenc.pem &&
	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:secp256k1 \
	    -out k1.pem &&
	{
		printf '\060\202\004\011\002\001\000\002\202\004\002' &&
		head -c 1026 /dev/zero | tr '\0' 'A'
	} >big.der
}
ok "bad keys were made" quiet make_bad_keys
key_is "encrypted key, PKCS#8" enc.pem 'the private key is encrypted'
key_is "encrypted key, PKCS#8 in DER" enc.der 'the private key is encrypted'
key_is "encrypted key, PKCS#12's way" enc1.der 'the private key is encrypted'
key_is "encrypted key, old form" oldenc.pem 'the private key is encrypted'
key_is "Ed25519" ed25519.key 'Ed25519 keys are not supported'
key_is "RSA-PSS" pss.key 'RSA-PSS keys are not supported'
key_is "secp256k1" k1.pem 'curve secp256k1 is not supported'
key_is "RSA of 8207 bits" big.der 'RSA keys of more than 8192 bits'
key_is "no key in the file" ca.pem 'no private key in it'
key_is "no file" none.pem 'No such file'
key_is "folder" / 'not a regular file'
refused "the key of another certificate" \
    "${set_up}rsa.pem: the private key does not belong" \
    certfile=rsa.pem keyfile=rsa3072.key
refused "the key of another kind" \
    "${set_up}rsa.pem: the private key does not belong" \
    certfile=rsa.pem keyfile=ec.key
refused "the key of another curve" \
    "${set_up}ec.pem: the private key does not belong" \
    certfile=ec.pem keyfile=ec384.key
refused "a key alone" "${set_up}rsa.key: a private key without" \
    keyfile=rsa.key
refused "no certificate in the file" "${set_up}rsa.key: no certificate" \
    certfile=rsa.key
mkfifo fifo
refused "FIFO as certificate" "${set_up}fifo: not a regular file" certfile=fifo
truncate -s 17M huge
refused "17 MB as certificate" "${set_up}huge: larger than 16 MB" certfile=huge
: >empty
refused "empty certificate file" "${set_up}empty: no certificate" certfile=empty
head -c 1000 rsa.p8.der >stump.der
key_is "cut key in DER" stump.der 'bad or cut DER'
head -n 10 rsa.key >stump.pem
key_is "cut key in PEM" stump.pem 'no END line'
openssl pkcs8 -topk8 -nocrypt -in rsa.key -outform DER |
    tr '\000' '\377' >spoilt.der
has "spoilt key in DER" "$(client 1 insecure=1 certfile=rsa.pem \
    keyfile=spoilt.der)" "^refused: $set_up.*spoilt.der: "
refused "empty host" "Error setting TLS server name: the host is empty" host=
refused "a dot as host" "Error setting TLS server name: the host is empty" \
    host=.
refused "long host" "Error setting TLS server name: the host is too long" \
    "host=$(printf '%0256d' 0)"

# ---- cut or changed at every byte

serve_12 -cert rsa.pem -key rsa.key -no_ticket
spoil_all "certificate" "$port" insecure=1
halt
serve -nocert -cipher AECDH:@SECLEVEL=0
spoil_all "anonymous" "$port" insecure=1 anon=1
halt
serve -cert rsa.pem -key rsa.key -tls1 -cipher ALL:@SECLEVEL=0 \
    -CAfile ca.pem -Verify 1
spoil_all "TLS 1.0 with client certificate" "$port" insecure=1 tls10=1 \
    certfile=ec.pem keyfile=ec.key
halt

# ---- entropy and system calls

serve -nocert -cipher AECDH:@SECLEVEL=0
traced() {
	ASAN_OPTIONS=detect_leaks=0 timeout 60 strace -f -o "$T/trace" "$@" \
	    "$SSL_CLIENT" -s "hello$lf" -e olleh "$port" insecure=1 anon=1 2>&1
}
seedless='^failed: Error initializing TLS library: no random numbers'
has "a kernel without getrandom" "$(traced \
    -e inject=getrandom:error=ENOSYS)" "$seedless.*: Function not implemented"
has "a kernel that never has entropy" "$(traced \
    -e inject=getrandom:error=EAGAIN)" "$seedless.*: not ready yet"
has "a kernel that has it late" "$(traced \
    -e inject=getrandom:error=EAGAIN:when=1)" "$note"
traced -e trace=all >/dev/null
has "the seed is the kernel's" "$(cat trace)" 'getrandom(.*, 32, GRND_NONBLOCK)'
is "no file is opened once connected" "$(sed -n '/connect(/,$p' trace |
    grep -c 'open')" 0
halt

# ---- a server that misbehaves

/usr/bin/python3 "$tests/ssl_faults.py" --serve "$T/port" &
owns $!
until_true 5 [ -s "$T/port" ]
port=$(cat "$T/port")
/usr/bin/python3 "$tests/ssl_faults.py" --list >faults
ok "there are faults enough" [ "$(wc -l <faults)" -ge 40 ]
while IFS='	' read -r fault want; do
	for piece in 5000 1; do
		out=$(hello_close -t 2000 -b $piece "$port" host="$fault.fault" \
		    insecure=1 anon=1)
		if printf '%s\n' "$out" | grep -Eq "$want"; then
			ok "fault $fault in pieces of $piece" true
		else
			is "fault $fault in pieces of $piece" "$out" "$want"
		fi
	done
done <faults
spoil_all "anonymous, DH" "$port" host=good.fault insecure=1 anon=1

# wire.sh - sessions of TLS 1.3 as tshark sees them, which is given the secrets by
# a client that no product is: every message decrypted, none malformed
# needs: tshark openssl gnutls-serv=gnutls-bin make cc=gcc
. tests/interop/lib.sh
tree=$PWD
. tests/ssl/lib.sh
ok "certificates were made" make_pki rsa ec

telling() (
	cd "$tree" || return
	# shellcheck disable=SC2046
	$(mk show-LINK) -std=c99 -D_GNU_SOURCE -Wl,--wrap=schedule_derive \
	    -isystem "$(mk show-BEARSSL)/inc" -o "$T/telling" \
	    tests/ssl_client.c tests/ssl/keylog.c "$(mk show-OBJ)/all.a" \
	    $(mk show-LIBS)
)
ok "a client that tells its secrets is built" telling
[ -x telling ] || exit
lacks "the product tells none" "$(strings -a "$NM")" 'KEYLOG\|TRAFFIC_SECRET'

capturing() { grep -q 'Capturing' capture; }
tshark -q -i lo -w wire.pcapng -f tcp >capture 2>&1 &
owns $!
tshark=$!
ok "tshark listens" until_true 20 capturing
sleep 1
export SSLKEYLOGFILE=keys
SSL_CLIENT=$T/telling

# plain_session NAME SESSION: it worked, and will be looked at
plain_session() { plain "$@"; ports="$ports,$port"; }
ports=
serve_13 -cert rsa.pem -key rsa.key
plain_session "as it comes" "$(hello_close "$port" cafile=ca.pem)"
halt
serve_13 -cert ec.pem -key ec.key -groups P-384 -num_tickets 3 \
    -ciphersuites TLS_CHACHA20_POLY1305_SHA256 -max_send_frag 512
plain_session "another hello, ChaCha20, small records" \
    "$(hello_close "$port" cafile=ca.pem)"
halt
serve_13 -cert rsa.pem -key rsa.key -CAfile ca.pem -Verify 2 \
    -ciphersuites TLS_AES_256_GCM_SHA384
plain_session "client certificate" "$(hello_close "$port" cafile=ca.pem \
    certfile=ec.pem keyfile=ec.key)"
halt
serve_gnutls --x509certfile rsa.pem --x509keyfile rsa.key \
    --priority NORMAL:-VERS-ALL:+VERS-TLS1.3
plain_session "GnuTLS" "$(echo_line "$port" cafile=ca.pem)"
halt
sleep 1
kill "$tshark"
wait "$tshark"

# shown FILTER FIELD...: of the packets that match
decode=$(echo "${ports#,}" | tr ',' '\n' | sed 's/.*/-d tcp.port==&,tls/')
shown() {
	filter=$1
	shift
	# shellcheck disable=SC2046,SC2086
	tshark -r wire.pcapng -o tls.keylog_file:keys $decode -Y "$filter" \
	    -T fields $(printf -- ' -e %s' "$@") 2>/dev/null
}
is "nothing is malformed" "$(shown '_ws.malformed' frame.number)" ''
is "no expert finds an error or a warning in TLS" \
    "$(shown 'tls && _ws.expert.severity >= 0x600000' frame.number _ws.expert.message)" ''
is "all that was sent was decrypted: Finished of both" \
    "$(shown 'tls.handshake.type == 20' tls.handshake.type | tr ',\t' '\n' |
	grep -c '^20$')" 8
is "... hellos, of which one was repeated" \
    "$(shown 'tls.handshake.type == 1' frame.number | wc -l)" 5
ok "... and the text" [ "$(shown 'tls and data' data.data |
    grep -c 68656c6c6f)" -ge 4 ]
echo "#= $(shown tls frame.number | wc -l) packets with TLS in 4 sessions"

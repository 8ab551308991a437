# qmqp.sh - Postfix as QMQP server: its qmqp-sink, and its real qmqpd
# needs: postfix qmqp-sink=postfix openssl
. tests/interop/lib.sh

# start_qmqpd CLIENTS: what Postfix lets in
start_qmqpd() {
	start_postfix '6280 inet n - n - - qmqpd' \
	    "qmqpd_authorized_clients = $1" 'message_size_limit = 1000000'
}

prefix

# ---- qmqp-sink ----
qmqp-sink -c -4 127.0.0.1:6281 100 >"$T/sink" 2>&1 &
owns $!
sleep 0.3
inject 100
remotes '127.0.0.1 qmqp port=6281'
run
is "qmqp-sink takes 100 messages" "$(waiting) $(failed)" "0 0"
has "and has seen 100" "$(tr '\r' '\n' <"$T/sink")" '^100$'

# ---- TLS ----
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$T/key" -out "$T/cert" \
    -days 30 -subj /CN=localhost -addext subjectAltName=DNS:localhost \
    >/dev/null 2>&1
(sleep 0.7; printf '5:Kover,'; sleep 1) | timeout 20 openssl s_server -quiet \
    -accept 127.0.0.1:6282 -cert "$T/cert" -key "$T/key" >"$T/tls" 2>/dev/null &
owns $!
sleep 0.3
printf 'a@b.c\nd@e.f\n\nS: x\n\nb\n' >"$T/message"
qmqp() { printf '%s\n' "$@" '' | "$NM" qmqp 3<"$T/message"; }
is "tls, with a port and a trusted certificate" \
    "$(qmqp host=localhost port=6282 tls "x509cafile=$T/cert" 2>&1 | tail -n 1)" \
    "qmqp: Succeeded: over"
is "the request went through it" "$(tr '\n' / <"$T/tls")" \
    "27:8:S: x//b/,5:a@b.c,5:d@e.f,,"
(sleep 2) | timeout 20 openssl s_server -quiet \
    -accept 127.0.0.1:6283 -cert "$T/cert" -key "$T/key" >"$T/tls" 2>/dev/null &
owns $!
sleep 0.3
has "an unknown certificate" "$(qmqp host=localhost port=6283 tls 2>&1; echo $?)" \
    '^Server SSL/TLS certificate is untrusted'
is "nothing was sent to it" "$(cat "$T/tls")" ""

# ---- qmqpd ----
start_qmqpd 127.0.0.1
refill 100
remotes '127.0.0.1 qmqp port=6280'
run
is "qmqpd takes 100 messages" "$(waiting) $(failed)" "0 0"
ok "they arrived byte for byte, and once" intact 100 "$POSTFIX/box"
is "there are 100" "$(arrived "$POSTFIX/box")" 100
is "a connection for each" "$(grep -c 'qmqpd.*: connect from' "$POSTFIX/log")" 100

rm -rf "$POSTFIX/box/all"
message 1 >"$T/message"
nullmailer-inject -f '' -- a@example.net b@example.net <"$T/message"
run
until_true 60 have_arrived 2 "$POSTFIX/box"
is "the null sender, two recipients" "$(waiting) $(arrived "$POSTFIX/box")" "0 2"
is "it is the null sender there" \
    "$(cat "$POSTFIX"/box/all/new/* | grep -c '^Return-Path: <>$')" 2

{ message 1; head -c 2000000 /dev/zero | tr '\0' x | fold; } >"$T/message"
nullmailer-inject -f s@example.org -- a@example.net <"$T/message"
run
is "a message Postfix finds too large fails" "$(failed)" 1
has "with its words" "$(log)" 'qmqp: Failed: .*exceeds storage limit'
empty

start_qmqpd 192.0.2.1
inject 3
run
has "a client that is not welcome is told D, so that the message fails" "$(log)" \
    'qmqp: Failed: .* is not authorized'
stop_postfix
grep -a '^qmqp:' "$T/err" | sed 's/^/# /' | head -n 3

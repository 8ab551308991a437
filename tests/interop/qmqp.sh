# qmqp.sh - Postfix as QMQP server: its qmqp-sink, and its real qmqpd
# needs: postfix qmqp-sink=postfix openssl
. tests/interop/lib.sh
P=$T/postfix
PATH=$PATH:/usr/sbin:/sbin

# Everything that Postfix writes is below $P.
configure_postfix() {
	mkdir -p "$P/conf" "$P/spool" "$P/lib" "$P/box"
	chown postfix "$P/lib"
	chown 65534:65534 "$P/box"
	cat >"$P/conf/main.cf" <<-END
	compatibility_level = 3.6
	queue_directory = $P/spool
	data_directory = $P/lib
	command_directory = /usr/sbin
	daemon_directory = /usr/lib/postfix/sbin
	maillog_file = $P/log
	maillog_file_prefixes = $T
	myhostname = mail.test
	mydestination =
	alias_maps =
	inet_interfaces = 127.0.0.1
	inet_protocols = ipv4
	virtual_mailbox_domains = example.net
	virtual_mailbox_maps = static:all/
	virtual_mailbox_base = $P/box
	virtual_uid_maps = static:65534
	virtual_gid_maps = static:65534
	qmqpd_authorized_clients = ${1:-127.0.0.1}
	message_size_limit = 1000000
	END
	{
		echo '6280 inet n - n - - qmqpd'
		echo 'postlog unix-dgram n - n - 1 postlogd'
		echo 'qmgr unix n - n 300 1 qmgr'
		echo 'cleanup unix n - n - 0 cleanup'
		echo 'rewrite unix - - n - - trivial-rewrite'
		for s in bounce defer trace; do
			echo "$s unix - - n - 0 bounce"
		done
		for s in error anvil proxymap verify; do
			echo "$s unix - - n - - $s"
		done
		echo 'flush unix n - n 1000 0 flush'
		echo 'virtual unix - n n - - virtual'
	} >"$P/conf/master.cf"
}
start_postfix() { postfix -c "$P/conf" start 2>"$T/start" || cat "$T/start"; }
stop_postfix() { postfix -c "$P/conf" stop >/dev/null 2>&1; }
arrived() { find "$P/box" -path '*/new/*' -type f | wc -l; }
all_arrived() { [ "$(arrived)" -ge "$1" ]; }
# What Postfix delivered, without the header fields it put in front.
delivered() {
	find "$P/box" -path '*/new/*' -type f | while read -r f; do
		sed -n '/^Received: (nullmailer/,$p' "$f" | sha256sum
	done | sort
}
run() { timeout 120 nullmailer-send >"$T/send.log" 2>&1; }

prefix "$T/nm"
one_shot

# ---- qmqp-sink ----
qmqp-sink -c -4 127.0.0.1:6281 100 >"$T/sink" 2>&1 &
owns $!
sleep 0.3
inject 100
remotes '127.0.0.1 qmqp port=6281'
run
is "qmqp-sink takes 100 messages" "$(queued) $(failed)" "0 0"
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
configure_postfix
start_postfix
inject 100
cp -Rp "$NULLMAILER_TEST_PREFIX/queue/queue" "$T/sent"
remotes '127.0.0.1 qmqp port=6280'
run
is "qmqpd takes 100 messages" "$(queued) $(failed)" "0 0"
until_true 60 all_arrived 100
texts "$T/sent" >"$T/want"
delivered >"$T/got"
is "there are 100" "$(wc -l <"$T/want")" 100
ok "they arrived byte for byte, and once" cmp "$T/want" "$T/got"
is "a connection for each" "$(grep -c 'qmqpd.*: connect from' "$P/log")" 100

rm -rf "$P/box/all"
message 1 >"$T/message"
nullmailer-inject -f '' -- a@example.net b@example.net <"$T/message"
run
until_true 60 all_arrived 2
is "the null sender, two recipients" "$(queued) $(arrived)" "0 2"
is "it is the null sender there" \
    "$(cat "$P"/box/all/new/* | grep -c '^Return-Path: <>$')" 2

{ message 1; head -c 2000000 /dev/zero | tr '\0' x | fold; } >"$T/message"
nullmailer-inject -f s@example.org -- a@example.net <"$T/message"
run
is "a message Postfix finds too large fails" "$(failed)" 1
has "with its words" "$(cat "$T/send.log")" 'qmqp: Failed: .*exceeds storage limit'
rm -f "$NULLMAILER_TEST_PREFIX"/queue/queue/*
stop_postfix

configure_postfix 192.0.2.1
start_postfix
inject 3
run
has "a client that is not welcome is told D, so that the message fails" "$(cat "$T/send.log")" \
    'qmqp: Failed: .* is not authorized'
stop_postfix
grep -a '^qmqp:' "$T/send.log" | sed 's/^/# /' | head -n 3

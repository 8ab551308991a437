# postfix.sh - a real Postfix as smart host, with and without Dovecot's SASL
# needs: postfix dovecot=dovecot-core
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
	smtpd_recipient_restrictions = \${restrictions}
	smtpd_relay_restrictions =
	restrictions = $1
	smtpd_sasl_auth_enable = $2
	smtpd_sasl_type = dovecot
	smtpd_sasl_path = private/auth
	END
	{
		echo '2525 inet n - n - - smtpd'
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

start_dovecot() {
	cat >"$T/dovecot.conf" <<-END
	protocols =
	base_dir = $T/dovecot
	state_dir = $T/dovecot
	log_path = $T/dovecot.log
	ssl = no
	disable_plaintext_auth = no
	auth_mechanisms = plain login
	passdb {
	  driver = static
	  args = password=secret
	}
	userdb {
	  driver = static
	  args = uid=nobody gid=nogroup home=/
	}
	service auth {
	  unix_listener $P/spool/private/auth {
	    mode = 0666
	  }
	}
	END
	dovecot -c "$T/dovecot.conf"
}

connections() { grep -c ': connect from' "$P/log"; }
arrived() { find "$P/box" -path '*/new/*' -type f | wc -l; }
all_arrived() { [ "$(arrived)" -ge "$1" ]; }

# What Postfix delivered, without the header fields it put in front.
delivered() {
	find "$P/box" -path '*/new/*' -type f | while read -r f; do
		sed -n '/^Received: (nullmailer/,$p' "$f" | sha256sum
	done | sort
}

# A fresh queue of 200, an empty mailbox and an empty log.
begin() {
	rm -rf "$P/box/all" "$T/sent"
	: >"$P/log"
	rm -f "$NULLMAILER_TEST_PREFIX/queue/queue"/*
	inject 200
	cp -Rp "$NULLMAILER_TEST_PREFIX/queue/queue" "$T/sent"
}

# How long the queue took is shown, for whom it may interest.
run() {
	began=$(date +%s%N)
	nullmailer-send >"$T/send.log" 2>&1
	took=$((($(date +%s%N) - began) / 1000000))
}

arrives() {
	is "$1: the queue is empty" "$(queued)" 0
	is "$1: nothing failed" "$(failed)" 0
	until_true 60 all_arrived 200
	texts "$T/sent" >"$T/want"
	delivered >"$T/got"
	is "$1: 200 messages" "$(wc -l <"$T/want")" 200
	ok "$1: they arrived byte for byte, and once" cmp "$T/want" "$T/got"
	is "$1: one connection" "$(connections)" 1
	echo "#= $1: 200 messages in $took ms"
	[ "$test_failed" -eq 0 ] || tail -n 5 "$T/send.log" "$P/log"
}

# One connection is asked for: by default a long queue gets more.
prefix "$T/nm"
one_shot
configure_postfix permit_mynetworks,reject no
start_postfix
remotes '127.0.0.1 smtp port=2525 sessions=1'
begin
run
arrives "plain"
stop_postfix

configure_postfix permit_sasl_authenticated,reject yes
start_postfix
start_dovecot
until_true 10 [ -S "$P/spool/private/auth" ]

begin
remotes '127.0.0.1 smtp port=2525 sessions=1 user=jane pass=secret'
run
arrives "AUTH PLAIN"
has "the method was PLAIN" "$(cat "$P/log")" 'sasl_method=PLAIN, sasl_username=jane'

begin
remotes '127.0.0.1 smtp port=2525 sessions=1 user=jane pass=secret auth-login'
run
arrives "AUTH LOGIN"
has "the method was LOGIN" "$(cat "$P/log")" 'sasl_method=LOGIN, sasl_username=jane'

for how in '' auth-login; do
	begin
	remotes "127.0.0.1 smtp port=2525 sessions=1 user=jane pass=wrong $how"
	run
	run
	name="wrong password${how:+, $how}"
	is "$name: nothing is lost" "$(queued)" 200
	texts "$NULLMAILER_TEST_PREFIX/queue/queue" >"$T/got"
	texts "$T/sent" >"$T/want"
	ok "$name: nothing is changed" cmp "$T/want" "$T/got"
	is "$name: nothing is bounced" "$(failed)" 0
	is "$name: one connection in each run" "$(connections)" 2
	is "$name: one attempt in each run" \
	    "$(grep -c 'authentication failed' "$P/log")" 2
	lacks "$name: it is not in the log" "$(cat "$T/send.log")" 'pass=\|wrong '
done
: >"$P/log"
remotes '127.0.0.1 smtp port=2525 sessions=1 user=jane pass=secret'
run
arrives "after it is put right"
stop_postfix
doveadm -c "$T/dovecot.conf" stop >/dev/null 2>&1

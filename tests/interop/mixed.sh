# mixed.sh - 1,000 messages of all kinds to a real Postfix and a real Exim, which
# both offer PIPELINING and CHUNKING: what they accept arrives byte for byte and
# once, the rest ends where it must. Postfix hangs up after every 40 errors.
# needs: postfix python3 dpkg-deb=dpkg
debs=${PWD}/obj/interop/exim
if [ "${NAMESPACES:-}" != own ] && [ ! -e "$debs/complete" ]; then
	mkdir -p "$debs"
	(cd "$debs" && rm -f ./*.deb && apt-get -qq -o APT::Sandbox::User=root \
	    download exim4-daemon-light libidn12) || exit 1
	: >"$debs/complete"
fi
. tests/interop/lib.sh
PATH=$PATH:/usr/sbin:/sbin
P=$T/postfix
E=$T/exim
COUNT=1000

start_postfix() {
	mkdir -p "$P/conf" "$P/spool" "$P/lib" "$P/box"
	chown postfix "$P/lib"
	chown 65534:65534 "$P/box"
	echo '/^X-Refuse: yes/ REJECT no such message' >"$P/refuse"
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
	virtual_mailbox_limit = 0
	virtual_uid_maps = static:65534
	virtual_gid_maps = static:65534
	smtpd_recipient_restrictions = check_recipient_access inline:{{bad@example.net = 550 no}, {later@example.net = 450 later}}, permit_mynetworks, reject
	smtpd_relay_restrictions =
	smtpd_soft_error_limit = 1000
	smtpd_hard_error_limit = 40
	local_header_rewrite_clients =
	header_checks = regexp:$P/refuse
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
	postfix -c "$P/conf" start 2>"$T/start" || cat "$T/start"
	until_true 10 in_use 2525
}
in_use() { grep -q ":$(printf %04X "$1") 00000000:0000 0A" /proc/net/tcp; }

# Exim hangs up when it had ten RSET behind messages that it refused, and what is
# in flight then waits for the next run; here all is to be done in one. As in
# tls.sh: a user of its own, a library from where it is trusted.
start_exim() {
	mkdir -p "$E/spool" "$E/box" "$E/log"
	for deb in "$debs"/*.deb; do
		dpkg-deb -x "$deb" "$E/package"
	done
	ldconfig -C "$E/ld.so.cache" \
	    "$(dirname "$(find "$E/package" -name 'libidn.so.*' | head -n 1)")"
	mount --bind "$E/ld.so.cache" /etc/ld.so.cache
	{ grep -v exim /etc/passwd; echo Debian-exim:x:64000:64000::/:/bin/false; } >"$E/passwd"
	{ grep -v exim /etc/group; echo Debian-exim:x:64000:; } >"$E/group"
	chown 64000:64000 "$E/spool" "$E/log" "$E/box"
	mount --bind "$E/passwd" /etc/passwd
	mount --bind "$E/group" /etc/group
	cat >"$E/conf" <<-END
	spool_directory = $E/spool
	log_file_path = $E/log/%s
	exim_path = $E/package/usr/sbin/exim4
	primary_hostname = mail.test
	deliver_drop_privilege = true
	keep_environment =
	smtp_accept_queue_per_connection = 0
	smtp_accept_max_per_connection = 0
	smtp_accept_max_per_host = 0
	smtp_accept_max_nonmail_hosts =
	chunking_advertise_hosts = *
	acl_smtp_rcpt = people
	acl_smtp_data = texts
	daemon_smtp_ports = 3525
	begin acl
	people:
	  deny local_parts = bad
	  defer local_parts = later
	  accept
	texts:
	  deny condition = \${if def:h_X-Refuse:}
	  accept
	begin routers
	all:
	  driver = accept
	  transport = box
	begin transports
	box:
	  driver = appendfile
	  directory = $E/box
	  maildir_format
	  envelope_to_add
	END
	"$E/package/usr/sbin/exim4" -C "$E/conf" -bdf -oX 127.0.0.1 >"$E/out" 2>&1 &
	owns $!
	until_true 10 in_use 3525
}

# mixed NAME PORT BOX OPTION...: all of it, in one queue run
mixed() {
	name=$1 port=$2 box=$3; shift 3
	q=$NULLMAILER_TEST_PREFIX/queue
	rm -rf "$q/queue"/* "$q/failed"/* "$T/saved"
	python3 tests/interop/mixed.py make "$q/queue" "$COUNT"
	cp -Rp "$q/queue" "$T/saved"
	remotes "127.0.0.1 smtp port=$port $*"
	is "$name: it offers PIPELINING and CHUNKING" "$(python3 -c "import smtplib
s = smtplib.SMTP('127.0.0.1', $port)
s.ehlo('x')
print(s.has_extn('pipelining') and s.has_extn('chunking'))")" True
	began=$(date +%s%N)
	timeout 60 nullmailer-send >"$T/send.log" 2>&1
	echo "#= $name: $COUNT messages in $((($(date +%s%N) - began) / 1000000)) ms"
	settled() {
		now=$(find "$box" -path '*/new/*' -type f | wc -l)
		[ "$now" -eq "${before:-0}" ] && [ "$now" -gt 0 ] && return
		before=$now
		sleep 2
		return 1
	}
	before=0
	until_true 60 settled
	ok "$name: every recipient of every message is where he belongs" \
	    python3 tests/interop/mixed.py check "$box" "$q/queue" "$q/failed" "$T/saved"
	find "$box" -path '*/new/*' -type f -delete
}

prefix "$T/nm"
one_shot
start_postfix
mixed "Postfix" 2525 "$P/box"
mixed "Postfix, one session" 2525 "$P/box" sessions=1
postfix -c "$P/conf" stop >/dev/null 2>&1
start_exim
mixed "Exim" 3525 "$E/box"
mixed "Exim, one session" 3525 "$E/box" sessions=1

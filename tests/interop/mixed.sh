# mixed.sh - 1,000 messages of all kinds to a real Postfix and a real Exim, which
# both offer PIPELINING and CHUNKING: what they accept arrives byte for byte and
# once, the rest ends where it must. Postfix hangs up after every 40 errors.
# needs: postfix python3 dpkg-deb=dpkg
UNPACK="exim4-daemon-light libidn12"
. tests/interop/lib.sh
COUNT=1000

take_by_postfix() {
	mkdir "$POSTFIX"
	echo '/^X-Refuse: yes/ REJECT no such message' >"$POSTFIX/refuse"
	start_postfix '2525 inet n - n - - smtpd' \
	    'smtpd_recipient_restrictions = check_recipient_access inline:{{bad@example.net = 550 no}, {later@example.net = 450 later}}, permit_mynetworks, reject' \
	    'smtpd_soft_error_limit = 1000' 'smtpd_hard_error_limit = 40' \
	    'local_header_rewrite_clients =' \
	    "header_checks = regexp:$POSTFIX/refuse"
}

# Exim hangs up when it had ten RSET behind messages that it refused.
take_by_exim() {
	start_exim 3525 <<-'END'
	smtp_accept_max_per_host = 0
	chunking_advertise_hosts = *
	acl_smtp_rcpt = people
	acl_smtp_data = texts
	begin acl
	people:
	  deny local_parts = bad
	  defer local_parts = later
	  accept
	texts:
	  deny condition = ${if def:h_X-Refuse:}
	  accept
	END
}

# mixed NAME PORT BOX OPTION...: all of it, in one queue run
mixed() {
	name=$1 port=$2 box=$3; shift 3
	empty
	rm -rf "$T/saved"
	python3 tests/interop/mixed.py make "$spool/queue" "$COUNT"
	cp -Rp "$spool/queue" "$T/saved"
	remotes "127.0.0.1 smtp port=$port $*"
	is "$name: it offers PIPELINING and CHUNKING" "$(python3 -c "import smtplib
s = smtplib.SMTP('127.0.0.1', $port)
s.ehlo('x')
print(s.has_extn('pipelining') and s.has_extn('chunking'))")" True
	timed "$name: $COUNT messages"
	settled() {
		now=$(arrived "$box")
		[ "$now" -eq "${before:-0}" ] && [ "$now" -gt 0 ] && return
		before=$now
		sleep 2
		return 1
	}
	before=0
	until_true 60 settled
	ok "$name: every recipient of every message is where he belongs" \
	    python3 tests/interop/mixed.py check "$box" "$spool/queue" "$spool/failed" "$T/saved"
	find "$box" -path '*/new/*' -type f -delete
}

prefix
take_by_postfix
mixed "Postfix" 2525 "$POSTFIX/box"
mixed "Postfix, one session" 2525 "$POSTFIX/box" sessions=1
stop_postfix
take_by_exim
mixed "Exim" 3525 "$EXIM/box"
mixed "Exim, one session" 3525 "$EXIM/box" sessions=1

# limits.sh - Postfix and Exim with limits that end connections: messages a
# minute, errors, recipients, messages a connection, commands that are no mail.
# 1,000 messages and one of 5,000 recipients arrive in one queue run each, once,
# and none bounces.
# needs: postfix python3 dpkg-deb=dpkg
UNPACK="exim4-daemon-light libidn12"
. tests/interop/lib.sh
COUNT=1000 PEOPLE=5000
prefix

# fill COUNT EVERY: to r1@ and so on; and after so many ROW to bad@, so that each
# of several connections has some without a good one between
ROW=20
fill() {
	empty
	python3 - "$spool/queue" "$@" $ROW <<-'END'
	import os, sys, time
	folder = sys.argv[1]
	count, every, row = map(int, sys.argv[2:])
	def put(number, person):
	    name = "%s/1000000000.%d" % (folder, number)
	    with open(name, "w") as f:
	        f.write("\n%s@example.net\n\nSubject: %d\n\nb\n" % (person, number))
	    os.utime(name, (time.time() - 7200,) * 2)
	for i in range(1, count + 1):
	    put(i * 100, "r%d" % i)
	    for k in range(row if every and i % every == 0 else 0):
	        put(i * 100 + 1 + k, "bad")
	END
}
crowd() {
	empty
	# shellcheck disable=SC2046
	put 1000000001.1 $(seq -f 'r%g@example.net' $PEOPLE)
}

# exact NAME COUNT FAILED: after one run; $T/arrived has a recipient a line
exact() {
	sort "$T/arrived" >"$T/people"
	is "$1: nothing is left in the queue" "$(waiting)" 0
	is "$1: what failed" "$(failed)" "$3"
	is "$1: all $2 have arrived" "$(sort -u "$T/people" | wc -l)" "$2"
	is "$1: each once" "$(uniq -d "$T/people")" ""
	echo "#= $1: $took ms, $(connects) connections"
}

# ---- Postfix ----
# postfix_with LINE...: it throws away what it has taken
postfix_with() {
	start_postfix '2525 inet n - n - - smtpd
discard unix - - n - - discard' 'virtual_transport = discard:' \
	    'smtpd_recipient_restrictions = check_recipient_access inline:{{bad@example.net = 550 no}}, permit_mynetworks, reject' \
	    'smtpd_client_event_limit_exceptions =' "$@"
	: >"$POSTFIX/log"
	remotes "127.0.0.1 smtp port=2525"
	connects() { grep -c 'smtpd.*: connect from' "$POSTFIX/log"; }
}
discarded() {
	sed -n 's/.*: to=<\(r[0-9]*\)@.*status=sent.*/\1/p' "$POSTFIX/log" >"$T/arrived"
}
all_discarded() {
	discarded
	[ "$(wc -l <"$T/arrived")" -ge "$1" ]
}
# by_postfix NAME COUNT FAILED
by_postfix() {
	run
	until_true 60 all_discarded "$2"
	exact "$@"
}

postfix_with 'smtpd_hard_error_limit = 3' 'smtpd_recipient_limit = 50'
fill $COUNT 250
by_postfix "Postfix, three errors a connection" $COUNT $((COUNT / 250 * ROW))
ok "and so it has hung up" [ "$(connects)" -gt 4 ]
: >"$POSTFIX/log"
crowd
by_postfix "Postfix, 50 recipients at a time" $PEOPLE 0

postfix_with 'smtpd_client_message_rate_limit = 20' 'anvil_rate_time_unit = 1s'
fill 60 0
remotes '127.0.0.1 smtp port=2525 rate=20/3s'
by_postfix "Postfix, 20 messages, rate=" 60 0
fill 60 0
: >"$POSTFIX/log"
remotes '127.0.0.1 smtp port=2525 sessions=1'
conf pausetime 1
conf maxpause 2
start
ok "Postfix, 20 messages a second: it is done at last" until_true 60 drained
stop 10
until_true 60 all_discarded 60
exact "Postfix, 20 messages a second" 60 0
refusals=$(grep -c 'delivery request rate limit exceeded' "$POSTFIX/log")
runs=$(lines '^Starting delivery, ')
ok "five refusals are enough in a run: $refusals in $runs" \
    [ "$refusals" -le $((runs * 6)) ]
stop_postfix
conf pausetime 60

# ---- Exim ----
EXIM_LIMITS=own start_exim 3525 <<-'END'
queue_only = true
log_selector = +received_recipients +smtp_connection
acl_smtp_rcpt = people
chunking_advertise_hosts = *
begin acl
people:
  deny local_parts = bad
  accept
END
connects() { grep -c 'SMTP connection from' "$EXIM/log/main"; }
# by_exim NAME COUNT FAILED
by_exim() {
	: >"$EXIM/log/main"
	run
	sed -n 's/.* <= .* for //p' "$EXIM/log/main" | tr ' ' '\n' |
	    sed 's/@.*//' >"$T/arrived"
	exact "$@"
}
remotes '127.0.0.1 smtp port=3525'
fill $COUNT 250
by_exim "Exim as it comes" $COUNT $((COUNT / 250 * ROW))
ok "and so it has hung up" [ "$(connects)" -gt 4 ]
crowd
by_exim "Exim, $PEOPLE recipients" $PEOPLE 0

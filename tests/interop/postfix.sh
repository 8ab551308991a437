# postfix.sh - a real Postfix as smart host, with and without Dovecot's SASL
# needs: postfix dovecot=dovecot-core
. tests/interop/lib.sh

connects() { grep -c ': connect from' "$POSTFIX/log"; }

# A fresh queue of 200, an empty mailbox and an empty log.
begin() {
	rm -rf "$POSTFIX/box/all"
	: >"$POSTFIX/log"
	refill 200
}

# arrives NAME: in one queue run
arrives() {
	timed "$1: 200 messages"
	is "$1: the queue is empty" "$(waiting)" 0
	is "$1: nothing failed" "$(failed)" 0
	ok "$1: they arrived byte for byte, and once" \
	    intact 200 "$POSTFIX/box"
	is "$1: 200 messages" "$(arrived "$POSTFIX/box")" 200
	is "$1: one connection" "$(connects)" 1
	[ "$test_failed" -eq 0 ] || tail -n 5 "$T/log" "$POSTFIX/log"
}

# One connection is asked for: by default a long queue gets more.
remote() { remotes "127.0.0.1 smtp port=2525 sessions=1 $*"; }

prefix
start_postfix '2525 inet n - n - - smtpd' \
    'smtpd_recipient_restrictions = permit_mynetworks,reject' \
    'smtpd_sasl_auth_enable = no'
remote
begin
arrives "plain"

start_postfix '2525 inet n - n - - smtpd' \
    'smtpd_recipient_restrictions = permit_sasl_authenticated,reject' \
    'smtpd_sasl_auth_enable = yes'
start_dovecot <<-END
protocols =
ssl = no
disable_plaintext_auth = no
END

begin
remote user=jane pass=secret
arrives "AUTH PLAIN"
has "the method was PLAIN" "$(cat "$POSTFIX/log")" \
    'sasl_method=PLAIN, sasl_username=jane'

begin
remote user=jane pass=secret auth-login
arrives "AUTH LOGIN"
has "the method was LOGIN" "$(cat "$POSTFIX/log")" \
    'sasl_method=LOGIN, sasl_username=jane'

for how in '' auth-login; do
	begin
	remote user=jane pass=wrong $how
	run
	run
	name="wrong password${how:+, $how}"
	is "$name: nothing is lost" "$(waiting)" 200
	texts "$spool/queue" >"$T/have"
	texts "$T/sent" >"$T/want"
	ok "$name: nothing is changed" cmp "$T/want" "$T/have"
	is "$name: nothing is bounced" "$(failed)" 0
	is "$name: one connection, as it is not asked again at once" \
	    "$(connects)" 1
	is "$name: each method once" \
	    "$(grep -c 'authentication failed' "$POSTFIX/log")" \
	    "$([ -n "$how" ] && echo 1 || echo 2)"
	lacks "$name: it is not in the log" "$(log)" 'pass=\|wrong '
done
: >"$POSTFIX/log"
remote user=jane pass=secret
arrives "after it is put right"
stop_postfix
stop_dovecot

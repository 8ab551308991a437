# accounts.sh - logins and accounts with real servers: Dovecot as submission
# server by OAUTHBEARER and XOAUTH2, its tokens checked by itself and got from a
# command here; Postfix with Dovecot's SASL by all other mechanisms; two accounts
# on one server; recipients over three lines with a restart in between
# needs: postfix dovecot=dovecot-core setpriv=util-linux openssl
# needs: /usr/lib/dovecot/submission=dovecot-submissiond
. tests/interop/lib.sh
FROM=s@example.org

# No passcommand runs as root.
become="setpriv --reuid=65534 --regid=65534 --clear-groups"
cp "$NM" "$T/nullmailer"
chmod 755 "$T/nullmailer"
NM=$T/nullmailer
prefix
SENDER="$become $NM nullmailer-send"
own() {
	chown -R 65534:65534 "$P"
	chmod 600 "$config/remotes"
}

# ---- the servers ----
start_postfix "2525 inet n - n - - smtpd -o smtpd_sasl_auth_enable=yes \
-o smtpd_recipient_restrictions=permit_sasl_authenticated,reject
2526 inet n - n - - smtpd" 'smtpd_recipient_restrictions = permit_mynetworks,reject'

url64() { openssl base64 -A | tr '+/' '-_' | tr -d =; }
# token USER SECONDS: one that is right for so long
token() {
	now=$(date +%s)
	token_text=$(printf '{"alg":"HS256","typ":"JWT"}' | url64).$(printf \
	    '{"sub":"%s","iat":%d,"exp":%d}' "$1" $((now - 9000)) $((now + $2)) | url64)
	echo "$token_text.$(printf %s "$token_text" |
	    openssl dgst -sha256 -hmac 'the key of the tokens' -binary | url64)"
}
mkdir -p "$T/home" "$T/keys/default/HS256"
chown 65534:65534 "$T/home"
printf 'the key of the tokens' | base64 -w 0 >"$T/keys/default/HS256/default"
chmod -R a+rX "$T/keys"
cat >"$T/oauth2.conf" <<END
introspection_mode = local
local_validation_key_dict = fs:posix:prefix=$T/keys/
username_attribute = sub
END
printf '%s\n' 'ann:{PLAIN}aaa' 'bob:{PLAIN}b b' >"$T/users"
cat >"$T/dovecot.conf" <<END
base_dir = $T/dovecot
state_dir = $T/dovecot
log_path = $T/dovecot.log
protocols = submission
ssl = no
disable_plaintext_auth = no
auth_failure_delay = 0
hostname = mail.test
submission_relay_host = 127.0.0.1
submission_relay_port = 2526
submission_relay_ssl = no
first_valid_uid = 1
mail_location = maildir:$T/home
auth_mechanisms = plain login cram-md5 scram-sha-1 scram-sha-256 xoauth2 oauthbearer
service submission-login {
  inet_listener submission {
    address = 127.0.0.1
    port = 2587
  }
}
passdb {
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = $T/oauth2.conf
}
passdb {
  driver = passwd-file
  args = $T/users
}
userdb {
  driver = static
  args = uid=65534 gid=65534 home=$T/home
}
service auth {
  unix_listener $POSTFIX/spool/private/auth {
    mode = 0666
  }
}
END
serve_dovecot() {
	dovecot -c "$T/dovecot.conf"
	until_true 10 [ -S "$POSTFIX/spool/private/auth" ]
	listens 2587 "$T/dovecot.log"
}
serve_dovecot

# one LINE...: a message to r@example.net with these remotes
one() {
	remotes "$@"
	empty
	put 1.1 r@example.net
	own
	run
}
logins() { grep -c "Login: user=<$2>, method=$1," "$T/dovecot.log"; }

# ---- tokens ----
printf '%s\n' '#!/bin/sh' "cat $T/token" >"$T/helper"
chmod 755 "$T/helper"
for how in oauthbearer xoauth2; do
	upper=$(echo $how | tr a-z A-Z)
	token jane 3600 >"$T/token"
	one "127.0.0.1:2587 smtp user=jane passcommand=$T/helper auth=$how"
	is "$upper: delivered" "$(waiting) $(failed) $(logins $upper jane)" "0 0 1"
	token jane -3600 >"$T/token"
	one "127.0.0.1:2587 smtp user=jane passcommand=$T/helper auth=$how"
	is "$upper, expired: it waits" "$(waiting) $(failed)" "1 0"
	has "the log has what the server says" "$(log)" \
	    '^Remote 127.0.0.1 is left out .* stage: auth reply: 535 .*"status":"\(invalid_token\|401\|400\)"'
	lacks "and not the token" "$(log; cat "$spool/status")" "$(cut -d. -f3 "$T/token")"
	token jane 3600 >"$T/token"
	remotes "127.0.0.1:2587 smtp user=jane passcommand=$T/helper auth=$how"
	own
	run
	is "$upper, a new one: delivered" "$(waiting)" 0
	token ann 3600 >"$T/token"
	one "127.0.0.1:2587 smtp user=jane passcommand=$T/helper auth=$how"
	is "$upper, another's: it waits" "$(waiting) $(failed)" "1 0"
done

# ---- the other mechanisms ----
for how in plain login cram-md5 scram-sha-1 scram-sha-256; do
	one "127.0.0.1:2525 smtp user=bob pass='b b' auth=$how"
	upper=$(echo $how | tr a-z A-Z)
	is "$upper: delivered" "$(waiting)" 0
	has "by it" "$(cat "$POSTFIX/log")" "sasl_method=$upper, sasl_username=bob"
	one "127.0.0.1:2525 smtp user=bob pass=aaa auth=$how"
	is "$upper, a wrong password: it waits" "$(waiting) $(failed)" "1 0"
done

# ---- two accounts on one server ----
remotes "127.0.0.1:2525 smtp user=ann pass=aaa if-from=ann@example.org" \
    "127.0.0.1:2525 smtp user=bob pass='b b' if-from=@bob.example,<>"
empty
: >"$POSTFIX/log"
FROM=ann@example.org put 1.1 r@example.net
FROM=x@bob.example put 1.2 r@example.net
FROM='' put 1.3 r@example.net
FROM=eve@example.org put 1.4 r@example.net
own
run
is "each sender has his account" "$(sed -n \
    's/.*: \(.*\): client=.*sasl_username=\(.*\)/\1 \2/p; s/.*: \(.*\): from=\(<.*>\), size.*/\1 \2/p' \
    "$POSTFIX/log" | sort -u | awk '{ of[$1] = of[$1] " " $2 } END { for (i in of) print of[i] }' |
    tr -d '<>' | while read -r a b; do echo "${a#*=} $b"; done | sort)" \
    "$(printf '%s\n' 'ann@example.org ann' 'bob ' 'x@bob.example bob' | sort)"
is "no account is no way" "$(files queue)" 1.4

# ---- three lines, and a restart ----
doveadm -c "$T/dovecot.conf" stop
until_true 10 eval '! in_use 2587'
token jane 3600 >"$T/token"
remotes "127.0.0.1:2526 smtp if-to=a@example.net,@example.com" \
    "127.0.0.1:2587 smtp user=jane passcommand=$T/helper auth=oauthbearer if-to=b@example.net" \
    "127.0.0.1:2526 smtp if-to=!a@example.net,!b@example.net from=c@example.org"
empty
: >"$POSTFIX/log"
put 1.1 c@example.net b@example.net a@example.net d@example.net
own
start
logged 20 '^Delivered: file: 1.1' 2
kill -9 "$sender"
wait "$sender" 2>/dev/null
is "one part waits" "$(sed '/^$/q' "$spool/queue/1.1" | tr '\n' ' ')" "$FROM b@example.net  "
serve_dovecot
start
logged 20 'Delivery complete, 0 '
stop 10
until_true 20 eval '[ "$(grep -c status=sent "$POSTFIX/log")" -ge 4 ]'
is "each is delivered once" "$(sed -n 's/.*to=<\(.\)@example.net>.*status=sent.*/\1/p' \
    "$POSTFIX/log" | sort | tr -d '\n')" abcd
is "nothing is left" "$(waiting) $(failed)" "0 0"
doveadm -c "$T/dovecot.conf" stop
stop_postfix

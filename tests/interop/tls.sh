# tls.sh - 100 messages over one verified TLS session with a login, to Postfix,
# Exim (GnuTLS), Dovecot's submission service and openssl s_server; client
# certificates, AUTH EXTERNAL and anonymous TLS
# needs: postfix dovecot=dovecot-core openssl bash dpkg-deb=dpkg
# needs: /usr/lib/dovecot/submission=dovecot-submissiond gnutls-serv=gnutls-bin
UNPACK="exim4-daemon-light libidn12"
. tests/interop/lib.sh
COUNT=100
K=$T/keys

# ---- keys ----
# issue NAME KEYOPTIONS...: NAME.key and NAME.crt, for a server or a client
issue() {
	name=$1; shift
	openssl req -new -newkey "$@" -nodes -keyout "$name.key" \
	    -subj "/CN=$name" -out csr &&
	    openssl x509 -req -in csr -CA ca.crt -CAkey ca.key -CAcreateserial \
	    -days 30 -extfile ext -out "$name.crt"
}
# Each certificate as PEM and DER; each key in PKCS#8 and in a form of its own,
# PKCS#1 or SEC1, as PEM and DER.
make_keys() (
	mkdir "$K" && cd "$K" &&
	openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=CA \
	    -keyout ca.key -out ca.crt &&
	printf 'subjectAltName=DNS:mail.test,IP:127.0.0.1\n' >ext &&
	issue server rsa:2048 && issue rsa rsa:2048 &&
	issue ec ec -pkeyopt ec_paramgen_curve:P-256 &&
	openssl rsa -in rsa.key -traditional -out rsa.own &&
	openssl ec -in ec.key -out ec.own &&
	openssl rsa -in rsa.own -traditional -outform DER -out rsa.own.der &&
	openssl ec -in ec.own -outform DER -out ec.own.der &&
	for k in rsa ec; do
		openssl x509 -in $k.crt -outform DER -out $k.crt.der &&
		openssl pkcs8 -topk8 -nocrypt -in $k.key -outform DER -out $k.key.der &&
		cat $k.key $k.crt >$k.both || return 1
	done
	chmod 755 . && chmod 644 ./*
)

# ---- servers ----
# offer LINE...: Postfix, with lines for main.cf
offer() {
	start_postfix '2525 inet n - n - - smtpd
2465 inet n - n - - smtpd -o smtpd_tls_wrappermode=yes
2526 inet n - n - - smtpd -o smtpd_recipient_restrictions=permit_mynetworks,reject -o smtpd_tls_security_level=none -o smtpd_sasl_auth_enable=no
tlsmgr unix - - n 1000? 1 tlsmgr' \
	    'smtpd_tls_loglevel = 1' "$@"
}

# Its submission service, which relays to Postfix without TLS.

exim() {
	start_exim '3525 : 3465' <<-END
	log_selector = +tls_cipher +smtp_connection
	acl_smtp_rcpt = needs_login
	tls_on_connect_ports = 3465
	tls_advertise_hosts = *
	tls_certificate = $K/server.crt
	tls_privatekey = $K/server.key
	tls_try_verify_hosts = *
	tls_verify_certificates = $K/ca.crt
	begin acl
	needs_login:
	  accept authenticated = *
	  deny message = log in first
	begin authenticators
	plain:
	  driver = plaintext
	  public_name = PLAIN
	  server_advertise_condition = \${if def:tls_in_cipher}
	  server_prompts = :
	  server_condition = \${if and {{eq{\$auth2}{jane}}{eq{\$auth3}{secret}}}}
	  server_set_id = \$auth2
	certificate:
	  driver = external
	  public_name = EXTERNAL
	  server_advertise_condition = \${if eq{\$tls_in_certificate_verified}{1}}
	  server_condition = true
	  server_set_id = \${certextract{subject,CN}{\$tls_in_peercert}}
	END
}

# openssl's server in front of peer, as a pipe between two sockets.
start_s_server() {
	serve -n 1 'cap PIPELINING' 'cap 8BITMIME' 'cap AUTH PLAIN' 'auth jane secret' auto
	bash -c "exec openssl s_server -quiet -naccept 1 -accept 127.0.0.1:4465 \
	    -cert $K/server.crt -key $K/server.key \
	    </dev/tcp/127.0.0.1/$port >&0" 2>"$T/s_server" &
	owns $!
	until_true 10 in_use 4465
}

# ---- mail ----
# begin COUNT: a fresh queue, empty mailboxes and logs
begin() {
	rm -rf "$POSTFIX/box/all" "$EXIM/box/new"
	for f in "$POSTFIX/log" "$EXIM/log/main" "$T/dovecot.log"; do
		[ ! -e "$f" ] || : >"$f"
	done
	refill "$1"
}
# The same of what peer has from the wire.
on_the_wire() {
	for f in "$T"/got.*; do
		sed 's/^\.//; s/\r$//' "$f" | sha256sum
	done | sort
}
# arrives NAME COUNT MAILBOX: byte for byte, and once
arrives() {
	ok "$1: $2 arrived byte for byte, and once" intact "$2" "$3"
	same "$2" 2>/dev/null || tail -n 6 "$T/log" "$POSTFIX/log" | sed 's/^/# /'
}
says() { grep -c "$1" "$2"; }
# hundred NAME OPTION...: to that remote, with verification and a login
hundred() {
	name=$1; shift
	begin "$COUNT"
	remotes "$* x509cafile=$K/ca.crt user=jane pass=secret sessions=1"
	timed "$name: $COUNT messages"
	is "$name: queue and failed are empty" "$(waiting) $(failed)" "0 0"
}

prefix
ok "keys are made" make_keys >"$T/keys.log" 2>&1
grep '^[no]' "$T/keys.log"
[ -s "$K/ec.both" ] || exit 1

# ---- 100 messages ----
set -- "smtpd_tls_cert_file = $K/server.crt" "smtpd_tls_key_file = $K/server.key"
offer "$@" 'smtpd_tls_security_level = encrypt' \
    'smtpd_tls_auth_only = yes' 'smtpd_sasl_auth_enable = yes' \
    'smtpd_recipient_restrictions = permit_sasl_authenticated,reject'
submission
for how in "starttls port=2525" "tls port=2465"; do
	hundred "Postfix, ${how% *}" "127.0.0.1 smtp $how tls-name=mail.test"
	arrives "Postfix, ${how% *}" "$COUNT" "$POSTFIX/box"
	is "Postfix, ${how% *}: one connection, one TLS session" \
	    "$(says ': connect from' "$POSTFIX/log") $(says 'TLS connection established' "$POSTFIX/log")" "1 1"
	has "Postfix, ${how% *}: jane's" "$(cat "$POSTFIX/log")" \
	    'sasl_method=PLAIN, sasl_username=jane'
done

hundred "Dovecot" "127.0.0.1 smtp starttls port=2587"
arrives "Dovecot" "$COUNT" "$POSTFIX/box"
is "Dovecot: one session, of jane" "$(says 'submission-login: Info: Login: user=<jane>.*, TLS' "$T/dovecot.log")" 1
is "Dovecot: and no other" "$(says 'submission-login: Info: ' "$T/dovecot.log")" 1

exim
for how in "starttls port=3525" "tls port=3465"; do
	hundred "Exim, ${how% *}" "127.0.0.1 smtp $how"
	arrives "Exim, ${how% *}" "$COUNT" "$EXIM/box"
	is "Exim, ${how% *}: all over TLS, all jane's" \
	    "$(says ' <= .* X=TLS1.[23]:.* A=plain:jane ' "$EXIM/log/main")" "$COUNT"
	is "Exim, ${how% *}: one connection" "$(says 'SMTP connection from .*(TCP' "$EXIM/log/main")" 1
done

start_s_server
hundred "s_server" "127.0.0.1 smtp tls port=4465"
texts "$T/sent" >"$T/want"
on_the_wire >"$T/have"
ok "s_server: $COUNT arrived byte for byte, and once" same "$COUNT"
is "s_server: one connection" "$(connections)" 1
has "s_server: logged in" "$(transcript)" '^S: 235 '

# ---- client certificates ----
offer "$@" 'smtpd_tls_security_level = encrypt' \
    'smtpd_tls_req_ccert = yes' "smtpd_tls_CAfile = $K/ca.crt" \
    'smtpd_sasl_auth_enable = no' 'smtpd_tls_received_header = yes' \
    'smtpd_recipient_restrictions = permit_tls_all_clientcerts,reject'
# presents KEY FILES...: Postfix takes mail from who has this certificate
presents() {
	key=$1; shift
	begin 2
	remotes "127.0.0.1 smtp starttls port=2525 x509cafile=$K/ca.crt $*"
	run
	name=$(echo "$*" | sed "s,$K/,,g; s/x509//g")
	arrives "$name" 2 "$POSTFIX/box"
	has "$name: it is verified" "$(cat "$POSTFIX/log")" \
	    "Trusted TLS connection established from"
	has "$name: it is the one" "$(cat "$POSTFIX/box/all/new"/*)" \
	    "(Client CN \"$key\", Issuer \"CA\" (verified OK))"
}
for k in rsa ec; do
	presents $k "x509certfile=$K/$k.both"
	presents $k "x509certfile=$K/$k.crt" "x509keyfile=$K/$k.key"
	presents $k "x509certfile=$K/$k.crt" "x509keyfile=$K/$k.own"
	presents $k "x509certfile=$K/$k.crt.der" "x509keyfile=$K/$k.key.der" x509fmtder
	presents $k "x509certfile=$K/$k.crt.der" "x509keyfile=$K/$k.own.der" x509fmtder
done
begin 2
remotes "127.0.0.1 smtp starttls port=2525 x509cafile=$K/ca.crt"
run
is "without a certificate: the mail is kept" "$(waiting) $(failed)" "2 0"
has "without a certificate: the log says so" "$(log)" \
    'stage: .* reply: .*certificate'
openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=stranger \
    -keyout "$K/stranger.both" -out "$K/stranger.crt" 2>/dev/null
cat "$K/stranger.crt" >>"$K/stranger.both"
remotes "127.0.0.1 smtp starttls port=2525 x509cafile=$K/ca.crt x509certfile=$K/stranger.both"
run
is "a stranger's certificate: the mail is kept" "$(waiting) $(failed)" "2 0"
is "a stranger's certificate: none is taken" "$(arrived "$POSTFIX/box")" 0

# ---- AUTH EXTERNAL ----
for k in rsa ec; do
	begin 2
	remotes "127.0.0.1 smtp starttls port=3525 x509cafile=$K/ca.crt x509certfile=$K/$k.both auth-external"
	run
	arrives "EXTERNAL, $k" 2 "$EXIM/box"
	is "EXTERNAL, $k: by the name in the certificate" \
	    "$(says " A=certificate:$k " "$EXIM/log/main")" 2
done
begin 1
remotes "127.0.0.1 smtp starttls port=3525 x509cafile=$K/ca.crt auth-external"
run
is "EXTERNAL not offered: the mail is kept" "$(waiting) $(failed)" "1 0"
has "EXTERNAL not offered: the log says so" "$(log)" \
    'stage: auth reply: Server does not advertise certificate authentication'

# ---- anonymous ----
anonymous="127.0.0.1 smtp starttls port=2525 insecure tls-anon-auth"
for with in none "$K/server.crt"; do
	offer "smtpd_tls_cert_file = $with" \
	    "$([ "$with" = none ] || echo "smtpd_tls_key_file = $K/server.key")" \
	    'smtpd_tls_security_level = may' 'smtpd_sasl_auth_enable = no' \
	    'smtpd_recipient_restrictions = permit_mynetworks,reject'
	name="anonymous, ${with##*/}"
	begin 2
	remotes "$anonymous"
	run
	arrives "$name" 2 "$POSTFIX/box"
	cipher=$(sed -n 's/.*TLS connection established from [^:]*: \(.*\) (.*/\1/p' "$POSTFIX/log")
	echo "#= $name: $cipher"
	has "$name: over TLS" "$cipher" '^TLSv1.2 with cipher '
	has "$name: the log says it" "$(log)" '^127.0.0.1: .*\(nonymous\|nsecure\|not verified\)'
	begin 1
	remotes "${anonymous% insecure*} x509cafile=$K/ca.crt"
	run
	if [ "$with" = none ]; then
		is "$name: refused where that was not asked for" "$(waiting) $(failed)" "1 0"
	else
		arrives "$name: verified where that is asked for" 1 "$POSTFIX/box"
		lacks "$name: with a certificate" "$(cat "$POSTFIX/log")" 'cipher A[^E]\|cipher AECDH'
	fi
done
stop_postfix
stop_dovecot

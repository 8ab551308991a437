# profiles.sh - one verified message to Postfix, Exim (GnuTLS) and Dovecot's
# submission service with the kinds of keys, versions and suites that real
# servers are configured for. The table that it prints has what was agreed on,
# and whether nullmailer 2.2 and msmtp get the same message through.
# needs: postfix dovecot=dovecot-core openssl dpkg-deb=dpkg msmtp
# needs: /usr/lib/dovecot/submission=dovecot-submissiond
UNPACK="exim4-daemon-light libidn12 nullmailer"
. tests/interop/lib.sh
K=$T/keys

# ---- keys ----
# Of the largest key the primes are five, as two of that size take long to find.
make_key() {
	case $1 in
	rsa8192) set -- RSA rsa_keygen_bits:8192 -pkeyopt rsa_keygen_primes:5 ;;
	rsa*) set -- RSA "rsa_keygen_bits:${1#rsa}" ;;
	pss) set -- RSA-PSS rsa_keygen_bits:2048 ;;
	ec*) set -- EC "ec_paramgen_curve:P-${1#ec}" ;;
	ed25519) set -- ED25519 ;;
	esac
	kind=$1
	shift
	openssl genpkey -algorithm "$kind" ${1:+-pkeyopt} "$@"
}
make_keys() (
	mkdir "$K" && cd "$K" &&
	openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=CA \
	    -keyout ca.key -out ca.crt &&
	printf 'subjectAltName=DNS:mail.test,IP:127.0.0.1\n' >ext &&
	for key in $keys; do
		make_key "$key" >"$key.key" &&
		    openssl req -new -key "$key.key" -subj "/CN=$key" -out csr &&
		    openssl x509 -req -in csr -CA ca.crt -CAkey ca.key \
		    -CAcreateserial -days 30 -extfile ext -out "$key.crt" ||
		    return 1
	done &&
	chmod 755 . && chmod 644 ./*
)
keys="rsa2048 rsa3072 rsa4096 rsa8192 pss ec256 ec384 ec521 ed25519"
prefix "$T/nm"
reference
printf '127.0.0.1 localhost mail.test\n' >"$T/hosts"
mount --bind "$T/hosts" /etc/hosts
ok "keys are made" make_keys >"$T/keys.log" 2>&1
grep '^[no]' "$T/keys.log"
[ -s "$K/ed25519.crt" ] || exit 1

# delivered NAME OPTIONS MAILBOX: one message, byte for byte
delivered() {
	rm -rf "$3/all" "$3/new"
	refill 1
	remotes "127.0.0.1 smtp $2 tls-name=mail.test x509cafile=$K/ca.crt"
	run
	ok "$1: delivered" intact 1 "$3"
	ours=$(waiting)
	[ "$ours" -eq 0 ] || sed "s/^/# /" "$T/log" "$T/err"
}

# verdict COMMAND...: one word
verdict() { "$@" >>"$T/peers.log" 2>&1 && echo yes || echo no; }
theirs() {
	HELOHOST=h.test timeout 60 "$T/package/usr/lib/nullmailer/smtp" \
	    <"$T/options" 3<"$1"
}
msmtps() {
	sed '1,/^$/d' "$1" | timeout 60 msmtp --host=mail.test "--port=$2" \
	    --tls=on --tls-starttls=on "--tls-trust-file=$K/ca.crt" \
	    --domain=h.test --from=s@example.org "$3" \
	    "--user=jane" --passwordeval='echo secret' r1@example.net
}
# cell NAME WORDS PORT [user]: a line of the table, with what was agreed on;
# where a peer gets through we must
yes=0 lost=
cell() {
	printf '%s\n' host=mail.test "port=$3" starttls \
	    "x509cafile=$K/ca.crt" ${4:+user=jane pass=secret} >"$T/options"
	echo >>"$T/options"
	auth=--auth=off
	[ -z "${4:-}" ] || auth=--auth=plain
	file=$(echo "$T"/sent/*)
	old=$(verdict theirs "$file")
	other=$(verdict msmtps "$file" "$3" "$auth")
	[ "$ours" -eq 0 ] || [ "$old$other" = nono ] || lost="$lost $1;"
	[ "$old" = no ] || yes=$((yes + 1))
	[ "$ours" -eq 0 ] && mine=yes || mine=no
	echo "#= $(printf '%-34s %-4s %4s ms  2.2 %-4s msmtp %-4s %s' "$1" "$mine" \
	    "$took" "$old" "$other" "$2")"
}

# ---- Postfix ----
# postfix_takes NAME KEY OPTIONS LINE...: what it agreed on must match $agreed
postfix_takes() {
	name="Postfix, $1" key=$2 options=$3
	shift 3
	: >"$POSTFIX/log"
	start_postfix '2525 inet n - n - - smtpd
tlsmgr unix - - n 1000? 1 tlsmgr' \
	    'smtpd_tls_loglevel = 1' 'smtpd_tls_security_level = encrypt' \
	    "smtpd_tls_cert_file = $K/$key.crt" "smtpd_tls_key_file = $K/$key.key" \
	    'smtpd_recipient_restrictions = permit_mynetworks,reject' "$@"
	delivered "$name" "starttls port=2525 $options" "$POSTFIX/box"
	got=$(sed -n 's/.*TLS connection established from [^:]*: //p' "$POSTFIX/log")
	has "$name: with what it is configured for" "$got" "$agreed"
	cell "$name" "${got%% (*}" 2525
}
mkdir -p "$POSTFIX"
modern='smtpd_tls_mandatory_protocols = >=TLSv1.3'
only12='smtpd_tls_mandatory_protocols = TLSv1.2'
agreed='^TLSv1.3 '
for key in $keys; do
	postfix_takes "modern, $key" "$key" '' "$modern"
done
agreed='^TLSv1.2 '
for key in $keys; do
	postfix_takes "1.2, $key" "$key" '' "$only12"
done
for suite in ECDHE-RSA-AES128-GCM-SHA256 ECDHE-RSA-CHACHA20-POLY1305 \
    ECDHE-RSA-AES128-SHA256 ECDHE-RSA-AES256-SHA DHE-RSA-AES128-GCM-SHA256 \
    DHE-RSA-AES256-SHA256 AES128-GCM-SHA256 AES256-SHA; do
	agreed="^TLSv1.2 with cipher $suite "
	postfix_takes "1.2, $suite" rsa2048 '' "$only12" \
	    'smtpd_tls_mandatory_ciphers = medium' "tls_medium_cipherlist = $suite"
done
agreed='^TLSv1.3 '
postfix_takes intermediate ec256 '' 'smtpd_tls_mandatory_protocols = >=TLSv1.2' \
    'smtpd_tls_mandatory_ciphers = medium'
for v in 1 1.1; do
	agreed="^TLSv$v "
	postfix_takes "old, $v" rsa2048 tls-min=1.0 \
	    "smtpd_tls_mandatory_protocols = TLSv$v" \
	    'smtpd_tls_mandatory_ciphers = medium' \
	    'tls_medium_cipherlist = ALL:@SECLEVEL=0'
done
# ---- Dovecot, which relays to Postfix without TLS ----
dovecot_takes() {
	name="Dovecot, $1" key=$2
	shift 2
	start_dovecot <<-END
	protocols = submission
	listen = 127.0.0.1
	hostname = mail.test
	ssl = required
	ssl_cert = <$K/$key.crt
	ssl_key = <$K/$key.key
	disable_plaintext_auth = yes
	mail_location = maildir:$T/home
	first_valid_uid = 1
	submission_relay_host = 127.0.0.1
	submission_relay_port = 2526
	submission_relay_ssl = no
	service submission-login {
	  inet_listener submission {
	    port = 2587
	  }
	}
	$(printf '%s\n' "$@")
	END
	delivered "$name" "starttls port=2587 user=jane pass=secret" "$POSTFIX/box"
	cell "$name" '' 2587 user
	stop_dovecot
	until_true 10 port_is_free 2587
}
port_is_free() { ! in_use "$1"; }
start_postfix '2526 inet n - n - - smtpd' \
    'smtpd_recipient_restrictions = permit_mynetworks,reject'
for key in rsa2048 ec384; do
	dovecot_takes "modern, $key" $key 'ssl_min_protocol = TLSv1.3'
	dovecot_takes "intermediate, $key" $key 'ssl_min_protocol = TLSv1.2'
done
dovecot_takes "1.2, DHE" rsa2048 'ssl_min_protocol = TLSv1.2' \
    'ssl_cipher_list = DHE-RSA-AES128-GCM-SHA256' 'ssl_options = no_ticket'
stop_postfix

# ---- Exim, last, as it brings users of its own ----
# exim_takes NAME KEY PRIORITIES AGREED: a daemon of its own for each
exim_port=3525
exim_takes() {
	name="Exim, $1"
	exim_port=$((exim_port + 1))
	start_exim $exim_port <<-END
	log_selector = +tls_cipher +smtp_connection
	acl_smtp_rcpt = accept
	tls_advertise_hosts = *
	tls_certificate = $K/$2.crt
	tls_privatekey = $K/$2.key
	tls_require_ciphers = $3
	begin acl
	END
	delivered "$name" "starttls port=$exim_port" "$EXIM/box"
	got=$(sed -n 's/.* X=\([^ ]*\) .*/\1/p' "$EXIM/log/main" | tail -n 1)
	has "$name: with what it is configured for" "$got" "$4"
	cell "$name" "$got" $exim_port
}
for key in rsa2048 pss ec384 ed25519; do
	exim_takes "modern, $key" "$key" NORMAL:-VERS-ALL:+VERS-TLS1.3 '^TLS1.3:'
	exim_takes "1.2, $key" "$key" NORMAL:-VERS-TLS1.3 '^TLS1.2:'
done
exim_takes "1.2, DHE" rsa2048 NORMAL:-VERS-TLS1.3:-KX-ALL:+DHE-RSA '^TLS1.2:.*DHE'
exim_takes "1.2, RSA" rsa2048 NORMAL:-VERS-TLS1.3:-KX-ALL:+RSA '^TLS1.2:'
exim_takes "1.2, CBC" rsa2048 \
    NORMAL:-VERS-TLS1.3:-CIPHER-ALL:+AES-128-CBC '^TLS1.2:.*CBC'
exim_takes "1.3, secp384r1" rsa2048 \
    NORMAL:-VERS-ALL:+VERS-TLS1.3:-GROUP-ALL:+GROUP-SECP384R1 '^TLS1.3:.*SECP384R1'

is "a peer gets through and we do not" "$lost" ''
ok "nullmailer 2.2 has got through where it can ($yes)" [ "$yes" -gt 30 ]

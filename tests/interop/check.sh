# check.sh - nullmailer-check on a terminal against a real Postfix with Dovecot's
# logins, and Dovecot's submission service: what is right, and what goes wrong
# there most. The screens are shown.
# needs: postfix dovecot=dovecot-core openssl python3 script=bsdutils
# needs: /usr/lib/dovecot/submission=dovecot-submissiond
. tests/interop/lib.sh
K=$T/keys
prefix

# issue NAME SUBJECTALTNAME FROM UNTIL: NAME.key and NAME.crt
issue() {
	printf 'subjectAltName=%s\n' "$2" >ext
	openssl req -new -newkey rsa:2048 -nodes -keyout "$1.key" -subj "/CN=$1" \
	    -out csr &&
	    openssl ca -batch -config ca.conf -in csr -out "$1.crt" -notext \
	    -startdate "$3" -enddate "$4" -extfile ext
}
make_keys() (
	mkdir "$K" "$K/new" && cd "$K" && : >index && echo 01 >serial &&
	cat >ca.conf <<-END &&
	[ca]
	default_ca = it
	[it]
	database = index
	serial = serial
	new_certs_dir = new
	certificate = ca.crt
	private_key = ca.key
	default_md = sha256
	policy = any
	unique_subject = no
	[any]
	commonName = supplied
	END
	openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj /CN=CA \
	    -keyout ca.key -out ca.crt &&
	issue server DNS:mail.test,IP:127.0.0.1 20200101000000Z 20400101000000Z &&
	issue expired DNS:mail.test,IP:127.0.0.1 20200101000000Z 20210101000000Z &&
	issue other DNS:other.test 20200101000000Z 20400101000000Z &&
	chmod 755 . && chmod 644 ./*.key ./*.crt
)

# served_by CERTIFICATE LINE...: Postfix at 2525 with STARTTLS, at 2526 without
served_by() {
	name=$1; shift
	start_postfix '2525 inet n - n - - smtpd
2526 inet n - n - - smtpd -o smtpd_tls_security_level=none
tlsmgr unix - - n 1000? 1 tlsmgr' "smtpd_tls_cert_file = $K/$name.crt" \
	    "smtpd_tls_key_file = $K/$name.key" 'smtpd_tls_security_level = may' \
	    'smtpd_tls_auth_only = yes' 'smtpd_sasl_auth_enable = yes' \
	    'smtpd_recipient_restrictions = permit_mynetworks,reject' "$@"
}

# screen NAME CODE PATTERN REMOTE: the remotes' part of what a terminal shows
screen() {
	remotes "$4"
	chmod 600 "$config/remotes"
	timeout 60 script -qec 'nullmailer-check --remote 1' /dev/null >"$T/screen"
	rc=$?
	said=$(tr -d '\r' <"$T/screen")
	echo "# ---- $1: $4"
	echo "$said" | sed 's/^/# /'
	is "$1: exit code" "$rc" "$2"
	has "$1" "$said" "$3"
	lacks "$1: no secret" "$said" 'secret\|wrong7'
}
ok "keys are made" make_keys >"$T/keys.log" 2>&1
grep '^[no]' "$T/keys.log"
[ -s "$K/other.crt" ] || { cat "$T/keys.log"; exit 1; }
conf me client.test
starttls="127.0.0.1 smtp starttls port=2525 x509cafile=$K/ca.crt"
jane='user=jane pass=secret'

served_by server
submission
screen "right" 0 '^  login  *PLAIN as jane$' "$starttls $jane"
has "right: TLS 1.3" "$said" '^  tls  *TLS 1\.3, .* chain and name verified$'
has "right: what is offered" "$said" '^  helo  *250 mail.test, .*PIPELINING'
screen "no login asked for" 0 '^  login  *none: no user in this line$' "$starttls"
screen "a wrong password" 2 '^X auth  *535 5\.7\.8 .*for user jane$' "$starttls user=jane pass=wrong7"
has "a wrong password: hint" "$said" '^X hint  *user or password is wrong'
screen "an unknown CA" 2 '^X tls  *Server SSL/TLS certificate is untrusted' \
    "127.0.0.1 smtp starttls port=2525 $jane"
has "an unknown CA: the pin" "$said" '^. certificate .* pin=sha256/'
pin=$(echo "$said" | grep -o 'pin=sha256/[^ ]*')
screen "its key pinned" 0 '^  tls .*the key is the pinned one$' \
    "127.0.0.1 smtp starttls port=2525 $pin $jane"
screen "STARTTLS is missing" 2 '^X starttls  *Server does not offer STARTTLS' \
    "127.0.0.1 smtp starttls port=2526 $jane"
has "STARTTLS is missing: hint" "$said" '^X hint '
screen "login only after STARTTLS" 2 '^X auth .*does not advertise' "127.0.0.1 smtp port=2525 $jane"
has "login only after STARTTLS: hint" "$said" '^X hint .*after starttls'
screen "tls at the port of starttls" 2 '^X tls .*is not TLS' "127.0.0.1 smtp tls port=2525 $jane"
screen "port closed" 2 '^X connect .*Connection refused' "127.0.0.1 smtp port=1 $jane"
screen "Dovecot" 0 '^  login  *PLAIN as jane$' "127.0.0.1 smtp starttls port=2587 x509cafile=$K/ca.crt $jane"
screen "Dovecot, a wrong password" 2 '^X auth  *535 .*for user jane$' \
    "127.0.0.1 smtp starttls port=2587 x509cafile=$K/ca.crt user=jane pass=wrong7"

served_by server 'smtpd_tls_protocols = >=TLSv1.3'
screen "1.3 only" 0 '^  tls  *TLS 1\.3, ' "$starttls $jane"
screen "1.3 only, and not by us" 2 '^X tls .*perhaps it speaks only TLS 1\.3' "$starttls tls-max=1.2 $jane"
served_by expired
screen "expired" 2 '^X tls .*expired on 2021-01-01' "$starttls $jane"
served_by other
screen "another name" 2 '^X tls .*does not match hostname' "$starttls $jane"
has "another name: hint" "$said" '^X hint .*tls-name='

# A name server that is there and says nothing.
printf 'nameserver 127.0.0.1\noptions timeout:1 attempts:1\n' >"$T/resolv.conf"
mount --bind "$T/resolv.conf" /etc/resolv.conf
python3 -c 'import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("127.0.0.1", 53))
time.sleep(120)' &
owns $!
until_true 10 grep -q ':0035 ' /proc/net/udp
screen "the name server is silent" 2 '^X connect .*mail\.example\.org: DNS: no answer from 127\.0\.0\.1' \
    "mail.example.org smtp starttls $jane"
has "the name server is silent: hint" "$said" '^X hint .*resolv\.conf'
stop_postfix
stop_dovecot

#!/bin/sh
# make.sh DIR - makes the certificates, revocation lists and CA files that
# cases.txt and crls.txt name. All dates are fixed, so that nothing rots before
# 2090. Prints nothing unless something fails.
# needs: openssl
set -eu
mkdir -p "$1" && cd "$1" && mkdir -p new sys bare roots
export LC_ALL=C
from=20200101000000Z until=20900101000000Z

cat >ca.cnf <<'E'
[ca]
default_ca = d
[d]
new_certs_dir = new
database = index.txt
serial = serial
default_md = sha256
policy = any
unique_subject = no
email_in_dn = yes
string_mask = utf8only
[any]
commonName = optional
organizationName = optional
emailAddress = optional
[req]
distinguished_name = dn
string_mask = utf8only
[dn]
E
echo 1000 >serial

loud() { "$@" >log 2>&1 || { echo "failed: $*" >&2; cat log >&2; exit 1; }; }

# key NAME TYPE
key() {
	case $2 in
	rsa*e3) loud openssl genpkey -out "$1.key" -algorithm RSA \
		-pkeyopt "rsa_keygen_bits:${2#rsa}" -pkeyopt rsa_keygen_pubexp:3 ;;
	# Of five primes, as two of this size are looked for too long.
	rsa8*) loud openssl genpkey -out "$1.key" -algorithm RSA \
		-pkeyopt "rsa_keygen_bits:${2#rsa}" \
		-pkeyopt rsa_keygen_primes:5 ;;
	rsa*) loud openssl genpkey -out "$1.key" -algorithm RSA \
		-pkeyopt "rsa_keygen_bits:${2#rsa}" ;;
	pss) loud openssl genpkey -out "$1.key" -algorithm RSA-PSS \
		-pkeyopt rsa_keygen_bits:2048 ;;
	pss*) loud openssl genpkey -out "$1.key" -algorithm RSA-PSS \
		-pkeyopt rsa_keygen_bits:2048 \
		-pkeyopt "rsa_pss_keygen_md:sha${2#pss}" \
		-pkeyopt "rsa_pss_keygen_mgf1_md:sha${2#pss}" \
		-pkeyopt rsa_pss_keygen_saltlen:20 ;;
	ed) loud openssl genpkey -out "$1.key" -algorithm ED25519 ;;
	explicit) loud openssl genpkey -out "$1.key" -algorithm EC \
		-pkeyopt ec_paramgen_curve:P-256 \
		-pkeyopt ec_param_enc:explicit ;;
	*) loud openssl genpkey -out "$1.key" -algorithm EC \
		-pkeyopt "ec_paramgen_curve:$2" ;;
	esac
}

# mk NAME ISSUER|self KEY SUBJECT [from=T|until=T|md=M|sig=O|mask=M|LINE]...
# A LINE is one of OpenSSL's extension file; none makes version 1.
mk() {
	name=$1 by=$2 k=$3 subject=$4
	shift 4
	f=$from u=$until md=sha256 sig= mask=utf8only
	echo '[x]' >ext
	lines=0
	for arg; do
		case $arg in
		from=*) f=${arg#*=} ;;
		until=*) u=${arg#*=} ;;
		md=*) md=${arg#*=} ;;
		sig=*) sig="$sig -sigopt ${arg#*=}" ;;
		mask=*) mask=${arg#*=} ;;
		*) echo "$arg" >>ext; lines=$((lines + 1)) ;;
		esac
	done
	cp "$k.key" "$name.key" 2>/dev/null || :
	sed "s/^string_mask.*/string_mask = $mask/" ca.cnf >mk.cnf
	loud openssl req -config mk.cnf -new -utf8 -key "$k.key" \
		-subj "$subject" -out csr
	: >index.txt
	if [ "$by" = self ]; then set -- -selfsign -keyfile "$k.key"
	else set -- -cert "$by.crt" -keyfile "$by.key"; fi
	[ "$lines" -eq 0 ] || set -- "$@" -extfile ext -extensions x
	# shellcheck disable=SC2086
	loud openssl ca -config mk.cnf -batch -notext -preserveDN -in csr \
		-out "$name.crt" -startdate "$f" -enddate "$u" \
		-md "$md" $sig "$@"
}

# crl NAME ISSUER [from=T|until=T|md=M|ext=LINE|CERT[,REASON]]...
crl() {
	name=$1 by=$2
	shift 2
	f=$from u=$until md=sha256
	: >index.txt
	echo '[x]' >ext
	for arg; do
		case $arg in
		from=*) f=${arg#*=} ;;
		until=*) u=${arg#*=} ;;
		md=*) md=${arg#*=} ;;
		ext=*) echo "${arg#*=}" >>ext ;;
		*)	reason=${arg#"${arg%%,*}"}
			serial=$(openssl x509 -in "${arg%%,*}.crt" -noout -serial)
			printf 'R\t900101000000Z\t210101000000Z%s\t%s\tunknown\t/CN=x\n' \
				"$reason" "${serial#*=}" >>index.txt ;;
		esac
	done
	sed 's/^\[d\]$/[d]\ncrl_extensions = x/' ca.cnf | cat - ext >crl.cnf
	loud openssl ca -config crl.cnf -gencrl -cert "$by.crt" \
		-keyfile "$by.key" -md "$md" -crl_lastupdate "$f" \
		-crl_nextupdate "$u" -out "$name.crl"
}

ca=basicConstraints=critical,CA:TRUE
ee=basicConstraints=CA:FALSE
sign=keyUsage=critical,keyCertSign,cRLSign
san=subjectAltName=DNS:mail.test
server=extendedKeyUsage=serverAuth

for i in 1 2 3 4 5 6; do key "k$i" P-256; done
for i in 1024 2048 3072 4096 8192 8256 2048e3; do key "rsa$i" "rsa$i"; done
key rsasmall rsa768
key p384 P-384
key p521 P-521
key koblitz secp256k1
key ed ed
key ed2 ed
key pss pss
key pss1 pss1
key pss256 pss256
key pss384 pss384
key explicit explicit

# --- the chain most cases use, and its other forms
mk root self k1 '/CN=Root One' "$ca" "$sign"
mk int root k2 '/CN=Int One' "$ca" "$sign"
mk leaf int k3 '/CN=mail.test' "$ee" "$san" "$server"
mk other self k4 '/CN=Root Other' "$ca" "$sign"
mk stranger other k5 '/CN=stranger.test' "$ee" subjectAltName=DNS:stranger.test
mk short root k3 '/CN=mail.test' "$ee" "$san"

# --- keys and signatures
for i in 1024 2048 3072 4096 8192 8256 2048e3 small; do
	mk "leaf-rsa$i" root "rsa$i" '/CN=mail.test' "$ee" "$san"
done
for i in p384 p521 koblitz ed pss explicit; do
	mk "leaf-$i" root "$i" '/CN=mail.test' "$ee" "$san"
done
for i in rsa2048 rsa8192 rsa8256 rsa2048e3 p384 p521 koblitz pss; do
	mk "root-$i" self "$i" "/CN=Root $i" "$ca" "$sign"
	mk "by-$i" "root-$i" k3 '/CN=mail.test' "$ee" "$san"
done
mk root-ed self ed '/CN=Root ed' "$ca" "$sign" md=null
mk by-ed root-ed k3 '/CN=mail.test' "$ee" "$san" md=null
mk int-ed root ed '/CN=Int ed' "$ca"
mk by-int-ed int-ed rsa2048 '/CN=mail.test' "$ee" "$san" md=null
mk imposter-ed self ed2 '/CN=Root ed' "$ca" md=null
mk by-imposter-ed imposter-ed k3 '/CN=mail.test' "$ee" "$san" md=null
mk imposter-pss self rsa2048 '/CN=Root pss' "$ca"
mk imposter-ec-ed self k6 '/CN=Root ed' "$ca"
mk by-ec-ed imposter-ec-ed k3 '/CN=mail.test' "$ee" "$san"
mk imposter384 self k6 '/CN=Root p384' "$ca"
mk by-imposter384 imposter384 k3 '/CN=mail.test' "$ee" "$san"
for i in sha1 sha224 sha384 sha512 md5; do
	mk "rsa-$i" root-rsa2048 k3 '/CN=mail.test' "$ee" "$san" md=$i
done
# pss NAME ISSUER HASH HASH_OF_MASK SALT
pss() {
	mk "$1" "$2" k3 '/CN=mail.test' "$ee" "$san" "md=$3" \
		sig=rsa_padding_mode:pss "sig=rsa_mgf1_md:$4" "sig=rsa_pss_saltlen:$5"
}
for i in 256 384 512; do pss "pss-$i" root-rsa2048 "sha$i" "sha$i" digest; done
pss pss-max root-rsa2048 sha256 sha256 max
pss pss-none root-rsa2048 sha256 sha256 0
pss pss-mixed root-rsa2048 sha256 sha512 32
pss by-imposter-pss imposter-pss sha256 sha256 digest
pss pss-sha1 root-rsa2048 sha1 sha1 20
for i in 256 384; do
	mk "root-pss$i" self "pss$i" "/CN=Root pss limited" "$ca" "md=sha$i"
	mk "leaf-pss$i" root "pss$i" '/CN=mail.test' "$ee" "$san"
	pss "by-pss$i" "root-pss$i" "sha$i" "sha$i" digest
done
mk leaf-pss1 root pss1 '/CN=mail.test' "$ee" "$san"
mk root-pss-any self pss '/CN=Root pss limited' "$ca"
pss by-pss256-short root-pss-any sha256 sha256 19
mk root-pss-rsa self rsa2048 '/CN=Root pss limited' "$ca"
mk by-pss-rsa root-pss-rsa k3 '/CN=mail.test' "$ee" "$san"
for i in sha1 sha224 sha384 sha512; do
	mk "ec-$i" root k3 '/CN=mail.test' "$ee" "$san" md=$i
done
mk int-sha1 root k2 '/CN=Int One' "$ca" "$sign" md=sha1
mk root-sha1 self rsa2048 '/CN=Root sha1' "$ca" md=sha1
mk by-root-sha1 root-sha1 k3 '/CN=mail.test' "$ee" "$san"
# The same name with another key: the signature cannot be right.
mk root-imposter self k6 '/CN=Root One' "$ca" "$sign"

# --- names of issuers: Root One's key with its name written in other ways
mk root-print self k1 '/CN=Root One' "$ca" "$sign" mask=nombstr
mk root-blanks self k1 '/CN= root   ONE ' "$ca" "$sign"
mk root-glued self k1 '/CN=RootOne' "$ca" "$sign"
mk root-two self k1 '/CN=Root One/O=Root' "$ca" "$sign"
for i in print blanks glued two; do
	mk "by-$i" "root-$i" k3 '/CN=mail.test' "$ee" "$san"
done
mk int-blanks root-blanks k2 '/CN=iNT  one' "$ca" "$sign"

mk root-folder self k4 '/O=Folder' "$ca" "$sign"
mk root-below self k6 '/O=Folder/CN=Below' "$ca" "$sign"
mk by-below root-below k3 '/CN=mail.test' "$ee" "$san"
mk root-umlaut self k6 '/CN=Übel' "$ca" "$sign"
mk by-umlaut root-umlaut k3 '/CN=mail.test' "$ee" "$san"
mk root-umlaut2 self k4 '/CN=übel' "$ca" "$sign"

# --- dates
mk leaf-expired int k3 '/CN=mail.test' "$ee" "$san" until=20210101000000Z
mk leaf-future int k3 '/CN=mail.test' "$ee" "$san" from=20890101000000Z
mk leaf-9999 int k3 '/CN=mail.test' "$ee" "$san" until=99991231235959Z
mk int-expired root k2 '/CN=Int One' "$ca" "$sign" until=20210101000000Z
mk root-expired self k1 '/CN=Root One' "$ca" "$sign" until=20210101000000Z
mk root-future self k1 '/CN=Root One' "$ca" "$sign" from=20890101000000Z
# An old root that expired has signed the new one.
mk old self k4 '/CN=Old Root' "$ca" until=20210101000000Z
mk by-old old k3 '/CN=mail.test' "$ee" "$san"
mk cross old k1 '/CN=Root One' "$ca" "$sign"
mk cross-expired old k1 '/CN=Root One' "$ca" until=20210101000000Z

# --- depth: root d1 ... d20, leaves under some
by=root
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	mk "d$i" "$by" k2 "/CN=Level $i" "$ca"
	by=d$i
done
mk deep14 d14 k3 '/CN=mail.test' "$ee" "$san"
mk deep20 d20 k3 '/CN=mail.test' "$ee" "$san"

# --- authorities that are none
mk int-len0 root k2 '/CN=Len 0' "${ca},pathlen:0"
mk int-below int-len0 k4 '/CN=Below' "$ca"
mk leaf-len0 int-len0 k3 '/CN=mail.test' "$ee" "$san"
mk leaf-below int-below k3 '/CN=mail.test' "$ee" "$san"
mk int-rollover int-len0 k4 '/CN=Len 0' "$ca"
mk leaf-rollover int-rollover k3 '/CN=mail.test' "$ee" "$san"
mk int-rollcase int-len0 k4 '/CN=LEN  0' "$ca"
mk leaf-rollcase int-rollcase k3 '/CN=mail.test' "$ee" "$san"
mk root-len0 self k6 '/CN=Root Len 0' "${ca},pathlen:0"
mk int-root-len0 root-len0 k2 '/CN=Int Len' "$ca"
mk leaf-root-len0 int-root-len0 k3 '/CN=mail.test' "$ee" "$san"
mk int-notca root k2 '/CN=Not CA' "$ee"
mk leaf-notca int-notca k3 '/CN=mail.test' "$ee" "$san"
mk int-nobc root k2 '/CN=No BC' subjectKeyIdentifier=hash
mk leaf-nobc int-nobc k3 '/CN=mail.test' "$ee" "$san"
mk int-nosign root k2 '/CN=No Sign' "$ca" keyUsage=digitalSignature,cRLSign
mk leaf-nosign int-nosign k3 '/CN=mail.test' "$ee" "$san"
mk root-v1 self k6 '/CN=Root V1'
mk leaf-rootv1 root-v1 k3 '/CN=mail.test' "$ee" "$san"
mk int-v1 root k2 '/CN=Int V1'
mk leaf-intv1 int-v1 k3 '/CN=mail.test' "$ee" "$san"
mk root-notca self k6 '/CN=Root Not CA' "$ee"
mk leaf-rootnotca root-notca k3 '/CN=mail.test' "$ee" "$san"
mk self self k3 '/CN=mail.test' "$ee" "$san"
mk self-ca self k3 '/CN=mail.test' "$ca" "$san"
mk self-expired self k3 '/CN=mail.test' "$ee" "$san" until=20210101000000Z

# --- uses
mk leaf-keyenc int rsa2048 '/CN=mail.test' "$ee" "$san" \
	keyUsage=critical,keyEncipherment
for i in clientAuth critical,serverAuth anyExtendedKeyUsage \
	emailProtection,serverAuth; do
	mk "eku-$i" int k3 '/CN=mail.test' "$ee" "$san" "extendedKeyUsage=$i"
done
mk leaf-noeku int k3 '/CN=mail.test' "$ee" "$san"
mk int-client root k2 '/CN=Int Client' "$ca" extendedKeyUsage=clientAuth
mk leaf-client int-client k3 '/CN=mail.test' "$ee" "$san"
mk root-mail self k6 '/CN=Root Mail' "$ca" extendedKeyUsage=emailProtection
mk leaf-mail root-mail k3 '/CN=mail.test' "$ee" "$san"
mk leaf-unknown int k3 '/CN=mail.test' "$ee" "$san" 1.2.3.4=critical,DER:0500
mk leaf-harmless int k3 '/CN=mail.test' "$ee" "$san" 1.2.3.4=DER:0500
mk int-unknown root k2 '/CN=Int Unknown' "$ca" 1.2.3.4=critical,DER:0500
mk leaf-intunknown int-unknown k3 '/CN=mail.test' "$ee" "$san"
mk leaf-policy int k3 '/CN=mail.test' "$ee" "$san" \
	certificatePolicies=critical,1.2.3.4
mk int-anypol root k2 '/CN=Int Any' "$ca" inhibitAnyPolicy=critical,0
mk leaf-anypol int-anypol k3 '/CN=mail.test' "$ee" "$san"
mk int-pol root k2 '/CN=Int Pol' "$ca" \
	policyConstraints=critical,requireExplicitPolicy:0
mk leaf-pol int-pol k3 '/CN=mail.test' "$ee" "$san"
mk leaf-twice int k3 '/CN=mail.test' "$ee" "$san" \
	extendedKeyUsage=clientAuth 2.5.29.77=DER:300a06082b06010505070301
# OpenSSL writes no extension twice: 77 becomes 37 in the bytes.
{ echo '-----BEGIN CERTIFICATE-----'
openssl x509 -in leaf-twice.crt -outform DER |
	sed 's/\x55\x1d\x4d/\x55\x1d\x25/' | openssl base64
echo '-----END CERTIFICATE-----'; } >patched && mv patched leaf-twice.crt

# --- name constraints: nc TAG LINE makes int-TAG, and leaf-TAG for mail.test
nc() {
	mk "int-$1" root k2 "/CN=Int $1" "$ca" "nameConstraints=$2"
	mk "leaf-$1" "int-$1" k3 '/CN=mail.test' "$ee" "$san"
}
nc nc-ok 'critical,permitted;DNS:test'
nc nc-exact 'critical,permitted;DNS:mail.test'
nc nc-dot 'permitted;DNS:.mail.test'
nc nc-bad 'critical,permitted;DNS:example.org'
nc nc-soft 'permitted;DNS:example.org'
nc nc-label 'permitted;DNS:il.test'
nc nc-excl 'excluded;DNS:test'
nc nc-exclother 'excluded;DNS:example.org'
nc nc-ip 'permitted;IP:10.0.0.0/255.0.0.0'
nc nc-email 'permitted;email:example.org'
nc nc-uri 'critical,permitted;URI:example.org'
mk leaf-nc-ip4 int-nc-ip k3 '/CN=x' "$ee" subjectAltName=IP:10.1.2.3
mk leaf-nc-ip4bad int-nc-ip k3 '/CN=x' "$ee" subjectAltName=IP:11.1.2.3
mk leaf-nc-ip6 int-nc-ip k3 '/CN=x' "$ee" subjectAltName=IP:2001:db8::1
mk leaf-nc-emailed int-nc-email k3 '/CN=x' "$ee" "${san},email:a@example.org"
mk leaf-nc-uried int-nc-uri k3 '/CN=x' "$ee" "${san},URI:http://example.org/"
nc nc-domain 'permitted;email:.example.org'
nc nc-noemail 'excluded;email:example.org'
nc nc-spiffe 'permitted;URI:.example.org'
nc nc-nouri 'excluded;URI:example.org'
nc nc-rid 'permitted;RID:1.2.3.4'
# more ISSUER LEAF NAME SUBJECT: another leaf, with NAME beside mail.test
more() {
	mk "leaf-nc-$2" "int-nc-$1" k3 "${4:-/CN=x}" "$ee" "$san${3:+,$3}"
}
more email emailbad email:a@sub.example.org
more email emailsub '' /CN=x/emailAddress=a@evil.org
more email emailsubok '' /CN=x/emailAddress=a@example.org
more email emailnone email:example.org
more domain domained email:a@sub.example.org
more noemail noemailed email:a@EXAMPLE.org
more noemail noemailsub '' /CN=x/emailAddress=a@example.org
more uri uribad URI:https://example.org@evil.org/
more uri urinone URI:urn:example.org
more spiffe spiffed URI:spiffe://a.example.org/ns/mail
more nouri nouried URI:https://u@EXAMPLE.org.:8443/x
more rid ridded RID:1.2.3.4
mk beside int k3 /CN=x "$ee" "${san},email:a@b.test,URI:spiffe://b.test/x,RID:1.2.3"
mk leaf-nc-extra int-nc-ok k3 '/CN=x' "$ee" "${san},DNS:evil.example.org"
mk leaf-nc-cn int-nc-bad k3 '/CN=mail.test' "$ee"
mk leaf-nc-wild int-nc-excl k3 '/CN=x' "$ee" 'subjectAltName=DNS:*.example.org'
mk int-nc-sub root k2 '/CN=Int sub' "$ca" \
	'nameConstraints=excluded;DNS:a.mail.test'
mk leaf-nc-sub int-nc-sub k3 '/CN=x' "$ee" 'subjectAltName=DNS:*.mail.test'
mk int-nc-dir root k2 '/CN=Int dir' "$ca" \
	'nameConstraints=critical,permitted;dirName:dn' '[dn]' O=Good
mk leaf-nc-dir int-nc-dir k3 '/O=Good/CN=mail.test' "$ee" "$san"
mk leaf-nc-dirbad int-nc-dir k3 '/O=Evil/CN=mail.test' "$ee" "$san"
mk leaf-nc-dircase int-nc-dir k3 '/O= gOOD/CN=mail.test' "$ee" "$san" \
	mask=nombstr
mk int-nc-nodir root k2 '/CN=Int nodir' "$ca" \
	'nameConstraints=excluded;dirName:dn' '[dn]' O=Bad
mk int-nc-nouml root k2 '/CN=Int nodir' "$ca" \
	'nameConstraints=excluded;dirName:dn' '[dn]' O=Übel
i=0
for name in Bad ' BAD' Good übel; do
	i=$((i + 1))
	mk leaf-nc-nodir$i int-nc-nodir k3 "/O=$name/CN=x" "$ee" "$san" \
		"$([ $i = 4 ] || echo mask=nombstr)"
done
mk int-nc-badip root k2 '/CN=Int badip' "$ca" nameConstraints=DER:\
300fa10d300b87090a000000ff000000ff
mk leaf-nc-badip int-nc-badip k3 '/CN=x' "$ee" subjectAltName=IP:10.1.2.3
# An authority that is limited gives itself a name below the limit; one that
# only renews its key does not.
mk int-nc-renew int-nc-dir k4 '/CN=Int dir' "$ca"
mk leaf-nc-renew int-nc-renew k3 '/O=Good/CN=mail.test' "$ee" "$san"
mk int-nc-below int-nc-dir k4 '/CN=Int below' "$ca"
mk leaf-nc-below int-nc-below k3 '/O=Good/CN=mail.test' "$ee" "$san"
mk int-nc-two int-nc-bad k4 '/CN=Int two' "$ca"
mk leaf-nc-two int-nc-two k3 '/CN=mail.test' "$ee" "$san"

mk root-nc self k6 '/CN=Root nc' "$ca" 'nameConstraints=permitted;DNS:example.org'
mk leaf-rootnc root-nc k3 '/CN=mail.test' "$ee" "$san"

# --- chains that cost: 29 authorities with one key, each the issuer of all of
# the other name, each with 700 names and 440 limits. hostile-top joins them to
# the root. What they hold are DNS:a, and DNS:b excluded.
repeat() {
	i=0
	while [ $i -lt "$1" ]; do printf %s "$2"; i=$((i + 1)); done
}
names=2.5.29.17=DER:30820834$(repeat 700 820161)
limits=2.5.29.30=DER:3082089ca1820898$(repeat 440 3003820162)
mk hostile0 self k4 '/CN=Hostile' "$ca"
mk hostile1 hostile0 k4 '/CN=Evil' "$ca"
mk hostile-top root k4 '/CN=Evil' "$ca"
i=2
while [ $i -lt 31 ]; do
	by=hostile1 other=Hostile
	[ $((i % 2)) = 0 ] || by=hostile0 other=Evil
	mk "hostile$i" $by k4 "/CN=$other" "$ca" "$names" "$limits"
	cat "hostile$i.crt"
	i=$((i + 1))
done >hostile.pem
i=2
while [ $i -lt 14 ]; do cat "hostile$i.crt"; i=$((i + 1)); done >some.pem
# The same with the slowest signatures and no names.
mk slow0 self p521 '/CN=Hostile' "$ca"
mk slow1 slow0 p521 '/CN=Evil' "$ca"
mk slow-top root p521 '/CN=Evil' "$ca"
mk leaf-slow slow1 k3 '/CN=mail.test' "$san"
i=2
while [ $i -lt 31 ]; do
	by=slow1 other=Hostile
	[ $((i % 2)) = 0 ] || by=slow0 other=Evil
	mk "slow$i" $by p521 "/CN=$other" "$ca"
	cat "slow$i.crt"
	i=$((i + 1))
done >slow.pem
# All of one name that is 4 KB long, with the fastest signatures, and those that
# come first have expired.
wide=$(repeat 330 /CN=a)/CN=Wide
mk wide0 self rsa1024 "$wide" "$ca"
mk leaf-wide wide0 k3 '/CN=mail.test' "$san"
i=1
while [ $i -lt 29 ]; do
	if [ $i -lt 15 ]; then
		mk "wide$i" wide0 rsa1024 "$wide" "$ca" until=20210101000000Z
	else
		mk "wide$i" wide0 rsa1024 "$wide" "$ca"
	fi
	cat "wide$i.crt"
	i=$((i + 1))
done >wide.pem
mk leaf-hostile hostile1 k4 '/CN=mail.test' "$names"

# --- names
mk wild2 root k3 '/CN=x' "$ee" 'subjectAltName=DNS:*.test'
mk wild3 root k3 '/CN=x' "$ee" 'subjectAltName=DNS:*.mail.test'
mk wildpart root k3 '/CN=x' "$ee" 'subjectAltName=DNS:ma*.mail.test'
mk wildall root k3 '/CN=x' "$ee" 'subjectAltName=DNS:*'
mk wildinner root k3 '/CN=x' "$ee" 'subjectAltName=DNS:a.*.test'
mk wildcn root k3 '/CN=*.mail.test' "$ee"
mk cnonly root k3 '/CN=mail.test' "$ee"
mk cntwo root k3 '/CN=mail.test/CN=other.test' "$ee"
mk sanother root k3 '/CN=mail.test' "$ee" subjectAltName=DNS:other.test
mk sanip root k3 '/CN=mail.test' "$ee" subjectAltName=IP:127.0.0.1
mk sanips root k3 '/CN=x' "$ee" subjectAltName=IP:127.0.0.1,IP:::1
mk ipdns root k3 '/CN=x' "$ee" subjectAltName=DNS:127.0.0.1
mk ipcn root k3 '/CN=127.0.0.1' "$ee"
mk upper root k3 '/CN=x' "$ee" subjectAltName=DNS:MAIL.Test
mk nul root k3 '/CN=x' "$ee" \
	2.5.29.17=DER:301582136d61696c2e74657374002e6576696c2e6f7267
mk idn root k3 '/CN=x' "$ee" subjectAltName=DNS:xn--bcher-kva.test
mk nosubject root k3 / "$ee" "subjectAltName=critical,DNS:mail.test"
mk control root k3 "$(printf '/CN=mail\033[31m\n\303\274"x')" "$ee"
mk email root k3 '/CN=x' "$ee" subjectAltName=email:mail.test
many=DNS:h0.test i=1
while [ $i -lt 1500 ]; do many=$many,DNS:h$i.test i=$((i + 1)); done
mk many root k3 '/CN=x' "$ee" "subjectAltName=$many"

# --- forms of a CA file
sed 's/$/\r/' root.crt >root-crlf.pem
sed 's/$/ \t/' root.crt >root-blanks.pem
printf %s "$(cat root.crt)" >root-noeol.pem
{ echo 'Root: One'; echo; cat other.crt; echo -- text; cat root.crt; } >two.pem
{ printf %s "$(cat other.crt)"; cat root.crt; } >glued.pem
cat root.crt root.key >root-key.pem
openssl x509 -in root.crt -outform DER -out root.der
openssl x509 -in root.crt -trustout -addtrust serverAuth -out trusted.pem
: >empty.pem
echo 'no certificate here' >garbage.pem
head -c 300 root.crt >cut.pem
head -c 200 root.der >cut.der
{ cat root.crt; sed 5s/./!/ other.crt; } >damaged.pem
{ sed 5s/./!/ other.crt; cat root.crt; } >sys/damaged-first.pem
{ echo '-----BEGIN CERTIFICATE-----'; echo MAMCAQE=
echo '-----END CERTIFICATE-----'; } >notcert.pem
cat leaf.crt >anchor-leaf.pem
cp empty.pem sys/empty.pem
cp root.crt root-expired.crt root-rsa8192.crt root-p384.crt root-p521.crt \
	root-rsa2048e3.crt old.crt root-ed.crt roots
head -c 3000 /dev/zero >zero.crt
{ cat leaf.crt; echo '-----BEGIN CERTIFICATE-----'; echo MAMCAQE=
echo '-----END CERTIFICATE-----'; cat int.crt; } >leaf-junk-int.pem
i=0
while [ $i -lt 40 ]; do cat other.crt; i=$((i + 1)); done >forty.pem
i=0
while [ $i -lt 16 ]; do cat many.crt; i=$((i + 1)); done >large.pem
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14; do cat "d$i.crt"; done >to14.pem
{ cat to14.pem; for i in 15 16 17 18 19 20; do cat "d$i.crt"; done; } >to20.pem
for i in leaf self self-expired leaf-rsa2048; do
	openssl x509 -in "$i.crt" -noout -pubkey | openssl pkey -pubin \
		-outform DER | openssl dgst -sha256 -binary |
		openssl base64 | sed 's,^,sha256/,' >"$i.pin"
done

# --- revocation lists
mk rint root-rsa2048 k2 '/CN=Int RSA' "$ca" "$sign"
mk rleaf rint k3 '/CN=mail.test' "$ee" "$san"
mk rother rint k3 '/CN=mail.test' "$ee" "$san"
cat root.crt int.crt >root-int.pem
cat root.crt other.crt >root-other.pem
cat root-rsa2048.crt rint.crt >rsa-int.pem
crl empty-root root
crl root-int root int
crl root-short root short
crl int-leaf int leaf
crl int-other int leaf-noeku
crl other-short other short
crl blanks-short root-blanks short
crl folder root-folder by-below
crl umlaut root-umlaut2 by-umlaut
cat root-folder.crt root-below.crt >root-folders.pem
cat root-umlaut.crt root-umlaut2.crt >root-umlauts.pem
crl pss root-pss by-pss
crl ed root-ed by-ed md=null
crl rsa-rint root-rsa2048 rint
crl rsa-rother rint rother
crl rsa-rleaf rint rleaf
crl rsa-none root-rsa2048
crl sha1 root-rsa2048 rint md=sha1
crl sha512 root-rsa2048 rint md=sha512
crl past root until=20210101000000Z
crl future root from=20890101000000Z
crl hold root int,certificateHold
crl removed root int,removeFromCRL
crl idp root int 'ext=issuingDistributionPoint=critical,@i' 'ext=[i]' \
	'ext=onlyuser=TRUE'
crl delta root int ext=2.5.29.27=critical,DER:020101
crl imposter root-imposter int
mk root-nocrl self k6 '/CN=No CRL' "$ca" keyUsage=keyCertSign
cat root.crt root-nocrl.crt >root-nocrl.pem
crl nocrl root-nocrl
cat root.crt short.crt >root-short.pem
cat root.crt int-notca.crt >root-notca.pem
crl notca int-notca leaf-notca
cat empty-root.crl other-short.crl root-int.crl >several.crl
cat empty-root.crl past.crl >one-bad.crl
{ echo text; sed 's/$/\r/' root-int.crl; } >crlf.crl
openssl crl -in root-int.crl -outform DER -out root-int.der
head -c 100 root-int.der >cut-crl.der
sed 3s/./!/ root-int.crl >damaged.crl
# One bit of the signature.
openssl crl -in root-int.crl -outform DER -out flip.der
at=$(($(wc -c <flip.der) - 3))
case $(od -An -tu1 -j $at -N 1 flip.der) in
*' 0') printf '\001' ;;
*) printf '\000' ;;
esac | dd of=flip.der bs=1 seek=$at conv=notrunc 2>/dev/null

#!/bin/sh
# cert.sh FOLDER - makes ca.pem and server.pem, the key and certificate of
# mail.test, for tests whose subject is not certificates. They are older than
# any build, as clocks may be.
set -e
cd "$1"
cat >ca.conf <<'END'
[ca]
default_ca = c
[c]
database = index
serial = serial
new_certs_dir = .
default_md = sha256
policy = p
unique_subject = no
[p]
commonName = supplied
[top]
basicConstraints = critical,CA:TRUE
[leaf]
subjectAltName = DNS:mail.test
END
: >index
echo 01 >serial
# issue NAME KIND OPTION...: NAME.pem from the request NAME.csr
issue() {
	name=$1 kind=$2; shift 2
	openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
	    -subj "/CN=$name" -keyout "$name.key" -out "$name.csr"
	openssl ca -batch -notext -config ca.conf -extensions "$kind" \
	    -startdate 20200101000000Z -enddate 20480101000000Z \
	    -keyfile ca.key -in "$name.csr" -out "$name.pem" "$@"
}
issue ca top -selfsign
issue mail.test leaf -cert ca.pem
cat mail.test.key mail.test.pem >server.pem

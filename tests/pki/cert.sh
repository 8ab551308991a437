#!/bin/sh
# cert.sh FOLDER - makes ca.pem and server.pem, the key and certificate of
# mail.test, for tests whose subject is not certificates
set -e
cd "$1"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
    -days 30 -subj /CN=CA -keyout ca.key -out ca.pem
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
    -subj /CN=mail.test -keyout key.pem -out csr
printf 'subjectAltName=DNS:mail.test\n' >ext
openssl x509 -req -in csr -CA ca.pem -CAkey ca.key -days 30 -extfile ext \
    -CAcreateserial -out crt.pem
cat key.pem crt.pem >server.pem

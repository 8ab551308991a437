# pkits.sh - NIST's test suite once more, with a table of the sections in which
# openssl and certtool stand beside us
# needs: openssl make cc=gcc xz=xz-utils certtool=gnutls-bin
export PEERS=yes
exec sh tests/pkits.sh

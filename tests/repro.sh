#!/bin/sh
# repro.sh - `make repro`: builds the tree in two other folders that differ in
# path, umask, time zone, language, clock, order and age of files, and compares
# the programs with each other and with the one here.
set -eu
sh tests/need.sh faketime
top=$PWD
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
trap 'exit 1' INT TERM

# The BearSSL that was fetched for this tree serves the others too.
BEARSSL_CACHE=${BEARSSL_CACHE:-$top/obj}
export BEARSSL_CACHE

# copy DIR: the sources, without what was built here
copy() {
	mkdir -p "$1"
	tar -cf - Makefile config.mk applets lib ssl tests | tar -xf - -C "$1"
}

build() {
	cd "$1"
	make -s BINARY=nullmailer OBJ=obj
}

copy "$T/a"
copy "$T/another/folder, deeper"
find "$T/another" -exec touch -d '2026-11-20 01:02:03' {} +
echo "Building in $T/a"
(umask 022 && TZ=UTC LANG=C build "$T/a")
echo "Building in $T/another/folder, deeper: 400 days later, umask 077"
(umask 077 && TZ=Asia/Kathmandu LANG=C.UTF-8 \
    NO_FAKE_STAT=1 faketime -f +400d sh -c '
	cd "$1" && date && make -s BINARY=nullmailer OBJ=obj' \
    sh "$T/another/folder, deeper")
sha256sum "$NM" "$T/a/nullmailer" "$T/another/folder, deeper/nullmailer" |
    sed "s|$T/||"
cmp "$T/a/nullmailer" "$T/another/folder, deeper/nullmailer"
cmp "$T/a/nullmailer" "$NM"
echo "The same, byte by byte."

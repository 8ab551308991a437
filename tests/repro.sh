#!/bin/sh
# repro.sh - `make repro`: builds the tree in two other folders that differ in
# path, umask, time zone, language, clock, order and age of files, and compares
# the programs with each other and with the one here.
set -eu
sh tests/need.sh faketime
top=$PWD
here=${NM:-$top/nullmailer}
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
trap 'exit 1' INT TERM

# The sources that were fetched for this tree serve the others too.
SOURCES=${SOURCES:-$top/obj}
export SOURCES

# copy DIR: the sources, without what was built here
copy() {
	mkdir -p "$1"
	tar --exclude=./obj --exclude=./.git --exclude=./nullmailer -cf - . |
	    tar -xf - -C "$1"
}

# build DIR COMMAND...: make under COMMAND
build() {
	cd "$1"
	shift
	"$@" make -s BINARY=nullmailer OBJ=obj >out 2>&1 || {
		cat out
		exit 1
	}
}

other="$T/another/folder, deeper"
copy "$T/a"
copy "$other"
find "$other" -exec touch -d '2026-11-20 01:02:03' {} +
echo "Building in $T/a"
(umask 022 && TZ=UTC LANG=C build "$T/a" env)
echo "Building in $other, 400 days later"
(umask 077 && TZ=Asia/Kathmandu LANG=C.UTF-8 NO_FAKE_STAT=1 \
    build "$other" faketime -f +400d)
sha256sum "$here" "$T/a/nullmailer" "$other/nullmailer" |
    sed "s|$T/||"
cmp "$T/a/nullmailer" "$other/nullmailer"
cmp "$T/a/nullmailer" "$here"
echo "The same, byte by byte."

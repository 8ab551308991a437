#!/bin/sh
# repro.sh - `make repro`: builds the tree in two other folders that differ in
# path, umask, time zone, language, clock, order and age of files, and compares
# the programs with each other and with the one here. The first of them is what
# `make dist` packs, built without a network, where nothing waits for a commit.
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

# release DIR: the same from the tarball; it brings what a build fetches
release() {
	make -s dist OBJ="$top/obj" >"$T/sum"
	mkdir -p "$1"
	tar -xzf "$top/obj/$(make -s show-DIST).tar.gz" --strip-components=1 -C "$1"
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
first="env"
if git diff --quiet HEAD 2>/dev/null; then
	release "$T/a"
	first="env SOURCES=$T/a/sources"
	! unshare --net true 2>/dev/null || first="$first unshare --net"
else
	echo "Not committed: the tarball is not built"
	copy "$T/a"
fi
copy "$other"
find "$other" -exec touch -d '2026-11-20 01:02:03' {} +
echo "Building in $T/a"
# shellcheck disable=SC2086
(umask 022 && TZ=UTC LANG=C build "$T/a" $first)
echo "Building in $other, 400 days later"
(umask 077 && TZ=Asia/Kathmandu LANG=C.UTF-8 NO_FAKE_STAT=1 \
    build "$other" faketime -f +400d)
sha256sum "$here" "$T/a/nullmailer" "$other/nullmailer" |
    sed "s|$T/||"
cmp "$T/a/nullmailer" "$other/nullmailer"
cmp "$T/a/nullmailer" "$here"
[ "$("$T/a/nullmailer" --version)" = "$("$here" --version)" ]
"$here" --version
echo "The same, byte by byte."
